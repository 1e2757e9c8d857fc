/**
 * Draws what changed in one row. Used by frame.ts.
 *
 * Per row the cheapest of: printing, printing over a short unchanged gap, erasing (EL, ECH) blanks that carry nothing
 * but a background, moving. Wide characters are followed on both sides, so that a cell that was the hidden half of an
 * old one is always written (display.md D3), and none is printed in the last column (D2).
 */
import * as L from "../layout";
import { Widths } from "../unicode";
import * as C from "./cell";
import * as O from "./output";
import * as P from "./position";
import * as R from "./rendition";
import { putRun } from "./run";
import { shiftRow } from "./shift";

const SPACE: u8 = 0x20;

let lineage: usize = 0;
let cols: i32 = 0;
let ech: bool = false;
let bce: bool = false;
/** Drawing on a real terminal. */
let screen: bool = false;

export function startRows(shared: usize, columns: i32, hasEch: bool, hasBce: bool, onScreen: bool): void {
  lineage = shared;
  cols = columns;
  ech = hasEch;
  bce = hasBce;
  screen = onScreen;
}

/** Bytes of the cells of two rows that are compared: an even number of cells (memory.ts), up to where both are blank. */
function comparedBytes(a: usize, b: usize, columns: i32): usize {
  const used = min(max(C.extentOf(a), C.extentOf(b)), columns);
  return (<usize>(used + (used & 1))) << L.CELL_SHIFT;
}

class Cells {
  /** Zero if the 32 bytes at `a` and `b` are equal. */
  // @ts-ignore: decorator
  @inline static difference(a: usize, b: usize): v128 {
    return v128.or(v128.xor(v128.load(a), v128.load(b)), v128.xor(v128.load(a, 16), v128.load(b, 16)));
  }
}

/** First of `columns` columns where two rows differ bit by bit, `columns` or more if none; `a` may be 0, the blank row. */
export function firstDifference(a: usize, b: usize, columns: i32): i32 {
  const bytes = comparedBytes(a, b, columns);
  const pa = a + L.ROW_CELLS;
  const pb = b + L.ROW_CELLS;
  let i: usize = 0;
  if (a == 0) {
    for (; i < bytes; i += 16) if (v128.any_true(v128.load(pb + i))) break;
    if (i < bytes && load<u64>(pb + i) == 0) i += 8;
  } else {
    const whole = bytes & ~127;
    while (i < whole) {
      const low = v128.or(Cells.difference(pa + i, pb + i), Cells.difference(pa + i + 32, pb + i + 32));
      const high = v128.or(
        Cells.difference(pa + i + 64, pb + i + 64),
        Cells.difference(pa + i + 96, pb + i + 96),
      );
      if (v128.any_true(v128.or(low, high))) break;
      i += 128;
    }
    while (i < bytes && load<u64>(pa + i) == load<u64>(pb + i)) i += 8;
  }
  return i < bytes ? <i32>(i >> L.CELL_SHIFT) : columns;
}

/** Last column where two rows differ bit by bit; they do. */
function lastDifference(a: usize, b: usize): i32 {
  const pa = a + L.ROW_CELLS;
  const pb = b + L.ROW_CELLS;
  let i = comparedBytes(a, b, cols);
  while (i > 0) {
    const old = a ? v128.load(pa + i - 16) : i64x2.splat(0);
    if (v128.any_true(v128.xor(old, v128.load(pb + i - 16)))) break;
    i -= 16;
  }
  const second = i - 8;
  if ((a ? load<u64>(pa + second) : 0) == load<u64>(pb + second)) i -= 8;
  return <i32>(i >> L.CELL_SHIFT) - 1;
}

function wrapFlag(cell: u64): u32 {
  return C.contentOf(cell) & L.CELL_WRAP;
}

/** True if blanks of this style can be made by erasing: nothing but a background, and the terminal erases with it. */
function canErase(style: u32): bool {
  return R.isErasable(style) && (bce || R.hasDefaultBackground(style));
}

