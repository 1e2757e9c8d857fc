/**
 * Whole programs against stock Mosh in one run: key-to-echo latency (also beside busy programs), time to connect through a real sshd, throughput of
 * `cat` through a server, memory of an idle session. Clients run on a pseudo-terminal of this process; prediction is
 * off. Printed as ratios to stock. Not part of the test run; loopback only.
 *
 *   end-to-end.ts [--quick] [latency] [connecting] [throughput] [idle]
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { takeShortSlices } from "../sys/priority.ts";
import { Home } from "../test/drivers/home.ts";
import {
  clientProgram,
  type Make,
  nameOf,
  PAIRS,
  type Pair,
  type Server,
  serverProgram,
  startServer,
  wrapperProgram,
} from "../test/drivers/peers-run.ts";
import { familyOf } from "../test/drivers/processes.ts";
import { PtyClient } from "../test/drivers/pty-client.ts";
import { HOST_ALIAS, Sshd } from "../test/drivers/sshd.ts";
import { cpuSeconds, serversAmong } from "./load/processes.ts";

/** Fewer keys in fewer rounds. */
const isQuick = process.argv.includes("--quick");
/** Keys of a round, for each pair. */
const KEYS = isQuick ? 150 : 200;
const ROUNDS = isQuick ? 2 : 6;
/** Twice as many as the cores of the machines that this runs on. */
const HOGS = 4;
/** Between two keystrokes, ms: a fast typist, and not in step with any timer of a server. */
const KEY_PAUSE = { least: 25, spread: 40 };
const CONNECTS = 9;
const CAT_BYTES = 48 * 2 ** 20;
const CAT_ROUNDS = 3;
const IDLE_SESSIONS = 5;

function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;
}

function column(value: string | number, digits = 2): string {
  return (typeof value === "number" ? value.toFixed(digits) : value).padStart(14);
}

function line(name: string, ...values: (string | number)[]): void {
  console.log(name.padEnd(34) + values.map((value) => column(value)).join(""));
}

async function attach(
  pair: Pair,
  home: Home,
  command: readonly string[],
): Promise<{ server: Server; client: PtyClient }> {
  const server = await startServer(pair.server, home, { command });
  const words = [...clientProgram(pair.client), "127.0.0.1", String(server.port)];
  return { server, client: new PtyClient(words, { ...home.env, MOSH_KEY: server.key }) };
}

/** Letters that occur in no control sequence a client draws with. */
const LETTERS = "QWYVNOIUEG";

/** Counts as far as takes 1 ms when nothing disturbs it. Returns ms. */
function count(steps: number): number {
  const started = performance.now();
  let sum = 0;
  for (let step = 0; step < steps; step++) sum = (sum + step * sum) | 0;
  // What nobody uses need not be counted.
  if (sum === 1) console.log();
  return performance.now() - started;
}

/** How many steps of {@link count} take 1 ms. */
function stepsOfOneMs(): number {
  const steps = 100_000;
  return steps / Math.min(...Array.from({ length: 200 }, () => count(steps)));
}

/** Times in ms: of each pair, and of the machine alone. */
interface Round {
  readonly times: number[][];
  readonly machine: number[];
}

/** One round of keys, all pairs by turns. */
async function typeRound(sessions: readonly { readonly client: PtyClient }[], steps: number): Promise<Round> {
  const times = sessions.map((): number[] => []);
  const machine: number[] = [];
  for (let i = 0; i < KEYS; i++) {
    await Bun.sleep(KEY_PAUSE.least);
    machine.push(count(steps));
    const key = LETTERS[i % LETTERS.length]!;
    for (const [j, { client }] of sessions.entries()) {
      await Bun.sleep((KEY_PAUSE.least + Math.random() * KEY_PAUSE.spread) / sessions.length);
      const seen = client.see(key);
      const sent = performance.now();
      client.write(key);
      await seen;
      times[j]!.push(performance.now() - sent);
    }
  }
  return { times, machine };
}

