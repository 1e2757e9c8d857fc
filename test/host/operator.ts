/**
 * An operator's host for tests: the single executable, in a directory that every user can enter, with users of its own,
 * made and removed again. Root only; on loopback.
 */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Finished, run } from "../drivers/peers-run.ts";
import { alive, familyOf, kill, signal } from "../drivers/processes.ts";
import { until } from "../drivers/wait.ts";

const root = join(import.meta.dir, "../..");

/** True where users can be made. */
export const isRoot = process.getuid?.() === 0;

/** Everything a test file shares: the executable, users, keys. */
export class Place {
  readonly path = mkdtempSync(join(tmpdir(), "sterna-operator-"));
  readonly #users: string[] = [];
  readonly hosts: OperatorHost[] = [];

  constructor() {
    chmodSync(this.path, 0o755);
    const built = Bun.spawnSync([process.execPath, join(root, "tools/build.ts"), join(this.path, "dist")], {
      stdout: "pipe",
      stderr: "pipe",
    });
    if (built.exitCode !== 0) throw new Error(built.stderr.toString());
    const made = Bun.spawnSync(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", join(this.path, "id")]);
    if (made.exitCode !== 0) throw new Error(made.stderr.toString());
    writeFileSync(join(this.path, "env"), "");
  }

  get server(): string {
    return join(this.path, "dist", "sterna-server");
  }

  /** A user with a home, bash, and the test's key; `options` stand before the key. */
  addUser(suffix: string, options = ""): string {
    const name = `sterna${process.pid % 100_000}${suffix}`;
    const home = join(this.path, name);
    const made = Bun.spawnSync(["useradd", "-m", "-d", home, "-s", "/bin/bash", "-p", "*", name]);
    if (made.exitCode !== 0) throw new Error(made.stderr.toString());
    this.#users.push(name);
    this.authorize(name, `${options}${options ? " " : ""}${readFileSync(join(this.path, "id.pub"), "utf8")}`);
    writeFileSync(join(home, ".hushlogin"), "");
    writeFileSync(join(home, ".bashrc"), "PS1='$ '\n");
    return name;
  }

  /** What stands in the user's authorized_keys. */
  authorize(name: string, text: string): void {
    const ssh = join(this.path, name, ".ssh");
    mkdirSync(ssh, { recursive: true, mode: 0o700 });
    writeFileSync(join(ssh, "authorized_keys"), text, { mode: 0o600 });
    const { uid, gid } = this.ids(name);
    for (const path of [ssh, join(ssh, "authorized_keys")]) chownSync(path, uid, gid);
  }

  ids(name: string): { readonly uid: number; readonly gid: number } {
    const fields = Bun.spawnSync(["getent", "passwd", name]).stdout.toString().split(":");
    return { uid: Number(fields[2]), gid: Number(fields[3]) };
  }

  /** Runs a program as that user, with nothing of this process's environment. */
  as(
    name: string,
    command: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Finished> {
    const { uid, gid } = this.ids(name);
    return run(
      ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--init-groups", "--", ...command],
      {
        PATH: process.env.PATH!,
        HOME: join(this.path, name),
        USER: name,
        LANG: "C.UTF-8",
        ...env,
      },
      "/",
    );
  }

  async start(config: string, options: readonly string[] = []): Promise<OperatorHost> {
    const host = new OperatorHost(this, config, options, this.hosts.length);
    this.hosts.push(host);
    await until(
      "the host to start",
      () => host.log().includes("host started") || !host.running,
      undefined,
      () => host.log(),
    );
    if (!host.running) throw new Error(host.log());
    return host;
  }

  async remove(): Promise<void> {
    for (const host of this.hosts) await host.stop();
    for (const name of this.#users) {
      const { uid } = this.ids(name);
      const left = Bun.spawnSync(["pgrep", "-U", String(uid)])
        .stdout.toString()
        .split("\n")
        .filter(Boolean);
      await kill(left.map(Number));
      await removeUser(name);
    }
    rmSync(this.path, { recursive: true, force: true });
  }
}

export class OperatorHost {
  readonly #place: Place;
  readonly #child: Bun.Subprocess;
  readonly directory: string;
  readonly #log: string;
  readonly config: string;

  constructor(place: Place, config: string, options: readonly string[], number: number) {
    this.#place = place;
    this.directory = join(place.path, `run-${number}`);
    this.#log = join(place.path, `log-${number}`);
    this.config = join(place.path, `host-${number}.toml`);
    writeFileSync(this.config, config);
    const log = Bun.file(this.#log);
    this.#child = Bun.spawn(
      [place.server, "host", "--config", this.config, "--directory", this.directory, ...options],
      { env: { PATH: process.env.PATH! }, stdin: "ignore", stdout: "ignore", stderr: log },
    );
  }

  /** What `STERNA_HOST` must be to reach it. */
  get env(): Readonly<Record<string, string>> {
    return { STERNA_HOST: this.directory };
  }

  get pid(): number {
    return this.#child.pid;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null && alive(this.#child.pid);
  }

  log(): string {
    return existsSync(this.#log) ? readFileSync(this.#log, "utf8") : "";
  }

  /** Process ids of the shards, by number. */
  shards(): number[] {
    const pids: number[] = [];
    for (const match of this.log().matchAll(/shard started shard=(\d+) pid=(\d+)/g))
      pids[Number(match[1])] = Number(match[2]);
    return pids;
  }

  signal(name: NodeJS.Signals): void {
    signal(this.#child.pid, name);
  }

  /** Root's own command line. */
  run(...args: string[]): Promise<Finished> {
    return run([this.#place.server, ...args], { PATH: process.env.PATH!, HOME: "/root", ...this.env }, "/");
  }

  /** `new` or `attach` by a user: where the session is. */
  async connect(
    user: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly port: number; readonly key: string; readonly session: string }> {
    const { out, err } = await this.#place.as(user, [this.#place.server, ...args], { ...this.env, ...env });
    const connect = /^MOSH CONNECT (\d+) ([A-Za-z0-9/+]{22})$/m.exec(out);
    const said = /^\[session (\S+) /m.exec(err);
    if (!connect || !said) throw new Error(`${args.join(" ")}:\n${out}\n${err}`);
    return { port: Number(connect[1]), key: connect[2]!, session: said[1]! };
  }

  async stop(): Promise<void> {
    await kill(familyOf(this.#child.pid));
    await this.#child.exited;
  }
}

/** A user with processes, also dead ones that nobody has reaped yet, cannot be removed: waits for their end. */
export async function removeUser(name: string): Promise<void> {
  let said = "";
  await until(
    `user ${name} to be removed`,
    () => {
      const { exitCode, stderr } = Bun.spawnSync(["userdel", name]);
      said = stderr.toString();
      return exitCode === 0;
    },
    undefined,
    () => said,
  );
}

/** A TCP port of 127.0.0.1 that was free a moment ago. */
export function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = listener;
  listener.stop(true);
  return port;
}
