/**
 * Random bytes and random sequences of control functions, in all roles: nothing traps, the screen stays consistent, any
 * split gives the same, copies are independent, everything is given back. A failure names its seed: run it again with
 * STERNA_FUZZ_SEED=… (and more of it with STERNA_FUZZ_RUNS=…).
 */
import { expect, test } from "bun:test";
import { CELL } from "../../wasm-core/abi.ts";
import type { Role, Terminal } from "../../wasm-core/core.ts";
import { loadCore } from "../../wasm-core/load.ts";
import { Random } from "./random.ts";

const core = await loadCore();
const encoder = new TextEncoder();
const RUNS = Number(process.env.STERNA_FUZZ_RUNS ?? 120);
const ROLES: Role[] = ["host", "replica", "replica-repair"];

const FINALS = "@ABCDEFGHIJKLMPSTXZ^`abcdefghijklmnpqrstuvwxyz{|}~";
const INTERMEDIATES = ["", "", "", "", "!", '"', "#", "$", "&", "'", "*", " ", "+", "%"];
const MODES = [
  1, 3, 4, 5, 6, 7, 12, 20, 25, 40, 41, 42, 45, 47, 66, 69, 95, 1000, 1006, 1016, 1045, 1047, 1048, 1049,
  2026,
];
const TEXT = [
  "a",
  "Hello, world",
  "é",
  "漢字",
  "ｗ",
  "e\u0301",
  "\u0301",
  "👍🏽",
  "\u200d",
  "🇩🇪",
  "─│",
  "\u00a0",
  "\x7f",
  "q#[~",
  "\ufffd",
  "\u0085",
  "\u009b",
];

function number(random: Random): string {
  return random.pick([
    "",
    "",
    "0",
    "1",
    "1",
    "2",
    "3",
    String(random.below(30)),
    String(random.below(100)),
    "65535",
    "99999",
  ]);
}

function parameters(random: Random): string {
  const count = random.oneIn(20) ? random.below(60) : random.below(5);
  let text = number(random);
  for (let i = 0; i < count; i++) text += (random.oneIn(12) ? ":" : ";") + number(random);
  return text;
}

/** One piece of program output: mostly functions as programs write them, some of it nonsense. */
function piece(random: Random): string {
  switch (random.below(14)) {
    case 0:
    case 1:
    case 2:
      return random.pick(TEXT).repeat(random.oneIn(6) ? random.below(30) : 1);
    case 3:
      return String.fromCharCode(random.below(0x20));
    case 4:
      return `\x1b[${number(random)};${number(random)}H`;
    case 5:
      return `\x1b[${parameters(random)}m`;
    case 6:
      return `\x1b[?${random.pick(MODES)}${random.pick(["h", "l", "h", "l", "s", "r", "$p"])}`;
    case 7:
      return `\x1b[${number(random)};${number(random)}${random.pick(["r", "s", "r", "s", "u"])}`;
    case 8:
      return `\x1b${random.pick(["7", "8", "c", "D", "E", "H", "M", "6", "9", "(0", "(B", ")0", "N", "O", "n", "o", "#8", "V", "W", "%G", "-A", "(<", "(>", "(K", "*0", "+0"])}`;
    case 9:
      return `\x1b]${random.pick(["0;", "2;", "52;c;", "8;;http://x/", "8;;", "4;", ""])}${random.pick(TEXT)}${random.pick(["\x07", "\x1b\\", "\x18", ""])}`;
    case 10:
      return `\x1bP${random.pick(["$q", "+q", "1$t", ""])}${random.pick(["m", "r", "436F", " q", "x"])}${random.pick(["\x1b\\", "\x1a", ""])}`;
    default: {
      const marker = random.oneIn(4) ? random.pick(["?", ">", "=", "<"]) : "";
      const intermediate = random.pick(INTERMEDIATES);
      return `\x1b[${marker}${parameters(random)}${intermediate}${FINALS[random.below(FINALS.length)]}`;
    }
  }
}

function output(random: Random): Uint8Array {
  if (random.oneIn(5)) {
    return Uint8Array.from({ length: random.below(300) }, () =>
      random.oneIn(3)
        ? random.pick([0x1b, 0x5b, 0x5d, 0x3b, 0x07, 0x9b, 0xc2, 0xe2, 0xf0])
        : random.below(256),
    );
  }
  let text = "";
  for (let i = random.below(25); i >= 0; i--) text += piece(random);
  return encoder.encode(text);
}

/** What must hold for every terminal at every moment. */
function check(terminal: Terminal, role: Role): void {
  const state = terminal.inspect();
  const { cols, rows } = state;
  const inside = (row: number, col: number) => row >= 0 && row < rows && col >= 0 && col < cols;
  if (!inside(...state.cursor)) throw new Error(`cursor ${state.cursor} is off the screen`);
  if (!inside(...state.combining) && state.combining[0] !== -1)
    throw new Error(`combining target ${state.combining}`);
  const [top, bottom] = state.scroll_region;
  if (top < 0 || bottom >= rows || top > bottom) throw new Error(`region ${state.scroll_region}`);
  for (let row = 0; row < rows; row++) {
    const words = terminal.rowWords(row);
    if (words.length !== cols * 2) throw new Error(`row ${row} has ${words.length / 2} columns`);
    for (let col = 0; col < cols; col++) {
      const cell = terminal.cellOf(words[col * 2]!, words[col * 2 + 1]!);
      if (
        cell.text === "" &&
        (cell.rendition.attributes || cell.rendition.foreground || cell.rendition.link)
      ) {
        throw new Error(`the empty cell ${row},${col} has more than a background`);
      }
      if (new TextEncoder().encode(cell.text).length > 64)
        throw new Error(`cell ${row},${col} holds too much`);
      if (role !== "host") continue;
      if (cell.fallback) throw new Error(`fallback cell ${row},${col} in the host role`);
      if (!cell.wide) continue;
      if (col === cols - 1) throw new Error(`wide character in the last column of row ${row}`);
      if (words[col * 2 + 2]! & (CELL.contentMask | CELL.cluster | CELL.wide)) {
        throw new Error(`the right half of ${row},${col} is not empty`);
      }
    }
  }
}

