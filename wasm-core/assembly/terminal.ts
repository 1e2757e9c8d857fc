/**
 * A terminal's life: made, copied, freed. Called through the ABI.
 *
 * A copy shares all rows and texts with its original and costs pointers. A clone is a terminal in its own right, in the
 * same state of everything; a snapshot is the picture that is kept for sending: its parser is in ground, and what only
 * the program could come back to (the other screen, the title stack) is left out. Answers waiting for the child stay
 * with the original.
 */
import { freeRowTable, newRowTable, shareRowTable } from "./alternate";
import {
  T_ALTERNATE_TABLE,
  T_CLIPBOARD,
  T_COLS,
  T_ICON,
  T_LINEAGE,
  T_ROLE,
  T_ROWS,
  T_ROW_TABLE,
  T_TITLE,
} from "./layout";
import { joinLineage, leaveLineage, newLineage } from "./lineage";
import { alloc, ensureHeadroom, release, releaseText, retainText } from "./memory";
import { feed } from "./parser";
import { freeReplies } from "./reply";
import { resetState } from "./reset";
import { resize } from "./resize";
import { clampColumns, clampRows } from "./screen";
import {
  STATE_GROUND,
  T_PARAM_TEXT,
  T_REPLY,
  T_REPLY_LENGTH,
  T_REPLY_SIZE,
  T_SIZE,
  T_STATE,
  T_STRING,
  T_STRING_SIZE,
  T_TITLE_STACK,
  T_TITLE_STACK_USED,
  T_UTF8_LENGTH,
} from "./state";
import { beginString, copyString, endString } from "./strings";
import { copyTabs, freeTabs } from "./tabs";
import { copyTitleStack, freeTitleStack } from "./titles";

/** A blank terminal, size clamped to 1..MAX. 0 if memory is exhausted. */
export function createTerminal(cols: i32, height: i32, role: u32): usize {
  cols = clampColumns(cols);
  height = clampRows(cols, height);
  if (!ensureHeadroom(screenBytes(cols, height))) return 0;
  const t = alloc(T_SIZE);
  memory.fill(t, 0, T_SIZE);
  store<i32>(t, cols, T_COLS);
  store<i32>(t, height, T_ROWS);
  store<u32>(t, role, T_ROLE);
  joinLineage(newLineage(), t);
  resetState(t);
  store<u32>(t, <u32>newRowTable(t, 0), T_ROW_TABLE);
  return t;
}

/** Bytes a screen of this size takes, generously. */
export function screenBytes(cols: i32, height: i32): usize {
  return <usize>height * (((<usize>cols) << 3) + 64) + 65536;
}

/** Most that one event of 64 KiB allocates beside the screens: strings, answers, title stack, fresh slabs. */
const EVENT_BYTES: usize = 1 << 20;

/** Feeds `length` bytes (256 KiB at most) at `bytes`. False, and nothing done, if memory might run out on the way. */
export function feedTerminal(t: usize, bytes: usize, length: usize): bool {
  const screens = screenBytes(load<i32>(t, T_COLS), load<i32>(t, T_ROWS)) << 1;
  if (!ensureHeadroom(screens + EVENT_BYTES * (1 + (length >> 16)))) return false;
  feed(t, bytes, length);
  return true;
}

/** Resizes. False, and nothing done, if memory might run out on the way. */
export function resizeTerminal(t: usize, cols: i32, height: i32): bool {
  cols = clampColumns(cols);
  const screens = screenBytes(cols, clampRows(cols, height)) << 1;
  if (!ensureHeadroom(screens + EVENT_BYTES)) return false;
  resize(t, cols, height);
  return true;
}

/** Copies the struct and makes everything it points at shared or its own. */
function copy(t: usize, bytes: usize): usize {
  const c = alloc(T_SIZE);
  memory.copy(c, t, bytes);
  joinLineage(<usize>load<u32>(t, T_LINEAGE), c);
  const height = load<i32>(t, T_ROWS);
  store<u32>(c, <u32>shareRowTable(<usize>load<u32>(t, T_ROW_TABLE), height), T_ROW_TABLE);
  retainText(<usize>load<u32>(c, T_TITLE));
  retainText(<usize>load<u32>(c, T_ICON));
  retainText(<usize>load<u32>(c, T_CLIPBOARD));
  store<u32>(c, 0, T_REPLY);
  store<u32>(c, 0, T_REPLY_SIZE);
  store<u32>(c, 0, T_REPLY_LENGTH);
  copyTabs(c);
  return c;
}

/** A second terminal in the same state. 0 if memory is exhausted. */
export function cloneTerminal(t: usize): usize {
  if (!ensureHeadroom(COPY_BYTES)) return 0;
  const c = copy(t, T_SIZE);
  const other = <usize>load<u32>(t, T_ALTERNATE_TABLE);
  if (other) store<u32>(c, <u32>shareRowTable(other, load<i32>(t, T_ROWS)), T_ALTERNATE_TABLE);
  copyString(c);
  copyTitleStack(c);
  return c;
}

/** The picture of a terminal. 0 if memory is exhausted. */
export function snapshotTerminal(t: usize): usize {
  if (!ensureHeadroom(COPY_BYTES)) return 0;
  const s = copy(t, T_PARAM_TEXT);
  store<u32>(s, 0, T_ALTERNATE_TABLE);
  store<u32>(s, 0, T_TITLE_STACK);
  store<u32>(s, 0, T_TITLE_STACK_USED);
  store<u32>(s, 0, T_STRING);
  store<u32>(s, 0, T_STRING_SIZE);
  beginString(s);
  store<u8>(s, <u8>STATE_GROUND, T_STATE);
  store<u8>(s, 0, T_UTF8_LENGTH);
  return s;
}

/** Most a copy allocates: struct, two row tables, tab stops, string, title stack. */
const COPY_BYTES: usize = 1 << 18;

/** Gives back everything. */
export function freeTerminal(t: usize): void {
  const height = load<i32>(t, T_ROWS);
  freeRowTable(<usize>load<u32>(t, T_ROW_TABLE), height);
  const other = <usize>load<u32>(t, T_ALTERNATE_TABLE);
  if (other) freeRowTable(other, height);
  releaseText(<usize>load<u32>(t, T_TITLE));
  releaseText(<usize>load<u32>(t, T_ICON));
  releaseText(<usize>load<u32>(t, T_CLIPBOARD));
  freeTabs(t);
  freeTitleStack(t);
  freeReplies(t);
  endString(t);
  leaveLineage(t);
  release(t, T_SIZE);
}
