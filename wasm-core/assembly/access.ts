/**
 * Reading a terminal from outside, and writing single cells of a copy (overlays: prediction, notification bar, title
 * prefix). Called through the ABI only; nothing here is on the path of program output.
 *
 * Coordinates and lengths are checked by the caller (terminal.ts on the TypeScript side); writes go through copy on
 * write like all others.
 */
import {
  MODE_CURSOR_VISIBLE,
  ROW_CELLS,
  ROLE_HOST,
  T_BELL_COUNT,
  T_CLIPBOARD,
  T_COLS,
  T_COMBINING_COL,
  T_COMBINING_ROW,
  T_CURSOR_COL,
  T_CURSOR_ROW,
  T_ICON,
  T_LINEAGE,
  T_MODES,
  T_MOUSE_ENCODING,
  T_MOUSE_MODE,
  T_PEN,
  T_REGION_BOTTOM,
  T_REGION_TOP,
  T_ROLE,
  T_ROWS,
  T_SAVED_PEN,
  T_TITLE,
  cellAt,
  rowAt,
} from "./layout";
import {
  clusterLength,
  clusterPtr,
  internCluster,
  internStyle,
  linkParamsLength,
  linkParamsPtr,
  linkUrlLength,
  linkUrlPtr,
  styleAttributes,
  styleBackground,
  styleForeground,
  styleLink,
  styleUnderlineColor,
} from "./lineage";
import { newText, textLength, textPtr } from "./memory";
import { characterWidth } from "./print";
import { getCell, putCell, setMode, writableRow } from "./screen";
import {
  SAVED_COL,
  SAVED_MODES,
  SAVED_ROW,
  T_CURSOR_STYLE,
  T_MARGIN_LEFT,
  T_MARGIN_RIGHT,
  T_MODES2,
  T_SAVED,
  T_STATE,
  T_UTF8_LENGTH,
} from "./state";
import { isTabStop } from "./tabs";
import { replaceText } from "./titles";
import { decodeUtf8, utf8Length } from "./utf8";

// ---- numbers of a terminal, by FIELD_* (mirrored in abi.ts)

const FIELD_COLS: i32 = 0;
const FIELD_ROWS: i32 = 1;
const FIELD_CURSOR_ROW: i32 = 2;
const FIELD_CURSOR_COL: i32 = 3;
const FIELD_MODES: i32 = 4;
const FIELD_MODES2: i32 = 5;
const FIELD_MOUSE_MODE: i32 = 6;
const FIELD_MOUSE_ENCODING: i32 = 7;
const FIELD_BELL_COUNT: i32 = 8;
const FIELD_REGION_TOP: i32 = 9;
const FIELD_REGION_BOTTOM: i32 = 10;
const FIELD_MARGIN_LEFT: i32 = 11;
const FIELD_MARGIN_RIGHT: i32 = 12;
const FIELD_COMBINING_ROW: i32 = 13;
const FIELD_COMBINING_COL: i32 = 14;
const FIELD_PEN: i32 = 15;
const FIELD_SAVED_ROW: i32 = 16;
const FIELD_SAVED_COL: i32 = 17;
const FIELD_SAVED_PEN: i32 = 18;
const FIELD_SAVED_MODES: i32 = 19;
const FIELD_CURSOR_STYLE: i32 = 20;
const FIELD_ROLE: i32 = 21;
const FIELD_PARSER: i32 = 22;

export function terminalField(t: usize, field: i32): u32 {
  switch (field) {
    case FIELD_COLS:
      return load<u32>(t, T_COLS);
    case FIELD_ROWS:
      return load<u32>(t, T_ROWS);
    case FIELD_CURSOR_ROW:
      return load<u32>(t, T_CURSOR_ROW);
    case FIELD_CURSOR_COL:
      return load<u32>(t, T_CURSOR_COL);
    case FIELD_MODES:
      return load<u32>(t, T_MODES);
    case FIELD_MODES2:
      return load<u32>(t, T_MODES2);
    case FIELD_MOUSE_MODE:
      return <u32>load<u16>(t, T_MOUSE_MODE);
    case FIELD_MOUSE_ENCODING:
      return <u32>load<u16>(t, T_MOUSE_ENCODING);
    case FIELD_BELL_COUNT:
      return load<u32>(t, T_BELL_COUNT);
    case FIELD_REGION_TOP:
      return load<u32>(t, T_REGION_TOP);
    case FIELD_REGION_BOTTOM:
      return load<u32>(t, T_REGION_BOTTOM);
    case FIELD_MARGIN_LEFT:
      return load<u32>(t, T_MARGIN_LEFT);
    case FIELD_MARGIN_RIGHT:
      return load<u32>(t, T_MARGIN_RIGHT);
    case FIELD_COMBINING_ROW:
      return load<u32>(t, T_COMBINING_ROW);
    case FIELD_COMBINING_COL:
      return load<u32>(t, T_COMBINING_COL);
    case FIELD_PEN:
      return load<u32>(t, T_PEN);
    case FIELD_SAVED_ROW:
      return load<u32>(t + T_SAVED, SAVED_ROW);
    case FIELD_SAVED_COL:
      return load<u32>(t + T_SAVED, SAVED_COL);
    case FIELD_SAVED_PEN:
      return load<u32>(t, T_SAVED_PEN);
    case FIELD_SAVED_MODES:
      return load<u32>(t + T_SAVED, SAVED_MODES);
    case FIELD_CURSOR_STYLE:
      return <u32>load<u8>(t, T_CURSOR_STYLE);
    case FIELD_ROLE:
      return load<u32>(t, T_ROLE);
    case FIELD_PARSER:
      // 0 = in ground, with no partial character.
      return <u32>load<u8>(t, T_STATE) | ((<u32>load<u8>(t, T_UTF8_LENGTH)) << 8);
  }
  return 0;
}

