/**
 * Erasing, inserting and deleting within rows: ED, EL, ECH, ICH, DCH, their selective forms, and the column functions
 * of DECLRMM. Called by dispatch.ts and print.ts; terminal.md 8.
 *
 * New blank cells have the pen's background. In the host role no half of a wide character is left alone, and
 * erasures respect protected cells as in xterm: ED, EL and ECH those of SPA (ISO), DECSED and DECSEL those of DECSCA too.
 */
import { CELL_PROTECTED, CELL_SHIFT, ROW_CELLS, T_REGION_BOTTOM, T_REGION_TOP } from "./layout";
import { parameter } from "./params";
import {
  blankCell,
  blankRow,
  breakWide,
  clearPendingWrap,
  columnInMargins,
  columns,
  cursorCol,
  cursorRow,
  dropWide,
  fillCells,
  getCell,
  isHost,
  placeCursor,
  putCell,
  rightEdge,
  rows,
  writableRow,
} from "./screen";
import { PROTECT_DEC, PROTECT_ISO, T_MARGIN_LEFT, T_MARGIN_RIGHT, T_PROTECTION } from "./state";

/** Erases cells from .. to-1 of row `y`. `protection`: bit set of the kinds of protected cells to leave, PROTECT_*. */
function eraseCells(t: usize, y: i32, from: i32, to: i32, protection: u32): void {
  if (from >= to) return;
  const blank = blankCell(t);
  const guarded = (load<u32>(t, T_PROTECTION) & protection) != 0;
  if (!guarded && from == 0 && to == columns(t)) {
    blankRow(t, y, blank);
    return;
  }
  const row = writableRow(t, y);
  if (!guarded) {
    if (isHost(t)) breakWide(t, row, from);
    fillCells(row, from, to, blank);
    return;
  }
  for (let x = from; x < to; x++) {
    if (<u32>getCell(row, x) & CELL_PROTECTED) continue;
    breakWide(t, row, x);
    putCell(row, x, blank);
  }
}

function eraseDisplayWith(t: usize, protection: u32): void {
  const y = cursorRow(t);
  const height = rows(t);
  const width = columns(t);
  switch (parameter(0, 0)) {
    case 0:
      eraseCells(t, y, cursorCol(t), width, protection);
      for (let i = y + 1; i < height; i++) eraseCells(t, i, 0, width, protection);
      break;
    case 1:
      for (let i = 0; i < y; i++) eraseCells(t, i, 0, width, protection);
      eraseCells(t, y, 0, cursorCol(t) + 1, protection);
      break;
    case 2:
      for (let i = 0; i < height; i++) eraseCells(t, i, 0, width, protection);
      break;
  }
}

function eraseLineWith(t: usize, protection: u32): void {
  const x = cursorCol(t);
  const what = parameter(0, 0);
  if (what > 2) return;
  eraseCells(t, cursorRow(t), what == 0 ? x : 0, what == 1 ? x + 1 : columns(t), protection);
}

// vt: ED · CSI n J · erases the display: 0 from the cursor, 1 to the cursor, 2 all
export function eraseDisplay(t: usize): void {
  clearPendingWrap(t);
  eraseDisplayWith(t, PROTECT_ISO);
}

// vt: EL · CSI n K · erases the line: 0 from the cursor, 1 to the cursor, 2 all
export function eraseLine(t: usize): void {
  clearPendingWrap(t);
  eraseLineWith(t, PROTECT_ISO);
}

// vt: DECSED · CSI ? n J · as ED, leaves cells protected by DECSCA · host only
export function selectiveEraseDisplay(t: usize): void {
  clearPendingWrap(t);
  eraseDisplayWith(t, PROTECT_DEC | PROTECT_ISO);
}

// vt: DECSEL · CSI ? n K · as EL, leaves cells protected by DECSCA · host only
export function selectiveEraseLine(t: usize): void {
  clearPendingWrap(t);
  eraseLineWith(t, PROTECT_DEC | PROTECT_ISO);
}

// vt: ECH · CSI n X · erases n cells from the cursor on, within the row
export function eraseCharacters(t: usize): void {
  clearPendingWrap(t);
  const x = cursorCol(t);
  eraseCells(t, cursorRow(t), x, x + min(parameter(0, 1), columns(t) - x), PROTECT_ISO);
}

/** Makes room for `n` blank cells in column `x`, within right edge `edge` (inclusive). */
function insertInRow(t: usize, y: i32, x: i32, edge: i32, n: i32, blank: u64): void {
  const row = writableRow(t, y);
  const host = isHost(t);
  if (host) {
    breakWide(t, row, x);
    breakWide(t, row, edge + 1);
  }
  n = min(n, edge + 1 - x);
  const at = row + ROW_CELLS + ((<usize>x) << CELL_SHIFT);
  memory.copy(at + ((<usize>n) << CELL_SHIFT), at, (<usize>(edge + 1 - x - n)) << CELL_SHIFT);
  fillCells(row, x, x + n, blank);
  if (host) dropWide(t, row, edge);
}

