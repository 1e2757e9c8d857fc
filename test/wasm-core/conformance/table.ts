/**
 * Tables of terminal behaviour: what a program writes, and the screen, cursor and answers it must get.
 *
 * Controls are written as their pictures (␛ = ESC, ␈ = BS, ␊ = LF …), so that a table reads like the standards. Only what
 * a case names is compared; a screen is compared whole (rows that are not given are blank). Used by every file here.
 */
import { describe, expect, test } from "bun:test";
import { loadCore } from "../../../wasm-core/load.ts";
import { sgr } from "../../../wasm-core/rendition.ts";
import type { Terminal } from "../../../wasm-core/terminal.ts";

const core = await loadCore();
const encoder = new TextEncoder();

export interface Expectation {
  /** Rows from the top, separated by `|`, trailing spaces left out. */
  screen?: string;
  /** Row and column from 1, as the standards count. */
  cursor?: [row: number, col: number];
  /** Whether the next character wraps first. */
  pending?: boolean;
  /** What the program gets to read. */
  reply?: string;
  /** SGR parameters of single cells, by "row;col" from 1. */
  pens?: Record<string, string>;
  /** SGR parameters of the pen. */
  pen?: string;
  /** Anything else. */
  also?: (terminal: Terminal) => void;
}

/** name, output, what must come of it; the size if it is not the table's. */
export type Case = [name: string, output: string, expected: Expectation, size?: [cols: number, rows: number]];

/** Control pictures to controls; ␡ is DEL. C1 controls are written as \u0080…\u009f. */
export function bytes(notation: string): Uint8Array {
  return encoder.encode(
    notation.replace(/[\u2400-\u241f\u2421]/g, (c) =>
      c === "\u2421" ? "\x7f" : String.fromCharCode(c.charCodeAt(0) - 0x2400),
    ),
  );
}

/** The other way round, for readable failures. */
export function picture(answer: Uint8Array): string {
  return Buffer.from(answer)
    .toString("utf8")
    .replace(/[\0-\x1f\x7f]/g, (c) =>
      c === "\x7f" ? "\u2421" : String.fromCharCode(c.charCodeAt(0) + 0x2400),
    );
}

/** A host terminal that has been fed `output`. The caller frees it. */
export function fed(output: string | Uint8Array, cols = 80, rows = 24): Terminal {
  const terminal = core.createTerminal(cols, rows, "host");
  terminal.feed(typeof output === "string" ? bytes(output) : output);
  return terminal;
}

function observe(terminal: Terminal, expected: Expectation): Expectation {
  const seen: Expectation = {};
  if (expected.screen !== undefined) seen.screen = terminal.text().join("|").replace(/\|+$/, "");
  if (expected.cursor) seen.cursor = [terminal.cursorRow + 1, terminal.cursorCol + 1];
  if (expected.pending !== undefined) seen.pending = terminal.pendingWrap;
  if (expected.reply !== undefined) seen.reply = picture(terminal.takeReplies());
  if (expected.pen !== undefined) seen.pen = sgr(terminal.pen);
  if (expected.pens) {
    seen.pens = {};
    for (const at of Object.keys(expected.pens)) {
      const [row = 1, col = 1] = at.split(";").map(Number);
      seen.pens[at] = sgr(terminal.cell(row - 1, col - 1).rendition);
    }
  }
  return seen;
}

/** Declares a test for each case, fed whole; and one for all of them, fed byte by byte. */
export function table(title: string, size: [cols: number, rows: number], cases: Case[]): void {
  describe(title, () => {
    for (const [name, output, expected, ownSize] of cases) {
      test(name, () => {
        const terminal = fed(output, ...(ownSize ?? size));
        const { also, ...rest } = expected;
        expect(observe(terminal, rest)).toEqual(rest);
        also?.(terminal);
        terminal.free();
      });
    }
    test("the same, byte by byte", () => {
      for (const [name, output, { also: _, ...expected }, ownSize] of cases) {
        const terminal = core.createTerminal(...(ownSize ?? size), "host");
        const all = bytes(output);
        for (let i = 0; i < all.length; i++) terminal.feed(all.subarray(i, i + 1));
        expect({ name, ...observe(terminal, expected) }).toEqual({ name, ...expected });
        terminal.free();
      }
    });
  });
}
