/**
 * What passes between the program a person or ssh started (the launcher) and the detached process that serves the
 * session: the terminal's size goes in through one environment variable, port and key come out through a pipe.
 *
 * The key is made in the serving process and leaves it through that pipe only: never an argument, never in an
 * environment, because other users and the session's own child can see those. Called by launch.ts and standalone.ts.
 */
import type { Environment } from "./environment.ts";
import { closeDescriptor, closeOnExec, type Size, writeText } from "./stdio.ts";

/** `<launcher's pid> <cols>x<rows>`; removed before any child sees it. */
const VARIABLE = "STERNA_LAUNCHER";
/** The pipe's descriptor in the serving process. */
const REPORT_FD = 3;

export interface Handover {
  readonly environment: Environment;
  /** Size of the launcher's terminal. */
  readonly size: Size | undefined;
}

/** The environment that tells a new process of this program to serve. */
export function handoverEnvironment(environment: Environment, size: Size | undefined): Environment {
  return { ...environment, [VARIABLE]: `${process.pid} ${size ? `${size.cols}x${size.rows}` : ""}` };
}

/**
 * In the serving process: what the launcher said; undefined in any other process. A variable that was merely inherited
 * does not name our parent and so means nothing.
 */
export function takeHandover(environment: Environment): Handover | undefined {
  const { [VARIABLE]: value, ...rest } = environment;
  const match = /^(\d+) (?:(\d+)x(\d+))?$/.exec(value ?? "");
  if (!match || Number(match[1]) !== process.ppid) return undefined;
  delete process.env[VARIABLE];
  closeOnExec(REPORT_FD);
  const [cols, rows] = [Number(match[2]), Number(match[3])];
  return { environment: rest, size: cols && rows ? { cols, rows } : undefined };
}

/** Reports that the session waits for its client. False if the launcher is gone. */
export function reportReady(port: number, key: string): boolean {
  const reported = writeText(REPORT_FD, `${port} ${key}\n`);
  closeDescriptor(REPORT_FD);
  return reported;
}

/** The launcher's side of {@link reportReady}: port and key of a reported line. */
export function parseReport(line: string): { readonly port: string; readonly key: string } | undefined {
  const match = /^(\d+) ([A-Za-z0-9/+]{22})$/.exec(line);
  return match ? { port: match[1]!, key: match[2]! } : undefined;
}
