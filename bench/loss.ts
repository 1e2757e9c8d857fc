/**
 * A key on a bad line: mean, median and 99th percentile from the key to the frame that shows it, and what went over the
 * line both ways; ends that send as stock does, as ours do, and as ours do but for early copies, on the same lines in
 * virtual time. Exact: the same seeds give the same figures on any machine. Beside real stock programs:
 *
 *   bun bench/load.ts --compare stock host --own-clients --sessions 20 --impair delay=50,loss=29%
 *
 * Arguments: seconds of typing for each figure (default 300), then lines as `--impair` has them. Or `--programs`: real
 * programs, every client with every server, in real time (20 s).
 */
import { loadCore } from "../wasm-core/load.ts";
import { parseWeather } from "./load/impairment.ts";
import { sumOf } from "./load/meter.ts";
import { Quantiles } from "./load/quantiles.ts";
import {
  ALL_LATE,
  ALL_OURS,
  ALL_STOCK,
  type Direction,
  type Manners,
  type Outcome,
  runLine,
} from "./loss/line.ts";
import { runPrograms } from "./loss/programs.ts";

const SEEDS = [1, 2, 3];
const KEYS_PER_SECOND = 4;
const HARDLY_ANY_KEYS = 0.01;
/** Between lines of a program that prints without end, ms. */
const PRINTS_EVERY = 5;

/** Keys of a burst. */
const BURST = 5;

const LINES: readonly [what: string, weather: string][] = [
  ["29 % lost each way", "delay=50,loss=29%"],
  ["10 % lost each way", "delay=50,loss=10%"],
  ["10 % lost each way, in bursts", "delay=50,loss=10%,burst=40"],
  ["2 % lost each way", "delay=50,loss=2%"],
  ["29 % of what is typed lost", "delay=50,up.loss=29%"],
  ["29 % of the frames lost", "delay=50,down.loss=29%"],
  ["nothing lost", "delay=50"],
  ["nothing lost, long", "delay=200"],
  ["a download behind 1 s of queue, both ways", "delay=25,rate=1M,queue=1000,bulk=1"],
  ["the same, on the way back only", "delay=25,down.rate=1M,down.queue=1000,down.bulk=1"],
];

interface Sum {
  readonly mean: number;
  readonly p50: number;
  readonly p99: number;
  readonly echoAcks: Quantiles;
  readonly bytes: number;
  readonly datagrams: number;
  readonly down: Direction;
}

const CONNECTIONS = 200;
const SECONDS_TO_CONNECT = 30;

function sum(outcomes: readonly Outcome[]): Sum {
  const times = sumOf(outcomes.map((outcome) => outcome.times));
  const total = (of: (outcome: Outcome) => number): number => outcomes.reduce((all, one) => all + of(one), 0);
  return {
    mean: times.mean,
    p50: times.at(0.5),
    p99: times.at(0.99),
    echoAcks: sumOf(outcomes.map((outcome) => outcome.echoAcks)),
    bytes: total(({ up, down }) => up.bytes + down.bytes),
    datagrams: total(({ up, down }) => up.datagrams + down.datagrams),
    down: { datagrams: total(({ down }) => down.datagrams), bytes: total(({ down }) => down.bytes) },
  };
}

const [first, ...rest] = process.argv.slice(2);
if (first === "--programs") {
  const setting = { delay: 50, loss: 0.29, sessions: 4, seconds: 12, keysPerSecond: 4 };
  const { delay, loss, sessions, seconds, keysPerSecond } = setting;
  console.log(
    `real programs, ${Math.round(loss * 100)} % lost each way, ${2 * delay} ms, ${keysPerSecond} keys a second, ${sessions} sessions of ${seconds} s`,
  );
  console.log(
    `key to echo, ms${["mean", "median", "90 %", "99 %", "bytes"].map((name) => name.padStart(9)).join("")}`,
  );
  const outcomes = await runPrograms(setting);
  for (const { name, times, bytes } of outcomes) {
    const cells = [times.mean, times.at(0.5), times.at(0.9), times.at(0.99)].map((value) => value.toFixed(0));
    cells.push(`×${(bytes / outcomes[0]!.bytes).toFixed(2)}`);
    console.log(`  ${name.padEnd(30)}${cells.map((value) => value.padStart(9)).join("")}`);
  }
  process.exit(0);
}
const seconds = Number(first ?? 300);
if (!(seconds > 20)) throw new Error(`"${first}" is no number of seconds above 20`);
const core = await loadCore();

