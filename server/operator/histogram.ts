/**
 * Counts values in buckets that double, so that a shard can note a time in a few nanoseconds and a scrape costs a line a
 * bucket. Pure; used by metrics.ts.
 */

/** Plain form, for messages between processes. */
export interface HistogramData {
  /** Values in each bucket, not cumulative; the last one has no upper bound. */
  readonly counts: readonly number[];
  readonly sum: number;
}

export class Histogram {
  /** Upper bounds, each twice the one before. */
  readonly bounds: readonly number[];
  readonly #counts: Float64Array;
  #sum = 0;

  /** @param least upper bound of the first bucket; @param buckets how many have one */
  constructor(least: number, buckets: number) {
    this.bounds = Array.from({ length: buckets }, (_, i) => least * 2 ** i);
    this.#counts = new Float64Array(buckets + 1);
  }

  record(value: number): void {
    this.#sum += value;
    let at = 0;
    while (at < this.bounds.length && value > this.bounds[at]!) at++;
    this.#counts[at]!++;
  }

  get data(): HistogramData {
    return { counts: [...this.#counts], sum: this.#sum };
  }
}
