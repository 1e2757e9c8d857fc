/**
 * Questions about 16 cells at a time, one bit or byte of answer each: the parts of plan.ts. Static and inlined.
 *
 * JavaScriptCore makes a shift by a constant of four instructions, and of a constant that is one run of bits again and
 * again another four; a shuffle is three, with what it needs loaded once. So there is no shift here.
 */
import * as L from "../layout";

/** CELL_WIDE, and a bit that is never set, so that the constant is no run of bits (see above). */
const WIDE_MASK: u32 = L.CELL_WIDE | (1 << 31);

const FIRST_EMOJI: u32 = 0x1f300;
const END_OF_EMOJI: u32 = 0x1fb00;

export class Lanes {
  /** Of 16 pairs of bytes the first ones. */
  // @ts-ignore: decorator
  @inline static firsts(a: v128, b: v128): v128 {
    return i8x16.shuffle(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  }

  /** … the second ones. */
  // @ts-ignore: decorator
  @inline static seconds(a: v128, b: v128): v128 {
    return i8x16.shuffle(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
  }

  /** Four cells at `p` as u16 each of contents and style; what does not fit is 0x7fff. */
  // @ts-ignore: decorator
  @inline static words(p: usize): v128 {
    return i16x8.narrow_i32x4_s(v128.load(p), v128.load(p, 16));
  }

  /** Contents of 16 cells at `p` as u8, the larger ones 255. */
  // @ts-ignore: decorator
  @inline static bytes(p: usize): v128 {
    return Lanes.firsts(
      i8x16.narrow_i16x8_u(Lanes.words(p), Lanes.words(p + 32)),
      i8x16.narrow_i16x8_u(Lanes.words(p + 64), Lanes.words(p + 96)),
    );
  }

  /** Contents of four cells at `p` as u32 each. */
  // @ts-ignore: decorator
  @inline static contents(p: usize): v128 {
    return i8x16.shuffle(
      v128.load(p),
      v128.load(p, 16),
      0,
      1,
      2,
      3,
      8,
      9,
      10,
      11,
      16,
      17,
      18,
      19,
      24,
      25,
      26,
      27,
    );
  }

  /** 16 {@link contents} as u8, the larger ones 255. */
  // @ts-ignore: decorator
  @inline static packed(a: v128, b: v128, c: v128, d: v128): v128 {
    return i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d));
  }

  /** 16 {@link contents} as i8, of which but these bits count: zero stays zero and only zero. */
  // @ts-ignore: decorator
  @inline static masked(a: v128, b: v128, c: v128, d: v128, mask: v128): v128 {
    return i8x16.narrow_i16x8_s(
      i16x8.narrow_i32x4_s(v128.and(a, mask), v128.and(b, mask)),
      i16x8.narrow_i32x4_s(v128.and(c, mask), v128.and(d, mask)),
    );
  }

  /** Eight {@link contents} as u16, as in {@link UNITS}. */
  // @ts-ignore: decorator
  @inline static units(a: v128, b: v128): v128 {
    const mask = i32x4.splat(~L.CELL_WIDE);
    return i16x8.narrow_i32x4_u(v128.and(a, mask), v128.and(b, mask));
  }

  /** Of 16 {@link contents} the wide ones, as bits. */
  // @ts-ignore: decorator
  @inline static wide(a: v128, b: v128, c: v128, d: v128): i32 {
    return i8x16.bitmask(i8x16.gt_s(Lanes.masked(a, b, c, d, i32x4.splat(WIDE_MASK)), i8x16.splat(0)));
  }

  /** Of the eight cells at `p`, {@link halves} of where they differ from those at `q`, for the sake of their styles. */
  // @ts-ignore: decorator
  @inline static restyled(p: usize, q: usize): v128 {
    return Lanes.halves(
      v128.xor(v128.load(p), v128.load(q)),
      v128.xor(v128.load(p, 16), v128.load(q, 16)),
      v128.xor(v128.load(p, 32), v128.load(q, 32)),
      v128.xor(v128.load(p, 48), v128.load(q, 48)),
    );
  }

  /** Bits of 16 cells: those at `p` whose style word is not that of the one at `q`. */
  // @ts-ignore: decorator
  @inline static styleChanges(p: usize, q: usize): i32 {
    const same = i8x16.eq(
      Lanes.seconds(Lanes.restyled(p, q), Lanes.restyled(p + 64, q + 64)),
      i64x2.splat(0),
    );
    return ~i8x16.bitmask(same) & 0xffff;
  }

