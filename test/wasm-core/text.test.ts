/**
 * The fast path of text (assembly/text.ts) against one byte at a time, which takes none of it: words in all forms of
 * UTF-8, well-formed and not, line ends, the control sequences between them; rows that snapshots share. A failure names
 * its seed: run it again with STERNA_FUZZ_SEED=… (and more of it with STERNA_FUZZ_RUNS=…).
 */
import { expect, test } from "bun:test";
import type { Role, Terminal } from "../../wasm-core/core.ts";
import { loadCore } from "../../wasm-core/load.ts";
import { Random } from "./random.ts";

const core = await loadCore();
const encoder = new TextEncoder();
const RUNS = Number(process.env.STERNA_FUZZ_RUNS ?? 30);

const LETTERS = [..."äöüßéèñçøœšžřαβγδλжщюяҐ±×", "\u00ad", "\u0301", "\u0378", "\u0483"];
const WIDE = [..."漢字中文日本語ひらがなカタカナ한국어，。！😀🎉🚀✨"];
const ODD = ["\u200d", "\ufe0f", "\u3000", "\u2028", "\u302a", "\u3099", "\ufffd", "👩‍💻", "🇫🇷", "\u{e0001}"];
const CONTROLS = [
  "\n",
  "\r",
  "\b",
  "\t",
  "\v",
  "\x07",
  "\0",
  "\x0e",
  "\x0f",
  "\x7f",
  "\x1c",
  "\x9b1m",
  "\u0085",
];
const MODES = ["?69", "?6", "4", "20", "?7", "?45"];

function word(random: Random, longest: number): string {
  let text = "";
  for (let n = random.between(1, longest); n > 0; n--) text += String.fromCharCode(random.between(33, 126));
  return text;
}

function mix(random: Random, of: readonly string[]): string {
  let text = "";
  for (let n = random.below(40); n > 0; n--) text += random.oneIn(3) ? word(random, 6) : random.pick(of);
  return text;
}

function part(random: Random): string | Uint8Array {
  const n = random.below(30);
  switch (random.below(16)) {
    case 0:
      return `${word(random, 90)}\r\n`;
    case 1:
      return mix(random, LETTERS);
    case 2:
      return mix(random, WIDE);
    case 3:
      return mix(random, ODD);
    case 4:
      return random.pick(CONTROLS);
    case 5:
      return "\r\n";
    case 6:
      return Uint8Array.from({ length: random.below(24) }, () => random.below(256));
    case 7:
      return Uint8Array.from({ length: random.below(12) }, () => random.between(0x80, 0xff));
    case 8:
      return `\x1b[${random.pick(["", "0", "1;31", "38;5;9", "48;5;4", "38;2;9;8;7", "48;2;1;2;3", "4:3"])}m`;
    case 9:
      return `\x1b[${n};${random.below(90)}${random.pick(["H", "f", "r"])}`;
    case 10:
      return `\x1b[${random.oneIn(2) ? "" : n}${random.pick([..."ABCDGdKKJbXPL"])}`;
    case 11:
      return random.pick(["\x1b(0", "\x1b(B", "\x1b)0", "\x1bV", "\x1bW", "\x1bM", "\x1b[r"]);
    case 12:
      return `\x1b[${random.pick(MODES)}${random.pick(["h", "l"])}`;
    case 13:
      return "\x1b[?69l\x1b[?6l\x1b[4l\x1b[20l\x1b[?7h\x1b(B\x0f";
    default:
      return `${word(random, 12)} `;
  }
}

function screen(terminal: Terminal): unknown {
  return {
    text: terminal.text(),
    cells: Array.from({ length: terminal.rows }, (_, y) => [...terminal.rowWords(y)].join()),
    cursor: [terminal.cursorRow, terminal.cursorCol, terminal.pendingWrap],
    pen: terminal.pen,
    bells: terminal.bellCount,
  };
}

function run(seed: number, role: Role): void {
  const random = new Random(seed);
  const cols = random.pick([80, 80, 33, 7, 2, 1]);
  const whole = core.createTerminal(cols, random.pick([24, 5, 1]), role);
  // Of one lineage, so that styles have the same numbers in both.
  const single = whole.clone();
  const kept: [Terminal, unknown][] = [];
  for (let n = 0; n < 40; n++) {
    const parts = Array.from({ length: random.between(1, 12) }, () => {
      const text = part(random);
      return typeof text === "string" ? encoder.encode(text) : text;
    });
    const bytes = new Uint8Array(Buffer.concat(parts));
    whole.feed(bytes);
    for (let i = 0; i < bytes.length; i++) single.feed(bytes.subarray(i, i + 1));
    expect(screen(whole)).toEqual(screen(single));
    if (random.oneIn(4)) kept.push([whole.snapshot(), screen(whole)]);
  }
  for (const [snapshot, before] of kept) {
    expect((screen(snapshot) as { cells: string[] }).cells).toEqual((before as { cells: string[] }).cells);
    snapshot.free();
  }
  whole.free();
  single.free();
}

for (const role of ["host", "replica", "replica-repair"] as const) {
  test(`${role}: text at once and byte by byte, ${RUNS} random runs`, () => {
    const only = process.env.STERNA_FUZZ_SEED;
    const seeds = only === undefined ? Array.from({ length: RUNS }, (_, i) => i + 1) : [Number(only)];
    for (const seed of seeds) {
      try {
        run(seed, role);
      } catch (error) {
        throw new Error(`STERNA_FUZZ_SEED=${seed}, role ${role}: ${error}`, { cause: error });
      }
    }
  }, 120_000);
}

test("every character of the blocks that are taken in vectors is as wide as one by one", () => {
  for (let first = 0xa0; first < 0x10000; first += 64) {
    if (first >= 0xd800 && first < 0xe000) continue;
    const whole = core.createTerminal(132, 3, "host");
    const single = whole.clone();
    const text = Array.from({ length: 64 }, (_, i) => String.fromCodePoint(first + i)).join("");
    whole.feed(encoder.encode(text));
    for (const byte of encoder.encode(text)) single.feed(Uint8Array.of(byte));
    expect(screen(whole)).toEqual(screen(single));
    whole.free();
    single.free();
  }
});
