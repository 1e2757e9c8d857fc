/** Hashes of rows, by contents: how scroll.ts finds rows that moved. */
import * as L from "../layout";
import * as C from "./cell";

/** Columns that a row must have to be sampled. */
const SAMPLED: i32 = 64;

/** Hash of a row's cells: sums and sums of sums, so that order counts; 0 for the blank row. Equal rows are compared. */
export function hashRow(row: usize, cols: i32): u64 {
  if (row == 0) return 0;
  let sum = i32x4.splat(0);
  let sums = i32x4.splat(0);
  const pairs = (cols + 1) >> 1;
  const used = min((C.extentOf(row) + 1) >> 1, pairs);
  const end = row + L.ROW_CELLS + ((<usize>used) << 4);
  let p = row + L.ROW_CELLS;
  for (; p + 64 <= end; p += 64) {
    const second = i32x4.add(sum, v128.load(p));
    const third = i32x4.add(second, v128.load(p, 16));
    const fourth = i32x4.add(third, v128.load(p, 32));
    sum = i32x4.add(fourth, v128.load(p, 48));
    sums = i32x4.add(sums, i32x4.add(i32x4.add(second, third), i32x4.add(fourth, sum)));
  }
  for (; p < end; p += 16) {
    sum = i32x4.add(sum, v128.load(p));
    sums = i32x4.add(sums, sum);
  }
  // The rest is zero: the sum stays, and is added that often. So rows are equal however far they are known to be blank.
  sums = i32x4.add(sums, i32x4.mul(sum, i32x4.splat(pairs - used)));
  const k: u64 = 0x9e3779b97f4a7c15;
  const a = i64x2.extract_lane(sum, 0) * k + i64x2.extract_lane(sum, 1);
  const b = i64x2.extract_lane(sums, 0) * k + i64x2.extract_lane(sums, 1);
  return <u64>a * k + <u64>b;
}

class Sample {
  /** Sums of sums, so that order counts; the sums themselves are left out. */
  // @ts-ignore: decorator
  @inline static of(p: usize): u64 {
    let sum = v128.load(p);
    let sums = sum;
    sum = i32x4.add(sum, v128.load(p, 2 << 3));
    sums = i32x4.add(sums, sum);
    sum = i32x4.add(sum, v128.load(p, 4 << 3));
    sums = i32x4.add(sums, sum);
    sum = i32x4.add(sum, v128.load(p, 7 << 3));
    sums = i32x4.add(sums, sum);
    sum = i32x4.add(sum, v128.load(p, 12 << 3));
    sums = i32x4.add(sums, sum);
    sum = i32x4.add(sum, v128.load(p, 14 << 3));
    sums = i32x4.add(sums, sum);
    sum = i32x4.add(sum, v128.load(p, 18 << 3));
    sums = i32x4.add(sums, sum);
    sum = i32x4.add(sum, v128.load(p, 24 << 3));
    sums = i32x4.add(sums, sum);
    sum = i32x4.add(sum, v128.load(p, 30 << 3));
    sums = i32x4.add(sums, sum);
    sum = i32x4.add(sum, v128.load(p, 38 << 3));
    sums = i32x4.add(sums, sum);
    sum = i32x4.add(sum, v128.load(p, 44 << 3));
    sums = i32x4.add(sums, sum);
    sum = i32x4.add(sum, v128.load(p, 52 << 3));
    sums = i32x4.add(sums, sum);
    const k: u64 = 0x9e3779b97f4a7c15;
    return (i64x2.extract_lane(sums, 0) * k + i64x2.extract_lane(sums, 1)) * k;
  }
}

/** Hash of some of a row's cells: rows with another one are different. 0 for the blank row. */
export function sampleRow(row: usize, cols: i32): u64 {
  if (row == 0) return 0;
  return cols < SAMPLED ? hashRow(row, cols) : Sample.of(row + L.ROW_CELLS);
}
