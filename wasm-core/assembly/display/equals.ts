/**
 * Equality of framebuffers (terminal.md 1.4): what makes a new state worth sending. Contents count, not history, and
 * only what the peer can be told; the icon name counts too (display.md D6). Called by display.ts.
 */
import * as L from "../layout";
import { textEquals } from "../memory";
import { sameCell } from "./cell";
import { peerEncoding } from "./frame";
import { sameRendition } from "./rendition";
import { firstDifference, firstOtherRow } from "./compare";

/** Cells from the first difference on, in the peer's terms; the wrap flag counts in the last one. */
function equalRows(a: usize, b: usize, cols: i32): bool {
  let x = firstDifference(a, b, cols);
  for (; x < cols; x++) if (!sameCell(L.cellAt(a, x), L.cellAt(b, x))) return false;
  return ((L.cellAt(a, cols - 1) ^ L.cellAt(b, cols - 1)) & L.CELL_WRAP) == 0;
}

export function equalFrames(a: usize, b: usize): bool {
  const cols = load<i32>(a, L.T_COLS);
  const rows = load<i32>(a, L.T_ROWS);
  if (
    cols != load<i32>(b, L.T_COLS) ||
    rows != load<i32>(b, L.T_ROWS) ||
    load<i32>(a, L.T_CURSOR_ROW) != load<i32>(b, L.T_CURSOR_ROW) ||
    load<i32>(a, L.T_CURSOR_COL) != load<i32>(b, L.T_CURSOR_COL) ||
    ((load<u32>(a, L.T_MODES) ^ load<u32>(b, L.T_MODES)) & L.MODES_VISIBLE) != 0 ||
    load<u32>(a, L.T_BELL_COUNT) != load<u32>(b, L.T_BELL_COUNT) ||
    load<u16>(a, L.T_MOUSE_MODE) != load<u16>(b, L.T_MOUSE_MODE) ||
    peerEncoding(load<u16>(a, L.T_MOUSE_ENCODING)) != peerEncoding(load<u16>(b, L.T_MOUSE_ENCODING)) ||
    !sameRendition(load<u32>(a, L.T_PEN), load<u32>(b, L.T_PEN)) ||
    !textEquals(load<u32>(a, L.T_TITLE), load<u32>(b, L.T_TITLE)) ||
    !textEquals(load<u32>(a, L.T_ICON), load<u32>(b, L.T_ICON)) ||
    !textEquals(load<u32>(a, L.T_CLIPBOARD), load<u32>(b, L.T_CLIPBOARD))
  ) {
    return false;
  }
  const tableA: usize = load<u32>(a, L.T_ROW_TABLE);
  const tableB: usize = load<u32>(b, L.T_ROW_TABLE);
  // Most pairs of equal screens are equal bit by bit.
  for (let y = <usize>firstOtherRow(tableA, tableB, rows, cols); y < <usize>rows; y++) {
    const rowA = load<u32>(tableA + (y << 2));
    const rowB = load<u32>(tableB + (y << 2));
    if (rowA != rowB && !equalRows(rowA, rowB, cols)) return false;
  }
  return true;
}
