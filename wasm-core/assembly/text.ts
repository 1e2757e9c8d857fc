/**
 * Text: characters and line ends, the fast path of printing and scrolling, with the same screen as one code point at a
 * time (print.ts, scroll.ts).
 *
 * One function prints from row to row with its state in local variables and calls nothing: a call in it would have
 * JavaScriptCore keep all of them, vectors above all, in memory. So it takes only what needs nobody else and gives back
 * the rest: characters that join others, rows that are shared, rows entering with a background, insert mode, margins,
 * mapped character sets. Whatever it gives back it has not touched. Called by parser.ts, which has 16 readable bytes
 * behind every input.
 *
 * Longer than other files because that function cannot be parted: whatever is taken out of it is either called, or shares
 * its local variables, of which there are too many to hand over. What it stores with is in lanes.ts, style-cache.ts, unicode.ts.
 */
import { codesKey, mapCharacter } from "./charset";
import {
  CELL_SHIFT,
  CELL_WIDE,
  CELL_WRAP,
  CONTENT_MASK,
  EXTENT_UNKNOWN,
  MODE_AUTOWRAP,
  MODE_INSERT,
  MODE_ORIGIN,
  MODE_PENDING_WRAP,
  ROLE_REPAIR_D1,
  ROW_CELLS,
  ROW_EXTENT,
  ROW_GENERATION,
  ROW_REFS,
  T_COLS,
  T_COMBINING_COL,
  T_COMBINING_ROW,
  T_CURSOR_COL,
  T_CURSOR_ROW,
  T_LINEAGE,
  T_MODES,
  T_PEN,
  T_REGION_BOTTOM,
  T_REGION_TOP,
  T_ROLE,
  T_ROWS,
  T_ROW_TABLE,
  rowAt,
} from "./layout";
import { Lanes } from "./lanes";
import { nextGeneration } from "./memory";
import { Parameters, parameter } from "./params";
import { characterWidth, wrap } from "./print";
import {
  breakWide,
  cursorCol,
  cursorRow,
  extendRow,
  getCell,
  hasMode2,
  isHost,
  ownRow,
  rightEdge,
  ringBell,
} from "./screen";
import {
  MODE2_EXTENDED_REVERSE_WRAP,
  MODE2_LEFT_RIGHT,
  MODE2_MAPPED,
  MODE2_MORE_FIX,
  MODE2_NEWLINE,
  MODE2_REVERSE_WRAP,
  PROTECT_ISO,
  T_CHARSETS,
  T_GL,
  T_LAST_PRINTED,
  T_MODES2,
  T_PEN_FLAGS,
  T_PROTECTION,
  T_SINGLE_SHIFT,
  T_TABS,
} from "./state";
import { Sgr } from "./sgr";
import { NO_STYLE, StylesAtHand } from "./style-cache";
import { HOST_WIDTHS, MOSH_WIDTHS, NARROW_HOST, NARROW_MOSH, Widths } from "./unicode";

const REPLACEMENT: u32 = 0xfffd;

/** Whether text may be printed by {@link printText} at all. */
export function canPrintText(t: usize): bool {
  const modes = load<u32>(t, T_MODES);
  if (load<u8>(t, T_SINGLE_SHIFT)) return false;
  if ((modes & (MODE_INSERT | MODE_ORIGIN)) == 0) return true;
  if (modes & MODE_INSERT) return false;
  // Replica: printing under origin mode pulls the cursor into the region.
  const y = load<i32>(t, T_CURSOR_ROW);
  return isHost(t) || (y >= load<i32>(t, T_REGION_TOP) && y <= load<i32>(t, T_REGION_BOTTOM));
}

/**
 * Prepares the row for {@link printText}. `certain`: a character will be printed, so what printing begins with (the
 * automatic wrap, taking away a wide character of which a half goes) is done here. Without it false is returned if
 * there is such a thing to do.
 */
