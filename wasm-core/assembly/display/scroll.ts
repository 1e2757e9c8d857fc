/**
 * Finds rows that only moved and moves them by scrolling. Used by frame.ts when several rows differ.
 *
 * Rows match by contents, whatever their history: every changed row of both screens is hashed, runs of rows that
 * moved by the same distance are looked for, and the run that saves most is scrolled, up or down, in the smallest
 * region that does it; then the next one. A wrong guess (hash collision) costs bytes, never correctness: the rows are
 * compared with their real contents afterwards.
 */
import * as L from "../layout";
import * as C from "./cell";
import * as O from "./output";
import * as P from "./position";
import * as R from "./rendition";
import { firstDifference } from "./compare";
import { hashRow, sampleRow } from "./row-hash";

/** Most scrolls in one frame. */
const MAX_SCROLLS: i32 = 4;
/** What margins, scroll and moving back cost, in bytes; and without margins. */
const SCROLL_COST: i32 = 16;
const WHOLE_SCROLL_COST: i32 = 5;
/** Rows looked at per row of the screen, all candidates together: a screen made to be slow gets fewer scrolls. */
const BUDGET_PER_ROW: i32 = 64;
/** Equal rows that are looked at per row: in a screen of equal rows any of them will do. */
const MAX_CANDIDATES: i32 = 16;

const LF: u8 = 0x0a;

// Scratch of frame.ts, per row of the screen.
/** u32 each: rows of the old screen as the receiver has them now, 0 = blank. */
let work: usize = 0;
let nowTable: usize = 0;
/** u64 each. */
let oldHashes: usize = 0;
let newHashes: usize = 0;
/** u32 each: bytes it takes to draw a new row, roughly. */
let costs: usize = 0;
/** i32 each: hash buckets, first old row + 1; and per old row the next one of its bucket. */
let buckets: usize = 0;
let chain: usize = 0;

/** Bytes of scratch per row of the screen that {@link scrollRows} needs. */
export const SCROLL_SCRATCH: usize = 8 + 8 + 4 + 8 + 4;

let cols: i32 = 0;
let height: i32 = 0;
let onScreen: bool = false;
let bestTop: i32 = 0;
let bestLength: i32 = 0;
let bestShift: i32 = 0;
let bestGain: i32 = 0;

function oldRow(y: i32): usize {
  return load<u32>(work + ((<usize>y) << 2));
}

function oldHash(y: i32): u64 {
  return load<u64>(oldHashes + ((<usize>y) << 3));
}

function newHash(y: i32): u64 {
  return load<u64>(newHashes + ((<usize>y) << 3));
}

function cost(y: i32): i32 {
  return load<i32>(costs + ((<usize>y) << 2));
}

/** Column behind the last cell of a row that is not all zero. */
function usedColumns(row: usize): i32 {
  let n = (min(C.extentOf(row), cols) + 1) & ~1;
  while (n > 0 && !v128.any_true(v128.load(row + L.ROW_CELLS + ((<usize>(n - 2)) << L.CELL_SHIFT)))) n -= 2;
  return n;
}

/** True if new row `y` has the contents of old row `from`. */
function sameRows(y: i32, from: i32): bool {
  if (newHash(y) != oldHash(from)) return false;
  const now: usize = load<u32>(nowTable + ((<usize>y) << 2));
  const old = oldRow(from);
  return now == old || firstDifference(old, now, cols) >= cols;
}

/** True if new row `y` is old row `from`, perhaps written to since (layout.ts: ROW_GENERATION). */
function descends(y: i32, from: i32): bool {
  const old = oldRow(from);
  if (old == 0) return false;
  const now: usize = load<u32>(nowTable + ((<usize>y) << 2));
  return load<u64>(now, L.ROW_GENERATION) == load<u64>(old, L.ROW_GENERATION);
}

/** Ends of the run that {@link gainOf} looked at last. */
let runTop: i32 = 0;
let runEnd: i32 = 0;

/**
 * Bytes saved by moving the run of rows around `y` up by `shift` (down if negative). Lines that moved with the run and
 * were written to on the way belong to it.
 */
function gainOf(y: i32, shift: i32, start: i32, end: i32): i32 {
  runTop = y;
  while (runTop > start && runTop + shift > start && descends(runTop - 1, runTop - 1 + shift)) runTop--;
  runEnd = runTop;
  let gain = 0;
  while (runEnd < end && runEnd + shift < end) {
    if (sameRows(runEnd, runEnd + shift)) {
      if (newHash(runEnd) != oldHash(runEnd)) gain += cost(runEnd);
    } else if (!descends(runEnd, runEnd + shift)) break;
    runEnd++;
  }
  // The rows that scroll in are blank: those that were right before have to be drawn again.
  const blankStart = shift > 0 ? runEnd : runTop + shift;
  const blankEnd = shift > 0 ? runEnd + shift : runTop;
  for (let i = blankStart; i < blankEnd; i++) if (newHash(i) == oldHash(i)) gain -= cost(i);
  const whole = min(runTop, runTop + shift) == 0 && max(runEnd, runEnd + shift) == height;
  return gain - (whole ? WHOLE_SCROLL_COST : SCROLL_COST);
}

