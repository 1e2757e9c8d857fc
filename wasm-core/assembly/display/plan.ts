/**
 * What a row is made of, as one bit for each column: which cells are to be drawn, which are blank, which can be printed
 * without a thought, where a style begins. Made in one pass over both rows, 16 cells at a time, so that row.ts goes from
 * one run of cells to the next by counting bits. Used by row.ts and run.ts.
 *
 * A bit set is read at a column by {@link Bits}. Columns from the one on that planRow returns are 0 in all of them,
 * but taken for blank if the row goes on.
 */
import * as L from "../layout";
import { Widths } from "../unicode";
import * as C from "./cell";
import { Lanes } from "./lanes";
import * as R from "./rendition";

const BITS_BYTES: i32 = (4096 + 128) >> 3;

/** The cell is to be drawn: it looks different, or what stood there hid it or was half of something. */
export const CHANGED: usize = memory.data(BITS_BYTES, 16);
/** The cell shows nothing but its style. */
export const BLANK: usize = memory.data(BITS_BYTES, 16);
/** The old cell showed nothing but its style. */
export const OLD_BLANK: usize = memory.data(BITS_BYTES, 16);
/** The cell is blank or a character whose width is as agreed by everybody; both halves of a wide one. */
export const TEXT: usize = memory.data(BITS_BYTES, 16);
/** The cell is not one byte as printed; or it is the right half of a wide character. */
export const OTHER: usize = memory.data(BITS_BYTES, 16);
/** The cell's style word is not the one of the cell before it. Of a wide character the left half's counts. */
export const STARTS: usize = memory.data(BITS_BYTES, 16);
/** The right half of a wide character is here. */
export const COVERED: usize = memory.data(BITS_BYTES, 16);
/** Contents of the cells as one byte each, where {@link OTHER} is clear: blanks are spaces. */
export const BYTES: usize = memory.data(4096 + 64, 16);
/** Code points as u16 each, of wide characters too; 0xffff if they are more than that. */
export const UNITS: usize = memory.data(8192 + 128, 16);

/** Bits of a bit set that {@link Bits.at} gives for certain. */
export const WINDOW: i32 = 57;

/** Copies of the last cells of rows whose width is no multiple of 16, with the cell before them. */
const tailNow: usize = memory.data(16 + 128, 16);
const tailOld: usize = memory.data(16 + 128, 16);

/** What of a cell's contents is visible. */
const VISIBLE: u32 = L.CONTENT_MASK | L.CELL_CLUSTER | L.CELL_WIDE | L.CELL_FALLBACK;
/** Of a cell, its style. */
const STYLE: i64 = 0xffffffff00000000;
const MAX_ASCII: u32 = 0x7f;
const SPACE: i8 = 0x20;

/** Static and inlined: for loops that must not call anything. */
export class Bits {
  /** The set's bits from a column on, the column's lowest; WINDOW of them. */
  // @ts-ignore: decorator
  @inline static at(set: usize, col: i32): u64 {
    return load<u64>(set + <usize>(col >> 3)) >> (<u64>col & 7);
  }

  // @ts-ignore: decorator
  @inline static has(set: usize, col: i32): bool {
    return ((load<u8>(set + <usize>(col >> 3)) >> (<u8>col & 7)) & 1) != 0;
  }
}

export function assignBit(set: usize, col: i32, on: bool): void {
  const p = set + <usize>(col >> 3);
  const bit: u32 = 1 << (col & 7);
  const bits: u32 = load<u8>(p);
  store<u8>(p, <u8>(on ? bits | bit : bits & ~bit));
}

/** Clears a set from column `col` on, as far as a window that begins before it can see. */
export function endBits(set: usize, col: i32): void {
  const p = set + <usize>(col >> 3);
  store<u64>(p, <u64>load<u8>(p) & (((<u64>1) << (<u64>col & 7)) - 1));
}

/**
 * Wide characters among 16 cells. In the replica role one may hide another one: of those side by side every other one
 * shows.
 * @param hidden 1 if the first cell is a right half
 */
function shownWide(wide: i32, hidden: i32): i32 {
  if ((wide & ((wide << 1) | hidden)) == 0) return wide;
  let shown = 0;
  for (let i = 0; i < 16; i++) {
    if (hidden) hidden = 0;
    else if ((wide >> i) & 1) {
      shown |= 1 << i;
      hidden = 1;
    }
  }
  return shown;
}

/**
 * True if the cell is a character of one code point whose width is as agreed by everybody. Not for what
 * {@link Lanes.unsettled} knows.
 */
