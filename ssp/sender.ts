/**
 * The sending half of an endpoint: which states were sent, which of them the peer may have, when to send again, and
 * what. It decides; transport.ts encodes and encrypts.
 *
 * It runs no timer: `waitTime` says when to call `tick`. Times are ms on the caller's monotonic clock.
 */
import type { EarlyResend } from "./early-resend.ts";
import { KeyRhythm } from "./key-rhythm.ts";
import { Pacer } from "./pacer.ts";
import {
  ACK_DELAY,
  ACK_INTERVAL,
  ACTIVE_RETRY_TIMEOUT,
  BULK,
  BULK_REPEATS,
  HEARTBEAT_ANSWER,
  HEARTBEAT_PATIENCE,
  MAX_SENT_STATES,
  MAX_STATE,
  NEWEST_SENT_STATES,
  RESEND_EXCESS_LIMIT,
  RESEND_SIZE_LIMIT,
  SHUTDOWN_RETRIES,
  SHUTDOWN_TIMEOUT,
} from "./params.ts";
import type { RttEstimator } from "./rtt.ts";
import { releaseFirst, type SyncObject } from "./sync-object.ts";

/** One state that was sent. */
interface SentState<L> {
  readonly number: number;
  /** When it was last sent. */
  time: number;
  readonly state: L;
}

/** What to transmit: an instruction without the parts that transport.ts adds. */
export interface Update {
  readonly oldNum: number;
  readonly newNum: number;
  readonly ackNum: number;
  readonly throwawayNum: number;
  readonly diff: Uint8Array;
}

/**
 * Who waits for a state: nobody, for only its echo ack is new; nobody, or so many frames go anyway that the next is soon enough;
 * somebody.
 */
export type Urgency = "echo-ack" | "paced" | "awaited";
const URGENCIES: readonly Urgency[] = ["echo-ack", "paced", "awaited"];

const NEVER = Number.POSITIVE_INFINITY;

export class Sender<L extends SyncObject<L>> {
  readonly #rtt: RttEstimator;
  readonly #minDelay: number;
  /** Undefined: an interval between any two states, as in stock. */
  readonly #pacer: Pacer | undefined;
  readonly #early: EarlyResend | undefined;
  /** What is due is a copy of the newest state, before its retransmission is [P 8.14]. */
  #copyDue = false;
  readonly #answersHeartbeats: boolean;
  /** The current state changes only by {@link Sender.setCurrent}, so what was worked out for a moment holds in it. */
  readonly #replacedOnly: boolean;
  /** What was worked out last, for which moment; undefined: something has changed since. */
  #worked: { readonly at: number; readonly assumed: SentState<L> } | undefined;
  #current: L;
  #urgency: Urgency = "awaited";
  readonly #rhythm = new KeyRhythm();
  /** What the owner goes on changing once shutdown froze `#current` [P 10.1]. */
  #ignored: L | undefined;
  /** Oldest first; the front is the newest acknowledged, the back the newest sent. Never empty [P 8.1]. */
  readonly #sent: SentState<L>[];
  #nextAck: number;
  #nextSend: number;
  /** When a change that was not sent yet was first noticed. */
  #changedAt: number | undefined;
  #ackNum = 0;
  #dataAckPending = false;
  /** When the peer's newest state last advanced. Long ago at first, so silence is met with patience [P 8.2]. */
  #peerAdvanced = Number.NEGATIVE_INFINITY;
  /** Without an acknowledgement, another state is assumed from then on. */
  #assumedUntil = NEVER;
  /** A state that differs from the assumed one but has nothing to say to it [P 8.11]. */
  #silent: { readonly state: L; readonly assumed: number } | undefined;
  /** How often much was sent again that the peer has not acknowledged. */
  #inVain = 0;
  #shutdownStart: number | undefined;
  #shutdownTries = 0;
  /** The peer's newest state is the one with which it ends the session, and it was told that we have that. */
  #peerEnds = false;
  #peerEndAcknowledged = false;

