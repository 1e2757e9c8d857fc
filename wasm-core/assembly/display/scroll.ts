/**
 * Finds rows that only moved and moves them by scrolling. Used by frame.ts when several rows differ.
 *
 * Rows match by contents, whatever their history: every changed row of both screens is hashed, runs of rows that
 * moved by the same distance are looked for, and the run that saves most is scrolled, up or down, in the smallest
 * region that does it; then the next one. A wrong guess (hash collision) costs bytes, never correctness: the rows are
 * compared with their real contents afterwards.
 */
import * as L from "../layout";
import * as O from "./output";
import * as P from "./position";
import * as R from "./rendition";

/** Most scrolls in one frame. */
const MAX_SCROLLS: i32 = 4;
/** What margins, scroll and moving back cost, in bytes. */
const SCROLL_COST: i32 = 18;
/** Rows looked at per row of the screen, all candidates together: a screen made to be slow gets fewer scrolls. */
const BUDGET_PER_ROW: i32 = 64;
/** Equal rows that are looked at per row: in a screen of equal rows any of them will do. */
const MAX_CANDIDATES: i32 = 16;

const LF: u8 = 0x0a;

// Scratch of frame.ts, per row of the screen.
/** u32 each: rows of the old screen as the receiver has them now, 0 = blank. */
let work: usize = 0;
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

/** Column behind the last cell of a row that is not all zero; 0 is the blank row. */
function usedColumns(row: usize): i32 {
  if (row == 0) return 0;
  let n = cols;
  while (n > 0 && L.cellAt(row, n - 1) == 0) n--;
  return n;
}

/** Hash of the first `used` cells, in four independent lanes. */
function hashRow(row: usize, used: i32): u64 {
  const k: u64 = 0x9e3779b97f4a7c15;
  let a: u64 = used;
  let b: u64 = 1;
  let c: u64 = 2;
  let d: u64 = 3;
  let x = 0;
  for (; x + 4 <= used; x += 4) {
    a = (a ^ L.cellAt(row, x)) * k;
    b = (b ^ L.cellAt(row, x + 1)) * k;
    c = (c ^ L.cellAt(row, x + 2)) * k;
    d = (d ^ L.cellAt(row, x + 3)) * k;
    a ^= a >> 29;
    b ^= b >> 31;
    c ^= c >> 30;
    d ^= d >> 28;
  }
  for (; x < used; x++) a = rotl<u64>((a ^ L.cellAt(row, x)) * k, 23);
  return (a ^ rotl<u64>(b, 17) ^ rotl<u64>(c, 31) ^ rotl<u64>(d, 47)) * k;
}

/** Length of the run that {@link gainOf} looked at last. */
let runLength: i32 = 0;

/** Bytes saved by moving the run of rows that starts at `top` up by `shift` (down if negative). */
function gainOf(top: i32, shift: i32, start: i32, end: i32): i32 {
  let gain = 0;
  let y = top;
  while (y < end && y + shift < end && y + shift >= start && newHash(y) == oldHash(y + shift)) {
    if (newHash(y) != oldHash(y)) gain += cost(y);
    y++;
  }
  runLength = y - top;
  // The rows that scroll in are blank: those that were right before have to be drawn again.
  const blankStart = shift > 0 ? y : top + shift;
  const blankEnd = shift > 0 ? y + shift : top;
  for (let i = blankStart; i < blankEnd; i++) if (newHash(i) == oldHash(i)) gain -= cost(i);
  return gain - SCROLL_COST;
}

/** Looks for the run that saves most within rows start..end-1. */
function findBest(start: i32, end: i32): void {
  const count = end - start;
  let size = 16;
  while (size < count) size <<= 1;
  const mask = <u64>(size - 1);
  memory.fill(buckets, 0, (<usize>size) << 2);
  for (let y = end - 1; y >= start; y--) {
    const bucket = buckets + ((<usize>(oldHash(y) & mask)) << 2);
    store<i32>(chain + ((<usize>y) << 2), load<i32>(bucket));
    store<i32>(bucket, y + 1);
  }
  bestGain = 0;
  let budget = count * BUDGET_PER_ROW;
  for (let y = start; y < end && budget > 0; y++) {
    const hash = newHash(y);
    if (cost(y) == 0 || hash == oldHash(y)) continue;
    let from = load<i32>(buckets + ((<usize>(hash & mask)) << 2)) - 1;
    for (let tries = 0; from >= 0 && tries < MAX_CANDIDATES; tries++) {
      const shift = from - y;
      // Not the start of its run: looked at already, unless the run began with a blank row.
      const inside = y > start && from > start && newHash(y - 1) == oldHash(from - 1) && cost(y - 1) > 0;
      if (oldHash(from) == hash && shift != 0 && !inside) {
        const gain = gainOf(y, shift, start, end);
        budget -= runLength + abs(shift);
        if (gain > bestGain) {
          bestGain = gain;
          bestTop = y;
          bestLength = runLength;
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

function blankRows(from: i32, count: i32, hash: u64): void {
  for (let y = from; y < from + count; y++) {
    store<u32>(work + ((<usize>y) << 2), 0);
    store<u64>(oldHashes + ((<usize>y) << 3), hash);
  }
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
    P.leaveEdge();
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
 * Scrolls what can be scrolled within rows start..end-1, the span of all changed rows, and changes `workTable` as the
 * receiver's screen changes.
 * @param scratch SCROLL_SCRATCH bytes for each row of the screen, and 64 more
 * @returns true if anything was scrolled
 */
export function scrollRows(
  workTable: usize,
  newTable: usize,
  columns: i32,
  rows: i32,
  start: i32,
  end: i32,
  scratch: usize,
  screen: bool,
): bool {
  work = workTable;
  cols = columns;
  oldHashes = scratch;
  newHashes = oldHashes + ((<usize>rows) << 3);
  costs = newHashes + ((<usize>rows) << 3);
  chain = costs + ((<usize>rows) << 2);
  buckets = chain + ((<usize>rows) << 2);
  const blank = hashRow(0, 0);
  for (let y = start; y < end; y++) {
    const row: usize = load<u32>(newTable + ((<usize>y) << 2));
    const used = usedColumns(row);
    const hash = hashRow(row, used);
    store<u64>(newHashes + ((<usize>y) << 3), hash);
    store<i32>(costs + ((<usize>y) << 2), used);
    const before = oldRow(y);
    store<u64>(oldHashes + ((<usize>y) << 3), before == row ? hash : hashRow(before, usedColumns(before)));
  }
  let scrolled = false;
  for (let i = 0; i < MAX_SCROLLS; i++) {
    findBest(start, end);
    if (bestGain <= 0) break;
    const up = bestShift;
    const top = min(bestTop, bestTop + up);
    const bottom = max(bestTop, bestTop + up) + bestLength - 1;
    putScroll(top, bottom, up, rows, screen);
    moveRows(bestTop, bestTop + up, bestLength);
    if (up > 0) blankRows(bestTop + bestLength, up, blank);
    else blankRows(top, -up, blank);
    scrolled = true;
  }
  return scrolled;
}
