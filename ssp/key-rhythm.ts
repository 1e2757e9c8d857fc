/**
 * How fast the peer's contents follow each other: on a server, a person's keys. Tells when a burst of them is over, so that its
 * echo ack need not wait any longer for a next key's frame to ride on [P 8.22]. One for each sender; times in ms on its clock.
 */
import { KEY_GAP, KEY_PAUSE } from "./params.ts";

/** Weight of a new gap in the mean, as in the round-trip estimator's deviation. */
const GAIN = 0.25;

export class KeyRhythm {
  #gap = KEY_GAP;
  #at = Number.NEGATIVE_INFINITY;

  /** Contents have come. */
  heard(now: number): void {
    const gap = now - this.#at;
    // A pause is no gap between keys.
    if (gap < KEY_PAUSE) this.#gap += GAIN * (gap - this.#gap);
    this.#at = now;
  }

  /** When the burst is over, if nothing comes: after twice the mean gap. */
  get over(): number {
    return this.#at + 2 * this.#gap;
  }
}
