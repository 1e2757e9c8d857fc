/**
 * A download that shares a bottleneck: TCP Reno as a fluid. Its window grows by a segment each round trip until the queue
 * overflows, is halved a round trip later, and so on; what is more than the line itself holds waits in the queue, before
 * everybody else. Pure and without chance: the time comes in.
 */

const SEGMENT_BYTES = 1500;
/** Steps of the integration, ms. */
const STEP_MS = 10;
/** After a longer pause it is taken to be where it was, ms. */
const LONGEST_PAUSE_MS = 10_000;

export class BulkFlow {
  readonly #bytesPerMs: number;
  readonly #queue: number;
  readonly #baseRtt: number;
  #window: number;
  #at: number | undefined;
  /** When the loss of the overflow is noticed; undefined: the queue is not full. */
  #halvesAt: number | undefined;

  /**
   * @param rate bits a second of the bottleneck
   * @param queue what it holds before it drops, ms
   * @param baseRtt the flow's round trip without the queue, ms
   */
  constructor(rate: number, queue: number, baseRtt: number) {
    this.#bytesPerMs = rate / 8000;
    this.#queue = queue;
    this.#baseRtt = baseRtt;
    // It has been running for a while.
    this.#window = this.#bytesPerMs * (baseRtt + 0.6 * queue);
  }

  /** The queue overflows with what the flow sends: others lose as well. */
  get full(): boolean {
    return this.#halvesAt !== undefined;
  }

  /** How long what it has in the queue takes to leave, ms. */
  waiting(now: number): number {
    let at = Math.max(this.#at ?? now, now - LONGEST_PAUSE_MS);
    while (at < now) {
      const step = Math.min(STEP_MS, now - at);
      at += step;
      this.#grow(at, step);
    }
    this.#at = now;
    return this.#queued;
  }

  get #queued(): number {
    return Math.min(this.#queue, Math.max(0, this.#window / this.#bytesPerMs - this.#baseRtt));
  }

  #grow(at: number, step: number): void {
    const rtt = this.#baseRtt + this.#queued;
    if (this.#halvesAt === undefined) {
      this.#window += (SEGMENT_BYTES * step) / rtt;
      if (this.#queued >= this.#queue) this.#halvesAt = at + rtt;
    } else if (at >= this.#halvesAt) {
      this.#halvesAt = undefined;
      this.#window /= 2;
    }
  }
}
