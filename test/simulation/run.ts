/**
 * One run of the simulation: both ends live through the scenario of a seed, and everything that must hold is checked all
 * the way. Throws {@link Violation} with the seed; `STERNA_SEED=n` replays it with a log.
 */
import { MAX_RECEIVED_STATES, MAX_SENT_STATES } from "../../ssp/params.ts";
import type { UserEvent } from "../../ssp/user-message.ts";
import type { Core, Terminal } from "../../wasm-core/core.ts";
import { Adversary, ATTACKER } from "./adversary.ts";
import { Child } from "./child.ts";
import { Clock } from "./clock.ts";
import { ClientEnd, type EndOptions, ServerEnd } from "./ends.ts";
import { Network } from "./network.ts";
import { Random } from "./random.ts";
import { type Action, makeScenario, type Scenario } from "./scenario.ts";
import { glance, view } from "./screens.ts";

/** Both ends agree this long after the network has healed, at the latest: a heartbeat, its answer, and stragglers. */
const CONVERGENCE_LIMIT = 15_000;
const IDLE = 30_000;
const UNSIZED = "unsized";
/** Every so many states are compared in full; the others by what is cheap. */
const FULL_COMPARISON = 16;
/** An end that began to end the session is gone after 10 s, less what its timers are late. */
const SHUTDOWN_LIMIT = 10_050;

export class Violation extends Error {
  override readonly name = "Violation";
}

export interface Report {
  readonly virtualMs: number;
  readonly datagrams: number;
  readonly states: number;
  readonly hops: number;
  readonly attacks: number;
  readonly dropped: number;
}

export class Run {
  readonly #seed: number;
  readonly #core: Core;
  readonly #log: ((line: string) => void) | undefined;
  readonly #clock = new Clock();
  readonly #scenario: Scenario;
  readonly #network: Network;
  readonly #adversary: Adversary | undefined;
  readonly #client: ClientEnd;
  readonly #server: ServerEnd;
  readonly #heldBefore: number;
  /** What each numbered state of the server showed when it was sent. */
  readonly #shown = new Map<number, string>();
  readonly #typed: number[] = [];
  #typedEvents = 0;
  #delivered = 0;
  #deliveredEvents = 0;
  #echoAck = 0;
  #newest = 0;
  #roams = 0;

