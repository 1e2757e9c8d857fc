/**
 * The screen: a terminal's life (create, clone, snapshot, free), write access to its rows, and the cursor primitives of
 * terminal.md 4 that every control function is made of.
 *
 * No control function lives here (cursor.ts, edit.ts, modes.ts …) and no byte is parsed here (parser.ts). Rows are
 * shared between a terminal and its copies; whoever writes to one asks {@link writableRow} for it first.
 */
import {
  CELL_SHIFT,
  CELL_WIDE,
  CELL_WRAP,
  EXTENT_UNKNOWN,
  MODE_AUTOWRAP,
  MODE_CURSOR_VISIBLE,
  MODE_ORIGIN,
  MODE_PENDING_WRAP,
  ROLE_HOST,
  ROW_CELLS,
  ROW_EXTENT,
  ROW_GENERATION,
  ROW_REFS,
  T_BELL_COUNT,
  T_CLIPBOARD,
  T_COLS,
  T_COMBINING_COL,
  T_COMBINING_ROW,
  T_CURSOR_COL,
  T_CURSOR_ROW,
  T_LINEAGE,
  T_MODES,
  T_MOUSE_ENCODING,
  T_MOUSE_MODE,
  T_PEN,
  T_REGION_BOTTOM,
  T_REGION_TOP,
  T_ROLE,
  T_ROWS,
  T_ROW_TABLE,
  T_SAVED_PEN,
} from "./layout";
import { eraseStyle } from "./lineage";
import { copyRow, newRow, nextGeneration, releaseRow } from "./memory";
import {
  MAX_CELLS,
  MAX_COLS,
  MAX_ROWS,
  MODE2_DEFAULT_TABS,
  MODE2_LEFT_RIGHT,
  MODE2_SEND_RECEIVE,
  SAVED_MODES,
  SAVED_SIZE,
  T_MARGIN_LEFT,
  T_MARGIN_RIGHT,
  T_MODES2,
  T_SAVED,
} from "./state";

// ---- small questions

export function isHost(t: usize): bool {
  return (load<u32>(t, T_ROLE) & ROLE_HOST) != 0;
}

export function hasMode(t: usize, mode: u32): bool {
  return (load<u32>(t, T_MODES) & mode) != 0;
}

export function setMode(t: usize, mode: u32, on: bool): void {
  const modes = load<u32>(t, T_MODES);
  store<u32>(t, on ? modes | mode : modes & ~mode, T_MODES);
}

export function hasMode2(t: usize, mode: u32): bool {
  return (load<u32>(t, T_MODES2) & mode) != 0;
}

export function setMode2(t: usize, mode: u32, on: bool): void {
  const modes = load<u32>(t, T_MODES2);
  store<u32>(t, on ? modes | mode : modes & ~mode, T_MODES2);
}

export function columns(t: usize): i32 {
  return load<i32>(t, T_COLS);
}

export function rows(t: usize): i32 {
  return load<i32>(t, T_ROWS);
}

export function cursorRow(t: usize): i32 {
  return load<i32>(t, T_CURSOR_ROW);
}

export function cursorCol(t: usize): i32 {
  return load<i32>(t, T_CURSOR_COL);
}

export function clamp(value: i32, low: i32, high: i32): i32 {
  return value < low ? low : value > high ? high : value;
}

// ---- sizes

export function clampColumns(cols: i32): i32 {
  return clamp(cols, 1, MAX_COLS);
}

/** Rows for a screen of `cols` columns, already clamped. */
export function clampRows(cols: i32, height: i32): i32 {
  return clamp(height, 1, min(MAX_ROWS, MAX_CELLS / cols));
}

// ---- cells and rows

/** Style word with only the background of `style`: what an erased cell keeps (terminal.md 1.1). */
function backgroundOf(t: usize, style: u32): u32 {
  return eraseStyle(<usize>load<u32>(t, T_LINEAGE), style);
}

/** A reset cell: empty, the pen's background, no flags. */
export function blankCell(t: usize): u64 {
  return (<u64>backgroundOf(t, load<u32>(t, T_PEN))) << 32;
}

/** Address of the pointer to row `y`. */
export function rowSlot(t: usize, y: i32): usize {
  return <usize>load<u32>(t, T_ROW_TABLE) + ((<usize>y) << 2);
}

/** Row `y`, this terminal's alone and so free to be written (copy on write). */
export function writableRow(t: usize, y: i32): usize {
  const row = ownRow(t, y);
  store<u16>(row, <u16>EXTENT_UNKNOWN, ROW_EXTENT);
  return row;
}

