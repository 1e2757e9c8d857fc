/**
 * Moving rows: the scroll of the region, line steps, and the functions made of them (IND, NEL, RI, IL, DL, SU, SD).
 *
 * Whole rows move as pointers. Only with left and right margins (DECLRMM, host role) are cells copied. Called by
 * dispatch.ts and print.ts.
 */
import {
  CELL_SHIFT,
  ROW_CELLS,
  T_COLS,
  T_CURSOR_COL,
  T_CURSOR_ROW,
  T_REGION_BOTTOM,
  T_REGION_TOP,
} from "./layout";
import { releaseRow } from "./memory";
import { parameter } from "./params";
import {
  blankCell,
  breakWide,
  columnInMargins,
  cursorCol,
  cursorRow,
  fillCells,
  hasMode2,
  isHost,
  leftEdge,
  moveCursor,
  newBlankRow,
  placeCursor,
  recycleRow,
  rows,
  rowSlot,
  writableRow,
} from "./screen";
import { MODE2_LEFT_RIGHT, MODE2_NEWLINE, T_MARGIN_LEFT, T_MARGIN_RIGHT } from "./state";

/** Whether left and right margins are narrower than the screen. */
function hasSideMargins(t: usize): bool {
  return (
    hasMode2(t, MODE2_LEFT_RIGHT) &&
    (load<i32>(t, T_MARGIN_LEFT) > 0 || load<i32>(t, T_MARGIN_RIGHT) < load<i32>(t, T_COLS) - 1)
  );
}

/** Moves the pointers of `count` rows from `from` to `to`. */
function movePointers(t: usize, to: i32, from: i32, count: i32): void {
  memory.copy(rowSlot(t, to), rowSlot(t, from), (<usize>count) << 2);
}

/** Moves the pointers of `count` rows up by one, to `to`. Inline: for so few bytes a bulk copy is mostly its call. */
function movePointersUp(t: usize, to: i32, count: i32): void {
  let p = rowSlot(t, to);
  const end = p + ((<usize>count) << 2);
  // What is read ahead of the store is never behind it: the distance is one pointer.
  for (; p + 16 <= end; p += 16) v128.store(p, v128.load(p, 4));
  for (; p < end; p += 4) store<u32>(p, load<u32>(p, 4));
}

/** Copies cells left..right of row `from` over those of row `to`. */
function copyMarginCells(t: usize, to: i32, from: i32, left: i32, right: i32): void {
  const target = writableRow(t, to);
  const source = <usize>load<u32>(rowSlot(t, from));
  const offset = ROW_CELLS + ((<usize>left) << CELL_SHIFT);
  memory.copy(target + offset, source + offset, (<usize>(right - left + 1)) << CELL_SHIFT);
}

/** Scrolls only the columns between the margins. `n` > 0: up. */
function scrollBetweenMargins(t: usize, top: i32, bottom: i32, n: i32): void {
  const left = load<i32>(t, T_MARGIN_LEFT);
  const right = load<i32>(t, T_MARGIN_RIGHT);
  const blank = blankCell(t);
  for (let y = top; y <= bottom; y++) {
    const row = writableRow(t, y);
    breakWide(t, row, left);
    breakWide(t, row, right + 1);
  }
  const keep = bottom - top + 1 - abs(n);
  if (n > 0) for (let i = 0; i < keep; i++) copyMarginCells(t, top + i, top + i + n, left, right);
  else for (let i = 0; i < keep; i++) copyMarginCells(t, bottom - i, bottom - i + n, left, right);
  const from = n > 0 ? bottom - n + 1 : top;
  for (let y = from; y < from + abs(n); y++) fillCells(writableRow(t, y), left, right + 1, blank);
}

/**
 * Scrolls rows top..bottom: n > 0 deletes n rows at the top, blank rows enter at the bottom; n < 0 the reverse.
 * The cursor and the combining target stay (terminal.md 4).
 */
