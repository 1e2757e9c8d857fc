/**
 * Resets and the screen alignment test: RIS, DECSTR, DECALN. Called by dispatch.ts; terminal.md 7 and 12.
 */
import { dropAlternate } from "./alternate";
import { resetCharsets } from "./charset";
import {
  MODE_APP_CURSOR_KEYS,
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
  MODE2_KEYPAD,
  MODE2_LEFT_RIGHT,
  MODE2_REVERSE_WRAP,
  PROTECT_NONE,
  T_ATTRIBUTE_EXTENT,
  T_CURSOR_STYLE,
  T_LAST_PRINTED,
  T_PEN_FLAGS,
  T_PROTECTION,
} from "./state";
import { freeTabs } from "./tabs";
import { freeTitleStack } from "./titles";

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
}

// vt: RIS | ESC c | full reset; keeps icon name and bell count
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

// vt: DECSTR | CSI ! p | soft reset; keeps position, tabs and contents | replica: keeps auto-wrap
export function softReset(t: usize): void {
  setMode(t, MODE_INSERT | MODE_ORIGIN | MODE_APP_CURSOR_KEYS, false);
  setMode(t, MODE_CURSOR_VISIBLE, true);
  store<u32>(t, 0, T_PEN);
  if (isHost(t)) {
    setMode2(t, MODE2_LEFT_RIGHT | MODE2_KEYPAD | MODE2_REVERSE_WRAP, false);
    resetCharsets(t);
    store<u32>(t, 0, T_PEN_FLAGS);
    store<u32>(t, PROTECT_NONE, T_PROTECTION);
    resetSaved(t, 1);
  }
  resetMargins(t);
  resetSaved(t, 0);
}

// vt: DECALN | ESC # 8 | fills the screen with E | replica: keeps cursor and margins | host: homes, resets margins and origin
export function screenAlignment(t: usize): void {
  const host = isHost(t);
  if (host) {
    setMode(t, MODE_ORIGIN, false);
    setMode2(t, MODE2_LEFT_RIGHT, false);
    resetMargins(t);
    placeCursor(t, 0, 0);
  }
  const blank = host ? 0 : blankCell(t);
  for (let y = 0; y < rows(t); y++) {
    blankRow(t, y, 0);
    fillCells(writableRow(t, y), 0, columns(t), blank | 0x45);
  }
}
