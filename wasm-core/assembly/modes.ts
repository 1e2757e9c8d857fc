/**
 * Modes: SM, RM, DECSET, DECRST, their queries (DECRQM) and saved copies (XTSAVE), and the alternate screen.
 * Called by dispatch.ts; terminal.md 9.
 *
 * The replica knows the modes of terminal.md 9 and treats 6, 3 and the groups of mouse modes as stock does.
 */
import {
  MODE_ALTERNATE_SCREEN,
  MODE_ALTERNATE_SCROLL,
  MODE_APP_CURSOR_KEYS,
  MODE_AUTOWRAP,
  MODE_BRACKETED_PASTE,
  MODE_CURSOR_VISIBLE,
  MODE_FOCUS,
  MODE_INSERT,
  MODE_ORIGIN,
  MODE_REVERSE_VIDEO,
  MODE_SYNCHRONIZED,
  T_MODES,
  T_MOUSE_ENCODING,
  T_MOUSE_MODE,
} from "./layout";
import { switchScreen } from "./alternate";
import { parameter, parameterCount } from "./params";
import { restoreCursor, saveCursor } from "./saved";
import {
  blankCell,
  blankRow,
  clearPendingWrap,
  hasMode,
  hasMode2,
  isHost,
  leftLimit,
  moveCursor,
  resetMargins,
  resetSideMargins,
  rows,
  setMode,
  setMode2,
  topLimit,
} from "./screen";
import {
  MODE2_ALLOW_COLUMNS,
  MODE2_BACKARROW,
  MODE2_COLUMNS_132,
  MODE2_CURSOR_BLINK,
  MODE2_EXTENDED_REVERSE_WRAP,
  MODE2_KEYBOARD_LOCKED,
  MODE2_KEYPAD,
  MODE2_FONT_SHIFT,
  MODE2_LEFT_RIGHT,
  MODE2_MORE_FIX,
  MODE2_NATIONAL,
  MODE2_NEWLINE,
  MODE2_NO_CLEAR_ON_COLUMNS,
  MODE2_PRINT_EXTENT,
  MODE2_PRINT_FORM_FEED,
  MODE2_REVERSE_WRAP,
  MODE2_SEND_RECEIVE,
  MODE2_SMOOTH_SCROLL,
  T_LEVEL,
  T_MODES2,
  T_XTSAVE,
} from "./state";

// vt: SM, RM · CSI … h, CSI … l · 4 insert · host: also 2, 12, 20
export function setAnsiModes(t: usize, on: bool): void {
  const host = isHost(t);
  for (let i = 0; i < parameterCount(); i++) {
    switch (parameter(i, 0)) {
      case 2:
        if (host) setMode2(t, MODE2_KEYBOARD_LOCKED, on);
        break;
      case 4:
        setMode(t, MODE_INSERT, on);
        break;
      case 12:
        if (host) setMode2(t, MODE2_SEND_RECEIVE, on);
        break;
      case 20:
        if (host) setMode2(t, MODE2_NEWLINE, on);
        break;
    }
  }
}

// vt: DECSET, DECRST · CSI ? … h, CSI ? … l · private modes; keeps pending wrap
export function setPrivateModes(t: usize, on: bool): void {
  for (let i = 0; i < parameterCount(); i++) setPrivateMode(t, parameter(i, 0), on);
}

/** Flags of T_MODES2 stand in the upper half of a flag word. */
function second(flag: u32): u64 {
  return (<u64>flag) << 32;
}

/** Flag word of a private mode that both roles know, 0 for the others. */
function commonFlag(mode: i32): u64 {
  switch (mode) {
    case 1:
      return MODE_APP_CURSOR_KEYS;
    case 5:
      return MODE_REVERSE_VIDEO;
    case 6:
      return MODE_ORIGIN;
    case 7:
      return MODE_AUTOWRAP;
    case 25:
      return MODE_CURSOR_VISIBLE;
    case 1004:
      return MODE_FOCUS;
    case 1007:
      return MODE_ALTERNATE_SCROLL;
    case 2004:
      return MODE_BRACKETED_PASTE;
  }
  return 0;
}

