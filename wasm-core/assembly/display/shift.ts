/**
 * Text inserted into or deleted from the middle of a line: the rest of the line is shifted by ICH or DCH instead of
 * being printed again. On the wire only; every stock client understands both (display.md 4.1). Used by row.ts.
 */
import * as L from "../layout";
import { allocScratch, releaseScratch, rowBytes } from "../memory";
import * as C from "./cell";
import * as O from "./output";
import * as P from "./position";
import * as R from "./rendition";

/** Longest insertion or deletion that is looked for, in columns. */
const MAX_SHIFT: i32 = 8;
/** Changed cells below which printing them is as short. */
const MIN_CHANGED: i32 = 8;
/** A cell that equals none: what stands there will be printed. */
const UNKNOWN_CELL: u64 = 0x1fffff;

let scratch: usize = 0;
let scratchBytes: usize = 0;

/** Cells `x` and `x + 1` of a row. */
function pairAt(row: usize, x: i32): v128 {
  return v128.load(row + ((<usize>x) << L.CELL_SHIFT), L.ROW_CELLS);
}

/** True if `count` cells of two rows are equal, from these columns on. */
function sameFrom(a: usize, atA: i32, b: usize, atB: i32, count: i32): bool {
  const pairs = count & ~1;
  for (let i = 0; i < pairs; i += 2)
    if (v128.any_true(v128.xor(pairAt(a, atA + i), pairAt(b, atB + i)))) return false;
  for (let i = pairs; i < count; i++) if (L.cellAt(a, atA + i) != L.cellAt(b, atB + i)) return false;
  return true;
}

/** Columns inserted at `col`, or 0. */
function insertedAt(old: usize, now: usize, col: i32, cols: i32): i32 {
  for (let n = 1; n <= MAX_SHIFT && col + n < cols; n++) {
    if (sameFrom(now, col + n, old, col, cols - col - n)) return n;
  }
  return 0;
}

/** Columns deleted at `col`, or 0. What enters at the right is blank, of one style. */
function deletedAt(old: usize, now: usize, col: i32, cols: i32): i32 {
  const style = C.styleOf(L.cellAt(now, cols - 1));
  if (!R.isErasable(style)) return 0;
  for (let n = 1; n <= MAX_SHIFT && col + n < cols; n++) {
    const blank = L.cellAt(now, cols - n);
    if (!C.isBlank(blank) || C.styleOf(blank) != style) return 0;
    if (sameFrom(now, col, old, col + n, cols - col - n)) return n;
  }
  return 0;
}

class Probe {
  /** True if the two cells of `row` in `col` may be found again 1 to MAX_SHIFT columns further on in `other`. */
  // @ts-ignore: decorator
  @inline static moved(row: usize, other: usize, col: i32): bool {
    const first = i64x2.splat(L.cellAt(row, col));
    const second = i64x2.splat(L.cellAt(row, col + 1));
    return v128.any_true(
      v128.or(
        v128.or(Probe.pair(first, second, other, col + 1), Probe.pair(first, second, other, col + 3)),
        v128.or(Probe.pair(first, second, other, col + 5), Probe.pair(first, second, other, col + 7)),
      ),
    );
  }

  // @ts-ignore: decorator
  @inline static pair(first: v128, second: v128, other: usize, at: i32): v128 {
    return v128.and(i64x2.eq(first, pairAt(other, at)), i64x2.eq(second, pairAt(other, at + 1)));
  }
}

/** A copy of `old` in which `count` cells moved from `from` to `to`, and `gap` cells at `at` are `filler`. */
function shifted(
  old: usize,
  cols: i32,
  from: i32,
  to: i32,
  count: i32,
  at: i32,
  gap: i32,
  filler: u64,
): usize {
  const bytes = rowBytes(cols);
  if (bytes > scratchBytes) {
    if (scratch) releaseScratch(scratch, scratchBytes);
    scratch = allocScratch(bytes);
    scratchBytes = scratch ? bytes : 0;
    if (scratch == 0) return 0;
  }
  memory.copy(scratch, old, bytes);
  store<u16>(scratch, <u16>L.EXTENT_UNKNOWN, L.ROW_EXTENT);
  const cells = scratch + L.ROW_CELLS;
  memory.copy(cells + ((<usize>to) << 3), cells + ((<usize>from) << 3), (<usize>count) << 3);
  for (let i = at; i < at + gap; i++) store<u64>(cells + ((<usize>i) << 3), filler);
  return scratch;
}

/** Cells that differ in columns first..last. */
function changedBetween(old: usize, now: usize, first: i32, last: i32): i32 {
  let changed = 0;
  for (let i = first; i <= last; i++) if (L.cellAt(old, i) != L.cellAt(now, i)) changed++;
  return changed;
}

/**
 * If the row changed by an insertion or deletion at column `first`, shifts the receiver's.
 * @param first,last first and last columns where the rows differ
 * @returns the row as the receiver has it now, valid until the next call; 0 if nothing was done
 */
export function shiftRow(row: i32, old: usize, now: usize, first: i32, last: i32, cols: i32): usize {
  if (last - first < MIN_CHANGED) return 0;
  // Nearly always this is seen at once. (The probe looks at MAX_SHIFT + 2 cells behind `first`.)
  if (first + MAX_SHIFT + 3 < cols && !Probe.moved(old, now, first) && !Probe.moved(now, old, first))
    return 0;
  if (C.isCovered(old, first) || C.isCovered(now, first)) return 0;
  const inserted = insertedAt(old, now, first, cols);
  if (inserted && changedBetween(old, now, first, last) >= MIN_CHANGED + inserted) {
    const rest = cols - first - inserted;
    const copy = shifted(old, cols, first, first + inserted, rest, first, inserted, UNKNOWN_CELL);
    if (copy == 0) return 0;
    P.travelTo(row, first);
    O.putCsiCount(inserted, 0x40);
    return copy;
  }
  const deleted = inserted ? 0 : deletedAt(old, now, first, cols);
  if (deleted == 0 || changedBetween(old, now, first, last) < MIN_CHANGED) return 0;
  const rest = cols - first - deleted;
  // Neither ICH nor DCH leaves the row's wrap flag; drawing the rest brings it back.
  const blank = L.cellAt(now, cols - 1) & ~(<u64>L.CELL_WRAP);
  const copy = shifted(old, cols, first + deleted, first, rest, cols - deleted, deleted, blank);
  if (copy == 0) return 0;
  P.travelTo(row, first);
  R.setPenForErase(C.styleOf(blank), false);
  O.putCsiCount(deleted, 0x50);
  return copy;
}
