/**
 * The client's event loop: keys, sizes, signals and datagrams come in, in any order; after each, one pass decides what
 * to tell the person, sends what is due and draws one frame [P 14.1].
 *
 * It owns no socket, no terminal device, no timer and no process state: session.ts gives it those, and tests give it
 * others, with virtual time. What ends the session is its answer, {@link SessionLoop.ending}.
 */
import type { TerminalState } from "../ssp/terminal-state.ts";
import type { Transport } from "../ssp/transport.ts";
import type { UserStream } from "../ssp/user-stream.ts";
import type { Terminal } from "../wasm-core/core.ts";
import { CatchUp } from "./catch-up.ts";
import type { EscapeKey } from "./escape-key.ts";
import type { NotificationBar } from "./notification.ts";
import type { Overlay } from "./overlay.ts";
import type { Screen } from "./screen.ts";
import type { SendFailure } from "./sockets.ts";
import type { StatusLine } from "./status-line.ts";
import type { WindowSize } from "./tty.ts";

/** How a session ended. */
export interface Ending {
  /** The end was acknowledged, ours by the server or the server's by us. */
  readonly clean: boolean;
  /** Anything of this session was ever received. */
  readonly connected: boolean;
  /** A fatal reason to put into words, if there is one. */
  readonly failure?: string;
}

/** The part of {@link Sockets} in use. */
interface Network {
  send(datagram: Uint8Array, now: number): SendFailure | undefined;
  afterSend(now: number, lastSuccess: number): void;
  prune(now: number): void;
}

export interface LoopParts {
  readonly transport: Transport<UserStream, TerminalState<Terminal>>;
  readonly network: Network;
  readonly screen: Screen;
  readonly escapeKey: EscapeKey;
  readonly bar: NotificationBar;
  readonly status: StatusLine;
  /** In the order of drawing; bar and status line are among them. */
  readonly overlays: readonly Overlay[];
  /** The server's UDP port, for messages. */
  readonly port: number;
  /** When the session began, on `clock`. */
  readonly started: number;
  /** ms, monotonic, going on while the machine sleeps. */
  readonly clock: () => number;
  /** Calls `wake` once, after `ms`; a new call replaces the last. */
  readonly setTimer: (ms: number, wake: () => void) => void;
  /** Calls `wake` once, when the events that are waiting now have been handled. */
  readonly soon: (wake: () => void) => void;
  /** Stops or resumes reading the keyboard, while too much typed input is unacknowledged. */
  readonly holdInput: (hold: boolean) => void;
  /** The escape key's suspend. */
  readonly suspend: () => void;
  /** Called once, when the session is over. */
  readonly ended: (ending: Ending) => void;
}

/** Silence from the start before the person is told, and before the session is given up (prediction.md 10). */
const CONNECTING_NOTICE_MS = 250;
const CONNECTING_TIMEOUT_MS = 15_000;
/**
 * Typed bytes that may wait for an acknowledgement: a pasted file is read no faster than it travels. While the server
 * is not to be heard more is read, so that the escape key behind a paste still works; a message holds 4 MiB at most
 * [P 11.7].
 */
const MAX_UNACKNOWLEDGED_INPUT = 65_536;
const MAX_UNACKNOWLEDGED_INPUT_WHILE_LATE = 1_048_576;

export class SessionLoop {
  readonly #parts: LoopParts;
  readonly #started: number;
  readonly #connectingNotice: string;
  readonly #catchUp = new CatchUp();
  #ending: Ending | undefined;
  #passPlanned = false;
  #holding = false;
  #suspended = false;
  #inputEnded = false;

  constructor(parts: LoopParts) {
    this.#parts = parts;
    this.#started = parts.started;
    this.#connectingNotice = `Nothing received from server on UDP port ${parts.port}.`;
  }

  get ending(): Ending | undefined {
    return this.#ending;
  }

  /** Begins: the server learns the size with the first datagram, which leaves now. */
  start(size: WindowSize): void {
    this.#parts.transport.current.pushResize(size.cols, size.rows);
    this.pass();
  }

