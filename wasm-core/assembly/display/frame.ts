/**
 * The frame as we write it: the bytes that turn a terminal showing `a` into one showing `b`, in the terms of profile
 * mosh-1.4. The order of things is display.md 3's, the bytes are the fewest we know within the contract of display.md
 * 4, and stock's defects D1 to D8 are avoided. stock.ts writes stock's bytes; the entry of both is display.ts.
 *
 * Two uses. On the wire the receiver is an emulator that nobody looks at while it works: nothing is hidden from view,
 * a change of size is told before the frame (a Resize instruction), so only what a resize leaves wrong is drawn. On a
 * screen the receiver is a user's terminal: the cursor is hidden while it travels, a change of size means nothing about
 * the picture and repaints all.
 */
import * as L from "../layout";
import {
  allocScratch,
  copyRow,
  ensureHeadroom,
  releaseRow,
  releaseScratch,
  rowBytes,
  textEquals,
} from "../memory";
import { firstDifference } from "./compare";
import { printGap } from "./gap";
import * as O from "./output";
import * as P from "./position";
import * as R from "./rendition";
import { drawRow, startRows } from "./row";
import { SCROLL_SCRATCH, scrollRows, scrollWhole, startScrolls } from "./scroll";
import { putClipboard, putTitle } from "./text";

/** Fewer changed rows than this are not worth looking for scrolls, or for a blank rest of the screen. */
const SCROLL_FROM_ROWS: i32 = 3;
const ERASE_FROM_ROWS: i32 = 2;

// ---- scratch, kept between frames. Per row of the screen: u16 first difference; u32 working copy of the old table; u32 rows made
// for a change of size; and what scroll.ts needs
const SCRATCH_PER_ROW: usize = 2 + 4 + 4 + SCROLL_SCRATCH;
let scratch: usize = 0;
let scratchBytes: usize = 0;

let initialized: bool = false;
let screen: bool = false;

/** Makes scratch for a screen of `rows` rows. False if memory is exhausted. */
function prepare(rows: i32): bool {
  const needed = <usize>rows * SCRATCH_PER_ROW + 128;
  if (needed <= scratchBytes) return true;
  if (scratch) releaseScratch(scratch, scratchBytes);
  scratch = allocScratch(needed);
  scratchBytes = scratch ? needed : 0;
  return scratch != 0;
}

function workTable(rows: i32): usize {
  return scratch + (<usize>((rows << 1) + 15) & ~15);
}

/** Rows of the receiver after a change of size, or all 0 for a screen that was erased. */
function resizedTable(rows: i32): usize {
  return workTable(rows) + ((<usize>rows) << 2);
}

function scrollScratch(rows: i32): usize {
  return (resizedTable(rows) + ((<usize>rows) << 2) + 15) & ~15;
}

function tableAt(table: usize, row: i32): usize {
  return load<u32>(table + ((<usize>row) << 2));
}

function hasMode(t: usize, bit: u32): bool {
  return (load<u32>(t, L.T_MODES) & bit) != 0;
}

function putChangedMode(a: usize, b: usize, bit: u32, mode: u32): void {
  const on = hasMode(b, bit);
  if (!initialized || hasMode(a, bit) != on) O.putMode(mode, on);
}

function prologue(a: usize, b: usize, titles: bool): void {
  if (load<u32>(a, L.T_BELL_COUNT) != load<u32>(b, L.T_BELL_COUNT)) O.putByte(0x07);
  const icon: usize = load<u32>(b, L.T_ICON);
  const title: usize = load<u32>(b, L.T_TITLE);
  if (titles && hasMode(b, L.MODE_TITLE_SET)) {
    const iconChanged = !initialized || !textEquals(load<u32>(a, L.T_ICON), icon);
    const titleChanged = !initialized || !textEquals(load<u32>(a, L.T_TITLE), title);
    if (iconChanged && titleChanged && textEquals(icon, title)) putTitle(0, title);
    else {
      if (iconChanged) putTitle(1, icon);
      if (titleChanged) putTitle(2, title);
    }
  }
  const clipboard: usize = load<u32>(b, L.T_CLIPBOARD);
  if (!textEquals(load<u32>(a, L.T_CLIPBOARD), clipboard)) putClipboard(clipboard);
  putChangedMode(a, b, L.MODE_REVERSE_VIDEO, 5);
}

