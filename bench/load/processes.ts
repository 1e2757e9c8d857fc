/** What servers cost, as the kernel counts it: processor time and private memory of processes. Linux (/proc). */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Of sysconf(_SC_CLK_TCK) on Linux. */
const TICKS_PER_SECOND = 100;

/** Processor time that each of the processes has used, seconds; ended ones are left out. */
export function cpuByProcess(pids: readonly number[]): Map<number, number> {
  const times = new Map<number, number>();
  for (const pid of pids) {
    try {
      const text = readFileSync(`/proc/${pid}/stat`, "utf8");
      const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
      times.set(pid, (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND);
    } catch {
      // It has ended.
    }
  }
  return times;
}

/** What all of them have used. */
export function cpuSeconds(pids: readonly number[]): number {
  let sum = 0;
  for (const seconds of cpuByProcess(pids).values()) sum += seconds;
  return sum;
}

/** Memory that only these processes have, bytes. */
export function privateBytes(pids: readonly number[]): number {
  let kilobytes = 0;
  for (const pid of pids) {
    try {
      const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
      for (const match of text.matchAll(/^Private_(?:Clean|Dirty): +(\d+) kB$/gm))
        kilobytes += Number(match[1]);
    } catch {
      // It has ended.
    }
  }
  return kilobytes * 1024;
}

function programOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return undefined;
  }
}

/** A child younger than this may only be on its way to another program, s. */
const SETTLED_SECONDS = 0.2;

/** Since it was started, s; 0 if it has ended. */
function ageOf(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const started = Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[19]) / TICKS_PER_SECOND;
    return Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]) - started;
  } catch {
    return 0;
  }
}

/**
 * The processes and those of their children that are servers, too, such as a host's shards: those that run the same
 * program. What runs in the sessions is not charged.
 */
export function serversAmong(pids: readonly number[]): number[] {
  const all = new Set(pids);
  for (const pid of all) {
    const program = programOf(pid);
    if (program === undefined) continue;
    for (const child of childrenOf(pid))
      if (programOf(child) === program && ageOf(child) > SETTLED_SECONDS) all.add(child);
  }
  return [...all];
}

/** Of all its threads. */
function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, "latin1").split(" ").filter(Boolean).map(Number),
    );
  } catch {
    return []; // It has ended.
  }
}
