/**
 * Which control does what: from a C0 or C1 control, an ESC or CSI function to its handler. Called by parser.ts; the
 * parameters are in params.ts.
 *
 * The key of a function is its collected characters and its final character packed into one number. The replica knows
 * the functions of terminal.md 6 to 8; the host role the modern set on top.
 *
 * Pending wrap (terminal.md 3.2): in the replica every function clears it first, unknown ones too, except the few
 * listed; in the host role a function clears it if it moves the cursor or changes the cell it is on.
 */
import { designate, lockingShift, lockingShiftRight, singleShift } from "./charset";
import {
  backspace,
  columnAbsolute,
  columnRelative,
  cursorBack,
  cursorDown,
  cursorForward,
  cursorNextLine,
  cursorPosition,
  cursorPreviousLine,
  cursorUp,
  rowAbsolute,
  rowRelative,
  tabBackward,
  tabForward,
} from "./cursor";
import {
  backIndex,
  deleteCharacters,
  deleteColumns,
  eraseCharacters,
  eraseDisplay,
  eraseLine,
  forwardIndex,
  insertCharacters,
  insertColumns,
  scrollLeft,
  scrollRight,
  selectiveEraseDisplay,
  selectiveEraseLine,
} from "./edit";
import { setMargins, setSideMargins } from "./margins";
import { restorePrivateModes, savePrivateModes, setAnsiModes, setPrivateModes } from "./modes";
import { hasSubParameters, parameter, parameterCount } from "./params";
import { repeat } from "./print";
import { deviceStatus, primaryAttributes, secondaryAttributes } from "./report";
import { fullReset, screenAlignment, softReset } from "./reset";
import { restoreCursor, saveCursor } from "./saved";
import { clearPendingWrap, hasMode2, isHost, ringBell, setMode2 } from "./screen";
import {
  carriageReturn,
  deleteLines,
  insertLines,
  lineFeed,
  lineStep,
  nextLine,
  reverseIndex,
  scrollDown,
  scrollUp,
} from "./scroll";
import { selectGraphicRendition } from "./sgr";
import { MODE2_KEYPAD, MODE2_LEFT_RIGHT } from "./state";
import { tabClear, tabsEveryEight, tabSet } from "./tabs";

// ---- keys: collected characters in the upper bytes
const BANG: u32 = 0x2100; // !
const HASH: u32 = 0x2300; // #
const QUOTE: u32 = 0x2200; // "
const APOSTROPHE: u32 = 0x2700; // '
const SPACE: u32 = 0x2000;
const GREATER: u32 = 0x3e00; // >
const QUESTION: u32 = 0x3f00; // ?

/** C0 control, or C1 control given as 80..9F. */
export function executeControl(t: usize, code: u32): void {
  if (code == 0x09) {
    tabForward(t, 1);
    return;
  }
  const host = isHost(t);
  if (code == 0x08) {
    // Clears pending wrap itself: it matters to it (display.md D1).
    backspace(t);
    return;
  }
  if (!host) clearPendingWrap(t);
  switch (code) {
    // vt: BEL | C0 07 | rings the bell
    case 0x07:
      ringBell(t);
      break;
    case 0x0a:
    case 0x0b:
    case 0x0c:
      lineFeed(t);
      break;
    case 0x84:
      lineStep(t, 1);
      break;
    case 0x0d:
      carriageReturn(t);
      break;
    case 0x85:
      nextLine(t);
      break;
    case 0x88:
      tabSet(t);
      break;
    case 0x8d:
      reverseIndex(t);
      break;
    default:
      if (host) executeHostControl(t, code);
  }
}

function executeHostControl(t: usize, code: u32): void {
  switch (code) {
    case 0x0e:
      lockingShift(t, 1);
      break;
    case 0x0f:
      lockingShift(t, 0);
      break;
    case 0x8e:
      singleShift(t, 2);
      break;
    case 0x8f:
      singleShift(t, 3);
      break;
    case 0x9a:
      primaryAttributes(t);
      break;
  }
}

/** ESC function; `key` = collected characters and final. */
export function dispatchEscape(t: usize, key: u32): void {
  if (key >= 0x40 && key <= 0x5f) {
    executeControl(t, key + 0x40);
    return;
  }
  if (!isHost(t)) clearPendingWrap(t);
  switch (key) {
    case 0x37:
      saveCursor(t);
      break;
    case 0x38:
      restoreCursor(t);
      break;
    case 0x63:
      fullReset(t);
      break;
    case HASH | 0x38:
      screenAlignment(t);
      break;
    default:
      if (isHost(t)) dispatchHostEscape(t, key);
  }
}

