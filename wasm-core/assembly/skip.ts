/**
 * Lines that scroll out of the screen within the write that brings them need not be drawn: there is no scrollback.
 *
 * If what follows is nothing but text, line ends, SGR and EL, everything up to a line start P may be passed over, where
 * at least as many line feeds follow P as the scrolling region has rows. Drawing goes on at P by the code that draws
 * everything else, and it scrolls all rows out that were there before: wrap flags, backgrounds, row generations and
 * rows that snapshots share come out as they would have.
 *
 * What a line that was passed over leaves behind besides its cells, and how that is made right:
 *
 *   cursor, pending wrap, combining target   P is right behind CR LF: column 0 of the region's last row, none, there
 *   last printed character (REP)             the line feeds behind P forget it
 *   UTF-8 in progress                        none: the CR ends it
 *   pen                                      SGR is carried out, from the last full reset before P on
 *   all else                                 nothing that is passed over touches modes, tab stops, sets, bells, answers …
 *
 * Not for the replica (its cursor may depend on cells), with left and right margins, under origin or insert mode, with a
 * single shift pending, or from outside the region. What may be passed over is harmless.ts's to say. Called by parser.ts in ground, with 16 readable bytes behind every input.
 */
import { BLOCK, Bytes, firstEscape, harmlessUntil } from "./harmless";
import { MODE_INSERT, MODE_ORIGIN, T_CURSOR_ROW, T_MODES, T_REGION_BOTTOM, T_REGION_TOP } from "./layout";
import { Parameters, parseParameters } from "./params";
import { hasMode2, isHost, placeCursor } from "./screen";
import { selectGraphicRendition } from "./sgr";
import { MODE2_LEFT_RIGHT, T_SINGLE_SHIFT, T_SKIP_LINE, T_SKIP_PAUSE, T_SKIP_WAIT } from "./state";

// ---- when to look: what is scanned in vain is the price, and programs that never profit are to pay next to nothing

/** Bytes to let pass after a stretch that was too short; twice as many each time, up to the largest. */
const PAUSE_FIRST: u32 = 64;
const PAUSE_LAST: u32 = 16384;

/** Where in the bytes that are being fed the next look is due. */
export let skipDue: usize = 0;

/** Before the bytes at `p`. */
export function beginSkipping(t: usize, p: usize): void {
  skipDue = isHost(t) ? p + <usize>load<u32>(t, T_SKIP_WAIT) : usize.MAX_VALUE;
}

/** After the bytes up to `end`: the rest of the pause is for the next ones. */
export function endSkipping(t: usize, end: usize): void {
  if (isHost(t)) store<u32>(t, skipDue > end ? <u32>(skipDue - end) : 0, T_SKIP_WAIT);
}

/** Nothing to gain near `p`. */
function pause(t: usize, p: usize): void {
  const length = max(load<u32>(t, T_SKIP_PAUSE), PAUSE_FIRST);
  store<u32>(t, min(length << 1, PAUSE_LAST), T_SKIP_PAUSE);
  skipDue = p + <usize>length;
}

/** Whether lines scroll out of the screen as whole rows, and the cursor is where they do. */
export function canSkip(t: usize): bool {
  if (load<u32>(t, T_MODES) & (MODE_ORIGIN | MODE_INSERT)) return false;
  if (hasMode2(t, MODE2_LEFT_RIGHT) || load<u8>(t, T_SINGLE_SHIFT)) return false;
  const y = load<i32>(t, T_CURSOR_ROW);
  return y >= load<i32>(t, T_REGION_TOP) && y <= load<i32>(t, T_REGION_BOTTOM);
}

/**
 * Passes over what need not be drawn of the bytes from `p` on, in ground; returns where drawing has to begin, which is
 * `p` if there is nothing to gain.
 */
