/**
 * Writes assembly/width-table.ts: `bun wasm-core/tools/generate-widths.ts`. Run it when the runtime brings a newer
 * Unicode; the result is committed, and a test runs generateWidths() again and compares.
 *
 * Three facts per code point, in one 4-bit class (see CLASS below):
 *   – its width for a stock Mosh 1.4.0 of the reference platform (test/cases/wcwidth.json: glibc 2.36, Unicode 14),
 *     -1 = unassigned there, dropped by the emulator;
 *   – for those: its width where a newer Unicode has assigned it, by the runtime's own Unicode data;
 *   – whether C libraries in use disagree about it ("unsettled"): after such a character the display must not rely on
 *     the cursor's implicit position (terminal.md 15).
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "../..");
const OUTPUT = join(ROOT, "wasm-core/assembly/width-table.ts");
const CODE_POINTS = 0x110000;
/** Code points per block of the second stage. */
const BLOCK = 128;

/**
 * First and last code points assigned in Unicode 10 to 14 (DerivedAge.txt), gaps of unassigned code points included.
 * C libraries of living systems (CentOS 7, older BSDs) do not know them.
 */
const ASSIGNED_AFTER_9 = `560 588 5ef 61d 7fd-7ff 860-89f 8b5 8be-8d3 9fc-9fe a76 afa-aff b55 c04 c3c c5d c77 c84 cdd
  d00 d04 d3b-d3c d81 e86 e89 e8c e8e-e93 e98 ea0 ea8-ea9 eac eba 170d 1715-171f 180f 1878 1abf-1ace 1b4c 1b7d-1b7e
  1c90-1cbf 1cf7 1cfa 1df6-1dfa 20bf-20c0 23ff 2b97 2bba-2bbc 2bc9 2bd2-2beb 2bf0-2bff 2c2f 2c5f 2e45-2e5d 312e-312f
  31bb-31bf 32ff 4db6-4dbf 9fd6-9fff a7af a7b8-a7f6 a82c a8fe-a8ff ab66-ab6b fbc2 fd40-fd4f fdcf fdfe-fdff 1019c
  1032d-1032f 10570-105bc 10780-107ba 10a34-10a35 10a48 10d00-10d39 10e80-10ff6 11070-11075 110c2-110cd 11144-11147
  111ce-111cf 1133b 1145a 1145e-11461 116b8-116b9 1171a 11740-1183b 11900-11abf 11d00-11fff 12f90-12ff2 13430-13438
  16a70-16ac9 16e40-16e9a 16f45-16f4f 16f7f-16f87 16fe1-16ff1 187ed-187f7 18af3-1affe 1b002-1b2fb 1cf00-1cfc3
  1d1e9-1d1ea 1d2e0-1d2f3 1d372-1d378 1df00-1df1e 1e100-1e7fe 1e94b 1ec71-1ed3d 1f10d-1f10f 1f12f 1f16c-1f16f 1f1ad
  1f260-1f265 1f6d3-1f6df 1f6f7-1f6fc 1f7d5-1f7f0 1f8b0-1f90f 1f91f 1f928-1f92f 1f931-1f932 1f93f 1f94c-1f94f
  1f95f-1f97f 1f992-1f9bf 1f9c1-1fbf9 2a6d7-2a6df 2b735-2b738 2ceb0-2ebe0 30000-3134a`;

/**
 * Old enough, and still not agreed on: medial and final Hangul jamo (0 here, 1 elsewhere), numbers in circles on black
 * squares and hexagram symbols (2 here and since Unicode 16, 1 elsewhere), Tai Xuan Jing symbols (wide since Unicode
 * 16), regional indicators (1 here, 2 elsewhere). East Asian Ambiguous is not among them: it is 1 in every UTF-8 locale
 * but a few East Asian ones, and box drawing would pay for it in every frame. Emoji are added below: Unicode 9 made
 * them wide.
 */
const DISPUTED = "1160-11ff d7b0-d7c6 d7cb-d7fb 3248-324f 4dc0-4dff 1d300-1d356 1f1e6-1f1ff";

/** Wide symbols without a script of their own in blocks for East Asian writing. */
const WIDE_SYMBOLS = "2ff0-2fff 31c0-31ef";
const WIDE_SCRIPT =
  /[\p{Script=Han}\p{Script=Tangut}\p{Script=Khitan_Small_Script}\p{Script=Nushu}\p{Script=Hiragana}\p{Script=Katakana}]/u;

