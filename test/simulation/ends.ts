/**
 * The two ends as real programs run them: an event loop around a transport, with late timers and nothing else of the
 * operating system. The loops follow the order of steps that docs/protocol.md gives.
 */
import { PortHopper } from "../../client/port-hopper.ts";
import { EchoAck } from "../../ssp/echo-ack.ts";
import type { Family } from "../../ssp/link.ts";
import { TerminalState } from "../../ssp/terminal-state.ts";
import { Transport } from "../../ssp/transport.ts";
import type { UserEvent } from "../../ssp/user-message.ts";
import { UserStream } from "../../ssp/user-stream.ts";
import type { Core, Terminal } from "../../wasm-core/core.ts";
import type { Clock } from "./clock.ts";
import { type Arrival, type Network, SERVER } from "./network.ts";
import type { Random } from "./random.ts";

export type Ending = "clean" | "gave-up" | "failed";

/** The program on the server. */
export interface Program {
  start(): void;
  write(bytes: Uint8Array): void;
  /** It has more to print. */
  readonly busy: boolean;
  kill(): void;
}

export interface EndOptions {
  readonly clock: Pick<Clock, "now" | "after">;
  readonly network: Pick<Network, "attach" | "detach" | "send">;
  readonly random: Random;
  readonly core: Core;
  readonly key: Uint8Array;
  readonly family: Family;
  readonly cols: number;
  readonly rows: number;
  /** The client's, ms; default: the protocol's. */
  readonly minDelay?: number;
  /** Sends as our programs do, not as stock's: ahead of the pace, and early again where datagrams are lost. */
  readonly hasty?: boolean;
}

const HASTY = { burst: 4, earlyResend: true };

/** Timers fire on whole milliseconds and up to this much late. */
const TIMER_SLACK = 2;

/** What both ends share: pass, wait, pass. */
abstract class End {
  protected readonly options: EndOptions;
  /** Passes of the loop, to see that an idle end sleeps. */
  passes = 0;
  ending: Ending | undefined;
  endedAt: number | undefined;
  #timer = 0;

  constructor(options: EndOptions) {
    this.options = options;
  }

  protected abstract pass(now: number): number;
  protected abstract release(): void;

  /** Something happened: run a pass now, and plan the next. */
  wake(): void {
    if (this.ending !== undefined) return;
    this.passes++;
    const wait = this.pass(this.options.clock.now);
    const timer = ++this.#timer;
    if (this.ending !== undefined || wait === Number.POSITIVE_INFINITY) return;
    const late = this.options.random.unit() * TIMER_SLACK;
    this.options.clock.after(Math.ceil(wait) + (wait > 0 ? late : 0.01), () => {
      if (timer === this.#timer) this.wake();
    });
  }

  protected end(ending: Ending): void {
    this.ending = ending;
    this.endedAt = this.options.clock.now;
    this.release();
  }

  /** For the end of a run in which the other side can no longer be reached. */
  abandon(): void {
    if (this.ending === undefined) this.end("failed");
  }
}

export class ClientEnd extends End {
  readonly transport: Transport<UserStream, TerminalState>;
  /** Everything the user did, as the server must get it. */
  readonly typed: UserEvent[] = [];
  /** Called with each newest state. */
  onState: ((number: number, state: TerminalState) => void) | undefined;
  readonly #hopper: PortHopper;
  #host = "client";
  #sockets: string[] = [];
  #port = 0;
  hops = 0;

  constructor(options: EndOptions) {
    super(options);
    const { core, clock, key, family, cols, rows, random } = options;
    this.transport = new Transport<UserStream, TerminalState>({
      core,
      key,
      side: "client",
      local: new UserStream(),
      remote: TerminalState.initial(core.createTerminal(cols, rows, "replica")),
      now: clock.now,
      random: (length) => random.bytes(length),
      family,
      ...(options.minDelay === undefined ? {} : { minDelay: options.minDelay }),
      ...(options.hasty ? HASTY : {}),
    });
    this.#hopper = new PortHopper(clock.now);
    this.#open();
    this.resize(cols, rows);
  }

  /** Addresses at which datagrams for this client arrive. */
  get addresses(): readonly string[] {
    return this.#sockets;
  }

  type(bytes: Uint8Array): void {
    if (this.ending !== undefined || this.transport.shutdownInProgress) return;
    this.transport.current.pushBytes(bytes);
    this.typed.push({ kind: "keys", bytes });
    this.wake();
  }

  resize(cols: number, rows: number): void {
    if (this.ending !== undefined || this.transport.shutdownInProgress) return;
    this.transport.current.pushResize(cols, rows);
    this.typed.push({ kind: "resize", cols, rows });
    this.wake();
  }

