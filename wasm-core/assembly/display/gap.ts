/** Over cells that stay, and blanks as spaces: what lies between the runs of a row. Used by row.ts, blanks.ts and frame.ts. */
import * as L from "../layout";
import * as C from "./cell";
import * as O from "./output";
import * as P from "./position";
import * as R from "./rendition";

const SPACE: u8 = 0x20;
/** Unchanged cells that it is worth to print again at the most: see {@link printGap}. */
const MOST_PRINTED: i32 = 4;

/** Prints a blank or doubtful cell's columns as spaces. */
export function putSpaces(style: u32, count: i32): void {
  R.setPen(style);
  O.putRepeated(SPACE, count);
  P.advance(count);
}

/**
 * Goes right to `col` over a short gap of unchanged cells by printing them, if they are in the pen's rendition and that
 * is no longer than moving. False if not.
 */
export function printGap(now: usize, row: i32, col: i32): bool {
  const from = P.columnIn(row);
  if (from < 0 || from >= col || col - from > P.skipCost(col - from) || C.isCovered(now, from)) return false;
  for (let i = from; i < col; i++) {
    const cell = L.cellAt(now, i);
    const content = C.contentOf(cell) & ~(L.CELL_PROTECTED | L.CELL_WRAP);
    if (content >= 0x7f || !R.penIs(C.styleOf(cell))) return false;
  }
  for (let i = from; i < col; i++) {
    const content = C.contentOf(L.cellAt(now, i)) & 0x7f;
    O.putByte(content ? <u8>content : SPACE);
  }
  P.advance(col - from);
  return true;
}

/** Goes to a column to print there. */
export function reach(now: usize, row: i32, col: i32): void {
  if (P.returnTo(row, col)) return;
  const from = P.columnIn(row);
  if (from < 0 || from >= col) P.travelTo(row, col);
  else if (col - from > MOST_PRINTED || !printGap(now, row, col)) P.travelRight(row, from, col);
}