export function beginText(t: usize, certain: bool): bool {
  if ((load<u32>(t, T_MODES) & (MODE_PENDING_WRAP | MODE_AUTOWRAP)) == (MODE_PENDING_WRAP | MODE_AUTOWRAP)) {
    if (!certain) return false;
    wrap(t, true);
  }
  const row = ownRow(t, cursorRow(t));
  const x = cursorCol(t);
  if (x > 0 && isHost(t) && <u32>getCell(row, x - 1) & CELL_WIDE) {
    if (!certain) return false;
    breakWide(t, row, x);
  }
  if (hasMode2(t, MODE2_MAPPED)) prepareCodes(t);
  return true;
}

/**
 * Code points that single bytes stand for, as u16, if they are one column wide, else 0: 20..7F in ASCII or in GL's set; 80
 * and beyond are ill-formed, which in the replica is not for here.
 */
const HOST_CODES: usize = memory.data(512, 16);
const REPLICA_CODES: usize = memory.data(512, 16);
const MAPPED: usize = memory.data(512, 16);
/** What MAPPED is of: {@link codesKey}. */
let mappedKey: u32 = 0xffffffff;

function startCodes(): void {
  for (let c: u32 = 0x20; c < 0x7f; c++) {
    store<u16>(HOST_CODES + (c << 1), <u16>c);
    store<u16>(REPLICA_CODES + (c << 1), <u16>c);
  }
  for (let c: u32 = 0x80; c < 0x100; c++) {
    store<u16>(HOST_CODES + (c << 1), <u16>REPLACEMENT);
    store<u16>(MAPPED + (c << 1), <u16>REPLACEMENT);
  }
}
startCodes();

/** Makes MAPPED that of the set in GL. */
function prepareCodes(t: usize): void {
  const key = codesKey(t);
  if (key == mappedKey) return;
  mappedKey = key;
  for (let c: u32 = 0x20; c < 0x80; c++) {
    const cp = mapCharacter(t, c);
    store<u16>(MAPPED + (c << 1), <u16>(characterWidth(true, cp) == 1 ? cp : 0));
  }
}

/** Plain characters in a row after which text is tried eight bytes at a time again. */
const TRY_AGAIN: u32 = 8;

/** C0 controls that do nothing in the host role but end what REP could repeat: a bit for each. */
const IDLE_CONTROLS: u32 = 0xf7ff007f;

/** Modes in which moving left is not all that BS and CUB do. */
const REVERSE_WRAP: u32 = MODE2_REVERSE_WRAP | MODE2_EXTENDED_REVERSE_WRAP;

// What T_LAST_PRINTED has to become.
const LAST_KEPT: u32 = 0;
const LAST_NONE: u32 = 1;
const LAST_TARGET: u32 = 2;

/**
 * Text in UTF-8 is seldom alone: so many runs that begin with ASCII after one that was not are taken for mixed text.
 * A guess: it changes the way only.
 */
const STAYS_MIXED: u32 = 4;
let mixedRuns: u32 = 0;

/** Whether {@link printMixed} is for the text at `p`, else {@link printAscii}. */
export function isMixed(t: usize, p: usize): bool {
  if (load<i8>(p) < 0) {
    mixedRuns = STAYS_MIXED;
    return true;
  }
  if (hasMode2(t, MODE2_MAPPED)) return true;
  if (mixedRuns == 0) return false;
  mixedRuns--;
  return true;
}

/**
 * Prints text and carries out line ends from `p` on, up to `end` or the first thing it leaves to others; returns where
 * it stopped. Call {@link beginText} before. The first character must be printable ASCII; it stops at other text.
 */
export function printAscii(t: usize, p: usize, end: usize): usize {
  return Text.print(t, p, end, false);
}

/** As {@link printAscii} for any text in any character set. Nothing was done if `p` comes back. */
export function printMixed(t: usize, p: usize, end: usize): usize {
  return Text.print(t, p, end, true);
}

/**
 * Static and inlined: the one source of {@link printAscii} and {@link printMixed}. They are two functions because the
 * first should not have to load the constants of the second.
 */
