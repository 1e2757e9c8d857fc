/**
 * How good local echo is: recorded sessions (test/recordings/typing) over lines of several kinds, by our engine, by our
 * engine as stock's, and by the real clients of both makes in real time through the same relay. Columns: keys with an
 * effect; share shown within 5 ms; share that put something untrue on the screen; median and mean time until shown.
 *
 *   prediction.ts [NAME…] [--virtual] [--mode=always]     measure
 *   prediction.ts --record [NAME…]                        make the recordings anew
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PredictionMode } from "../client/prediction/engine.ts";
import { loadCore } from "../wasm-core/load.ts";
import { playLive } from "./prediction/live.ts";
import type { Score } from "./prediction/meter.ts";
import { record } from "./prediction/record.ts";
import { type Recording, readRecording } from "./prediction/recording.ts";
import { type Line, replay } from "./prediction/replay.ts";
import { SCRIPTS } from "./prediction/scripts.ts";

const directory = join(import.meta.dir, "..", "test", "recordings", "typing");
const LINES: readonly Line[] = [
  { name: "RTT 0", rtt: 0, loss: 0 },
  { name: "RTT 100", rtt: 100, loss: 0 },
  { name: "RTT 500", rtt: 500, loss: 0 },
  { name: "RTT 100, 29 % loss", rtt: 100, loss: 0.29 },
];
const SEEDS = [1, 2, 3];

const core = await loadCore();
const words = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const mode = (process.argv.find((word) => word.startsWith("--mode="))?.slice(7) ??
  "adaptive") as PredictionMode;

async function makeRecordings(): Promise<void> {
  mkdirSync(directory, { recursive: true });
  for (const script of SCRIPTS) {
    if (words.length > 0 && !words.includes(script.name)) continue;
    const text = await record(script, core);
    writeFileSync(join(directory, `${script.name}.jsonl`), text);
    console.log(`${script.name}: ${text.length} bytes`);
  }
}

function load(): Recording[] {
  return readdirSync(directory)
    .filter((file) => file.endsWith(".jsonl") && (words.length === 0 || words.includes(file.slice(0, -6))))
    .sort()
    .map((file) => readRecording(readFileSync(join(directory, file), "utf8"), core));
}

function sum(scores: readonly Score[]): Score {
  return {
    keys: scores.reduce((n, { keys }) => n + keys, 0),
    atOnce: scores.reduce((n, { atOnce }) => n + atOnce, 0),
    wrong: scores.reduce((n, { wrong }) => n + wrong, 0),
    times: scores.flatMap(({ times }) => times),
  };
}

function print(name: string, { keys, atOnce, wrong, times }: Score): void {
  const sorted = [...times].sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const finite = sorted.filter(Number.isFinite);
  const mean = finite.reduce((a, b) => a + b, 0) / Math.max(1, finite.length);
  const lost = sorted.length - finite.length;
  const columns = [
    keys,
    `${((100 * atOnce) / keys).toFixed(1)} %`,
    `${((100 * wrong) / keys).toFixed(1)} %`,
    median.toFixed(1),
    mean.toFixed(1),
    lost > 0 ? `${lost} never` : "",
  ];
  console.log(`  ${name.padEnd(34)}${columns.map((column) => String(column).padStart(10)).join("")}`);
}

async function measure(recordings: readonly Recording[]): Promise<void> {
  const live = !process.argv.includes("--virtual");
  for (const line of LINES) {
    console.log(
      `\n${line.name}${" ".repeat(36 - line.name.length)}      keys   <= 5 ms     wrong    median      mean`,
    );
    const seeds = line.loss > 0 ? SEEDS : SEEDS.slice(0, 1);
    const virtual = (recording: Recording, stock: boolean): Score =>
      sum(seeds.map((seed) => replay(recording, line, { core, seed, mode, stock })));
    const rows: (readonly [name: string, score: (recording: Recording) => Score])[] = [
      ["engine as stock's, virtual time", (recording) => virtual(recording, true)],
      ["engine, virtual time", (recording) => virtual(recording, false)],
    ];
    if (live) {
      for (const make of ["stock", "sterna"] as const) {
        const scores = new Map(await playLive(make, recordings, line, { core, mode }));
        rows.push([`${make} client, real time`, (recording) => scores.get(recording)!]);
      }
    }
    for (const recording of recordings) {
      console.log(` ${recording.header.name}`);
      for (const [name, score] of rows) print(name, score(recording));
    }
    console.log(" all");
    for (const [name, score] of rows) print(name, sum(recordings.map(score)));
  }
}

if (process.argv.includes("--record")) await makeRecordings();
else await measure(load());
