/**
 * Vector steps of text.ts: from bytes of UTF-8 to cells, many at once. Each takes one form of text only and says
 * whether it is there.
 *
 * All static and inlined, for text.ts must not call anything while it prints. Most constants are in memory and not in
 * the code: JavaScriptCore loads those of the code each time a function is entered, for a run of three characters too.
 */
import { CELL_SHIFT } from "./layout";

/** Eight cells' worth of all ones, then of zeros: which of eight cells count is a matter of where one looks. */
const MASKS: usize = memory.data(128, 16);

/** Where the words of a pair of cells are among eight words, for each of four pairs: indices of a swizzle. */
const WORD_PAIRS: usize = memory.data(64, 16);

/**
 * Where the characters of eight bytes are, by which of them are continuation bytes (a bit each): indices that bring
 * each character into 16 bits, first byte low, second high. Filled only for patterns without two continuation bytes in
 * a row and none at the start.
 */
const CHARACTERS: usize = memory.data(4096, 16);

/** What the bytes of five characters of three bytes have in common: which bits, and what they are. */
const TRIPLE_MASK: usize = memory.data(16, 16);
const TRIPLE_BITS: usize = memory.data(16, 16);
/** Indices that bring the third byte of each into the low and the second into the high half of a word; the first high. */
const TRIPLE_TAILS: usize = memory.data(16, 16);
const TRIPLE_HEADS: usize = memory.data(16, 16);
/** Indices that bring one word of eight to the start, for each of five; everything else zero. */
const SINGLES: usize = memory.data(80, 16);
/** Words beyond the fifth. */
const NO_SIXTH: usize = memory.data(16, 16);

/** Ranges of code points, each as eight times the first and eight times the distance to the last. */
const NARROW_RANGES: usize = memory.data(160, 16);
const WIDE_RANGES: usize = memory.data(192, 16);

function range(at: usize, first: u32, last: u32): usize {
  v128.store(at, i16x8.splat(<i16>first));
  v128.store(at, i16x8.splat(<i16>(last - first)), 16);
  return at + 32;
}

function start(): void {
  memory.fill(MASKS, 0xff, 64);
  memory.fill(WORD_PAIRS, 0xff, 64);
  memory.fill(SINGLES, 0xff, 80);
  memory.fill(TRIPLE_TAILS, 0xff, 16);
  memory.fill(TRIPLE_HEADS, 0xff, 16);
  memory.fill(NO_SIXTH + 10, 0xff, 6);
  for (let i: u32 = 0; i < 8; i++) store<u16>(WORD_PAIRS + (i << 3), <u16>(i * 0x0202 + 0x0100));
  for (let i: u32 = 0; i < 5; i++) {
    store<u16>(SINGLES + (i << 4), <u16>(i * 0x0202 + 0x0100));
    store<u16>(TRIPLE_TAILS + (i << 1), <u16>(i * 0x0303 + 0x0102));
    store<u8>(TRIPLE_HEADS + (i << 1), <u8>(i * 3), 1);
    store<u32>(TRIPLE_MASK + i * 3, 0xc0c0f0);
    store<u32>(TRIPLE_BITS + i * 3, 0x8080e0);
  }
  for (let pattern: u32 = 0; pattern < 256; pattern += 2) {
    if (pattern & (pattern << 1)) continue;
    let at = CHARACTERS + (pattern << 4);
    memory.fill(at, 0xff, 16);
    for (let i: u32 = 0; i < 8; i++) {
      if ((pattern >> i) & 1) {
        store<u8>(at - 1, <u8>i);
      } else {
        store<u8>(at, <u8>i);
        at += 2;
      }
    }
  }
  // Blocks where everything is one column wide in both roles: Latin, most of Greek, Cyrillic. The rest is rare enough.
  let at = range(NARROW_RANGES, 0x20, 0x7e);
  at = range(at, 0xa0, 0x2ff);
  at = range(at, 0x38e, 0x3a1);
  at = range(at, 0x3a3, 0x482);
  range(at, 0x48a, 0x52f);
  // And two columns: punctuation, Hiragana, Katakana, Han, Hangul, full-width forms.
  at = range(WIDE_RANGES, 0x3000, 0x3029);
  at = range(at, 0x3041, 0x3096);
  at = range(at, 0x309b, 0x30ff);
  at = range(at, 0x4e00, 0x9fff);
  at = range(at, 0xac00, 0xd7a3);
  range(at, 0xff01, 0xff60);
}
start();

