/**
 * The session's clock: milliseconds that go on while the machine sleeps.
 *
 * The usual monotonic clock stands still during suspend, so that a client would wake believing it heard its server a
 * moment ago. With CLOCK_BOOTTIME the first pass after waking sends at once, tries a new port and tells the truth about
 * the silence.
 */
import { libc } from "../sys/libc.ts";

const CLOCK_BOOTTIME = 7;
const timespec = new BigInt64Array(2);

/** ms since the machine started, with a fraction. */
export function bootTime(): number {
  if (libc().clock_gettime(CLOCK_BOOTTIME, timespec) !== 0) return performance.now();
  return Number(timespec[0]!) * 1000 + Number(timespec[1]!) / 1e6;
}
