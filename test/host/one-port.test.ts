/**
 * Single-port mode: 200 sessions on two shards behind one UDP port, real processes, every client moving from port to port.
 * Run without root, as anybody can.
 */
import { afterAll, expect } from "bun:test";
import { peer } from "../peers.ts";
import type { Probe } from "../server/probe.ts";
import { Random } from "../simulation/random.ts";
import { freeUdpPort, SupervisedHost } from "./supervised.ts";

const SESSIONS = 200;
const SEED = 20261128;
afterAll(SupervisedHost.remove, 60_000);

/** A host with one port for all. */
class OnePort extends SupervisedHost {
  readonly port: number;

  constructor(name: string, port: number, shards: number) {
    super(name, `ports = ${port}\nshards = ${shards}`);
    this.port = port;
  }

  /** A client of a new session. */
  async cat(): Promise<Probe> {
    const probe = await this.open("new", "--", "cat");
    expect(probe.port).toBe(this.port);
    return probe;
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
    const host = new OnePort("many", await freeUdpPort(), 2);
    await host.start();
    const probes: Probe[] = [];
    while (probes.length < SESSIONS)
      probes.push(...(await Promise.all(Array.from({ length: 8 }, () => host.cat()))));
    const random = new Random(SEED);
    for (let round = 0; round < 3; round++) {
      for (const probe of probes) if (random.chance(0.7)) await probe.roam();
      await echoes(probes, (at) => `${at}r${round}`);
    }
    // Nobody has seen anybody else's.
    for (const [i, probe] of probes.entries()) {
      for (const row of probe.rows) expect(row === "" || row.startsWith(`${i}r`)).toBe(true);
    }
    const shards = (await host.list()).map(({ shard }) => shard);
    // Placement goes by load, too: on a busy machine not quite one by one.
    expect(Math.abs(shards.filter((shard) => shard === 0).length - SESSIONS / 2)).toBeLessThanOrEqual(
      SESSIONS / 20,
    );
  },
  90_000,
);

peer("cat")("a new host shares its port with the shards that a killed one has left", async () => {
  const host = new OnePort("again", await freeUdpPort(), 1);
  const first = await host.start();
  const old = await Promise.all(Array.from({ length: 12 }, () => host.cat()));
  await echoes(old, (at) => `before ${at}`);
  await host.end(first, "SIGKILL");
  await host.start();
  const fresh = await Promise.all(Array.from({ length: 12 }, () => host.cat()));
  // The kernel shares out between old and new by the sender's port, of which each has several.
  for (let round = 0; round < 3; round++) {
    for (const probe of [...old, ...fresh]) await probe.roam();
    await echoes([...old, ...fresh], (at) => `${at} in ${round}`);
  }
});
