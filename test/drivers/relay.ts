/**
 * A UDP relay in this process between a client and a server on loopback: loses, delays, reorders, duplicates and
 * records datagrams, goes dark, and moves the client to another address. Real time, seeded decisions: the fate of the
 * n-th datagram of a direction depends on the seed and n only. Used by test/interop and bench; the simulator under
 * test/simulation does the same in virtual time and without sockets.
 */
import type { udp } from "bun";

export type Direction = "to-server" | "to-client";

/** What happens to datagrams of one direction. Probabilities 0..1, times in ms. */
export interface Weather {
  loss: number;
  delay: number;
  /** Up to this much is added to the delay, evenly spread. */
  jitter: number;
  /** Probability of being held back by `reorderBy`, behind datagrams that were sent later. */
  reorder: number;
  reorderBy: number;
  duplicate: number;
}

const CALM: Weather = { loss: 0, delay: 0, jitter: 0, reorder: 0, reorderBy: 20, duplicate: 0 };

export interface Passage {
  readonly direction: Direction;
  readonly at: number;
  readonly bytes: Uint8Array;
  /** `foreign`: came to an address the client has left, so nobody gets it. */
  readonly fate: "sent" | "lost" | "dark" | "foreign";
  /** Address it came from. */
  readonly from: string;
}

/** splitmix32: 0 ≤ x < 1, small, seedable, good enough to choose fates. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
  };
}

type Socket = udp.Socket<"buffer">;

export interface RelayOptions {
  readonly serverPort: number;
  readonly serverHost?: string;
  readonly seed?: number;
  /** For both directions; change `weather` later for one. */
  readonly weather?: Partial<Weather>;
}

export class Relay {
  readonly weather: Record<Direction, Weather>;
  /** Every datagram that came in, in order. */
  readonly log: Passage[] = [];
  readonly #random: Record<Direction, () => number>;
  readonly #options: RelayOptions;
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  #front!: Socket;
  #back!: Socket;
  readonly #left: Socket[] = [];
  #client: { address: string; port: number } | undefined;
  #darkUntil = 0;
  #closed = false;

  private constructor(options: RelayOptions) {
    this.#options = options;
    const seed = options.seed ?? 1;
    this.weather = {
      "to-server": { ...CALM, ...options.weather },
      "to-client": { ...CALM, ...options.weather },
    };
    this.#random = { "to-server": seededRandom(seed), "to-client": seededRandom(seed ^ 0x5bd1e995) };
  }

  static async start(options: RelayOptions): Promise<Relay> {
    const relay = new Relay(options);
    relay.#front = await relay.#bind("127.0.0.1", (bytes, port, address) => {
      relay.#client = { address, port };
      relay.#arrive("to-server", bytes, `${address}:${port}`);
    });
    await relay.roam("127.0.0.1");
    return relay;
  }

  /** Port the client is to be pointed at, on 127.0.0.1. */
  get port(): number {
    return this.#front.port;
  }

  /** Address and port from which the server now sees the client. */
  get source(): string {
    return `${this.#back.hostname}:${this.#back.port}`;
  }

  /** Nothing passes in either direction for this long. */
  blackout(ms: number): void {
    this.#darkUntil = performance.now() + ms;
  }

  /**
   * From now on the server sees the client at another port and, if given, another loopback address. What the server
   * still sends to the old one is recorded as `foreign` and dropped, as a network the client has left would do.
   */
  async roam(address = "127.0.0.2"): Promise<void> {
    if (this.#back) this.#left.push(this.#back);
    const socket = await this.#bind(address, (bytes, port, from) => {
      if (socket === this.#back) this.#arrive("to-client", bytes, `${from}:${port}`);
      else this.#record("to-client", bytes, `${from}:${port}`, "foreign");
    });
    this.#back = socket;
  }

  /** Sends any bytes to the server from the client's present address, at once and unharmed. */
  injectToServer(bytes: Uint8Array): void {
    this.#send(this.#back, bytes, this.#options.serverPort, this.#options.serverHost ?? "127.0.0.1");
  }

  /** Sends any bytes to the client from the server's address as the client sees it. */
  injectToClient(bytes: Uint8Array): void {
    if (!this.#client) throw new Error("the relay has not heard of a client yet");
    this.#send(this.#front, bytes, this.#client.port, this.#client.address);
  }

  /** Sends any bytes to the server from an address that is not the client's. */
  async injectFromStranger(bytes: Uint8Array, address = "127.0.0.3"): Promise<void> {
    const socket = await this.#bind(address, (answer, port, from) =>
      this.#record("to-client", answer, `${from}:${port}`, "foreign"),
    );
    this.#left.push(socket);
    this.#send(socket, bytes, this.#options.serverPort, this.#options.serverHost ?? "127.0.0.1");
  }

  /** Recorded datagrams of one direction. */
  passed(direction: Direction): Passage[] {
    return this.log.filter((passage) => passage.direction === direction);
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const socket of [this.#front, this.#back, ...this.#left]) socket.close();
  }

  async #bind(
    hostname: string,
    data: (bytes: Uint8Array, port: number, from: string) => void,
  ): Promise<Socket> {
    return Bun.udpSocket({
      hostname,
      port: 0,
      binaryType: "buffer",
      socket: {
        data: (_socket, bytes, port, from) => data(Uint8Array.from(bytes), port, from),
        // An ICMP refusal when a peer has gone; without a handler it would end this process.
        error: () => {},
      },
    });
  }

  #record(direction: Direction, bytes: Uint8Array, from: string, fate: Passage["fate"]): void {
    this.log.push({ direction, at: performance.now(), bytes, fate, from });
  }

  #arrive(direction: Direction, bytes: Uint8Array, from: string): void {
    const weather = this.weather[direction];
    const random = this.#random[direction];
    // Always the same number of draws, so that a datagram's fate depends on its place alone.
    const [loss, jitter, reorder, duplicate, again] = [
      random(),
      random(),
      random(),
      random(),
      random(),
    ] as const;
    const dark = performance.now() < this.#darkUntil;
    const fate = dark ? "dark" : loss < weather.loss ? "lost" : "sent";
    this.#record(direction, bytes, from, fate);
    if (fate !== "sent") return;
    const late = reorder < weather.reorder ? weather.reorderBy : 0;
    this.#after(weather.delay + weather.jitter * jitter + late, direction, bytes);
    if (duplicate < weather.duplicate) this.#after(weather.delay + weather.jitter * again, direction, bytes);
  }

  #after(delay: number, direction: Direction, bytes: Uint8Array): void {
    const go = (): void => {
      if (this.#closed) return;
      if (direction === "to-server") this.injectToServer(bytes);
      else this.injectToClient(bytes);
    };
    if (delay <= 0) {
      go();
      return;
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      go();
    }, delay);
    this.#timers.add(timer);
  }

  #send(socket: Socket, bytes: Uint8Array, port: number, address: string): void {
    try {
      socket.send(bytes, port, address);
    } catch {
      // A refusal that came back from an earlier datagram: this one is lost, as on a real network.
    }
  }
}
