/**
 * One endpoint of the protocol: datagrams and the time come in, datagrams and the next deadline go out.
 *
 *   state object ⇄ instruction ⇄ zlib ⇄ fragments ⇄ datagrams [P 1.1]
 *
 * One sender and one receiver, which meet in acknowledgements and timers [P 1.2]. It owns no socket, timer or address. The client runs one, the server one for each attachment. One pass of their loops:
 *
 *   read a datagram   const reception = transport.receive(datagram, now)
 *                     server: if (reception.ok && reception.inOrder) the peer is at this datagram's source address
 *                     if (reception.ok && reception.newState) use latest (client), takeRemoteDiff() (server)
 *   change            transport.current.pushBytes(…) (client), transport.setCurrent(…) (server)
 *   end               const ended = transport.ended(now); if (ended) leave
 *   send              transport.tick(now, send)
 *   sleep             transport.waitTime(now) ms, or until something happens [P 14.1]
 */

import { timestamp16 } from "./clock16.ts";
import { compress, decompress } from "./compression.ts";
import {
  type Cipher,
  type DatagramOpener,
  type DatagramSealer,
  type Direction,
  openDatagram,
  stamp,
  TO_CLIENT,
  TO_SERVER,
} from "./datagram.ts";
import { type DropCounts, type DropReason, newDropCounts } from "./drops.ts";
import { EarlyResend } from "./early-resend.ts";
import { Assembly, decodeFragment, encodeFragment, isWhole, split } from "./fragment.ts";
import { decodeInstruction, encodeInstruction } from "./instruction.ts";
import { type Family, Link } from "./link.ts";
import {
  FRAGMENT_HEADER_BYTES,
  MAX_CHAFF_BYTES,
  PROTOCOL_VERSION,
  SEND_MINDELAY_CLIENT,
  SEND_MINDELAY_SERVER,
  SERVER_ASSOCIATION_TIMEOUT,
  TIMESTAMPS_BYTES,
} from "./params.ts";
import { Receiver } from "./receiver.ts";
import { Sender, type Update, type Urgency } from "./sender.ts";
import type { SyncObject } from "./sync-object.ts";
import { uint64At } from "./uint64.ts";

export type Side = "client" | "server";

export interface TransportOptions<L, R> {
  /** The core, or anything else that can seal and open datagrams. */
  readonly core: Cipher;
  /** 16 bytes; copied, so the caller may wipe it. */
  readonly key: Uint8Array;
  readonly side: Side;
  /** State 0 of what this side sends; taken over. */
  readonly local: L;
  /** State 0 of what the peer sends; taken over. */
  readonly remote: R;
  /** ms on the monotonic clock that all later calls use. */
  readonly now: number;
  /** Random bytes; they only vary the length of packets. */
  readonly random: (length: number) => Uint8Array;
  /** Family of the socket. Default "inet". */
  readonly family?: Family;
  /** ms to collect changes. Default 1 on the client, 8 on the server [P 8.3]. */
  readonly minDelay?: number;
  /** An idle side's own sign of life goes with the answer to the peer's. Default false, as in stock. */
  readonly answersHeartbeats?: boolean;
  /** States that may follow each other at once after a pause ({@link Pacer}). Default 1: none, as in stock. */
  readonly burst?: number;
  /** Whether there is room for what this difference of the peer's brings; if not, it is as if it was lost. Default: always. */
  readonly hasRoom?: (diff: Uint8Array) => boolean;
  /** Keystrokes and their answers are sent again early where datagrams are lost ({@link EarlyResend}). Default: not, as in stock. */
  readonly earlyResend?: boolean;
}

/** Random bytes drawn at once, for the chaff of some ten instructions. */
const NOISE_BYTES = 128;

/** What became of a datagram. */
export type Reception =
  /** Not authentic, not for us, or not a datagram of this protocol. Nothing changed but a counter. */
  | { readonly ok: false; readonly reason: DropReason }
  | {
      readonly ok: true;
      /** No newer datagram was here before: its source is where the peer is now [P 5.1]. */
      readonly inOrder: boolean;
      /** It completed an instruction of our version. */
      readonly complete: boolean;
      /** The peer's newest state advanced. */
      readonly newState: boolean;
      /** And it differs from the one before; else it is a sign of life or an acknowledgement. */
      readonly news: boolean;
      /** Why its payload was not used, if it was not. */
      readonly reason?: DropReason;
    };