export class Lanes {
  /** Bytes of `v` that are no printable ASCII, a bit for each. */
  // @ts-ignore: decorator
  @inline static notAscii(v: v128): u32 {
    return <u32>i8x16.bitmask(v128.or(i8x16.lt_s(v, i8x16.splat(0x20)), i8x16.eq(v, i8x16.splat(0x7f))));
  }

  /** The cells of bytes `first` and the next. */
  // @ts-ignore: decorator
  @inline static pair(v: v128, first: i8, base: v128): v128 {
    const places = i8x16(first, -1, -1, -1, -1, -1, -1, -1, first + 1, -1, -1, -1, -1, -1, -1, -1);
    return v128.or(i8x16.relaxed_swizzle(v, places), base);
  }

  /** Sixteen cells from sixteen bytes of ASCII. `base`: what all cells have in common, twice. */
  // @ts-ignore: decorator
  @inline static store16(q: usize, v: v128, base: v128): void {
    v128.store(q, Lanes.pair(v, 0, base));
    v128.store(q, Lanes.pair(v, 2, base), 16);
    v128.store(q, Lanes.pair(v, 4, base), 32);
    v128.store(q, Lanes.pair(v, 6, base), 48);
    v128.store(q, Lanes.pair(v, 8, base), 64);
    v128.store(q, Lanes.pair(v, 10, base), 80);
    v128.store(q, Lanes.pair(v, 12, base), 96);
    v128.store(q, Lanes.pair(v, 14, base), 112);
  }

  // @ts-ignore: decorator
  @inline static blend(q: usize, mask: usize, cells: v128): void {
    v128.store(q, v128.bitselect(cells, v128.load(q), v128.load(mask)));
  }

  /** The first `n` of eight cells from eight bytes: cheaper than a loop whose end nobody can predict. */
  // @ts-ignore: decorator
  @inline static blend8(q: usize, n: usize, v: v128, base: v128): void {
    const mask = MASKS + 64 - (n << CELL_SHIFT);
    Lanes.blend(q, mask, Lanes.pair(v, 0, base));
    Lanes.blend(q + 16, mask + 16, Lanes.pair(v, 2, base));
    Lanes.blend(q + 32, mask + 32, Lanes.pair(v, 4, base));
    Lanes.blend(q + 48, mask + 48, Lanes.pair(v, 6, base));
  }

  /** The same from eight words. */
  // @ts-ignore: decorator
  @inline static blendWords(q: usize, n: usize, words: v128, base: v128): void {
    const mask = MASKS + 64 - (n << CELL_SHIFT);
    Lanes.blend(q, mask, v128.or(i8x16.relaxed_swizzle(words, v128.load(WORD_PAIRS)), base));
    Lanes.blend(q + 16, mask + 16, v128.or(i8x16.relaxed_swizzle(words, v128.load(WORD_PAIRS, 16)), base));
    Lanes.blend(q + 32, mask + 32, v128.or(i8x16.relaxed_swizzle(words, v128.load(WORD_PAIRS, 32)), base));
    Lanes.blend(q + 48, mask + 48, v128.or(i8x16.relaxed_swizzle(words, v128.load(WORD_PAIRS, 48)), base));
  }

  /** Words of `words` that are in the range at `at`. */
  // @ts-ignore: decorator
  @inline static within(words: v128, at: usize): v128 {
    return i16x8.le_u(i16x8.sub(words, v128.load(at)), v128.load(at, 16));
  }

