/** Where two rows differ, bit by bit. Used by the other files of display/. */
import * as L from "../layout";
import { extentOf } from "./cell";

/** Bytes of the cells of two rows that are compared: an even number of cells (memory.ts), up to where both are blank. */
function comparedBytes(a: usize, b: usize, columns: i32): usize {
  const used = min(max(extentOf(a), extentOf(b)), columns);
  return (<usize>(used + (used & 1))) << L.CELL_SHIFT;
}

class Cells {
  /** Zero if the 16 cells at `a` and `b` are equal. */
  // @ts-ignore: decorator
  @inline static difference(a: usize, b: usize): v128 {
    return v128.or(
      v128.or(
        v128.or(v128.xor(v128.load(a), v128.load(b)), v128.xor(v128.load(a, 16), v128.load(b, 16))),
        v128.or(v128.xor(v128.load(a, 32), v128.load(b, 32)), v128.xor(v128.load(a, 48), v128.load(b, 48))),
      ),
      v128.or(
        v128.or(v128.xor(v128.load(a, 64), v128.load(b, 64)), v128.xor(v128.load(a, 80), v128.load(b, 80))),
        v128.or(v128.xor(v128.load(a, 96), v128.load(b, 96)), v128.xor(v128.load(a, 112), v128.load(b, 112))),
      ),
    );
  }

  /** For eight cells, a byte each for the two words of a cell: all ones where they are equal. */
  // @ts-ignore: decorator
  @inline static equal(a: usize, b: usize): v128 {
    return i8x16.narrow_i16x8_s(
      i16x8.narrow_i32x4_s(
        i32x4.eq(v128.load(a), v128.load(b)),
        i32x4.eq(v128.load(a, 16), v128.load(b, 16)),
      ),
      i16x8.narrow_i32x4_s(
        i32x4.eq(v128.load(a, 32), v128.load(b, 32)),
        i32x4.eq(v128.load(a, 48), v128.load(b, 48)),
      ),
    );
  }

  /** Which of the 16 cells at `a` and `b` is the first that differs; one of them does. */
  // @ts-ignore: decorator
  @inline static first(a: usize, b: usize): u32 {
    const equal = i8x16.bitmask(Cells.equal(a, b)) | (i8x16.bitmask(Cells.equal(a + 64, b + 64)) << 16);
    return ctz(~equal) >> 1;
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
      if (v128.any_true(Cells.difference(pa + i, pb + i)))
        return <i32>(i >> L.CELL_SHIFT) + <i32>Cells.first(pa + i, pb + i);
      i += 128;
    }
    while (i < bytes && load<u64>(pa + i) == load<u64>(pb + i)) i += 8;
  }
  return i < bytes ? <i32>(i >> L.CELL_SHIFT) : columns;
}

/** Last of `columns` columns where two rows differ bit by bit; they do, and neither is 0. */
export function lastDifference(a: usize, b: usize, columns: i32): i32 {
  const pa = a + L.ROW_CELLS;
  const pb = b + L.ROW_CELLS;
  let i = comparedBytes(a, b, columns);
  for (; i >= 64; i -= 64) {
    const equal = i8x16.bitmask(Cells.equal(pa + i - 64, pb + i - 64));
    if (equal != 0xffff) return <i32>(i >> L.CELL_SHIFT) - 1 - <i32>(clz(~(equal << 16)) >> 1);
  }
  while (load<u64>(pa + i - 8) == load<u64>(pb + i - 8)) i -= 8;
  return <i32>(i >> L.CELL_SHIFT) - 1;
}

/** First of the rows of two screens, tables of which are at `a` and `b`, that differs bit by bit; `rows` if none does. */
export function firstOtherRow(a: usize, b: usize, rows: i32, columns: i32): i32 {
  for (let y = 0; y < rows; y++, a += 4, b += 4) {
    let p: usize = load<u32>(a);
    let q: usize = load<u32>(b);
    if (p == q) continue;
    const bytes = comparedBytes(p, q, columns);
    p += L.ROW_CELLS;
    q += L.ROW_CELLS;
    const stop = p + (bytes & ~127);
    const last = p + bytes;
    let difference = i64x2.splat(0);
    for (; p < stop; p += 128, q += 128) difference = v128.or(difference, Cells.difference(p, q));
    for (; p < last; p += 16, q += 16) difference = v128.or(difference, v128.xor(v128.load(p), v128.load(q)));
    if (v128.any_true(difference)) return y;
  }
  return rows;
}
