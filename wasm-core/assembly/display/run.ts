/**
 * Prints runs of text: cells of one style whose widths everybody agrees about, ASCII 16 cells at a time, the rest of
 * the BMP 8 at a time, all else one by one. Calls nothing. Used by row.ts; the cells are as plan.ts found them.
 */
import * as L from "../layout";
import { Bits, BYTES, COVERED, OTHER, UNITS } from "./plan";

/** Longest UTF-8 form. */
export const LONGEST: i32 = 4;

/** Right halves among eight cells of four wide characters. */
const FOUR_WIDE: i32 = 0xaa;

/**
 * Per set of ASCII cells among eight: where the bytes of their UTF-8 are among eight pairs of bytes, of which an ASCII
 * cell needs the first only.
 */
const PACK: usize = memory.data(256 * 16, 16);
function start(): void {
  for (let ascii: u32 = 0; ascii < 256; ascii++) {
    let to = PACK + (ascii << 4);
    for (let i: u32 = 0; i < 8; i++) {
      store<u8>(to++, <u8>(i << 1));
      if (((ascii >> i) & 1) == 0) store<u8>(to++, <u8>((i << 1) + 1));
    }
    // What is behind them is overwritten: any index will do.
  }
}
start();

/**
 * The same for four characters of no to three bytes among four u32; by the lowest bits of these lengths, and 16 times
 * the highest.
 */
const PACK_FOUR: usize = memory.data(256 * 16, 16);
function startFour(): void {
  for (let key: u32 = 0; key < 256; key++) {
    let to = PACK_FOUR + (key << 4);
    for (let i: u32 = 0; i < 4; i++) {
      const length = ((key >> i) & 1) + (((key >> (i + 4)) & 1) << 1);
      for (let n: u32 = 0; n < length; n++) store<u8>(to++, <u8>((i << 2) + n));
    }
  }
}
startFour();

export class Utf8 {
  /** The three bytes of four code points that have so many. */
  // @ts-ignore: decorator
  @inline static three(cp: v128): v128 {
    return v128.or(
      v128.or(i32x4.shr_u(cp, 12), i32x4.splat(0x8080e0)),
      v128.or(i32x4.shl(v128.and(cp, i32x4.splat(0xfc0)), 2), i32x4.shl(v128.and(cp, i32x4.splat(63)), 16)),
    );
  }

  /**
   * Prints of four code points below U+10000 those without a bit in `hidden`. Returns where the next byte goes.
   */
  // @ts-ignore: decorator
  @inline static putFour(out: usize, cp: v128, hidden: i32): usize {
    const more = i32x4.gt_s(cp, i32x4.splat(0x7f));
    const most = i32x4.gt_s(cp, i32x4.splat(0x7ff));
    const two = v128.or(
      v128.or(i32x4.shr_u(cp, 6), i32x4.splat(0x80c0)),
      i32x4.shl(v128.and(cp, i32x4.splat(63)), 8),
    );
    const forms = v128.bitselect(Utf8.three(cp), v128.bitselect(two, cp, more), most);
    const high = i32x4.bitmask(more) & ~hidden;
    const low = (~i32x4.bitmask(more) | i32x4.bitmask(most)) & ~hidden & 15;
    const place = v128.load(PACK_FOUR + ((<usize>(low | (high << 4))) << 4));
    v128.store(out, i8x16.relaxed_swizzle(forms, place));
    return out + <usize>(popcnt(low) + (popcnt(high) << 1));
  }

  /** Prints `content`, a code point from 1 on, and returns where the next byte goes. Without branches. */
  // @ts-ignore: decorator
  @inline static put(out: usize, cp: u32): usize {
    const two = (cp >> 6) | ((cp & 63) << 8) | 0x80c0;
    const three = (cp >> 12) | (((cp >> 6) & 63) << 8) | ((cp & 63) << 16) | 0x8080e0;
    const four =
      (cp >> 18) | (((cp >> 12) & 63) << 8) | (((cp >> 6) & 63) << 16) | ((cp & 63) << 24) | 0x808080f0;
    const short = select(two, cp, cp >= 0x80);
    const long = select(four, three, cp >= 0x10000);
    store<u32>(out, select(long, short, cp >= 0x800));
    return out + 1 + <usize>(cp >= 0x80) + <usize>(cp >= 0x800) + <usize>(cp >= 0x10000);
  }