/** As {@link writableRow}, for those who keep the row's extent true themselves ({@link extendRow}). */
export function ownRow(t: usize, y: i32): usize {
  const slot = rowSlot(t, y);
  const row = <usize>load<u32>(slot);
  return load<u32>(row, ROW_REFS) == 1 ? row : unshareRow(t, slot, row);
}

function unshareRow(t: usize, slot: usize, row: usize): usize {
  const copy = copyRow(row, load<i32>(t, T_COLS));
  releaseRow(row);
  store<u32>(slot, <u32>copy);
  return copy;
}

/** Cells before column `to` have been written. */
export function extendRow(row: usize, to: i32): void {
  store<u16>(row, <u16>max(<u32>load<u16>(row, ROW_EXTENT), <u32>to), ROW_EXTENT);
}

export function getCell(row: usize, x: i32): u64 {
  return load<u64>(row + ((<usize>x) << CELL_SHIFT), ROW_CELLS);
}

export function putCell(row: usize, x: i32, cell: u64): void {
  store<u64>(row + ((<usize>x) << CELL_SHIFT), cell, ROW_CELLS);
}

/** Fills cells from .. to-1 of a writable row. */
export function fillCells(row: usize, from: i32, to: i32, cell: u64): void {
  let p = row + ROW_CELLS + ((<usize>from) << CELL_SHIFT);
  const end = row + ROW_CELLS + ((<usize>to) << CELL_SHIFT);
  const pair = i64x2.splat(cell);
  while (p + 64 <= end) {
    v128.store(p, pair);
    v128.store(p, pair, 16);
    v128.store(p, pair, 32);
    v128.store(p, pair, 48);
    p += 64;
  }
  while (p + 16 <= end) {
    v128.store(p, pair);
    p += 16;
  }
  if (p < end) store<u64>(p, cell);
}

/** A new row of blank cells. */
export function newBlankRow(t: usize, blank: u64): usize {
  const width = load<i32>(t, T_COLS);
  const row = newRow(width);
  if (blank != 0) {
    fillCells(row, 0, width, blank);
    store<u16>(row, <u16>EXTENT_UNKNOWN, ROW_EXTENT);
  }
  return row;
}

/** Makes row `y` blank as a whole; a shared row is left to its other owners. */
export function blankRow(t: usize, y: i32, blank: u64): void {
  const slot = rowSlot(t, y);
  store<u32>(slot, <u32>recycleRow(t, <usize>load<u32>(slot), blank));
}

/** A blank row in place of `row`, which is given up: the same memory if nobody else has it. */
export function recycleRow(t: usize, row: usize, blank: u64): usize {
  if (load<u32>(row, ROW_REFS) == 1) {
    const width = load<i32>(t, T_COLS);
    fillCells(row, 0, blank == 0 ? min(width, <i32>load<u16>(row, ROW_EXTENT)) : width, blank);
    store<u16>(row, <u16>(blank == 0 ? 0 : EXTENT_UNKNOWN), ROW_EXTENT);
    store<u64>(row, nextGeneration(), ROW_GENERATION);
    return row;
  }
  releaseRow(row);
  return newBlankRow(t, blank);
}

/**
 * Host role: before column `x` gets new contents, the wide character whose right half is there is taken away, so that
 * no half stands alone (its right half is an empty cell already).
 */
export function breakWide(t: usize, row: usize, x: i32): void {
  if (x <= 0 || x >= load<i32>(t, T_COLS)) return;
  const left = getCell(row, x - 1);
  if (<u32>left & CELL_WIDE) putCell(row, x - 1, (<u64>backgroundOf(t, <u32>(left >> 32))) << 32);
}

/** Host role: a wide character in column `x` that lost its right half becomes blank. */
export function dropWide(t: usize, row: usize, x: i32): void {
  const cell = getCell(row, x);
  if (<u32>cell & CELL_WIDE) putCell(row, x, (<u64>backgroundOf(t, <u32>(cell >> 32))) << 32);
}

/** Sets or clears the wrap flag of row `y`: the flag of its last cell (terminal.md 1.3). */
export function setRowWrap(t: usize, y: i32, on: bool): void {
  const row = writableRow(t, y);
  const x = load<i32>(t, T_COLS) - 1;
  const cell = getCell(row, x);
  putCell(row, x, on ? cell | <u64>CELL_WRAP : cell & ~(<u64>CELL_WRAP));
}

/** Whether row `y` continues on the next one. */
export function rowWraps(t: usize, y: i32): bool {
  return (<u32>getCell(<usize>load<u32>(rowSlot(t, y)), load<i32>(t, T_COLS) - 1) & CELL_WRAP) != 0;
}

// ---- cursor primitives (terminal.md 4)

