/**
 * The 16-bit millisecond clock of the timestamps. Pure arithmetic on times that the caller read.
 */
import { NO_TIMESTAMP } from "./params.ts";

/** The timestamp for a time in ms on any monotonic clock; never the "no value" mark [P 4.1]. */
export function timestamp16(now: number): number {
  // `% 65536` and not `& 0xffff`: a clock that has run for 25 days no longer fits 32 bits.
  const value = Math.floor(now) % 65_536;
  return value === NO_TIMESTAMP ? 0 : value;
}

/** Milliseconds from `older` to `newer`, in 0..65535 [P 4.2]. */
export function timestampDifference(newer: number, older: number): number {
  return (newer - older) & 0xffff;
}
