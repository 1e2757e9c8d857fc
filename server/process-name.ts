/** How process lists show this process, whatever runs it. Linux. */
import { ptr } from "bun:ffi";
import { libc } from "../sys/libc.ts";

const PR_SET_NAME = 15;

/** @param name the kernel keeps 15 bytes of it */
export function labelProcess(name: string): void {
  const text = Buffer.from(`${name}\0`);
  libc().prctl(PR_SET_NAME, BigInt(ptr(text)), 0n, 0n, 0n);
}
