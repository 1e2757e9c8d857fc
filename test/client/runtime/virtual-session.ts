/**
 * A whole client session in virtual time: the real loop, screen, bar and transport against a real server transport,
 * with a network, a clock, timers and a terminal that the test holds in its hand. For session-loop.test.ts.
 */
import { EscapeKey } from "../../../client/escape-key.ts";
import { NotificationBar } from "../../../client/notification.ts";
import type { Overlay } from "../../../client/overlay.ts";
import { Screen } from "../../../client/screen.ts";
import { type Ending, SessionLoop } from "../../../client/session-loop.ts";
import type { SendFailure } from "../../../client/sockets.ts";
import { StatusLine } from "../../../client/status-line.ts";
import { TitlePrefix } from "../../../client/title-prefix.ts";
import { TerminalState } from "../../../ssp/terminal-state.ts";
import { Transport } from "../../../ssp/transport.ts";
import type { UserEvent } from "../../../ssp/user-message.ts";
import { UserStream } from "../../../ssp/user-stream.ts";
import type { Core, Terminal } from "../../../wasm-core/core.ts";

const COLS = 80;
const ROWS = 24;
const KEY = new Uint8Array(16).map((_, index) => index * 7);
const random = (length: number) => new Uint8Array(length);

interface Timer {
  readonly at: number;
  readonly wake: () => void;
}

/** The server's end: a transport and the terminal it shows. No shell: the test writes to the terminal itself. */
export class VirtualServer {
  readonly terminal: Terminal;
  readonly transport: Transport<TerminalState<Terminal>, UserStream>;
  readonly input: UserEvent[] = [];

  constructor(core: Core, now: number) {
    this.terminal = core.createTerminal(COLS, ROWS, "host");
    this.transport = new Transport<TerminalState<Terminal>, UserStream>({
      core,
      key: KEY,
      side: "server",
      local: TerminalState.initial(this.terminal.snapshot()),
      remote: new UserStream(),
      now,
      random,
    });
  }

  /** What was typed, as text. */
  get typed(): string {
    const keys = this.input.filter((event) => event.kind === "keys");
    return keys.map((event) => Buffer.from(event.bytes).toString("latin1")).join("");
  }

  print(text: string): void {
    this.terminal.feed(new Uint8Array(Buffer.from(text)));
    this.show();
  }

  show(): void {
    this.transport.setCurrent(TerminalState.of(this.terminal.snapshot(), this.transport.current.echoAck));
  }

  receive(datagram: Uint8Array, now: number): void {
    const reception = this.transport.receive(datagram, now);
    if (!reception.ok || !reception.newState) return;
    const news = this.transport.takeRemoteDiff();
    for (const event of news.events()) {
      this.input.push(event);
      if (event.kind !== "resize") continue;
      this.terminal.resize(event.cols, event.rows);
    }
    news.release();
    this.show();
  }
}

export class VirtualSession {
  now = 1_000_000;
  readonly core: Core;
  readonly loop: SessionLoop;
  readonly bar: NotificationBar;
  readonly screen: Screen;
  readonly client: Transport<UserStream, TerminalState<Terminal>>;
  server: VirtualServer | undefined;
  /** Every datagram the client sent: when, since the start. */
  readonly sent: number[] = [];
  readonly written: Uint8Array[] = [];
  /** Every datagram that reached the client from its server. */
  readonly received: Uint8Array[] = [];
  /** When the last of them came, since the start. */
  receivedLast = 0;
  readonly holds: boolean[] = [];
  ending: Ending | undefined;
  endedAt: number | undefined;
  suspends = 0;
  hopQuestions: { now: number; lastSuccess: number }[] = [];
  /** One way, ms. */
  delay = 1;
  blackout = false;
  /** Whether a datagram of the server gets lost, by its place in the frame: 0, 1, … */
  loses: (piece: number) => boolean = () => false;
  sendFailure: SendFailure | undefined;
  backlog = 0;
  readonly #start = this.now;
  #timer: Timer | undefined;
  #soon: (() => void)[] = [];
  #flying: (Timer & { order: number })[] = [];
  #order = 0;

