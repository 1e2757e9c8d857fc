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
let host: Bun.Subprocess | undefined;
afterAll(async () => {
  Probe.closeAll();
  if (host) await kill(familyOf(host.pid));
  await home.remove();
}, 60_000);

peer("cat")(
  `${SESSIONS} sessions share a port of two shards, and all of them roam (seed ${SEED})`,
  async () => {
    const directory = join(home.path, "run", "host");
    mkdirSync(directory, { mode: 0o700 });
    const holder = await Bun.udpSocket({ hostname: "127.0.0.1", port: 0, socket: { data() {}, error() {} } });
    const { port } = holder;
    holder.close();
    const config = join(home.path, "host.toml");
    const user = process.getuid!() === 0 ? '[users]\nroot = true\n[host]\nstart = "setpriv"\n' : "[host]\n";
    writeFileSync(config, `${user}listen = ["127.0.0.1"]\nports = ${port}\nshards = 2\n`);
    const log = join(home.path, "log");
    host = Bun.spawn([...serverProgram("sterna"), "host", "--config", config, "--directory", directory], {
      env: { ...home.env },
      stdin: "ignore",
      stdout: "ignore",
      stderr: Bun.file(log),
    });
    await until(
      "the host",
      () => readFileSync(log, "utf8").includes("host started"),
      undefined,
      () => readFileSync(log, "utf8"),
    );
    const env = { ...home.env, STERNA_HOST: directory };
    const open = async (): Promise<Probe> => {
      const { out, err } = await run([...serverProgram("sterna"), "new", "--", "cat"], env, home.path);
      const match = /^MOSH CONNECT (\d+) (\S+)$/m.exec(out);
      if (!match) throw new Error(err);
      expect(Number(match[1])).toBe(port);
      return Probe.connect({ port, key: match[2]! });
    };
    const probes: Probe[] = [];
    while (probes.length < SESSIONS) probes.push(...(await Promise.all(Array.from({ length: 8 }, open))));
    const random = new Random(SEED);
    const expected = new Map<Probe, string>();
    for (let round = 0; round < 3; round++) {
      for (const [i, probe] of probes.entries()) {
        if (random.chance(0.7)) await probe.roam();
        const text = `${i}r${round}`;
        expected.set(probe, text);
        probe.type(`${text}\r`);
      }
      // cat says it again, so it stands there twice.
      await Promise.all(
        [...expected].map(([probe, text]) => probe.shows(new RegExp(`^${text}\n${text}$`, "m"))),
      );
    }
    // Nobody has seen anybody else's.
    for (const [i, probe] of probes.entries()) {
      for (const row of probe.rows) expect(row === "" || row.startsWith(`${i}r`)).toBe(true);
    }
    const list = await run([...serverProgram("sterna"), "list", "--json"], env, home.path);
    const shards = (JSON.parse(list.out) as { shard: number }[]).map(({ shard }) => shard);
    // Placement goes by load, too: on a busy machine not quite one by one.
    expect(Math.abs(shards.filter((shard) => shard === 0).length - SESSIONS / 2)).toBeLessThanOrEqual(
      SESSIONS / 20,
    );
  },
  90_000,
);
