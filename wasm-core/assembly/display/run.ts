/**
 * Runs of text: the fast path of row.ts, with the same bytes as one cell at a time. It takes what most of a row is: in
 * one style, characters whose width everybody agrees about, single blanks between them, all of it changed. Calls
 * nothing while it runs. Used by row.ts.
 */
import * as L from "../layout";
import { Widths } from "../unicode";
import { commit, reserve } from "./output";

const SPACE: u32 = 0x20;
/** What of a content word is visible (cell.ts). */
const VISIBLE: u32 = L.CONTENT_MASK | L.CELL_CLUSTER | L.CELL_WIDE | L.CELL_FALLBACK;
/** Longest UTF-8 form. */
const LONGEST: i32 = 4;

/** True for a printed ASCII character other than space: one byte, one column, everywhere. */
function isPlain(content: u32): bool {
  return content - 0x21 < 0x5e;
}

/**
 * Prints the run that starts in column `col`, which is to be printed in any case and is not hidden by a wide character
 * of the old row, and ends before column `limit` at the latest. The cursor is there and the pen is right.
 * @param old 0 = blank
 * @returns columns printed, 0 if the first cell is for others
 */
export function putRun(old: usize, now: usize, col: i32, limit: i32): i32 {
  const begin = reserve((limit - col) * LONGEST);
  if (begin == 0) return 0;
  let out = begin;
  const style = <u32>(L.cellAt(now, col) >> 32);
  let i = col;
  /** After other than ASCII what looks the same is not printed again, whatever its style word. */
  let other = false;
  while (i < limit) {
    const cell = L.cellAt(now, i);
    if (<u32>(cell >> 32) != style) break;
    const before = old ? L.cellAt(old, i) : 0;
    const content = <u32>cell & ~L.CELL_PROTECTED;
    const wide = (content & L.CELL_WIDE) != 0;
    // A wide character that loses one half: its other half is to be drawn too.
    if (<u32>before & L.CELL_WIDE && !wide) break;
    if (isPlain(content)) {
      if (i > col && (before == cell || (other && ((<u32>before ^ content) & VISIBLE) == 0))) break;
      other = false;
      store<u8>(out, <u8>content);
      out++;
      i++;
      continue;
    }
    if (content == SPACE || content == 0) {
      // Of several blanks, or where there are blanks already, other ways may be shorter.
      const seen = <u32>before & VISIBLE;
      if (i == col || i + 1 >= limit || seen == SPACE || seen == 0) break;
      const next = L.cellAt(now, i + 1);
      if (<u32>(next >> 32) != style || !isPlain(<u32>next & ~L.CELL_PROTECTED)) break;
      store<u8>(out, <u8>SPACE);
      out++;
      i++;
      continue;
    }
    const cp = content & L.CONTENT_MASK;
    if ((content & ~(L.CONTENT_MASK | L.CELL_WIDE)) != 0 || cp < 0xa0) break;
    if (((<u32>before ^ content) & VISIBLE) == 0) break;
    if (Widths.classOf(cp) != (wide ? 2 : 1)) break;
    if (wide && (i + 1 >= limit || (old != 0 && <u32>L.cellAt(old, i + 1) & L.CELL_WIDE))) break;
    if (cp < 0x800) {
      store<u16>(out, <u16>((cp >> 6) | ((cp & 63) << 8) | 0x80c0));
      out += 2;
    } else if (cp < 0x10000) {
      store<u32>(out, (cp >> 12) | (((cp >> 6) & 63) << 8) | ((cp & 63) << 16) | 0x8080e0);
      out += 3;
    } else {
      const tail = (((cp >> 12) & 63) << 8) | (((cp >> 6) & 63) << 16) | ((cp & 63) << 24);
      store<u32>(out, (cp >> 18) | tail | 0x808080f0);
      out += 4;
    }
    i += wide ? 2 : 1;
    other = true;
  }
  commit(out);
  return i - col;
}