/** Looks for the run that saves most within rows start..end-1. */
function findBest(start: i32, end: i32): void {
  const count = end - start;
  const mask = fillBuckets(start, end);
  bestGain = 0;
  let budget = count * BUDGET_PER_ROW;
  for (let y = start; y < end && budget > 0; y++) {
    const hash = newHash(y);
    if (cost(y) == 0 || hash == oldHash(y)) continue;
    let from = load<i32>(bucketOf(hash, mask)) - 1;
    for (let tries = 0; from >= 0 && tries < MAX_CANDIDATES; tries++) {
      const shift = from - y;
      // Not the start of its run: looked at already, unless the run began with a blank row.
      const inside = y > start && from > start && newHash(y - 1) == oldHash(from - 1) && cost(y - 1) > 0;
      if (oldHash(from) == hash && shift != 0 && !inside) {
        const gain = gainOf(y, shift, start, end);
        budget -= runEnd - runTop + abs(shift);
        if (gain > bestGain) {
          bestGain = gain;
          bestTop = runTop;
          bestLength = runEnd - runTop;
          bestShift = shift;
        }
      }
      from = load<i32>(chain + ((<usize>from) << 2)) - 1;
    }
  }
}

function moveRows(to: i32, from: i32, count: i32): void {
  memory.copy(work + ((<usize>to) << 2), work + ((<usize>from) << 2), (<usize>count) << 2);
  memory.copy(oldHashes + ((<usize>to) << 3), oldHashes + ((<usize>from) << 3), (<usize>count) << 3);
}

function blankRows(from: i32, count: i32): void {
  memory.fill(work + ((<usize>from) << 2), 0, (<usize>count) << 2);
  memory.fill(oldHashes + ((<usize>from) << 3), 0, (<usize>count) << 3);
}

/** CSI top;bottom r: margins, and home. */
function putMargins(top: i32, bottom: i32, rows: i32, screen: bool): void {
  O.putCsi();
  if (top > 0 || screen) O.putNumber(top + 1);
  if (bottom < rows - 1 || screen) {
    O.putByte(0x3b);
    O.putNumber(bottom + 1);
  }
  O.putByte(0x72);
}

/**
 * Scrolls rows top..bottom by `up` rows (down if negative). A real terminal is scrolled by LF at the bottom, which
 * keeps what leaves the top in its scrollback, or by ESC M at the top; a peer by SU and SD.
 */
function putScroll(top: i32, bottom: i32, up: i32, rows: i32, screen: bool): void {
  R.setPenForErase(0, screen);
  if (screen) P.hide();
  const whole = top == 0 && bottom == rows - 1;
  const fromBottom = whole && up > 0 && (screen || (up <= 3 && P.isInRow(bottom)));
  if (!whole) putMargins(top, bottom, rows, screen);
  if (fromBottom) {
    if (!P.isInRow(bottom)) P.moveTo(bottom, 0);
    O.putRepeated(LF, up);
  } else if (!screen) {
    O.putCsiCount(abs(up), up > 0 ? 0x53 : 0x54);
  } else {
    P.forgetPosition();
    P.moveTo(up > 0 ? bottom : top, 0);
    if (up > 0) O.putRepeated(LF, up);
    else for (let i = up; i < 0; i++) O.putEscape(0x4d);
  }
  if (!whole) {
    O.putCsi0(0x72);
    // Resetting the margins homes the cursor; a real terminal is not trusted with that.
    if (screen) P.forgetPosition();
    else P.placeAt(0, 0);
  }
}

/**
 * Prepares for the scrolls of a frame.
 * @param workTable for {@link scrollRows} to change as the receiver's screen changes
 * @param scratch SCROLL_SCRATCH bytes for each row of the screen, and 64 more
 */
export function startScrolls(
  workTable: usize,
  newTable: usize,
  columns: i32,
  rows: i32,
  scratch: usize,
  screen: bool,
): void {
  work = workTable;
  nowTable = newTable;
  cols = columns;
  height = rows;
  onScreen = screen;
  oldHashes = scratch;
  newHashes = oldHashes + ((<usize>rows) << 3);
  costs = newHashes + ((<usize>rows) << 3);
  chain = costs + ((<usize>rows) << 2);
  buckets = chain + ((<usize>rows) << 2);
}

function rowIn(table: usize, y: i32): usize {
  return load<u32>(table + ((<usize>y) << 2));
}

/** True if the rows are one row, perhaps written to in between. */
function sameHistory(now: usize, old: usize): bool {
  return now == old || (old != 0 && load<u64>(now, L.ROW_GENERATION) == load<u64>(old, L.ROW_GENERATION));
}

/**
 * The plainest case, seen without looking at contents: all rows that are not the old ones moved up together, such as by
 * output at the bottom of the screen. Scrolls then, and makes the work table; the rest is for {@link scrollRows}.
 * @param old the table of the old screen
 * @returns true if it was so
 */