function dispatchHostEscape(t: usize, key: u32): void {
  const intermediate = key >> 8;
  if ((intermediate >= 0x28 && intermediate <= 0x2b) || (intermediate >= 0x2d && intermediate <= 0x2f)) {
    designate(t, intermediate, key & 0xff);
    return;
  }
  switch (key) {
    case 0x36:
      backIndex(t);
      break;
    case 0x39:
      forwardIndex(t);
      break;
    // vt: DECKPAM, DECKPNM | ESC =, ESC > | keypad mode (66) | host only
    case 0x3d:
      setMode2(t, MODE2_KEYPAD, true);
      break;
    case 0x3e:
      setMode2(t, MODE2_KEYPAD, false);
      break;
    case 0x6e:
      lockingShift(t, 2);
      break;
    case 0x6f:
      lockingShift(t, 3);
      break;
    case 0x7c:
      lockingShiftRight(t, 3);
      break;
    case 0x7d:
      lockingShiftRight(t, 2);
      break;
    case 0x7e:
      lockingShiftRight(t, 1);
      break;
  }
}

/** Functions that leave pending wrap alone in the replica (terminal.md 8, "wrap K"). */
function keepsPendingWrap(key: u32): bool {
  switch (key) {
    case 0x49: // CHT
    case 0x5a: // CBT
    case 0x67: // TBC
    case 0x6d: // SGR
    case QUESTION | 0x68: // DECSET
    case QUESTION | 0x6c: // DECRST
      return true;
  }
  return false;
}

/** CSI function; `key` = collected characters and final. */
export function dispatchCsi(t: usize, key: u32): void {
  if (key == 0x6d) {
    selectGraphicRendition(t);
    return;
  }
  const host = isHost(t);
  if (!host && !keepsPendingWrap(key)) clearPendingWrap(t);
  // Only SGR has sub-parameters; with them anything else is not a function that is known.
  if (hasSubParameters()) return;
  switch (key) {
    case 0x40:
      insertCharacters(t);
      break;
    case 0x41:
      cursorUp(t);
      break;
    case 0x42:
      cursorDown(t);
      break;
    case 0x43:
      cursorForward(t);
      break;
    case 0x44:
      cursorBack(t);
      break;
    case 0x47:
    case 0x60:
      columnAbsolute(t);
      break;
    case 0x48:
    case 0x66:
      cursorPosition(t);
      break;
    case 0x49:
      tabForward(t, parameter(0, 1));
      break;
    case 0x4a:
      eraseDisplay(t);
      break;
    case 0x4b:
      eraseLine(t);
      break;
    case 0x4c:
      insertLines(t);
      break;
    case 0x4d:
      deleteLines(t);
      break;
    case 0x50:
      deleteCharacters(t);
      break;
    case 0x53:
      scrollUp(t);
      break;
    case 0x54:
      // With five parameters it starts highlight tracking in xterm, which is not for here.
      if (!host || parameterCount() == 1) scrollDown(t);
      break;
    case 0x58:
      eraseCharacters(t);
      break;
    case 0x5a:
      tabBackward(t);
      break;
    case 0x63:
      primaryAttributes(t);
      break;
    case 0x64:
      rowAbsolute(t);
      break;
    case 0x67:
      tabClear(t);
      break;
    case 0x68:
      setAnsiModes(t, true);
      break;
    case 0x6c:
      setAnsiModes(t, false);
      break;
    case 0x6e:
      deviceStatus(t);
      break;
    case 0x72:
      setMargins(t);
      break;
    case BANG | 0x70:
      softReset(t);
      break;
    case GREATER | 0x63:
      secondaryAttributes(t);
      break;
    case QUESTION | 0x68:
      setPrivateModes(t, true);
      break;
    case QUESTION | 0x6c:
      setPrivateModes(t, false);
      break;
    default:
      if (host) dispatchHostCsi(t, key);
  }
}

function dispatchHostCsi(t: usize, key: u32): void {
  switch (key) {
    case 0x45:
      cursorNextLine(t);
      break;
    case 0x46:
      cursorPreviousLine(t);
      break;
    case 0x5e:
      scrollDown(t);
      break;
    case 0x61:
      columnRelative(t, 1);
      break;
    case 0x62:
      repeat(t);
      break;
    case 0x65:
      rowRelative(t, 1);
      break;
    case 0x6a:
      columnRelative(t, -1);
      break;
    case 0x6b:
      rowRelative(t, -1);
      break;
    case 0x73:
      if (hasMode2(t, MODE2_LEFT_RIGHT)) setSideMargins(t);
      else if (parameterCount() == 1) saveCursor(t);
      break;
    case 0x75:
      restoreCursor(t);
      break;
    case SPACE | 0x40:
      scrollLeft(t);
      break;
    case SPACE | 0x41:
      scrollRight(t);
      break;
    case APOSTROPHE | 0x7d:
      insertColumns(t);
      break;
    case APOSTROPHE | 0x7e:
      deleteColumns(t);
      break;
    case QUESTION | 0x4a:
      selectiveEraseDisplay(t);
      break;
    case QUESTION | 0x4b:
      selectiveEraseLine(t);
      break;
    case QUESTION | 0x57:
      tabsEveryEight(t);
      break;
    case QUESTION | 0x72:
      restorePrivateModes(t);
      break;
    case QUESTION | 0x73:
      savePrivateModes(t);
      break;
  }
}
