/**
 * Characters of which the peer may have another idea: in another width, or none at all. The cursor's column behind one is
 * not known; and its cells must be blank, so that nothing else shows where the peer leaves something of them out. Used by
 * row.ts.
 */
import * as L from "../layout";
import { clusterLength } from "../lineage";
import * as C from "./cell";
import * as O from "./output";
import { BLANK, Bits, CHANGED, COVERED, endBits, OLD_BLANK, OTHER, STARTS, TEXT, WINDOW } from "./plan";
import * as P from "./position";
import * as R from "./rendition";

/** Bytes that erasing the rest of a row must gain: EL, and some doubt. */
const ERASE_COST: i32 = 4;
/** Bytes of the blanks of a wide character and of the way back. */
const BLANKS_COST: u64 = 4;

/** True if the receiver has blanks in this style at a column, and shows them. */
export function showsBlanks(old: usize, col: i32, columns: i32, style: u32): bool {
  if (C.isCovered(old, col)) return false;
  for (let i = col; i < col + columns; i++) {
    const cell = old ? L.cellAt(old, i) : 0;
    if (!C.isBlank(cell) || !R.sameRendition(C.styleOf(cell), style)) return false;
  }
  return true;
}

/** Columns a cell's character takes at the most, if every mark of a cluster takes one. */
export function mostColumns(lineage: usize, cell: u64): i32 {
  const content = C.contentOf(cell);
  return content & L.CELL_CLUSTER
    ? 2 + (clusterLength(lineage, content) >> 1)
    : content & L.CELL_FALLBACK
      ? 3
      : 2;
}

/** True if all of a row from `col` on is zero. */
function isZeroFrom(row: usize, col: i32, cols: i32): bool {
  const end = min(C.extentOf(row), cols);
  let x = col;
  for (; x + 2 <= end; x += 2) {
    if (v128.any_true(v128.load(row + ((<usize>x) << L.CELL_SHIFT), L.ROW_CELLS))) return false;
  }
  return x >= end || L.cellAt(row, x) == 0;
}

/**
 * Erases the rest of the row on the wire, if the cell in `col` needs blanks before it is printed, there are more like it,
 * and little would have to be printed again.
 * @param planned where the row's bit sets end
 * @returns true if it was done: the receiver has default blanks from `col` on
 */
export function eraseRest(now: usize, row: i32, col: i32, planned: i32, cols: i32): bool {
  let gain = -ERASE_COST;
  if (!isZeroFrom(now, planned, cols)) {
    for (let x = planned; x < cols; x++) if (!C.isBlank(L.cellAt(now, x))) gain--;
  }
  for (let at = col; at < planned; at += WINDOW) {
    const inside = ((<u64>1) << (<u64>min(WINDOW, planned - at))) - 1;
    const changed = Bits.at(CHANGED, at) & inside;
    const other = Bits.at(OTHER, at);
    const kept = ~changed & ~Bits.at(BLANK, at) & inside;
    const blanks = Bits.at(OLD_BLANK, at);
    const unsure =
      changed & other & ~Bits.at(TEXT, at) & (Bits.at(COVERED, at) >> 1) & ~(blanks & (blanks >> 1));
    gain += <i32>(popcnt(unsure) * BLANKS_COST - popcnt(kept) - (popcnt(kept & other) << 1));
  }
  if (gain <= 0) return false;
  P.travelTo(row, col);
  R.setPenForErase(0, false);
  O.putCsi0(0x4b);
  return true;
}

/**
 * Makes the bit sets say that the old row is blank by default from `col` on. False if that takes another look at the row:
 * there are other styles in it, or cells behind the bit sets.
 */
export function assumeErased(now: usize, col: i32, planned: i32, cols: i32): bool {
  if (!isZeroFrom(now, planned, cols)) return false;
  for (let at = col + 1; at < planned; at += WINDOW) if (Bits.at(STARTS, at) != 0) return false;
  for (let at = <usize>(col >> 3); at << 3 < <usize>planned; at += 8) {
    store<u64>(CHANGED + at, ~load<u64>(BLANK + at));
    store<u64>(OLD_BLANK + at, ~0);
  }
  endBits(CHANGED, planned);
  return true;
}