export function skipScrolledOut(t: usize, p: usize, end: usize): usize {
  const y = load<i32>(t, T_CURSOR_ROW);
  const bottom = load<i32>(t, T_REGION_BOTTOM);
  const height = <u32>(bottom - load<i32>(t, T_REGION_TOP) + 1);
  const length = <u32>(end - p);
  // A scan costs a sixth of drawing at worst: a quarter has to be saved. What lines take is a guess from the last look,
  // which is less sure each time.
  const line = load<u32>(t, T_SKIP_LINE);
  if (length < BLOCK || height * line > length - (length >> 2)) {
    store<u32>(t, line - ((line + 63) >> 6), T_SKIP_LINE);
    skipDue = end;
    return p;
  }
  if (!canSkip(t)) {
    pause(t, p);
    return p;
  }
  const safe = harmlessUntil(p, end);
  const start = lineStart(p, safe, height);
  if (missing) {
    if (safe + BLOCK > end) {
      store<u32>(t, length / height + 1, T_SKIP_LINE);
      skipDue = end;
    } else {
      pause(t, safe);
    }
    return p;
  }
  store<u32>(t, <u32>(safe - start) / (height + 1), T_SKIP_LINE);
  store<u32>(t, 0, T_SKIP_PAUSE);
  skipDue = safe + BLOCK > end ? end : safe + BLOCK;
  // The cursor has come to the last row of the region before P.
  if (y < bottom) lineStart(p, start, <u32>(bottom - y - 1));
  if (missing) return p;
  if (firstEscape < start) setPen(t, p, start);
  placeCursor(t, bottom, 0);
  return start;
}

// ---- where drawing has to begin

/** Line feeds that the last {@link lineStart} could not find. */
let missing: u32 = 0;

/** The last address behind a CR LF of `from`..`to`, behind which there are `feeds` line feeds or more. */
function lineStart(from: usize, to: usize, feeds: u32): usize {
  missing = feeds + 1;
  let p = to;
  while (p > from) {
    p -= 16;
    let found = <u32>i8x16.bitmask(Bytes.equal(v128.load(p), 0x0a));
    if (p < from) found &= 0xffffffff << (<u32>(from - p));
    const count = <u32>popcnt(found);
    if (count < missing) {
      missing -= count;
      continue;
    }
    // The first `missing` - 1 from the top only count.
    for (; found; found ^= 1 << (31 - <u32>clz(found))) {
      if (missing > 1) {
        missing--;
        continue;
      }
      const at = p + <usize>(31 - <u32>clz(found));
      if (at == from || load<u8>(at - 1) != 0x0d) continue;
      missing = 0;
      return at + 1;
    }
  }
  return from;
}

// ---- the pen

/** Whether a full reset of the pen stands at `p`: CSI m, CSI 0 m or CSI 0 ; … m. */
function isReset(p: usize): bool {
  let q = p + 2;
  if (load<u8>(q) == 0x30) q++;
  else return load<u8>(q) == 0x6d;
  if (load<u8>(q) == 0x3b) while (<u32>load<u8>(q) - 0x30 < 12) q++;
  return load<u8>(q) == 0x6d;
}

/** Makes the pen what it is behind the sequences of `from`..`to`. */
function setPen(t: usize, from: usize, to: usize): void {
  let p = to;
  let reset: usize = 0;
  while (p > from && reset == 0) {
    p -= 16;
    let found = <u32>i8x16.bitmask(Bytes.equal(v128.load(p), 0x1b));
    if (p < from) found &= 0xffffffff << (<u32>(from - p));
    for (; found && reset == 0; ) {
      const bit = 31 - <u32>clz(found);
      found ^= 1 << bit;
      if (isReset(p + <usize>bit)) reset = p + <usize>bit;
    }
  }
  for (p = reset ? reset : from; p < to; p += 16) {
    let found = <u32>i8x16.bitmask(Bytes.equal(v128.load(p), 0x1b));
    for (; found; found &= found - 1) {
      const at = p + <usize>ctz(found);
      if (at < to) carryOut(t, at + 2, to);
    }
  }
}

/** Carries out the sequence with parameters at `text` if it is SGR. */
function carryOut(t: usize, text: usize, end: usize): void {
  let final = text;
  while (<u32>load<u8>(final) - 0x30 < 12) final++;
  if (load<u8>(final) != 0x6d) return;
  if (Parameters.scan(text, end) != final) parseParameters(text, final - text);
  selectGraphicRendition(t);
}
