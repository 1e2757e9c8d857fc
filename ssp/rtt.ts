/**
 * Round-trip time estimator, and the two times that follow from it. All values in ms, floating point.
 */
import {
  EARLY_MAX_RTT,
  EARLY_QUEUE_ALLOWANCE,
  INITIAL_RTTVAR,
  INITIAL_SRTT,
  MAX_RTO,
  MIN_RTO,
  RTT_SAMPLE_LIMIT,
  SEND_INTERVAL_MAX,
  SEND_INTERVAL_MIN,
} from "./params.ts";

/** Samples after which the least round trip starts anew: a minute of typing, several of silence. */
const LEAST_WINDOW = 512;

export class RttEstimator {
  #srtt = INITIAL_SRTT;
  #rttvar = INITIAL_RTTVAR;
  #sampled = false;
  /** Least sample of this window and of the one before. */
  #least = Number.POSITIVE_INFINITY;
  #leastBefore = Number.POSITIVE_INFINITY;
  #samples = 0;

  /** Takes one measured round trip; one of 5 s or more is ignored [P 4.7] [P 4.8]. */
  sample(rtt: number): void {
    if (rtt >= RTT_SAMPLE_LIMIT) return;
    this.#noteLeast(rtt);
    if (this.#sampled) {
      this.#rttvar = 0.75 * this.#rttvar + 0.25 * Math.abs(this.#srtt - rtt);
      this.#srtt = 0.875 * this.#srtt + 0.125 * rtt;
    } else {
      this.#srtt = rtt;
      this.#rttvar = rtt / 2;
      this.#sampled = true;
    }
  }

  /** A round trip was measured. */
  get sampled(): boolean {
    return this.#sampled;
  }

  /** Smoothed round-trip time. */
  get srtt(): number {
    return this.#srtt;
  }

  /** The least round trip of the last 512 to 1024; Infinity before the first. What is above it is jitter and queues. */
  get least(): number {
    return Math.min(this.#least, this.#leastBefore);
  }

  /** Mean deviation of the round-trip time. */
  get rttvar(): number {
    return this.#rttvar;
  }

  /** The line is slower than it was: a queue is filling, and loss means that it is full [P 8.15]. */
  get queueing(): boolean {
    return this.#srtt > EARLY_MAX_RTT || this.#srtt > 2 * this.least + EARLY_QUEUE_ALLOWANCE;
  }

  /** Retransmission timeout [P 4.9]. */
  get rto(): number {
    return clamp(Math.ceil(this.#srtt + 4 * this.#rttvar), MIN_RTO, MAX_RTO);
  }

  /** The same, but not less than a quarter above a long round trip: what is sent before that is sent in vain [P 8.17]. */
  get patientRto(): number {
    const { rto } = this;
    return this.#sampled && rto === MAX_RTO ? Math.max(rto, Math.ceil(1.25 * this.#srtt)) : rto;
  }

  /** Shortest time between two new states: two in a round trip [P 4.10]. */
  get sendInterval(): number {
    return clamp(Math.ceil(this.#srtt / 2), SEND_INTERVAL_MIN, SEND_INTERVAL_MAX);
  }

  #noteLeast(rtt: number): void {
    if (++this.#samples % LEAST_WINDOW === 0) {
      this.#leastBefore = this.#least;
      this.#least = rtt;
    } else if (rtt < this.#least) {
      this.#least = rtt;
    }
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
