/**
 * How this program runs itself again: from a source checkout through Bun, or as the single executable that
 * tools/build.ts makes. Used by the server to detach and by the client for its ssh proxy and its local server.
 */
import { join } from "node:path";

export type Program = "client" | "server";

/** First argument by which a compiled executable is told its role when its name does not say it. */
export const PROGRAM_OPTION = "--sterna-program=";

/** Bun must not take settings or variables from the folder that a person happens to be in: those may name programs. */
const ALOOF = ["--config=/dev/null", "--no-env-file"];

/** True in an executable made by `bun build --compile`: its modules live in a virtual file system. */
export function isCompiled(): boolean {
  return import.meta.url.includes("/$bunfs/");
}

/** The words to put before the arguments of `program`; the first is an absolute path. */
export function selfCommand(program: Program): string[] {
  if (isCompiled()) return [process.execPath, PROGRAM_OPTION + program];
  return [process.execPath, ...ALOOF, join(import.meta.dir, "..", `${program}.ts`)];
}