class Text {
  /** An ill-formed sequence that starts with `w`'s lowest byte: the length of its maximal subpart (Unicode 3.9), 1 to 3. */
  // @ts-ignore: decorator
  @inline static subpart(w: u32): usize {
    const b = w & 0xff;
    if (b < 0xe0 || (w & 0xc000) != 0x8000) return 1;
    const value = ((b & 15) << 6) | ((w >> 8) & 63);
    if (b < 0xf0) return value >= 0x20 && value - 0x360 >= 0x20 ? 2 : 1;
    if (b > 0xf4 || value < 0x10 || value > 0x10f) return 1;
    return (w & 0xc00000) == 0x800000 ? 3 : 2;
  }

  /** Whether the four bytes `w` begin with a character of one or two bytes, or with one byte that is ill-formed by itself. */
  // @ts-ignore: decorator
  @inline static isShort(w: u32): bool {
    return (w & 0xc0e0) != 0x80e0;
  }

  /** Whether such a character has two bytes, as 0 or 1. No branch: their order is what nobody can predict. */
  // @ts-ignore: decorator
  @inline static isPair(w: u32): u32 {
    return <u32>((w & 0xc0e0) == 0x80c0);
  }

  /** The code point of such a character if it is one column wide, else 0. */
  // @ts-ignore: decorator
  @inline static narrowAt(w: u32, codes: usize, narrow: usize): u32 {
    const pair = narrow + (((w & 31) << 7) | ((w >> 7) & 0x7e));
    return <u32>load<u16>(select(pair, codes + ((w & 0xff) << 1), Text.isPair(w)));
  }

  /** Whether there is such a character, one column wide. */
  // @ts-ignore: decorator
  @inline static isNarrow(w: u32, codes: usize, narrow: usize): bool {
    return Text.isShort(w) && Text.narrowAt(w, codes, narrow) != 0;
  }