  /** Of eight cells, 16 bits each: contents in the low byte, style in the high one; zero stays zero and only zero. */
  // @ts-ignore: decorator
  @inline static halves(a: v128, b: v128, c: v128, d: v128): v128 {
    return i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d));
  }

  /** All ones where a u16 is from `first` on and below `end`. */
  // @ts-ignore: decorator
  @inline static inRange(v: v128, first: i32, end: i32): v128 {
    return i16x8.eq(
      i16x8.sub_sat_u(i16x8.sub(v, i16x8.splat(<i16>first)), i16x8.splat(<i16>(end - first - 1))),
      i16x8.splat(0),
    );
  }

  /** All ones where a u16 is a character of two bytes and one column: most of Latin, Greek and Cyrillic. */
  // @ts-ignore: decorator
  @inline static narrow(v: v128): v128 {
    return v128.or(
      Lanes.inRange(v, 0xa0, 0x300),
      v128.or(Lanes.inRange(v, 0x3a3, 0x483), Lanes.inRange(v, 0x48a, 0x530)),
    );
  }

  /** All ones where a u16 is a dash or quotation mark, arrow, line, block, Braille, private or replacement character. */
  // @ts-ignore: decorator
  @inline static symbols(v: v128): v128 {
    return v128.or(
      v128.or(
        Lanes.inRange(v, 0x2010, 0x2028),
        v128.or(Lanes.inRange(v, 0x2190, 0x231a), Lanes.inRange(v, 0x2460, 0x25fd)),
      ),
      v128.or(
        Lanes.inRange(v, 0x27c0, 0x2b1b),
        v128.or(Lanes.inRange(v, 0xe000, 0xf900), Lanes.inRange(v, 0xfffc, 0xfffe)),
      ),
    );
  }

  /**
   * All ones where a u16 is a character of Chinese, Japanese or Korean, or their punctuation: the most of them; of those
   * that are wide, there is none between these ranges that is not settled.
   */
  // @ts-ignore: decorator
  @inline static eastern(v: v128): v128 {
    return v128.or(
      v128.or(Lanes.inRange(v, 0x4e00, 0x9fd6), Lanes.inRange(v, 0xac00, 0xd7a4)),
      v128.or(Lanes.inRange(v, 0x3000, 0x3100), Lanes.inRange(v, 0xff01, 0xff61)),
    );
  }

  /** All bits that any of the 16 cells at `p` has and this cell has not, or the other way round. */
  // @ts-ignore: decorator
  @inline static unlike(p: usize, cell: v128): v128 {
    return v128.or(
      v128.or(
        v128.or(v128.xor(v128.load(p), cell), v128.xor(v128.load(p, 16), cell)),
        v128.or(v128.xor(v128.load(p, 32), cell), v128.xor(v128.load(p, 48), cell)),
      ),
      v128.or(
        v128.or(v128.xor(v128.load(p, 64), cell), v128.xor(v128.load(p, 80), cell)),
        v128.or(v128.xor(v128.load(p, 96), cell), v128.xor(v128.load(p, 112), cell)),
      ),
    );
  }

  /**
   * Of 16 {@link contents} those that are no character of one code point, or a wide emoji, none of which has a width that
   * everybody agrees about: as bits.
   */
  // @ts-ignore: decorator
  @inline static unsettled(a: v128, b: v128, c: v128, d: v128): i32 {
    const flags = i32x4.splat(~(L.CONTENT_MASK | L.CELL_WIDE | L.CELL_PROTECTED));
    return (
      i8x16.bitmask(i8x16.gt_s(Lanes.masked(a, b, c, d, flags), i8x16.splat(0))) |
      i8x16.bitmask(
        i8x16.narrow_i16x8_s(
          i16x8.narrow_i32x4_s(Lanes.emoji(a), Lanes.emoji(b)),
          i16x8.narrow_i32x4_s(Lanes.emoji(c), Lanes.emoji(d)),
        ),
      )
    );
  }

  /** All ones where one of four {@link contents} is a wide emoji beyond the BMP. */
  // @ts-ignore: decorator
  @inline static emoji(contents: v128): v128 {
    const mask = i32x4.splat(L.CONTENT_MASK | L.CELL_WIDE);
    const from = i32x4.sub(v128.and(contents, mask), i32x4.splat(L.CELL_WIDE | FIRST_EMOJI));
    return v128.and(
      i32x4.gt_s(from, i32x4.splat(-1)),
      i32x4.lt_s(from, i32x4.splat(END_OF_EMOJI - FIRST_EMOJI)),
    );
  }
}
