/**
 * Cells as the display sees them: whether two look the same to the peer, and how one is printed. Used by the other
 * files of display/; the lineage of all cells is the one of rendition.ts.
 */
import * as L from "../layout";
import { clusterLength, clusterPtr } from "../lineage";
import {
  decodeUtf8,
  FIRST_UNSETTLED,
  HOST_WIDTHS,
  isUnsettledWidth,
  MOSH_WIDTHS,
  moshWidth,
  utf8Length,
  Widths,
} from "../unicode";
import { putByte, putBytes, putCodePoint } from "./output";
import { sameRendition } from "./rendition";

const SPACE: u32 = 0x20;
const NO_BREAK_SPACE: u32 = 0xa0;
/** VS16 asks for an emoji's picture: many terminals then take two columns, stock peers do not. */
const EMOJI_SELECTOR: u32 = 0xfe0f;
/** What of a content word is visible: not protection, and the wrap flag is the row's business. */
const VISIBLE: u32 = L.CONTENT_MASK | L.CELL_CLUSTER | L.CELL_WIDE | L.CELL_FALLBACK;

export function contentOf(cell: u64): u32 {
  return <u32>cell;
}

export function styleOf(cell: u64): u32 {
  return <u32>(cell >> 32);
}

export function isWide(cell: u64): bool {
  return (<u32>cell & L.CELL_WIDE) != 0;
}

/** Cells of a row from this column on are zero, whatever its width; of the blank row (0) all are. */
export function extentOf(row: usize): i32 {
  return row ? <i32>load<u16>(row, L.ROW_EXTENT) : 0;
}

/** True if the cell was never written, erased, or holds one space: all look the same (display.md 4 (12)). */
export function isBlank(cell: u64): bool {
  const visible = <u32>cell & VISIBLE;
  return visible == 0 || visible == SPACE;
}

/** True if both cells look the same to the peer. */
export function sameCell(a: u64, b: u64): bool {
  if (a == b) return true;
  if ((<u32>a & VISIBLE) != (<u32>b & VISIBLE) && !(isBlank(a) && isBlank(b))) return false;
  return sameRendition(styleOf(a), styleOf(b));
}

/**
 * How many cells directly before column x are wide: if odd, x is the right half of a wide character. (Only the replica
 * role leaves contents in such halves, even wide ones: display.md D3.)
 */
function wideRun(row: usize, x: i32): i32 {
  let n = 0;
  while (n < x && isWide(L.cellAt(row, x - 1 - n))) n++;
  return n;
}

/** True if column x of a row shows the right half of a wide character. 0 is the blank row. */
export function isCovered(row: usize, x: i32): bool {
  return row != 0 && (wideRun(row, x) & 1) == 1;
}

// ---- printing

/** Prints a cell as stock does (display.md 2). */
export function putCellStock(lineage: usize, cell: u64): void {
  const content = <u32>cell;
  if (content & L.CELL_FALLBACK) putCodePoint(NO_BREAK_SPACE);
  if (content & L.CELL_CLUSTER) {
    putBytes(clusterPtr(lineage, content), clusterLength(lineage, content));
  } else if ((content & L.CONTENT_MASK) == 0) {
    if ((content & L.CELL_FALLBACK) == 0) putByte(0x20);
  } else putCodePoint(content & L.CONTENT_MASK);
}

/** Base character of a cell as printed. */
function baseOf(lineage: usize, content: u32): u32 {
  if (content & L.CELL_FALLBACK) return NO_BREAK_SPACE;
  if (content & L.CELL_CLUSTER) return decodeUtf8(clusterPtr(lineage, content));
  const codePoint = content & L.CONTENT_MASK;
  return codePoint ? codePoint : SPACE;
}

