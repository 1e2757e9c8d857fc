/**
 * Widths of code points, from the generated tables of width-table.ts. Called by screen (printing) and display.
 *
 * There are two answers. The replica role must have stock Mosh's own (terminal.md 15), where an unassigned code point
 * is -1 and vanishes. The host role also knows what Unicode assigned later, so that a program's own idea of the cursor
 * is followed; the peer drops such a character, and display allows for that. Grapheme clusters are not dealt with
 * here: these are widths of single code points, as in Mosh.
 */
import { WIDTH_BLOCKS, WIDTH_RUN_COUNT, WIDTH_RUNS } from "./width-table";

export { decodeUtf8, encodeUtf8, utf8Length } from "./utf8";

// A class is 4 bits: 0..2 settled width, 3 nowhere assigned, 4..6 unsettled width + 4, 8..10 newer width + 8.
// One nibble of an answer per class: width + 1.
export const MOSH_WIDTHS: u64 = 0x0000_0000_0321_0321;
export const HOST_WIDTHS: u64 = 0x0000_0321_0321_0321;
export const FIRST_UNSETTLED: u32 = 4;

const LAST_CODE_POINT: u32 = 0x10ffff;
const BLOCK_SHIFT: u32 = 7;

/** u16 per 128 code points: address of the block, relative to WIDTH_BLOCKS, in units of 64 bytes. */
const stage1: usize = memory.data(8704 * 2, 16);

function start(): void {
  let out = stage1;
  for (let i = 0; i < WIDTH_RUN_COUNT; i++) {
    const run = WIDTH_RUNS + ((<usize>i) << 2);
    const block = load<u16>(run, 2);
    for (let n: u32 = load<u16>(run); n > 0; n--) {
      store<u16>(out, block);
      out += 2;
    }
  }
}
start();

/**
 * Code points that two bytes of UTF-8 stand for, as u16, if they are one column wide, else 0 (over-long forms too): what
 * text is mostly made of, in one look. 2,048 for each role.
 */
export const NARROW_HOST: usize = memory.data(4096, 16);
export const NARROW_MOSH: usize = memory.data(4096, 16);

function startNarrow(): void {
  for (let cp: u32 = 0xa0; cp < 0x800; cp++) {
    const latin = cp < 0x100;
    if (latin || hostWidth(cp) == 1) store<u16>(NARROW_HOST + (cp << 1), <u16>cp);
    if (latin || moshWidth(cp) == 1) store<u16>(NARROW_MOSH + (cp << 1), <u16>cp);
  }
}
startNarrow();

/** Static and inlined: for loops that must not call anything. */
export class Widths {
  // @ts-ignore: decorator
  @inline static classOf(codePoint: u32): u32 {
    if (codePoint > LAST_CODE_POINT) return 3;
    const block: usize = load<u16>(stage1 + ((codePoint >> BLOCK_SHIFT) << 1));
    const pair: u32 = load<u8>(WIDTH_BLOCKS + (block << 6) + ((codePoint & 127) >> 1));
    return (pair >> ((codePoint & 1) << 2)) & 15;
  }

  /** -1, 0, 1 or 2. @param answers MOSH_WIDTHS or HOST_WIDTHS */
  // @ts-ignore: decorator
  @inline static of(answers: u64, codePoint: u32): i32 {
    return Widths.ofClass(answers, Widths.classOf(codePoint));
  }

  /** The same of what {@link classOf} said. */
  // @ts-ignore: decorator
  @inline static ofClass(answers: u64, kind: u32): i32 {
    return (<i32>(answers >> (kind << 2)) & 15) - 1;
  }
}

/** Width on a stock Mosh 1.4.0 of the reference platform (Unicode 14): -1 (dropped), 0, 1 or 2. */
export function moshWidth(codePoint: u32): i32 {
  return Widths.of(MOSH_WIDTHS, codePoint);
}

/** Width for the host role: as {@link moshWidth}, and for code points assigned since then what Unicode says. */
export function hostWidth(codePoint: u32): i32 {
  return Widths.of(HOST_WIDTHS, codePoint);
}

/**
 * True if the peer's C library may have another width for this code point, or none: emoji, anything assigned after
 * Unicode 9, Hangul jamo, regional indicators (tools/generate-widths.ts lists them with reasons). After printing one,
 * the cursor's column is not known.
 */
export function isUnsettledWidth(codePoint: u32): bool {
  return Widths.classOf(codePoint) >= FIRST_UNSETTLED;
}
