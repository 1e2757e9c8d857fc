/**
 * Tab stops: a bit set that exists only once a program has changed a stop; until then every eighth column has one.
 * Called by cursor.ts (moving), dispatch.ts (HTS, TBC, DECST8C) and resize.ts.
 */
import { T_COLS } from "./layout";
import { alloc, release } from "./memory";
import { parameter } from "./params";
import { cursorCol, hasMode2, setMode2 } from "./screen";
import { MODE2_DEFAULT_TABS, T_TABS, T_TABS_COLS } from "./state";

/** Bytes of a bit set for `cols` columns. */
function bitsSize(cols: i32): usize {
  return <usize>(((cols + 31) >> 5) << 2);
}

export function isTabStop(t: usize, x: i32): bool {
  const bits = <usize>load<u32>(t, T_TABS);
  if (bits == 0) return (x & 7) == 0;
  return ((load<u32>(bits + ((<usize>x >> 5) << 2)) >> (x & 31)) & 1) != 0;
}

/** Sets or clears the stop in column `x`; makes the bit set if there is none. */
function setTabStop(t: usize, x: i32, on: bool): void {
  if (isTabStop(t, x) == on) return;
  if (load<u32>(t, T_TABS) == 0) materialise(t, true);
  const word = <usize>load<u32>(t, T_TABS) + ((<usize>x >> 5) << 2);
  const bit: u32 = 1 << (x & 31);
  store<u32>(word, on ? load<u32>(word) | bit : load<u32>(word) & ~bit);
}

/** Makes the bit set: default stops or none. */
function materialise(t: usize, defaults: bool): void {
  freeTabs(t);
  const cols = load<i32>(t, T_COLS);
  const size = bitsSize(cols);
  const bits = alloc(size);
  // Bit x of a little-endian word is column x: every eighth column is the lowest bit of each byte.
  memory.fill(bits, defaults ? 1 : 0, size);
  store<u32>(t, <u32>bits, T_TABS);
  store<i32>(t, cols, T_TABS_COLS);
}

/** Back to a stop every eighth column. */
export function freeTabs(t: usize): void {
  const bits = <usize>load<u32>(t, T_TABS);
  if (bits) release(bits, bitsSize(load<i32>(t, T_TABS_COLS)));
  store<u32>(t, 0, T_TABS);
}

/** Gives the fresh copy `t` (whose fields still point at the original's) a bit set of its own. */
export function copyTabs(t: usize): void {
  const bits = <usize>load<u32>(t, T_TABS);
  if (bits == 0) return;
  const size = bitsSize(load<i32>(t, T_TABS_COLS));
  const copy = alloc(size);
  memory.copy(copy, bits, size);
  store<u32>(t, <u32>copy, T_TABS);
}

/** After a resize from `oldCols`: new columns get default stops while the marker is on (terminal.md 16). */
export function resizeTabs(t: usize, oldCols: i32): void {
  const old = <usize>load<u32>(t, T_TABS);
  if (old == 0) return;
  const cols = load<i32>(t, T_COLS);
  const size = bitsSize(cols);
  const bits = alloc(size);
  memory.fill(bits, hasMode2(t, MODE2_DEFAULT_TABS) ? 1 : 0, size);
  const kept = min(cols, oldCols);
  memory.copy(bits, old, <usize>((kept >> 5) << 2));
  for (let x = kept & ~31; x < kept; x++) {
    const word = (<usize>x >> 5) << 2;
    const bit: u32 = 1 << (x & 31);
    store<u32>(bits + word, (load<u32>(bits + word) & ~bit) | (load<u32>(old + word) & bit));
  }
  release(old, bitsSize(load<i32>(t, T_TABS_COLS)));
  store<u32>(t, <u32>bits, T_TABS);
  store<i32>(t, cols, T_TABS_COLS);
}

// vt: HTS · ESC H, C1 88 · sets a tab stop at the cursor
export function tabSet(t: usize): void {
  setTabStop(t, cursorCol(t), true);
}

// vt: TBC · CSI n g · 0: clears the stop at the cursor, 3: all; keeps pending wrap
export function tabClear(t: usize): void {
  const what = parameter(0, 0);
  if (what == 0) {
    setTabStop(t, cursorCol(t), false);
  } else if (what == 3) {
    materialise(t, false);
    setMode2(t, MODE2_DEFAULT_TABS, false);
  }
}

// vt: DECST8C · CSI ? 5 W · a tab stop every eighth column · host only
export function tabsEveryEight(t: usize): void {
  if (parameter(0, 0) != 5) return;
  freeTabs(t);
  setMode2(t, MODE2_DEFAULT_TABS, true);
}
