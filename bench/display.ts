/**
 * What frames cost: after writes of program output at 80×24 (display/streams.ts), with what belongs to them (equality,
 * snapshot, memory), and of single changes at 120×80: time against the plainest thing one could write in TypeScript (compare all cells, or
 * copy them), bytes against what stock Mosh writes for the same change (our stock mode, byte for byte its output).
 *
 * The plain comparison only finds the changed cells; it writes nothing, so its ratio flatters it. Fails if the bytes of
 * all workloads together are more than 0.9 of stock's: they do not depend on the machine.
 *
 *   bun bench/display.ts [--streams=TEXT] [--against=CORE.WASM]
 *
 * --against: another build of the core beside this one, by turns: what a change has gained.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { Terminal } from "../wasm-core/core.ts";
import { Core } from "../wasm-core/core.ts";
import { loadCore } from "../wasm-core/load.ts";
import { colourfulBytes, equalScreens, frameCosts, WRITES } from "./display/streams.ts";

const COLS = 120;
const ROWS = 80;
const BYTES_BUDGET = 0.9;

const { values: options } = parseArgs({
  options: { streams: { type: "string", default: "" }, against: { type: "string" } },
});
const core = await loadCore();
const cores = [core];
if (options.against !== undefined)
  cores.push(new Core(new WebAssembly.Module(readFileSync(options.against))));
const encode = (text: string) => new TextEncoder().encode(text);

/** A screen of source code: indented lines of two colours, some blank. */
function listing(first: number): string {
  let text = "";
  for (let i = first; i < first + ROWS; i++) {
    if (i % 9 === 8) text += "\r\n";
    else text += `${" ".repeat((i % 4) * 2)}\x1b[34mconst\x1b[0m value_${i} = table[${i * 7}] ?? "none";\r\n`;
  }
  return text;
}

const workloads: [name: string, before: string, after: string][] = [
  ["keystroke", `${listing(0)}$ git status --shor`, "t"],
  ["cursor key", listing(0), "\x1b[40;17H"],
  ["one line scrolls", listing(0), "another line of output\r\n"],
  ["a page scrolls", listing(0), listing(79)],
  [
    "editor scrolls",
    listing(0),
    "\x1b[1;78r\x1b[78;1H\n    a new line comes in\x1b[r\x1b[79;100H41,5  12%\x1b[30;5H",
  ],
  ["line inserted", listing(0), "\x1b[20;1H\x1b[1;78r\x1b[20;1H\x1b[L\x1b[r\x1b[20;1H    typed here"],
  ["status clock", listing(0), "\x1b7\x1b[80;110H\x1b[7m12:34:56\x1b[0m\x1b8"],
  ["screen cleared", listing(0), "\x1b[H\x1b[2J$ "],
  ["whole screen", listing(0), `\x1b[H${`${"other text, ".repeat(9)}\r\n`.repeat(ROWS - 1)}`],
];

/** Best time of one call, in µs. */
function time(work: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let count = 50, run = 0; run < 40; run++) {
    const begin = Bun.nanoseconds();
    for (let i = 0; i < count; i++) work();
    const each = (Bun.nanoseconds() - begin) / count;
    best = Math.min(best, each);
    count = Math.max(20, Math.min(20_000, Math.round(2e6 / each)));
  }
  return best / 1000;
}

/** The cells of a screen as a plain array: content and style of each. */
function cellsOf(terminal: Terminal): Uint32Array {
  const cells = new Uint32Array(COLS * ROWS * 2);
  for (let row = 0; row < ROWS; row++) cells.set(terminal.rowWords(row), row * COLS * 2);
  return cells;
}

const changed = new Uint32Array(COLS * ROWS);

function plainCompare(a: Uint32Array, b: Uint32Array): number {
  let n = 0;
  for (let i = 0; i < a.length; i += 2) if (a[i] !== b[i] || a[i + 1] !== b[i + 1]) changed[n++] = i >> 1;
  return n;
}

function row(name: string, ...figures: (number | string)[]): void {
  const text = figures.map((n) => (typeof n === "number" ? n.toFixed(2) : n).padStart(9)).join("");
  console.log(`${name.padEnd(26)}${text}`);
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const labels = cores.map((_, i) => (i === 0 ? "µs" : "before"));
// The first frames are made by slower code.
frameCosts(cores, { bytes: 4096, frames: 30 }, options.streams);
for (const write of WRITES) {
  row(`frame after ${write.bytes} bytes`, ...labels, " bytes/stock");
  const costs = frameCosts(cores, write, options.streams);
  for (const cost of costs) row(`  ${cost.stream}`, ...cost.micros, cost.share);
  row("  mean", ...cores.map((_, i) => mean(costs.map((cost) => cost.micros[i]!))));
}
const timed = (work: (core: Core) => () => void): number[] => cores.map((each) => time(work(each)));
row("", ...labels);
row(
  "equal, rows of their own",
  ...timed((each) => {
    const [a, b] = equalScreens(each).own;
    return () => a.equals(b);
  }),
);
row(
  "equal, rows shared",
  ...timed((each) => {
    const [a, b] = equalScreens(each).shared;
    return () => a.equals(b);
  }),
);
row(
  "snapshot and free",
  ...timed((each) => {
    const screen = equalScreens(each).own[0];
    return () => screen.snapshot().free();
  }),
);
for (const rgb of [false, true])
  row(
    `kB, two ${rgb ? "RGB" : "palette"} colours a cell`,
    ...cores.map((each) => colourfulBytes(each, rgb) / 1000),
  );
console.log("");

console.log(`${COLS}×${ROWS}             µs   plain µs   ratio     bytes   stock's   ratio`);
let ours = 0;
let stocks = 0;
for (const [name, first, second] of workloads) {
  const live = core.createTerminal(COLS, ROWS, "host");
  live.feed(encode(first));
  const before = live.snapshot();
  live.feed(encode(second));
  const after = live.snapshot();
  const bytes = after.diff(before).length;
  const stock = after.diff(before, { stock: true }).length;
  const frame = time(() => after.diff(before));
  const [a, b] = [cellsOf(before), cellsOf(after)];
  const plain = time(() => plainCompare(a, b));
  ours += bytes;
  stocks += stock;
  const figures = [frame.toFixed(2), plain.toFixed(2), (frame / plain).toFixed(3), bytes, stock];
  const [f0, f1, f2, f3, f4] = figures.map(String) as [string, string, string, string, string];
  const ratio = (bytes / stock).toFixed(2);
  console.log(
    `${name.padEnd(18)}${f0.padStart(8)}${f1.padStart(11)}${f2.padStart(8)}${f3.padStart(10)}${f4.padStart(10)}${ratio.padStart(8)}`,
  );
  for (const terminal of [live, before, after]) terminal.free();
}

const live = core.createTerminal(COLS, ROWS, "host");
live.feed(encode(listing(0)));
const cells = cellsOf(live);
const snapshot = time(() => live.snapshot().free());
const copy = time(() => {
  changed.set(cells.slice().subarray(0, 1));
});
const [s0, s1, s2] = [snapshot.toFixed(2), copy.toFixed(2), (snapshot / copy).toFixed(3)];
console.log(`${"snapshot and free".padEnd(18)}${s0.padStart(8)}${s1.padStart(11)}${s2.padStart(8)}`);
live.free();

const share = ours / stocks;
console.log(`all bytes: ${ours}, stock's ${stocks}: ${share.toFixed(2)} (at most ${BYTES_BUDGET})`);
if (share > BYTES_BUDGET) process.exit(1);