function isSettled(content: u32): bool {
  const cp = content & L.CONTENT_MASK;
  return cp > <u32>SPACE && Widths.classOf(cp) == (content & L.CELL_WIDE ? 2 : 1);
}

/** Bits of the cells in `others` that are such characters. */
function settledBits(cells: usize, others: i32): i32 {
  let settled = 0;
  for (let rest = others; rest != 0; rest &= rest - 1) {
    const i = ctz(rest);
    if (isSettled(load<u32>(cells + ((<usize>i) << L.CELL_SHIFT)))) settled |= 1 << i;
  }
  return settled;
}

/**
 * Of the cells in `bits`, whose contents look the same but whose style words differ: those that look different, too.
 * @param seen all bits that any of the styles has
 */
function otherRenditions(now: usize, old: usize, bits: i32, seen: u32): i32 {
  if ((seen & R.UNSURE_STYLE) == 0) return bits;
  let other = 0;
  // Mostly it is one pair of styles again and again.
  let style: u32 = 0;
  let oldStyle: u32 = 0;
  let same = true;
  for (let rest = bits; rest != 0; rest &= rest - 1) {
    const at = (<usize>ctz(rest)) << L.CELL_SHIFT;
    const a = load<u32>(now + at, 4);
    const b = load<u32>(old + at, 4);
    if (a != style || b != oldStyle) {
      style = a;
      oldStyle = b;
      same = R.sameRendition(a, b);
    }
    if (!same) other |= rest & -rest;
  }
  return other;
}

/** Copies cells and the one before them to a buffer of 17, the rest of it zero. */
function copyTail(to: usize, cells: usize, count: i32): void {
  store<u64>(to + 8, load<u64>(cells - 8));
  const bytes = (<usize>count) << L.CELL_SHIFT;
  let i: usize = 0;
  for (; i < bytes; i += 16) v128.store(to + 16 + i, v128.load(cells + i));
  for (; i < 128; i += 16) v128.store(to + 16 + i, i64x2.splat(0));
}

/** Copies 16 cells and the one before them without their wrap flags. Returns where they are now. */
function withoutWrap(to: usize, cells: usize): usize {
  store<u64>(to + 8, load<u64>(cells - 8));
  const kept = i64x2.splat(~(<i64>L.CELL_WRAP));
  for (let i: usize = 0; i < 128; i += 16) v128.store(to + 16 + i, v128.and(v128.load(cells + i), kept));
  return to + 16;
}

/** Where the cells of column `x` on are; of the last ones of a row a copy. */
class Cells {
  // @ts-ignore: decorator
  @inline static at(row: usize, x: i32, even: i32, tail: usize): usize {
    const cells = row + L.ROW_CELLS + ((<usize>x) << L.CELL_SHIFT);
    if (x + 16 <= even) return cells;
    copyTail(tail, cells, even - x);
    return tail + 16;
  }

  /** All but the style of the first cell at `p`: what else any of the 16 cells has. */
  // @ts-ignore: decorator
  @inline static unlikeFirst(p: usize): v128 {
    return Lanes.unlike(p, i64x2.splat(load<i64>(p) & STYLE));
  }
}

/** Ends the bit sets in the column where the loop over groups of 16 came to. Returns it, or the row's end. */
function endSets(x: i32, cols: i32): i32 {
  const planned = min(x, cols);
  endBits(CHANGED, planned);
  if (planned == cols) endBits(BLANK, planned);
  // Blanks may follow, and a run of them is to be seen as one.
  else store<u64>(BLANK + <usize>(planned >> 3), ~0);
  endBits(TEXT, planned);
  endBits(OTHER, planned);
  endBits(STARTS, planned);
  endBits(COVERED, planned);
  return planned;
}

/**
 * Makes the bit sets of `now` against `old` for columns from `first` on, where the two differ first; what is left
 * of it is not said.
 * @param used column from which on they are equal
 * @returns the column where the bit sets end: the row's end, or one from which on nothing is to be drawn
 */
