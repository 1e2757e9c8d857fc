/**
 * The soft limit of open files, for children. Bun raises its own to the hard one as it starts, and what it starts would
 * inherit that: a hundred thousand or more, at which programs that use select(2) or close all descriptors one by one break
 * or crawl. So a child is given back what whoever started us had. Linux. Called by server/launch.ts and server/pty.ts.
 */
import { readFileSync } from "node:fs";
import { libc } from "./libc.ts";

const RLIMIT_NOFILE = 7;

/** What every Linux system begins with. */
export const USUAL_OPEN_FILES = 1024;

/** The soft limit of a process; undefined if it has none, or is gone. */
export function openFilesOf(pid: number): number | undefined {
  try {
    const soft = /^Max open files +(\d+)/m.exec(readFileSync(`/proc/${pid}/limits`, "latin1"))?.[1];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}

/** This process's hard limit: what it can give its children at the most. */
export function mostOpenFiles(): number | undefined {
  const limits = new BigUint64Array(2);
  return libc().getrlimit(RLIMIT_NOFILE, limits) === 0 ? Number(limits[1]) : undefined;
}

/** Sets the soft limit of a process that was just started; its hard one stays. */
export function setOpenFiles(pid: number, soft: number): void {
  const limits = new BigUint64Array(2);
  if (libc().prlimit(pid, RLIMIT_NOFILE, null, limits) !== 0) return;
  const hard = limits[1]!;
  limits[0] = BigInt(soft) < hard ? BigInt(soft) : hard;
  libc().prlimit(pid, RLIMIT_NOFILE, limits, null);
}
