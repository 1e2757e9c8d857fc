/**
 * Questions to the person, on the terminal that controls the process and not on standard input, as ssh asks them. The
 * answer to a secret is not shown, and the terminal shows again what is typed however the question ends.
 */

import { ptr } from "bun:ffi";
import { closeSync, openSync, read as readFd } from "node:fs";
import { libc } from "../../../sys/libc.ts";
import { writeText } from "../../cli/output.ts";
import { makeSilent, TERMIOS_BYTES } from "../../termios.ts";

export interface Prompter {
  /**
   * Asks and waits for a line.
   *
   * @param text shown as it is; from a server, clean it with {@link printable} first
   * @returns the line without its end; undefined if there is no answer (end of file)
   */
  ask(text: string, options: { echo: boolean }): Promise<string | undefined>;
  /** Shows a text; lines end with `\n`. */
  tell(text: string): void;
}

/** TCSAFLUSH: what was typed before the question is no answer to it. */
const TCSAFLUSH = 2;
const TCSANOW = 0;
const MAX_ANSWER_BYTES = 65_536;

/** Ways to be ended while the terminal is silent. */
const FATAL_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

/** The prompter on /dev/tty; undefined if the process has no terminal. */
export function openTerminalPrompter(path = "/dev/tty"): (Prompter & { close(): void }) | undefined {
  let fd: number;
  try {
    fd = openSync(path, "r+");
  } catch {
    return undefined;
  }
  return {
    ask: (text, options) => (options.echo ? askOpenly(fd, text) : askSilently(fd, text)),
    tell: (text) => writeText(fd, text),
    close: () => closeSync(fd),
  };
}

async function askOpenly(fd: number, text: string): Promise<string | undefined> {
  writeText(fd, text);
  return readLine(fd);
}

async function askSilently(fd: number, text: string): Promise<string | undefined> {
  const before = new Uint8Array(TERMIOS_BYTES);
  if (libc().tcgetattr(fd, ptr(before)) !== 0) return undefined;
  const silent = before.slice();
  makeSilent(silent);
  const hush = () => libc().tcsetattr(fd, TCSAFLUSH, ptr(silent));
  const restore = () => libc().tcsetattr(fd, TCSANOW, ptr(before));
  // Without these handlers a Ctrl-C would leave the person's shell typing blind.
  const handlers = FATAL_SIGNALS.map((signal) => {
    const handler = (): void => {
      restore();
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    };
    process.on(signal, handler);
    return () => process.off(signal, handler);
  });
  const onStop = (): void => {
    restore();
    process.kill(process.pid, "SIGSTOP");
  };
  const onContinue = (): void => {
    hush();
    writeText(fd, text);
  };
  // The connection may break while the question stands; then the program exits without waiting for an answer.
  process.on("exit", restore);
  process.on("SIGTSTP", onStop);
  process.on("SIGCONT", onContinue);
  try {
    hush();
    writeText(fd, text);
    return await readLine(fd);
  } finally {
    restore();
    for (const remove of handlers) remove();
    process.off("exit", restore);
    process.off("SIGTSTP", onStop);
    process.off("SIGCONT", onContinue);
  }
}

/** One line of a terminal in line mode: a read gives at most one. */
async function readLine(fd: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for (;;) {
    const chunk = Buffer.alloc(4096);
    const count = await new Promise<number>((resolve) => {
      readFd(fd, chunk, 0, chunk.length, null, (error, bytes) => resolve(error ? 0 : bytes));
    });
    if (count === 0) return length === 0 ? undefined : Buffer.concat(chunks).toString("utf8");
    chunks.push(chunk.subarray(0, count));
    length += count;
    if (chunk[count - 1] === 0x0a || length > MAX_ANSWER_BYTES) {
      return Buffer.concat(chunks)
        .toString("utf8")
        .replace(/\r?\n$/, "");
    }
  }
}

/** A text of the server's for the terminal: no control characters except line ends and tabs. */
export function printable(text: string): string {
  return text.replace(/\r\n/g, "\n").replace(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, "?");
}
