/**
 * Resizing: both screens, margins, tab stops, cursor (terminal.md 16). Called through the ABI.
 *
 * There is no reflow in either role. The replica cuts and adds rows at the bottom whatever the cursor row is. The host
 * role keeps the cursor's row in sight: when the main screen gets too short for it, rows leave at the top, as they do
 * in a terminal with a scrollback.
 */
import { fillRowTable } from "./alternate";
import {
  CELL_WRAP,
  MODE_ALTERNATE_SCREEN,
  MODE_PENDING_WRAP,
  T_ALTERNATE_TABLE,
  T_COLS,
  T_COMBINING_COL,
  T_COMBINING_ROW,
  T_CURSOR_COL,
  T_CURSOR_ROW,
  T_ROWS,
  T_ROW_TABLE,
} from "./layout";
import { alloc, copyRow, release, releaseRow } from "./memory";
import {
  blankCell,
  bottomLimit,
  clamp,
  clampColumns,
  clampRows,
  clearPendingWrap,
  cursorCol,
  cursorRow,
  dropWide,
  fillCells,
  getCell,
  hasMode,
  isHost,
  putCell,
  resetMargins,
  rightLimit,
  setMode2,
  topLimit,
} from "./screen";
import { MODE2_LEFT_RIGHT } from "./state";
import { resizeTabs } from "./tabs";

/** The row in a new width: cut or padded at the right, wrap flag cleared. Takes over the reference to `row`. */
function resizeRow(t: usize, row: usize, oldCols: i32, cols: i32, blank: u64): usize {
  const copy = copyRow(row, cols);
  const last = min(oldCols, cols) - 1;
  if (cols > oldCols) {
    putCell(copy, last, getCell(copy, last) & ~(<u64>CELL_WRAP));
    fillCells(copy, oldCols, cols, blank);
  } else if (isHost(t)) {
    // Stock would take a flag that DCH has moved into the interior for the row's own now.
    putCell(copy, last, getCell(copy, last) & ~(<u64>CELL_WRAP));
    dropWide(t, copy, last);
  }
  releaseRow(row);
  return copy;
}

/** A table in the new size; `skip` rows are left out at the top. Frees the old table. */
function resizeTable(t: usize, old: usize, oldCols: i32, oldRows: i32, skip: i32, blank: u64): usize {
  const cols = load<i32>(t, T_COLS);
  const height = load<i32>(t, T_ROWS);
  const table = alloc((<usize>height) << 2);
  for (let y = 0; y < oldRows; y++) {
    const row = <usize>load<u32>(old + ((<usize>y) << 2));
    const target = y - skip;
    if (target < 0 || target >= height) releaseRow(row);
    else {
      const resized = cols == oldCols ? row : resizeRow(t, row, oldCols, cols, blank);
      store<u32>(table + ((<usize>target) << 2), <u32>resized);
    }
  }
  fillRowTable(t, table, oldRows - skip, height, blank);
  release(old, (<usize>oldRows) << 2);
  return table;
}

/** Resizes to `cols` by `height`, both clamped. The same size is no change. */
export function resize(t: usize, cols: i32, height: i32): void {
  cols = clampColumns(cols);
  height = clampRows(cols, height);
  const oldCols = load<i32>(t, T_COLS);
  const oldRows = load<i32>(t, T_ROWS);
  if (cols == oldCols && height == oldRows) return;
  const host = isHost(t);
  const alternate = hasMode(t, MODE_ALTERNATE_SCREEN);
  const skip = host && !alternate ? max(cursorRow(t) - height + 1, 0) : 0;
  store<i32>(t, cols, T_COLS);
  store<i32>(t, height, T_ROWS);
  if (host) setMode2(t, MODE2_LEFT_RIGHT, false);
  resetMargins(t);
  resizeTabs(t, oldCols);

  const blank = blankCell(t);
  const table = <usize>load<u32>(t, T_ROW_TABLE);
  store<u32>(t, <u32>resizeTable(t, table, oldCols, oldRows, skip, blank), T_ROW_TABLE);
  const other = <usize>load<u32>(t, T_ALTERNATE_TABLE);
  if (other) store<u32>(t, <u32>resizeTable(t, other, oldCols, oldRows, 0, 0), T_ALTERNATE_TABLE);

  let x = cursorCol(t);
  if (host && hasMode(t, MODE_PENDING_WRAP) && cols > x + 1) {
    // The row is no longer full: the next character goes where there is room now.
    x++;
    clearPendingWrap(t);
  }
  store<i32>(t, clamp(cursorRow(t) - skip, topLimit(t), bottomLimit(t)), T_CURSOR_ROW);
  store<i32>(t, clamp(x, 0, rightLimit(t)), T_CURSOR_COL);
  const targetRow = load<i32>(t, T_COMBINING_ROW) - skip;
  const valid = targetRow >= 0 && targetRow < height && load<i32>(t, T_COMBINING_COL) < cols;
  store<i32>(t, valid ? targetRow : -1, T_COMBINING_ROW);
  if (!valid) store<i32>(t, -1, T_COMBINING_COL);
}
