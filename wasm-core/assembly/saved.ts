/**
 * Saving and restoring the cursor: DECSC, DECRC and their ANSI forms. Called by dispatch.ts and modes.ts;
 * terminal.md 7.
 *
 * Saved are position, pen, auto-wrap and origin; in the host role also pending wrap, character sets and protection, and
 * each of the two screens has a saved cursor of its own, as in xterm.
 */
import {
  MODE_ALTERNATE_SCREEN,
  MODE_AUTOWRAP,
  MODE_ORIGIN,
  MODE_PENDING_WRAP,
  T_MODES,
  T_PEN,
  T_SAVED_PEN,
} from "./layout";
import { updateMapping } from "./charset";
import { cursorCol, cursorRow, hasMode, isHost, moveCursor } from "./screen";
import {
  SAVED_CHARSETS,
  SAVED_COL,
  SAVED_MODES,
  SAVED_PEN_FLAGS,
  SAVED_ROW,
  SAVED_SHIFTS,
  SAVED_SIZE,
  T_CHARSETS,
  T_GL,
  T_GR,
  T_PEN_FLAGS,
  T_SAVED,
  T_SINGLE_SHIFT,
} from "./state";

/** 0 = main screen, 1 = alternate screen. */
function screenIndex(t: usize): usize {
  return hasMode(t, MODE_ALTERNATE_SCREEN) ? 1 : 0;
}

// vt: DECSC · ESC 7 · saves the cursor · replica: clears pending wrap · host: also pending wrap, character sets, protection
// vt: SCOSC · CSI s · as DECSC · host only, unless left and right margins are enabled
export function saveCursor(t: usize): void {
  const index = screenIndex(t);
  const saved = t + T_SAVED + index * SAVED_SIZE;
  store<i32>(saved, cursorRow(t), SAVED_ROW);
  store<i32>(saved, cursorCol(t), SAVED_COL);
  store<u32>(t + (index << 2), load<u32>(t, T_PEN), T_SAVED_PEN);
  store<u32>(saved, load<u32>(t, T_MODES) & (MODE_AUTOWRAP | MODE_ORIGIN | MODE_PENDING_WRAP), SAVED_MODES);
  store<u32>(saved, load<u32>(t, T_CHARSETS), SAVED_CHARSETS);
  store<u8>(saved, load<u8>(t, T_GL), SAVED_SHIFTS);
  store<u8>(saved, load<u8>(t, T_GR), SAVED_SHIFTS + 1);
  store<u8>(saved, load<u8>(t, T_SINGLE_SHIFT), SAVED_SHIFTS + 2);
  store<u32>(saved, load<u32>(t, T_PEN_FLAGS), SAVED_PEN_FLAGS);
}

// vt: DECRC · ESC 8 · restores the saved cursor; the saved values stay
// vt: SCORC · CSI u · as DECRC · host only
export function restoreCursor(t: usize): void {
  const index = screenIndex(t);
  const saved = t + T_SAVED + index * SAVED_SIZE;
  const restored: u32 = MODE_AUTOWRAP | MODE_ORIGIN;
  const modes = load<u32>(saved, SAVED_MODES);
  store<u32>(t, (load<u32>(t, T_MODES) & ~restored) | (modes & restored), T_MODES);
  store<u32>(t, load<u32>(t + (index << 2), T_SAVED_PEN), T_PEN);
  const row = load<i32>(saved, SAVED_ROW);
  const col = load<i32>(saved, SAVED_COL);
  moveCursor(t, row, col);
  if (!isHost(t)) return;
  // A position saved under a larger size is clamped; then there is no wrap pending there.
  if (modes & MODE_PENDING_WRAP && cursorRow(t) == row && cursorCol(t) == col) {
    store<u32>(t, load<u32>(t, T_MODES) | MODE_PENDING_WRAP, T_MODES);
  }
  store<u32>(t, load<u32>(saved, SAVED_CHARSETS), T_CHARSETS);
  store<u8>(t, load<u8>(saved, SAVED_SHIFTS), T_GL);
  store<u8>(t, load<u8>(saved, SAVED_SHIFTS + 1), T_GR);
  store<u8>(t, load<u8>(saved, SAVED_SHIFTS + 2), T_SINGLE_SHIFT);
  store<u32>(t, load<u32>(saved, SAVED_PEN_FLAGS), T_PEN_FLAGS);
  updateMapping(t);
}