function printRound({ times, machine }: Round): void {
  line("", "median", "p99", "median/stock", "p99/stock");
  const median = times.map((t) => quantile(t, 0.5));
  const p99 = times.map((t) => quantile(t, 0.99));
  for (const [j, pair] of PAIRS.entries()) {
    line(nameOf(pair), median[j]!, p99[j]!, median[j]! / median[0]!, p99[j]! / p99[0]!);
  }
  line("counting for 1 ms", quantile(machine, 0.5), quantile(machine, 0.99));
}

/**
 * On a shared machine the slowest hundredth of anything is the machine's. So work of about the same length that waits for nothing
 * is timed between the keys, and the round counts in which that was disturbed least. The first, in which our engine still
 * compiles, is told apart. Then the same on a machine whose cores are all busy with programs that compute.
 */
async function latency(home: Home): Promise<void> {
  const echo = ["sh", "-c", "stty raw -echo; echo ready; exec cat"];
  const sessions = await Promise.all(PAIRS.map((pair) => attach(pair, home, echo)));
  const steps = stepsOfOneMs();
  for (const { client } of sessions) await client.see("ready");
  console.log(`\nkey to echo, ms (prediction off; the quietest of ${ROUNDS} rounds of ${KEYS} keys)`);
  const first = await typeRound(sessions, steps);
  const rounds: Round[] = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await typeRound(sessions, steps));
  const disturbance = rounds.map(({ machine }) => quantile(machine, 0.99));
  printRound(rounds[disturbance.indexOf(Math.min(...disturbance))]!);
  console.log(`counting for 1 ms, p99 of each round: ${disturbance.map((ms) => ms.toFixed(1)).join(" ")}`);
  console.log(`\nthe first ${KEYS} keys of these sessions`);
  printRound(first);
  console.log(`\nbeside ${HOGS} programs that compute`);
  const hogs = Array.from({ length: HOGS }, () => Bun.spawn(["sh", "-c", "while :; do :; done"]));
  try {
    printRound(await typeRound(sessions, steps));
  } finally {
    for (const hog of hogs) hog.kill();
  }
  for (const { client } of sessions) await client.quit();
}

async function connecting(home: Home): Promise<void> {
  console.log("\ncommand to first output through sshd, ms");
  line("", "median", "worst", "median/stock");
  const sshd = await Sshd.start(home);
  const times = PAIRS.map((): number[] => []);
  for (let i = 0; i < CONNECTS; i++) {
    for (const [j, pair] of PAIRS.entries()) {
      const words = [
        ...wrapperProgram(pair.client),
        `--ssh=${sshd.command}`,
        `--server=${serverProgram(pair.server).join(" ")}`,
        HOST_ALIAS,
        ...["--", "sh", "-c", "echo re''ady; exec cat"],
      ];
      const started = performance.now();
      const client = new PtyClient(words, home.env);
      await client.see("ready");
      times[j]!.push(performance.now() - started);
      await client.quit();
    }
  }
  const median = times.map((t) => quantile(t, 0.5));
  for (const [j, pair] of PAIRS.entries()) {
    line(nameOf(pair), median[j]!, quantile(times[j]!, 1), median[j]! / median[0]!);
  }
  await sshd.stop();
}

/**
 * MB/s at which a program in the session gets rid of a log file, the server's processor time for it, and how long after the
 * program's end the client's terminal shows what it said last.
 */
