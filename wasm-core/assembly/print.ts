/**
 * Printing: one code point by all the rules (terminal.md 5), and runs of plain text by the fast path that gives the
 * same screen.
 *
 * The fast path handles what text mostly is: no insert mode, no mapped character set, characters one or two columns
 * wide. It writes straight into the row, sixteen ASCII characters at a time. Everything else goes one code point at a
 * time through {@link printCodePoint}. Called by parser.ts and by REP.
 */
import { mapCharacter } from "./charset";
import { insertCells } from "./edit";
import {
  CELL_CLUSTER,
  CELL_FALLBACK,
  CELL_SHIFT,
  CELL_WIDE,
  CONTENT_MASK,
  MODE_AUTOWRAP,
  MODE_INSERT,
  MODE_ORIGIN,
  MODE_PENDING_WRAP,
  ROW_CELLS,
  T_COMBINING_COL,
  T_COMBINING_ROW,
  T_CURSOR_COL,
  T_CURSOR_ROW,
  T_LINEAGE,
  T_MODES,
  T_PEN,
  T_REGION_BOTTOM,
  T_REGION_TOP,
} from "./layout";
import { appendToContent, contentLength } from "./lineage";
import { parameter } from "./params";
import {
  blankCell,
  bottomLimit,
  breakWide,
  clamp,
  columns,
  cursorCol,
  cursorRow,
  getCell,
  hasMode,
  hasMode2,
  isHost,
  leftEdge,
  moveCursor,
  placeCursor,
  putCell,
  rightEdge,
  rows,
  setMode,
  setRowWrap,
  topLimit,
  writableRow,
} from "./screen";
import { lineStep } from "./scroll";
import {
  CELL_TEXT_LIMIT,
  MODE2_MAPPED,
  T_LAST_PRINTED,
  T_MARGIN_LEFT,
  T_MARGIN_RIGHT,
  T_PEN_FLAGS,
} from "./state";
import { hostWidth, moshWidth } from "./unicode";

/** Width of a code point: -1 not printable, 0 joins the character before it, 1 or 2 columns. */
export function characterWidth(host: bool, cp: u32): i32 {
  if (cp - 0x20 < 0x5f || cp - 0xa0 < 0x60) return 1;
  return host ? hostWidth(cp) : moshWidth(cp);
}

/** The print action: one code point of any width. */
export function printCodePoint(t: usize, cp: u32): void {
  if (hasMode2(t, MODE2_MAPPED)) cp = mapCharacter(t, cp);
  const w = characterWidth(isHost(t), cp);
  if (w > 0) printGlyph(t, cp, w);
  else if (w == 0) combine(t, cp);
}

/** The automatic wrap: to the start of the next line; `mark` = the row continues there. */
function wrap(t: usize, mark: bool): void {
  const x = cursorCol(t);
  const y = cursorRow(t);
  if (isHost(t)) {
    // With a right margin inside the screen the row does not continue at its edge.
    if (mark && rightEdge(t, x) == columns(t) - 1) setRowWrap(t, y, true);
    placeCursor(t, y, leftEdge(t, x));
  } else {
    setRowWrap(t, y, mark);
    moveCursor(t, y, 0);
  }
  lineStep(t, 1);
}

/** Prints a character `w` (1 or 2) columns wide. */
export function printGlyph(t: usize, cp: u32, w: i32): void {
  const host = isHost(t);
  if (hasMode(t, MODE_AUTOWRAP)) {
    if (hasMode(t, MODE_PENDING_WRAP)) wrap(t, true);
    if (w == 2 && !wideFits(t)) {
      if (host && rightEdge(t, cursorCol(t)) == leftEdge(t, cursorCol(t))) return;
      const row = writableRow(t, cursorRow(t));
      if (host) breakWide(t, row, cursorCol(t));
      putCell(row, cursorCol(t), blankCell(t));
      wrap(t, false);
      // Host: to the left of the margins there can be room for one column only, now as before.
      if (host && !wideFits(t)) return;
    }
  } else if (host && w == 2 && !wideFits(t)) {
    return;
  }
  if (hasMode(t, MODE_INSERT)) insertCells(t, w);
  const x = cursorCol(t);
  const row = writableRow(t, cursorRow(t));
  if (host) breakWide(t, row, x);
  const flags = load<u32>(t, T_PEN_FLAGS) | (w == 2 ? CELL_WIDE : 0);
  putCell(row, x, ((<u64>load<u32>(t, T_PEN)) << 32) | <u64>(cp | flags));
  if (w == 2 && x + 1 < columns(t)) putCell(row, x + 1, blankCell(t));
  store<u32>(t, cp, T_LAST_PRINTED);
  advance(t, w);
}

/** Whether a wide character fits at the cursor. The replica looks at the last column only (terminal.md 5 (1)). */
function wideFits(t: usize): bool {
  const x = cursorCol(t);
  return x < rightEdge(t, x);
}