/** Counters since the start. Bytes are those of whole datagrams. */
export interface TransportStats {
  datagramsIn: number;
  bytesIn: number;
  instructionsIn: number;
  datagramsOut: number;
  bytesOut: number;
  instructionsOut: number;
  readonly drops: DropCounts;
}

export class Transport<L extends SyncObject<L>, R extends SyncObject<R>> {
  readonly stats: TransportStats = {
    datagramsIn: 0,
    bytesIn: 0,
    instructionsIn: 0,
    datagramsOut: 0,
    bytesOut: 0,
    instructionsOut: 0,
    drops: newDropCounts(),
  };
  readonly #side: Side;
  readonly #inbound: Direction;
  readonly #sealer: DatagramSealer;
  readonly #opener: DatagramOpener;
  readonly #random: (length: number) => Uint8Array;
  readonly #link: Link;
  readonly #assembly = new Assembly();
  readonly #early: EarlyResend | undefined;
  readonly #sender: Sender<L>;
  readonly #receiver: Receiver<R>;
  /** Random bytes that are not used yet, from `#noiseAt` on. */
  #noise: Uint8Array = new Uint8Array(0);
  #noiseAt = 0;
  #instructionId = 0;
  #attached: boolean;
  #lastSuccess = Number.NEGATIVE_INFINITY;
  #sendError: string | undefined;
  #failure: string | undefined;