  constructor(seed: number, core: Core, log?: (line: string) => void) {
    this.#seed = seed;
    this.#core = core;
    this.#log = log;
    this.#heldBefore = core.memory().bytesInUse;
    const random = new Random(seed);
    this.#scenario = makeScenario(random.fork());
    this.#network = new Network(this.#clock, random.fork());
    this.#network.weather = { toServer: this.#scenario.toServer, toClient: this.#scenario.toClient };
    const { family, cols, rows, childDelay, hasty } = this.#scenario;
    const options = (isHasty: boolean): EndOptions => ({
      hasty: isHasty,
      clock: this.#clock,
      network: this.#network,
      random: random.fork(),
      core,
      key: KEY,
      family,
      cols,
      rows,
    });
    if (log) this.#trace();
    this.#server = new ServerEnd(
      options(hasty.server),
      (output) => new Child(this.#clock, childDelay, output),
    );
    this.#server.onSent = (number, state) => {
      // Before the client's size is known, the state still is state 0, of whose size the ends need not agree.
      const shown = this.#server.delivered.length === 0 ? UNSIZED : this.#see(number, state);
      if (!this.#shown.has(number)) this.#shown.set(number, shown);
    };
    this.#client = new ClientEnd(options(hasty.client));
    this.#client.onState = (number, state) => this.#checkState(number, state);
    this.#adversary = this.#scenario.adversary
      ? new Adversary(this.#clock, this.#network, random.fork())
      : undefined;
  }

  run(): Report {
    this.#act();
    this.#rest();
    this.#idle();
    this.#shutdown();
    const traffic = this.#network.traffic;
    return {
      virtualMs: this.#clock.now,
      datagrams: traffic.datagrams,
      states: this.#shown.size,
      hops: this.#client.hops,
      attacks: this.#adversary?.attacks ?? 0,
      dropped: traffic.lost + traffic.corrupted,
    };
  }

  // ---- phases

  #act(): void {
    for (const action of this.#scenario.actions) this.#clock.after(action.at, () => this.#do(action));
    this.#advance(this.#scenario.length);
  }

  #do(action: Action): void {
    const { kind } = action;
    if (this.#log) this.#log(`${this.#time()} ${kind} ${JSON.stringify(action).slice(0, 100)}`);
    if (kind === "type") this.#client.type(action.bytes);
    else if (kind === "resize") this.#client.resize(action.cols, action.rows);
    else if (kind === "mtu") this.#network.mtu = action.mtu;
    else if (kind === "roam") this.#client.roam(`roamed${++this.#roams}`);
    else if (kind === "block") this.#network.blocked.add(this.#client.addresses.at(-1)!);
    else {
      this.#network.blackout = true;
      this.#clock.after(action.length, () => {
        this.#network.blackout = false;
      });
    }
  }

  /** The network heals; both ends must come to the same screen, and the server have all the input. */
  #rest(): void {
    const { rest } = this.#scenario;
    this.#network.weather = { toServer: rest, toClient: rest };
    this.#clock.after(0, () => {
      this.#network.blocked.clear();
    });
    // Blackouts that began late go on until they end.
    const heals = Math.max(
      0,
      ...this.#scenario.actions.map((action) =>
        action.kind === "blackout" ? action.at + action.length - this.#clock.now : 0,
      ),
    );
    this.#advance(heals);
    const start = this.#clock.now;
    const agreed = this.#clock.run(start + CONVERGENCE_LIMIT, () => {
      this.#checkDelivery();
      return this.#agreed();
    });
    if (!agreed)
      this.#fail(`no agreement ${CONVERGENCE_LIMIT} ms after the network healed: ${this.#state()}`);
    this.#log?.(`${this.#time()} agreed after ${Math.round(this.#clock.now - start)} ms`);
  }

  #agreed(): boolean {
    const { transport } = this.#client;
    return (
      this.#delivered === this.#typed.length &&
      !this.#server.busy &&
      this.#server.echo.waitTime(this.#clock.now) === Number.POSITIVE_INFINITY &&
      transport.latest.echoAck === this.#server.echo.value &&
      glance(transport.latest.terminal) === glance(this.#server.live) &&
      view(transport.latest.terminal) === view(this.#server.live)
    );
  }

  /** Two idle ends exchange one datagram each in 3 s, and otherwise sleep. */
  #idle(): void {
    this.#adversary?.stop();
    this.#advance(4500); // stragglers
    const [client, server] = [this.#client.passes, this.#server.passes];
    const datagrams = this.#network.traffic.datagrams;
    const idle = this.#scenario.sleep || IDLE;
    this.#advance(idle);
    const sent = this.#network.traffic.datagrams - datagrams;
    if (sent > (2 * idle) / 3000 + 2) this.#fail(`${sent} datagrams in ${idle} ms of rest`);
    const passes = this.#client.passes - client + this.#server.passes - server;
    if (passes > sent * 3 + 4) this.#fail(`${passes} passes for ${sent} datagrams in ${idle} ms of rest`);
  }

  #shutdown(): void {
    const { shutdown, shutdownLoss, rest } = this.#scenario;
    const weather = { ...rest, loss: shutdownLoss };
    this.#network.weather = { toServer: weather, toClient: weather };
    const start = this.#clock.now;
    this.#log?.(`${this.#time()} shutdown by ${shutdown}, loss ${shutdownLoss}`);
    const [client, server] = [this.#client, this.#server];
    if (shutdown !== "server") client.startShutdown();
    if (shutdown !== "client") server.startShutdown();
    this.#clock.run(start + SHUTDOWN_LIMIT, () => client.ending !== undefined && server.ending !== undefined);
    for (const end of [client, server]) {
      const initiator = end === client ? shutdown !== "server" : shutdown !== "client";
      const name = end === client ? "client" : "server";
      if (initiator && end.ending === undefined) this.#fail(`the ${name} did not end`);
      if (shutdownLoss === 0 && end.ending !== "clean") this.#fail(`the ${name} ended ${end.ending}`);
      if (!initiator && end.ending !== undefined && end.ending !== "clean")
        this.#fail(`the ${name} followed ${end.ending}`);
      end.abandon();
    }
    const held = this.#core.memory().bytesInUse;
    if (held !== this.#heldBefore) this.#fail(`${held - this.#heldBefore} left behind`);
  }

  // ---- what must hold at every moment

  #checkState(number: number, state: { readonly terminal: Terminal; readonly echoAck: number }): void {
    if (number <= this.#newest) this.#fail(`state ${number} after ${this.#newest}`);
    this.#newest = number;
    if (state.echoAck < this.#echoAck) this.#fail(`echo ack ${state.echoAck} after ${this.#echoAck}`);
    this.#echoAck = state.echoAck;
    if (state.echoAck > this.#client.transport.sentStateLast)
      this.#fail(`echo ack ${state.echoAck}, but only ${this.#client.transport.sentStateLast} sent`);
    const shown = this.#shown.get(number);
    const seen = this.#see(number, state);
    if (shown !== UNSIZED && shown !== seen)
      this.#fail(`state ${number} is not what was sent:\n${seen}\n--- sent:\n${shown}`);
  }

  #checkDelivery(): void {
    const { typed } = this.#client;
    for (; this.#typedEvents < typed.length; this.#typedEvents++)
      for (const token of tokens(typed[this.#typedEvents]!)) this.#typed.push(token);
    const { delivered } = this.#server;
    for (; this.#deliveredEvents < delivered.length; this.#deliveredEvents++)
      for (const token of tokens(delivered[this.#deliveredEvents]!))
        if (token !== this.#typed[this.#delivered++])
          this.#fail(
            `input ${this.#delivered - 1} is ${token}, typed was ${this.#typed[this.#delivered - 1]}`,
          );
    if (this.#server.peer === ATTACKER) this.#fail("the server talks to the attacker");
    for (const { transport } of [this.#client, this.#server]) {
      const { sent, received } = transport.statesKept;
      if (sent > MAX_SENT_STATES || received > MAX_RECEIVED_STATES + 2)
        this.#fail(`${sent} sent and ${received} received states`);
    }
  }

  #advance(time: number): void {
    const until = this.#clock.now + time;
    this.#clock.run(until, () => {
      this.#checkDelivery();
      return false;
    });
  }

  // ---- words

  #see(number: number, state: { readonly terminal: Terminal; readonly echoAck: number }): string {
    const full = number % FULL_COMPARISON === 0;
    return `${state.echoAck} ${full ? view(state.terminal) : glance(state.terminal)}`;
  }

  #time(): string {
    return this.#clock.now.toFixed(1).padStart(9);
  }

  #state(): string {
    const [c, s] = [this.#client.transport, this.#server.transport];
    return [
      `input ${this.#delivered} of ${this.#typed.length}`,
      `client sent ${c.sentStateLast} acked ${c.sentStateAcked} has ${c.latestNum}`,
      `server sent ${s.sentStateLast} acked ${s.sentStateAcked} has ${s.latestNum} attached ${s.attached}`,
      `echo ${c.latest.echoAck} of ${this.#server.echo.value}`,
      `client sees\n${view(c.latest.terminal)}\nserver has\n${view(this.#server.live)}`,
    ].join(", ");
  }

  #trace(): void {
    this.#network.taps.push((what, datagram, to, from) => {
      if (datagram.length < 8) return;
      const sequence = new DataView(datagram.buffer, datagram.byteOffset).getBigUint64(0) & 0xffffffffn;
      this.#log?.(`${this.#time()} ${what} ${from} > ${to} seq ${sequence} ${datagram.length} bytes`);
    });
  }

  #fail(what: string): never {
    const where = `seed ${this.#seed} at ${this.#clock.now.toFixed(1)} ms`;
    throw new Violation(`${where}: ${this.#log ? what : what.slice(0, 400)}`);
  }
}

const KEY: Uint8Array = Uint8Array.from({ length: 16 }, (_, at) => at * 7);

/** Events as numbers that can be compared one by one. */
function tokens(event: UserEvent): readonly number[] | Uint8Array {
  return event.kind === "keys" ? event.bytes : [1_000_000 + event.cols * 1000 + event.rows];
}