/** `advance n` of terminal.md 4. */
function advance(t: usize, n: i32): void {
  const x = cursorCol(t);
  const y = cursorRow(t);
  store<i32>(t, y, T_COMBINING_ROW);
  store<i32>(t, x, T_COMBINING_COL);
  const edge = rightEdge(t, x);
  const next = x + n;
  setMode(t, MODE_PENDING_WRAP, next > edge);
  store<i32>(t, next > edge ? edge : next, T_CURSOR_COL);
  if (!isHost(t)) store<i32>(t, clamp(y, topLimit(t), bottomLimit(t)), T_CURSOR_ROW);
}

function isEmptyCell(cell: u64): bool {
  return (<u32>cell & (CONTENT_MASK | CELL_CLUSTER)) == 0;
}

/** A zero-width character joins the cell at the combining target (terminal.md 5, width 0). */
function combine(t: usize, cp: u32): void {
  const y = load<i32>(t, T_COMBINING_ROW);
  let x = load<i32>(t, T_COMBINING_COL);
  if (y < 0 || x < 0 || y >= rows(t) || x >= columns(t)) return;
  const row = writableRow(t, y);
  let cell = getCell(row, x);
  if (isHost(t) && x > 0 && <u32>getCell(row, x - 1) & CELL_WIDE) {
    // On the right half of a wide character: it is one character.
    x--;
    cell = getCell(row, x);
  }
  if (isEmptyCell(cell)) {
    if (isHost(t)) {
      // Nothing to join: a space carries the mark and the cursor stays where a program expects it.
      cell |= 0x20;
    } else {
      putCell(row, x, cell | <u64>(cp | CELL_FALLBACK));
      advance(t, 1);
      return;
    }
  }
  const lineage = <usize>load<u32>(t, T_LINEAGE);
  if (contentLength(lineage, <u32>cell) >= CELL_TEXT_LIMIT) return;
  const content = appendToContent(lineage, <u32>cell, cp);
  putCell(row, x, (cell & 0xffffffff00000000) | <u64>content);
}

/** REP repeats a character only if it follows it directly: any control function in between ends that (ECMA-48). */
export function forgetPrinted(t: usize): void {
  store<u32>(t, 0, T_LAST_PRINTED);
}

// vt: REP · CSI n b · repeats the character just printed n times · host only
export function repeat(t: usize): void {
  const cp = load<u32>(t, T_LAST_PRINTED);
  if (cp == 0) return;
  const w = characterWidth(true, cp);
  let n = parameter(0, 1);
  // Once the screen is full of it, a row more changes nothing.
  const full = (rows(t) + 1) * columns(t);
  const inRow = max((load<i32>(t, T_MARGIN_RIGHT) - load<i32>(t, T_MARGIN_LEFT) + 1) / w, 1);
  if (n > full) n = full + ((n - full) % inRow);
  while (n-- > 0) printGlyph(t, cp, w);
  forgetPrinted(t);
}

// ---- the fast path

/** Whether text may be printed by {@link printRun}. */
export function canPrintRuns(t: usize): bool {
  const modes = load<u32>(t, T_MODES);
  if ((modes & (MODE_INSERT | MODE_ORIGIN)) == 0) return !hasMode2(t, MODE2_MAPPED);
  if (modes & MODE_INSERT || hasMode2(t, MODE2_MAPPED)) return false;
  // Replica: printing under origin mode pulls the cursor into the region.
  const y = load<i32>(t, T_CURSOR_ROW);
  return isHost(t) || (y >= load<i32>(t, T_REGION_TOP) && y <= load<i32>(t, T_REGION_BOTTOM));
}

/**
 * A whole, well-formed UTF-8 sequence at `p`: code point in bits 0..20, length in bits 24... 0 if it is cut off or
 * ill-formed; the byte-wise decoder takes those.
 */
export function decodeAt(p: usize, end: usize): u32 {
  const a = <u32>load<u8>(p);
  if (a < 0xe0) {
    if (a < 0xc2 || p + 2 > end) return 0;
    const b = <u32>load<u8>(p, 1) ^ 0x80;
    return b < 0x40 ? ((a & 0x1f) << 6) | b | 0x02000000 : 0;
  }
  if (a < 0xf0) {
    if (p + 3 > end) return 0;
    const b = <u32>load<u8>(p, 1) ^ 0x80;
    const c = <u32>load<u8>(p, 2) ^ 0x80;
    if ((b | c) >= 0x40) return 0;
    const cp = ((a & 15) << 12) | (b << 6) | c;
    return cp < 0x800 || cp - 0xd800 < 0x800 ? 0 : cp | 0x03000000;
  }
  if (a > 0xf4 || p + 4 > end) return 0;
  const b = <u32>load<u8>(p, 1) ^ 0x80;
  const c = <u32>load<u8>(p, 2) ^ 0x80;
  const d = <u32>load<u8>(p, 3) ^ 0x80;
  if ((b | c | d) >= 0x40) return 0;
  const cp = ((a & 7) << 18) | (b << 12) | (c << 6) | d;
  return cp - 0x10000 < 0x100000 ? cp | 0x04000000 : 0;
}