/** Removes `n` cells in column `x`; blank cells enter at right edge `edge` (inclusive). */
function deleteInRow(t: usize, y: i32, x: i32, edge: i32, n: i32, blank: u64): void {
  const row = writableRow(t, y);
  n = min(n, edge + 1 - x);
  if (isHost(t)) {
    breakWide(t, row, x);
    breakWide(t, row, edge + 1);
  }
  const at = row + ROW_CELLS + ((<usize>x) << CELL_SHIFT);
  memory.copy(at, at + ((<usize>n) << CELL_SHIFT), (<usize>(edge + 1 - x - n)) << CELL_SHIFT);
  fillCells(row, edge + 1 - n, edge + 1, blank);
}

/** Insert mode and ICH: `n` blank cells at the cursor; nothing outside the left and right margins. */
export function insertCells(t: usize, n: i32): void {
  const x = cursorCol(t);
  if (!columnInMargins(t, x)) return;
  insertInRow(t, cursorRow(t), x, rightEdge(t, x), n, blankCell(t));
}

// vt: ICH · CSI n @ · inserts n blank cells at the cursor · host: nothing outside the margins
export function insertCharacters(t: usize): void {
  clearPendingWrap(t);
  insertCells(t, parameter(0, 1));
}

// vt: DCH · CSI n P · deletes n cells at the cursor · host: nothing outside the margins
export function deleteCharacters(t: usize): void {
  clearPendingWrap(t);
  const x = cursorCol(t);
  if (!columnInMargins(t, x)) return;
  deleteInRow(t, cursorRow(t), x, rightEdge(t, x), parameter(0, 1), blankCell(t));
}

/** Whether the cursor is inside all four margins. */
function insideMargins(t: usize): bool {
  const y = cursorRow(t);
  return (
    y >= load<i32>(t, T_REGION_TOP) && y <= load<i32>(t, T_REGION_BOTTOM) && columnInMargins(t, cursorCol(t))
  );
}

/** Inserts (n > 0) or deletes (n < 0) columns from column `x` to the right margin, in every row of the region. */
function shiftColumns(t: usize, x: i32, n: i32): void {
  const edge = load<i32>(t, T_MARGIN_RIGHT);
  const blank = blankCell(t);
  for (let y = load<i32>(t, T_REGION_TOP); y <= load<i32>(t, T_REGION_BOTTOM); y++) {
    if (n > 0) insertInRow(t, y, x, edge, n, blank);
    else deleteInRow(t, y, x, edge, -n, blank);
  }
}

// vt: DECIC · CSI n ' } · inserts n columns at the cursor in all rows of the region · host only
export function insertColumns(t: usize): void {
  if (insideMargins(t)) shiftColumns(t, cursorCol(t), parameter(0, 1));
}

// vt: DECDC · CSI n ' ~ · deletes n columns at the cursor in all rows of the region · host only
export function deleteColumns(t: usize): void {
  if (insideMargins(t)) shiftColumns(t, cursorCol(t), -parameter(0, 1));
}

// vt: SL · CSI n SP @ · scrolls the region n columns to the left · host only
export function scrollLeft(t: usize): void {
  shiftColumns(t, load<i32>(t, T_MARGIN_LEFT), -parameter(0, 1));
}

// vt: SR · CSI n SP A · scrolls the region n columns to the right · host only
export function scrollRight(t: usize): void {
  shiftColumns(t, load<i32>(t, T_MARGIN_LEFT), parameter(0, 1));
}

// vt: DECBI · ESC 6 · left one column; at the left margin the region scrolls right instead · host only
export function backIndex(t: usize): void {
  const x = cursorCol(t);
  if (x == load<i32>(t, T_MARGIN_LEFT)) {
    if (insideMargins(t)) shiftColumns(t, x, 1);
  } else if (x > 0) {
    placeCursor(t, cursorRow(t), x - 1);
  }
}

// vt: DECFI · ESC 9 · right one column; at the right margin the region scrolls left instead · host only
export function forwardIndex(t: usize): void {
  const x = cursorCol(t);
  if (x == load<i32>(t, T_MARGIN_RIGHT)) {
    if (insideMargins(t)) shiftColumns(t, load<i32>(t, T_MARGIN_LEFT), -1);
  } else if (x < columns(t) - 1) {
    placeCursor(t, cursorRow(t), x + 1);
  }
}