export function clearPendingWrap(t: usize): void {
  store<u32>(t, load<u32>(t, T_MODES) & ~MODE_PENDING_WRAP, T_MODES);
}

export function topLimit(t: usize): i32 {
  return hasMode(t, MODE_ORIGIN) ? load<i32>(t, T_REGION_TOP) : 0;
}

export function bottomLimit(t: usize): i32 {
  return hasMode(t, MODE_ORIGIN) ? load<i32>(t, T_REGION_BOTTOM) : load<i32>(t, T_ROWS) - 1;
}

/** Left margin under origin mode (host role, DECLRMM), else 0. */
export function leftLimit(t: usize): i32 {
  return hasMode(t, MODE_ORIGIN) && hasMode2(t, MODE2_LEFT_RIGHT) ? load<i32>(t, T_MARGIN_LEFT) : 0;
}

export function rightLimit(t: usize): i32 {
  return hasMode(t, MODE_ORIGIN) && hasMode2(t, MODE2_LEFT_RIGHT)
    ? load<i32>(t, T_MARGIN_RIGHT)
    : load<i32>(t, T_COLS) - 1;
}

/** Right edge for text that starts in column `x`: the right margin, or the screen's edge beyond it. */
export function rightEdge(t: usize, x: i32): i32 {
  const margin = load<i32>(t, T_MARGIN_RIGHT);
  return x <= margin ? margin : load<i32>(t, T_COLS) - 1;
}

/** Left edge for column `x`: the left margin, or the screen's edge before it. */
export function leftEdge(t: usize, x: i32): i32 {
  const margin = load<i32>(t, T_MARGIN_LEFT);
  return x >= margin ? margin : 0;
}

export function columnInMargins(t: usize, x: i32): bool {
  return x >= load<i32>(t, T_MARGIN_LEFT) && x <= load<i32>(t, T_MARGIN_RIGHT);
}

/** Puts the cursor somewhere on the screen; the combining target follows, pending wrap ends. */
export function placeCursor(t: usize, row: i32, col: i32): void {
  store<i32>(t, row, T_CURSOR_ROW);
  store<i32>(t, col, T_CURSOR_COL);
  store<i32>(t, row, T_COMBINING_ROW);
  store<i32>(t, col, T_COMBINING_COL);
  clearPendingWrap(t);
}

/** The explicit move: both coordinates are clamped to the limits, also the one that does not change. */
export function moveCursor(t: usize, row: i32, col: i32): void {
  placeCursor(t, clamp(row, topLimit(t), bottomLimit(t)), clamp(col, leftLimit(t), rightLimit(t)));
}

/** Initial values of everything but size, rows, lineage, role and texts (terminal.md 1.4). */
export function resetDrawState(t: usize): void {
  store<i32>(t, 0, T_CURSOR_ROW);
  store<i32>(t, 0, T_CURSOR_COL);
  store<i32>(t, 0, T_COMBINING_ROW);
  store<i32>(t, 0, T_COMBINING_COL);
  store<u32>(t, 0, T_PEN);
  store<u32>(t, MODE_CURSOR_VISIBLE | MODE_AUTOWRAP, T_MODES);
  store<u32>(t, MODE2_DEFAULT_TABS | MODE2_SEND_RECEIVE, T_MODES2);
  store<u16>(t, 0, T_MOUSE_MODE);
  store<u16>(t, 0, T_MOUSE_ENCODING);
  resetMargins(t);
  resetSaved(t, 0);
  resetSaved(t, 1);
}

/** Region and margins = whole screen. */
export function resetMargins(t: usize): void {
  store<i32>(t, 0, T_REGION_TOP);
  store<i32>(t, load<i32>(t, T_ROWS) - 1, T_REGION_BOTTOM);
  resetSideMargins(t);
}

/** Left and right margin = whole width. */
export function resetSideMargins(t: usize): void {
  store<i32>(t, 0, T_MARGIN_LEFT);
  store<i32>(t, load<i32>(t, T_COLS) - 1, T_MARGIN_RIGHT);
}

/** Saved cursor of screen 0 (main) or 1 (alternate) to its initial value. */
export function resetSaved(t: usize, screen: usize): void {
  const saved = t + T_SAVED + screen * SAVED_SIZE;
  memory.fill(saved, 0, SAVED_SIZE);
  store<u32>(t + (screen << 2), 0, T_SAVED_PEN);
  store<u32>(saved, MODE_AUTOWRAP, SAVED_MODES);
}

export function ringBell(t: usize): void {
  store<u32>(t, load<u32>(t, T_BELL_COUNT) + 1, T_BELL_COUNT);
}