  /**
   * @param local taken over
   * @param minDelay ms to collect changes
   * @param options.replacedOnly the owner never changes the current state in place
   * @param options.answersHeartbeats an idle side's own sign of life goes with the answer to the peer's
   * @param options.burst states that may follow each other at once, after a pause; 1: none, as in stock
   * @param options.early decides on early copies; undefined: there are none, as in stock
   */
  constructor(
    local: L,
    minDelay: number,
    rtt: RttEstimator,
    now: number,
    options: {
      readonly replacedOnly?: boolean;
      readonly burst?: number;
      readonly answersHeartbeats?: boolean;
      readonly early?: EarlyResend | undefined;
    } = {},
  ) {
    this.#rtt = rtt;
    this.#replacedOnly = options.replacedOnly ?? false;
    this.#answersHeartbeats = options.answersHeartbeats ?? false;
    const { burst = 1 } = options;
    this.#pacer = burst > 1 ? new Pacer(burst, now) : undefined;
    this.#early = options.early;
    this.#minDelay = minDelay;
    this.#current = local;
    this.#sent = [{ number: 0, time: now, state: local.clone() }];
    this.#nextAck = now; // the first packet is due at once [P 8.1]
    this.#nextSend = now;
  }

  /** What the peer should end up with. The owner may change it, but not once shutdown began. */
  get current(): L {
    return this.#ignored ?? this.#current;
  }