/** Whether column `x` has a tab stop. */
export function terminalTab(t: usize, x: i32): bool {
  return isTabStop(t, x);
}

// ---- texts: 0 title, 1 icon name, 2 clipboard

function textField(which: i32): usize {
  return which == 0 ? T_TITLE : which == 1 ? T_ICON : T_CLIPBOARD;
}

export function terminalTextPtr(t: usize, which: i32): usize {
  return textPtr(<usize>load<u32>(t + textField(which)));
}

export function terminalTextLength(t: usize, which: i32): i32 {
  return textLength(<usize>load<u32>(t + textField(which)));
}

/** Replaces a text; unlike an OSC it does not set the "title was set" marker. */
export function setTerminalText(t: usize, which: i32, bytes: usize, length: i32): void {
  replaceText(t, textField(which), newText(bytes, length));
}

// ---- cells

/** Low word of a cell: contents and flags. */
export function cellContent(t: usize, y: i32, x: i32): u32 {
  return <u32>cellAt(rowAt(t, y), x);
}

/** High word of a cell: its style word. */
export function cellStyle(t: usize, y: i32, x: i32): u32 {
  return <u32>(cellAt(rowAt(t, y), x) >> 32);
}

/** Address of row `y`'s first cell: `cols` u64 cells. For bulk readers; valid until the next call. */
export function rowCells(t: usize, y: i32): usize {
  return rowAt(t, y) + ROW_CELLS;
}

export function terminalClusterPtr(t: usize, content: u32): usize {
  return clusterPtr(<usize>load<u32>(t, T_LINEAGE), content);
}

export function terminalClusterLength(t: usize, content: u32): i32 {
  return clusterLength(<usize>load<u32>(t, T_LINEAGE), content);
}

// ---- parts of a style word: 0 foreground, 1 background, 2 underline colour (COLOR_*), 3 attributes, 4 link number

export function terminalStyle(t: usize, style: u32, part: i32): u32 {
  const lineage = <usize>load<u32>(t, T_LINEAGE);
  switch (part) {
    case 0:
      return styleForeground(lineage, style);
    case 1:
      return styleBackground(lineage, style);
    case 2:
      return styleUnderlineColor(lineage, style);
    case 3:
      return styleAttributes(lineage, style);
  }
  return styleLink(lineage, style);
}

export function terminalLinkPtr(t: usize, link: u32, url: bool): usize {
  const lineage = <usize>load<u32>(t, T_LINEAGE);
  return url ? linkUrlPtr(lineage, link) : linkParamsPtr(lineage, link);
}

export function terminalLinkLength(t: usize, link: u32, url: bool): i32 {
  const lineage = <usize>load<u32>(t, T_LINEAGE);
  return url ? linkUrlLength(lineage, link) : linkParamsLength(lineage, link);
}

// ---- overlays

/** Contents of a cell from UTF-8 (empty = erased) and flags CELL_WIDE, CELL_FALLBACK, CELL_WRAP; the style stays. */
export function setCellText(t: usize, y: i32, x: i32, bytes: usize, length: i32, flags: u32): void {
  const row = writableRow(t, y);
  let content: u32 = 0;
  if (length > 0) {
    const first = decodeUtf8(bytes);
    content =
      utf8Length(first) == length ? first : internCluster(<usize>load<u32>(t, T_LINEAGE), bytes, length);
  }
  const style = getCell(row, x) & 0xffffffff00000000;
  putCell(row, x, style | <u64>(content | flags));
}

/** Style of a cell; its contents stay. */
export function setCellStyle(
  t: usize,
  y: i32,
  x: i32,
  foreground: u32,
  background: u32,
  underlineColor: u32,
  attributes: u32,
  link: u32,
): void {
  const row = writableRow(t, y);
  const style = internStyle(
    <usize>load<u32>(t, T_LINEAGE),
    foreground,
    background,
    underlineColor,
    attributes,
    link,
  );
  putCell(row, x, (getCell(row, x) & 0xffffffff) | ((<u64>style) << 32));
}

/** Copies a cell from `from`, a terminal of the same lineage. */
export function copyCell(t: usize, y: i32, x: i32, from: usize, fromY: i32, fromX: i32): void {
  const cell = cellAt(rowAt(from, fromY), fromX);
  putCell(writableRow(t, y), x, cell);
}

/** Cursor position, for overlays: limits and origin mode do not count. */
export function setCursor(t: usize, y: i32, x: i32): void {
  store<i32>(t, y, T_CURSOR_ROW);
  store<i32>(t, x, T_CURSOR_COL);
}

export function setCursorVisible(t: usize, visible: bool): void {
  setMode(t, MODE_CURSOR_VISIBLE, visible);
}

/** Columns a code point takes in the terminal's role: -1 not printable, 0, 1 or 2. */
export function terminalWidth(t: usize, cp: u32): i32 {
  return characterWidth((load<u32>(t, T_ROLE) & ROLE_HOST) != 0, cp);
}
