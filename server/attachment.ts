/**
 * An attachment: one endpoint of the protocol that views and feeds a session. It has its own key, sequence numbers,
 * peer address, window size, sent states and echo ack, and never outlives its key: taking a session up again needs a
 * new one. Called by hub.ts (datagrams) and session-loop.ts (time).
 */
import { EchoAck } from "../ssp/echo-ack.ts";
import { SEND_MINDELAY_SERVER } from "../ssp/params.ts";
import { TerminalState } from "../ssp/terminal-state.ts";
import { type Reception, Transport, type TransportStats } from "../ssp/transport.ts";
import type { UserEvent } from "../ssp/user-message.ts";
import { UserStream } from "../ssp/user-stream.ts";
import type { Core, Terminal } from "../wasm-core/core.ts";
import type { HubMember } from "./hub.ts";
import { OutputRun } from "./output-run.ts";
import type { Viewer } from "./session-loop.ts";
import type { SendFailure } from "./udp.ts";
import { fitted, type Size } from "./view.ts";

/**
 * A screen that has not changed for so long is taken to be a whole frame and sent, ms. Stock always collects for 8 ms;
 * here that is only the longest time that output which keeps coming can hold a frame back.
 */
const SETTLED_MS = 1;
/** So much output or less right after a key is its echo, whole, and need not settle. Bytes. */
const ECHO_BYTES = 256;
/** Output so soon after a key answers it, ms. */
const ANSWER_MS = 250;
/** Frames that may follow each other at once: the echo, what the key did, an echo ack between them. */
const FRAME_BURST = 4;

export interface Peer {
  readonly address: string;
  readonly port: number;
  /** The same as the system wants it, once something was sent there; for udp.ts. */
  raw?: Uint8Array | undefined;
}

/** What an attachment needs of a session. */
export interface Attachable {
  readonly terminal: Terminal;
  /** The child is there; until then the first word of a client starts it. */
  readonly started: boolean;
  /** A blank terminal of the screen's lineage and of its size, for the caller to own. */
  blank(): Terminal;
  /** A line of the host that everybody shall read, laid over the screen. */
  readonly notice?: string | undefined;
  /** Keys and sizes of a user, in order. */
  input(events: readonly UserEvent[]): void;
  /** False: some of what this difference of a user stream brings would have to be thrown away now. */
  hasRoom?(diff: Uint8Array): boolean;
}

export interface AttachmentOptions {
  readonly core: Core;
  /** 16 random bytes. */
  readonly key: Uint8Array;
  readonly session: Attachable;
  /** Family of the hub's socket. */
  readonly family: "inet" | "inet6";
  readonly now: number;
  readonly send: (datagram: Uint8Array, peer: Peer) => SendFailure | undefined;
  readonly log: (message: string) => void;
  /** A datagram was taken: the loop must run a pass. Not called by tests that drive time themselves. */
  readonly received?: (now: number) => void;
  /** Input and sizes of this client have no effect. */
  readonly readOnly?: boolean;
  /** Larger windows count as so large. */
  readonly maxSize?: Size | undefined;
  /** Takes the figures, if somebody keeps them. */
  readonly figures?: AttachmentFigures | undefined;
}

/** What an attachment counts; operator/metrics.ts has it. Times in ms. */
interface AttachmentFigures {
  datagramsOut: number;
  bytesOut: number;
  frames: number;
  readonly rtt: { record(ms: number): void };
  readonly loss: { record(share: number): void };
  readonly keyToFrame: { record(ms: number): void };
}

/** How often the round trip is noted: a heartbeat, ms. */
const RTT_NOTE_MS = 3000;
/** Datagrams after which a share of lost ones means something. */
const LOSS_SAMPLE = 20;

export class Attachment implements HubMember, Viewer {
  readonly #options: AttachmentOptions;
  readonly #session: Attachable;
  readonly #transport: Transport<TerminalState<Terminal>, UserStream>;
  readonly #echoAck = new EchoAck();
  readonly readOnly: boolean;
  #peer: Peer | undefined;
  /** The client's window, once it has said. */
  #size: Size | undefined;
  /** When the screen first changed since the transport was given it; undefined: it has not. */
  #changedAt: number | undefined;
  /** When the changed screen is to be given to the transport. */
  #settledAt = 0;
  /** Output since the transport was given the screen, bytes. */
  #output = 0;
  /** Of its program's output. */
  readonly #run = new OutputRun();
  /** A key has come since. */
  #asked = false;
  #lastClientState: number;
  #lastInput = Number.NEGATIVE_INFINITY;
  /** The client has been silent for so long that the transport sends nothing more; said in the log once. */
  #detached = false;
  #released = false;
  /** When a key came that no frame has answered; undefined: all are. */
  #keyAt: number | undefined;
  /** The screen has changed since. */
  #answered = false;
  #rttNotedAt = Number.NEGATIVE_INFINITY;
  /** The picture that the transport has may not be what the session shows. */
  #stale = true;