/** Stores four cells from four code points. */
class Lanes {
  // @ts-ignore: decorator
  @inline static store4(at: usize, text: v128, style: v128): void {
    v128.store(at, v128.shuffle<u32>(text, style, 0, 4, 1, 5));
    v128.store(at, v128.shuffle<u32>(text, style, 2, 6, 3, 7), 16);
  }
}

/**
 * Prints text from `p` up to the end of the row, the first byte that is not plain text, or `end`; returns where it
 * stopped. The first character must be plain text (width 1 or 2); if it does not fit in the row the cursor is in
 * (after a pending wrap was carried out), nothing is printed and `p` is returned.
 */
export function printRun(t: usize, p: usize, end: usize): usize {
  if ((load<u32>(t, T_MODES) & (MODE_PENDING_WRAP | MODE_AUTOWRAP)) == (MODE_PENDING_WRAP | MODE_AUTOWRAP)) {
    wrap(t, true);
  }
  const first = cursorCol(t);
  const y = cursorRow(t);
  const limit = rightEdge(t, first) + 1;
  const row = writableRow(t, y);
  const host = isHost(t);
  const flags = load<u32>(t, T_PEN_FLAGS);
  const pen = load<u32>(t, T_PEN);
  const base = ((<u64>pen) << 32) | <u64>flags;
  const style = i32x4.splat(pen);
  const mark = i32x4.splat(flags);
  let q = row + ROW_CELLS + ((<usize>first) << CELL_SHIFT);
  const edge = row + ROW_CELLS + ((<usize>limit) << CELL_SHIFT);
  let last = q;
  let blank: u64 = 0;
  let blankKnown = false;
  while (p < end && q < edge) {
    const b = <u32>load<u8>(p);
    if (b - 0x20 < 0x5f) {
      const room = min(end - p, (edge - q) >> CELL_SHIFT);
      let stop = p + room;
      while (p + 16 <= stop) {
        const v = v128.load(p);
        const bad = v128.or(i8x16.lt_s(v, i8x16.splat(0x20)), i8x16.eq(v, i8x16.splat(0x7f)));
        const mask = i8x16.bitmask(bad);
        if (mask) stop = p + <usize>ctz(mask);
        const low = i16x8.extend_low_i8x16_u(v);
        const high = i16x8.extend_high_i8x16_u(v);
        // The room in the row is checked for all sixteen, so whole vectors may be stored as far as they are text.
        if (!mask) {
          Lanes.store4(q, v128.or(i32x4.extend_low_i16x8_u(low), mark), style);
          Lanes.store4(q + 32, v128.or(i32x4.extend_high_i16x8_u(low), mark), style);
          Lanes.store4(q + 64, v128.or(i32x4.extend_low_i16x8_u(high), mark), style);
          Lanes.store4(q + 96, v128.or(i32x4.extend_high_i16x8_u(high), mark), style);
          p += 16;
          q += 128;
          continue;
        }
        const n = <usize>ctz(mask);
        if (n >= 4) {
          Lanes.store4(q, v128.or(i32x4.extend_low_i16x8_u(low), mark), style);
          if (n >= 8) Lanes.store4(q + 32, v128.or(i32x4.extend_high_i16x8_u(low), mark), style);
          if (n >= 12) Lanes.store4(q + 64, v128.or(i32x4.extend_low_i16x8_u(high), mark), style);
          p += n & ~3;
          q += (n & ~3) << CELL_SHIFT;
        }
      }
      while (p < stop) {
        const c = <u32>load<u8>(p);
        if (c - 0x20 >= 0x5f) break;
        store<u64>(q, base | <u64>c);
        p++;
        q += 8;
      }
      last = q - 8;
    } else {
      const decoded = decodeAt(p, end);
      const cp = decoded & 0x1fffff;
      if (cp < 0xa0) break;
      // Ideographs and Hangul syllables, most of what is wide, are known without the table (a test compares).
      const w = cp - 0x4e00 < 0x5200 || cp - 0xac00 < 0x2ba4 ? 2 : characterWidth(host, cp);
      if (w == 2) {
        if (q + 16 > edge) break;
        if (!blankKnown) {
          blank = blankCell(t);
          blankKnown = true;
        }
        store<u64>(q, base | <u64>(cp | CELL_WIDE));
        store<u64>(q, blank, 8);
        last = q;
        q += 16;
      } else if (w == 1) {
        store<u64>(q, base | <u64>cp);
        last = q;
        q += 8;
      } else {
        break;
      }
      p += <usize>(decoded >> 24);
    }
  }
  const x = <i32>((q - row - ROW_CELLS) >> CELL_SHIFT);
  if (x == first) return p;
  if (host) breakWide(t, row, first);
  store<i32>(t, y, T_COMBINING_ROW);
  store<i32>(t, <i32>((last - row - ROW_CELLS) >> CELL_SHIFT), T_COMBINING_COL);
  store<i32>(t, x == limit ? limit - 1 : x, T_CURSOR_COL);
  setMode(t, MODE_PENDING_WRAP, x == limit);
  store<u32>(t, <u32>load<u64>(last) & CONTENT_MASK, T_LAST_PRINTED);
  return p;
}
