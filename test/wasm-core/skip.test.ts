/**
 * Lines that scroll out within one write are passed over (assembly/skip.ts): big writes against the same bytes in pieces
 * so small that nothing is. Screen, snapshot, diff, answers and memory have to be the same. A failure names its seed: run
 * it again with STERNA_FUZZ_SEED=… (and more of it with STERNA_FUZZ_RUNS=…).
 */
import { expect, test } from "bun:test";
import { STREAMS } from "../../bench/emulator/streams.ts";
import { compileCore } from "../../wasm-core/compile.ts";
import { Core, type Terminal } from "../../wasm-core/core.ts";
import { loadCore } from "../../wasm-core/load.ts";
import { randomOutput } from "./program-output.ts";
import { Random } from "./random.ts";

const core = await loadCore();
const encoder = new TextEncoder();
const RUNS = Number(process.env.STERNA_FUZZ_RUNS ?? 600);

/** No scan begins with fewer bytes (BLOCK of skip.ts). */
const SMALL = 63;

const WORDS = [..."a é » ─│ log: /usr/share žluťoučký q#[~".split(" "), "\u00a0"];
const WIDE = "漢字 ｗ 🎉 👩‍💻 e\u0301".split(" ");
const MARKS = ["\u0301", "\u200d", "\ufe0f", "\u20dd"];
const ENDS = [...Array<string>(8).fill("\r\n"), "\n", "\r\r\n", "\v", "\f", "\r"];
const PALETTE = "|0|0|0;1|1|01;34|;7|31|44|38;5;9|48;5;240|4:3|0;39;49|7;27|99999|0:1|00".split("|");
const RGB =
  "38;2;9;8;7 48;2;1;2;3 38:2::4:5:6 58:2::7:7:7 0;48;2;3;2;1 38;2;1;1;1;48;2;2;2;2;4:2;58:5:1;1".split(" ");
/** Ill-formed UTF-8: stray bytes, cut off, over-long (a C1 control among them), surrogates, beyond the last. */
const WRONG = "80|9b|ff|c09b|c2|e282|e0829b|eda080|f4908080|f09f98|c39b"
  .split("|")
  .map((hex) => [...Buffer.from(hex, "hex")]);
/** What ends a stretch that could be passed over, or changes what would happen in it. */
const OTHERS = [
  ..."\x07 \b \b\b\b \0 \x0e \x0f \u0085 \u009b5A \u0084 \u008d \u0085 \u009b2J \u009f".split(" "),
  ..."7 8 M D E N O (0 (B )0 *0 V W c #8 [ [3".split(" ").map((end) => `\x1b${end}`),
  ..."?7l ?7h ?6h ?6l 4h 4l 20h 20l ?45h ?45l ?41h ?69h 3;20s ?69l ?2026h ?2026l ?1049h ?1049l"
    .split(" ")
    .map((end) => `\x1b[${end}`),
  ...'3;9r r 5;99r H 99H 3A 2B 5;5H 7G 3b 6n c J 2J ?K 2S T L M 2@ 3P X >1m ?1m 1!m !p 1"q 0"q'
    .split(" ")
    .map((end) => `\x1b[${end}`),
  "a\x1b[2b",
  "\x1b[2;4r\x1b[4;1H",
  "\x1bP$qm\x1b\\",
  "\x1b]2;title\x07",
  "\x1b",
];
/** What a flood may meet. */
const SETTINGS = [
  ..."?69h 4h ?6h 20h ?7l ?41h 44m 3g".split(" ").map((end) => `\x1b[${end}`),
  "\x1b[?69h\x1b[3;20s\x1b[r\x1b[99;5H",
  "\x1b[2;4r\x1b[4;1H",
  "\x1b[3r\x1b[1;1H",
  "\x1b[1;3r\x1b[99;1H",
  "\x1b[?6l\x1b[r\x1b[H",
  "\x1b(0\x1b*0\x1bN",
];
const LINKS = ["\x1b]8;;http://x/\x1b\\", "\x1b]8;;\x1b\\"];

type Bytes = string | readonly number[];

/** One line of a flood, mostly with what may be passed over. */
function line(random: Random, cols: number, rgb: boolean, reset: boolean): Bytes[] {
  const parts: Bytes[] = [];
  if (rgb && random.oneIn(12)) parts.push(random.pick(MARKS));
  const length = random.pick([0, 1, 3, cols, cols - 1, cols + 1, 2 * cols]);
  if (random.oneIn(3)) parts.push("x".repeat(length));
  for (let n = random.below(6); n > 0; n--) {
    switch (random.below(9)) {
      case 0:
      case 1:
        parts.push(`\x1b[${random.pick(rgb ? [...PALETTE, ...RGB] : PALETTE)}m`);
        break;
      case 2:
        parts.push(`\x1b[${random.pick(["", "", "0", "1", "2", "3", "0;0", "0:1"])}K`);
        break;
      case 3:
        parts.push(random.pick(WRONG));
        // More parameters than are kept.
        if (random.oneIn(20)) parts.push(`\x1b[${"1;".repeat(random.pick([20, 60, 130, 300]))}7m`);
        break;
      case 4:
        parts.push(random.pick(["\t", "\x7f", "\t\t\t"]));
        break;
      default:
        parts.push(random.pick(rgb && random.oneIn(2) ? WIDE : WORDS), random.oneIn(3) ? "" : " ");
    }
  }
  if (reset) parts.push(random.pick(["\x1b[m", "\x1b[0m", "\x1b[0;1m"]));
  parts.push(random.pick(ENDS));
  return parts;
}

