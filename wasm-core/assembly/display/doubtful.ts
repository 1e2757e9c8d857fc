/**
 * Characters of which the peer may have another idea: in another width, or none at all. The cursor's column behind one is
 * not known; and its cells must be blank, so that nothing else shows where the peer leaves something of them out. Used by
 * row.ts.
 */
import * as L from "../layout";
import { clusterLength } from "../lineage";
import { FIRST_UNSETTLED, Widths } from "../unicode";
import * as C from "./cell";
import { Cluster, knownCluster, knownKind } from "./cluster";
import * as O from "./output";
import { BLANK, Bits, CHANGED, COVERED, endBits, OLD_BLANK, OTHER, STARTS, TEXT, WINDOW } from "./plan";
import * as P from "./position";
import * as R from "./rendition";
import { Utf8 } from "./run";

/** Bytes that erasing the rest of a row must gain: EL, and some doubt. */
const ERASE_COST: i32 = 4;
/** Bytes of the blanks of a wide character and of the way back. */
const BLANKS_COST: u64 = 4;
/** Bytes of CHA and a character. */
const CHA_ROOM: i32 = 24;

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

/** True for a wide character of one code point that the peer has too, perhaps in another width. */
function isWideEmoji(cell: u64): bool {
  const content = C.contentOf(cell);
  if ((content & ~(L.CONTENT_MASK | L.CELL_PROTECTED)) != L.CELL_WIDE) return false;
  return Widths.classOf(content & L.CONTENT_MASK) == FIRST_UNSETTLED + 2;
}

/**
 * Prints what is to be drawn from `col` on as long as it is wide, doubtful and of the pen's style, where the receiver has
 * blanks of that style. The cursor is in `col`, or somewhere in the row; behind what was printed it is somewhere in the
 * row. On the wire only.
 * @param planned where the row's bit sets end
 * @param end column before which all of them must begin
 * @returns the first column to be drawn that was not
 */
export function putDoubtful(
  lineage: usize,
  row: i32,
  now: usize,
  col: i32,
  planned: i32,
  end: i32,
  style: u32,
): i32 {
  while (col < planned) {
    const changed = Bits.at(CHANGED, col);
    if ((changed & 1) == 0) {
      col += changed ? <i32>ctz(changed) : WINDOW;
      continue;
    }
    const cell = L.cellAt(now, col);
    if (C.styleOf(cell) != style || !C.isWide(cell) || col >= end) return col;
    let known: usize = 0;
    if (C.contentOf(cell) & L.CELL_CLUSTER) {
      if (col + mostColumns(lineage, cell) > end) return col;
      known = knownCluster(lineage, cell);
      if (known == 0 || knownKind(known) != C.PRINT_DOUBTFUL) return col;
    } else if (!isWideEmoji(cell)) return col;
    let out = O.Out.reserve(CHA_ROOM);
    if (out == 0) return planned;
    if (P.columnIn(row) != col) out = P.Cursor.putColumn(out, col);
    O.commit(known ? Cluster.put(out, known) : Utf8.put(out, C.contentOf(cell) & L.CONTENT_MASK));
    P.forgetColumn();
    col += 2;
  }
  return col;
}