/** Prints a blank or doubtful cell's columns as spaces. */
function putSpaces(style: u32, count: i32): void {
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
function reach(now: usize, row: i32, col: i32): void {
  if (!printGap(now, row, col)) P.travelTo(row, col);
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

/** True for a printed ASCII character other than space: one byte, one column, everywhere. */
function isPlain(cell: u64): bool {
  return (C.contentOf(cell) & ~L.CELL_PROTECTED) - 0x21 < 0x5e;
}

/** True for a character that {@link putRun} may be able to print: its width is the same everywhere. */
function startsRun(cell: u64): bool {
  if (isPlain(cell)) return true;
  const content = C.contentOf(cell) & ~L.CELL_PROTECTED;
  if ((content & ~(L.CONTENT_MASK | L.CELL_WIDE)) != 0 || content < 0xa0) return false;
  return Widths.classOf(content & L.CONTENT_MASK) == (C.isWide(cell) ? 2 : 1);
}

/** True if the receiver has blanks in this style at a column, and shows them. */
function showsBlanks(old: usize, col: i32, columns: i32, style: u32): bool {
  if (C.isCovered(old, col)) return false;
  for (let i = col; i < col + columns; i++) {
    const cell = old ? L.cellAt(old, i) : 0;
    if (!C.isBlank(cell) || !R.sameRendition(C.styleOf(cell), style)) return false;
  }
  return true;
}

/** Prints one cell at its column. False if the peer may have given it another width. */
function printCell(old: usize, now: usize, row: i32, col: i32, cell: u64, width: i32): bool {
  const style = C.styleOf(cell);
  let kind = C.printability(lineage, cell);
  // Narrow here, perhaps wide there, in the last column: it might wrap and scroll the peer's screen.
  if (kind == C.PRINT_DOUBTFUL && width == 1 && col == cols - 1) kind = C.PRINT_IMPOSSIBLE;
  reach(now, row, col);
  if (kind == C.PRINT_IMPOSSIBLE) {
    putSpaces(style, width);
    return true;
  }
  if (kind == C.PRINT_DOUBTFUL && !showsBlanks(old, col, width, style)) {
    putSpaces(style, width);
    P.travelTo(row, col);
  } else R.setPen(style);
  const settled = C.putCell(lineage, cell, kind);
  if (settled) P.advance(width);
  else P.forgetPosition();
  return settled;
}

/**
 * Draws the differences between `old` (0 = blank) and `now` as row `row`.
 * @param from columns at the start that the row above printed already
 * @param below the row below, into which a wrapping row continues; 0 for the bottom row
 * @returns columns of the row below that were printed: its first character makes the terminal wrap by itself and so
 *   remember that the two rows are one line. 0 if none
 */
export function drawRow(row: i32, old: usize, now: usize, from: i32, below: usize): i32 {
  let first = firstDifference(old, now, cols);
  if (first >= cols) return 0;
  let last = lastDifference(old, now);
  if (old && !screen && from == 0) {
    const moved = shiftRow(row, old, now, first, last, cols);
    if (moved) {
      old = moved;
      first = firstDifference(old, now, cols);
      if (first >= cols) return 0;
      last = lastDifference(old, now);
    }
  }
  const lastNow = L.cellAt(now, cols - 1);
  const wraps = below != 0 && wrapFlag(lastNow) != 0;
  // On the bottom row the flag cannot be brought about (display.md D4).
  const wrapChanged = below != 0 && wrapFlag(lastNow) != wrapFlag(old ? L.cellAt(old, cols - 1) : 0);
  let wroteLast = false;
  let col = max(first, from);
  if (C.isCovered(now, col)) {
    // Hidden, unless it has the wrap flag that printing the wide character before it brings about.
    if (wrapChanged && col == cols - 1) col--;
    else col++;
  }
  let hidden = C.isCovered(old, col);
  // The run of blanks looks at columns that were not reached yet: no further than a cell with the wrap flag.
  const eraseEnd = wraps ? cols - 1 : cols;
  if (hidden) last = max(last, col);
  // From here on both rows are zero: blank, unchanged, without a wrap flag.
  const zeroFrom = max(C.extentOf(old), C.extentOf(now));

  while (col <= last) {
    let cell = L.cellAt(now, col);
    let width = C.isWide(cell) ? 2 : 1;
    if (col + width > cols) {
      // A wide character would wrap (display.md D2).
      cell = cell & ((<u64>~0) << 32);
      width = 1;
    }
    const atEnd = col + width >= cols;
    const oldCell = old ? L.cellAt(old, col) : 0;
    if (!hidden && !(atEnd && wrapChanged) && C.sameCell(oldCell, cell)) {
      hidden = C.isWide(oldCell) && width == 1;
      col += width;
      continue;
    }
    const style = C.styleOf(cell);
    if (C.isBlank(cell) && canErase(style) && col < eraseEnd) {
      // Blanks of one background: from here to `end`, changed at least up to `changed`.
      let end = col;
      let changed = col;
      let hiddenBehind = false;
      while (end < eraseEnd) {
        if (end >= zeroFrom && style == 0 && !hidden) {
          end = eraseEnd;
          break;
        }
        const blank = L.cellAt(now, end);
        if (!C.isBlank(blank) || !R.sameRendition(C.styleOf(blank), style)) break;
        const before = old ? L.cellAt(old, end) : 0;
        const differs =
          hidden || (end <= last && !C.sameCell(before, blank)) || (wrapChanged && end == cols - 1);
        hidden = !hidden && C.isWide(before);
        if (differs) {
          changed = end;
          hiddenBehind = hidden;
        }
        end++;
      }
      const count = changed - col + 1;
      const start = eraseStart(now, row, col, style);
      const erased = changed - start + 1;
      const travel = end <= last ? 4 : 0;
      const spaces = count + R.penCost(style);
      if (end == cols && spaces > 3 + R.eraseCost(style)) {
        P.travelTo(row, start);
        R.setPenForErase(style, screen);
        O.putCsi0(0x4b);
        return 0;
      }
      if (ech && spaces > 3 + O.digits(erased) + travel + R.eraseCost(style)) {
        P.travelTo(row, start);
        R.setPenForErase(style, screen);
        O.putCsiCount(erased, 0x58);
      } else {
        reach(now, row, col);
        putSpaces(style, count);
      }
      col = changed + 1;
      hidden = hiddenBehind;
      if (hidden && col < cols) last = max(last, col);
      continue;
    }
    if (!hidden && startsRun(cell) && col + width < cols) {
      reach(now, row, col);
      R.setPen(style);
      const printed = putRun(old, now, col, cols - 1);
      if (printed) {
        P.advance(printed);
        col += printed;
        continue;
      }
    }
    if (isPlain(cell) && col + 1 < cols) {
      // ASCII of one style over wide characters. The last column is left to printCell.
      reach(now, row, col);
      R.setPen(style);
      const from = col;
      do {
        O.putByte(<u8>C.contentOf(cell));
        hidden = !hidden && C.isWide(old ? L.cellAt(old, col) : 0);
        col++;
        cell = L.cellAt(now, col);
      } while (
        col < cols - 1 &&
        isPlain(cell) &&
        C.styleOf(cell) == style &&
        (hidden || (old ? L.cellAt(old, col) : 0) != cell)
      );
      P.advance(col - from);
      if (hidden) last = max(last, col);
      continue;
    }
    const settled = printCell(old, now, row, col, cell, width);
    if (atEnd) wroteLast = true;
    for (let i = 0; i < width; i++) {
      hidden = !hidden && old != 0 && C.isWide(L.cellAt(old, col));
      col++;
    }
    // If the peer took two columns for it, the next one is blank there.
    if (!settled && width == 1) hidden = true;
    if (hidden && col < cols) last = max(last, col);
  }
  return wraps && wroteLast ? continueLine(row + 1, below) : 0;
}

/** Prints the first cell of `row` so that the terminal wraps into it. Returns its columns, 0 if that is not safe. */
function continueLine(row: i32, now: usize): i32 {
  const cell = L.cellAt(now, 0);
  const width = C.isWide(cell) ? 2 : 1;
  if (!P.isAtEdge(row - 1) || width >= cols || C.printability(lineage, cell) != C.PRINT_SETTLED) return 0;
  R.setPen(C.styleOf(cell));
  P.placeAt(row, 0);
  if (C.putCell(lineage, cell, C.PRINT_SETTLED)) P.advance(width);
  else P.forgetPosition();
  return width;
}
