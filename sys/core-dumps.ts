/**
 * No core dumps of a process whose memory holds a session key. Children keep the limit that this process was started
 * with. Called by server/standalone.ts and server/pty.ts.
 */
import { libc } from "./libc.ts";

const RLIMIT_CORE = 4;

/** Soft and hard limit as they were at the start; undefined while they still are so. */
let initial: BigUint64Array | undefined;

export function forbidCoreDumps(): void {
  const limits = new BigUint64Array(2);
  if (libc().getrlimit(RLIMIT_CORE, limits) !== 0) return;
  initial = limits;
  libc().setrlimit(RLIMIT_CORE, new BigUint64Array([0n, limits[1]!]));
}

/** Runs what starts a child, synchronously, with the limit that the child shall have. */
export function withCoreDumps<T>(start: () => T): T {
  if (!initial) return start();
  libc().setrlimit(RLIMIT_CORE, initial);
  try {
    return start();
  } finally {
    libc().setrlimit(RLIMIT_CORE, new BigUint64Array([0n, initial[1]!]));
  }
}