/** Erases everything: margins whole, pen default, cursor home, all rows blank. */
function putClear(): void {
  P.hide();
  O.putCsi0(0x72);
  O.putCsi0(0x6d);
  R.assumePen(0);
  O.putCsi0(0x48);
  O.putCsi1(2, 0x4a);
  P.placeAt(0, 0);
}

/**
 * The rows of `a` as the receiver has them after a resize to b's size (terminal.md 16): cut or padded at the right and
 * at the bottom; a wrap flag inside a row means nothing. Rows of the table are our own copies, or 0 = blank. False if there
 * is no memory for them.
 */
function resizedRows(a: usize, b: usize, table: usize): bool {
  const cols = load<i32>(b, L.T_COLS);
  const rows = load<i32>(b, L.T_ROWS);
  const oldRows = load<i32>(a, L.T_ROWS);
  if (!ensureHeadroom(<usize>rows * (rowBytes(cols) + 64) + (1 << 18))) return false;
  for (let y = 0; y < rows; y++) {
    let row: usize = 0;
    if (y < oldRows) {
      row = copyRow(tableAt(load<u32>(a, L.T_ROW_TABLE), y), cols);
    }
    store<u32>(table + ((<usize>y) << 2), <u32>row);
  }
  return true;
}

function releaseRows(table: usize, count: i32): void {
  for (let y = 0; y < count; y++) {
    const row = tableAt(table, y);
    if (row) releaseRow(row);
  }
}

/** Cursor: place, visibility; pen; modes. */
function epilogue(a: usize, b: usize): void {
  const row = load<i32>(b, L.T_CURSOR_ROW);
  const col = load<i32>(b, L.T_CURSOR_COL);
  if (!printGap(tableAt(load<u32>(b, L.T_ROW_TABLE), row), row, col)) P.settleAt(row, col);
  const visible = hasMode(b, L.MODE_CURSOR_VISIBLE);
  const shown = hasMode(a, L.MODE_CURSOR_VISIBLE) && !P.wasHidden();
  if (!initialized || visible != shown) O.putMode(25, visible);
  R.setPen(load<u32>(b, L.T_PEN));
  putChangedMode(a, b, L.MODE_BRACKETED_PASTE, 2004);
  putMouse(load<u16>(a, L.T_MOUSE_MODE), load<u16>(b, L.T_MOUSE_MODE));
  putChangedMode(a, b, L.MODE_FOCUS, 1004);
  // Many terminals have it on by default, and pagers count on that: a user's terminal hears of it only from a program.
  if (initialized || !screen || hasMode(a, L.MODE_ALTERNATE_SCROLL) || hasMode(b, L.MODE_ALTERNATE_SCROLL))
    putChangedMode(a, b, L.MODE_ALTERNATE_SCROLL, 1007);
  putEncoding(peerEncoding(load<u16>(a, L.T_MOUSE_ENCODING)), peerEncoding(load<u16>(b, L.T_MOUSE_ENCODING)));
}

/**
 * Mouse mode. In an emulator one mode replaces another and resetting any resets all (terminal.md 9); a real terminal
 * may keep each, mode 9 too (display.md D8).
 */
function putMouse(old: u32, now: u32): void {
  if (initialized && old == now) return;
  if (now == 0) {
    if (screen) {
      for (let mode: u32 = 1003; mode >= 1000; mode--) O.putMode(mode, false);
      O.putMode(9, false);
    } else O.putMode(1000, false);
    return;
  }
  if (screen && old) O.putMode(old, false);
  O.putMode(now, true);
}

/** SGR-Pixels (1016) reports are 1006's with other units; the peer has cells only. */
export function peerEncoding(encoding: u32): u32 {
  return encoding == 1016 ? 1006 : encoding;
}

function putEncoding(old: u32, now: u32): void {
  if (initialized && old == now) return;
  if (now == 0) {
    if (screen) {
      O.putMode(1015, false);
      O.putMode(1005, false);
    }
    O.putMode(1006, false);
    return;
  }
  if (screen && old) O.putMode(old, false);
  O.putMode(now, true);
}

/** First of the rows at the bottom of `table` that are all zero: never written or erased to the default background. */
function blankTail(table: usize, cols: i32, rows: i32): i32 {
  let y = rows;
  while (y > 0 && firstDifference(0, tableAt(table, y - 1), cols) >= cols) y--;
  return y;
}