  /** The machine joins another network: same sockets, other source address; what is under way to the old one is lost. */
  roam(host: string): void {
    const ports = this.#sockets.map((address) => address.split(":")[1]!);
    for (const address of this.#sockets) this.options.network.detach(address);
    this.#host = host;
    this.#sockets = ports.map((port) => `${host}:${port}`);
    for (const address of this.#sockets) this.#listen(address);
  }

  startShutdown(): void {
    if (this.ending !== undefined) return;
    this.transport.startShutdown(this.options.clock.now);
    this.wake();
  }

  protected override pass(now: number): number {
    const ended = this.transport.ended(now);
    if (ended !== undefined) {
      this.end(ended);
      return Number.POSITIVE_INFINITY;
    }
    this.transport.tick(now, (datagram) => {
      if (!this.options.network.send(this.#sockets.at(-1)!, SERVER, datagram))
        this.transport.onSendError("emsgsize", "sendto: Message too long");
      if (this.#hopper.hop(now, this.transport.lastSuccess)) {
        this.hops++;
        this.#open();
        this.#prune(now);
      }
    });
    return this.transport.waitTime(now);
  }

  protected override release(): void {
    for (const address of this.#sockets) this.options.network.detach(address);
    this.#sockets = [];
    this.transport.release();
  }

  #open(): void {
    const address = `${this.#host}:${++this.#port}`;
    this.#sockets.push(address);
    this.#listen(address);
  }

  #listen(address: string): void {
    this.options.network.attach(address, (arrival) => this.#receive(arrival));
  }

  #prune(now: number): void {
    for (let surplus = this.#hopper.surplus(now, this.#sockets.length); surplus > 0; surplus--)
      this.options.network.detach(this.#sockets.shift()!);
  }

  #receive({ datagram, ce }: Arrival): void {
    const now = this.options.clock.now;
    const reception = this.transport.receive(datagram, now, { ce });
    if (reception.ok) this.#prune(now);
    if (reception.ok && reception.newState) this.onState?.(this.transport.latestNum, this.transport.latest);
    this.wake();
  }
}

export class ServerEnd extends End {
  readonly transport: Transport<TerminalState, UserStream>;
  /** What the user did, as it was delivered. */
  readonly delivered: UserEvent[] = [];
  readonly live: Terminal;
  /** Called when a state was given a new number. */
  onSent: ((number: number, state: TerminalState) => void) | undefined;
  readonly echo = new EchoAck();
  readonly #child: Program;
  #peer: string | undefined;
  #started = false;

  /** @param program what runs on the server, given where its output goes */
  constructor(options: EndOptions, program: (output: (bytes: Uint8Array) => void) => Program) {
    super(options);
    const { core, clock, network, key, family, random } = options;
    this.live = core.createTerminal(80, 24, "host");
    this.transport = new Transport<TerminalState, UserStream>({
      core,
      key,
      side: "server",
      local: TerminalState.initial(this.live.snapshot()),
      remote: new UserStream(),
      now: clock.now,
      random: (length) => random.bytes(length),
      family,
      ...(options.hasty ? { ...HASTY, answersHeartbeats: true } : {}),
    });
    this.#child = program((bytes) => this.#output(bytes));
    network.attach(SERVER, (arrival) => this.#receive(arrival));
  }

  /** Where the client was last heard. */
  get peer(): string | undefined {
    return this.#peer;
  }

  get busy(): boolean {
    return this.#child.busy;
  }

  startShutdown(): void {
    if (this.ending !== undefined) return;
    this.transport.startShutdown(this.options.clock.now);
    this.wake();
  }

  protected override pass(now: number): number {
    const ended = this.transport.ended(now);
    if (ended !== undefined) {
      this.end(ended);
      return Number.POSITIVE_INFINITY;
    }
    if (this.echo.update(now)) this.#publish();
    const before = this.transport.sentStateLast;
    this.transport.tick(now, (datagram) => {
      if (!this.options.network.send(SERVER, this.#peer!, datagram))
        this.transport.onSendError("emsgsize", "sendto: Message too long");
    });
    const after = this.transport.sentStateLast;
    if (after !== before) this.onSent?.(after, this.transport.current);
    return Math.min(this.transport.waitTime(now), this.echo.waitTime(now));
  }

  protected override release(): void {
    this.options.network.detach(SERVER);
    this.#child.kill();
    this.transport.release();
    this.live.free();
  }

  #receive({ datagram, from, ce }: Arrival): void {
    const now = this.options.clock.now;
    const reception = this.transport.receive(datagram, now, { ce });
    if (reception.ok && reception.inOrder) this.#peer = from;
    if (reception.ok && reception.newState) this.#deliver(now);
    this.wake();
  }

  #deliver(now: number): void {
    const news = this.transport.takeRemoteDiff();
    const events = news.events();
    news.release();
    for (const event of events) {
      this.delivered.push(event);
      if (event.kind === "resize") this.live.resize(event.cols, event.rows);
      else if (!this.transport.shutdownInProgress) {
        this.live.translateInput(event.bytes);
        this.#child.write(this.live.takeReplies());
      }
    }
    if (!this.#started) {
      this.#started = true;
      this.#child.start();
    }
    if (events.length > 0) this.echo.register(this.transport.latestNum, now);
    this.#publish();
  }

  #output(bytes: Uint8Array): void {
    if (this.ending !== undefined || this.transport.shutdownInProgress) return;
    this.live.feed(bytes);
    const replies = this.live.takeReplies();
    if (replies.length > 0) this.#child.write(replies);
    this.#publish();
    this.wake();
  }

  #publish(): void {
    if (this.transport.shutdownInProgress) return;
    this.transport.setCurrent(TerminalState.of(this.live.snapshot(), this.echo.value));
  }
}
