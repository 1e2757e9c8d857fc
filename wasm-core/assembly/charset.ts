/**
 * Character sets (host role; the replica ignores them all): designation of G0…G3, shifts, and the mapping of 7-bit
 * codes to Unicode. Called by dispatch.ts and print.ts.
 *
 * Programs write UTF-8, so GR is never used for text: LS1R, LS2R and LS3R are kept for the record only. What is in GL
 * maps the codes 20..7F; code points beyond are text in themselves.
 */
import { setMode2 } from "./screen";
import { MODE2_MAPPED, T_CHARSETS, T_GL, T_GR, T_SINGLE_SHIFT } from "./state";

// The sets, by the number kept in T_CHARSETS.
export const CHARSET_ASCII: u32 = 0;
const CHARSET_SPECIAL: u32 = 1;
const CHARSET_UK: u32 = 2;
/** ISO Latin-1, right half: a set of 96. */
const CHARSET_LATIN1: u32 = 3;

/** DEC special graphics 5F..7E (DEC STD 070; Unicode values as in xterm). */
const SPECIAL: usize = memory.data<u16>([
  0x00a0, 0x25c6, 0x2592, 0x2409, 0x240c, 0x240d, 0x240a, 0x00b0, 0x00b1, 0x2424, 0x240b, 0x2518, 0x2510,
  0x250c, 0x2514, 0x253c, 0x23ba, 0x23bb, 0x2500, 0x23bc, 0x23bd, 0x251c, 0x2524, 0x2534, 0x252c, 0x2502,
  0x2264, 0x2265, 0x03c0, 0x2260, 0x00a3, 0x00b7,
]);

function setAt(t: usize, g: u32): u32 {
  return <u32>load<u8>(t + <usize>g, T_CHARSETS);
}

/** Recomputes MODE2_MAPPED, which print.ts tests. */
export function updateMapping(t: usize): void {
  const gl = <u32>load<u8>(t, T_GL);
  setMode2(t, MODE2_MAPPED, setAt(t, gl) != CHARSET_ASCII || load<u8>(t, T_SINGLE_SHIFT) != 0);
}

/** All sets ASCII, G0 in GL, G2 in GR. */
export function resetCharsets(t: usize): void {
  store<u32>(t, 0, T_CHARSETS);
  store<u8>(t, 0, T_GL);
  store<u8>(t, 2, T_GR);
  store<u8>(t, 0, T_SINGLE_SHIFT);
  updateMapping(t);
}

/** Number of the set a final character designates; unknown sets are taken as ASCII. */
function charsetOf(final: u32, ninetySix: bool): u32 {
  if (ninetySix) return final == 0x41 ? CHARSET_LATIN1 : CHARSET_ASCII;
  if (final == 0x30 || final == 0x32) return CHARSET_SPECIAL;
  if (final == 0x41) return CHARSET_UK;
  return CHARSET_ASCII;
}

// vt: SCS | ESC ( ) * + f, ESC - . / f | designates a character set as G0…G3 | host only
export function designate(t: usize, intermediate: u32, final: u32): void {
  const ninetySix = intermediate >= 0x2d;
  const g = ninetySix ? intermediate - 0x2c : intermediate - 0x28;
  store<u8>(t + <usize>g, <u8>charsetOf(final, ninetySix), T_CHARSETS);
  updateMapping(t);
}

// vt: SI LS0, SO LS1 | C0 0F, C0 0E | G0 or G1 into GL | host only
// vt: LS2, LS3 | ESC n, ESC o | G2 or G3 into GL | host only
export function lockingShift(t: usize, g: u32): void {
  store<u8>(t, <u8>g, T_GL);
  updateMapping(t);
}

// vt: LS1R, LS2R, LS3R | ESC ~, ESC }, ESC | | G1, G2 or G3 into GR; kept, without effect on UTF-8 text | host only
export function lockingShiftRight(t: usize, g: u32): void {
  store<u8>(t, <u8>g, T_GR);
}

// vt: SS2, SS3 | ESC N, ESC O, C1 8E 8F | G2 or G3 for the next character | host only
export function singleShift(t: usize, g: u32): void {
  store<u8>(t, <u8>g, T_SINGLE_SHIFT);
  updateMapping(t);
}

/** The Unicode code point a printed code point stands for; ends a single shift. */
export function mapCharacter(t: usize, cp: u32): u32 {
  const shifted = <u32>load<u8>(t, T_SINGLE_SHIFT);
  const set = setAt(t, shifted ? shifted : <u32>load<u8>(t, T_GL));
  if (shifted) {
    store<u8>(t, 0, T_SINGLE_SHIFT);
    updateMapping(t);
  }
  if (cp > 0x7f || cp < 0x20) return cp;
  switch (set) {
    case CHARSET_SPECIAL:
      return cp >= 0x5f && cp <= 0x7e ? <u32>load<u16>(SPECIAL + ((<usize>(cp - 0x5f)) << 1)) : cp;
    case CHARSET_UK:
      return cp == 0x23 ? 0xa3 : cp;
    case CHARSET_LATIN1:
      return cp | 0x80;
  }
  return cp;
}