  /**
   * Replaces it; takes the new one over. After shutdown began it has no effect [P 10.1].
   * @param urgency what is not awaited must not use the burst
   */
  setCurrent(state: L, urgency: Urgency = "awaited"): void {
    this.#worked = undefined;
    // What waits already may be waited for.
    if (this.#changedAt === undefined || URGENCIES.indexOf(urgency) > URGENCIES.indexOf(this.#urgency))
      this.#urgency = urgency;
    if (this.#ignored !== undefined) {
      if (state !== this.#ignored) this.#ignored.release();
      this.#ignored = state;
    } else {
      if (state !== this.#current) this.#current.release();
      this.#current = state;
    }
  }

  /** Number of the newest state sent. */
  get sentLast(): number {
    return this.#back.number;
  }

  /** Number of the newest state that the peer acknowledged. */
  get sentAcked(): number {
    return this.#front.number;
  }

  /** When the newest acknowledged state was last sent. */
  get sentAckedTime(): number {
    return this.#front.time;
  }

  /** States kept, for metrics and tests. */
  get sentStates(): number {
    return this.#sent.length;
  }

  get shutdownInProgress(): boolean {
    return this.#shutdownStart !== undefined;
  }

  /** The peer has the state that ends the session [P 10.3]. */
  get shutdownAcknowledged(): boolean {
    return this.#front.number === MAX_STATE;
  }

  /** We told the peer that we have the state with which it ends the session [P 10.4]. */
  get counterpartyShutdownAcknowledged(): boolean {
    return this.#peerEndAcknowledged;
  }

  /** Tries or time are used up [P 10.3]. */
  shutdownTimedOut(now: number): boolean {
    return (
      this.#shutdownStart !== undefined &&
      (this.#shutdownTries >= SHUTDOWN_RETRIES || now - this.#shutdownStart >= SHUTDOWN_TIMEOUT)
    );
  }

  /** When shutdown is given up at the latest; Infinity before it began. */
  get shutdownDeadline(): number {
    return this.#shutdownStart === undefined ? NEVER : this.#shutdownStart + SHUTDOWN_TIMEOUT;
  }

  /** Begins to end the session; the current state is frozen as it is now [P 10.1]. */
  startShutdown(now: number): void {
    if (this.#shutdownStart !== undefined) return;
    this.#worked = undefined;
    this.#shutdownStart = now;
    this.#ignored = this.#current.clone();
  }

  /** The peer acknowledged state `number` [P 8.4]. */
  acked(number: number): void {
    let at = this.#sent.length - 1;
    while (at > 0 && this.#sent[at]!.number !== number) at--;
    // With the acknowledgement the round-trip time may have changed, too.
    this.#worked = undefined;
    if (at <= 0) return;
    this.#inVain = 0;
    releaseFirst(this.#sent, at);
  }

  /** The peer's newest state is now `number` [P 9.8]. */
  received(number: number, hasDiff: boolean, now: number): void {
    this.#worked = undefined;
    this.#ackNum = number;
    this.#peerEnds = number === MAX_STATE;
    this.#peerAdvanced = now;
    if (hasDiff) {
      this.#dataAckPending = true;
      this.#rhythm.heard(now);
    }
    // [P 8.19]
    else if (this.#answersHeartbeats && this.#nextAck - now <= HEARTBEAT_ANSWER)
      this.#nextAck = Math.min(now, this.#nextAck);
  }

  /** Milliseconds until `tick` has something to do; fractions count, so round up. */
  waitTime(now: number): number {
    this.#recalculate(now);
    return Math.max(0, Math.min(this.#nextAck, this.#nextSend) - now);
  }

  /** Transmits what is due; at most one update. Returns whether there was one [P 8.8]. */
  tick(now: number, transmit: (update: Update) => void): boolean {
    const assumed = this.#recalculate(now);
    if (now < this.#nextAck && now < this.#nextSend) return false;
    const front = this.#front;
    let reference = assumed.number;
    let diff = this.#current.diff(assumed.state);
    if (assumed !== front) {
      const resend = this.#current.diff(front.state);
      if (this.#copyDue ? resend.length < RESEND_SIZE_LIMIT : resendFromAcked(diff.length, resend.length)) {
        reference = front.number;
        diff = resend;
      }
    }
    this.#changedAt = undefined;
    this.#worked = undefined;
    if (diff.length === 0 && now < this.#nextAck) {
      if (this.#copyDue) this.#early?.declined();
      else this.#noteSilent(assumed.number);
      return false;
    }
    if (diff.length > BULK && !this.#replacedOnly && this.#current.equals(this.#back.state)) this.#inVain++;
    const number = diff.length > 0 ? this.#enterData(now) : this.#enterEmpty(now);
    this.#nextAck = now + ACK_INTERVAL + (this.#answersHeartbeats ? HEARTBEAT_PATIENCE : 0);
    this.#nextSend = NEVER;
    if (number === MAX_STATE) this.#shutdownTries++;
    this.#dataAckPending = false;
    this.#peerEndAcknowledged = this.#peerEnds;
    transmit({ oldNum: reference, newNum: number, ackNum: this.#ackNum, throwawayNum: front.number, diff });
    return true;
  }

  release(): void {
    releaseFirst(this.#sent, this.#sent.length);
    this.#current.release();
    this.#ignored?.release();
    this.#forgetSilent();
  }

  get #front(): SentState<L> {
    return this.#sent[0]!;
  }

  get #back(): SentState<L> {
    return this.#sent[this.#sent.length - 1]!;
  }

  /** Sets both timers for what is known now, and returns the state that the peer is assumed to have. */
  #recalculate(now: number): SentState<L> {
    if (this.#worked?.at === now) return this.#worked.assumed;
    const assumed = this.#assume(now);
    // Only what grows has anything to forget.
    if (!this.#replacedOnly) {
      this.#current.subtract(this.#front.state);
      for (let at = this.#sent.length - 1; at >= 0; at--) this.#sent[at]!.state.subtract(this.#front.state);
    }

    if (this.#dataAckPending && this.#nextAck > now + ACK_DELAY) this.#nextAck = now + ACK_DELAY; // [P 8.6]

    const back = this.#back;
    const interval = this.#rtt.sendInterval;
    const heard = this.#peerAdvanced + ACTIVE_RETRY_TIMEOUT > now;
    this.#copyDue = false;
    // [P 8.7]
    if (this.#isSilent(assumed.number)) {
      // It may hide a loss: to what the peer has then, there is something to say.
      this.#nextSend = this.#assumedUntil;
    } else if (!this.#current.equals(back.state)) {
      this.#changedAt ??= now;
      const due = this.#spaced(now, interval);
      this.#nextSend = Math.max(this.#changedAt + this.#minDelay, due);
    } else if (heard && !this.#current.equals(assumed.state)) {
      this.#nextSend = back.time + interval;
      if (this.#changedAt !== undefined)
        this.#nextSend = Math.max(this.#nextSend, this.#changedAt + this.#minDelay);
    } else if (!this.#current.equals(this.#front.state)) {
      const late = heard ? back.time + this.#patience : NEVER;
      const early = this.shutdownInProgress ? NEVER : (this.#early?.due(now) ?? NEVER);
      this.#copyDue = early <= now && now < late;
      this.#nextSend = Math.min(late, early);
    } else {
      this.#nextSend = NEVER;
    }

    if (this.shutdownInProgress || this.#peerEnds) this.#nextAck = back.time + interval; // [P 10.2]
    if (this.#replacedOnly) this.#worked = { at: now, assumed };
    return assumed;
  }

  /** When the current state may follow the back [P 8.18] [P 8.22]. */
  #spaced(now: number, interval: number): number {
    const paced = this.#back.time + interval;
    const pacer = this.#pacer;
    if (!pacer) return paced;
    if (this.#urgency === "awaited") return Math.min(paced, pacer.readyAt(now, interval));
    const idle = pacer.idleAt(now, interval);
    const early = this.#urgency === "echo-ack" && !this.#rtt.queueing ? this.#rhythm.over : idle;
    return Math.max(paced, Math.min(idle, early));
  }

  /** An acknowledgement that has not come after this time will not come [P 8.5] [P 8.7]. */
  get #patience(): number {
    const usual = (this.#early ? this.#rtt.patientRto : this.#rtt.rto) + ACK_DELAY;
    const doubled = this.#inVain - BULK_REPEATS; // [P 8.23]
    return doubled <= 0 ? usual : Math.max(usual, Math.min(ACK_INTERVAL, usual * 2 ** doubled));
  }

  /** Guesses the newest state that the peer has: sent so recently that its loss would not show yet [P 8.5]. */
  #assume(now: number): SentState<L> {
    let assumed = this.#front;
    this.#assumedUntil = NEVER;
    const limit = this.#patience;
    for (let at = 1; at < this.#sent.length; at++) {
      const entry = this.#sent[at]!;
      if (now - entry.time < limit) {
        assumed = entry;
        this.#assumedUntil = Math.min(this.#assumedUntil, entry.time + limit);
      }
      // That an empty one was not acknowledged tells nothing: the peer has no reason to hurry. Stock takes it for a loss,
      // and repeats what follows until it is acknowledged; after answered heartbeats that would be always [P 8.20].
      else if (!this.#answersHeartbeats || !entry.state.equals(this.#front.state)) break;
    }
    return assumed;
  }

  /** Enters the state that a packet with contents leads to; returns its number [P 8.10]. */
  #enterData(now: number): number {
    const back = this.#back;
    if (this.#copyDue) {
      // The retransmission timer runs on as if there were no copy.
      this.#early?.copied(now);
      return back.number;
    }
    let number = this.#current.equals(back.state) ? back.number : back.number + 1;
    if (this.shutdownInProgress) number = MAX_STATE;
    if (number === back.number) {
      this.#early?.repeated(now);
      back.time = now;
    } else {
      // Acknowledgements and what is sent again do not hold up the next key, nor does an echo ack before its time.
      const interval = this.#rtt.sendInterval;
      if (this.#urgency !== "echo-ack" || !this.#pacer?.owes(now, interval)) this.#pacer?.sent(now, interval);
      this.#early?.sent(now);
      this.#append(number, now);
    }
    return number;
  }

  /** Enters a state with the contents of the last, so that the peer learns our ack and our time [P 8.12]. */
  #enterEmpty(now: number): number {
    const number = this.shutdownInProgress ? MAX_STATE : this.#back.number + 1;
    this.#append(number, now);
    return number;
  }

  #append(number: number, now: number): void {
    this.#forgetSilent();
    this.#sent.push({ number, time: now, state: this.#current.clone() });
    if (this.#sent.length <= MAX_SENT_STATES) return;
    // [P 8.13] a hole in the middle: the front stays as the safe reference, the newest stay as likely ones
    const [dropped] = this.#sent.splice(this.#sent.length - 1 - NEWEST_SENT_STATES, 1);
    dropped!.state.release();
  }

  #isSilent(assumed: number): boolean {
    const silent = this.#silent;
    if (silent === undefined) return false;
    if (silent.assumed === assumed && this.#current.equals(silent.state)) return true;
    this.#forgetSilent();
    return false;
  }

  #noteSilent(assumed: number): void {
    this.#forgetSilent();
    this.#silent = { state: this.#current.clone(), assumed };
  }

  #forgetSilent(): void {
    this.#silent?.state.release();
    this.#silent = undefined;
  }
}

/**
 * Prospective resend [P 8.9]: whether to repeat everything since the acknowledged state instead of only what is new
 * since the assumed one. Lengths of the two diffs in bytes.
 */
export function resendFromAcked(proposed: number, resend: number): boolean {
  return resend <= proposed || (resend < RESEND_SIZE_LIMIT && resend - proposed < RESEND_EXCESS_LIMIT);
}