  constructor(core: Core, options: { server?: boolean; titlePrefix?: boolean } = {}) {
    this.core = core;
    if (options.server !== false) this.server = new VirtualServer(core, this.now);
    const blank = core.createTerminal(COLS, ROWS, "replica-repair");
    const output = {
      write: (bytes: Uint8Array) => {
        if (bytes.length > 0) this.written.push(bytes);
      },
    };
    const session = this;
    this.screen = new Screen({
      output: {
        ...output,
        get backlog() {
          return session.backlog;
        },
      },
      terminfo: {
        colors: 256,
        backColorErase: true,
        eraseChars: true,
        enterScreen: new Uint8Array(Buffer.from("<smcup>")),
        exitScreen: new Uint8Array(Buffer.from("<rmcup>")),
      },
      term: "xterm-256color",
      noInit: false,
      blank: blank.snapshot(),
    });
    this.client = new Transport<UserStream, TerminalState<Terminal>>({
      core,
      key: KEY,
      side: "client",
      local: new UserStream(),
      remote: TerminalState.initial(blank),
      now: this.now,
      random,
      minDelay: 0,
    });
    const escapeKey = new EscapeKey(undefined);
    this.bar = new NotificationBar(escapeKey.name, this.now);
    const status = new StatusLine(
      () => ({
        srtt: this.client.srtt,
        datagramsIn: this.client.stats.datagramsIn,
        datagramsSentByServer: Number(this.client.expectedSequence),
        bytesIn: this.client.stats.bytesIn,
        bytesOut: this.client.stats.bytesOut,
        guessesRight: 0,
        guessesWrong: 0,
      }),
      "127.0.0.1:60001",
    );
    const overlays: Overlay[] = [status, this.bar];
    if (options.titlePrefix) overlays.push(new TitlePrefix());
    this.loop = new SessionLoop({
      transport: this.client,
      network: {
        send: (datagram, now) => {
          this.sent.push(Math.round(now - this.#start));
          if (this.sendFailure) return this.sendFailure;
          this.#fly(() => this.server?.receive(datagram, this.now));
          return undefined;
        },
        afterSend: (now, lastSuccess) => void this.hopQuestions.push({ now, lastSuccess }),
        prune: () => {},
      },
      screen: this.screen,
      escapeKey,
      bar: this.bar,
      status,
      overlays,
      port: 60001,
      started: this.now,
      clock: () => this.now,
      setTimer: (ms, wake) => {
        this.#timer = ms === Number.POSITIVE_INFINITY ? undefined : { at: this.now + Math.ceil(ms), wake };
      },
      soon: (wake) => void this.#soon.push(wake),
      holdInput: (hold) => void this.holds.push(hold),
      suspend: () => {
        this.suspends++;
        this.loop.suspended();
      },
      ended: (ending) => {
        this.ending = ending;
        this.endedAt = this.elapsed;
      },
    });
    this.screen.start();
    this.screen.draw(this.client.latest.terminal.snapshot());
  }

  start(): this {
    this.loop.start({ cols: COLS, rows: ROWS });
    return this;
  }

  type(text: string): void {
    this.loop.typed(new Uint8Array(Buffer.from(text, "latin1")));
  }

  /** ms since the start. */
  get elapsed(): number {
    return this.now - this.#start;
  }

  /** Rows of what the person sees, trailing blanks cut. */
  get rows(): string[] {
    return this.screen.drawn.text();
  }

  /** Everything written to the terminal so far, as text; `from` leaves out that many writes. */
  output(from = 0): string {
    return Buffer.concat(this.written.slice(from)).toString();
  }

  /** Garbage, or a datagram of somebody else, arrives at the client. */
  inject(bytes: Uint8Array): void {
    this.loop.datagram(bytes);
    this.#runSoon();
  }

  /** The machine sleeps: time passes and nothing runs. */
  sleep(ms: number): void {
    this.now += ms;
  }

  /** Lets `ms` pass. */
  run(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      this.#runSoon();
      this.#tickServer();
      const next = this.#next();
      if (!next || next.at > end) break;
      this.now = Math.max(this.now, next.at);
      next.wake();
    }
    this.now = Math.max(this.now, end);
  }

  /** Runs until `condition` holds; fails after `ms`. */
  runUntil(condition: () => boolean, ms = 60_000): void {
    const end = this.now + ms;
    while (!condition()) {
      if (this.now >= end) throw new Error(`not within ${ms} ms; screen:\n${this.rows.join("\n")}`);
      this.run(1);
    }
  }

  #runSoon(): void {
    for (const wake of this.#soon.splice(0)) wake();
  }

  #tickServer(): void {
    let piece = 0;
    this.server?.transport.tick(this.now, (datagram) => {
      if (this.loses(piece++)) return;
      this.#fly(() => {
        this.received.push(datagram);
        this.receivedLast = this.elapsed;
        this.loop.datagram(datagram);
      });
    });
  }

  #fly(arrive: () => void): void {
    if (this.blackout) return;
    this.#flying.push({ at: this.now + this.delay, wake: arrive, order: this.#order++ });
  }

  #next(): Timer | undefined {
    let next: Timer | undefined = this.#timer && {
      at: this.#timer.at,
      wake: () => {
        const { wake } = this.#timer!;
        this.#timer = undefined;
        wake();
      },
    };
    const first = this.#flying.reduce<(Timer & { order: number }) | undefined>(
      (best, one) =>
        !best || one.at < best.at || (one.at === best.at && one.order < best.order) ? one : best,
      undefined,
    );
    if (first && (!next || first.at <= next.at)) {
      next = {
        at: first.at,
        wake: () => {
          this.#flying = this.#flying.filter((one) => one !== first);
          first.wake();
        },
      };
    }
    const wait = this.server?.transport.waitTime(this.now) ?? Number.POSITIVE_INFINITY;
    if (wait !== Number.POSITIVE_INFINITY && (!next || this.now + Math.ceil(wait) < next.at)) {
      next = { at: this.now + Math.max(1, Math.ceil(wait)), wake: () => {} };
    }
    return next;
  }

  /** Gives everything back, so that the pools can be counted. */
  close(): void {
    this.client.release();
    this.server?.transport.release();
    this.server?.terminal.free();
    this.screen.free();
  }
}