/** The cell prints a character whose width is as agreed by everybody. */
export const PRINT_SETTLED: i32 = 0;
/** The peer's width may differ: the cursor's position behind it is unknown. */
const PRINT_UNSETTLED: i32 = 1;
/** The peer may not print it at all, or in another width: its cells must be blanked first. */
export const PRINT_DOUBTFUL: i32 = 2;
/** The peer cannot print it: blank it. */
export const PRINT_IMPOSSIBLE: i32 = 3;

/** Base character of the cell that {@link printability} looked at last: what {@link putCell} prints. */
let base: u32 = 0;

/** One of PRINT_*: what the peer will make of this cell's base character. */
export function printability(lineage: usize, cell: u64): i32 {
  const content = <u32>cell;
  const visible = content & VISIBLE;
  if (visible < 0x7f) {
    base = visible ? visible : SPACE;
    return visible >= SPACE || visible == 0 ? PRINT_SETTLED : PRINT_IMPOSSIBLE;
  }
  base = baseOf(lineage, content);
  const width = content & L.CELL_WIDE ? 2 : 1;
  const kind = Widths.classOf(base);
  if (Widths.ofClass(MOSH_WIDTHS, kind) == width) {
    if (kind >= FIRST_UNSETTLED) return width == 2 ? PRINT_DOUBTFUL : PRINT_UNSETTLED;
    return PRINT_SETTLED;
  }
  // A control or a mark cannot stand alone; anything else is newer than the peer's table, or the host's idea of a
  // cluster's width is not the peer's.
  return base < 0xa0 || Widths.ofClass(HOST_WIDTHS, kind) <= 0 ? PRINT_IMPOSSIBLE : PRINT_DOUBTFUL;
}

/** Whether the cell that {@link marksEnd} or {@link printedBytes} looked at leaves the cursor where everybody expects it. */
let settled: bool = false;

export function wasSettled(): bool {
  return settled;
}

/**
 * Where the marks of a cluster end that are printed behind its base: before the first character that would take a cell
 * of its own at the peer.
 */
function marksEnd(lineage: usize, content: u32, first: usize): usize {
  const end = clusterPtr(lineage, content) + <usize>clusterLength(lineage, content);
  let p = first;
  while (p < end) {
    const mark = decodeUtf8(p);
    const kind = Widths.classOf(mark);
    if (Widths.ofClass(HOST_WIDTHS, kind) != 0) break;
    if (mark == EMOJI_SELECTOR || kind >= FIRST_UNSETTLED) settled = false;
    p += utf8Length(mark);
  }
  return p;
}

/** How many of its bytes {@link putCell} prints of a cluster whose base is its own. */
export function printedBytes(lineage: usize, cell: u64, kind: i32): i32 {
  const content = <u32>cell;
  const text = clusterPtr(lineage, content);
  const length = utf8Length(base);
  settled = kind == PRINT_SETTLED;
  if (kind == PRINT_DOUBTFUL && moshWidth(base) < 0) return length;
  return <i32>(marksEnd(lineage, content, text + length) - text);
}

/** Prints the cell that {@link printability} was just asked about, if not PRINT_IMPOSSIBLE. False if the position behind it is unknown. */
export function putCell(lineage: usize, cell: u64, kind: i32): bool {
  const content = <u32>cell;
  putCodePoint(base);
  // A peer that drops the base would hang its marks on the blank, or on anything else.
  if (kind == PRINT_DOUBTFUL && moshWidth(base) < 0) return false;
  settled = kind == PRINT_SETTLED;
  if (content & L.CELL_CLUSTER) {
    let first = clusterPtr(lineage, content);
    if ((content & L.CELL_FALLBACK) == 0) first += utf8Length(base);
    const end = marksEnd(lineage, content, first);
    if (end > first) putBytes(first, <i32>(end - first));
  } else if (content & L.CELL_FALLBACK && content & L.CONTENT_MASK) {
    putCodePoint(content & L.CONTENT_MASK);
    if (isUnsettledWidth(content & L.CONTENT_MASK)) settled = false;
  }
  return settled;
}
