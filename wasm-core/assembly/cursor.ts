/**
 * Cursor movement and tab stops. Called by dispatch.ts; terminal.md 6, 7 and 8.
 *
 * Differences of the host role: CUU and CUD stop at the margins, CUF and CUB at the left and right margins, absolute
 * columns count from the left margin under origin mode, CBT ends pending wrap, BS may wrap backwards (modes 45, 1045).
 */
import {
  MODE_AUTOWRAP,
  MODE_PENDING_WRAP,
  T_COMBINING_COL,
  T_COMBINING_ROW,
  T_CURSOR_COL,
  T_CURSOR_ROW,
  T_REGION_BOTTOM,
  T_REGION_TOP,
  T_ROLE,
  ROLE_REPAIR_D1,
} from "./layout";
import { parameter } from "./params";
import {
  bottomLimit,
  clamp,
  clearPendingWrap,
  columns,
  cursorCol,
  cursorRow,
  hasMode,
  hasMode2,
  isHost,
  leftEdge,
  leftLimit,
  moveCursor,
  placeCursor,
  rightEdge,
  rows,
  rowWraps,
  topLimit,
} from "./screen";
import { nextLine } from "./scroll";
import { MODE2_EXTENDED_REVERSE_WRAP, MODE2_MORE_FIX, MODE2_REVERSE_WRAP, T_MARGIN_RIGHT } from "./state";
import { isTabStop } from "./tabs";

/** Row move by `n`, in the host role stopped by the margin it would cross. */
function moveRows(t: usize, n: i32): void {
  const y = cursorRow(t);
  const x = cursorCol(t);
  if (!isHost(t)) {
    moveCursor(t, y + n, x);
    return;
  }
  const top = load<i32>(t, T_REGION_TOP);
  const bottom = load<i32>(t, T_REGION_BOTTOM);
  placeCursor(t, clamp(y + n, y >= top ? top : 0, y <= bottom ? bottom : rows(t) - 1), x);
}

/** Column move by `n`, in the host role stopped by the margin it would cross. */
function moveColumns(t: usize, n: i32): void {
  const y = cursorRow(t);
  const x = cursorCol(t);
  if (isHost(t)) placeCursor(t, y, clamp(x + n, leftEdge(t, x), rightEdge(t, x)));
  else moveCursor(t, y, x + n);
}

// vt: CUU · CSI n A · up n rows · replica: not stopped by the scrolling region unless in origin mode
export function cursorUp(t: usize): void {
  moveRows(t, -parameter(0, 1));
}

// vt: CUD · CSI n B · down n rows · replica: not stopped by the scrolling region unless in origin mode
export function cursorDown(t: usize): void {
  moveRows(t, parameter(0, 1));
}

// vt: CUF · CSI n C · right n columns
export function cursorForward(t: usize): void {
  moveColumns(t, parameter(0, 1));
}

// vt: CUB · CSI n D · left n columns · host: wraps back under mode 45 or 1045
export function cursorBack(t: usize): void {
  moveBack(t, parameter(0, 1));
}

// vt: HPR · CSI n a · right n columns; unlike CUF not stopped by margins, but in origin mode · host only
// vt: HPB · CSI n j · left n columns, likewise · host only
export function columnRelative(t: usize, direction: i32): void {
  moveCursor(t, cursorRow(t), cursorCol(t) + direction * parameter(0, 1));
}

// vt: VPR · CSI n e · down n rows; unlike CUD not stopped by margins, but in origin mode · host only
// vt: VPB · CSI n k · up n rows, likewise · host only
export function rowRelative(t: usize, direction: i32): void {
  moveCursor(t, cursorRow(t) + direction * parameter(0, 1), cursorCol(t));
}

// vt: CNL · CSI n E · down n rows, to the left margin · host only
export function cursorNextLine(t: usize): void {
  moveRows(t, parameter(0, 1));
  placeCursor(t, cursorRow(t), leftEdge(t, cursorCol(t)));
}

// vt: CPL · CSI n F · up n rows, to the left margin · host only
export function cursorPreviousLine(t: usize): void {
  moveRows(t, -parameter(0, 1));
  placeCursor(t, cursorRow(t), leftEdge(t, cursorCol(t)));
}

