/**
 * Draws what changed in one row. Used by frame.ts.
 *
 * Per row the cheapest of: printing, printing over a short unchanged gap, erasing (EL, ECH) blanks that carry nothing
 * but a background, moving. Wide characters are followed on both sides, so that a cell that was the hidden half of an
 * old one is always written (display.md D3), and none is printed in the last column (D2).
 */
import * as L from "../layout";
import { allocScratch, releaseScratch, rowBytes } from "../memory";
import { canErase, drawBlanks, longRuns, startBlanks } from "./blanks";
import * as C from "./cell";
import { knownCluster, knownKind, putKnown } from "./cluster";
import { firstDifference, lastDifference } from "./compare";
import { assumeErased, eraseRest, mostColumns, putDoubtful, showsBlanks } from "./doubtful";
import { putSpaces, reach } from "./gap";
import * as O from "./output";
import {
  assignBit,
  BLANK,
  BYTES,
  Bits,
  CHANGED,
  COVERED,
  OTHER,
  planRow,
  STARTS,
  TEXT,
  WINDOW,
} from "./plan";
import * as P from "./position";
import * as R from "./rendition";
import { LONGEST, putText } from "./run";
import { SGR_ROOM } from "./sgr-text";
import { shiftRow } from "./shift";

/** Changes that span at most this many cells have no gap worth a move: see {@link closeGaps}. */
const FEW: i32 = 6;
/** Of a cell, what an erased one keeps. */
const STYLE_ONLY: u64 = (<u64>~0) << 32;

let lineage: usize = 0;
let cols: i32 = 0;
/** Drawing on a real terminal. */
let screen: bool = false;

/** Column where the bit sets of the row end (plan.ts). */
let planned: i32 = 0;
/** A row that was never written, as long as the longest that was drawn. */
let blankRow: usize = 0;
let blankBytes: usize = 0;

/** Prepares for rows of `columns` columns. False if memory is exhausted. */
export function startRows(shared: usize, columns: i32, hasEch: bool, hasBce: bool, onScreen: bool): bool {
  lineage = shared;
  cols = columns;
  screen = onScreen;
  startBlanks(columns, hasEch, hasBce, onScreen);
  const bytes = rowBytes(columns);
  if (bytes > blankBytes) {
    if (blankRow) releaseScratch(blankRow, blankBytes);
    blankRow = allocScratch(bytes);
    blankBytes = blankRow ? bytes : 0;
    if (blankRow) memory.fill(blankRow, 0, bytes);
  }
  return blankRow != 0;
}

function wrapFlag(cell: u64): u32 {
  return C.contentOf(cell) & L.CELL_WRAP;
}

/** Prints one cell at its column. False if the peer may have given it another width. */
function printCell(old: usize, now: usize, row: i32, col: i32, cell: u64, width: i32): bool {
  const style = C.styleOf(cell);
  const known = C.contentOf(cell) & L.CELL_CLUSTER ? knownCluster(lineage, cell) : 0;
  let kind = known ? knownKind(known) : C.printability(lineage, cell);
  // Narrow here, perhaps wide there, in the last column: it might wrap and scroll the peer's screen.
  if (kind == C.PRINT_DOUBTFUL && width == 1 && col == cols - 1) kind = C.PRINT_IMPOSSIBLE;
  if (P.columnIn(row) != col) reach(now, row, col);
  if (kind == C.PRINT_IMPOSSIBLE) {
    putSpaces(style, width);
    return true;
  }
  if (kind == C.PRINT_DOUBTFUL && !showsBlanks(old, col, width, style)) {
    putSpaces(style, width);
    P.travelTo(row, col);
  } else if (!R.penHas(style)) R.setPen(style);
  const settled = known ? putKnown(known) : C.putCell(lineage, cell, kind);
  if (settled) P.advance(width);
  else if (col + mostColumns(lineage, cell) <= cols) P.forgetColumn();
  else P.forgetPosition();
  return settled;
}

/** Of a window of bits: with gaps of at most four filled. To print four cells again is no longer than CUF. */
function closeGaps(bits: u64): u64 {
  let wide = bits | (bits << 1);
  wide |= wide << 2;
  wide |= bits << 4;
  let closed = wide & (wide >> 1);
  closed &= closed >> 2;
  return closed & (wide >> 4);
}

/**
 * Of windows of bits: other than ASCII, unchanged, and alone between what is drawn. To print one again, of three bytes at most or
 * wide, is no longer than CUF.
 */
function singles(drawn: u64, other: u64, covered: u64): u64 {
  const kept = other & ~drawn & (drawn << 1);
  const wide = kept & (covered >> 1) & (drawn >> 2);
  return (kept & (drawn >> 1)) | wide | (wide << 1);
}