  /**
   * Prints the eight code points in `units` and cells of `now` from `col` on, but for those with a bit in `hidden`: right
   * halves, and what is behind the end.
   */
  // @ts-ignore: decorator
  @inline static putEight(out: usize, now: usize, col: i32, units: v128, hidden: i32): usize {
    if (!v128.any_true(i16x8.eq(units, i16x8.splat(-1)))) {
      const spaced = i16x8.max_u(units, i16x8.splat(0x20));
      out = Utf8.putFour(out, i32x4.extend_low_i16x8_u(spaced), hidden & 15);
      return Utf8.putFour(out, i32x4.extend_high_i16x8_u(spaced), (hidden >> 4) & 15);
    }
    // Further up in Unicode: one by one.
    for (let shown = ~hidden & 255; shown != 0; shown &= shown - 1)
      out = Utf8.put(out, max(<u32>L.cellAt(now, col + ctz(shown)) & L.CONTENT_MASK, 0x20));
    return out;
  }
}

/**
 * Prints columns col..end-1 of a row at `out`, where there is room for LONGEST bytes a cell and 16 more. The first is no
 * right half.
 * @returns where the next byte goes
 */
export function putText(out: usize, now: usize, col: i32, end: i32): usize {
  const inside = ((<u64>1) << (<u64>(end - col))) - 1;
  if ((Bits.at(OTHER, col) & inside) == 0) {
    v128.store(out, v128.load(BYTES + <usize>col));
    for (let i = 16; i < end - col; i += 16) v128.store(out + <usize>i, v128.load(BYTES + <usize>(col + i)));
    return out + <usize>(end - col);
  }
  return (Bits.at(COVERED, col) & inside) != 0 ? putWide(out, now, col, end) : putNarrow(out, now, col, end);
}

/** {@link putText} of cells of which none is wide. */
function putNarrow(out: usize, now: usize, col: i32, end: i32): usize {
  while (col < end) {
    const units = v128.load(UNITS + ((<usize>col) << 1));
    const count = min(8, end - col);
    if (!v128.any_true(v128.and(units, i16x8.splat(<i16>0xf800)))) {
      const letters = i16x8.max_s(units, i16x8.splat(0x20));
      const ascii = i16x8.lt_s(letters, i16x8.splat(0x80));
      const pairs = v128.or(
        v128.or(i16x8.shr_u(letters, 6), i16x8.splat(<i16>0x80c0)),
        i16x8.shl(v128.and(letters, i16x8.splat(63)), 8),
      );
      const set = i16x8.bitmask(ascii);
      const both = v128.bitselect(letters, pairs, ascii);
      v128.store(out, i8x16.relaxed_swizzle(both, v128.load(PACK + ((<usize>set) << 4))));
      out += <usize>(count * 2 - popcnt(set & ((1 << count) - 1)));
    } else {
      out = Utf8.putEight(out, now, col, units, -1 << count);
    }
    col += count;
  }
  return out;
}

/** {@link putText} of cells among which there are wide ones. */
function putWide(out: usize, now: usize, col: i32, end: i32): usize {
  while (col < end) {
    const units = v128.load(UNITS + ((<usize>col) << 1));
    const covered = <i32>Bits.at(COVERED, col);
    // Never half a wide character: so the first of the next eight is not the right half of one.
    let count = min(8, end - col);
    if ((covered >> count) & 1) count--;
    const four = v128.and(units, i32x4.splat(0xffff));
    if (
      (covered & 255) == FOUR_WIDE &&
      count == 8 &&
      i32x4.all_true(i32x4.gt_s(four, i32x4.splat(0x7ff))) &&
      !v128.any_true(i32x4.eq(four, i32x4.splat(0xffff)))
    ) {
      const three = Utf8.three(four);
      v128.store(out, i8x16.shuffle(three, three, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 3, 3, 3, 3));
      out += 12;
    } else {
      out = Utf8.putEight(out, now, col, units, covered | (-1 << count));
    }
    col += count;
  }
  return out;
}
