/**
 * Character sets (host role; the replica ignores them all): designation of G0…G3, shifts, and the mapping of 7-bit
 * codes to Unicode. Called by dispatch.ts, saved.ts and print.ts; the tables are in charset-table.ts.
 *
 * Programs write UTF-8, so GR is never used for text: LS1R, LS2R and LS3R are kept for the record only. What is in GL
 * maps the codes 20..7F; code points beyond are text in themselves.
 */
import {
  NATIONAL_CODES,
  NATIONAL_COUNT,
  NATIONAL_FINALS,
  NATIONAL_SETS,
  SPECIAL,
  SUPPLEMENTAL,
  TECHNICAL,
} from "./charset-table";
import { hasMode2, setMode2 } from "./screen";
import { MODE2_MAPPED, MODE2_NATIONAL, T_CHARSETS, T_GL, T_GR, T_SINGLE_SHIFT } from "./state";

// The sets, by the number kept in T_CHARSETS.
const CHARSET_ASCII: u32 = 0;
const CHARSET_SPECIAL: u32 = 1;
const CHARSET_SUPPLEMENTAL: u32 = 2;
const CHARSET_TECHNICAL: u32 = 3;
/** ISO Latin-1, right half: a set of 96. */
const CHARSET_LATIN1: u32 = 4;
/** The national sets follow, in the order of charset-table.ts; the British one is the first. */
const CHARSET_NATIONAL: u32 = 5;

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

/** Number of the set of 94 that a final character designates. Unknown sets are taken as ASCII. */
function charsetOf(final: u32): u32 {
  switch (final) {
    case 0x30:
    case 0x32:
      return CHARSET_SPECIAL;
    case 0x3c:
      return CHARSET_SUPPLEMENTAL;
    case 0x3e:
      return CHARSET_TECHNICAL;
  }
  for (let i: u32 = 0; i < NATIONAL_COUNT; i++) {
    // Up to three finals stand for the same set.
    for (let k: u32 = 0; k < 3; k++) {
      if (<u32>load<u8>(NATIONAL_FINALS + <usize>(i * 3 + k)) == final) return CHARSET_NATIONAL + i;
    }
  }
  return CHARSET_ASCII;
}

/** Whether the set designated as G`g` has 96 characters. */
export function setIsOf96(t: usize, g: u32): bool {
  return setAt(t, g) == CHARSET_LATIN1;
}

/** What names the set designated as G`g` in a report: its final character, with a % before it if it has one, packed. */
export function setFinal(t: usize, g: u32): u32 {
  const set = setAt(t, g);
  switch (set) {
    case CHARSET_ASCII:
      return 0x42;
    case CHARSET_SPECIAL:
      return 0x30;
    case CHARSET_SUPPLEMENTAL:
      return 0x3525; // %5
    case CHARSET_TECHNICAL:
      return 0x3e;
    case CHARSET_LATIN1:
      return 0x41;
  }
  return <u32>load<u8>(NATIONAL_FINALS + <usize>((set - CHARSET_NATIONAL) * 3));
}

function designateSet(t: usize, g: u32, set: u32): void {
  store<u8>(t + <usize>g, <u8>set, T_CHARSETS);
  updateMapping(t);
}

// vt: SCS · ESC ( ) * + f, ESC - . / f · designates a character set as G0…G3: B 0 < > A and the national sets, of 96 A · host only
export function designate(t: usize, intermediate: u32, final: u32): void {
  if (intermediate >= 0x2d) {
    designateSet(t, intermediate - 0x2c, final == 0x41 ? CHARSET_LATIN1 : CHARSET_ASCII);
  } else {
    designateSet(t, intermediate - 0x28, charsetOf(final));
  }
}

/** ESC ( % 5: DEC supplemental in its newer spelling; other sets with a % are unknown. */
export function designatePercent(t: usize, intermediate: u32, final: u32): void {
  designateSet(t, intermediate - 0x28, final == 0x35 ? CHARSET_SUPPLEMENTAL : CHARSET_ASCII);
}

// vt: SI LS0, SO LS1 · C0 0F, C0 0E · G0 or G1 into GL · host only
// vt: LS2, LS3 · ESC n, ESC o · G2 or G3 into GL · host only
export function lockingShift(t: usize, g: u32): void {
  store<u8>(t, <u8>g, T_GL);
  updateMapping(t);
}

// vt: LS1R, LS2R, LS3R · ESC ~, ESC }, ESC | · G1, G2 or G3 into GR; kept, without effect on UTF-8 text · host only
export function lockingShiftRight(t: usize, g: u32): void {
  store<u8>(t, <u8>g, T_GR);
}

// vt: SS2, SS3 · ESC N, ESC O, C1 8E 8F · G2 or G3 for the next character · host only
export function singleShift(t: usize, g: u32): void {
  store<u8>(t, <u8>g, T_SINGLE_SHIFT);
  updateMapping(t);
}

/** A code in a national set: a few codes are replaced, 0 in the table = as in ASCII. */
function mapNational(set: u32, cp: u32): u32 {
  for (let i: u32 = 0; i < 13; i++) {
    if (<u32>load<u8>(NATIONAL_CODES + <usize>i) != cp) continue;
    const mapped = <u32>load<u16>(NATIONAL_SETS + ((<usize>(set * 13 + i)) << 1));
    return mapped ? mapped : cp;
  }
  return cp;
}

/** A number for what {@link mapCharacter} does to the terminal's codes while no single shift is pending. */
export function codesKey(t: usize): u32 {
  return (setAt(t, <u32>load<u8>(t, T_GL)) << 1) | <u32>hasMode2(t, MODE2_NATIONAL);
}

/** The Unicode code point a printed code point stands for; ends a single shift. */
export function mapCharacter(t: usize, cp: u32): u32 {
  const shifted = <u32>load<u8>(t, T_SINGLE_SHIFT);
  const set = setAt(t, shifted ? shifted : <u32>load<u8>(t, T_GL));
  // DEL is a character in a set of 96 only, and else nothing: it does not end a single shift.
  if (cp == 0x7f && set != CHARSET_LATIN1) return cp;
  if (shifted) {
    store<u8>(t, 0, T_SINGLE_SHIFT);
    updateMapping(t);
  }
  if (cp > 0x7f || cp < 0x20) return cp;
  if (set == CHARSET_LATIN1) return cp | 0x80;
  if (cp == 0x20) return cp;
  switch (set) {
    case CHARSET_ASCII:
      return cp;
    case CHARSET_SPECIAL:
      return cp >= 0x5f ? <u32>load<u16>(SPECIAL + ((<usize>(cp - 0x5f)) << 1)) : cp;
    case CHARSET_SUPPLEMENTAL:
      return <u32>load<u16>(SUPPLEMENTAL + ((<usize>(cp - 0x21)) << 1));
    case CHARSET_TECHNICAL:
      return <u32>load<u16>(TECHNICAL + ((<usize>(cp - 0x21)) << 1));
  }
  // The British set needs no permission, the others need DECNRCM.
  const national = set - CHARSET_NATIONAL;
  return national == 0 || hasMode2(t, MODE2_NATIONAL) ? mapNational(national, cp) : cp;
}