// vt: CUP, HVP · CSI row ; col H, CSI row ; col f · absolute move, relative to the margins under origin mode
export function cursorPosition(t: usize): void {
  moveCursor(t, topLimit(t) + parameter(0, 1) - 1, leftLimit(t) + parameter(1, 1) - 1);
}

// vt: CHA, HPA · CSI n G, CSI n ` · to column n
export function columnAbsolute(t: usize): void {
  moveCursor(t, cursorRow(t), leftLimit(t) + parameter(0, 1) - 1);
}

// vt: VPA · CSI n d · to row n, column kept
export function rowAbsolute(t: usize): void {
  moveCursor(t, topLimit(t) + parameter(0, 1) - 1, cursorCol(t));
}

// vt: BS · C0 08 · left one column, never to the previous row · replica-repair: in pending wrap only ends pending wrap (display.md D1) · host: wraps back under mode 45 or 1045
export function backspace(t: usize): void {
  if (hasMode(t, MODE_PENDING_WRAP) && (load<u32>(t, T_ROLE) & ROLE_REPAIR_D1) != 0) {
    placeCursor(t, cursorRow(t), cursorCol(t));
    return;
  }
  moveBack(t, 1);
}

/**
 * Left `n` columns. With reverse wrap (45) from the left margin on to the right margin of the row above if that row
 * has wrapped into this one, with extended reverse wrap (1045) in any case and from the top of the region to its
 * bottom. As in xterm, both need auto-wrap, and pending wrap counts as a column.
 */
function moveBack(t: usize, n: i32): void {
  const extended = hasMode2(t, MODE2_EXTENDED_REVERSE_WRAP);
  if (!hasMode(t, MODE_AUTOWRAP) || !(extended || hasMode2(t, MODE2_REVERSE_WRAP))) {
    moveColumns(t, -n);
    return;
  }
  const top = load<i32>(t, T_REGION_TOP);
  let y = cursorRow(t);
  let x = cursorCol(t);
  if (hasMode(t, MODE_PENDING_WRAP)) n--;
  n = min(n, rows(t) * columns(t));
  while (n > 0) {
    const edge = leftEdge(t, x);
    if (x - edge >= n) {
      x -= n;
      break;
    }
    n -= x - edge + 1;
    const above = y == top ? load<i32>(t, T_REGION_BOTTOM) : y - 1;
    if (above < 0 || !(extended || (y != top && rowWraps(t, above)))) {
      x = edge;
      break;
    }
    y = above;
    x = load<i32>(t, T_MARGIN_RIGHT);
  }
  placeCursor(t, y, x);
}

// ---- tab stops

/** Moves only; pending wrap is left alone (terminal.md 6, HT). */
function moveToColumn(t: usize, x: i32): void {
  const y = clamp(cursorRow(t), isHost(t) ? 0 : topLimit(t), isHost(t) ? rows(t) - 1 : bottomLimit(t));
  store<i32>(t, y, T_CURSOR_ROW);
  store<i32>(t, x, T_CURSOR_COL);
  store<i32>(t, y, T_COMBINING_ROW);
  store<i32>(t, x, T_COMBINING_COL);
}

// vt: HT · C0 09 · to the next tab stop or the right edge; keeps pending wrap · host: mode 41 carries pending wrap out first
// vt: CHT · CSI n I · to the n-th tab stop to the right; keeps pending wrap
export function tabForward(t: usize, n: i32): void {
  if (hasMode2(t, MODE2_MORE_FIX) && hasMode(t, MODE_PENDING_WRAP) && hasMode(t, MODE_AUTOWRAP)) nextLine(t);
  let x = cursorCol(t);
  const edge = rightEdge(t, x);
  while (x < edge && n > 0) {
    x++;
    if (isTabStop(t, x)) n--;
  }
  moveToColumn(t, x);
}

// vt: CBT · CSI n Z · to the n-th tab stop to the left, else column 0 · replica: keeps pending wrap
export function tabBackward(t: usize): void {
  let x = cursorCol(t);
  let n = parameter(0, 1);
  const edge = leftLimit(t);
  while (x > edge && n > 0) {
    x--;
    if (isTabStop(t, x)) n--;
  }
  moveToColumn(t, x);
  if (isHost(t)) clearPendingWrap(t);
}