/** Without links, too, if what is interned is not to count. */
function other(random: Random, rgb: boolean): string {
  return random.pick(rgb && random.oneIn(20) ? LINKS : OTHERS);
}

function flood(random: Random, cols: number, rows: number, rgb: boolean): Bytes[] {
  const parts: Bytes[] = [];
  const reset = random.oneIn(2);
  const pure = random.oneIn(2);
  for (let n = random.below(4 * rows + 8); n > 0; n--) {
    parts.push(...line(random, cols, rgb, reset && !random.oneIn(4)));
    if (!pure && random.oneIn(rows)) parts.push(other(random, rgb));
  }
  return parts;
}

function write(random: Random, cols: number, rows: number, rgb: boolean): Uint8Array {
  const parts: Bytes[] = [];
  for (let n = random.between(1, 5); n > 0; n--) {
    const kind = random.below(12);
    if (kind < 3) parts.push(...flood(random, cols, rows, rgb));
    else if (kind < 5) parts.push("\x1b[m\x1b[2J", random.pick(SETTINGS), ...flood(random, cols, rows, rgb));
    else if (kind < 6 && rgb) {
      const data = random.pick(STREAMS).make(cols, rows, random.between(200, 6000));
      const at = random.below(data.length);
      parts.push([...data.subarray(at, at + random.below(4000))]);
    } else if (kind < 7 && rgb) parts.push(randomOutput(random, cols, rows));
    else if (kind < 8) parts.push("\x1b[?69l\x1b[?6l\x1b[4l\x1b[r\x1b[99H");
    else parts.push(other(random, rgb));
  }
  return new Uint8Array(
    Buffer.concat(
      parts.map((part) => (typeof part === "string" ? encoder.encode(part) : Uint8Array.from(part))),
    ),
  );
}

function feedSmall(random: Random, terminal: Terminal, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    const length = random.between(1, SMALL);
    terminal.feed(bytes.subarray(at, at + length));
    at += length;
  }
}

function cells(terminal: Terminal): string[] {
  return Array.from({ length: terminal.rows }, (_, y) => terminal.rowWords(y).join());
}

/** Two terminals of one lineage, so that styles have the same numbers in both. */
function run(seed: number): void {
  const random = new Random(seed);
  const cols = random.pick([80, 80, 40, 12, 7, 2, 1]);
  const rows = random.pick([24, 12, 5, 5, 3, 2, 1]);
  // In the replica nothing is passed over.
  const whole = core.createTerminal(cols, rows, random.pick(["host", "host", "host", "replica"]));
  const single = whole.clone();
  let sent: [Terminal, Terminal] = [whole.snapshot(), single.snapshot()];
  for (let step = 0; step < 6; step++) {
    const bytes = write(random, cols, rows, true);
    whole.feed(bytes);
    feedSmall(random, single, bytes);
    expect(whole.takeReplies()).toEqual(single.takeReplies());
    expect(cells(whole)).toEqual(cells(single));
    expect(whole.inspect()).toEqual(single.inspect());
    expect(whole.equals(single)).toBe(true);
    if (!random.oneIn(3)) continue;
    const next: [Terminal, Terminal] = [whole.snapshot(), single.snapshot()];
    const options = { screen: random.oneIn(2), stock: random.oneIn(3) };
    expect(next[0].diff(sent[0], options)).toEqual(next[1].diff(sent[1], options));
    for (const old of sent) old.free();
    sent = next;
  }
  for (const terminal of [whole, single, ...sent]) terminal.free();
}

/** Two cores, palette colours and no clusters: what is in use has to be the same to the byte. */
function runMemory(seed: number, cores: readonly [Core, Core]): void {
  const random = new Random(seed);
  const cols = random.pick([80, 33, 5]);
  const rows = random.pick([24, 6, 2]);
  const both = cores.map((one) => one.createTerminal(cols, rows, "host")) as [Terminal, Terminal];
  // A new terminal's rows are one until something is written to them.
  for (const terminal of both) terminal.feed(encoder.encode("x\r\n".repeat(2 * rows)));
  for (let step = 0; step < 5; step++) {
    const kept = both.map((terminal) => terminal.snapshot());
    const bytes = write(random, cols, rows, false);
    both[0].feed(bytes);
    feedSmall(random, both[1], bytes);
    expect(both[0].inspect()).toEqual(both[1].inspect());
    // Which rows are shared with the snapshots may differ: a small piece can make a row its own without need.
    for (const terminal of kept) terminal.free();
    for (const terminal of both) terminal.takeReplies();
    // The buffer of a string in progress grows with the pieces it comes in.
    if (both[0].atRest) expect(cores[0].memory().bytesInUse).toBe(cores[1].memory().bytesInUse);
  }
  for (const terminal of both) terminal.free();
}

