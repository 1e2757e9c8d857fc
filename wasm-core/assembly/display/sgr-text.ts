/**
 * SGR parameters as text, made beforehand: colours, numbers and attributes, each followed by a semicolon, so that a
 * change of the pen is copied together without divisions. Used by rendition.ts.
 *
 * Writers take and return where the next byte goes and look at no bounds: SGR_ROOM bytes must be free there.
 */
import * as L from "../layout";

/** Longest SGR, and what writers may touch behind it. */
export const SGR_ROOM: usize = 96;

/** u32 per number 0..255: its digits and a semicolon (cut off after three digits). */
const NUMBERS: usize = memory.data(256 * 4, 16);
/** 8 bytes per inline colour (0 default, from 1 on the palette): parameters without semicolon; foreground, background. */
const COLORS: usize = memory.data(2 * 257 * 8, 16);
/** u8 each: their lengths. */
const COLOR_LENGTHS: usize = memory.data(2 * 257, 16);

const SEMICOLON: u8 = 0x3b;
/** "38;2;", and what makes 48 of it. */
const RGB_FOREGROUND: u64 = 0x3b323b3833;
const BACKGROUND_STEP: u64 = 1;

function putDecimal(p: usize, n: u32): usize {
  if (n >= 100) store<u8>(p++, <u8>(0x30 + n / 100));
  if (n >= 10) store<u8>(p++, <u8>(0x30 + ((n / 10) % 10)));
  store<u8>(p++, <u8>(0x30 + (n % 10)));
  return p;
}

function start(): void {
  for (let n: u32 = 0; n < 256; n++) {
    const p = putDecimal(NUMBERS + (n << 2), n);
    if (n < 100) store<u8>(p, SEMICOLON);
  }
  for (let ground: u32 = 0; ground < 2; ground++) {
    const base: u32 = ground ? 40 : 30;
    for (let color: u32 = 0; color < 257; color++) {
      const at = COLORS + ((ground * 257 + color) << 3);
      let p = at;
      if (color == 0) p = putDecimal(p, base + 9);
      else if (color <= 8) p = putDecimal(p, base + color - 1);
      // 90..97 and 100..107 are palette 8..15 (terminal.md 10)
      else if (color <= 16) p = putDecimal(p, base + 52 + color - 1);
      else {
        p = putDecimal(p, base + 8);
        store<u8>(p, SEMICOLON);
        store<u8>(p, 0x35, 1);
        store<u8>(p, SEMICOLON, 2);
        p = putDecimal(p + 3, color - 1);
      }
      store<u8>(COLOR_LENGTHS + ground * 257 + color, <u8>(p - at));
    }
  }
}
start();

/** Static and inlined: for the change of the pen, which should call nothing. */
export class Sgr {
  // @ts-ignore: decorator
  @inline static digits(n: u32): usize {
    return 1 + <usize>(n >= 10) + <usize>(n >= 100);
  }

  // @ts-ignore: decorator
  @inline static entry(color: u32, ground: u32): usize {
    return ground * 257 + (color == L.COLOR_DEFAULT ? 0 : (color & 255) + 1);
  }

  /** Bytes of {@link putColor}. */
  // @ts-ignore: decorator
  @inline static colorLength(color: u32, ground: u32): usize {
    if ((color & 0xff000000) == L.COLOR_RGB) {
      return 8 + Sgr.digits((color >> 16) & 255) + Sgr.digits((color >> 8) & 255) + Sgr.digits(color & 255);
    }
    return <usize>load<u8>(COLOR_LENGTHS + Sgr.entry(color, ground)) + 1;
  }

  // @ts-ignore: decorator
  @inline static putNumber(out: usize, n: u32): usize {
    store<u32>(out, load<u32>(NUMBERS + (n << 2)));
    const behind = out + Sgr.digits(n);
    store<u8>(behind, SEMICOLON);
    return behind + 1;
  }

  /** A COLOR_* value. @param ground 0 foreground, 1 background */
  // @ts-ignore: decorator
  @inline static putColor(out: usize, color: u32, ground: u32): usize {
    if ((color & 0xff000000) == L.COLOR_RGB) {
      store<u64>(out, RGB_FOREGROUND + <u64>ground * BACKGROUND_STEP);
      let p = Sgr.putNumber(out + 5, (color >> 16) & 255);
      p = Sgr.putNumber(p, (color >> 8) & 255);
      return Sgr.putNumber(p, color & 255);
    }
    const entry = Sgr.entry(color, ground);
    store<u64>(out, load<u64>(COLORS + (entry << 3)));
    const behind = out + <usize>load<u8>(COLOR_LENGTHS + entry);
    store<u8>(behind, SEMICOLON);
    return behind + 1;
  }
}
