/**
 * A host against one stock mosh-server a session, in one run: many idle sessions (memory, processor time), a quiet session
 * beside flooding ones, time to create a session. Many typists are load.ts's.
 *
 *   host.ts [idle] [flood] [create] [--idle=3000] [--stock-idle=300] [--seconds=N]
 */
import { takePrecedence } from "../sys/priority.ts";
import { loadCore } from "../wasm-core/load.ts";
import { LoadClient } from "./load/client.ts";
import { cpuSeconds, privateBytes } from "./load/processes.ts";
import { Quantiles } from "./load/quantiles.ts";
import { endTogether, type LoadServer, startHost, startStock } from "./load/servers.ts";
import { Typist } from "./load/typist.ts";

const words = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const option = (name: string, standard: number): number =>
  Number(process.argv.find((word) => word.startsWith(`--${name}=`))?.split("=")[1] ?? standard);
const wants = (part: string): boolean => words.length === 0 || words.includes(part);
/** Whether it is stock's turn; `--ours` leaves stock out. */
const SIDES: readonly boolean[] = process.argv.includes("--ours") ? [false] : [true, false];
const core = await loadCore();
endTogether();
// What is measured must be the servers, not how long the measuring waits for a core.
takePrecedence(-15);

/** Opens sessions a few at a time; how long each took to be created goes to `creation`. */
async function openMany(
  server: LoadServer,
  count: number,
  command: readonly string[],
  onFrame?: (client: LoadClient, now: number) => void,
  creation = new Quantiles(),
): Promise<LoadClient[]> {
  const clients: LoadClient[] = [];
  const together = 8;
  const one = async (): Promise<void> => {
    while (clients.length + pending < count) {
      pending++;
      const started = performance.now();
      const endpoint = await server.open(command);
      creation.record(performance.now() - started);
      clients.push(await LoadClient.open(core, endpoint, onFrame ? { frame: onFrame } : {}));
      pending--;
    }
  };
  let pending = 0;
  await Promise.all(Array.from({ length: together }, one));
  while (clients.some((client) => client.connectedAt === undefined)) await Bun.sleep(50);
  return clients;
}

const ms = (value: number): string => value.toFixed(value < 10 ? 2 : 1);

async function withServers(stock: boolean, body: (server: LoadServer) => Promise<void>): Promise<void> {
  const server = stock ? startStock() : await startHost({ shards: option("shards", 2) });
  try {
    await body(server);
  } finally {
    await server.stop();
  }
}

async function idle(): Promise<void> {
  console.log("\nidle sessions                     sessions   private kB/session   CPU ms/session-minute");
  const figures: { memory: number; cpu: number }[] = [];
  for (const stock of SIDES) {
    await withServers(stock, async (server) => {
      const before = stock ? 0 : privateBytes(server.pids);
      const count = stock ? option("stock-idle", 300) : option("idle", 3000);
      const clients = await openMany(server, count, ["cat"]);
      await Bun.sleep(option("warm", 45) * 1000);
      const cpu = cpuSeconds(server.pids);
      const seconds = option("seconds", 30);
      const started = performance.now();
      await Bun.sleep(seconds * 1000);
      const minutes = (performance.now() - started) / 60_000;
      const used = cpuSeconds(server.pids) - cpu;
      const memory = (privateBytes(server.pids) - before) / count / 1024;
      const perMinute = (used * 1000) / count / minutes;
      figures.push({ memory, cpu: perMinute });
      console.log(
        `${server.name.padEnd(32)}${String(count).padStart(10)}${memory.toFixed(1).padStart(21)}${perMinute.toFixed(2).padStart(24)}`,
      );
      for (const client of clients) client.close();
    });
  }
  if (figures.length < 2) return;
  const [stock, ours] = figures as [(typeof figures)[0], (typeof figures)[0]];
  // The kernel counts in 10 ms, of which few stock sessions may not use one.
  const processor = stock.cpu > 0 ? (ours.cpu / stock.cpu).toFixed(2) : "unknown, too short for stock's";
  console.log(`ratio to stock: memory ${(ours.memory / stock.memory).toFixed(4)}, processor ${processor}`);
}

/** A key at each `interval` ms, whatever became of the one before, for `seconds`. */
async function type(typist: Typist, interval: number, seconds: number): Promise<void> {
  const start = performance.now();
  for (let next = start; next < start + seconds * 1000; next += interval) {
    while (performance.now() < next) await Bun.sleep(1);
    typist.strike(performance.now());
  }
}

async function flood(): Promise<void> {
  console.log(
    "\na quiet session beside 8 that flood      p50 ms    p99 ms    max ms   flooders' frames, least/most",
  );
  for (const stock of SIDES) {
    await withServers(stock, async (server) => {
      const times = new Quantiles();
      const frames = new Map<LoadClient, number>();
      const floods = await openMany(
        server,
        8,
        ["yes", "a line of some length, as a program that reports what it does would write it"],
        (client) => frames.set(client, (frames.get(client) ?? 0) + 1),
      );
      let typist: Typist | undefined;
      const [quiet] = await openMany(server, 1, ["cat"], (_client, now) => typist?.frame(now));
      typist = new Typist(quiet!, times);
      frames.clear();
      await type(typist, 100, option("seconds", 40));
      const counts = floods.map((client) => frames.get(client) ?? 0);
      console.log(
        `${server.name.padEnd(38)}${ms(times.at(0.5)).padStart(9)}${ms(times.at(0.99)).padStart(10)}${ms(times.max).padStart(10)}${`${Math.min(...counts)}/${Math.max(...counts)}`.padStart(20)}`,
      );
      for (const client of [...floods, quiet!]) client.close();
    });
  }
}

async function create(): Promise<void> {
  console.log("\ncreating a session                    p50 ms    p99 ms");
  for (const stock of SIDES) {
    await withServers(stock, async (server) => {
      const times = new Quantiles();
      for (let i = 0; i < 60; i++) {
        const started = performance.now();
        await server.open(["cat"]);
        times.record(performance.now() - started);
      }
      console.log(
        `${server.name.padEnd(36)}${ms(times.at(0.5)).padStart(9)}${ms(times.at(0.99)).padStart(10)}`,
      );
    });
  }
}

if (wants("create")) await create();
if (wants("flood")) await flood();
if (wants("idle")) await idle();
process.exit(0);
