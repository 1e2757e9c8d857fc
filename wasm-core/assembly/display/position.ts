/**
 * Where the receiver's cursor is, and the shortest way to move it. Used by frame, row and scroll.
 *
 * The position is exact, or unknown, or known by its row only (after a character whose width the peers disagree about),
 * or "edge": behind the last column of a row, where a terminal waits with the wrap. From the edge only an absolute move or
 * CR is safe (display.md D1 and 4 (3)).
 */
import * as O from "./output";

const UNKNOWN: i32 = 0;
const EXACT: i32 = 1;
const EDGE: i32 = 2;
/** Somewhere in row y; on the wire only. */
const ROW: i32 = 3;

const BS: u8 = 0x08;
const LF: u8 = 0x0a;
const CR: u8 = 0x0d;

let state: i32 = UNKNOWN;
let y: i32 = 0;
let x: i32 = 0;
let width: i32 = 0;
/** Nothing was written since the frame began with the cursor in the last column. */
let untouched: bool = false;
/** The cursor is visible on a real terminal and is to be hidden before it travels. */
let hideFirst: bool = false;
/** It was hidden in this frame. */
let hidden: bool = false;
/** The receiver is an emulator behind the wire: it has CHA, which old terminals lack. */
let wire: bool = false;

/**
 * Starts a frame on a screen of `cols` columns.
 * @param hide the cursor is visible and must be hidden before the first move
 * @param onWire the receiver is an emulator behind the wire
 */
export function startPosition(cols: i32, hide: bool, onWire: bool): void {
  wire = onWire;
  width = cols;
  hideFirst = hide;
  hidden = false;
  state = UNKNOWN;
}

/** The cursor is at this place for certain, and no wrap is pending. */
export function placeAt(row: i32, col: i32): void {
  untouched = false;
  state = EXACT;
  y = row;
  x = col;
}

/**
 * Where a frame starts. In the last column that counts as the edge: a peer that was left in pending wrap after all would
 * wrap if something were printed there without a move.
 */
export function startAt(row: i32, col: i32): void {
  placeAt(row, col);
  untouched = col == width - 1;
  if (untouched) state = EDGE;
}

export function forgetPosition(): void {
  untouched = false;
  state = UNKNOWN;
}

/** The cursor is somewhere in the row it was in. */
export function forgetColumn(): void {
  untouched = false;
  state = wire && state != UNKNOWN ? ROW : UNKNOWN;
}

/** Columns were printed from an exact position on. */
export function advance(columns: i32): void {
  untouched = false;
  x += columns;
  if (x >= width) state = EDGE;
}

/** True if the cursor is exactly here. */
function isAt(row: i32, col: i32): bool {
  return state == EXACT && y == row && x == col;
}

/** True if the cursor is in this row, at whatever column. */
export function isInRow(row: i32): bool {
  return state != UNKNOWN && y == row;
}

/** True if the cursor waits behind the last column of this row. */
export function isAtEdge(row: i32): bool {
  return state == EDGE && y == row;
}

/** The cursor's column if it is exactly in this row, else -1. */
export function columnIn(row: i32): i32 {
  return state == EXACT && y == row ? x : -1;
}

/** Hides the cursor if it is still to be hidden. */
export function hide(): void {
  if (!hideFirst) return;
  O.putMode(25, false);
  hideFirst = false;
  hidden = true;
}

/** True if {@link hide} hid the cursor in this frame. */
export function wasHidden(): bool {
  return hidden;
}

/** Length of CSI final, CSI n final. */
function countCost(n: i32): i32 {
  return n == 1 ? 3 : 3 + O.digits(n);
}

function absoluteCost(row: i32, col: i32): i32 {
  return 3 + (row ? O.digits(row + 1) : 0) + (col ? 1 + O.digits(col + 1) : 0);
}

function putAbsolute(row: i32, col: i32): void {
  O.putCsi();
  if (row) O.putNumber(row + 1);
  if (col) {
    O.putByte(0x3b);
    O.putNumber(col + 1);
  }
  O.putByte(0x48);
}

function verticalCost(rows: i32): i32 {
  if (rows >= 0) return min(rows, countCost(rows));
  return min(-rows << 1, countCost(-rows));
}

function putVertical(rows: i32): void {
  if (rows > 0) {
    if (rows <= countCost(rows)) O.putRepeated(LF, rows);
    else O.putCsiCount(rows, 0x42);
  } else if (rows < 0) {
    if (-rows << 1 <= countCost(-rows)) for (let i = rows; i < 0; i++) O.putEscape(0x4d);
    else O.putCsiCount(-rows, 0x41);
  }
}

