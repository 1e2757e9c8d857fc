/**
 * The ssh gateway: people log in with their keys and get sessions of the host, by `mosh`, by `sterna`, or shown over the
 * connection itself. A process of its own, since a key exchange takes milliseconds of pure computing. It holds no
 * session: everything it does goes through the host's control socket. Called by gateway-process.ts.
 */
import { createServer, type Server as Listener, type Socket } from "node:net";
import { type Connection, Server, type ServerConfig } from "ssh2";
import { type ConnectionOptions, handleConnection } from "./connection.ts";
import { socketOf } from "./flow.ts";
import { loadHostKeys } from "./host-keys.ts";
import { type Offence, Penalties } from "./penalties.ts";

/** Connections that have not logged in yet. Beyond, new ones are refused with growing probability, as by MaxStartups. */
const STARTUPS = { free: 20, most: 100 };
/** What no client needs any more is not offered: no SHA-1, no CBC, no finite-field groups that block for long. */
const ALGORITHMS: NonNullable<ServerConfig["algorithms"]> = {
  kex: [
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
  ],
  cipher: ["aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes192-ctr", "aes256-ctr"],
  hmac: ["hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha2-256", "hmac-sha2-512"],
  compress: ["none"],
};
const KEEPALIVE_MS = 60_000;
/**
 * Bytes of answers that may wait for a client, before and after its login. Beyond, it is not read until it has read: there
 * are many messages that must be answered, and who answers without an end needs memory without one. After the login it is
 * far beyond what a session may leave there (flow.ts), since keys must be read while much is shown.
 */
const MOST_ANSWERS = { before: 64 * 1024, after: 8 * 1024 * 1024 };
/** A laptop may sleep, a tunnel may be long: a client that says nothing is asked each minute, and given up after 15. */
const PATIENCE = { keepaliveInterval: KEEPALIVE_MS, keepaliveCountMax: 15 };
/** After the last word to it, a client has so long to hang up. */
const LINGER_MS = 2000;
/** So many at once are told that they are refused; the others are cut off. */
const MAX_REFUSED = 100;

export interface GatewayOptions extends Pick<ConnectionOptions, "login" | "log" | "context"> {
  /** ms from the first packet of TCP until somebody must have logged in; 0: no limit. */
  readonly graceTime: number;
  readonly listen: readonly { readonly address: string; readonly port: number }[];
  /** Directory of the host keys. */
  readonly hostKeys: string;
  readonly maxConnections: number;
  /** ms, monotonic. */
  readonly clock: () => number;
  /** 0 ≤ x < 1; chooses who is refused when too many log in at once. */
  readonly random: () => number;
}

export class Gateway {
  readonly #options: GatewayOptions;
  readonly #penalties = new Penalties();
  readonly #listeners: Listener[] = [];
  /** From accept(2) on, so also those that have not said a word. */
  readonly #sockets = new Set<Socket>();
  /** By socket, until the client has named itself. */
  readonly #waiting = new Map<Socket, (connection: Connection, port: number) => void>();
  readonly #ssh: Server;
  #startups = 0;
  #refused = 0;
  #draining = false;

  private constructor(options: GatewayOptions) {
    this.#options = options;
    // It never listens by itself: it speaks up only for clients that have sent their first line.
    const hostKeys = loadHostKeys(options.hostKeys);
    this.#ssh = new Server(
      { hostKeys, algorithms: ALGORITHMS, ident: "sterna", ...PATIENCE },
      (connection, { port }) => this.#waiting.get(socketOf(connection))?.(connection, port),
    );
  }

  /** @throws HostKeyError, or Error if an address or port cannot be bound */
  static async start(options: GatewayOptions): Promise<Gateway> {
    const gateway = new Gateway(options);
    for (const { address, port } of options.listen) {
      const listener = createServer((socket) => gateway.#accept(socket));
      await new Promise<void>((resolve, reject) => {
        listener.once("error", reject);
        listener.listen(port, address, () => {
          listener.off("error", reject);
          resolve();
        });
      });
      listener.on("error", (error: Error) =>
        options.log("warn", "ssh socket failed", { address, reason: error.message }),
      );
      gateway.#listeners.push(listener);
    }
    return gateway;
  }

  /** Ports that it listens at, in the order of the addresses. */
  get ports(): readonly number[] {
    return this.#listeners.map((listener) => (listener.address() as { port: number }).port);
  }

  get connections(): number {
    return this.#sockets.size;
  }

  /** No new connections. */
  drain(): void {
    this.#draining = true;
    for (const listener of this.#listeners) listener.close();
  }

  close(): void {
    this.drain();
    for (const socket of this.#sockets) socket.destroy();
  }

  #accept(socket: Socket): void {
    const { log, clock, graceTime } = this.#options;
    socket.on("error", () => {});
    const address = socket.remoteAddress;
    // It has gone again already.
    if (address === undefined) {
      socket.destroy();
      return;
    }
    const reason = this.#refusal(address);
    if (reason !== undefined) {
      log("info", "connection refused", { from: address, reason });
      if (this.#refused >= MAX_REFUSED) {
        socket.destroy();
        return;
      }
      this.#refused++;
      socket.on("close", () => {
        this.#refused--;
      });
      socket.end("Not allowed at this time\r\n");
      hangUp(socket);
      return;
    }
    this.#sockets.add(socket);
    this.#startups++;
    let starting = true;
    const started = (): void => {
      if (starting) this.#startups--;
      starting = false;
      clearTimeout(grace);
    };
    let penalized = false;
    const offence = (kind: Offence): void => {
      if (starting && !penalized) this.#penalties.add(address, kind, clock());
      penalized = true;
    };
    const grace =
      graceTime > 0
        ? setTimeout(() => {
            offence("silent");
            socket.destroy();
          }, graceTime)
        : undefined;
    socket.setKeepAlive(true, KEEPALIVE_MS);
    socket.setNoDelay(true);
    this.#waiting.set(socket, (connection, port) => {
      this.#waiting.delete(socket);
      handleConnection(connection, {
        ...this.#options,
        address,
        port,
        offence,
        hangUp: () => {
          connection.end();
          hangUp(socket);
        },
        authenticated: started,
      });
    });
    this.#ssh.injectSocket(socket);
    socket.on("data", () => {
      if (socket.writableLength <= (starting ? MOST_ANSWERS.before : MOST_ANSWERS.after)) return;
      socket.pause();
      socket.once("drain", () => socket.resume());
    });
    socket.on("end", () => hangUp(socket));
    // After what the connection makes of its end.
    socket.on("close", () => {
      this.#sockets.delete(socket);
      this.#waiting.delete(socket);
      offence("broken");
      started();
    });
  }

  #refusal(address: string): string | undefined {
    const { maxConnections, clock, random } = this.#options;
    if (this.#draining) return "draining";
    if (this.#penalties.refuses(address, clock())) return "penalty";
    if (this.#sockets.size >= maxConnections) return "too many connections";
    const surplus = (this.#startups - STARTUPS.free) / (STARTUPS.most - STARTUPS.free);
    return surplus > 0 && random() < surplus ? "too many logins at once" : undefined;
  }
}

/** A client that does not hang up by itself, or does not read what is left for it, is not waited for. */
function hangUp(socket: Socket): void {
  socket.resume();
  const patience = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.on("close", () => clearTimeout(patience));
}