/** Flag word of a private mode of the host role, 0 for unknown ones. */
function hostFlag(mode: i32): u64 {
  switch (mode) {
    case 3:
      return second(MODE2_COLUMNS_132);
    case 4:
      return second(MODE2_SMOOTH_SCROLL);
    case 12:
      return second(MODE2_CURSOR_BLINK);
    case 18:
      return second(MODE2_PRINT_FORM_FEED);
    case 19:
      return second(MODE2_PRINT_EXTENT);
    case 35:
      return second(MODE2_FONT_SHIFT);
    case 40:
      return second(MODE2_ALLOW_COLUMNS);
    case 41:
      return second(MODE2_MORE_FIX);
    case 42:
      return second(MODE2_NATIONAL);
    case 45:
      return second(MODE2_REVERSE_WRAP);
    case 47:
    case 1047:
    case 1049:
      return MODE_ALTERNATE_SCREEN;
    case 66:
      return second(MODE2_KEYPAD);
    case 67:
      return second(MODE2_BACKARROW);
    case 69:
      return second(MODE2_LEFT_RIGHT);
    case 95:
      return second(MODE2_NO_CLEAR_ON_COLUMNS);
    case 1045:
      return second(MODE2_EXTENDED_REVERSE_WRAP);
    case 2026:
      return MODE_SYNCHRONIZED;
  }
  return 0;
}

function flagOf(mode: i32): u64 {
  const flag = commonFlag(mode);
  return flag ? flag : hostFlag(mode);
}

/** Both mode words as one. */
function flags(t: usize): u64 {
  return <u64>load<u32>(t, T_MODES) | second(load<u32>(t, T_MODES2));
}

function isMouseMode(mode: i32): bool {
  return mode == 9 || (mode >= 1000 && mode <= 1003);
}

function isMouseEncoding(t: usize, mode: i32): bool {
  return mode == 1005 || mode == 1006 || mode == 1015 || (mode == 1016 && isHost(t));
}

function setPrivateMode(t: usize, mode: i32, on: bool): void {
  if (isMouseMode(mode)) {
    store<u16>(t, on ? <u16>mode : 0, T_MOUSE_MODE);
  } else if (isMouseEncoding(t, mode)) {
    store<u16>(t, on ? <u16>mode : 0, T_MOUSE_ENCODING);
  } else if (mode == 3) {
    setColumns(t, on);
  } else if (mode == 6) {
    setOrigin(t, on);
  } else {
    const flag = commonFlag(mode);
    if (flag) setMode(t, <u32>flag, on);
    else if (isHost(t)) setHostMode(t, mode, on);
  }
}

/** DECOM. Stock homes the cursor by the old mode, a real terminal by the new one (terminal.md 9). */
function setOrigin(t: usize, on: bool): void {
  if (isHost(t)) setMode(t, MODE_ORIGIN, on);
  moveCursor(t, topLimit(t), leftLimit(t));
  setMode(t, MODE_ORIGIN, on);
}

/**
 * DECCOLM. The width never changes: it is the user's window. Stock clears and homes always; the host role only if mode
 * 40 allows it (as xterm), and then resets the margins and leaves the contents alone under DECNCSM (95).
 */
function setColumns(t: usize, on: bool): void {
  const host = isHost(t);
  if (host) {
    if (!hasMode2(t, MODE2_ALLOW_COLUMNS)) return;
    setMode2(t, MODE2_COLUMNS_132, on);
    setMode2(t, MODE2_LEFT_RIGHT, false);
    resetMargins(t);
  }
  moveCursor(t, topLimit(t), leftLimit(t));
  if (host && hasMode2(t, MODE2_NO_CLEAR_ON_COLUMNS)) return;
  const blank = blankCell(t);
  for (let y = 0; y < rows(t); y++) blankRow(t, y, blank);
}

function setHostMode(t: usize, mode: i32, on: bool): void {
  switch (mode) {
    case 47:
      switchScreen(t, on);
      break;
    case 69:
      // A VT420 feature: not there at a lower conformance level.
      if (load<u32>(t, T_LEVEL) < 4) break;
      setMode2(t, MODE2_LEFT_RIGHT, on);
      resetSideMargins(t);
      break;
    case 95:
      if (load<u32>(t, T_LEVEL) >= 5) setMode2(t, MODE2_NO_CLEAR_ON_COLUMNS, on);
      break;
    case 1047:
      // Leaving clears the alternate screen, so that it is blank when it is entered again.
      if (!on && hasMode(t, MODE_ALTERNATE_SCREEN)) clearScreen(t);
      switchScreen(t, on);
      break;
    case 1048:
      if (on) saveCursor(t);
      else restoreCursor(t);
      break;
    case 1049:
      if (on) {
        saveCursor(t);
        if (!hasMode(t, MODE_ALTERNATE_SCREEN)) {
          switchScreen(t, true);
          clearScreen(t);
        }
      } else {
        switchScreen(t, false);
        restoreCursor(t);
      }
      break;
    default: {
      const flag = hostFlag(mode);
      if (<u32>flag) setMode(t, <u32>flag, on);
      else if (flag) setMode2(t, <u32>(flag >> 32), on);
    }
  }
}

