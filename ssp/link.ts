/**
 * The connection below the state machine: order of datagrams, timestamps, round-trip time, when the peer was last
 * heard, how long a datagram may be. One per endpoint; called by transport.ts only.
 *
 * It does not know addresses. Whether a datagram moves the peer's address is in {@link Link.accept}'s answer.
 */
import { timestamp16, timestampDifference } from "./clock16.ts";
import type { OpenedDatagram } from "./datagram.ts";
import { LossMeter } from "./loss-meter.ts";
import {
  BUDGET_AFTER_EMSGSIZE,
  BUDGET_INET,
  BUDGET_INET6,
  CONGESTION_PENALTY,
  FRAGMENT_HEADER_BYTES,
  NO_TIMESTAMP,
  NONCE_BYTES,
  TAG_BYTES,
  TIMESTAMP_REPLY_LIMIT,
  TIMESTAMPS_BYTES,
} from "./params.ts";
import { RttEstimator } from "./rtt.ts";

/** The address family of the socket; it decides the datagram budget [P 5.7]. */
export type Family = "inet" | "inet6";

export class Link {
  readonly rtt = new RttEstimator();
  /** Of the peer's datagrams. */
  readonly loss = new LossMeter();
  #expected = 0;
  /** Newest peer timestamp not yet sent back. An explicit mark, because a clock may start near 0 [P 4.4]. */
  #saved: { readonly timestamp: number; readonly at: number } | undefined;
  #lastHeard = Number.NEGATIVE_INFINITY;
  #budget: number;

  constructor(family: Family) {
    this.#budget = family === "inet" ? BUDGET_INET : BUDGET_INET6;
  }

  /** The sequence number that the next new datagram has at least. */
  get expectedSequence(): number {
    return this.#expected;
  }

  /** Time of the last authentic datagram in order; -Infinity before the first [P 5.2]. */
  get lastHeard(): number {
    return this.#lastHeard;
  }

  /** Bytes of an instruction that fit one datagram [P 5.7]. */
  get fragmentContents(): number {
    return this.#budget - NONCE_BYTES - TIMESTAMPS_BYTES - TAG_BYTES - FRAGMENT_HEADER_BYTES;
  }

  /** The system refused a datagram as too long: small ones from here on, for good [P 5.8]. */
  shrink(): void {
    this.#budget = BUDGET_AFTER_EMSGSIZE;
  }

  /**
   * Takes the sequence number and the timestamps of an authentic datagram. Returns whether it is in order; only then
   * may it move the peer's address. A late or repeated one changes nothing here [P 4.11] [P 4.12].
   */
  accept(datagram: OpenedDatagram, now: number, congestion: boolean): boolean {
    if (datagram.sequence < this.#expected) {
      this.loss.found();
      return false;
    }
    this.loss.record(datagram.sequence - this.#expected, 1);
    this.#expected = datagram.sequence + 1;
    if (datagram.timestamp !== NO_TIMESTAMP) {
      // [P 4.5]; the penalty makes the peer measure a longer round trip and so send less often [P 4.6]
      const timestamp = congestion ? (datagram.timestamp - CONGESTION_PENALTY) & 0xffff : datagram.timestamp;
      this.#saved = { timestamp, at: Math.floor(now) };
    }
    if (datagram.timestampReply !== NO_TIMESTAMP)
      this.rtt.sample(timestampDifference(timestamp16(now), datagram.timestampReply)); // [P 4.7]
    this.#lastHeard = now;
    return true;
  }

  /** The timestamp reply for a datagram sent now; a saved timestamp is given out once [P 4.4]. */
  takeTimestampReply(now: number): number {
    const saved = this.#saved;
    if (saved === undefined) return NO_TIMESTAMP;
    const held = Math.floor(now) - saved.at;
    if (held >= TIMESTAMP_REPLY_LIMIT) return NO_TIMESTAMP;
    this.#saved = undefined;
    return (saved.timestamp + held) & 0xffff;
  }
}