export function planRow(old: usize, now: usize, first: i32, used: i32, cols: i32): i32 {
  const even = (cols + 1) & ~1;
  const zero = i64x2.splat(0);
  let x = first & ~15;
  if (x > 0 && C.isCovered(now, x)) return planOther(old, now, x, x, used, cols);
  while (x < used) {
    let p = Cells.at(now, x, even, tailNow);
    let q = Cells.at(old, x, even, tailOld);
    const unlike = v128.or(Cells.unlikeFirst(p), Cells.unlikeFirst(q));
    const seen = i64x2.extract_lane(unlike, 0) | i64x2.extract_lane(unlike, 1);
    if (<u32>seen > MAX_ASCII) {
      if ((<u32>seen & ~L.CELL_WRAP) > MAX_ASCII) return planOther(old, now, first & ~15, x, used, cols);
      p = withoutWrap(tailNow, p);
      q = withoutWrap(tailOld, q);
    }
    const bytes = Lanes.bytes(p);
    const other = i8x16.bitmask(i8x16.add_sat_u(bytes, i8x16.splat(1)));
    if (other) return planOther(old, now, first & ~15, x, used, cols);
    // A control cannot be printed: a space, like a blank.
    v128.store(BYTES + <usize>x, i8x16.max_u(bytes, i8x16.splat(SPACE)));
    const oldBytes = Lanes.bytes(q);
    const blank = i8x16.bitmask(i8x16.eq(v128.and(bytes, i8x16.splat(~SPACE)), zero));
    const blankOld = i8x16.bitmask(i8x16.eq(v128.and(oldBytes, i8x16.splat(~SPACE)), zero));
    const looksSame = i8x16.bitmask(i8x16.eq(bytes, oldBytes)) | (blank & blankOld);
    const style = load<u32>(p, 4);
    const oldStyle = load<u32>(q, 4);
    let begin = <i32>(load<u32>(p - 4) != style);
    let restyled = style != oldStyle ? looksSame : 0;
    if (<u64>seen >> 32 != 0) {
      begin = Lanes.styleChanges(p, p - 8);
      restyled = looksSame & Lanes.styleChanges(p, q);
    }
    let changed = ~looksSame & 0xffff;
    if (restyled) changed |= otherRenditions(p, q, restyled, <u32>(<u64>seen >> 32) | style | oldStyle);
    const at = <usize>(x >> 3);
    store<u16>(CHANGED + at, <u16>changed);
    store<u16>(BLANK + at, <u16>blank);
    store<u16>(OLD_BLANK + at, <u16>blankOld);
    store<u16>(TEXT + at, 0xffff);
    store<u16>(OTHER + at, 0);
    store<u16>(STARTS + at, <u16>begin);
    store<u16>(COVERED + at, 0);
    x += 16;
  }
  return endSets(x, cols);
}

/**
 * {@link planRow} from column `x` on, of whatever is there. (What rows of ASCII do not need is here: loops are entered
 * with all their constants.)
 * @param first where the bit sets begin
 */
