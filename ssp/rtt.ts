/**
 * Round-trip time estimator, and the two times that follow from it. All values in ms, floating point.
 */
import {
  INITIAL_RTTVAR,
  INITIAL_SRTT,
  MAX_RTO,
  MIN_RTO,
  RTT_SAMPLE_LIMIT,
  SEND_INTERVAL_MAX,
  SEND_INTERVAL_MIN,
} from "./params.ts";

export class RttEstimator {
  #srtt = INITIAL_SRTT;
  #rttvar = INITIAL_RTTVAR;
  #sampled = false;

  /** Takes one measured round trip; one of 5 s or more is ignored [P 4.7] [P 4.8]. */
  sample(rtt: number): void {
    if (rtt >= RTT_SAMPLE_LIMIT) return;
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

  /** Mean deviation of the round-trip time. */
  get rttvar(): number {
    return this.#rttvar;
  }

  /** Retransmission timeout [P 4.9]. */
  get rto(): number {
    return clamp(Math.ceil(this.#srtt + 4 * this.#rttvar), MIN_RTO, MAX_RTO);
  }

  /** Shortest time between two new states: two in a round trip [P 4.10]. */
  get sendInterval(): number {
    return clamp(Math.ceil(this.#srtt / 2), SEND_INTERVAL_MIN, SEND_INTERVAL_MAX);
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
