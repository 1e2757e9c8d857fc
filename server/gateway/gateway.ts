/**
 * The ssh gateway: people log in with their keys and get sessions of the host, by `mosh`, by `sterna`, or shown over the
 * connection itself. A process of its own, since a key exchange takes milliseconds of pure computing. It holds no
 * session: everything it does goes through the host's control socket. Called by gateway-process.ts.
 */
import { type Connection, Server, type ServerConfig } from "ssh2";
import { type ConnectionOptions, handleConnection } from "./connection.ts";
import { loadHostKeys } from "./host-keys.ts";
import { Penalties } from "./penalties.ts";

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

export interface GatewayOptions extends Pick<ConnectionOptions, "login" | "graceTime" | "log" | "context"> {
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
  readonly #servers: Server[] = [];
  readonly #connections = new Set<Connection>();
  #startups = 0;
  #draining = false;

  private constructor(options: GatewayOptions) {
    this.#options = options;
  }

  /** @throws HostKeyError, or Error if an address or port cannot be bound */
  static async start(options: GatewayOptions): Promise<Gateway> {
    const gateway = new Gateway(options);
    const hostKeys = loadHostKeys(options.hostKeys);
    for (const { address, port } of options.listen) {
      const server = new Server({ hostKeys, algorithms: ALGORITHMS, ident: "sterna" }, (connection, info) =>
        gateway.#accept(connection, info),
      );
      server.on("error", (error: Error) =>
        options.log("warn", "ssh socket failed", { address, reason: error.message }),
      );
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(port, address, () => {
          server.off("error", reject);
          resolve();
        });
      });
      gateway.#servers.push(server);
    }
    return gateway;
  }

  /** Ports that it listens at, in the order of the addresses. */
  get ports(): readonly number[] {
    return this.#servers.map((server) => (server.address() as { port: number }).port);
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** No new connections. */
  drain(): void {
    this.#draining = true;
    for (const server of this.#servers) server.close();
  }

  close(): void {
    this.drain();
    for (const connection of this.#connections) connection.end();
  }

  #accept(connection: Connection, { ip, port }: { readonly ip: string; readonly port: number }): void {
    const { log, clock } = this.#options;
    connection.on("error", () => {});
    const reason = this.#refusal(ip);
    if (reason !== undefined) {
      log("info", "connection refused", { from: ip, reason });
      connection.end();
      return;
    }
    this.#connections.add(connection);
    this.#startups++;
    let starting = true;
    const started = (): void => {
      if (starting) this.#startups--;
      starting = false;
    };
    connection.on("close", () => {
      this.#connections.delete(connection);
      started();
    });
    const { _sock: socket } = connection as unknown as {
      _sock?: { setKeepAlive(on: boolean, delay: number): void; setNoDelay(on: boolean): void };
    };
    socket?.setKeepAlive(true, KEEPALIVE_MS);
    socket?.setNoDelay(true);
    handleConnection(connection, {
      ...this.#options,
      address: ip,
      port,
      offence: (offence) => this.#penalties.add(ip, offence, clock()),
      authenticated: started,
    });
  }

  #refusal(address: string): string | undefined {
    const { maxConnections, clock, random } = this.#options;
    if (this.#draining) return "draining";
    if (this.#penalties.refuses(address, clock())) return "penalty";
    if (this.#connections.size >= maxConnections) return "too many connections";
    const surplus = (this.#startups - STARTUPS.free) / (STARTUPS.most - STARTUPS.free);
    return surplus > 0 && random() < surplus ? "too many logins at once" : undefined;
  }
}