function seeds(): number[] {
  const only = process.env.STERNA_FUZZ_SEED;
  return only === undefined ? Array.from({ length: RUNS }, (_, i) => i + 1) : [Number(only)];
}

function each(body: (seed: number) => void): void {
  for (const seed of seeds()) {
    try {
      body(seed);
    } catch (error) {
      throw new Error(`STERNA_FUZZ_SEED=${seed}: ${error}`, { cause: error });
    }
  }
}

test(`big writes and small ones, ${RUNS} random runs`, () => {
  const before = core.memory().bytesInUse;
  each(run);
  expect(core.memory().bytesInUse).toBe(before);
}, 300_000);

test(`memory in use after big writes and small ones, ${RUNS} random runs`, async () => {
  const module = new WebAssembly.Module(await Bun.file(compileCore()).bytes());
  const cores = [new Core(module), new Core(module)] as const;
  const blank = cores[0].memory().bytesInUse;
  each((seed) => {
    runMemory(seed, cores);
    expect(cores.map((one) => one.memory().bytesInUse)).toEqual([blank, blank]);
  });
}, 300_000);

test("every control and every sequence, anywhere in the last lines of a flood", () => {
  const codes = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, i) => String.fromCharCode(from + i));
  const inserts = [
    ...codes(0, 0x1f),
    ...codes(0x7f, 0xa0),
    ...codes(0x20, 0x7e).flatMap((c) => [`\x1b${c}`, `\x1b${c}5m`]),
    ...["", "3", "2;4", "?7", ">1", "1 "].flatMap((start) =>
      codes(0x40, 0x7e).map((c) => `\x1b[${start}${c}`),
    ),
  ];
  const random = new Random(3);
  for (const insert of inserts) {
    // Of any length that does not wrap (a wrap scrolls, too), so that sequences stand at every place of the scan's blocks.
    const lines = Array.from({ length: 30 }, (_, i) => `line ${i} ${"x".repeat(random.below(20))}\r\n`);
    for (let at = 20; at < 30; at++) {
      const whole = core.createTerminal(30, 6, "host");
      // A row that should have scrolled out can be told from a blank one.
      whole.feed(encoder.encode("~".repeat(30 * 6)));
      const single = whole.clone();
      const text = lines.slice(0, at).join("") + insert + lines.slice(at).join("");
      const bytes = encoder.encode(text + " ".repeat(SMALL));
      whole.feed(bytes);
      feedSmall(random, single, bytes);
      // All that is hidden once, for it takes long.
      if (!whole.equals(single) || at === 25)
        expect([insert, at, whole.inspect()]).toEqual([insert, at, single.inspect()]);
      whole.free();
      single.free();
    }
  }
}, 60_000);

test("a colour with more parameters than are kept, in a line that is passed over", () => {
  for (const count of [10, 30, 31, 32, 33, 62, 63, 64, 65, 100, 126, 127, 128, 129, 300]) {
    for (let before = 0; before < 64; before += 3) {
      const whole = core.createTerminal(30, 6, "host");
      const single = whole.clone();
      const text = `${"x".repeat(before)}\x1b[${"1;".repeat(count)}7m\r\n${"a line\r\n".repeat(60)}`;
      whole.feed(encoder.encode(text));
      feedSmall(new Random(count), single, encoder.encode(text));
      expect([count, before, whole.pen]).toEqual([count, before, single.pen]);
      whole.free();
      single.free();
    }
  }
});

test("every stream of the benchmark, in writes of any size", () => {
  for (const [cols, rows] of [
    [80, 24],
    [200, 50],
  ] as const) {
    for (const { name, make } of STREAMS) {
      const data = make(cols, rows, 200_000);
      const whole = core.createTerminal(cols, rows, "host");
      const single = whole.clone();
      const random = new Random(7);
      for (let at = 0; at < data.length; ) {
        const part = data.subarray(at, at + random.pick([65536, 30000, 4096, 700]));
        whole.feed(part);
        feedSmall(random, single, part);
        at += part.length;
        expect([name, whole.inspect()]).toEqual([name, single.inspect()]);
      }
      whole.free();
      single.free();
    }
  }
}, 120_000);

test("a line that scrolls out is not drawn: its colours and clusters take no memory", () => {
  const colours = Array.from(
    { length: 1000 },
    (_, i) => `\x1b[38;2;${i >> 8};${i & 255};3mé\u0301${i}\x1b[m\r\n`,
  ).join("");
  const of = (text: string, piece: number): number => {
    const before = core.memory().bytesInUse;
    const terminal = core.createTerminal(80, 24, "host");
    const bytes = encoder.encode(text);
    for (let at = 0; at < bytes.length; at += piece) terminal.feed(bytes.subarray(at, at + piece));
    const taken = core.memory().bytesInUse - before;
    terminal.free();
    return taken;
  };
  const half = colours.slice(colours.indexOf("\n", colours.length >> 1) + 1);
  expect(of(colours, 65536)).toBe(of(half, 65536));
  expect(of(colours, SMALL)).toBeGreaterThan(of(colours, 65536));
});
