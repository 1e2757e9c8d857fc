/**
 * A real OpenSSH server on a free loopback port, with keys and configuration of its own in a temporary directory, and a
 * client configuration that logs in to it as the current user without asking anything. Used by test/interop and bench.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { Home } from "./home.ts";
import { familyOf, kill, TOKEN_VARIABLE } from "./processes.ts";
import { until } from "./wait.ts";

/** The name by which the client's configuration knows the server. */
export const HOST_ALIAS = "sterna-test";

/** A TCP port of 127.0.0.1 that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no TCP port");
  return address.port;
}

/** Of the password entry: an environment without USER must not matter. */
function userName(): string {
  return Bun.spawnSync(["id", "-un"]).stdout.toString().trim();
}

async function makeKey(path: string): Promise<void> {
  const child = Bun.spawn(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", path], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  if ((await child.exited) !== 0) throw new Error(`ssh-keygen: ${await child.stderr.text()}`);
}

export class Sshd {
  readonly #child: Bun.Subprocess;
  readonly port: number;
  readonly #directory: string;

  private constructor(child: Bun.Subprocess, port: number, directory: string) {
    this.#child = child;
    this.port = port;
    this.#directory = directory;
  }

  /** Sessions get the test's home directory and token from the server, whatever the client sends. */
  static async start(home: Home): Promise<Sshd> {
    const directory = join(home.path, "ssh");
    mkdirSync(directory, { mode: 0o700 });
    const file = (name: string): string => join(directory, name);
    await Promise.all([makeKey(file("host")), makeKey(file("user"))]);
    writeFileSync(file("authorized_keys"), readFileSync(file("user.pub")), { mode: 0o600 });
    const [type, key] = readFileSync(file("host.pub"), "utf8").split(" ");
    writeFileSync(file("known_hosts"), `${HOST_ALIAS} ${type} ${key}\n`);

    // Privilege separation of a server run by root wants this directory, which a machine without a running one lacks.
    if (process.getuid?.() === 0 && !existsSync("/run/sshd")) mkdirSync("/run/sshd", { mode: 0o755 });
    const port = await freePort();
    writeFileSync(
      file("sshd_config"),
      [
        `Port ${port}`,
        "ListenAddress 127.0.0.1",
        `HostKey ${file("host")}`,
        `AuthorizedKeysFile ${file("authorized_keys")}`,
        "StrictModes no",
        "UsePAM no",
        "PidFile none",
        "PasswordAuthentication no",
        "KbdInteractiveAuthentication no",
        "PermitRootLogin yes",
        "PrintMotd no",
        "PrintLastLog no",
        "UseDNS no",
        "AcceptEnv LANG LC_*",
        // A process for each session, as everywhere in these tests: a host of the user's own would be shared by all.
        `SetEnv HOME=${home.path} PATH="${home.env.PATH}" PS1="$ " STERNA_HOST=none ${TOKEN_VARIABLE}=${home.token}`,
        "",
      ].join("\n"),
    );
    writeFileSync(
      file("config"),
      [
        "Host *",
        "  HostName 127.0.0.1",
        `  HostKeyAlias ${HOST_ALIAS}`,
        `  Port ${port}`,
        `  User ${userName()}`,
        `  IdentityFile ${file("user")}`,
        "  IdentitiesOnly yes",
        "  IdentityAgent none",
        `  UserKnownHostsFile ${file("known_hosts")}`,
        "  GlobalKnownHostsFile /dev/null",
        "  StrictHostKeyChecking yes",
        "  BatchMode yes",
        "  LogLevel ERROR",
        "  SendEnv LANG LC_*",
        "",
      ].join("\n"),
    );

    const path = Bun.which("sshd", { PATH: `${process.env.PATH ?? ""}:/usr/sbin:/sbin` });
    if (!path) throw new Error("sshd is not installed");
    const child = Bun.spawn([path, "-D", "-E", file("log"), "-f", file("sshd_config")], {
      env: { PATH: home.env.PATH! },
      stdin: "ignore",
      stdout: "ignore",
      stderr: "ignore",
    });
    const sshd = new Sshd(child, port, directory);
    await until(
      "sshd to listen",
      () => sshd.log().includes("Server listening on"),
      undefined,
      () => sshd.log(),
    );
    return sshd;
  }

  /** Configuration file of the client. */
  get configuration(): string {
    return join(this.#directory, "config");
  }

  /** The client's command line, for `--ssh`. */
  get command(): string {
    return `ssh -F ${this.configuration}`;
  }

  log(): string {
    const path = join(this.#directory, "log");
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  }

  /** Processes that serve a connection: none once every ssh has returned. */
  connections(): number[] {
    return familyOf(this.#child.pid).filter((pid) => pid !== this.#child.pid);
  }

  async stop(): Promise<void> {
    await kill(familyOf(this.#child.pid));
    await this.#child.exited;
  }
}