/** Makes the bit sets of a row right in its last column. Returns the column of its last character. */
function planEnd(old: usize, now: usize, wrapChanged: bool): i32 {
  const edge = cols - 1;
  let last = edge;
  if (edge >= planned) return last;
  if (Bits.has(COVERED, edge)) {
    last--;
  } else {
    const shown = edgeCell(L.cellAt(now, edge));
    const same = C.sameCell(L.cellAt(old, edge), shown) && !C.isCovered(old, edge);
    assignBit(CHANGED, edge, !same);
    assignBit(BLANK, edge, C.isBlank(shown));
  }
  // Printing the last character brings the wrap flag about.
  if (wrapChanged) assignBit(CHANGED, last, true);
  return last;
}

/** The cell of the last column as it is drawn: a wide character would wrap (display.md D2), a blank instead. */
function edgeCell(cell: u64): u64 {
  return C.isWide(cell) ? cell & STYLE_ONLY : cell;
}

/**
 * Prints a few cells that differ, if all from the first to the last are plain: what a keystroke or a counter changes. Even
 * those between that stay are printed: there are too few to go around.
 */
function putFew(row: i32, old: usize, now: usize, first: i32, last: i32): bool {
  // What differs need not look different.
  if (C.sameCell(L.cellAt(old, first), L.cellAt(now, first))) return false;
  if (last > first && C.sameCell(L.cellAt(old, last), L.cellAt(now, last))) return false;
  const style = C.styleOf(L.cellAt(now, first));
  for (let x = first; x <= last; x++) {
    const cell = L.cellAt(now, x);
    if (!isPlain(cell) || C.styleOf(cell) != style || C.isWide(L.cellAt(old, x))) return false;
  }
  if (P.columnIn(row) != first) reach(now, row, first);
  let out = O.Out.reserve(<i32>SGR_ROOM);
  if (out == 0) return true;
  if (!R.penHas(style)) out = R.setPenAt(out, style);
  for (let x = first; x <= last; x++) store<u8>(out++, <u8>C.contentOf(L.cellAt(now, x)));
  O.commit(out);
  P.advance(last - first + 1);
  return true;
}

/** True for a printed ASCII character other than space: one byte, one column, everywhere. */
function isPlain(cell: u64): bool {
  return (C.contentOf(cell) & ~L.CELL_PROTECTED) - 0x21 < 0x5e;
}

/**
 * Draws the differences between `old` (0 = blank) and `now` as row `row`.
 * @param difference first column where they differ bit by bit
 * @param from columns at the start that the row above printed already
 * @param below the row below, into which a wrapping row continues; 0 for the bottom row
 * @returns columns of the row below that were printed: its first character makes the terminal wrap by itself and so
 *   remember that the two rows are one line. 0 if none
 */
