/**
 * How fast program output becomes a screen: the core's host terminal against @xterm/headless, ghostty-web and a stock
 * mosh-server, same bytes, same run: every stream, two sizes, two sizes of writes. Ratios are what counts.
 *
 *   bun bench/emulator.ts [--streams=TEXT] [--quick] [--ms=N] [--no-stock] [--no-peers] [--against=CORE.WASM]
 *
 * Terminals of this process: MB/s of the best run of a fresh terminal over one megabyte, runs of all of them taken by
 * turns. Bytes are handed over as each is meant to be used, copied into the module's memory where there is one. Stock:
 * MB/s of its process's processor time (emulator/stock.ts says what that has in it), one run of each stream and size,
 * whatever the writes: it reads what the kernel gives it. Where text is defined for all of them, the last screen has to
 * be xterm's, so that a figure cannot come from work left out.
 *
 * Sterna's host terminal has no scrollback, as stock has none. Lines that scroll out before somebody looks are passed over
 * (wasm-core/assembly/skip.ts, wasm-core/held.ts), so on plain floods the figure is mostly that of a scan. A run is a
 * megabyte with a look at its end (a snapshot, timed with it): what a server's frame brings, 50 times a second at 50 MB/s.
 * xterm.js is told to keep no scrollback, but draws every line; ghostty-web's module keeps its own. "log in a pane" is a
 * flood where nothing can be passed over, because every line comes with cursor moves, as tmux writes it.
 *
 * --quick: 80×24, writes of 64 kB only. --against: another build of the core beside this one, by turns: what a change has gained.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Core } from "../wasm-core/core.ts";
import { loadCore } from "../wasm-core/load.ts";
import { type Contender, ghostty, ours, xterm } from "./emulator/peers.ts";
import { measureStock } from "./emulator/stock.ts";
import { STREAMS } from "./emulator/streams.ts";

const SIZE = 1 << 20;
const SIZES = [
  [80, 24],
  [200, 50],
] as const;
const WRITES = [65536, 4096];
/** Runs of each contender over all streams before the first figure, so that no section is measured while code is being compiled. */
const WARM_RUNS = 4;
/** Runs of each contender, however long they take, of which the first does not count. */
const LEAST_RUNS = 4;

const { values: options } = parseArgs({
  options: {
    streams: { type: "string", default: "" },
    ms: { type: "string", default: "120" },
    quick: { type: "boolean", default: false },
    "no-stock": { type: "boolean", default: false },
    "no-peers": { type: "boolean", default: false },
    against: { type: "string" },
  },
});

const core = await loadCore();
const contenders: Contender[] = [ours("Sterna", core)];
if (options.against !== undefined) {
  const other = new Core(new WebAssembly.Module(readFileSync(options.against)));
  contenders.push(ours("before", other));
}
if (!options["no-peers"]) {
  contenders.push(xterm);
  const module = ghostty();
  if (module !== undefined) contenders.push(module);
}
const withStock = !options["no-stock"] && !options["no-peers"] && Bun.which("mosh-server") !== null;

/** Nanoseconds of one run; undefined if it failed: a peer's module may trap. */
function timeOf(
  contender: Contender,
  cols: number,
  rows: number,
  parts: readonly Uint8Array[],
): number | undefined {
  try {
    const subject = contender.create(cols, rows);
    const begin = Bun.nanoseconds();
    for (const part of parts) subject.feed(part);
    subject.look?.();
    const time = Bun.nanoseconds() - begin;
    subject.free();
    return time;
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError && contender.reset !== undefined) contender.reset();
    else throw error;
    return undefined;
  }
}

/** Best MB/s of each contender, runs by turns until each has had its time. */
function measure(cols: number, rows: number, parts: readonly Uint8Array[], bytes: number): number[] {
  const best = contenders.map(() => 0);
  const spent = contenders.map(() => 0);
  const runs = contenders.map(() => 0);
  for (let waiting = contenders.length; waiting > 0; ) {
    waiting = 0;
    for (const [i, contender] of contenders.entries()) {
      if (spent[i]! > Number(options.ms) * 1e6) continue;
      waiting++;
      const time = timeOf(contender, cols, rows, parts);
      if (time === undefined) {
        best[i] = Number.NaN;
        spent[i] = Number.POSITIVE_INFINITY;
        continue;
      }
      // The first run is for the compilers.
      if (runs[i]!++ > 0) best[i] = Math.max(best[i]!, (bytes * 1e3) / time);
      spent[i]! += runs[i]! > LEAST_RUNS ? time : 0;
    }
  }
  return best;
}