function run(seed: number, role: Role): void {
  const random = new Random(seed);
  const size = () => (random.oneIn(5) ? random.between(1, 3) : random.between(1, 40));
  const whole = core.createTerminal(size(), size(), role);
  const split = whole.clone();
  let kept: { snapshot: Terminal; state: string } | undefined;
  for (let step = 0; step < 12; step++) {
    const bytes = output(random);
    whole.feed(bytes);
    for (let at = 0; at < bytes.length; ) {
      const length = random.between(1, 7);
      split.feed(bytes.subarray(at, at + length));
      at += length;
    }
    if (random.oneIn(4)) {
      const [cols, rows] = [size(), size()];
      whole.resize(cols, rows);
      split.resize(cols, rows);
    }
    if (random.oneIn(3)) {
      const typed = output(random);
      whole.translateInput(typed);
      split.translateInput(typed);
    }
    check(whole, role);
    const state = JSON.stringify(whole.inspect());
    if (JSON.stringify(split.inspect()) !== state)
      throw new Error(`step ${step}: split differently, another screen`);
    if (Buffer.compare(whole.takeReplies(), split.takeReplies()) !== 0)
      throw new Error(`step ${step}: answers differ`);
    if (kept && JSON.stringify(kept.snapshot.inspect()) !== kept.state) {
      throw new Error(`step ${step}: a snapshot changed after it was taken`);
    }
    if (random.oneIn(2)) {
      kept?.snapshot.free();
      const snapshot = whole.snapshot();
      if (!snapshot.atRest) throw new Error("a snapshot's parser is in ground");
      kept = { snapshot, state: JSON.stringify(snapshot.inspect()) };
      if (kept.state !== state) throw new Error(`step ${step}: the snapshot is not what it was taken of`);
    }
  }
  kept?.snapshot.free();
  split.free();
  whole.free();
}

for (const role of ROLES) {
  test(`${role}: ${RUNS} random runs`, () => {
    const before = core.memory().bytesInUse;
    const only = process.env.STERNA_FUZZ_SEED;
    const seeds = only === undefined ? Array.from({ length: RUNS }, (_, i) => i + 1) : [Number(only)];
    for (const seed of seeds) {
      try {
        run(seed, role);
      } catch (error) {
        throw new Error(`STERNA_FUZZ_SEED=${seed}, role ${role}: ${error}`, { cause: error });
      }
      expect(core.memory().bytesInUse).toBe(before);
    }
  }, 600_000);
}

test("an endless string, an endless sequence, endless marks and colours stay bounded", () => {
  const before = core.memory().bytesInUse;
  for (const role of ROLES) {
    const terminal = core.createTerminal(80, 24, role);
    const feed = (text: string) => terminal.feed(encoder.encode(text));
    feed("\x1b]2;");
    for (let i = 0; i < 100; i++) feed("漢".repeat(5000));
    expect(core.memory().bytesInUse).toBeLessThan(before + 400_000);
    feed("\x07\x1b[");
    for (let i = 0; i < 50; i++) feed("1;".repeat(20000));
    feed(`H\x1b${" ".repeat(100000)}F`);
    for (let i = 0; i < 2000; i++)
      feed(`\x1b[38;2;${i & 255};${i >> 3};${i % 7}mx\u0301${String.fromCharCode(0x300 + (i % 100))}`);
    expect(core.memory().bytesInUse).toBeLessThan(before + 1_500_000);
    check(terminal, role);
    terminal.free();
    expect(core.memory().bytesInUse).toBe(before);
  }
});

test("a million snapshots leak nothing", () => {
  const before = core.memory().bytesInUse;
  const terminal = core.createTerminal(80, 24, "host");
  let last = terminal.snapshot();
  for (let i = 0; i < 1_000_000; i++) {
    if (i % 1000 === 0)
      terminal.feed(encoder.encode(`\x1b[${i % 20};1H\x1b[38;2;1;2;${i % 255}mline ${i}\r\n`));
    const next = terminal.snapshot();
    last.free();
    last = next;
  }
  last.free();
  terminal.free();
  expect(core.memory().bytesInUse).toBe(before);
});

test("a freed terminal throws, whatever it is asked", () => {
  const terminal = core.createTerminal(5, 5, "host");
  const other = terminal.clone();
  terminal.free();
  expect(() => terminal.feed(new Uint8Array(1))).toThrow("freed");
  expect(() => terminal.inspect()).toThrow("freed");
  expect(() => terminal.snapshot()).toThrow("freed");
  expect(() => terminal.free()).toThrow("freed");
  expect(() => other.copyCell(0, 0, terminal, 0, 0)).toThrow("freed");
  other.free();
});

test("sizes from anywhere are clamped", () => {
  const terminal = core.createTerminal(0, -5, "host");
  expect([terminal.cols, terminal.rows]).toEqual([1, 1]);
  for (const [given, kept] of [
    [Number.NaN, 1],
    [1e9, 4096],
    [-3, 1],
    [2.9, 2],
    [Number.POSITIVE_INFINITY, 1],
  ] as const) {
    terminal.resize(given, 2);
    expect(terminal.cols).toBe(kept);
  }
  terminal.resize(4096, 4096);
  expect([terminal.cols, terminal.rows]).toEqual([4096, 256]);
  terminal.free();
});
