/**
 * One session of the load generator: a whole client of the protocol on a socket of its own, without a terminal to draw on.
 * Its replica is real, so an echo is known by the screen and not by guessing. All clients share one wheel; the way to the
 * server is given, so that tests put a server in virtual time behind it.
 */
import { parseKey } from "../../ssp/key.ts";
import { TerminalState } from "../../ssp/terminal-state.ts";
import { Transport } from "../../ssp/transport.ts";
import { UserStream } from "../../ssp/user-stream.ts";
import { Alarm, type Wheel } from "../../sys/wheel.ts";
import type { Core, Terminal } from "../../wasm-core/core.ts";
import { Reality, type Surroundings } from "./surroundings.ts";
import type { OpenWire, Wire } from "./wire.ts";

export interface Endpoint {
  readonly port: number;
  readonly key: string;
  readonly address?: string;
}

export interface ClientEvents {
  /** A new state of the server is there, which arrived at that time. */
  frame?(client: LoadClient, at: number): void;
  ended?(client: LoadClient, how: string): void;
  /** A new state was sent; it holds all that was typed by now. */
  sent?(client: LoadClient, state: number): void;
}

/** How an end sends, where the protocol leaves it free; all left out is what stock does. */
export interface Manner {
  /** ms to collect. */
  readonly minDelay?: number;
  /** States that may follow each other at once. */
  readonly burst?: number;
  readonly earlyResend?: boolean;
  /** Of servers. */
  readonly answersHeartbeats?: boolean;
}

export const STOCK: Manner = {};
/** As client/session.ts and server/attachment.ts have it. */
export const OURS: Manner = { minDelay: 0, burst: 4, earlyResend: true };
/** Adds as little as possible of its own: what is measured is the server. */
const PROMPT: Manner = { minDelay: 0 };

let shared: Reality | undefined;
function reality(): Surroundings {
  shared ??= new Reality();
  return shared;
}

export class LoadClient {
  readonly #endpoint: Endpoint;
  readonly #events: ClientEvents;
  readonly #wheel: Wheel;
  readonly #openWire: OpenWire;
  readonly transport: Transport<UserStream, TerminalState<Terminal>>;
  #wire: Wire | undefined;
  readonly #alarm = new Alarm((now) => this.#pass(now, true));
  #closed = false;
  /** When the first answer came; undefined: none yet. */
  connectedAt: number | undefined;
  readonly startedAt: number;
  sendErrors = 0;
  /** Instructions that carried no new state: sent again. */
  retransmissions = 0;
  /** Instructions of the server that brought nothing new: sent again by it, or doubled on the way. */
  repeatsIn = 0;
  roams = 0;

  private constructor(core: Core, endpoint: Endpoint, events: ClientEvents, surroundings: Surroundings) {
    this.#endpoint = endpoint;
    this.#events = events;
    this.#wheel = surroundings.wheel;
    this.#openWire = surroundings.openWire;
    this.startedAt = this.#wheel.now();
    this.transport = new Transport({
      core,
      key: parseKey(endpoint.key),
      side: "client",
      local: new UserStream(),
      remote: TerminalState.initial(core.createTerminal(80, 24, "replica")),
      now: this.startedAt,
      ...(surroundings.manner ?? PROMPT),
      random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    });
  }

  /** Opens a session, 80 by 24. */
  static async open(
    core: Core,
    endpoint: Endpoint,
    events: ClientEvents,
    surroundings = reality(),
  ): Promise<LoadClient> {
    const client = new LoadClient(core, endpoint, events, surroundings);
    client.#wire = await client.#open();
    client.transport.current.pushResize(80, 24);
    client.#pass(surroundings.wheel.now(), true);
    return client;
  }

  get screen(): Terminal {
    return this.transport.latest.terminal;
  }

  get closed(): boolean {
    return this.#closed;
  }

  type(bytes: Uint8Array, now = this.#wheel.now()): void {
    if (this.#closed) return;
    this.transport.current.pushBytes(bytes);
    this.#pass(now, true);
    // Its time runs from `now`: it must not wait for the keys of other sessions.
    this.#wire?.flush?.();
  }

  /** From now on from another port. */
  async roam(): Promise<void> {
    const wire = await this.#open();
    if (this.#closed) {
      wire.close();
      return;
    }
    this.#wire?.close();
    this.#wire = wire;
    this.roams++;
  }

  /** Asks the server to end the session; `ended` is told when it has. */
  leave(now = this.#wheel.now()): void {
    if (this.#closed) return;
    this.transport.startShutdown(now);
    this.#pass(now, true);
  }

  /** Leaves the server without a word. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#wheel.set(this.#alarm, Number.POSITIVE_INFINITY);
    this.#wire?.close();
    this.transport.release();
  }

  /** @param due something is known to be due; else that is found out first, which is cheaper than to try */
  #pass(now: number, due: boolean): void {
    if (this.#closed) return;
    const { transport } = this;
    let wait = due ? 0 : transport.waitTime(now);
    if (wait <= 0) {
      const ended = transport.ended(now);
      if (ended !== undefined) {
        this.#events.ended?.(this, ended);
        this.close();
        return;
      }
      const newest = transport.sentStateLast;
      const sent = transport.stats.instructionsOut;
      transport.tick(now, this.#send);
      if (transport.sentStateLast !== newest) this.#events.sent?.(this, transport.sentStateLast);
      else if (transport.stats.instructionsOut > sent) this.retransmissions++;
      wait = transport.waitTime(now);
    }
    // A wake-up that is early only makes us look once more.
    if (now + wait < this.#alarm.due) this.#wheel.set(this.#alarm, now + wait);
  }

  readonly #send = (datagram: Uint8Array): void => {
    if (!this.#wire?.send(datagram)) this.sendErrors++;
  };

  #open(): Promise<Wire> {
    return this.#openWire(
      this.#endpoint,
      (bytes, at) => this.#receive(bytes, at),
      () => {
        this.sendErrors++;
      },
    );
  }

  #receive(bytes: Uint8Array, at: number): void {
    if (this.#closed) return;
    const now = this.#wheel.now();
    const reception = this.transport.receive(bytes, now);
    if (reception.ok && reception.newState) {
      this.connectedAt ??= at;
      this.#events.frame?.(this, at);
    } else if (reception.ok && reception.complete) {
      this.repeatsIn++;
    }
    this.#pass(now, false);
  }
}
