/**
 * Precedence for a process whose delay people feel, over the programs it starts. Linux; needs root. Used by the host's
 * shards and by benchmarks.
 */
import { readdirSync } from "node:fs";
import { libc } from "./libc.ts";

const PRIO_PROCESS = 0;
const SCHED_OTHER = 0;
/** Children begin with the usual precedence. */
const SCHED_RESET_ON_FORK = 0x4000_0000;

/**
 * Raises the precedence of all threads that this process has now. The calling thread's children get the usual one. The
 * engine's helpers matter, too: its main thread waits for them when it collects garbage. They come and go, so it may be
 * called again.
 * @param nice -20 … -1
 * @returns false if the system does not allow it; nothing has changed then
 */
export function takePrecedence(nice: number): boolean {
  if (libc().sched_setscheduler(0, SCHED_OTHER | SCHED_RESET_ON_FORK, new Int32Array([0])) !== 0)
    return false;
  if (libc().setpriority(PRIO_PROCESS, 0, nice) !== 0) {
    libc().sched_setscheduler(0, SCHED_OTHER, new Int32Array([0]));
    return false;
  }
  for (const thread of readdirSync("/proc/self/task")) libc().setpriority(PRIO_PROCESS, Number(thread), nice);
  return true;
}
