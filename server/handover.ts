/**
 * What passes between the program a person or ssh started (the launcher) and the detached process that serves: what it
 * is to be goes in through one environment variable, one line of text comes out through a pipe.
 *
 * A key is made in the serving process and leaves it through that pipe only: never an argument, never in an environment,
 * because other users and the session's own child can see those. Called by launch.ts and what serves.
 */
import type { Environment } from "../sys/environment.ts";
import { closeDescriptor, closeOnExec, type Size, writeText } from "./stdio.ts";

/** `<launcher's pid> session <cols>x<rows> <open files>` or `<launcher's pid> host <directory>`; removed before any child sees it. */
const VARIABLE = "STERNA_LAUNCHER";
/** The pipe's descriptor in the serving process. */
const REPORT_FD = 3;

/** What the new process is to be. */
export type Task =
  /** One session; `size` is that of the launcher's terminal, `openFiles` the soft limit its program is to have. */
  | { readonly kind: "session"; readonly size: Size | undefined; readonly openFiles: number | undefined }
  /** A user's own host, whose sockets are in `directory`. */
  | { readonly kind: "host"; readonly directory: string };

export interface Handover {
  readonly environment: Environment;
  readonly task: Task;
}

/** The environment that tells a new process of this program to serve. */
export function handoverEnvironment(environment: Environment, task: Task): Environment {
  const detail =
    task.kind === "host"
      ? task.directory
      : `${task.size ? `${task.size.cols}x${task.size.rows}` : ""} ${task.openFiles ?? ""}`;
  return { ...environment, [VARIABLE]: `${process.pid} ${task.kind} ${detail}` };
}

/**
 * In the serving process: what the launcher said; undefined in any other process. A variable that was merely inherited
 * does not name our parent and so means nothing.
 */
export function takeHandover(environment: Environment): Handover | undefined {
  const { [VARIABLE]: value, ...rest } = environment;
  const match = /^(\d+) (session|host) (.*)$/s.exec(value ?? "");
  if (!match || Number(match[1]) !== process.ppid) return undefined;
  delete process.env[VARIABLE];
  closeOnExec(REPORT_FD);
  const detail = match[3]!;
  if (match[2] === "host") return { environment: rest, task: { kind: "host", directory: detail } };
  const [window = "", files = ""] = detail.split(" ");
  const [cols, rows] = window.split("x").map(Number);
  return {
    environment: rest,
    task: {
      kind: "session",
      size: cols && rows ? { cols, rows } : undefined,
      openFiles: files === "" ? undefined : Number(files),
    },
  };
}

/** Tells the launcher that all is ready. False if it is gone. */
export function report(line: string): boolean {
  const reported = writeText(REPORT_FD, `${line}\n`);
  closeDescriptor(REPORT_FD);
  return reported;
}