/** All rows of the screen in use blank, the cursor stays. */
function clearScreen(t: usize): void {
  const blank = blankCell(t);
  for (let y = 0; y < rows(t); y++) blankRow(t, y, blank);
  clearPendingWrap(t);
}

// ---- queries and saved copies (host role)

const UNKNOWN: u32 = 0;
const SET: u32 = 1;
const RESET: u32 = 2;
const PERMANENTLY_SET: u32 = 3;
const PERMANENTLY_RESET: u32 = 4;

/** DECRPM value of an ANSI mode. */
export function ansiModeState(t: usize, mode: i32): u32 {
  switch (mode) {
    case 2:
      return hasMode2(t, MODE2_KEYBOARD_LOCKED) ? SET : RESET;
    case 4:
      return hasMode(t, MODE_INSERT) ? SET : RESET;
    case 12:
      return hasMode2(t, MODE2_SEND_RECEIVE) ? SET : RESET;
    case 20:
      return hasMode2(t, MODE2_NEWLINE) ? SET : RESET;
    // GATM, SRTM, VEM, HEM, PUM, FEAM, FETM, MATM, TTM, SATM, TSM, EBM: known to ECMA-48, never implemented.
    case 1:
    case 5:
    case 7:
    case 10:
    case 11:
    case 13:
    case 14:
    case 15:
    case 16:
    case 17:
    case 18:
    case 19:
      return PERMANENTLY_RESET;
  }
  return UNKNOWN;
}

/** DECRPM value of a private mode. */
export function privateModeState(t: usize, mode: i32): u32 {
  const flag = flagOf(mode);
  if (flag) return flags(t) & flag ? SET : RESET;
  if (isMouseMode(mode)) return <i32>load<u16>(t, T_MOUSE_MODE) == mode ? SET : RESET;
  if (isMouseEncoding(t, mode)) return <i32>load<u16>(t, T_MOUSE_ENCODING) == mode ? SET : RESET;
  switch (mode) {
    case 1048:
      return SET;
    // Keys repeat, whatever the program wishes: the keyboard is the user's.
    case 8:
      return PERMANENTLY_SET;
    // Grapheme clustering: widths are those of single code points.
    case 2027:
      return PERMANENTLY_RESET;
  }
  return UNKNOWN;
}

// vt: XTSAVE · CSI ? … s · saves the values of private modes · host only
export function savePrivateModes(t: usize): void {
  for (let i = 0; i < parameterCount(); i++) {
    const mode = parameter(i, 0);
    const flag = flagOf(mode);
    store<u64>(t, (load<u64>(t, T_XTSAVE) & ~flag) | (flags(t) & flag), T_XTSAVE);
    if (isMouseMode(mode)) store<u16>(t, load<u16>(t, T_MOUSE_MODE), T_XTSAVE + 8);
    else if (isMouseEncoding(t, mode)) store<u16>(t, load<u16>(t, T_MOUSE_ENCODING), T_XTSAVE + 10);
  }
}

// vt: XTRESTORE · CSI ? … r · restores saved values of private modes · host only
export function restorePrivateModes(t: usize): void {
  for (let i = 0; i < parameterCount(); i++) {
    const mode = parameter(i, 0);
    const flag = flagOf(mode);
    if (flag) setPrivateMode(t, mode, (load<u64>(t, T_XTSAVE) & flag) != 0);
    else if (isMouseMode(mode)) store<u16>(t, load<u16>(t, T_XTSAVE + 8), T_MOUSE_MODE);
    else if (isMouseEncoding(t, mode)) store<u16>(t, load<u16>(t, T_XTSAVE + 10), T_MOUSE_ENCODING);
  }
}
