/**
 * How far output is nothing but text, line ends, SGR and EL: what skip.ts may pass over and what may be held back
 * (hold.ts). Everything else is the parser's alone: other controls and sequences, C1 controls in UTF-8 included.
 *
 * Sequences are checked 64 bytes at once: what stands behind each ESC, and, by the carry of an addition, behind each run
 * of parameters.
 */

/** Bytes looked at in one step. */
export const BLOCK: usize = 64;

/** The first block of the last scan that has an ESC, as an address. */
export let firstEscape: usize = 0;

export class Bytes {
  // @ts-ignore: decorator
  @inline static equal(v: v128, byte: i32): v128 {
    return i8x16.eq(v, i8x16.splat(<i8>byte));
  }

  /** Bytes of the 16 at `p` that are C0 controls other than HT, LF, VT, FF and CR, or begin a C1 control in UTF-8. */
  // @ts-ignore: decorator
  @inline static controls(v: v128, p: usize): v128 {
    const low = i8x16.eq(v128.and(v, i8x16.splat(<i8>0xe0)), i8x16.splat(0));
    const harmless = i8x16.le_u(i8x16.sub(v, i8x16.splat(9)), i8x16.splat(4));
    const high = v128.and(Bytes.equal(v, 0xc2), i8x16.lt_s(v128.load(p, 1), i8x16.splat(<i8>0xa0)));
    return v128.or(v128.andnot(low, harmless), high);
  }

  /** What a CSI sequence has between its [ and its final character, without private markers: digits, colon, semicolon. */
  // @ts-ignore: decorator
  @inline static parameters(v: v128): v128 {
    return i8x16.le_u(i8x16.sub(v, i8x16.splat(0x30)), i8x16.splat(11));
  }

  /** Final characters of SGR and EL. */
  // @ts-ignore: decorator
  @inline static finals(v: v128): v128 {
    return v128.or(Bytes.equal(v, 0x6d), Bytes.equal(v, 0x4b));
  }

  /** A bit for each byte that is not zero, of 64. */
  // @ts-ignore: decorator
  @inline static bits(a: v128, b: v128, c: v128, d: v128): u64 {
    const low = <u32>i8x16.bitmask(a) | ((<u32>i8x16.bitmask(b)) << 16);
    const high = <u32>i8x16.bitmask(c) | ((<u32>i8x16.bitmask(d)) << 16);
    return <u64>low | ((<u64>high) << 32);
  }
}

/**
 * How far the bytes from `p` on are harmless: whole blocks, up to the first one with something else in it. A sequence that
 * is cut off there has no line feeds in it. Calls nothing: locals stay in registers.
 */
export function harmlessUntil(p: usize, end: usize): usize {
  firstEscape = usize.MAX_VALUE;
  /** Of the block before: bit 0 = it ended with ESC, or within parameters. */
  let afterEscape: u64 = 0;
  let inParameters: u64 = 0;
  for (; p + BLOCK <= end; p += BLOCK) {
    const a = v128.load(p);
    const b = v128.load(p, 16);
    const c = v128.load(p, 32);
    const d = v128.load(p, 48);
    const controlsA = Bytes.controls(a, p);
    const controlsB = Bytes.controls(b, p + 16);
    const controlsC = Bytes.controls(c, p + 32);
    const controlsD = Bytes.controls(d, p + 48);
    const any = v128.or(v128.or(controlsA, controlsB), v128.or(controlsC, controlsD));
    if (!v128.any_true(any) && (afterEscape | inParameters) == 0) continue;
    const escapes = Bytes.bits(
      Bytes.equal(a, 0x1b),
      Bytes.equal(b, 0x1b),
      Bytes.equal(c, 0x1b),
      Bytes.equal(d, 0x1b),
    );
    if (Bytes.bits(controlsA, controlsB, controlsC, controlsD) != escapes) break;
    const brackets = Bytes.bits(
      Bytes.equal(a, 0x5b),
      Bytes.equal(b, 0x5b),
      Bytes.equal(c, 0x5b),
      Bytes.equal(d, 0x5b),
    );
    const after = (escapes << 1) | afterEscape;
    if (after & ~brackets) break;
    const parameters = Bytes.bits(
      Bytes.parameters(a),
      Bytes.parameters(b),
      Bytes.parameters(c),
      Bytes.parameters(d),
    );
    const begin = (after << 1) | inParameters;
    const carried = parameters + (parameters & begin);
    const finals = Bytes.bits(Bytes.finals(a), Bytes.finals(b), Bytes.finals(c), Bytes.finals(d));
    if ((carried | begin) & ~parameters & ~finals) break;
    // Nor more parameters than are kept: none of a whole block.
    if (inParameters & <u64>(~parameters == 0)) break;
    if (firstEscape > p) firstEscape = p;
    afterEscape = escapes >> 63;
    inParameters = (after >> 63) | <u64>(carried < parameters);
  }
  return p;
}
