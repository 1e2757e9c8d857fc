/**
 * Whether this process can have one more session: descriptors and pseudo-terminals. Asked before a session is made, so that
 * what runs out is told to whoever asks, and the sessions that are there keep what they need. Linux. Called by shard.ts.
 */
import { closeSync, openSync, readFileSync } from "node:fs";
import { libc } from "../../sys/libc.ts";

const RLIMIT_NOFILE = 7;
/** Of a session: terminal (three), its other end, the process, our own copy of the terminal. */
const DESCRIPTORS_OF_A_SESSION = 6;
/** Kept free for attaching, reading files, listing. */
const SPARE_DESCRIPTORS = 24;
/** Terminals kept free for everybody else on the machine. */
const SPARE_TERMINALS = 8;

/** What has been promised to sessions whose programs have not started. */
export interface Promised {
  readonly sessions: number;
}

/** A sentence that says what there is too little of; undefined: there is room. */
export function shortage({ sessions }: Promised): string | undefined {
  const limits = new BigUint64Array(2);
  if (libc().getrlimit(RLIMIT_NOFILE, limits) === 0) {
    const limit = Number(limits[0]);
    const needed = (sessions + 1) * DESCRIPTORS_OF_A_SESSION + SPARE_DESCRIPTORS;
    const used = lowestFreeDescriptor();
    if (used === undefined || used + needed > limit)
      return `This host is at its limit of ${limit} open files (RLIMIT_NOFILE): no further session until one ends.`;
  }
  const terminals = number("/proc/sys/kernel/pty/nr");
  const most = number("/proc/sys/kernel/pty/max");
  if (terminals !== undefined && most !== undefined && terminals + sessions + SPARE_TERMINALS >= most)
    return `This machine has ${terminals} of ${most} pseudo-terminals in use (kernel.pty.max): no further session until one ends.`;
  return undefined;
}

/** The kernel gives the lowest free number, so it tells how many are in use. */
function lowestFreeDescriptor(): number | undefined {
  try {
    const fd = openSync("/dev/null", "r");
    closeSync(fd);
    return fd;
  } catch {
    return undefined;
  }
}

function number(path: string): number | undefined {
  try {
    return Number(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}
