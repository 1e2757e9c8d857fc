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

  /** Another one with the same bounds. */
  empty(): Histogram {
    return new Histogram(this.bounds[0]!, this.bounds.length);
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

/**
 * An upper bound of the value below which the share `q` of all values lies; Infinity beyond the last bucket, undefined if
 * there are no values.
 * @param counts values in each bucket, one more than bounds
 */
export function quantile(
  counts: readonly number[],
  bounds: readonly number[],
  q: number,
): number | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  let below = 0;
  for (let i = 0; i < counts.length; i++) {
    below += counts[i]!;
    if (below >= q * total && counts[i]! > 0) return bounds[i] ?? Number.POSITIVE_INFINITY;
  }
  return Number.POSITIVE_INFINITY;
}
