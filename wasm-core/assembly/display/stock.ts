/**
 * The frame byte for byte as stock Mosh 1.4.0 writes it: display.md 2 and 3, defects included. For comparison with
 * what stock was seen to write (test/cases, test/vectors), and to know what a stock server would have sent. Not used
 * on the wire: that is frame.ts. The entry is display.ts.
 */
import * as L from "../layout";
import { textEquals, textLength, textPtr } from "../memory";
import { contentOf, isWide, putCellStock, sameCell, styleOf } from "./cell";
import * as O from "./output";
import { assumePen, penIs, sameRendition, setPenStock } from "./rendition";

/** No column: the position is unknown. */
const UNKNOWN: i32 = -1;

let lineage: usize = 0;
let x: i32 = 0;
let y: i32 = 0;
let shown: bool = false;
let initialized: bool = false;
let ech: bool = false;
let bce: bool = false;
let cols: i32 = 0;
let rows: i32 = 0;
let oldTable: usize = 0;
let newTable: usize = 0;
/** Rows from here up to blankEnd of the old screen are blank after the scroll. */
let blankStart: i32 = 0;
let blankEnd: i32 = 0;

function move(row: i32, col: i32): void {
  const oldX = x;
  const oldY = y;
  x = col;
  y = row;
  if (oldX != UNKNOWN) {
    if (col == 0 && row - oldY >= 0 && row - oldY < 5) {
      if (oldX != 0) O.putByte(0x0d);
      O.putRepeated(0x0a, row - oldY);
      return;
    }
    if (row == oldY && oldX - col > 0 && oldX - col < 5) {
      O.putRepeated(0x08, oldX - col);
      return;
    }
  }
  O.putCsi2(row + 1, col + 1, 0x48);
}

function silent(row: i32, col: i32): void {
  if (x == col && y == row) return;
  if (shown) {
    O.putMode(25, false);
    shown = false;
  }
  move(row, col);
}

function oldRow(row: i32): usize {
  if (row >= blankStart && row < blankEnd) return 0;
  return load<u32>(oldTable + ((<usize>row) << 2));
}

function newRow(row: i32): usize {
  return load<u32>(newTable + ((<usize>row) << 2));
}

/** Stock's equality of cells: contents, renditions and the three flags. */
function equalCells(a: u64, b: u64): bool {
  if (a == b) return true;
  const flags = L.CELL_WIDE | L.CELL_FALLBACK | L.CELL_WRAP | L.CELL_CLUSTER | L.CONTENT_MASK;
  return (contentOf(a) & flags) == (contentOf(b) & flags) && sameCell(a, b);
}

/** Stock's equality of rows: one generation and equal cells. */
function equalRows(a: usize, b: usize): bool {
  if (a == b) return true;
  if (load<u64>(a, L.ROW_GENERATION) != load<u64>(b, L.ROW_GENERATION)) return false;
  if (load<u16>(a, L.ROW_WIDTH) != load<u16>(b, L.ROW_WIDTH)) return false;
  for (let i = 0; i < cols; i++) if (!equalCells(L.cellAt(a, i), L.cellAt(b, i))) return false;
  return true;
}

function putText(number: u32, text: usize): void {
  O.putEscape(0x5d);
  O.putNumber(number);
  O.putByte(0x3b);
  O.putBytes(textPtr(text), textLength(text));
  O.putByte(0x07);
}

function putMouse(off: u32, on: u32): void {
  if (off) O.putMode(off, false);
  O.putMode(on, true);
}