function lastScreen(contender: Contender, cols: number, rows: number, parts: readonly Uint8Array[]): string {
  const subject = contender.create(cols, rows);
  for (const part of parts) subject.feed(part);
  const lines = subject.lines?.().join("\n") ?? "";
  subject.free();
  return lines;
}

/** Pieces that end where lines end: xterm.js loses a character such as U+3001 that is split behind its second byte. */
function inLines(data: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < data.length; ) {
    const end = data.indexOf(10, at + 16384);
    parts.push(data.subarray(at, end < 0 ? data.length : end + 1));
    at = end < 0 ? data.length : end + 1;
  }
  return parts;
}

/** Figures and the ratio to the best peer; "trap": the peer failed. */
function row(rates: readonly number[]): string {
  const best = Math.max(...rates.slice(1).filter((rate) => rate > 0));
  const cells = [
    ...rates.map((rate) => (rate > 0 ? rate.toFixed(0) : "trap").padStart(13)),
    (best > 0 ? (rates[0]! / best).toFixed(2) : "–").padStart(13),
  ];
  return cells.join("");
}

/** Of the streams that ran. */
function mean(all: readonly number[]): number {
  const rates = all.filter((rate) => rate > 0);
  return Math.exp(rates.reduce((sum, rate) => sum + Math.log(rate), 0) / rates.length);
}

const streams = STREAMS.filter((stream) => stream.name.includes(options.streams));

/** The bytes in pieces of the size of a write. */
function inWrites(data: Uint8Array, write: number): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < data.length; at += write) parts.push(data.subarray(at, at + write));
  return parts;
}

for (const stream of streams) {
  const parts = inWrites(stream.make(...SIZES[0], SIZE), WRITES[0]!);
  for (const contender of contenders)
    for (let i = 0; i < WARM_RUNS; i++) timeOf(contender, ...SIZES[0], parts);
}

const directory = mkdtempSync(join(tmpdir(), "bench-emulator-"));
const names = [...contenders.map((c) => c.name), ...(withStock ? ["mosh CPU"] : [])];
const head = [...names.map((name) => name.padStart(13)), "best peer ×".padStart(13)].join("");
let failed = false;
try {
  for (const [cols, rows] of options.quick ? SIZES.slice(0, 1) : SIZES) {
    const stockRates = new Map<string, number>();
    for (const write of options.quick ? WRITES.slice(0, 1) : WRITES) {
      console.log(`${`MB/s, ${cols}×${rows}, writes of ${write >> 10} kB`.padEnd(34)}${head}`);
      const columns: number[][] = [];
      for (const stream of streams) {
        const data = stream.make(cols, rows, SIZE);
        const parts = inWrites(data, write);
        const rates = measure(cols, rows, parts, data.length);
        if (withStock) {
          if (!stockRates.has(stream.name))
            stockRates.set(stream.name, await measureStock(core, directory, cols, rows, data));
          rates.push(stockRates.get(stream.name)!);
        }
        const differs =
          stream.sameScreen &&
          contenders.includes(xterm) &&
          lastScreen(contenders[0]!, cols, rows, parts) !== lastScreen(xterm, cols, rows, inLines(data));
        if (differs) failed = true;
        console.log(`${stream.name.padEnd(34)}${row(rates)}${differs ? "   SCREENS DIFFER" : ""}`);
        if (stream.named) columns.push(rates);
      }
      const means = names.map((_, i) => mean(columns.map((rates) => rates[i]!)));
      console.log(`${"geometric mean of the named".padEnd(34)}${row(means)}\n`);
    }
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
process.exit(failed ? 1 : 0);
