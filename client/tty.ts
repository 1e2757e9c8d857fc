/**
 * The person's terminal device: raw mode, size, and the two directions of bytes.
 *
 * Raw mode is cfmakeraw through the C library, because Bun's setRawMode leaves output processing on. It knows nothing
 * of what is drawn (screen.ts) nor of the session; session.ts owns the one Tty of a client and restores it on every
 * way out. Linux.
 */
import { constants } from "node:os";
import { errno, errorText, libc } from "../sys/libc.ts";
import { makeRaw, TERMIOS_BYTES } from "./termios.ts";
import { TtyOutput } from "./tty-output.ts";

export interface WindowSize {
  readonly cols: number;
  readonly rows: number;
}

/** One read of typed bytes is handed on in blocks of at most this many (state-objects.md 1.2). */
const INPUT_BLOCK_BYTES = 16_384;

const TCSANOW = 0;
const TIOCGWINSZ = 0x5413n;

/** Standard input is no terminal, or does not answer. The message is the one of bootstrap-and-cli.md 4.2. */
export class TtyError extends Error {}

export class Tty {
  readonly output: TtyOutput;
  readonly #inputFd: number;
  readonly #cooked: Uint8Array;
  #raw = false;
  #onData: ((chunk: Uint8Array) => void) | undefined;
  #onEnd: (() => void) | undefined;

  /**
   * Remembers the terminal's present mode, to which {@link restore} goes back.
   *
   * @param inputFd must be a terminal
   * @throws TtyError if it is not
   */
  constructor(inputFd = 0, outputFd = 1) {
    this.#inputFd = inputFd;
    this.#cooked = readTermios(inputFd);
    this.output = new TtyOutput(outputFd);
  }

  /** Raw mode on. Keys already typed stay readable. */
  makeRaw(): void {
    const termios = this.#cooked.slice();
    makeRaw(termios);
    // Before the call: if it is interrupted half way there is something to restore.
    this.#raw = true;
    writeTermios(this.#inputFd, termios);
  }

  /** The mode of the start. Harmless to call twice; never throws, since the terminal may be gone. */
  restore(): void {
    if (!this.#raw) return;
    this.#raw = false;
    try {
      writeTermios(this.#inputFd, this.#cooked);
    } catch {
      // Hung up: nothing is left to restore.
    }
  }

  /** The window's size; undefined if it cannot be read. A dimension the terminal does not know is 0. */
  size(): WindowSize | undefined {
    const size = new Uint16Array(4);
    if (libc().ioctl(this.#inputFd, TIOCGWINSZ, size) !== 0) return undefined;
    return { rows: size[0]!, cols: size[1]! };
  }

  /** Starts reading. `onEnd` is called once, for the end of input and for any error of it. */
  listen(onInput: (block: Uint8Array) => void, onEnd: () => void): void {
    this.#onData = (chunk) => {
      for (let at = 0; at < chunk.length; at += INPUT_BLOCK_BYTES) {
        onInput(chunk.subarray(at, at + INPUT_BLOCK_BYTES));
      }
    };
    let ended = false;
    this.#onEnd = () => {
      if (ended) return;
      ended = true;
      onEnd();
    };
    process.stdin.on("data", this.#onData);
    process.stdin.on("end", this.#onEnd);
    process.stdin.on("error", this.#onEnd);
    process.stdin.on("close", this.#onEnd);
  }

  /** Stops reading for a while, or goes on. What is typed meanwhile waits in the kernel. */
  hold(held: boolean): void {
    if (held) process.stdin.pause();
    else process.stdin.resume();
  }

  /** Stops reading, so that the process can end and the shell gets what is typed from now on. */
  close(): void {
    if (this.#onData) process.stdin.off("data", this.#onData);
    if (this.#onEnd) {
      for (const event of ["end", "close"]) process.stdin.off(event, this.#onEnd);
      // An error that comes while closing concerns nobody any more.
      process.stdin.off("error", this.#onEnd).on("error", () => {});
    }
    process.stdin.pause();
    process.stdin.unref();
    this.output.close();
  }
}

function readTermios(fd: number): Uint8Array {
  const termios = new Uint8Array(TERMIOS_BYTES);
  if (libc().tcgetattr(fd, termios) !== 0) {
    const error = errno();
    const advice =
      error === constants.errno.ENOTTY
        ? "\nStandard input is no terminal, and a session needs one. For a command without a terminal use ssh."
        : "";
    throw new TtyError(`tcgetattr: ${errorText(error)}${advice}`);
  }
  return termios;
}

function writeTermios(fd: number, termios: Uint8Array): void {
  if (libc().tcsetattr(fd, TCSANOW, termios) !== 0) throw new TtyError(`tcsetattr: ${errorText(errno())}`);
}