/** Prologue: bell, titles, clipboard, reverse video, size. */
function prologue(a: usize, b: usize, titles: bool): void {
  if (load<u32>(a, L.T_BELL_COUNT) != load<u32>(b, L.T_BELL_COUNT)) O.putByte(0x07);
  const icon: usize = load<u32>(b, L.T_ICON);
  const title: usize = load<u32>(b, L.T_TITLE);
  if (titles && load<u32>(b, L.T_MODES) & L.MODE_TITLE_SET) {
    if (
      !initialized ||
      !textEquals(load<u32>(a, L.T_ICON), icon) ||
      !textEquals(load<u32>(a, L.T_TITLE), title)
    ) {
      if (textEquals(icon, title)) putText(0, title);
      else {
        putText(1, icon);
        putText(2, title);
      }
    }
  }
  const clipboard: usize = load<u32>(b, L.T_CLIPBOARD);
  if (!textEquals(load<u32>(a, L.T_CLIPBOARD), clipboard)) {
    O.putEscape(0x5d);
    O.putNumber(52);
    O.putByte(0x3b);
    O.putByte(0x63);
    O.putByte(0x3b);
    O.putBytes(textPtr(clipboard), textLength(clipboard));
    O.putByte(0x07);
  }
  putChangedMode(a, b, L.MODE_REVERSE_VIDEO, 5);
  x = load<i32>(a, L.T_CURSOR_COL);
  y = load<i32>(a, L.T_CURSOR_ROW);
  assumePen(load<u32>(a, L.T_PEN));
  if (!initialized || cols != load<i32>(a, L.T_COLS) || rows != load<i32>(a, L.T_ROWS)) {
    O.putCsi0(0x72);
    setPenStock(0, true);
    O.putCsi0(0x48);
    O.putCsi1(2, 0x4a);
    initialized = false;
    x = 0;
    y = 0;
  }
  if (!initialized) {
    shown = false;
    O.putMode(25, false);
  }
}

/** CSI ? mode h or l if the bit of T_MODES differs, or nothing is assumed. */
function putChangedMode(a: usize, b: usize, bit: u32, mode: u32): void {
  const now = load<u32>(b, L.T_MODES) & bit;
  if (!initialized || (load<u32>(a, L.T_MODES) & bit) != now) O.putMode(mode, now != 0);
}

/** Scroll shortcut (display.md 3.3). Returns the first row to draw. */
function scroll(): i32 {
  const first = newRow(0);
  let up = 0;
  while (up < rows && !equalRows(first, oldRow(up))) up++;
  if (up == 0 || up == rows) return 0;
  let kept = 1;
  while (up + kept < rows && equalRows(newRow(kept), oldRow(up + kept))) kept++;
  setPenStock(0, true);
  if (up + kept == rows && y == rows - 1) {
    O.putByte(0x0d);
    O.putRepeated(0x0a, up);
    x = 0;
  } else {
    O.putCsi2(1, up + kept, 0x72);
    x = UNKNOWN;
    silent(up + kept - 1, 0);
    O.putRepeated(0x0a, up);
    O.putCsi0(0x72);
    x = UNKNOWN;
  }
  blankStart = kept;
  blankEnd = kept + up;
  return kept;
}

/** Writes a run of `run` empty cells that ends before `col`. */
function flush(row: i32, col: i32, run: i32, style: u32): void {
  silent(row, col - run);
  setPenStock(style, false);
  if ((bce || penIs(0)) && ech && run > 4) O.putCsi1(run, 0x58);
  else {
    O.putRepeated(0x20, run);
    x = col;
  }
}