function run(
  weather: string,
  manners: Manners,
  other: { readonly rate?: number; readonly printsEvery?: number; readonly burst?: number } = {},
): Sum {
  const outcomes = SEEDS.map((seed) =>
    runLine({
      core,
      seed,
      weather: parseWeather(weather),
      ...manners,
      seconds,
      rate: KEYS_PER_SECOND,
      ...other,
    }),
  );
  return sum(outcomes);
}

/** From the first datagram to the first screen, ms, of many connections. */
function connect(weather: string, manners: Manners): Quantiles {
  const times = new Quantiles();
  for (let seed = 1; seed <= CONNECTIONS; seed++) {
    const { connected } = runLine({
      core,
      seed,
      weather: parseWeather(weather),
      ...manners,
      seconds: SECONDS_TO_CONNECT,
      rate: 0.01,
    });
    times.record(connected);
  }
  return times;
}

console.log(
  `${KEYS_PER_SECOND} keys a second for ${seconds} s, seeds ${SEEDS.join(" ")}; key to screen in ms; beside it bytes and datagrams, by stock's`,
);
const by = (value: number, base: number): string => `×${(value / base).toFixed(2)}`;
const cell = (value: string | number): string => String(value).padStart(11);
console.log(`${" ".repeat(24)}${["mean", "median", "99 %", "bytes", "datagrams"].map(cell).join("")}`);
const lines = rest.length > 0 ? rest.map((weather) => [weather, weather] as const) : LINES;
for (const [what, weather] of lines) {
  console.log(what === weather ? what : `${what} (${weather})`);
  const stock = run(weather, ALL_STOCK);
  for (const [name, figures] of [
    ["as stock", stock],
    ["ours, no early copies", run(weather, ALL_LATE)],
    ["ours", run(weather, ALL_OURS)],
  ] as const) {
    const { mean, p50, p99, bytes, datagrams } = figures;
    console.log(
      `  ${name.padEnd(22)}` +
        [
          ...[mean, p50, p99].map((value) => value.toFixed(0)),
          by(bytes, stock.bytes),
          by(datagrams, stock.datagrams),
        ]
          .map(cell)
          .join(""),
    );
  }
}
console.log(
  `a program that prints a line each ${PRINTS_EVERY} ms: the server's datagrams and bytes by stock's while nobody types`,
);
console.log(
  "and while somebody does, then the key to the frame that shows it: as stock, ours, mean and 99 %, ms",
);
for (const weather of ["delay=50", "delay=50,loss=29%", "delay=200", "delay=25,rate=1M,queue=1000,bulk=1"]) {
  const cells = [HARDLY_ANY_KEYS, KEYS_PER_SECOND].flatMap((rate) => {
    const printing = { rate, printsEvery: PRINTS_EVERY };
    const [stock, ours] = [run(weather, ALL_STOCK, printing), run(weather, ALL_OURS, printing)];
    const ratios = [by(ours.down.datagrams, stock.down.datagrams), by(ours.down.bytes, stock.down.bytes)];
    if (rate === HARDLY_ANY_KEYS) return ratios;
    return [...ratios, ...[stock, ours].map(({ mean, p99 }) => `${mean.toFixed(0)}/${p99.toFixed(0)}`)];
  });
  console.log(`  ${weather.padEnd(36)}${cells.map(cell).join("")}`);
}
console.log(
  `bursts of ${BURST} keys: from the last one to its echo ack, as stock, ours, mean and 99 %, ms; then to its screen; the server's datagrams`,
);
for (const weather of ["delay=50", "delay=100", "delay=200", "delay=25,rate=1M,queue=1000,bulk=1"]) {
  const [stock, ours] = [ALL_STOCK, ALL_OURS].map((manners) => run(weather, manners, { burst: BURST }));
  const cells = [
    ...[stock!, ours!].map(({ echoAcks }) => `${echoAcks.mean.toFixed(0)}/${echoAcks.at(0.99).toFixed(0)}`),
    ...[stock!, ours!].map(({ mean, p99 }) => `${mean.toFixed(0)}/${p99.toFixed(0)}`),
    by(ours!.down.datagrams, stock!.down.datagrams),
  ];
  console.log(`  ${weather.padEnd(36)}${cells.map(cell).join("")}`);
}
console.log(`from the first datagram to the first screen, ${CONNECTIONS} connections: mean, 99 %, ms`);
for (const weather of ["delay=50,loss=29%", "delay=50"]) {
  for (const [name, manners] of [
    ["as stock", ALL_STOCK],
    ["ours", ALL_OURS],
  ] as const) {
    const times = connect(weather, manners);
    console.log(
      `  ${weather.padEnd(20)}${name.padEnd(10)}${cell(times.mean.toFixed(0))}${cell(times.at(0.99).toFixed(0))}`,
    );
  }
}
