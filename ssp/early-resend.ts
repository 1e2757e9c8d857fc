/**
 * Early resend [P 8.14]: when a keystroke, or the frame that answers it, is sent once more before the retransmission
 * timer would say so. Stock waits RTO + 100 ms, because the peer may take 100 ms to acknowledge; where every third
 * datagram is lost that wait is most of what a person feels. A copy costs a hundred bytes.
 *
 * A policy only: sender.ts asks when a copy is due and tells what was sent, transport.ts tells what arrived. Times are ms
 * on their clock. On a line that loses nothing it never asks for a copy, once the round trip is known.
 */
import { LossMeter } from "./loss-meter.ts";
import { Pacer } from "./pacer.ts";
import {
  ACK_DELAY,
  EARLY_ANSWER_TIME,
  EARLY_COPIES,
  EARLY_FIRST_COPIES,
  EARLY_FIRST_WAIT,
  EARLY_LOST_SHARE,
  SEND_INTERVAL_MIN,
} from "./params.ts";
import type { RttEstimator } from "./rtt.ts";

const NEVER = Number.POSITIVE_INFINITY;

export class EarlyResend {
  readonly #rtt: RttEstimator;
  /** Of the peer's datagrams, by the gaps in their numbers. */
  readonly #inbound: LossMeter;
  /** Of our states, by acknowledgements that did not come in time. */
  readonly #outbound = new LossMeter();
  readonly #answersOnly: boolean;
  /** When the peer last sent contents. */
  #askedAt = Number.NEGATIVE_INFINITY;
  /** Nothing was sent since. */
  #asked = false;
  /** When the newest state with contents was first sent; undefined: it is acknowledged. */
  #sentAt: number | undefined;
  /** When it, or a copy of it, was last sent. */
  #at = NEVER;
  /** When the first copy of it was sent. */
  #copiedAt = NEVER;
  #copies = 0;
  /** How often the newest keystroke, or its answer, was sent again, by copies or by states that stand on it. */
  #used = 0;
  /** No acknowledgement has come since one was missed. */
  #missed = false;
  /** When the retransmission timer last spoke for the newest state; a miss was noted. */
  #missedAt = Number.NEGATIVE_INFINITY;
  /** All copies together: one in a send interval, on average. */
  readonly #pacer: Pacer;

  /** @param answersOnly only what the peer asked for is worth a copy: the server's side. What a client sends always is */
  constructor(rtt: RttEstimator, inbound: LossMeter, answersOnly: boolean, now: number) {
    this.#rtt = rtt;
    this.#inbound = inbound;
    this.#answersOnly = answersOnly;
    this.#pacer = new Pacer(EARLY_COPIES, now);
  }

  /** Share of datagrams that are lost, in the worse direction. */
  get loss(): number {
    return Math.max(this.#inbound.share, this.#outbound.share);
  }

  /** The peer's contents arrived: on a server, a key. */
  asked(now: number): void {
    this.#askedAt = now;
    this.#asked = true;
  }

  /** A new state with contents was sent. What stands on an unacknowledged one repeats it, so it counts as a copy. */
  sent(now: number): void {
    if (!this.#answersOnly || this.#asked) this.#used = 0;
    else if (now - this.#askedAt < EARLY_ANSWER_TIME) this.#used++;
    else this.#used = NEVER;
    this.#asked = false;
    this.#sentAt = now;
    this.#at = now;
    this.#copiedAt = NEVER;
    this.#missedAt = Number.NEGATIVE_INFINITY;
    this.#copies = 0;
  }

  /** When the newest state is to be sent again although nothing says that it was lost; Infinity: not at all. */
  due(now: number): number {
    if (this.#sentAt === undefined || this.#used >= this.#budget()) return NEVER;
    // Each waits twice as long as the one before.
    const backOff = 2 ** this.#copies;
    if (!this.#rtt.sampled) return this.#at + EARLY_FIRST_WAIT * backOff;
    const wait = Math.max(SEND_INTERVAL_MIN, this.#rtt.srtt / 4) * backOff;
    return Math.max(this.#at + wait, this.#pacer.readyAt(now, this.#rtt.sendInterval));
  }

  /** A copy was sent. */
  copied(now: number): void {
    this.#pacer.sent(now, this.#rtt.sendInterval);
    this.#used++;
    this.#copies++;
    if (this.#copiedAt === NEVER) this.#copiedAt = now;
    this.#at = now;
  }

  /** The newest state needs more than a cheap copy. */
  declined(): void {
    this.#used = NEVER;
  }

  /** The newest state is sent again by the retransmission timer, or because an acknowledgement is due. */
  repeated(now: number): void {
    if (this.#sentAt === undefined) return;
    this.#at = now;
    if (now - this.#sentAt < this.#rtt.patientRto + ACK_DELAY) return;
    // The next ones in a row say that the line is dark, or the peer asleep.
    if (!this.#missed) this.#outbound.record(1 + this.#copies, 0);
    this.#missed = true;
    this.#missedAt = now;
    this.#copies = 0;
    this.#copiedAt = NEVER;
    this.#sentAt = now;
  }

  /** The peer has a state that was sent at `sentAt`. */
  acked(sentAt: number, now: number): void {
    if (this.#sentAt === undefined || sentAt < this.#sentAt) return;
    this.#missed = false;
    // Too soon to be the answer to what was sent again: the acknowledgement was only late.
    if (now < this.#missedAt + this.#rtt.least) this.#outbound.found();
    // A later answer may be that to a copy; nobody can tell.
    if (now < this.#copiedAt + this.#rtt.least) this.#outbound.record(0, 1);
    this.#sentAt = undefined;
  }

  /** As many copies as make it rare enough that all are lost. */
  #budget(): number {
    if (!this.#rtt.sampled) return EARLY_FIRST_COPIES;
    const { loss } = this;
    if (loss <= EARLY_LOST_SHARE || this.#rtt.queueing) return 0; // copies would only add to the queue
    if (loss >= 1) return EARLY_COPIES; // whose logarithm is 0
    return Math.min(EARLY_COPIES, Math.ceil(Math.log(EARLY_LOST_SHARE) / Math.log(loss)) - 1);
  }
}
