/** Blanks of a row: erased (EL, ECH) or printed, whatever is shorter. Used by row.ts, which has made the bit sets. */
import * as L from "../layout";
import * as C from "./cell";
import { putSpaces, reach } from "./gap";
import * as O from "./output";
import { BLANK, Bits, CHANGED, lastBit, nextBit, STARTS, WINDOW } from "./plan";
import * as P from "./position";
import * as R from "./rendition";

/** All of a window's bits. */
const MARKS: u64 = ((<u64>1) << WINDOW) - 1;

let cols: i32 = 0;
let ech: bool = false;
let bce: bool = false;
let screen: bool = false;

/** Prepares for rows of `columns` columns on a receiver that erases so. */
export function startBlanks(columns: i32, hasEch: bool, hasBce: bool, onScreen: bool): void {
  cols = columns;
  ech = hasEch;
  bce = hasBce;
  screen = onScreen;
}

/** True if blanks of this style can be made by erasing: nothing but a background, and the terminal erases with it. */
export function canErase(style: u32): bool {
  return R.isErasable(style) && (bce || R.hasDefaultBackground(style));
}

/**
 * Where to start erasing so that column `col` is erased: there, or further left if only such blanks lie between and the
 * cursor gets there for less.
 */
function eraseStart(now: usize, row: i32, col: i32, style: u32): i32 {
  let first = col;
  while (first > 0) {
    const cell = L.cellAt(now, first - 1);
    if (!C.isBlank(cell) || C.styleOf(cell) != style) break;
    first--;
  }
  if (first > 0 && C.isCovered(now, first)) first++;
  let best = col;
  const at = P.knownColumn();
  if (at >= first && at < col && P.costTo(row, at) < P.costTo(row, best)) best = at;
  if (first == 0 && P.costTo(row, 0) < P.costTo(row, best)) best = 0;
  return best;
}

/** Of a window of bits: those in runs of four or more. */
export function longRuns(bits: u64): u64 {
  let starts = bits & (bits >> 1);
  starts &= starts >> 2;
  starts |= starts << 1;
  return starts | (starts << 2);
}

/** Column behind the blanks of one rendition that begin in `col`; `limit` at most. */
function blanksEnd(now: usize, col: i32, limit: i32, planned: i32): i32 {
  const style = C.styleOf(L.cellAt(now, col));
  const end = min(limit, planned);
  let to = col + 1;
  while (to < end) {
    const bits = ~Bits.at(BLANK, to) | Bits.at(STARTS, to);
    if ((bits & MARKS) == 0) {
      to += WINDOW;
      continue;
    }
    to += <i32>ctz(bits);
    if (to >= end) break;
    if (!Bits.has(BLANK, to) || !R.sameRendition(C.styleOf(L.cellAt(now, to)), style)) return to;
    to++;
  }
  // Behind the bit sets one by one, up to where all is blank by default.
  to = end;
  const used = min(limit, C.extentOf(now));
  while (to < used) {
    const cell = L.cellAt(now, to);
    if (!C.isBlank(cell) || !R.sameRendition(C.styleOf(cell), style) || C.isCovered(now, to)) return to;
    to++;
  }
  return to < limit && !R.sameRendition(0, style) ? to : limit;
}

/**
 * Draws changed blanks from `col` on, by whatever is shortest.
 * @param end column behind the row's last blank that can be erased
 * @param planned where the bit sets end
 * @returns the column behind what was drawn; the row's end if all is
 */
export function drawBlanks(now: usize, row: i32, col: i32, style: u32, eraseEnd: i32, planned: i32): i32 {
  const end = blanksEnd(now, col, eraseEnd, planned);
  const changed = lastBit(CHANGED, col, min(end, planned));
  const count = changed - col + 1;
  const start = eraseStart(now, row, col, style);
  const erased = changed - start + 1;
  const travel = nextBit(CHANGED, end, planned) < planned ? 4 : 0;
  const spaces = count + R.penCost(style);
  if (end == cols && spaces > 3 + R.eraseCost(style)) {
    P.travelTo(row, start);
    R.setPenForErase(style, screen);
    O.putCsi0(0x4b);
    return cols;
  }
  if (ech && spaces > 3 + O.digits(erased) + travel + R.eraseCost(style)) {
    P.travelTo(row, start);
    R.setPenForErase(style, screen);
    O.putCsiCount(erased, 0x58);
  } else {
    reach(now, row, col);
    putSpaces(style, count);
  }
  return changed + 1;
}
