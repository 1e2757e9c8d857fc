/**
 * Runs the program that starts the server (ssh, or a shell in local mode) and feeds what it says to a StartupReader.
 * Its standard error joins its standard output, since the lines of the protocol come on both.
 */
import { accessSync, constants } from "node:fs";
import { CommandError } from "../cli/errors.ts";
import { exitStatus } from "../cli/exit-status.ts";
import type { StartupReader } from "./startup-reader.ts";

/**
 * How long the output may stay open after the program has ended. A background process of ssh (ControlPersist) or of
 * the login shell can hold it for ever; what the program itself wrote is there at once.
 */
const OUTPUT_GRACE_MS = 500;

export interface StartupProgram {
  readonly words: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

/** What is wrong with a program that cannot be run, in the system's words; undefined if it can. */
export function whyNotExecutable(
  program: string,
  path: string | undefined,
): { text: string; number: number } | undefined {
  if (Bun.which(program, path === undefined ? {} : { PATH: path }) !== null) return undefined;
  if (program.includes("/")) {
    try {
      accessSync(program, constants.F_OK);
      return { text: "Permission denied", number: 13 };
    } catch {
      // Not there: as for a name that is nowhere in PATH.
    }
  }
  return { text: "No such file or directory", number: 2 };
}

/**
 * Returns when the program has ended. Its output after `MOSH CONNECT` is read and dropped.
 *
 * @returns the exit status (128 + number for a signal)
 * @throws CommandError from the reader; the program is then ended
 */
export async function runStartup(program: StartupProgram, reader: StartupReader): Promise<number> {
  const [name] = program.words;
  const reason =
    name === undefined ? { text: "No such file or directory" } : whyNotExecutable(name, program.env.PATH);
  if (reason !== undefined) throw new CommandError(`Cannot exec ${name ?? '""'}: ${reason.text}`);

  const child = Bun.spawn(["/bin/sh", "-c", 'exec "$@" 2>&1', "sh", ...program.words], {
    stdin: "inherit",
    stdout: "pipe",
    stderr: "inherit",
    env: { ...program.env },
    ...(program.cwd === undefined ? {} : { cwd: program.cwd }),
  });
  const stream = child.stdout.getReader();
  const read = async (): Promise<void> => {
    for (;;) {
      const { done, value } = await stream.read();
      if (done) return;
      if (!reader.done) reader.push(value);
    }
  };
  const grace = async (): Promise<void> => {
    await child.exited;
    if (!reader.done) await Bun.sleep(OUTPUT_GRACE_MS);
  };
  try {
    await Promise.race([read(), grace()]);
    await child.exited;
  } catch (error) {
    child.kill();
    throw error;
  } finally {
    await stream.cancel().catch(() => {});
  }
  return exitStatus(child);
}