/** Draws one row (display.md 3.4); `wrapped` is the result of the row above. */
function drawRow(row: i32, wrapped: bool): bool {
  const now = newRow(row);
  const old = oldRow(row);
  let col = 0;
  if (wrapped) {
    const cell = L.cellAt(now, 0);
    setPenStock(styleOf(cell), false);
    putCellStock(lineage, cell);
    col = isWide(cell) ? 2 : 1;
    x += col;
  }
  if (initialized && now == old) return false;
  const wraps = (contentOf(L.cellAt(now, cols - 1)) & L.CELL_WRAP) != 0;
  let run = 0;
  let runStyle: u32 = 0;
  let wroteLast = false;
  while (col < cols) {
    const cell = L.cellAt(now, col);
    const style = styleOf(cell);
    const width = isWide(cell) ? 2 : 1;
    if (initialized && run == 0 && equalCells(cell, old ? L.cellAt(old, col) : 0)) {
      col += width;
      continue;
    }
    const empty = (contentOf(cell) & (L.CONTENT_MASK | L.CELL_CLUSTER)) == 0;
    if (empty) {
      if (run == 0) runStyle = style;
      if (sameRendition(style, runStyle)) {
        run++;
        col++;
        continue;
      }
    }
    if (run > 0) {
      flush(row, col, run, runStyle);
      run = 0;
      if (empty) {
        runStyle = style;
        run = 1;
        col++;
        continue;
      }
    }
    if (wraps && col + width >= cols) x = UNKNOWN;
    silent(row, col);
    setPenStock(style, false);
    putCellStock(lineage, cell);
    col += width;
    x += width;
    if (col >= cols) wroteLast = true;
  }
  if (run > 0) {
    silent(row, col - run);
    setPenStock(runStyle, false);
    if ((bce || penIs(0)) && !wraps) O.putCsi0(0x4b);
    else {
      O.putRepeated(0x20, run);
      x = col;
      wroteLast = true;
    }
  }
  if (!wroteLast || row == rows - 1) return false;
  if (!wraps) {
    O.putByte(0x0d);
    O.putByte(0x0a);
  }
  x = 0;
  y++;
  return wraps;
}

/** Epilogue: cursor, visibility, pen, modes. */
function epilogue(a: usize, b: usize): void {
  const row = load<i32>(b, L.T_CURSOR_ROW);
  const col = load<i32>(b, L.T_CURSOR_COL);
  if (!initialized || x != col || y != row) move(row, col);
  const visible = (load<u32>(b, L.T_MODES) & L.MODE_CURSOR_VISIBLE) != 0;
  if (!initialized || visible != shown) O.putMode(25, visible);
  setPenStock(load<u32>(b, L.T_PEN), !initialized);
  putChangedMode(a, b, L.MODE_BRACKETED_PASTE, 2004);
  const oldMouse: u32 = load<u16>(a, L.T_MOUSE_MODE);
  const mouse: u32 = load<u16>(b, L.T_MOUSE_MODE);
  if (!initialized || oldMouse != mouse) {
    if (mouse) putMouse(oldMouse, mouse);
    else for (let mode: u32 = 1003; mode >= 1000; mode--) O.putMode(mode, false);
  }
  putChangedMode(a, b, L.MODE_FOCUS, 1004);
  const oldEncoding: u32 = load<u16>(a, L.T_MOUSE_ENCODING);
  const encoding: u32 = load<u16>(b, L.T_MOUSE_ENCODING);
  if (!initialized || oldEncoding != encoding) {
    if (encoding) putMouse(oldEncoding, encoding);
    else {
      O.putMode(1015, false);
      O.putMode(1006, false);
      O.putMode(1005, false);
    }
  }
}

/** Writes the difference from `a` to `b`, both of one lineage, to the output. */
export function frameStock(a: usize, b: usize, known: bool, hasEch: bool, hasBce: bool, titles: bool): void {
  lineage = load<u32>(b, L.T_LINEAGE);
  initialized = known;
  ech = hasEch;
  bce = hasBce;
  cols = load<i32>(b, L.T_COLS);
  rows = load<i32>(b, L.T_ROWS);
  oldTable = load<u32>(a, L.T_ROW_TABLE);
  newTable = load<u32>(b, L.T_ROW_TABLE);
  blankStart = 0;
  blankEnd = 0;
  shown = (load<u32>(a, L.T_MODES) & L.MODE_CURSOR_VISIBLE) != 0;
  prologue(a, b, titles);
  let row = initialized ? scroll() : 0;
  let wrapped = false;
  // Nothing of the old rows is used when everything is repainted: their number and width may differ.
  if (!initialized) oldTable = newTable;
  for (; row < rows; row++) wrapped = drawRow(row, wrapped);
  epilogue(a, b);
}
