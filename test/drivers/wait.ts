/**
 * Waiting for something another process will do: polls a probe until it answers, or fails with what was seen last.
 * Never a fixed sleep. Used by the drivers and by tests that run real processes.
 */

/** Generous for two busy cores; a passing test never gets near it. */
export const DEADLINE_MS = 20_000;
/** First and longest pause between two probes. */
const POLL_MIN_MS = 4;
const POLL_MAX_MS = 40;

/**
 * Calls `probe` until it returns something other than undefined or false, and returns that. After `deadlineMs` it
 * throws an Error that names `what` and quotes `detail()`.
 */
export async function until<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  deadlineMs = DEADLINE_MS,
  detail: () => string = () => "",
): Promise<T> {
  const end = performance.now() + deadlineMs;
  let pause = POLL_MIN_MS;
  for (;;) {
    const answer = await probe();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() >= end) throw new Error(`timed out after ${deadlineMs} ms: ${what}\n${detail()}`);
    await Bun.sleep(pause);
    pause = Math.min(pause * 1.5, POLL_MAX_MS);
  }
}

/**
 * A gate that lets `places` holders in at once. Concurrent tests of one file share two cores: more than a few real
 * terminals at a time only makes every deadline longer.
 */
export class Gate {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(places: number) {
    this.#free = places;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
