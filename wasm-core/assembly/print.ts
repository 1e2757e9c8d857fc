/**
 * Printing: one code point by all the rules (terminal.md 5). Runs of plain text take the fast path of text.ts, which
 * gives the same screen. Called by parser.ts and by REP.
 */
import { mapCharacter } from "./charset";
import { insertCells } from "./edit";
import {
  CELL_CLUSTER,
  CELL_FALLBACK,
  CELL_SHIFT,
  CELL_WIDE,
  CONTENT_MASK,
  MODE_AUTOWRAP,
  MODE_INSERT,
  MODE_ORIGIN,
  MODE_PENDING_WRAP,
  ROW_CELLS,
  T_COMBINING_COL,
  T_COMBINING_ROW,
  T_CURSOR_COL,
  T_CURSOR_ROW,
  T_LINEAGE,
  T_MODES,
  T_PEN,
  T_REGION_BOTTOM,
  T_REGION_TOP,
} from "./layout";
import { appendToContent, contentLength } from "./lineage";
import { parameter } from "./params";
import {
  blankCell,
  bottomLimit,
  breakWide,
  clamp,
  columns,
  cursorCol,
  cursorRow,
  getCell,
  hasMode,
  hasMode2,
  isHost,
  leftEdge,
  moveCursor,
  placeCursor,
  putCell,
  rightEdge,
  rows,
  setMode,
  setRowWrap,
  topLimit,
  writableRow,
} from "./screen";
import { lineStep } from "./scroll";
import {
  CELL_TEXT_LIMIT,
  MODE2_MAPPED,
  T_LAST_PRINTED,
  T_MARGIN_LEFT,
  T_MARGIN_RIGHT,
  T_PEN_FLAGS,
} from "./state";
import { hostWidth, moshWidth } from "./unicode";

/** Width of a code point: -1 not printable, 0 joins the character before it, 1 or 2 columns. */
export function characterWidth(host: bool, cp: u32): i32 {
  if (cp - 0x20 < 0x5f || cp - 0xa0 < 0x60) return 1;
  return host ? hostWidth(cp) : moshWidth(cp);
}

/** The print action: one code point of any width. */
export function printCodePoint(t: usize, cp: u32): void {
  if (hasMode2(t, MODE2_MAPPED)) cp = mapCharacter(t, cp);
  const w = characterWidth(isHost(t), cp);
  if (w > 0) printGlyph(t, cp, w);
  else if (w == 0) combine(t, cp);
}

/** The automatic wrap: to the start of the next line; `mark` = the row continues there. */
export function wrap(t: usize, mark: bool): void {
  const x = cursorCol(t);
  const y = cursorRow(t);
  if (isHost(t)) {
    // With a right margin inside the screen the row does not continue at its edge.
    if (mark && rightEdge(t, x) == columns(t) - 1) setRowWrap(t, y, true);
    placeCursor(t, y, leftEdge(t, x));
  } else {
    setRowWrap(t, y, mark);
    moveCursor(t, y, 0);
  }
  lineStep(t, 1);
}

/** Prints a character `w` (1 or 2) columns wide. */
export function printGlyph(t: usize, cp: u32, w: i32): void {
  const host = isHost(t);
  if (hasMode(t, MODE_AUTOWRAP)) {
    if (hasMode(t, MODE_PENDING_WRAP)) wrap(t, true);
    if (w == 2 && !wideFits(t)) {
      if (host && rightEdge(t, cursorCol(t)) == leftEdge(t, cursorCol(t))) return;
      const row = writableRow(t, cursorRow(t));
      if (host) breakWide(t, row, cursorCol(t));
      putCell(row, cursorCol(t), blankCell(t));
      wrap(t, false);
      // Host: to the left of the margins there can be room for one column only, now as before.
      if (host && !wideFits(t)) return;
    }
  } else if (host && w == 2 && !wideFits(t)) {
    return;
  }
  if (hasMode(t, MODE_INSERT)) insertCells(t, w);
  const x = cursorCol(t);
  const row = writableRow(t, cursorRow(t));
  if (host) breakWide(t, row, x);
  const flags = load<u32>(t, T_PEN_FLAGS) | (w == 2 ? CELL_WIDE : 0);
  putCell(row, x, ((<u64>load<u32>(t, T_PEN)) << 32) | <u64>(cp | flags));
  if (w == 2 && x + 1 < columns(t)) putCell(row, x + 1, blankCell(t));
  store<u32>(t, cp, T_LAST_PRINTED);
  advance(t, w);
}

/** Whether a wide character fits at the cursor. The replica looks at the last column only (terminal.md 5 (1)). */
function wideFits(t: usize): bool {
  const x = cursorCol(t);
  return x < rightEdge(t, x);
}

/** `advance n` of terminal.md 4. */
function advance(t: usize, n: i32): void {
  const x = cursorCol(t);
  const y = cursorRow(t);
  store<i32>(t, y, T_COMBINING_ROW);
  store<i32>(t, x, T_COMBINING_COL);
  const edge = rightEdge(t, x);
  const next = x + n;
  setMode(t, MODE_PENDING_WRAP, next > edge);
  store<i32>(t, next > edge ? edge : next, T_CURSOR_COL);
  if (!isHost(t)) store<i32>(t, clamp(y, topLimit(t), bottomLimit(t)), T_CURSOR_ROW);
}

function isEmptyCell(cell: u64): bool {
  return (<u32>cell & (CONTENT_MASK | CELL_CLUSTER)) == 0;
}

/** A zero-width character joins the cell at the combining target (terminal.md 5, width 0). */
function combine(t: usize, cp: u32): void {
  const y = load<i32>(t, T_COMBINING_ROW);
  let x = load<i32>(t, T_COMBINING_COL);
  if (y < 0 || x < 0 || y >= rows(t) || x >= columns(t)) return;
  const row = writableRow(t, y);
  let cell = getCell(row, x);
  if (isHost(t) && x > 0 && <u32>getCell(row, x - 1) & CELL_WIDE) {
    // On the right half of a wide character: it is one character.
    x--;
    cell = getCell(row, x);
  }
  if (isEmptyCell(cell)) {
    if (isHost(t)) {
      // Nothing to join: a space carries the mark and the cursor stays where a program expects it.
      cell |= 0x20;
    } else {
      putCell(row, x, cell | <u64>(cp | CELL_FALLBACK));
      advance(t, 1);
      return;
    }
  }
  const lineage = <usize>load<u32>(t, T_LINEAGE);
  if (contentLength(lineage, <u32>cell) >= CELL_TEXT_LIMIT) return;
  const content = appendToContent(lineage, <u32>cell, cp);
  putCell(row, x, (cell & 0xffffffff00000000) | <u64>content);
}

/** REP repeats a character only if it follows it directly: any control function in between ends that (ECMA-48). */
export function forgetPrinted(t: usize): void {
  store<u32>(t, 0, T_LAST_PRINTED);
}

// vt: REP · CSI n b · repeats the character just printed n times · host only
export function repeat(t: usize): void {
  const cp = load<u32>(t, T_LAST_PRINTED);
  if (cp == 0) return;
  const w = characterWidth(true, cp);
  let n = parameter(0, 1);
  // Once the screen is full of it, a row more changes nothing.
  const full = (rows(t) + 1) * columns(t);
  const inRow = max((load<i32>(t, T_MARGIN_RIGHT) - load<i32>(t, T_MARGIN_LEFT) + 1) / w, 1);
  if (n > full) n = full + ((n - full) % inRow);
  while (n-- > 0) printGlyph(t, cp, w);
  forgetPrinted(t);
}