  // ---- what happens

  /** A block of typed bytes, at most 16,384. */
  typed(block: Uint8Array): void {
    const { transport, screen, overlays, clock } = this.#parts;
    if (this.#ending || transport.shutdownInProgress) return;
    const now = clock();
    const typing = {
      now,
      drawn: screen.drawn,
      remote: transport.latest.terminal,
      lastSent: transport.sentStateLast,
    };
    for (const overlay of overlays) overlay.typed?.(block, typing);
    this.#obey(block, now);
    this.pass();
  }

  #obey(block: Uint8Array, now: number): void {
    const { transport, screen, escapeKey, bar, status, suspend } = this.#parts;
    for (const action of escapeKey.take(block)) {
      switch (action.kind) {
        case "send":
          transport.current.pushBytes(action.bytes);
          break;
        case "repaint":
          screen.repaint();
          break;
        case "help":
          bar.setMessage(escapeKey.helpText, now, { permanent: true, quitHint: false });
          break;
        case "help-done":
          if (bar.message === escapeKey.helpText) bar.setMessage("", now);
          break;
        case "suspend":
          suspend();
          break;
        case "status":
          status.toggle();
          break;
        case "quit":
          this.#shutDown("Exiting on user request...");
          break;
      }
    }
  }

  /** The keyboard has ended, or fails. */
  inputEnded(): void {
    if (this.#inputEnded) return;
    this.#inputEnded = true;
    this.#shutDown("Exiting...");
    this.pass();
  }

  /** The window changed; undefined = its size cannot be read, so the terminal is gone. */
  resized(size: WindowSize | undefined): void {
    const { transport, overlays, clock } = this.#parts;
    if (this.#ending) return;
    if (!size) {
      this.#end({ clean: false });
      return;
    }
    if (!transport.shutdownInProgress) transport.current.pushResize(size.cols, size.rows);
    const now = clock();
    for (const overlay of overlays) overlay.resized?.(now);
    this.pass();
  }

  /** A signal that asks for the end. */
  terminated(): void {
    this.#shutDown("Signal received, shutting down...");
    this.pass();
  }

  datagram(bytes: Uint8Array): void {
    const { transport, network, bar, overlays, clock } = this.#parts;
    if (this.#ending) return;
    const now = clock();
    const reception = transport.receive(bytes, now);
    if (!reception.ok) {
      // Anybody can send us garbage. It is news for the person only while the real server is not to be heard.
      const silent = transport.latestNum === 0 || bar.late(now);
      if (silent && reception.reason === "integrity") {
        bar.setMessage("Crypto exception: Packet failed integrity check.", now);
        this.#planPass();
      }
      return;
    }
    network.prune(now);
    this.#catchUp.received(reception, now);
    const news = {
      now,
      newState: reception.newState,
      lastAckedTime: transport.lastSuccess,
      echoAck: transport.latest.echoAck,
      sendInterval: transport.sendInterval,
    };
    for (const overlay of overlays) overlay.received?.(news);
    this.#planPass();
  }

  /** A network error that arrived by itself. While connecting, the notice about the port says more. */
  networkError(text: string): void {
    if (this.#ending || this.#parts.transport.latestNum === 0) return;
    this.#parts.bar.setNetworkError(text, this.#parts.clock());
    this.#planPass();
  }

  /** While suspended nothing is drawn. The session itself is stopped only if the process is. */
  suspended(): void {
    this.#suspended = true;
  }

  /** The screen is ours again, its contents unknown. */
  resumed(): void {
    this.#suspended = false;
    this.#parts.screen.repaint();
    this.pass();
  }

  /** The terminal has taken all it was given: draw what happened meanwhile. */
  terminalReady(): void {
    this.#planPass();
  }

  // ---- the pass

  /** Datagrams that came together make one pass and one frame. */
  #planPass(): void {
    if (this.#passPlanned || this.#ending) return;
    this.#passPlanned = true;
    this.#parts.soon(() => {
      if (this.#passPlanned) this.pass();
    });
  }

  /** End conditions, connection messages, sending, drawing, and the next wake-up, in stock's order. */
  pass(): void {
    this.#passPlanned = false;
    if (this.#ending) return;
    const { transport, bar, clock, setTimer } = this.#parts;
    const now = clock();
    if (this.#checkEnd(now)) return;
    this.#connectionMessages(now);
    this.#send(now);
    // The end may have been acknowledged by what was just sent.
    if (this.#checkEnd(now)) return;
    const limit = bar.unheard(now) ? MAX_UNACKNOWLEDGED_INPUT_WHILE_LATE : MAX_UNACKNOWLEDGED_INPUT;
    this.#holdInput(transport.current.length > limit);
    this.#draw(now);
    setTimer(this.#waitTime(now), () => this.pass());
  }

  #checkEnd(now: number): boolean {
    const ended = this.#parts.transport.ended(now);
    if (!ended) return false;
    const { failure } = this.#parts.transport;
    this.#end(failure === undefined ? { clean: ended === "clean" } : { clean: false, failure });
    return true;
  }

  #connectionMessages(now: number): void {
    const { transport, bar } = this.#parts;
    if (transport.latestNum !== 0) {
      if (bar.message === this.#connectingNotice) bar.setMessage("", now);
      bar.setCatchingUp(this.#catchUp.text(now, transport.bytesWaiting));
      return;
    }
    if (transport.shutdownInProgress) return;
    const waited = now - this.#started;
    if (waited > CONNECTING_TIMEOUT_MS) this.#shutDown("Timed out waiting for server...");
    else if (waited > CONNECTING_NOTICE_MS && !bar.showsNetworkError && !this.#helpShows()) {
      bar.setMessage(this.#connectingNotice, now);
    }
  }

  #helpShows(): boolean {
    const { bar, escapeKey } = this.#parts;
    return bar.message !== "" && bar.message === escapeKey.helpText;
  }

  #send(now: number): void {
    const { transport, network, bar } = this.#parts;
    let sent = false;
    let failure: SendFailure | undefined;
    transport.tick(now, (datagram) => {
      sent = true;
      failure = network.send(datagram, now) ?? failure;
      if (failure) transport.onSendError(failure.kind, failure.text);
      network.afterSend(now, transport.lastSuccess);
    });
    if (failure) bar.setNetworkError(failure.text, now);
    else if (sent) bar.networkWorks(now);
  }

  #holdInput(hold: boolean): void {
    if (hold === this.#holding) return;
    this.#holding = hold;
    this.#parts.holdInput(hold);
  }

  #draw(now: number): void {
    const { transport, screen, overlays } = this.#parts;
    if (this.#suspended || screen.busy) return;
    const target = transport.latest.terminal.snapshot();
    for (const overlay of overlays) overlay.apply(target, now);
    screen.draw(target);
  }

  #waitTime(now: number): number {
    const { transport, overlays, bar } = this.#parts;
    let wait = Math.min(transport.waitTime(now), bar.timeUntilLate(now));
    for (const overlay of overlays) wait = Math.min(wait, overlay.waitTime(now));
    wait = Math.min(wait, this.#catchUp.waitTime(now));
    return transport.latestNum === 0 ? Math.min(wait, CONNECTING_NOTICE_MS) : wait;
  }

  // ---- the end

  #shutDown(notice: string): void {
    const { transport, bar, clock } = this.#parts;
    if (this.#ending) return;
    const now = clock();
    bar.setMessage(notice, now, { permanent: true });
    transport.startShutdown(now);
  }

  /** Draws the remote screen once more as it is, without anything laid over it. */
  #end(how: { clean: boolean; failure?: string }): void {
    const { transport, screen, setTimer, ended } = this.#parts;
    setTimer(Number.POSITIVE_INFINITY, () => {});
    if (!this.#suspended) screen.draw(transport.latest.terminal.snapshot());
    this.#ending = { ...how, connected: transport.latestNum !== 0 };
    ended(this.#ending);
  }
}
