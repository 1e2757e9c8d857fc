/**
 * One session of the load generator: a whole client of the protocol on a socket of its own, without a terminal to draw on.
 * Its replica is real, so an echo is known by the screen and not by guessing. Time is the caller's; many clients share
 * one clock and each has at most one timer.
 */
import type { udp } from "bun";
import { parseKey } from "../../ssp/key.ts";
import { TerminalState } from "../../ssp/terminal-state.ts";
import { Transport } from "../../ssp/transport.ts";
import { UserStream } from "../../ssp/user-stream.ts";
import { pooledRandom } from "../../sys/random-pool.ts";
import type { Core, Terminal } from "../../wasm-core/core.ts";

export interface Endpoint {
  readonly port: number;
  readonly key: string;
  readonly address?: string;
}

export interface ClientEvents {
  /** A new state of the server is there. */
  frame?(client: LoadClient, now: number): void;
  ended?(client: LoadClient, how: string): void;
}

type Socket = udp.Socket<"uint8array">;

export class LoadClient {
  readonly #endpoint: Endpoint;
  readonly #events: ClientEvents;
  readonly transport: Transport<UserStream, TerminalState<Terminal>>;
  #socket: Socket | undefined;
  #timer: Timer | undefined;
  #wakeAt = Number.POSITIVE_INFINITY;
  #closed = false;
  /** When the first answer came; undefined: none yet. */
  connectedAt: number | undefined;
  readonly startedAt: number;
  sendErrors = 0;

  private constructor(core: Core, endpoint: Endpoint, events: ClientEvents, now: number) {
    this.#endpoint = endpoint;
    this.#events = events;
    this.startedAt = now;
    this.transport = new Transport({
      core,
      key: parseKey(endpoint.key),
      side: "client",
      local: new UserStream(),
      remote: TerminalState.initial(core.createTerminal(80, 24, "replica")),
      now,
      random: pooledRandom,
    });
  }

  /** Opens a session, 80 by 24. */
  static async open(core: Core, endpoint: Endpoint, events: ClientEvents): Promise<LoadClient> {
    const client = new LoadClient(core, endpoint, events, performance.now());
    await client.roam();
    client.transport.current.pushResize(80, 24);
    client.pass();
    return client;
  }

  get screen(): Terminal {
    return this.transport.latest.terminal;
  }

  type(bytes: Uint8Array): void {
    this.transport.current.pushBytes(bytes);
    this.pass();
  }

  /** From now on from another port. */
  async roam(): Promise<void> {
    const old = this.#socket;
    this.#socket = (await Bun.udpSocket({
      hostname: "127.0.0.1",
      binaryType: "uint8array",
      connect: { hostname: this.#endpoint.address ?? "127.0.0.1", port: this.#endpoint.port },
      socket: {
        data: (_socket: Socket, bytes: Uint8Array) => this.#receive(bytes),
        error: () => {
          this.sendErrors++;
        },
      },
    } as never)) as unknown as Socket;
    old?.close();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
    this.transport.release();
  }

  pass(): void {
    if (this.#closed) return;
    const now = performance.now();
    const ended = this.transport.ended(now);
    if (ended !== undefined) {
      this.#events.ended?.(this, ended);
      this.close();
      return;
    }
    this.transport.tick(now, (datagram) => {
      try {
        (this.#socket as unknown as { send(bytes: Uint8Array): boolean }).send(datagram);
      } catch {
        this.sendErrors++;
      }
    });
    const wait = Math.ceil(this.transport.waitTime(now));
    // A timer that is early only makes us look once more.
    if (now + wait >= this.#wakeAt) return;
    clearTimeout(this.#timer);
    this.#wakeAt = now + wait;
    this.#timer = setTimeout(this.#wake, wait);
  }

  readonly #wake = (): void => {
    this.#wakeAt = Number.POSITIVE_INFINITY;
    this.pass();
  };

  #receive(bytes: Uint8Array): void {
    if (this.#closed) return;
    const now = performance.now();
    const reception = this.transport.receive(bytes, now);
    if (reception.ok && reception.newState) {
      this.connectedAt ??= now;
      this.#events.frame?.(this, now);
    }
    this.pass();
  }
}
