/**
 * The alternate screen (host role): two tables of rows, one of them in use. The second is made when a program first
 * asks for it; until then a terminal has one. Called by modes.ts, resize.ts, reset.ts and terminal.ts.
 */
import { MODE_ALTERNATE_SCREEN, T_ALTERNATE_TABLE, T_ROWS, T_ROW_TABLE } from "./layout";
import { alloc, release, releaseRow, retainRow } from "./memory";
import { clearPendingWrap, hasMode, newBlankRow, setMode } from "./screen";

/**
 * A table of blank rows in the current size: all one row until they are written to. As in stock they are copies of one
 * another (display.md 3.3), and a blank screen costs one row.
 */
export function newRowTable(t: usize, blank: u64): usize {
  const count = load<i32>(t, T_ROWS);
  const table = alloc((<usize>count) << 2);
  fillRowTable(t, table, 0, count, blank);
  return table;
}

/** Makes entries from..count-1 of a table one shared blank row. */
export function fillRowTable(t: usize, table: usize, from: i32, count: i32, blank: u64): void {
  if (from >= count) return;
  const row = newBlankRow(t, blank);
  for (let y = from; y < count; y++) {
    store<u32>(table + ((<usize>y) << 2), <u32>row);
    if (y > from) retainRow(row);
  }
}

/** Releases a table of `count` rows and its rows. */
export function freeRowTable(table: usize, count: i32): void {
  for (let y = 0; y < count; y++) releaseRow(<usize>load<u32>(table + ((<usize>y) << 2)));
  release(table, (<usize>count) << 2);
}

/** A table of the same rows, shared. */
export function shareRowTable(table: usize, count: i32): usize {
  const copy = alloc((<usize>count) << 2);
  for (let y: usize = 0; y < <usize>count; y++) {
    const row = load<u32>(table + (y << 2));
    retainRow(<usize>row);
    store<u32>(copy + (y << 2), row);
  }
  return copy;
}

/** Makes the alternate (or main) screen the one in use; the cursor and everything else is shared. */
export function switchScreen(t: usize, alternate: bool): void {
  if (hasMode(t, MODE_ALTERNATE_SCREEN) == alternate) return;
  const inUse = load<u32>(t, T_ROW_TABLE);
  let other = load<u32>(t, T_ALTERNATE_TABLE);
  if (other == 0) other = <u32>newRowTable(t, 0);
  store<u32>(t, other, T_ROW_TABLE);
  store<u32>(t, inUse, T_ALTERNATE_TABLE);
  setMode(t, MODE_ALTERNATE_SCREEN, alternate);
  clearPendingWrap(t);
}

/** Back to one screen, the main one, keeping its rows. */
export function dropAlternate(t: usize): void {
  switchScreen(t, false);
  const other = <usize>load<u32>(t, T_ALTERNATE_TABLE);
  if (other) freeRowTable(other, load<i32>(t, T_ROWS));
  store<u32>(t, 0, T_ALTERNATE_TABLE);
}