export function scrollRows(t: usize, top: i32, bottom: i32, n: i32): void {
  const height = bottom - top + 1;
  if (n > height) n = height;
  if (n < -height) n = -height;
  if (n == 0) return;
  if (hasSideMargins(t)) {
    scrollBetweenMargins(t, top, bottom, n);
    return;
  }
  const blank = blankCell(t);
  if (n == 1) {
    const row = <usize>load<u32>(rowSlot(t, top));
    movePointersUp(t, top, height - 1);
    store<u32>(rowSlot(t, bottom), <u32>recycleRow(t, row, blank));
    return;
  }
  const count = n > 0 ? n : -n;
  const leaving = n > 0 ? top : bottom - count + 1;
  for (let i = 0; i < count; i++) releaseRow(<usize>load<u32>(rowSlot(t, leaving + i)));
  if (n > 0) movePointers(t, top, top + count, height - count);
  else movePointers(t, top + count, top, height - count);
  const entering = n > 0 ? bottom - count + 1 : top;
  for (let i = 0; i < count; i++) store<u32>(rowSlot(t, entering + i), <u32>newBlankRow(t, blank));
}

/** One line down (+1) or up (-1), scrolling at the edge of the region (terminal.md 4, "line step"). */
export function lineStep(t: usize, step: i32): void {
  const y = load<i32>(t, T_CURSOR_ROW);
  const x = load<i32>(t, T_CURSOR_COL);
  const top = load<i32>(t, T_REGION_TOP);
  const bottom = load<i32>(t, T_REGION_BOTTOM);
  const edge = step > 0 ? bottom : top;
  if (y == edge) {
    if (columnInMargins(t, x)) scrollRows(t, top, bottom, step);
    placeCursor(t, y, x);
  } else if (isHost(t)) {
    const next = y + step;
    placeCursor(t, next < 0 || next >= rows(t) ? y : next, x);
  } else {
    moveCursor(t, y + step, x);
  }
}

// vt: IND · ESC D, C1 84 · down one line, scrolls at the bottom margin
// vt: LF VT FF · C0 0A 0B 0C · as IND · host: also column 0 under LNM
export function lineFeed(t: usize): void {
  lineStep(t, 1);
  if (hasMode2(t, MODE2_NEWLINE)) carriageReturn(t);
}

// vt: RI · ESC M, C1 8D · up one line, scrolls at the top margin
export function reverseIndex(t: usize): void {
  lineStep(t, -1);
}

// vt: NEL · ESC E, C1 85 · column 0 (host: left margin), then as IND
export function nextLine(t: usize): void {
  carriageReturn(t);
  lineStep(t, 1);
}

// vt: CR · C0 0D · column 0 · host: the left margin if the cursor is not left of it
export function carriageReturn(t: usize): void {
  if (isHost(t)) placeCursor(t, cursorRow(t), leftEdge(t, cursorCol(t)));
  else moveCursor(t, cursorRow(t), 0);
}

/** Whether IL and DL work here: the cursor is inside the margins. */
function insideMargins(t: usize): bool {
  const y = cursorRow(t);
  return (
    y >= load<i32>(t, T_REGION_TOP) && y <= load<i32>(t, T_REGION_BOTTOM) && columnInMargins(t, cursorCol(t))
  );
}

/** After IL and DL: column 0, in the replica also when nothing was done (terminal.md 8). */
function finishLines(t: usize, inside: bool): void {
  if (!isHost(t)) moveCursor(t, cursorRow(t), 0);
  else if (inside) placeCursor(t, cursorRow(t), load<i32>(t, T_MARGIN_LEFT));
}

// vt: IL · CSI n L · inserts n blank lines at the cursor, then column 0 · host: nothing outside the margins
export function insertLines(t: usize): void {
  const inside = insideMargins(t);
  if (inside) scrollRows(t, cursorRow(t), load<i32>(t, T_REGION_BOTTOM), -parameter(0, 1));
  finishLines(t, inside);
}

// vt: DL · CSI n M · deletes n lines at the cursor, then column 0 · host: nothing outside the margins
export function deleteLines(t: usize): void {
  const inside = insideMargins(t);
  if (inside) scrollRows(t, cursorRow(t), load<i32>(t, T_REGION_BOTTOM), parameter(0, 1));
  finishLines(t, inside);
}

// vt: SU · CSI n S · scrolls the region up n lines, the cursor stays
export function scrollUp(t: usize): void {
  scrollRows(t, load<i32>(t, T_REGION_TOP), load<i32>(t, T_REGION_BOTTOM), parameter(0, 1));
}

// vt: SD · CSI n T · scrolls the region down n lines, the cursor stays
export function scrollDown(t: usize): void {
  scrollRows(t, load<i32>(t, T_REGION_TOP), load<i32>(t, T_REGION_BOTTOM), -parameter(0, 1));
}