  constructor(options: AttachmentOptions) {
    const { core, key, session, family, now } = options;
    this.#options = options;
    this.#session = session;
    this.readOnly = options.readOnly ?? false;
    this.#lastClientState = now;
    this.#transport = new Transport({
      core,
      key,
      side: "server",
      local: TerminalState.initial(session.blank()),
      remote: new UserStream(),
      now,
      random: (length) => crypto.getRandomValues(new Uint8Array(length)),
      family,
      // Collecting is done here, where it can be seen whether more output follows.
      minDelay: 0,
      burst: FRAME_BURST,
      answersHeartbeats: true,
      earlyResend: true,
      hasRoom: (diff) => this.readOnly || (session.hasRoom?.(diff) ?? true),
    });
    // A screen that is there already is what the first frame brings.
    if (session.started) this.#refresh();
  }

  /** Where the client was last heard. */
  get peer(): Peer | undefined {
    return this.#peer;
  }

  get origin(): string | undefined {
    return this.#peer?.address;
  }

  get expectedSequence(): number {
    return this.#transport.expectedSequence;
  }

  /** The client's window; undefined until it has said. */
  get size(): Size | undefined {
    return this.#size;
  }

  /** A shutdown could reach somebody. */
  get attached(): boolean {
    return this.#peer !== undefined && this.#transport.attached;
  }

  /** A state of the client has arrived. */
  get clientSeen(): boolean {
    return this.#transport.latestNum > 0;
  }

  /** When the client's newest state arrived; the start, if none has. */
  get lastClientState(): number {
    return this.#lastClientState;
  }

  /** When the client last typed or changed its window; -Infinity before. The session has the latest one's size. */
  get lastInput(): number {
    return this.#lastInput;
  }

  get shuttingDown(): boolean {
    return this.#transport.shutdownInProgress;
  }

  /** Smoothed round trip, ms; undefined before the first sample. */
  get srtt(): number | undefined {
    return this.#transport.hasRtt ? this.#transport.srtt : undefined;
  }

  get stats(): Readonly<TransportStats> {
    return this.#transport.stats;
  }

  /** Takes a datagram from `from`; one that is authentic and new says where the client is now. */
  receive(datagram: Uint8Array, from: Peer, now: number, congested: boolean): Reception {
    const reception = this.#transport.receive(datagram, now, { ce: congested });
    if (!reception.ok) return reception;
    if (reception.inOrder) this.#moveTo(from);
    this.#noteRtt(now);
    // A client whose input has to wait is there all the same.
    if (reception.newState || reception.reason === "no-room") this.#lastClientState = now;
    if (reception.newState) {
      // Also the first word of a client is input, empty as it may be.
      if (reception.news || !this.#session.started) this.#deliverInput(now);
    }
    this.#options.received?.(now);
    return reception;
  }

  screenChanged(now: number, bytes: number): void {
    this.#answered = true;
    this.#stale = true;
    this.#changedAt ??= now;
    this.#output += bytes;
    const isEcho = this.#asked && this.#output <= ECHO_BYTES && now - this.#lastInput <= ANSWER_MS;
    this.#run.changed(now, bytes, isEcho);
    this.#settledAt = Math.min(now + (isEcho ? 0 : SETTLED_MS), this.#changedAt + SEND_MINDELAY_SERVER);
  }

  /** Why the attachment has come to its end, if so. To be asked after input and before {@link tick}. */
  ended(now: number): "clean" | "gave-up" | "failed" | undefined {
    return this.#transport.ended(now);
  }

  /** Says goodbye to the client, with the screen as it is now. */
  startShutdown(now: number): void {
    this.#refresh();
    this.#transport.startShutdown(now);
  }

  /** Sends what is due. */
  tick(now: number): void {
    const changedAt = this.#changedAt;
    const isConfirmed = this.#echoAck.update(now);
    // Whatever is sent carries the newest screen, settled or not.
    const isDue = changedAt !== undefined && (now >= this.#settledAt || this.#transport.waitTime(now) === 0);
    if (isConfirmed || isDue) {
      // What keeps coming, or comes by itself, keeps to stock's pace: not a datagram more. An echo ack alone waits until
      // it holds up no frame that somebody waits for.
      const answers =
        changedAt !== undefined &&
        now - this.#lastInput <= ANSWER_MS &&
        now - changedAt < SEND_MINDELAY_SERVER;
      const isPaced = changedAt !== undefined && this.#run.paces(now);
      this.#refresh(isPaced || !answers);
    }
    const { figures } = this.#options;
    const { stats } = this.#transport;
    const { instructionsOut, datagramsOut, bytesOut } = stats;
    this.#transport.tick(now, (datagram) => {
      const failure = this.#peer && this.#options.send(datagram, this.#peer);
      if (failure) this.onSendError(failure);
    });
    if (figures && stats.instructionsOut > instructionsOut) {
      figures.frames++;
      figures.datagramsOut += stats.datagramsOut - datagramsOut;
      figures.bytesOut += stats.bytesOut - bytesOut;
      if (this.#keyAt !== undefined && this.#answered) {
        figures.keyToFrame.record(now - this.#keyAt);
        this.#keyAt = undefined;
      }
    }
    if (this.#peer && !this.#transport.attached && !this.#detached) {
      this.#detached = true;
      this.#options.log("Server now detached from client.");
    }
  }

  onSendError(failure: SendFailure): void {
    this.#transport.onSendError(failure.kind, failure.text);
    this.#options.log(failure.text);
  }

  /** Milliseconds until {@link tick} has something to do; Infinity = never. */
  waitTime(now: number): number {
    const settled =
      this.#changedAt === undefined ? Number.POSITIVE_INFINITY : Math.max(0, this.#settledAt - now);
    return Math.min(settled, this.#transport.waitTime(now), this.#echoAck.waitTime(now));
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    const { expectedSequence: sent, stats } = this.#transport;
    if (sent >= LOSS_SAMPLE)
      this.#options.figures?.loss.record(Math.max(0, 1 - (stats.datagramsIn - stats.drops.integrity) / sent));
    this.#transport.release();
  }

  #noteRtt(now: number): void {
    if (!this.#options.figures || now - this.#rttNotedAt < RTT_NOTE_MS || !this.#transport.hasRtt) return;
    this.#rttNotedAt = now;
    this.#options.figures.rtt.record(this.#transport.srtt);
  }

  #moveTo(from: Peer): void {
    const moved = from.address !== this.#peer?.address || from.port !== this.#peer.port;
    if (!moved && !this.#detached) return;
    this.#peer = from;
    this.#detached = false;
    this.#options.log(`Server now attached to client at ${from.address}:${from.port}`);
  }

  #deliverInput(now: number): void {
    const stream = this.#transport.takeRemoteDiff();
    const events = this.shuttingDown ? [] : this.#understood(stream.events());
    stream.release();
    if (events.length > 0) {
      this.#lastInput = now;
      if (this.#keyAt === undefined) {
        this.#keyAt = now;
        this.#answered = false;
      }
    }
    const starting = !this.#session.started;
    // Keys alone change nothing on the screen: the program does, and then it is told.
    if (starting || events.some(({ kind }) => kind === "resize")) this.#stale = true;
    if (!this.readOnly && (events.length > 0 || starting)) this.#session.input(events);
    if (events.length > 0 || starting) this.#refresh();
    if (events.length > 0) {
      this.#asked = true;
      this.#run.asked();
      this.#echoAck.register(this.#transport.latestNum, now);
    }
  }

  /** Notes the window and cuts sizes down to what is allowed. */
  #understood(events: readonly UserEvent[]): readonly UserEvent[] {
    const { maxSize } = this.#options;
    const understood = events.map((event) =>
      event.kind === "resize" && maxSize
        ? {
            ...event,
            cols: Math.min(event.cols, maxSize.cols),
            rows: Math.min(event.rows, maxSize.rows),
          }
        : event,
    );
    const last = understood.findLast((event) => event.kind === "resize");
    if (last) this.#size = { cols: last.cols, rows: last.rows };
    return understood;
  }

  /**
   * Gives the transport the screen as it is; after shutdown began it has no effect, so it is not worth a copy.
   * @param paced nobody waits for it
   */
  #refresh(paced = false): void {
    this.#changedAt = undefined;
    if (this.shuttingDown) return;
    const { current } = this.#transport;
    if (!this.#stale) {
      if (current.echoAck !== this.#echoAck.value)
        this.#transport.setCurrent(current.withEchoAck(this.#echoAck.value), paced ? "echo-ack" : "awaited");
      return;
    }
    this.#stale = false;
    this.#output = 0;
    this.#asked = false;
    const picture = fitted(this.#session.terminal.snapshot(), this.#size, this.#session.notice);
    this.#transport.setCurrent(TerminalState.of(picture, this.#echoAck.value), paced ? "paced" : "awaited");
  }
}
