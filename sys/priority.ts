/**
 * The scheduler's favours for a process whose delay people feel. Linux. Used by all that serve or show a session, and by
 * benchmarks.
 */
import { readdirSync } from "node:fs";
import { getPriority } from "node:os";
import { libc } from "./libc.ts";

const PRIO_PROCESS = 0;
const SCHED_OTHER = 0;
/** Set in what sched_getscheduler(2) returns, after the first of our calls. */
const SCHED_RESET_ON_FORK = 0x4000_0000;

/** Numbers of the system calls: older C libraries have no sched_setattr(2), and musl's sched_getscheduler(2) always fails. */
const CALLS: Readonly<Record<string, { readonly setAttributes: number; readonly getScheduler: number }>> = {
  x64: { setAttributes: 314, getScheduler: 145 },
  arm64: { setAttributes: 274, getScheduler: 120 },
};
/** Length of struct sched_attr in its first version, bytes. */
const ATTRIBUTES_BYTES = 48;
/** Children begin with the usual slice and precedence. */
const SCHED_FLAG_RESET_ON_FORK = 1n;

/**
 * Shorter than any other's (usually 1 to 3 ms). From Linux 6.12 on, who asks for less at a time gets the processor when it
 * wakes, from whoever has just got it, instead of at the end of that one's slice, which is a tick of 4 ms or more; its share stays
 * the same. The shortest that the kernel allows. ns.
 */
const SLICE_NS = 100_000n;

/**
 * Asks for short slices for the calling thread, with the precedence that it has. Needs no privilege. Older kernels do as
 * if they understood. Whoever has put this process into another class (chrt(1)) knows why: it stays there.
 * @returns false if the system does not allow it; nothing has changed then
 */
export function takeShortSlices(): boolean {
  return setAttributes(getPriority());
}

/**
 * Short slices for the calling thread, and a higher precedence for all threads that this process has now; needs root.
 * The engine's helpers matter, too: its main thread waits for them when it collects garbage. They come and go, so it
 * may be called again.
 * @param nice -20 … -1
 * @returns false if the system does not allow it; nothing has changed then
 */
export function takePrecedence(nice: number): boolean {
  if (!setAttributes(nice)) return false;
  for (const thread of readdirSync("/proc/self/task")) libc().setpriority(PRIO_PROCESS, Number(thread), nice);
  return true;
}

function setAttributes(nice: number): boolean {
  const calls = CALLS[process.arch];
  if (!calls) return false;
  const { syscall } = libc();
  const policy = Number(syscall(calls.getScheduler, 0, null, 0)) & ~SCHED_RESET_ON_FORK;
  if (policy !== SCHED_OTHER) return false;
  const attributes = new DataView(new ArrayBuffer(ATTRIBUTES_BYTES));
  attributes.setUint32(0, ATTRIBUTES_BYTES, true);
  attributes.setUint32(4, SCHED_OTHER, true);
  attributes.setBigUint64(8, SCHED_FLAG_RESET_ON_FORK, true);
  attributes.setInt32(16, nice, true);
  attributes.setBigUint64(24, SLICE_NS, true);
  return syscall(calls.setAttributes, 0, new Uint8Array(attributes.buffer), 0) === 0n;
}
