/** A host with a supervisor for tests, run without root as anybody can, in a home of its own; and its successors. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Home } from "../drivers/home.ts";
import { type Finished, run, serverProgram } from "../drivers/peers-run.ts";
import { familyOf, kill } from "../drivers/processes.ts";
import { until } from "../drivers/wait.ts";
import { Probe } from "../server/probe.ts";

/** One supervisor, of possibly several one after the other. */
export interface Supervisor {
  readonly process: Bun.Subprocess;
  log(): string;
}

export class SupervisedHost {
  /** Of the test file that runs; the next one has another. */
  static #home: Home | undefined;
  /** Processes that were started, and what they have started. */
  static readonly #started = new Set<number>();
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  readonly #config: string;

  private static get home(): Home {
    SupervisedHost.#home ??= new Home();
    return SupervisedHost.#home;
  }

  /** @param settings lines of `[host]` */
  constructor(name: string, settings: string) {
    const { home } = SupervisedHost;
    this.directory = join(home.path, name);
    this.#config = join(home.path, `${name}.toml`);
    mkdirSync(this.directory, { mode: 0o700 });
    const user = process.getuid!() === 0 ? '[users]\nroot = true\n[host]\nstart = "setpriv"\n' : "[host]\n";
    writeFileSync(this.#config, `${user}listen = ["127.0.0.1"]\n${settings}\n`);
    this.env = { ...home.env, STERNA_HOST: this.directory };
  }

  /** Starts a supervisor and waits until it serves. */
  async start(): Promise<Supervisor> {
    const supervisor = this.launch();
    await until("the host", () => supervisor.log().includes("host started"), undefined, supervisor.log);
    return supervisor;
  }

  launch(): Supervisor {
    const path = join(SupervisedHost.home.path, `log-${SupervisedHost.#started.size}`);
    const child = Bun.spawn(
      [...serverProgram("sterna"), "host", "--config", this.#config, "--directory", this.directory],
      {
        env: { ...SupervisedHost.home.env },
        stdin: "ignore",
        stdout: "ignore",
        stderr: Bun.file(path),
      },
    );
    SupervisedHost.#started.add(child.pid);
    return { process: child, log: () => readFileSync(path, "utf8") };
  }

  /** Ends a supervisor alone; its shards will be ended when all is over. */
  async end(supervisor: Supervisor, signal: NodeJS.Signals): Promise<number | null> {
    for (const pid of familyOf(supervisor.process.pid)) SupervisedHost.#started.add(pid);
    supervisor.process.kill(signal);
    await supervisor.process.exited;
    return supervisor.process.exitCode;
  }

  run(args: readonly string[]): Promise<Finished> {
    return run([...serverProgram("sterna"), ...args], this.env, SupervisedHost.home.path);
  }

  /** A client of what `new` or `attach` with these words gives. */
  async open(...args: string[]): Promise<Probe> {
    const { out, err } = await this.run(args);
    const match = /^MOSH CONNECT (\d+) (\S+)$/m.exec(out);
    if (!match) throw new Error(err);
    return Probe.connect({ port: Number(match[1]), key: match[2]! });
  }

  async list(): Promise<readonly { readonly name: string; readonly shard: number }[]> {
    return JSON.parse((await this.run(["list", "--json"])).out);
  }

  /** Ends everything that was started. */
  static async remove(): Promise<void> {
    Probe.closeAll();
    const started = SupervisedHost.#started;
    for (const pid of [...started]) for (const member of familyOf(pid)) started.add(member);
    await kill([...started]);
    started.clear();
    await SupervisedHost.#home?.remove();
    SupervisedHost.#home = undefined;
  }
}

/** A UDP port of 127.0.0.1 that was free a moment ago. */
export async function freeUdpPort(): Promise<number> {
  const holder = await Bun.udpSocket({ hostname: "127.0.0.1", port: 0, socket: { data() {}, error() {} } });
  const { port } = holder;
  holder.close();
  return port;
}
