/**
 * Starts this program again as a process that serves, in a session of its own, and waits for its one line. A second run
 * rather than a fork: a JavaScript engine has threads, and a fork of one does not have them. Called by launch.ts.
 */

import type { Environment } from "../sys/environment.ts";
import { isCompiled, selfCommand } from "../sys/self.ts";
import { handoverEnvironment, type Task } from "./handover.ts";
import { closeDescriptor, openPipe, readLine, STDERR, STDOUT } from "./stdio.ts";

export interface Detached {
  readonly child: Bun.Subprocess;
  /** What it reported; undefined if it ended without, having said why on standard error. */
  readonly line: string | undefined;
}

/** How it shows up in process lists; a compiled executable of that name is a server (tools/executable.ts). */
const PROCESS_NAME = "mosh-server";

/** @param args the arguments of the new process */
export function startDetached(task: Task, args: readonly string[], environment: Environment): Detached {
  const pipe = openPipe();
  const command = isCompiled() ? [process.execPath, ...args] : [...selfCommand("server"), ...args];
  const child = Bun.spawn({
    cmd: command,
    ...(isCompiled() ? { argv0: PROCESS_NAME } : {}),
    env: handoverEnvironment(environment, task),
    detached: true,
    stdio: ["ignore", STDOUT, STDERR, pipe.writer],
  });
  closeDescriptor(pipe.writer);
  const line = readLine(pipe.reader);
  closeDescriptor(pipe.reader);
  return { child, line };
}