/** Span of the rows that differ, and how many do. */
let start: i32 = 0;
let end: i32 = 0;
let count: i32 = 0;

/** Finds the rows that differ between two tables: for each its first column that does, from 1 on, or 0. */
function compareRows(old: usize, now: usize, cols: i32, rows: i32): void {
  start = rows;
  end = 0;
  count = 0;
  for (let y = 0; y < rows; y++) {
    const before = tableAt(old, y);
    const row = tableAt(now, y);
    let difference = 0;
    if (before != row) {
      const first = firstDifference(before, row, cols);
      if (first < cols) {
        difference = first + 1;
        if (count++ == 0) start = y;
        end = y + 1;
      }
    }
    store<u16>(scratch + ((<usize>y) << 1), <u16>difference);
  }
}

/** Draws the rows that differ between `old` (a table, entries 0 = blank) and b's. */
function drawRows(old: usize, b: usize, mayScroll: bool): void {
  const cols = load<i32>(b, L.T_COLS);
  const rows = load<i32>(b, L.T_ROWS);
  const now: usize = load<u32>(b, L.T_ROW_TABLE);
  let scrolled = false;
  if (mayScroll && rows >= SCROLL_FROM_ROWS) {
    startScrolls(workTable(rows), now, cols, rows, scrollScratch(rows), screen);
    if (scrollWhole(old)) {
      old = workTable(rows);
      scrolled = true;
    }
  }
  compareRows(old, now, cols, rows);
  if (mayScroll && count >= SCROLL_FROM_ROWS) {
    if (!scrolled) memory.copy(workTable(rows), old, (<usize>rows) << 2);
    if (scrollRows(start, end)) {
      old = workTable(rows);
      compareRows(old, now, cols, rows);
    }
  }
  if (count == 0) return;
  const blankFrom = count >= ERASE_FROM_ROWS ? blankTail(now, cols, rows) : rows;
  let from = 0;
  for (let y = start; y < end || from > 0; y++) {
    if (y >= blankFrom && end - y >= ERASE_FROM_ROWS) {
      P.travelTo(y, 0);
      R.setPenForErase(0, screen);
      O.putCsi0(0x4a);
      return;
    }
    const difference = <i32>load<u16>(scratch + ((<usize>y) << 1));
    if (difference == 0) {
      from = 0;
      continue;
    }
    const below = y + 1 < rows ? tableAt(now, y + 1) : 0;
    from = drawRow(y, tableAt(old, y), tableAt(now, y), difference - 1, from, below);
  }
}

/** Writes the difference from `a` to `b`, both of one lineage, to the output. False if memory is exhausted. */
export function frame(
  a: usize,
  b: usize,
  known: bool,
  ech: bool,
  bce: bool,
  titles: bool,
  onScreen: bool,
): bool {
  const cols = load<i32>(b, L.T_COLS);
  const rows = load<i32>(b, L.T_ROWS);
  if (!prepare(rows)) return false;
  const sameSize = cols == load<i32>(a, L.T_COLS) && rows == load<i32>(a, L.T_ROWS);
  initialized = known;
  screen = onScreen;
  if (!startRows(load<u32>(b, L.T_LINEAGE), cols, ech, bce, screen)) return false;
  P.startPosition(cols, screen && (!known || hasMode(a, L.MODE_CURSOR_VISIBLE)), !screen);
  R.assumePen(load<u32>(a, L.T_PEN));
  prologue(a, b, titles);
  const row = min(load<i32>(a, L.T_CURSOR_ROW), rows - 1);
  const col = min(load<i32>(a, L.T_CURSOR_COL), cols - 1);
  P.startAt(row, col);
  if (known && sameSize) {
    drawRows(load<u32>(a, L.T_ROW_TABLE), b, true);
  } else {
    const table = resizedTable(rows);
    // A resize pads with the background of the receiver's pen: then everything is drawn anew.
    if (known && !screen && R.penErasesDefault() && resizedRows(a, b, table)) {
      drawRows(table, b, true);
      releaseRows(table, rows);
    } else {
      putClear();
      memory.fill(table, 0, (<usize>rows) << 2);
      // As in stock, a change of size announces the modes again on a screen.
      if (screen) initialized = false;
      drawRows(table, b, false);
    }
  }
  epilogue(a, b);
  return true;
}