  /**
   * The characters, one or two bytes long, of the first eight bytes of `v`, as words; a first byte whose
   * second is not among the eight is beyond the last.
   * @param trail which bytes are continuation bytes, a bit for each
   */
  // @ts-ignore: decorator
  @inline static pairs(v: v128, trail: u32): v128 {
    const words = i8x16.relaxed_swizzle(v, v128.load(CHARACTERS + (trail << 4)));
    const high = i16x8.shr_u(words, 8);
    const two = v128.or(i16x8.shr_u(i16x8.shl(words, 11), 5), v128.xor(high, i16x8.splat(0x80)));
    return v128.bitselect(words, two, i16x8.eq(high, i64x2.splat(0)));
  }

  /** Whether the first `n` words are certainly characters one column wide. */
  // @ts-ignore: decorator
  @inline static areNarrow(words: v128, n: usize): bool {
    const narrow = v128.or(
      v128.or(Lanes.within(words, NARROW_RANGES), Lanes.within(words, NARROW_RANGES + 32)),
      v128.or(
        v128.or(Lanes.within(words, NARROW_RANGES + 64), Lanes.within(words, NARROW_RANGES + 96)),
        Lanes.within(words, NARROW_RANGES + 128),
      ),
    );
    return (~(<u32>i16x8.bitmask(narrow)) & ((1 << (<u32>n)) - 1)) == 0;
  }

  /** Whether fifteen bytes are five characters of three bytes each, as their bits say. */
  // @ts-ignore: decorator
  @inline static areTriples(v: v128): bool {
    return i8x16.all_true(i8x16.eq(v128.and(v, v128.load(TRIPLE_MASK)), v128.load(TRIPLE_BITS)));
  }

  /** The code points of five such characters, as words; zero beyond. */
  // @ts-ignore: decorator
  @inline static triples(v: v128): v128 {
    const tails = i8x16.relaxed_swizzle(v, v128.load(TRIPLE_TAILS));
    const heads = i8x16.relaxed_swizzle(v, v128.load(TRIPLE_HEADS));
    // 80 to BF in both halves: the bits that are no data go with the shifts.
    const low = i16x8.shr_u(i16x8.shl(tails, 10), 10);
    const middle = i16x8.shl(i16x8.shr_u(i16x8.shl(tails, 2), 10), 6);
    return v128.or(v128.or(low, middle), i16x8.shl(heads, 4));
  }

  /** Whether five words are certainly characters two columns wide. */
  // @ts-ignore: decorator
  @inline static areWide(words: v128): bool {
    const wide = v128.or(
      v128.or(
        v128.or(Lanes.within(words, WIDE_RANGES), Lanes.within(words, WIDE_RANGES + 32)),
        v128.or(Lanes.within(words, WIDE_RANGES + 64), Lanes.within(words, WIDE_RANGES + 96)),
      ),
      v128.or(Lanes.within(words, WIDE_RANGES + 128), Lanes.within(words, WIDE_RANGES + 160)),
    );
    return i16x8.all_true(v128.or(wide, v128.load(NO_SIXTH)));
  }

  /** Five wide characters in ten cells. `base`: what their left and right halves have besides the character. */
  // @ts-ignore: decorator
  @inline static storeWide(q: usize, words: v128, base: v128): void {
    v128.store(q, v128.or(i8x16.relaxed_swizzle(words, v128.load(SINGLES)), base));
    v128.store(q, v128.or(i8x16.relaxed_swizzle(words, v128.load(SINGLES, 16)), base), 16);
    v128.store(q, v128.or(i8x16.relaxed_swizzle(words, v128.load(SINGLES, 32)), base), 32);
    v128.store(q, v128.or(i8x16.relaxed_swizzle(words, v128.load(SINGLES, 48)), base), 48);
    v128.store(q, v128.or(i8x16.relaxed_swizzle(words, v128.load(SINGLES, 64)), base), 64);
  }
}