export function drawRow(row: i32, old: usize, now: usize, difference: i32, from: i32, below: usize): i32 {
  if (old == 0) old = blankRow;
  let first = difference;
  let last = lastDifference(old, now, cols);
  if (from == 0 && last - first < FEW && last < cols - 1 && putFew(row, old, now, first, last)) return 0;
  if (!screen && from == 0 && old != blankRow) {
    const moved = shiftRow(row, old, now, first, last, cols);
    if (moved) {
      old = moved;
      first = firstDifference(old, now, cols);
      if (first >= cols) return 0;
      last = lastDifference(old, now, cols);
    }
  }
  const lastNow = L.cellAt(now, cols - 1);
  const wraps = below != 0 && wrapFlag(lastNow) != 0;
  // On the bottom row the flag cannot be brought about (display.md D4).
  let wrapChanged = below != 0 && wrapFlag(lastNow) != wrapFlag(L.cellAt(old, cols - 1));
  planned = planRow(old, now, first, last + 1, cols);
  let lastColumn = planEnd(old, now, wrapChanged);
  // The run of blanks looks at columns that were not reached yet: no further than a cell with the wrap flag.
  const eraseEnd = wraps ? cols - 1 : cols;
  let wroteLast = false;
  let mayErase = true;
  let col = max(first, from);
  // A wide character before the first difference, printed for its wrap flag.
  if (wrapChanged && col > lastColumn) col = lastColumn;
  while (col < planned) {
    const changed = Bits.at(CHANGED, col);
    if ((changed & 1) == 0) {
      col += changed ? <i32>ctz(changed) : WINDOW;
      continue;
    }
    const text = Bits.at(TEXT, col);
    const blank = Bits.at(BLANK, col);
    const starts = Bits.at(STARTS, col);
    const style = C.styleOf(L.cellAt(now, col));
    if ((starts & 2) != 0 && (text & ~blank & 1) != 0 && col < lastColumn && !Bits.has(OTHER, col)) {
      // Of one cell, as in gradients.
      if (P.columnIn(row) != col) reach(now, row, col);
      let out = O.Out.reserve(<i32>SGR_ROOM);
      if (out == 0) return 0;
      if (!R.penHas(style)) out = R.setPenAt(out, style);
      store<u8>(out, load<u8>(BYTES + <usize>col));
      O.commit(out + 1);
      P.advance(1);
      col++;
      continue;
    }
    const erasable = (style & ~L.STYLE_BG_MASK) == 0 || (style & L.STYLE_EXT) != 0 ? canErase(style) : false;
    if ((blank & 1) != 0 && erasable && col < eraseEnd) {
      const run = ctz((~blank | starts) & ~1);
      if (run > 3 || !R.penHas(style) || col + <i32>run >= lastColumn) {
        col = drawBlanks(now, row, col, style, eraseEnd, planned);
        continue;
      }
    }
    if ((text & 1) != 0 && col < lastColumn) {
      // A run of four blanks must be seen as one. (What follows is short in steps that wait for one another: they are what
      // runs of text cost.)
      const other = Bits.at(OTHER, col);
      const covered = Bits.at(COVERED, col);
      const erased = erasable ? changed & longRuns(blank) & ~(<u64>1) : 0;
      let drawn = changed & ~erased;
      drawn |= singles(drawn, text & other, covered);
      const closed = closeGaps(drawn);
      const stops = (~text | starts | erased | (other & ~drawn) | ~closed) & ~1;
      let length = min(min(WINDOW - 5, lastColumn - col), <i32>ctz(stops));
      // A wide character is not cut in half where the window ends.
      if (covered) length -= <i32>((covered >> <u64>length) & 1);
      // No gap at the end.
      length = 64 - <i32>clz(drawn & (((<u64>1) << (<u64>length)) - 1));
      let out = O.Out.reserve(<i32>SGR_ROOM + length * LONGEST);
      if (out == 0) return 0;
      if (P.columnIn(row) != col) {
        O.commit(P.Cursor.returnAt(out, row, col));
        if (P.columnIn(row) != col) reach(now, row, col);
        out = O.Out.reserve(<i32>SGR_ROOM + length * LONGEST);
        if (out == 0) return 0;
      }
      if (!R.penHas(style)) out = R.setPenAt(out, style);
      O.commit(putText(out, now, col, col + length));
      P.advance(length);
      col += length;
      continue;
    }
    if (mayErase && col < lastColumn) {
      mayErase = false;
      if (!screen && style == 0 && (blank & 1) == 0 && eraseRest(now, row, col, planned, cols)) {
        old = blankRow;
        wrapChanged = wraps;
        if (!assumeErased(now, col, planned, cols)) planned = planRow(old, now, col, cols, cols);
        lastColumn = planEnd(old, now, wrapChanged);
        continue;
      }
    }
    if (!screen && style == 0 && old == blankRow && col < lastColumn && C.isWide(L.cellAt(now, col))) {
      // The most of doubtful characters, as printCell would print them.
      if (P.columnIn(row) != col) reach(now, row, col);
      let out = O.Out.reserve(<i32>SGR_ROOM);
      if (out == 0) return 0;
      if (!R.penHas(style)) out = R.setPenAt(out, style);
      O.commit(out);
      const next = putDoubtful(lineage, row, now, col, planned, lastColumn, style);
      if (next > col) {
        col = next;
        continue;
      }
    }
    const cell = col == cols - 1 ? edgeCell(L.cellAt(now, col)) : L.cellAt(now, col);
    const width = C.isWide(cell) ? 2 : 1;
    const settled = printCell(old, now, row, col, cell, width);
    col += width;
    if (col >= cols) wroteLast = true;
    // If the peer took two columns for it, the next one is blank there.
    else if (!settled && width == 1) {
      if (col >= planned) planned = col + 1;
      assignBit(CHANGED, col, true);
      if (Bits.has(COVERED, col + 1)) assignBit(CHANGED, col + 1, true);
    }
  }
  return wraps && wroteLast ? continueLine(row + 1, below) : 0;
}

/** Prints the first cell of `row` so that the terminal wraps into it. Returns its columns, 0 if that is not safe. */
function continueLine(row: i32, now: usize): i32 {
  const cell = L.cellAt(now, 0);
  const width = C.isWide(cell) ? 2 : 1;
  if (!P.isAtEdge(row - 1) || width >= cols || C.printability(lineage, cell) != C.PRINT_SETTLED) return 0;
  R.setPen(C.styleOf(cell));
  P.placeAt(row, 0);
  if (C.putCell(lineage, cell, C.PRINT_SETTLED)) P.advance(width);
  else P.forgetPosition();
  return width;
}
