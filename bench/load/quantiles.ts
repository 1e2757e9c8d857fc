/**
 * A histogram for times: buckets that grow by 0.5 %, so that any quantile is right to that, whatever the range, in
 * twenty kilobytes. Pure; used by the load generator and the benchmarks.
 */

/** Relative width of a bucket. */
const GROWTH = 1.005;
const LOG_GROWTH = Math.log(GROWTH);
/** Values below are all alike: 1 µs if the unit is ms. */
const LEAST = 0.001;
const BUCKETS = 4800;

export class Quantiles {
  readonly #counts = new Uint32Array(BUCKETS);
  #count = 0;
  #sum = 0;
  #max = 0;

  record(value: number): void {
    const at =
      value <= LEAST ? 0 : Math.min(BUCKETS - 1, 1 + Math.floor(Math.log(value / LEAST) / LOG_GROWTH));
    this.#counts[at]!++;
    this.#count++;
    this.#sum += value;
    if (value > this.#max) this.#max = value;
  }

  get count(): number {
    return this.#count;
  }

  get mean(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count;
  }

  get max(): number {
    return this.#max;
  }

  /** The value that a share `q` of all values does not exceed, within 0.5 %; 0 if there are none. */
  at(q: number): number {
    if (this.#count === 0) return 0;
    const rank = Math.max(1, Math.ceil(q * this.#count));
    let seen = 0;
    for (let i = 0; i < BUCKETS; i++) {
      seen += this.#counts[i]!;
      if (seen >= rank) return i === 0 ? LEAST : Math.min(this.#max, LEAST * GROWTH ** (i - 0.5));
    }
    return this.#max;
  }

  add(other: Quantiles): void {
    for (let i = 0; i < BUCKETS; i++) this.#counts[i]! += other.#counts[i]!;
    this.#count += other.#count;
    this.#sum += other.#sum;
    this.#max = Math.max(this.#max, other.#max);
  }
}
