/**
 * Resets and the screen alignment test: RIS, DECSTR, DECALN. Called by dispatch.ts; terminal.md 7 and 12.
 */
import { dropAlternate } from "./alternate";
import { resetCharsets } from "./charset";
import {
  MODE_APP_CURSOR_KEYS,
  MODE_AUTOWRAP,
  MODE_CURSOR_VISIBLE,
  MODE_INSERT,
  MODE_ORIGIN,
  MODE_TITLE_SET,
  T_CLIPBOARD,
  T_MODES,
  T_PEN,
  T_TITLE,
} from "./layout";
import { releaseText } from "./memory";
import { parameter } from "./params";
import {
  blankCell,
  blankRow,
  columns,
  fillCells,
  isHost,
  placeCursor,
  resetDrawState,
  resetMargins,
  resetSaved,
  rows,
  setMode,
  setMode2,
  writableRow,
} from "./screen";
import {
  MODE2_EXTENDED_REVERSE_WRAP,
  MODE2_KEYBOARD_LOCKED,
  MODE2_KEYPAD,
  MODE2_LEFT_RIGHT,
  MODE2_NATIONAL,
  MODE2_REVERSE_WRAP,
  CHECKSUM_INITIAL,
  LEVEL_HIGHEST,
  PROTECT_NONE,
  T_ATTRIBUTE_EXTENT,
  T_CHECKSUM_FLAGS,
  T_CURSOR_STYLE,
  T_LAST_PRINTED,
  T_LEVEL,
  T_PEN_FLAGS,
  T_PROTECTION,
  T_XTSAVE,
} from "./state";
import { freeTabs } from "./tabs";
import { freeTitleStack } from "./titles";

/** Modes of the host role that a soft reset turns off. */
const MODE2_SOFT_RESET: u32 =
  MODE2_LEFT_RIGHT |
  MODE2_KEYPAD |
  MODE2_KEYBOARD_LOCKED |
  MODE2_NATIONAL |
  MODE2_REVERSE_WRAP |
  MODE2_EXTENDED_REVERSE_WRAP;

/** Everything a terminal starts with, besides its rows: also used when one is created. */
export function resetState(t: usize): void {
  const titleSet = load<u32>(t, T_MODES) & MODE_TITLE_SET;
  freeTabs(t);
  resetDrawState(t);
  resetCharsets(t);
  store<u32>(t, load<u32>(t, T_MODES) | titleSet, T_MODES);
  store<u32>(t, 0, T_PEN_FLAGS);
  store<u32>(t, PROTECT_NONE, T_PROTECTION);
  store<u8>(t, 0, T_CURSOR_STYLE);
  store<u32>(t, 0, T_LAST_PRINTED);
  store<u32>(t, 0, T_ATTRIBUTE_EXTENT);
  store<u32>(t, CHECKSUM_INITIAL, T_CHECKSUM_FLAGS);
  store<u32>(t, LEVEL_HIGHEST, T_LEVEL);
  store<u64>(t, 0, T_XTSAVE);
  store<u32>(t, 0, T_XTSAVE + 8);
}

// vt: RIS · ESC c · full reset; keeps icon name and bell count
export function fullReset(t: usize): void {
  if (isHost(t)) {
    dropAlternate(t);
    freeTitleStack(t);
  }
  resetState(t);
  for (let y = 0; y < rows(t); y++) blankRow(t, y, 0);
  releaseText(<usize>load<u32>(t, T_TITLE));
  store<u32>(t, 0, T_TITLE);
  releaseText(<usize>load<u32>(t, T_CLIPBOARD));
  store<u32>(t, 0, T_CLIPBOARD);
}

// vt: DECSTR · CSI ! p · soft reset; keeps position, tabs and contents · replica: keeps auto-wrap
export function softReset(t: usize): void {
  setMode(t, MODE_INSERT | MODE_ORIGIN | MODE_APP_CURSOR_KEYS, false);
  setMode(t, MODE_CURSOR_VISIBLE, true);
  store<u32>(t, 0, T_PEN);
  if (isHost(t)) {
    setMode(t, MODE_AUTOWRAP, true);
    setMode2(t, MODE2_SOFT_RESET, false);
    resetCharsets(t);
    store<u32>(t, 0, T_PEN_FLAGS);
    store<u32>(t, PROTECT_NONE, T_PROTECTION);
    resetSaved(t, 1);
  }
  resetMargins(t);
  resetSaved(t, 0);
}

// vt: DECSCL · CSI 6n ; c " p · conformance level 1..5, after a soft reset; controls are always 7-bit · host only
export function conformanceLevel(t: usize): void {
  const level = parameter(0, 60 + <i32>LEVEL_HIGHEST) - 60;
  if (level < 1 || level > <i32>LEVEL_HIGHEST) return;
  softReset(t);
  store<u32>(t, level, T_LEVEL);
}

// vt: DECALN · ESC # 8 · fills the screen with E · replica: keeps cursor and margins · host: homes, resets the margins
export function screenAlignment(t: usize): void {
  const host = isHost(t);
  if (host) {
    resetMargins(t);
    placeCursor(t, 0, 0);
  }
  const blank = host ? 0 : blankCell(t);
  for (let y = 0; y < rows(t); y++) {
    blankRow(t, y, 0);
    fillCells(writableRow(t, y), 0, columns(t), blank | 0x45);
  }
}