/** Cost of CR, then right. */
function fromMarginCost(col: i32): i32 {
  return col ? 1 + countCost(col) : 1;
}

/** Cost of CHA, or CR. */
function columnCost(col: i32): i32 {
  return col ? 3 + O.digits(col + 1) : 1;
}

function putColumn(col: i32): void {
  if (col) O.putCsi1(col + 1, 0x47);
  else O.putByte(CR);
}

function horizontalCost(from: i32, to: i32): i32 {
  if (to >= from) return to == from ? 0 : countCost(to - from);
  return min(fromMarginCost(to), min(from - to, countCost(from - to)));
}

function putHorizontal(from: i32, to: i32): void {
  if (to > from) {
    O.putCsiCount(to - from, 0x43);
  } else if (to < from) {
    const left = from - to;
    const cost = min(left, countCost(left));
    // Equally short: CR, the plainest of all moves.
    if (to == 0 || fromMarginCost(to) < cost) {
      O.putByte(CR);
      if (to) O.putCsiCount(to, 0x43);
    } else if (left == cost) O.putRepeated(BS, left);
    else O.putCsiCount(left, 0x44);
  }
}

/** Cost of the relative way, or more than any. */
function relativeCost(row: i32, col: i32): i32 {
  if (state == EXACT) return verticalCost(row - y) + horizontalCost(x, col);
  if (state == ROW) return verticalCost(row - y) + columnCost(col);
  return state == EDGE ? verticalCost(row - y) + fromMarginCost(col) : i32.MAX_VALUE;
}

/** Bytes that {@link moveTo} would write. */
export function costTo(row: i32, col: i32): i32 {
  return isAt(row, col) ? 0 : min(absoluteCost(row, col), relativeCost(row, col));
}

/** The cursor's column if it is known, else -1. */
export function knownColumn(): i32 {
  return state == EXACT ? x : -1;
}

/**
 * Moves the cursor, absolutely or relatively, whichever is shorter. LF and ESC M move one row without scrolling here:
 * the target is on the screen and no margins are set.
 */
export function moveTo(row: i32, col: i32): void {
  if (isAt(row, col)) return;
  if (relativeCost(row, col) < absoluteCost(row, col)) {
    if (state == ROW) {
      putColumn(col);
      x = col;
    } else if (state == EDGE) {
      O.putByte(CR);
      x = 0;
    }
    putHorizontal(x, col);
    putVertical(row - y);
  } else {
    putAbsolute(row, col);
  }
  placeAt(row, col);
}

/** Goes to a column of the row that the cursor is in at a column that is not known. False if it is elsewhere. */
export function returnTo(row: i32, col: i32): bool {
  if (state != ROW || y != row) return false;
  putColumn(col);
  placeAt(row, col);
  return true;
}

/** Static and inlined: for loops that should call nothing. */
export class Cursor {
  /**
   * As {@link returnTo}, at `out`, where there is room for eight bytes.
   * @returns where the next byte goes; `out` if the cursor is in another row, or its column is known
   */
  // @ts-ignore: decorator
  @inline static returnAt(out: usize, row: i32, col: i32): usize {
    if (state != ROW || y != row) return out;
    placeAt(row, col);
    return Cursor.putColumn(out, col);
  }

  /** CHA, or CR, at `out`. */
  // @ts-ignore: decorator
  @inline static putColumn(out: usize, col: i32): usize {
    if (col == 0) {
      store<u8>(out, CR);
      return out + 1;
    }
    const n = <u32>col + 1;
    const length = O.digits(n);
    store<u16>(out, 0x5b1b);
    if (n < 1000) store<u32>(out, O.threeDigits(n) >> ((3 - length) << 3), 2);
    else store<u32>(out, (O.threeDigits(n % 1000) << 8) | (0x30 + n / 1000), 2);
    store<u8>(out + <usize>length, 0x47, 2);
    return out + <usize>length + 3;
  }
}

/** {@link moveTo} while drawing: a visible cursor of a real terminal is hidden before it travels. */
export function travelTo(row: i32, col: i32): void {
  if (isAt(row, col)) return;
  hide();
  moveTo(row, col);
}

/** {@link travelTo} from a column of the same row to one further right: nothing is shorter than CUF then. */
export function travelRight(row: i32, from: i32, to: i32): void {
  hide();
  O.putCsiCount(to - from, 0x43);
  placeAt(row, to);
}

/** Puts the cursor where it stays. */
export function settleAt(row: i32, col: i32): void {
  if (untouched && row == y && col == width - 1) return;
  moveTo(row, col);
}

/** Bytes that CUF would take to go right by `columns`. */
export function skipCost(columns: i32): i32 {
  return countCost(columns);
}