export function scrollWhole(old: usize): bool {
  let start = 0;
  let end = height;
  while (start < end && rowIn(nowTable, start) == rowIn(old, start)) start++;
  while (end > start && rowIn(nowTable, end - 1) == rowIn(old, end - 1)) end--;
  if (end - start < 3) return false;
  const first = rowIn(nowTable, start);
  let up = 1;
  while (start + up < end && !sameHistory(first, rowIn(old, start + up))) up++;
  const bottom = end - up;
  // Few rows that stay are worth a comparison of contents: another way may save more.
  if (bottom - start < up) return false;
  for (let y = start + 1; y < bottom; y++)
    if (!sameHistory(rowIn(nowTable, y), rowIn(old, y + up))) return false;
  for (let y = bottom; y < end; y++) {
    const row = rowIn(nowTable, y);
    if (usedColumns(row) > 0 && firstDifference(rowIn(old, y), row, cols) >= cols) return false;
  }
  let gain = start == 0 && end == height ? -WHOLE_SCROLL_COST : -SCROLL_COST;
  for (let y = start; y < bottom && gain <= 0; y++) {
    const row = rowIn(nowTable, y);
    if (row != rowIn(old, y + up)) continue;
    if (firstDifference(rowIn(old, y), row, cols) < cols) gain += usedColumns(row);
  }
  if (gain <= 0) return false;
  putScroll(start, end - 1, up, height, onScreen);
  memory.copy(work, old, (<usize>height) << 2);
  memory.copy(
    work + ((<usize>start) << 2),
    old + ((<usize>(start + up)) << 2),
    (<usize>(bottom - start)) << 2,
  );
  memory.fill(work + ((<usize>bottom) << 2), 0, (<usize>up) << 2);
  return true;
}

/** Fills the hash buckets with the old rows start..end-1. Returns their number, a power of two. */
function fillBuckets(start: i32, end: i32): u64 {
  let size = 16;
  while (size < end - start) size <<= 1;
  memory.fill(buckets, 0, (<usize>size) << 2);
  const mask = <u64>(size - 1);
  for (let y = end - 1; y >= start; y--) {
    const bucket = bucketOf(oldHash(y), mask);
    store<i32>(chain + ((<usize>y) << 2), load<i32>(bucket));
    store<i32>(bucket, y + 1);
  }
  return mask;
}

function bucketOf(hash: u64, mask: u64): usize {
  return buckets + ((<usize>((hash >> 32) & mask)) << 2);
}

/** False if certainly no row of start..end-1 is an old one of another place. */
function mayHaveMoved(start: i32, end: i32): bool {
  for (let y = start; y < end; y++) {
    const row = rowIn(nowTable, y);
    const before = oldRow(y);
    const sample = sampleRow(row, cols);
    store<u64>(newHashes + ((<usize>y) << 3), sample);
    store<u64>(oldHashes + ((<usize>y) << 3), before == row ? sample : sampleRow(before, cols));
  }
  const mask = fillBuckets(start, end);
  for (let y = start; y < end; y++) {
    const sample = newHash(y);
    if (oldRow(y) == rowIn(nowTable, y)) continue;
    const row = rowIn(nowTable, y);
    let from = load<i32>(bucketOf(sample, mask)) - 1;
    for (let tries = 0; from >= 0; tries++) {
      if (from != y && oldHash(from) == sample && (sample != 0 || usedColumns(row) > 0)) {
        if (tries >= MAX_CANDIDATES || firstDifference(oldRow(from), row, cols) >= cols) return true;
      }
      from = load<i32>(chain + ((<usize>from) << 2)) - 1;
    }
  }
  return false;
}

/**
 * Scrolls what can be scrolled within rows start..end-1, the span of all changed rows, and changes the work table as the
 * receiver's screen changes.
 * @returns true if anything was scrolled
 */
export function scrollRows(start: i32, end: i32): bool {
  if (!mayHaveMoved(start, end)) return false;
  for (let y = start; y < end; y++) {
    const row = rowIn(nowTable, y);
    const before = oldRow(y);
    const hash = hashRow(row, cols);
    store<u64>(newHashes + ((<usize>y) << 3), hash);
    store<u64>(oldHashes + ((<usize>y) << 3), before == row ? hash : hashRow(before, cols));
    store<i32>(costs + ((<usize>y) << 2), hash ? usedColumns(row) : 0);
  }
  let scrolled = false;
  for (let i = 0; i < MAX_SCROLLS; i++) {
    findBest(start, end);
    if (bestGain <= 0) break;
    const up = bestShift;
    const top = min(bestTop, bestTop + up);
    const bottom = max(bestTop, bestTop + up) + bestLength - 1;
    putScroll(top, bottom, up, height, onScreen);
    moveRows(bestTop, bestTop + up, bestLength);
    if (up > 0) blankRows(bestTop + bestLength, up);
    else blankRows(top, -up);
    scrolled = true;
  }
  return scrolled;
}
