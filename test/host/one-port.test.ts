/**
 * Single-port mode: 200 sessions on two shards behind one UDP port, real processes, every client moving from port to port.
 * Run without root, as anybody can.
 */
import { afterAll, expect } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Home } from "../drivers/home.ts";
import { run, serverProgram } from "../drivers/peers-run.ts";
import { familyOf, kill } from "../drivers/processes.ts";
import { until } from "../drivers/wait.ts";
import { peer } from "../peers.ts";
import { Probe } from "../server/probe.ts";
import { Random } from "../simulation/random.ts";

const SESSIONS = 200;
const SEED = 20261128;
const home = new Home();
/** Processes that were started, and what they have started. */
const started = new Set<number>();
afterAll(async () => {
  Probe.closeAll();
  for (const pid of [...started]) for (const member of familyOf(pid)) started.add(member);
  await kill([...started]);
  await home.remove();
}, 60_000);

/** A host with one port for all. */
class OnePort {
  readonly directory: string;
  readonly port: number;
  readonly #config: string;
  readonly env: Readonly<Record<string, string>>;

  private constructor(name: string, port: number, shards: number) {
    this.port = port;
    this.directory = join(home.path, name);
    this.#config = join(home.path, `${name}.toml`);
    mkdirSync(this.directory, { mode: 0o700 });
    const user = process.getuid!() === 0 ? '[users]\nroot = true\n[host]\nstart = "setpriv"\n' : "[host]\n";
    writeFileSync(this.#config, `${user}listen = ["127.0.0.1"]\nports = ${port}\nshards = ${shards}\n`);
    this.env = { ...home.env, STERNA_HOST: this.directory };
  }

  static async make(name: string, shards: number): Promise<OnePort> {
    const holder = await Bun.udpSocket({ hostname: "127.0.0.1", port: 0, socket: { data() {}, error() {} } });
    const { port } = holder;
    holder.close();
    return new OnePort(name, port, shards);
  }

  /** Starts a supervisor. */
  async start(): Promise<Bun.Subprocess> {
    const log = join(home.path, `log-${started.size}`);
    const host = Bun.spawn(
      [...serverProgram("sterna"), "host", "--config", this.#config, "--directory", this.directory],
      { env: { ...home.env }, stdin: "ignore", stdout: "ignore", stderr: Bun.file(log) },
    );
    started.add(host.pid);
    await until(
      "the host",
      () => readFileSync(log, "utf8").includes("host started"),
      undefined,
      () => readFileSync(log, "utf8"),
    );
    return host;
  }

  /** A client of a new session. */
  async open(): Promise<Probe> {
    const { out, err } = await run([...serverProgram("sterna"), "new", "--", "cat"], this.env, home.path);
    const match = /^MOSH CONNECT (\d+) (\S+)$/m.exec(out);
    if (!match) throw new Error(err);
    expect(Number(match[1])).toBe(this.port);
    return Probe.connect({ port: this.port, key: match[2]! });
  }
}

/** Types a line to each `cat`, which says it again, so that it stands there twice. */
async function echoes(probes: Iterable<Probe>, text: (at: number) => string): Promise<void> {
  await Promise.all(
    [...probes].map((probe, at) => {
      probe.type(`${text(at)}\r`);
      return probe.shows(new RegExp(`^${text(at)}\n${text(at)}$`, "m"));
    }),
  );
}

peer("cat")(
  `${SESSIONS} sessions share a port of two shards, and all of them roam (seed ${SEED})`,
  async () => {
    const host = await OnePort.make("many", 2);
    await host.start();
    const probes: Probe[] = [];
    while (probes.length < SESSIONS)
      probes.push(...(await Promise.all(Array.from({ length: 8 }, () => host.open()))));
    const random = new Random(SEED);
    for (let round = 0; round < 3; round++) {
      for (const probe of probes) if (random.chance(0.7)) await probe.roam();
      await echoes(probes, (at) => `${at}r${round}`);
    }
    // Nobody has seen anybody else's.
    for (const [i, probe] of probes.entries()) {
      for (const row of probe.rows) expect(row === "" || row.startsWith(`${i}r`)).toBe(true);
    }
    const list = await run([...serverProgram("sterna"), "list", "--json"], host.env, home.path);
    const shards = (JSON.parse(list.out) as { shard: number }[]).map(({ shard }) => shard);
    // Placement goes by load, too: on a busy machine not quite one by one.
    expect(Math.abs(shards.filter((shard) => shard === 0).length - SESSIONS / 2)).toBeLessThanOrEqual(
      SESSIONS / 20,
    );
  },
  90_000,
);

peer("cat")("a new host shares its port with the shards that a killed one has left", async () => {
  const host = await OnePort.make("again", 1);
  const first = await host.start();
  const old = await Promise.all(Array.from({ length: 12 }, () => host.open()));
  await echoes(old, (at) => `before ${at}`);
  // The shards go on with their sessions; the end of the test ends them.
  for (const pid of familyOf(first.pid)) started.add(pid);
  first.kill("SIGKILL");
  await first.exited;
  await host.start();
  const fresh = await Promise.all(Array.from({ length: 12 }, () => host.open()));
  // The kernel shares out between old and new by the sender's port, of which each has several.
  for (let round = 0; round < 3; round++) {
    for (const probe of [...old, ...fresh]) await probe.roam();
    await echoes([...old, ...fresh], (at) => `${at} in ${round}`);
  }
});