/** Class = this base + width: a width everybody agrees on, or one the display must not rely on … */
const CLASS_SETTLED = 0;
const CLASS_DROPPED = 3; // … -1 everywhere
const CLASS_UNSETTLED = 4;
const CLASS_NEWER = 8; // -1 for Mosh 1.4.0, assigned later with this width

function parseRanges(text: string): Set<number> {
  const set = new Set<number>();
  for (const range of text.split(/\s+/)) {
    const [first = "", last = first] = range.split("-");
    for (let c = parseInt(first, 16); c <= parseInt(last, 16); c++) set.add(c);
  }
  return set;
}

/** Width of every code point on the reference platform. */
function referenceWidths(): Int8Array {
  const widths = new Int8Array(CODE_POINTS).fill(1);
  const file = JSON.parse(readFileSync(join(ROOT, "test/cases/wcwidth.json"), "utf8")) as {
    widths: Record<"-1" | "0" | "2", [string, string?][]>;
  };
  for (const width of ["-1", "0", "2"] as const) {
    for (const [first, last = first] of file.widths[width]) {
      widths.fill(Number(width), parseInt(first, 16), parseInt(last, 16) + 1);
    }
  }
  return widths.fill(1, 0x20, 0x7f).fill(1, 0xa0, 0x100);
}

/** Width of a code point that the reference platform does not know, or -1 if nobody knows it. */
function newerWidth(codePoint: number, wideSymbols: Set<number>): number {
  const char = String.fromCodePoint(codePoint);
  if (/[\p{Cn}\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(char)) return -1;
  if (/[\p{Mn}\p{Me}\p{Cf}]/u.test(char)) return 0;
  const wide = WIDE_SCRIPT.test(char) || wideSymbols.has(codePoint) || /\p{Emoji_Presentation}/u.test(char);
  return wide ? 2 : 1;
}

function classify(): Uint8Array {
  const unsettled = parseRanges(`${ASSIGNED_AFTER_9} ${DISPUTED}`);
  const wideSymbols = parseRanges(WIDE_SYMBOLS);
  return Uint8Array.from(referenceWidths(), (width, codePoint) => {
    if (width < 0) {
      const newer = newerWidth(codePoint, wideSymbols);
      return newer < 0 ? CLASS_DROPPED : CLASS_NEWER + newer;
    }
    const emoji = codePoint > 0xff && /\p{Emoji_Presentation}/u.test(String.fromCodePoint(codePoint));
    return (emoji || unsettled.has(codePoint) ? CLASS_UNSETTLED : CLASS_SETTLED) + width;
  });
}

function numbers(values: Iterable<number>): string {
  const lines: string[] = [];
  let line = " ";
  for (const value of values) {
    const item = ` ${value},`;
    if (line.length + item.length > 110) {
      lines.push(line);
      line = " ";
    }
    line += item;
  }
  return [...lines, line].join("\n");
}

/** The text of assembly/width-table.ts. */
export function generateWidths(): string {
  const classes = classify();
  const blocks = new Map<string, number>();
  const stage1: number[] = [];
  const stage2: number[] = [];
  for (let start = 0; start < CODE_POINTS; start += BLOCK) {
    const key = classes.subarray(start, start + BLOCK).join();
    let block = blocks.get(key);
    if (block === undefined) {
      block = blocks.size;
      blocks.set(key, block);
      for (let i = start; i < start + BLOCK; i += 2) stage2.push(classes[i]! | (classes[i + 1]! << 4));
    }
    stage1.push(block);
  }
  // Stage 1 as runs (count, block): most of the code space is one block.
  const runs: number[] = [];
  for (const block of stage1) {
    if (runs.length > 0 && runs[runs.length - 1] === block) runs[runs.length - 2]!++;
    else runs.push(1, block);
  }
  return `/**
 * Generated by tools/generate-widths.ts from glibc 2.36's table (Unicode 14) and Unicode ${process.versions.unicode}: do not edit.
 * Used by unicode.ts only, which says what a class is.
 */

/** Distinct blocks of ${BLOCK} code points; two classes to a byte, the lower code point in the low half. */
export const WIDTH_BLOCKS: usize = memory.data<u8>([
${numbers(stage2)}
]);

/** Which block each ${BLOCK} code points use, as pairs: how many times, which block. */
export const WIDTH_RUNS: usize = memory.data<u16>([
${numbers(runs)}
]);
export const WIDTH_RUN_COUNT: i32 = ${runs.length / 2};
`;
}

if (import.meta.main) writeFileSync(OUTPUT, generateWidths());
