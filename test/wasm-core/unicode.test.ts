/** Widths: equal to the reference platform's for stock peers, sensible beyond it, and a reproducible table. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { generateWidths } from "../../wasm-core/tools/generate-widths.ts";
import { loadInternals } from "./internals.ts";

const ROOT = join(import.meta.dir, "../..");
setDefaultTimeout(120_000);
const w = loadInternals();
const moshWidth = w.moshWidth!;
const hostWidth = w.hostWidth!;
const isUnsettledWidth = w.isUnsettledWidth!;

interface WidthFile {
  widths: Record<"-1" | "0" | "2", [string, string?][]>;
}

function reference(): Int8Array {
  const widths = new Int8Array(0x110000).fill(1);
  const file = JSON.parse(readFileSync(join(ROOT, "test/cases/wcwidth.json"), "utf8")) as WidthFile;
  for (const width of ["-1", "0", "2"] as const) {
    for (const [first, last = first] of file.widths[width]) {
      widths.fill(Number(width), parseInt(first, 16), parseInt(last, 16) + 1);
    }
  }
  return widths.fill(1, 0x20, 0x7f).fill(1, 0xa0, 0x100);
}

describe("widths", () => {
  test("every code point has the reference platform's width for a stock peer", () => {
    const expected = reference();
    const wrong: string[] = [];
    for (let c = 1; c < 0x110000; c++) {
      if (moshWidth(c) !== expected[c]) wrong.push(`${c.toString(16)}: ${moshWidth(c)}, not ${expected[c]}`);
    }
    expect(wrong).toEqual([]);
  });

  test("the host role agrees wherever the reference platform has an answer", () => {
    for (let c = 1; c < 0x110000; c++) {
      const width = moshWidth(c);
      if (width >= 0 && hostWidth(c) !== width) throw new Error(`U+${c.toString(16)}`);
    }
  });

  test("the host role knows what was assigned after Unicode 14", () => {
    expect(hostWidth(0x1fae8)).toBe(2); // SHAKING FACE, Unicode 15
    expect(hostWidth(0x31350)).toBe(2); // CJK extension H, Unicode 15
    expect(hostWidth(0x2ffc)).toBe(2); // ideographic description character, Unicode 15.1
    expect(hostWidth(0x1e030)).toBe(1); // Cyrillic modifier letter, Unicode 15
    expect(hostWidth(0x0cf3)).toBe(1); // Kannada sign, a spacing mark, Unicode 15
    expect(hostWidth(0x10efd)).toBe(0); // Arabic small low word, a nonspacing mark, Unicode 15
    expect(moshWidth(0x1fae8)).toBe(-1);
  });

  test("controls, separators, surrogates, noncharacters and unassigned code points have no width", () => {
    for (const c of [7, 0x1b, 0x7f, 0x85, 0x9f, 0x2028, 0x2029, 0xd800, 0xdfff, 0xfffe, 0x3ffff, 0x378]) {
      expect(hostWidth(c)).toBe(-1);
      expect(moshWidth(c)).toBe(-1);
    }
    expect(moshWidth(0x110000)).toBe(-1);
    expect(hostWidth(0xffffffff)).toBe(-1);
  });

  test("widths that C libraries disagree about are unsettled, and nothing that frames are full of", () => {
    for (const c of [0x1f600, 0x231a, 0x1f9d1, 0x1f1e6, 0x1161, 0x3248, 0x4dc0, 0x1fae8, 0x30000, 0x1f44d]) {
      expect([c, isUnsettledWidth(c)]).toEqual([c, 1]);
    }
    const settled = "aé─│▀█→✓•…中한あ　ｗ\ue0b0Ж\u0301\u200d\ufe0f";
    for (const char of settled) {
      expect(`${char} ${isUnsettledWidth(char.codePointAt(0)!)}`).toBe(`${char} 0`);
    }
  });

  test("everything the stock peer would drop but the host prints is unsettled", () => {
    for (let c = 1; c < 0x110000; c++) {
      if (moshWidth(c) < 0 && hostWidth(c) >= 0 && !isUnsettledWidth(c))
        throw new Error(`U+${c.toString(16)}`);
    }
  });

  test("the generator gives the committed table again", () => {
    const committed = readFileSync(join(ROOT, "wasm-core/assembly/width-table.ts"), "utf8");
    expect(generateWidths()).toBe(committed);
    expect(generateWidths()).toBe(generateWidths());
  });
});

describe("UTF-8 of one code point", () => {
  test("encodes and decodes as TextEncoder does, at every length boundary", () => {
    const at = w.alloc!(16) >>> 0;
    for (const c of [0, 0x41, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x1f600, 0x10ffff]) {
      const expected = Buffer.from(String.fromCodePoint(c));
      const length = w.encodeUtf8!(at, c);
      expect(Buffer.from(w.memory.buffer, at, length).toString("hex")).toBe(expected.toString("hex"));
      expect(w.utf8Length!(c)).toBe(expected.length);
      expect(w.decodeUtf8!(at)).toBe(c);
    }
    w.release!(at, 16);
  });
});