  /** `any`: any UTF-8 and any character set. */
  // @ts-ignore: decorator
  @inline static print(t: usize, p: usize, end: usize, any: bool): usize {
    const host = isHost(t);
    const modes = load<u32>(t, T_MODES);
    const cols = load<i32>(t, T_COLS);
    const first = cursorCol(t);
    const limit = rightEdge(t, first) + 1;
    const widths = host ? HOST_WIDTHS : MOSH_WIDTHS;
    const narrow = host ? NARROW_HOST : NARROW_MOSH;
    const lineage = <usize>load<u32>(t, T_LINEAGE);
    const flags = <u64>load<u32>(t, T_PEN_FLAGS);
    let pen = load<u32>(t, T_PEN);
    let erased = StylesAtHand.erased(lineage, pen);
    let base = ((<u64>pen) << 32) | flags;
    let base2 = i64x2.splat(base);
    let y = cursorRow(t);
    let row = <usize>load<u32>(<usize>load<u32>(t, T_ROW_TABLE) + ((<usize>y) << 2));
    let cells = row + ROW_CELLS;
    let edge = cells + ((<usize>limit) << CELL_SHIFT);
    let q = cells + ((<usize>first) << CELL_SHIFT);
    /** Cell that a combining character would join; 0 = as before. */
    let target: usize = 0;
    let last = LAST_KEPT;
    // A mapped set takes the way of mixed text throughout.
    const mapped = any && hasMode2(t, MODE2_MAPPED);
    const codes = mapped ? MAPPED : host ? HOST_CODES : REPLICA_CODES;
    const again = mapped ? 0xffffffff : TRY_AGAIN;
    const tail = end - 4;
    /** Whether eight bytes at once are worth a try: the last one was, or there was a streak. */
    let eager = !mapped;
    let mixed = any && (mapped || (load<u32>(p) & 0x80808080) != 0);
    while (p < end) {
      if (!any || !mixed) {
        const from = q;
        const stop = p + min(end - p, (edge - q) >> CELL_SHIFT);
        let v: v128;
        let found: u32;
        while (true) {
          v = v128.load(p);
          found = Lanes.notAscii(v);
          if (found != 0 || p + 16 > stop) break;
          Lanes.store16(q, v, base2);
          p += 16;
          q += 128;
        }
        let n = min(<usize>ctz(found | 0x10000), stop - p);
        if (n > 0) {
          if (q - from >= 128) {
            // The last sixteen once more, so that the end of the run needs no care.
            Lanes.store16(q + (n << CELL_SHIFT) - 128, v128.load(p + n - 16), base2);
            p += n;
            q += n << CELL_SHIFT;
          } else if (q + 128 <= edge) {
            Lanes.blend8(q, min(n, 8), v, base2);
            if (n > 8) Lanes.blend8(q + 64, n - 8, v128.load(p, 8), base2);
            p += n;
            q += n << CELL_SHIFT;
          } else {
            for (; n > 0; n--) {
              store<u64>(q, base | <u64>load<u8>(p));
              p++;
              q += 8;
            }
          }
        }
        if (q != from) {
          target = q - 8;
          last = LAST_TARGET;
        }
      } else {
        const from = q;
        const begin = p;
        let idle: usize = 0;
        let streak: u32 = 0;
        // Eight bytes at once, if they are nothing but plain characters one and two bytes long.
        while (eager && q + 64 <= edge && p + 8 <= end) {
          const v = v128.load(p);
          const ascii = Lanes.notAscii(v) ^ 0xffff;
          if (ascii == 0xffff) {
            mixed = false;
            break;
          }
          const trail = <u32>i8x16.bitmask(i8x16.lt_s(v, i8x16.splat(-64))) & 0xff;
          const lead =
            <u32>i8x16.bitmask(v128.and(i8x16.gt_s(v, i8x16.splat(-63)), i8x16.lt_s(v, i8x16.splat(-32)))) &
            0xff;
          if (trail != ((lead << 1) & 0xff) || ((trail | lead | ascii) & 0xff) != 0xff) break;
          const words = Lanes.pairs(v, trail);
          const n = 8 - <usize>popcnt(trail) - <usize>(lead >> 7);
          if (!Lanes.areNarrow(words, n)) break;
          Lanes.blendWords(q, n, words, base2);
          q += n << CELL_SHIFT;
          p += 8 - <usize>(lead >> 7);
        }
        eager = p != begin;
        // One by one. Four bytes are looked at in any case; the last ones of the input are for others.
        while (mixed && q < edge && p <= tail) {
          const w = load<u32>(p);
          const b = w & 0xff;
          let cp: u32;
          let length: usize;
          let width = 1;
          if (Text.isShort(w)) {
            cp = Text.narrowAt(w, codes, narrow);
            if (cp != 0) {
              store<u64>(q, base | <u64>cp);
              q += 8;
              p += 1 + Text.isPair(w);
              // What is ill-formed once is not worth a try.
              streak = select(streak + 1, 0, cp != REPLACEMENT);
              if (streak != again) continue;
              break;
            }
            if (b < 0x80) {
              if (!host || b >= 0x20 || ((IDLE_CONTROLS >> b) & 1) == 0) break;
              idle = q;
              p++;
              continue;
            }
            if (!host || b >= 0xc2) break;
            cp = REPLACEMENT;
            length = 1;
          } else {
            if (b < 0xf0) {
              if (q + 80 <= edge && p + 15 <= end && erased != NO_STYLE) {
                const v = v128.load(p);
                if (Lanes.areTriples(v)) {
                  const words = Lanes.triples(v);
                  if (Lanes.areWide(words)) {
                    Lanes.storeWide(
                      q,
                      words,
                      i64x2.replace_lane(i64x2.splat(base | <u64>CELL_WIDE), 1, (<u64>erased) << 32),
                    );
                    q += 80;
                    p += 15;
                    continue;
                  }
                }
              }
              cp = ((w & 15) << 12) | ((w >> 2) & 0xfc0) | ((w >> 16) & 63);
              length = (w & 0xc0c000) == 0x808000 && cp >= 0x800 && cp - 0xd800 >= 0x800 ? 3 : 0;
            } else {
              cp = ((w & 7) << 18) | ((w << 4) & 0x3f000) | ((w >> 10) & 0xfc0) | ((w >> 24) & 63);
              length = b <= 0xf4 && (w & 0xc0c0c000) == 0x80808000 && cp - 0x10000 < 0x100000 ? 4 : 0;
            }
            if (length != 0) {
              width = Widths.of(widths, cp);
            } else {
              if (!host) break;
              cp = REPLACEMENT;
              length = Text.subpart(w);
            }
          }
          if (width == 2) {
            if (q + 16 > edge || erased == NO_STYLE) break;
            store<u64>(q, base | <u64>(cp | CELL_WIDE));
            store<u64>(q, (<u64>erased) << 32, 8);
            q += 16;
          } else if (width == 1) {
            store<u64>(q, base | <u64>cp);
            q += 8;
          } else {
            if (width == 0) break;
            // Not printable: dropped.
            p += length;
            continue;
          }
          p += length;
          streak = 0;
          if (!mapped && p < tail && (load<u32>(p) & 0x80808080) == 0) {
            // A word of ASCII begins.
            mixed = false;
            break;
          }
        }
        if (q != from) {
          // A wide character is still whole only if it was the last one.
          target = q - from >= 16 && <u32>load<u64>(q - 16) & CELL_WIDE ? q - 16 : q - 8;
          last = LAST_TARGET;
        }
        if (idle == q) last = LAST_NONE;
        if (!mixed) {
          eager = true;
          continue;
        }
        if (streak == again) {
          eager = true;
          continue;
        }
      }
      if (p >= end) break;

      // What stopped the run: a line end, the edge, or something for others.
      let c = <u32>load<u8>(p);
      if (c >= 0x80) {
        if (!any) break;
        if (!mixed) {
          mixed = true;
          continue;
        }
        // At the edge what is certainly one column wide wraps.
        if (q < edge || p > tail || !Text.isNarrow(load<u32>(p), codes, narrow)) break;
      }
      const modes2 = load<u32>(t, T_MODES2);
      // Moves are carried out here if columns are all that CR and rows all that LF knows.
      const simple = (modes2 & (MODE2_LEFT_RIGHT | MODE2_NEWLINE)) == 0 && (modes & MODE_ORIGIN) == 0;
      const here = q == edge ? q - 8 - cells : q - cells;
      let column = here;
      let next = row;
      let wrapping = false;
      let down = false;
      if (c >= 0x20) {
        if (mapped && (c == 0x7f || q < edge)) break;
        if (c == 0x7f) {
          // Prints nothing.
          p++;
          continue;
        }
        mixed = mapped;
        if (q < edge) continue;
        // The automatic wrap, as in wrap() of print.ts.
        if (!simple || (modes & MODE_AUTOWRAP) == 0) break;
        column = 0;
        wrapping = true;
        down = true;
      } else if (c == 0x0d) {
        if (!simple) break;
        column = 0;
        p++;
        down = p < end && load<u8>(p) == 0x0a;
        if (down) p++;
      } else if (c - 0x0a < 3 && simple) {
        p++;
        down = true;
      } else if (c == 0x08) {
        if (!simple || target == 0 || (modes2 & REVERSE_WRAP) != 0) break;
        if (load<u32>(t, T_ROLE) & ROLE_REPAIR_D1) break;
        if (column) column -= 8;
        p++;
      } else if (c == 0x09) {
        // tabForward() of cursor.ts with stops every eight columns.
        if (!simple || target == 0 || q == edge || (modes2 & MODE2_MORE_FIX) != 0) break;
        if (load<u32>(t, T_TABS)) break;
        column = min((here | 56) + 8, edge - 8 - cells);
        p++;
      } else if (c == 0x1b) {
        // Of the control sequences those that stand between words.
        if (p + 2 >= end || load<u8>(p, 1) != 0x5b) break;
        const final = Parameters.scan(p + 2, end);
        if (final == 0) break;
        c = <u32>load<u8>(final);
        if (c == 0x6d) {
          const style = Sgr.atHand(lineage, pen, host);
          if (style == NO_STYLE) break;
          pen = style;
          erased = StylesAtHand.erased(lineage, pen);
          base = ((<u64>pen) << 32) | flags;
          base2 = i64x2.splat(base);
          last = LAST_NONE;
          p = final + 1;
          continue;
        }
        if (!simple) break;
        if (c == 0x48 || c == 0x66) {
          y = min(parameter(0, 1), load<i32>(t, T_ROWS)) - 1;
          column = (<usize>(min(parameter(1, 1), cols) - 1)) << CELL_SHIFT;
          next = rowAt(t, y);
        } else if (c == 0x64) {
          y = min(parameter(0, 1), load<i32>(t, T_ROWS)) - 1;
          next = rowAt(t, y);
        } else if (c == 0x47) {
          column = (<usize>(min(parameter(0, 1), cols) - 1)) << CELL_SHIFT;
        } else if (c == 0x43) {
          column = min(here + ((<usize>parameter(0, 1)) << CELL_SHIFT), (<usize>(cols - 1)) << CELL_SHIFT);
        } else if (c == 0x44) {
          if (modes2 & REVERSE_WRAP) break;
          const left = (<usize>parameter(0, 1)) << CELL_SHIFT;
          column = here > left ? here - left : 0;
        } else if (c == 0x41) {
          const top = load<i32>(t, T_REGION_TOP);
          y = max(y - parameter(0, 1), host && y >= top ? top : 0);
          next = rowAt(t, y);
        } else if (c == 0x42) {
          const bottom = load<i32>(t, T_REGION_BOTTOM);
          y = min(y + parameter(0, 1), host && y <= bottom ? bottom : load<i32>(t, T_ROWS) - 1);
          next = rowAt(t, y);
        } else if (c == 0x72) {
          const height = load<i32>(t, T_ROWS);
          const top = parameter(0, 1);
          const bottom = min(parameter(1, height), height);
          if (bottom <= top || !host) break;
          store<i32>(t, top - 1, T_REGION_TOP);
          store<i32>(t, bottom - 1, T_REGION_BOTTOM);
          y = 0;
          column = 0;
          next = rowAt(t, 0);
        } else if (c == 0x4b) {
          // eraseLine() of edit.ts, from the cursor on.
          if (target == 0 || parameter(0, 0) != 0 || erased == NO_STYLE) break;
          if (load<u32>(t, T_PROTECTION) & PROTECT_ISO) break;
          if (here != 0 && host && <u32>load<u64>(cells + here - 8) & CELL_WIDE) break;
          extendRow(row, <i32>((q - cells) >> CELL_SHIFT));
          const extent = min(<u32>load<u16>(row, ROW_EXTENT), <u32>cols);
          const stop = cells + ((<usize>(erased == 0 ? extent : <u32>cols)) << CELL_SHIFT);
          let cell = cells + here;
          const blank = (<u64>erased) << 32;
          for (; cell + 16 <= stop; cell += 16) v128.store(cell, i64x2.splat(blank));
          if (cell < stop) store<u64>(cell, blank);
          store<u16>(
            row,
            <u16>(erased == 0 ? min(extent, <u32>(here >> CELL_SHIFT)) : EXTENT_UNKNOWN),
            ROW_EXTENT,
          );
          if (here == 0) store<u64>(row, nextGeneration(), ROW_GENERATION);
          q = cells + here;
          last = LAST_NONE;
          p = final + 1;
          continue;
        } else {
          break;
        }
        p = final + 1;
      } else {
        if (!host) break;
        if (c == 0x07) ringBell(t);
        else if ((c & 0xfe) == 0x0e) {
          // SO and SI between sets that map nothing.
          const g = c ^ 0x0f;
          if (mapped || load<u8>(t + <usize>g, T_CHARSETS)) break;
          store<u8>(t, <u8>g, T_GL);
        } else if (((IDLE_CONTROLS >> c) & 1) == 0) break;
        last = LAST_NONE;
        p++;
        continue;
      }

      // The cursor goes elsewhere.
      extendRow(row, <i32>((q - cells) >> CELL_SHIFT));
      if (down) {
        const table = <usize>load<u32>(t, T_ROW_TABLE);
        const bottom = load<i32>(t, T_REGION_BOTTOM);
        if (y == bottom) {
          // scrollRows() of scroll.ts for one row, whose memory becomes the new one's.
          let slot = table + ((<usize>load<u32>(t, T_REGION_TOP)) << 2);
          const entering = table + ((<usize>bottom) << 2);
          next = <usize>load<u32>(slot);
          if (erased != 0 || load<u32>(next, ROW_REFS) != 1) {
            // Not here: the line feed is left to others, a carriage return before it is done.
            if (wrapping) break;
            p--;
            if (column == here) break;
            q = cells;
            target = q;
            last = LAST_NONE;
            break;
          }
          if (wrapping) store<u64>(edge - 8, load<u64>(edge - 8) | <u64>CELL_WRAP);
          for (; slot + 16 <= entering; slot += 16) v128.store(slot, v128.load(slot, 4));
          for (; slot < entering; slot += 4) store<u32>(slot, load<u32>(slot, 4));
          store<u32>(entering, <u32>next);
          let cell = next + ROW_CELLS;
          const used = cell + ((<usize>min(<u32>load<u16>(next, ROW_EXTENT), <u32>cols)) << CELL_SHIFT);
          for (; cell + 64 <= used; cell += 64) {
            v128.store(cell, i64x2.splat(0));
            v128.store(cell, i64x2.splat(0), 16);
            v128.store(cell, i64x2.splat(0), 32);
            v128.store(cell, i64x2.splat(0), 48);
          }
          for (; cell < used; cell += 16) v128.store(cell, i64x2.splat(0));
          store<u16>(next, 0, ROW_EXTENT);
          store<u64>(next, nextGeneration(), ROW_GENERATION);
        } else {
          if (wrapping) store<u64>(edge - 8, load<u64>(edge - 8) | <u64>CELL_WRAP);
          if (y < load<i32>(t, T_ROWS) - 1) {
            y++;
            next = <usize>load<u32>(table + ((<usize>y) << 2));
          }
        }
      }
      row = next;
      cells = row + ROW_CELLS;
      edge = cells + ((<usize>limit) << CELL_SHIFT);
      q = cells + column;
      target = q;
      last = LAST_NONE;
      mixed = mapped;
      // Left for beginText(): making the row this terminal's own, taking a half of a wide character away.
      if (load<u32>(row, ROW_REFS) != 1) break;
      if (column != 0 && host && <u32>load<u64>(q - 8) & CELL_WIDE) break;
    }

    store<u32>(t, pen, T_PEN);
    if (last == LAST_NONE) store<u32>(t, 0, T_LAST_PRINTED);
    if (target == 0) return p;
    const x = <i32>((q - cells) >> CELL_SHIFT);
    if (load<u32>(row, ROW_REFS) == 1) extendRow(row, x);
    if (last == LAST_TARGET) store<u32>(t, <u32>load<u64>(target) & CONTENT_MASK, T_LAST_PRINTED);
    store<i32>(t, y, T_COMBINING_ROW);
    store<i32>(t, <i32>((target - cells) >> CELL_SHIFT), T_COMBINING_COL);
    const full = x == limit;
    store<i32>(t, y, T_CURSOR_ROW);
    store<i32>(t, full ? limit - 1 : x, T_CURSOR_COL);
    store<u32>(t, full ? modes | MODE_PENDING_WRAP : modes & ~MODE_PENDING_WRAP, T_MODES);
    return p;
  }
}
