/** One host a directory: a lock held for the life of the process, and what a dead host left is removed. */
import { chmodSync, closeSync, openSync, unlinkSync } from "node:fs";
import { libc } from "../../sys/libc.ts";

const LOCK_EX = 2;
const LOCK_NB = 4;

/** The lock's descriptor; undefined if another process has it. */
export function takeLock(path: string): number | undefined {
  const fd = openSync(path, "a", 0o600);
  chmodSync(path, 0o600);
  if (libc().flock(fd, LOCK_EX | LOCK_NB) === 0) return fd;
  closeSync(fd);
  return undefined;
}

/** Sockets of processes that are known to be gone: the lock says it of a host, its number of a shard. */
export function removeStale(...paths: readonly string[]): void {
  for (const path of paths) {
    try {
      unlinkSync(path);
    } catch {
      // There was none.
    }
  }
}
