/**
 * A gateway in this process, in front of a host that is made of what the test says: one user, one key, real sockets on
 * loopback. For test/gateway; test/host has the gateway of a real host.
 */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, type ConnectConfig } from "ssh2";
import type { Account } from "../../server/account.ts";
import { Gateway, type GatewayOptions } from "../../server/gateway/gateway.ts";
import { Login } from "../../server/gateway/login.ts";
import type { SessionContext } from "../../server/gateway/session.ts";
import type { Fields } from "../../server/operator/log.ts";

export class Door {
  readonly path = mkdtempSync(join(tmpdir(), "sterna-door-"));
  readonly user: Account = {
    name: "alice",
    uid: process.getuid!(),
    gid: process.getgid!(),
    home: join(this.path, "home"),
    shell: "/bin/sh",
  };
  readonly events: { readonly event: string; readonly fields: Fields }[] = [];
  /** What the sessions get beside the usual. */
  context: Partial<SessionContext> = {};
  #gateway: Gateway | undefined;

  constructor() {
    mkdirSync(join(this.user.home, ".ssh"), { recursive: true, mode: 0o700 });
    chmodSync(this.user.home, 0o755);
    for (const name of ["id", "other"])
      Bun.spawnSync(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", join(this.path, name)]);
    this.authorize("");
  }

  /** What stands before the key in authorized_keys. */
  authorize(options: string): void {
    const key = readFileSync(join(this.path, "id.pub"), "utf8");
    writeFileSync(join(this.user.home, ".ssh/authorized_keys"), `${options} ${key}`, { mode: 0o600 });
  }

  async open(options: Partial<GatewayOptions> = {}): Promise<this> {
    const log = (_level: string, event: string, fields: Fields): void => {
      this.events.push({ event, fields });
    };
    this.#gateway = await Gateway.start({
      listen: [{ address: "127.0.0.1", port: 0 }],
      hostKeys: join(this.path, "keys"),
      graceTime: 30_000,
      maxConnections: 500,
      clock: () => performance.now(),
      random: () => 0,
      log,
      login: new Login({
        account: (name) => (name === this.user.name ? this.user : undefined),
        refusal: () => undefined,
        log,
        now: () => Date.now(),
      }),
      context: (account, forced, sshConnection) => ({
        account,
        forced,
        sshConnection,
        environment: {},
        connectHost: () =>
          Promise.resolve({
            request: () => Promise.resolve({ ok: true, sessions: [] } as never),
            close: () => {},
          }),
        openStream: () => Promise.reject(new Error("no streams here")),
        runLine: undefined,
        ...this.context,
      }),
      ...options,
    });
    return this;
  }

  get gateway(): Gateway {
    return this.#gateway!;
  }

  get port(): number {
    return this.gateway.ports[0]!;
  }

  /** Reasons of the events of that name. */
  reasons(event: string): string[] {
    return this.events.filter((one) => one.event === event).map(({ fields }) => String(fields.reason));
  }

  /** A connection that says nothing by itself. `closed`: the gateway has no more to say. */
  socket(localAddress = "127.0.0.1"): { socket: Socket; closed: Promise<void>; text: () => string } {
    const closed = Promise.withResolvers<void>();
    // Half open: this end stays even when the gateway has said its last word.
    const socket = createConnection({
      host: "127.0.0.1",
      port: this.port,
      localAddress,
      allowHalfOpen: true,
    });
    let text = "";
    socket.on("data", (bytes) => {
      text += bytes.toString("latin1");
    });
    socket
      .on("error", () => {})
      .on("end", () => closed.resolve())
      .on("close", () => closed.resolve());
    return { socket, closed: closed.promise, text: () => text };
  }

  /** A client of the library's that has logged in. */
  client(options: ConnectConfig = {}): Promise<Client> {
    const { promise, resolve, reject } = Promise.withResolvers<Client>();
    const client = new Client();
    client.on("ready", () => resolve(client)).on("error", reject);
    client.on("close", () => reject(new Error("the gateway has closed the connection")));
    client.connect({
      host: "127.0.0.1",
      port: this.port,
      username: this.user.name,
      privateKey: readFileSync(join(this.path, "id")),
      ...options,
    });
    return promise;
  }

  /** Stock ssh. */
  async ssh(words: readonly string[], options: readonly string[] = [], stdin: "ignore" | Blob = "ignore") {
    const child = Bun.spawn(
      [
        ...["ssh", "-F", "none", "-p", String(this.port), "-i", join(this.path, "id")],
        ...["-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", "-o", "LogLevel=ERROR"],
        ...["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"],
        ...options,
        `${this.user.name}@127.0.0.1`,
        ...words,
      ],
      { env: { PATH: process.env.PATH! }, stdin, stdout: "pipe", stderr: "pipe" },
    );
    const [out, err] = await Promise.all([child.stdout.text(), child.stderr.text()]);
    return { status: await child.exited, out, err };
  }

  close(): void {
    this.#gateway?.close();
    rmSync(this.path, { recursive: true, force: true });
  }
}