function planOther(old: usize, now: usize, first: i32, x: i32, used: i32, cols: i32): i32 {
  const even = (cols + 1) & ~1;
  const visible = i32x4.splat(VISIBLE);
  const zero = i64x2.splat(0);
  for (let i = first; i < x; i += 16) {
    const bytes = v128.load(BYTES + <usize>i);
    v128.store(UNITS + ((<usize>i) << 1), i16x8.extend_low_i8x16_u(bytes));
    v128.store(UNITS + ((<usize>i) << 1), i16x8.extend_high_i8x16_u(bytes), 16);
  }
  // What the group of cells before says about the first cell of the next: it is a right half; it must be drawn; its
  // left half is drawn; is text; and began a style behind itself.
  let covered: i32 = x > 0 && C.isCovered(now, x) ? 1 : 0;
  let forced: i32 = 0;
  let drawn: i32 = 0;
  let plain: i32 = covered;
  let begins: i32 = 0;
  let hidden: i32 = covered;
  while (x < used || (x < cols && (covered | forced | hidden) != 0)) {
    const p = Cells.at(now, x, even, tailNow);
    const q = Cells.at(old, x, even, tailOld);
    const unlike = v128.or(Cells.unlikeFirst(p), Cells.unlikeFirst(q));
    const seen = i64x2.extract_lane(unlike, 0) | i64x2.extract_lane(unlike, 1);
    const a = Lanes.contents(p);
    const b = Lanes.contents(p + 32);
    const c = Lanes.contents(p + 64);
    const d = Lanes.contents(p + 96);
    const bytes = Lanes.packed(a, b, c, d);
    v128.store(BYTES + <usize>x, i8x16.max_u(bytes, i8x16.splat(SPACE)));
    let other = i8x16.bitmask(i8x16.add_sat_u(bytes, i8x16.splat(1)));
    let blank = i8x16.bitmask(i8x16.eq(v128.and(bytes, i8x16.splat(~SPACE)), zero));
    const e = Lanes.contents(q);
    const f = Lanes.contents(q + 32);
    const g = Lanes.contents(q + 64);
    const h = Lanes.contents(q + 96);
    const oldBytes = Lanes.packed(e, f, g, h);
    const blankOld = i8x16.bitmask(i8x16.eq(v128.and(oldBytes, i8x16.splat(~SPACE)), zero));
    let looksSame = blank & blankOld;
    looksSame |= i8x16.bitmask(
      i8x16.eq(Lanes.masked(v128.xor(a, e), v128.xor(b, f), v128.xor(c, g), v128.xor(d, h), visible), zero),
    );
    const style = load<u32>(p, 4);
    const oldStyle = load<u32>(q, 4);
    let begin = <i32>(load<u32>(p - 4) != style);
    let restyled = style != oldStyle ? looksSame : 0;
    if (<u64>seen >> 32 != 0) {
      begin = Lanes.styleChanges(p, p - 8);
      restyled = looksSame & Lanes.styleChanges(p, q);
    }
    let changed = ~looksSame & 0xffff;
    if (restyled) changed |= otherRenditions(p, q, restyled, <u32>(<u64>seen >> 32) | style | oldStyle);
    let text = ~other;
    let behind = 0;
    if (<u32>seen > MAX_ASCII || (other | covered | forced | hidden | begins) != 0) {
      let wide = 0;
      let oldWide = 0;
      if ((<u32>seen & L.CELL_WIDE) != 0) {
        wide = shownWide(Lanes.wide(a, b, c, d), covered);
        oldWide = shownWide(Lanes.wide(e, f, g, h), hidden);
      }
      behind = ((wide << 1) | covered) & 0xffff;
      const low = Lanes.units(a, b);
      const high = Lanes.units(c, d);
      v128.store(UNITS + ((<usize>x) << 1), low);
      v128.store(UNITS + ((<usize>x) << 1), high, 16);
      let settled = 0;
      if (wide) settled = i8x16.bitmask(i8x16.narrow_i16x8_s(Lanes.eastern(low), Lanes.eastern(high))) & wide;
      let rest = other & ~(settled | behind);
      if (rest & ~wide) {
        settled |= i8x16.bitmask(i8x16.narrow_i16x8_s(Lanes.narrow(low), Lanes.narrow(high))) & ~wide;
        rest &= ~settled;
        if (rest & ~wide) {
          settled |=
            i8x16.bitmask(i8x16.narrow_i16x8_s(Lanes.symbols(low), Lanes.symbols(high))) & rest & ~wide;
          rest &= ~settled;
        }
      }
      if (rest) {
        rest &= ~Lanes.unsettled(a, b, c, d);
        if (rest) settled |= settledBits(p, rest);
      }
      text |= settled;
      if ((wide | oldWide | covered | forced | hidden | begins) != 0) {
        changed &= ~behind;
        // Whatever is printed over one half of a wide character makes the other half blank.
        const broken = oldWide & ~(wide & ~changed);
        changed |= ((broken << 1) | forced) & ~behind;
        changed |= behind & ((changed << 1) | drawn);
        text = (text & ~behind) | (behind & ((text << 1) | plain));
        blank &= ~behind;
        other |= behind;
        const moved = begin & behind;
        begin = (begin & ~behind) | (moved << 1) | begins;
        covered = (wide >> 15) & 1;
        hidden = (oldWide >> 15) & 1;
        forced = (broken >> 15) & 1;
        drawn = (changed >> 15) & covered;
        plain = (text >> 15) & covered;
        begins = (moved >> 15) & 1;
      }
    } else {
      v128.store(UNITS + ((<usize>x) << 1), i16x8.extend_low_i8x16_u(bytes));
      v128.store(UNITS + ((<usize>x) << 1), i16x8.extend_high_i8x16_u(bytes), 16);
    }
    const at = <usize>(x >> 3);
    store<u16>(CHANGED + at, <u16>changed);
    store<u16>(BLANK + at, <u16>blank);
    store<u16>(OLD_BLANK + at, <u16>blankOld);
    store<u16>(TEXT + at, <u16>text);
    store<u16>(OTHER + at, <u16>other);
    store<u16>(STARTS + at, <u16>begin);
    store<u16>(COVERED + at, <u16>behind);
    x += 16;
  }
  return endSets(x, cols);
}

/** Last column in from..to-1 with its bit set, or -1. */
export function lastBit(set: usize, from: i32, to: i32): i32 {
  while (to > from) {
    const start = max(from, to - (WINDOW - 1));
    const bits = Bits.at(set, start) & (((<u64>1) << (<u64>(to - start))) - 1);
    if (bits) return start + 63 - <i32>clz(bits);
    to = start;
  }
  return -1;
}

/** First column from `from` on with its bit set, or `to`. */
export function nextBit(set: usize, from: i32, to: i32): i32 {
  while (from < to) {
    const bits = Bits.at(set, from);
    if (bits) return min(to, from + <i32>ctz(bits));
    from += WINDOW;
  }
  return to;
}