async function throughput(home: Home): Promise<void> {
  console.log(`\ncat of a log file through the session (best of ${CAT_ROUNDS})`);
  line("", "MB/s", "to stock", "CPU ms/100 MB", "to stock", "shown after ms");
  let text = "";
  for (let i = 0; text.length < 2 ** 20; i++) {
    text += `2026-01-02T03:04:05.${String(i % 1000).padStart(3, "0")} worker[${i % 97}] request ${i} served in ${i % 313} ms\n`;
  }
  home.write("log", text.repeat(CAT_BYTES / 2 ** 20));
  const size = readFileSync(join(home.path, "log")).length;
  const script = [
    "stty -echo; echo ready; read x",
    'start=$(date +%s%N); cat log; end=$(date +%s%N); echo "all of it"; echo $start $end >"took"; read x',
  ].join("; ");
  const best = PAIRS.map(() => ({
    rate: 0,
    cpu: Number.POSITIVE_INFINITY,
    shown: Number.POSITIVE_INFINITY,
  }));
  for (let round = 0; round < CAT_ROUNDS; round++) {
    for (const [j, pair] of PAIRS.entries()) {
      const { server, client } = await attach(pair, home, ["sh", "-c", script]);
      await client.see("ready");
      const before = cpuSeconds(serversAmong([server.pid]));
      client.write("\r");
      await client.see("all of it");
      const seen = performance.timeOrigin + performance.now();
      await Bun.sleep(200);
      const cpu = cpuSeconds(serversAmong([server.pid])) - before;
      const [start = 0, end = 0] = readFileSync(join(home.path, "took"), "utf8").split(" ").map(Number);
      const figures = best[j]!;
      figures.rate = Math.max(figures.rate, (size / (end - start)) * 1e3);
      figures.cpu = Math.min(figures.cpu, (cpu * 1e3 * 1e8) / size);
      figures.shown = Math.min(figures.shown, seen - end / 1e6);
      await client.quit();
    }
  }
  const stock = best[0]!;
  for (const [j, pair] of PAIRS.entries()) {
    const { rate, cpu, shown } = best[j]!;
    line(nameOf(pair), rate, rate / stock.rate, cpu, cpu / stock.cpu, shown);
  }
}

/** Memory of a server's processes without the shell in the session, kB. */
function memory(server: number): { resident: number; own: number } {
  const sum = { resident: 0, own: 0 };
  for (const pid of familyOf(server)) {
    if (readFileSync(`/proc/${pid}/comm`, "utf8").trim() === "cat") continue;
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
    const field = (name: string): number =>
      Number(new RegExp(`^${name}: +(\\d+)`, "m").exec(rollup)?.[1] ?? 0);
    sum.resident += field("Rss");
    sum.own += field("Private_Clean") + field("Private_Dirty");
  }
  return sum;
}

async function idle(home: Home): Promise<void> {
  console.log(`\nmemory of an idle session's server, MB (mean of ${IDLE_SESSIONS})`);
  line("", "resident", "private", "rss/stock", "priv/stock");
  let stock: { resident: number; own: number } | undefined;
  for (const make of ["stock", "sterna"] as const satisfies readonly Make[]) {
    const sessions = [];
    for (let i = 0; i < IDLE_SESSIONS; i++) {
      sessions.push(
        await attach({ client: "stock", server: make }, home, ["sh", "-c", "echo ready; exec cat"]),
      );
    }
    for (const { client } of sessions) await client.see("ready");
    await Bun.sleep(1_000);
    const all = sessions.map(({ server }) => memory(server.pid));
    const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length / 1024;
    const result = { resident: mean(all.map((m) => m.resident)), own: mean(all.map((m) => m.own)) };
    stock ??= result;
    line(
      `${make} server`,
      result.resident,
      result.own,
      result.resident / stock.resident,
      result.own / stock.own,
    );
    for (const { client } of sessions) await client.quit();
  }
}

/** Parts by name on the command line; none: all. */
const words = process.argv.slice(2).filter((word) => word !== "--quick");
const PARTS = { latency, connecting, throughput, idle };
// What is measured must be the programs, not how long the measuring waits for a core.
takeShortSlices();
const home = new Home();
try {
  for (const [name, part] of Object.entries(PARTS)) {
    if (words.length === 0 || words.includes(name)) await part(home);
  }
} finally {
  await home.remove();
}