  constructor(options: TransportOptions<L, R>) {
    const { core, key, side, now } = options;
    this.#side = side;
    this.#inbound = side === "client" ? TO_CLIENT : TO_SERVER;
    this.#sealer = core.createSealer(key, side === "client" ? TO_SERVER : TO_CLIENT);
    this.#opener = core.createOpener(key);
    this.#random = options.random;
    this.#link = new Link(options.family ?? "inet");
    const minDelay = options.minDelay ?? (side === "client" ? SEND_MINDELAY_CLIENT : SEND_MINDELAY_SERVER);
    if (options.earlyResend)
      this.#early = new EarlyResend(this.#link.rtt, this.#link.loss, side === "server", now);
    // A screen is handed over whole; what is typed is added to the stream.
    this.#sender = new Sender(options.local, minDelay, this.#link.rtt, now, {
      replacedOnly: side === "server",
      answersHeartbeats: options.answersHeartbeats ?? false,
      burst: options.burst ?? 1,
      early: this.#early,
    });
    this.#receiver = new Receiver(options.remote, options.hasRoom);
    this.#attached = side === "client"; // [P 5.2] a client knows where its server is
  }

  // ---- receiving

  /** Takes one datagram as it came from the socket. Never throws, whatever is in it. */
  receive(datagram: Uint8Array, now: number, meta?: { readonly ce?: boolean }): Reception {
    this.stats.datagramsIn++;
    this.stats.bytesIn += datagram.length;
    const opened = openDatagram(this.#opener, datagram, this.#inbound);
    if (typeof opened === "string") return { ok: false, reason: this.#drop(opened) }; // [P 3.10]
    const inOrder = this.#link.accept(opened, now, meta?.ce === true);
    if (inOrder) this.#attached = true;
    return this.#receivePayload(opened.plaintext, now, inOrder);
  }

  /** A payload is used also if its datagram is late: states are known by their numbers [P 4.12]. */
  #receivePayload(plaintext: Uint8Array, now: number, inOrder: boolean): Reception {
    let stream: Uint8Array | DropReason | undefined = plaintext;
    let start = TIMESTAMPS_BYTES + FRAGMENT_HEADER_BYTES;
    if (
      !isWhole(plaintext, TIMESTAMPS_BYTES) ||
      !this.#assembly.passes(uint64At(plaintext, TIMESTAMPS_BYTES))
    ) {
      const fragment = decodeFragment(plaintext, TIMESTAMPS_BYTES);
      if (fragment === undefined) return this.#refuse("fragment-header", inOrder);
      stream = this.#assembly.add(fragment);
      start = 0;
    }
    if (stream === undefined) return { ok: true, inOrder, complete: false, newState: false, news: false };
    if (typeof stream === "string") return this.#refuse(stream, inOrder);
    const bytes = decompress(stream, start);
    if (bytes === undefined) return this.#refuse("compression", inOrder);
    const instruction = decodeInstruction(bytes, false);
    if (instruction === undefined) return this.#refuse("instruction", inOrder);
    if (instruction.protocolVersion !== PROTOCOL_VERSION) return this.#refuse("version", inOrder); // [P 9.2]

    this.stats.instructionsIn++;
    this.#sender.acked(instruction.ackNum); // [P 9.3]
    this.#lastSuccess = this.#sender.sentAckedTime; // [P 5.4]
    this.#early?.acked(this.#lastSuccess, now);
    const outcome = this.#receiver.process(instruction, now);
    if (outcome === "new") {
      const news = instruction.diff.length > 0;
      if (news) this.#early?.asked(now);
      this.#sender.received(instruction.newNum, news, now); // [P 9.8]
      return { ok: true, inOrder, complete: true, newState: true, news };
    }
    if (outcome === "late") return { ok: true, inOrder, complete: true, newState: false, news: false };
    return this.#refuse(outcome, inOrder, true);
  }

  #refuse(reason: DropReason, inOrder: boolean, complete = false): Reception {
    return { ok: true, inOrder, complete, newState: false, news: false, reason: this.#drop(reason) };
  }

  #drop(reason: DropReason): DropReason {
    this.stats.drops[reason]++;
    return reason;
  }

  /** The peer's newest state. A view: valid until the next `receive`, and never to be released. */
  get latest(): R {
    return this.#receiver.latest;
  }

  get latestNum(): number {
    return this.#receiver.latestNumber;
  }

  /** What the peer's newest state adds to what was taken before; belongs to the caller [P 9.10]. */
  takeRemoteDiff(): R {
    return this.#receiver.take();
  }

  // ---- sending

  /** What the peer should end up with. To be changed between ticks; after shutdown began, changes have no effect. */
  get current(): L {
    return this.#sender.current;
  }

  /**
   * Replaces the current state and takes the new one over.
   * @param urgency who waits for it; what is not awaited goes no sooner than stock would send it
   */
  setCurrent(state: L, urgency: Urgency = "awaited"): void {
    this.#sender.setCurrent(state, urgency);
  }

  /**
   * Sends what is due, as one or more datagrams, each a fresh array. `send` must not throw; a failed send is reported
   * with {@link Transport.onSendError}, from within `send` or later.
   */
  tick(now: number, send: (datagram: Uint8Array) => void): void {
    if (!this.#attached || this.#failure !== undefined) return;
    this.#sender.tick(now, (update) => this.#transmit(update, now, send));
  }

  /**
   * Milliseconds until `tick` or `ended` must be called, Infinity if nothing will happen by itself. May be a fraction:
   * round up. Any call of `receive`, `setCurrent`, `startShutdown` or a change of `current` makes it stale.
   */
  waitTime(now: number): number {
    if (this.#failure !== undefined) return 0;
    const wait = this.#sender.waitTime(now);
    const untilGivenUp = Math.max(0, this.#sender.shutdownDeadline - now);
    return this.#attached ? Math.min(wait, untilGivenUp) : untilGivenUp;
  }

  #transmit(update: Update, now: number, send: (datagram: Uint8Array) => void): void {
    const { oldNum, newNum, ackNum, throwawayNum, diff } = update;
    const chaff = this.#chaff();
    const protocolVersion = PROTOCOL_VERSION;
    const instruction = { protocolVersion, oldNum, newNum, ackNum, throwawayNum, diff, chaff };
    this.#instructionId++; // [P 6.4]
    this.stats.instructionsOut++;
    this.#sendError = undefined;
    const compressed = compress(encodeInstruction(instruction));
    for (const fragment of split(compressed, this.#instructionId, this.#link.fragmentContents)) {
      // [P 4.3] all datagrams of a pass carry its time; the first takes the reply with it [P 4.4]
      const reply = this.#link.takeTimestampReply(now);
      const datagram = this.#seal(stamp(encodeFragment(fragment, TIMESTAMPS_BYTES), timestamp16(now), reply));
      if (datagram === undefined) return;
      this.stats.datagramsOut++;
      this.stats.bytesOut += datagram.length;
      send(datagram);
      if (this.#side === "server" && now - this.#link.lastHeard > SERVER_ASSOCIATION_TIMEOUT) {
        this.#attached = false; // [P 5.3]
        return;
      }
    }
  }

  /** Undefined if the key is used up, which ends the session [P 3.4]. */
  #seal(plaintext: Uint8Array): Uint8Array | undefined {
    try {
      return this.#sealer.seal(plaintext);
    } catch (error) {
      if (!(error instanceof Error && error.name === "FatalCryptoError")) throw error;
      this.#failure = error.message;
      return undefined;
    }
  }

  /** The length is a random byte modulo 17 [P 7.6]. */
  #chaff(): Uint8Array {
    if (this.#noiseAt + 1 + MAX_CHAFF_BYTES > this.#noise.length) {
      this.#noise = this.#random(NOISE_BYTES);
      this.#noiseAt = 0;
    }
    const from = this.#noiseAt + 1;
    this.#noiseAt = from + (this.#noise[from - 1]! % (MAX_CHAFF_BYTES + 1));
    return this.#noise.slice(from, this.#noiseAt);
  }

  /** The system did not take a datagram. "emsgsize" makes all later ones small [P 5.8]; others are only noted [P 5.9]. */
  onSendError(kind: "emsgsize" | "other", text: string): void {
    if (kind === "emsgsize") this.#link.shrink();
    this.#sendError = text;
  }

  /** Text of the last send error, undefined again from the next packet on; for the client to show. */
  get sendError(): string | undefined {
    return this.#sendError;
  }

  /** Whether the peer has an address to send to. */
  get attached(): boolean {
    return this.#attached;
  }

  /** For a server that knows better than {@link Transport.receive}, which attaches by itself. */
  setPeer(attached: boolean): void {
    this.#attached = attached;
  }

  // ---- the end

  /** Begins to end the session. The current state must not change any more [P 10.1]. */
  startShutdown(now: number): void {
    this.#sender.startShutdown(now);
  }

  /** To be asked once in each pass, after input and before `tick` [P 10.5]. Undefined: the session goes on. */
  ended(now: number): "clean" | "gave-up" | "failed" | undefined {
    if (this.#failure !== undefined) return "failed";
    if (this.shutdownAcknowledged) return "clean";
    if (this.shutdownTimedOut(now)) return "gave-up";
    return this.counterpartyShutdownAcknowledged ? "clean" : undefined;
  }

  get shutdownInProgress(): boolean {
    return this.#sender.shutdownInProgress;
  }

  get shutdownAcknowledged(): boolean {
    return this.#sender.shutdownInProgress && this.#sender.shutdownAcknowledged;
  }

  shutdownTimedOut(now: number): boolean {
    return this.#sender.shutdownTimedOut(now);
  }

  get counterpartyShutdownAcknowledged(): boolean {
    return this.#sender.counterpartyShutdownAcknowledged;
  }

  /** Why this endpoint can send no more, if so; the session must end [P 3.4]. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Releases all states and wipes the keys. The transport must not be used after. */
  release(): void {
    this.#sender.release();
    this.#receiver.release();
    this.#sealer.free();
    this.#opener.free();
  }

  // ---- figures

  /** Bytes that are here of an instruction that is not complete, 0 if there is none. */
  get bytesWaiting(): number {
    return this.#assembly.bytesWaiting;
  }

  /** A round trip was measured. */
  get hasRtt(): boolean {
    return this.#link.rtt.sampled;
  }

  /** Smoothed round-trip time, ms; 1000 before the first sample. */
  get srtt(): number {
    return this.#link.rtt.srtt;
  }

  /** Retransmission timeout, ms. */
  get rto(): number {
    return this.#link.rtt.rto;
  }

  /** Shortest time between two new states, ms. */
  get sendInterval(): number {
    return this.#link.rtt.sendInterval;
  }

  /** Time of the last authentic datagram in order; -Infinity before the first. */
  get lastHeard(): number {
    return this.#link.lastHeard;
  }

  /** When the newest acknowledged state was sent, as of the last instruction; -Infinity before the first. */
  get lastSuccess(): number {
    return this.#lastSuccess;
  }

  /** Lowest sequence number that the next datagram in order may have; a hub tries the nearest attachment first. */
  get expectedSequence(): number {
    return this.#link.expectedSequence;
  }

  /** Number of the newest state sent. */
  get sentStateLast(): number {
    return this.#sender.sentLast;
  }

  /** Number of the newest state acknowledged. */
  get sentStateAcked(): number {
    return this.#sender.sentAcked;
  }

  /** States kept on both sides, for metrics. */
  get statesKept(): { readonly sent: number; readonly received: number } {
    return { sent: this.#sender.sentStates, received: this.#receiver.receivedStates };
  }
}
