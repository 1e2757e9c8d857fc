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
import {
  backspace,
  columnAbsolute,
  cursorBack,
  cursorDown,
  cursorForward,
  cursorPosition,
  cursorUp,
  rowAbsolute,
  tabBackward,
  tabForward,
} from "./cursor";
import { dispatchHostCsi, dispatchHostEscape, executeHostControl } from "./dispatch-host";
import { deleteCharacters, eraseCharacters, eraseDisplay, eraseLine, insertCharacters } from "./edit";
import { BANG, GREATER, HASH, QUESTION, REP } from "./keys";
import { setMargins } from "./margins";
import { setAnsiModes, setPrivateModes } from "./modes";
import { hasSubParameters, parameter, parameterCount } from "./params";
import { forgetPrinted } from "./print";
import { deviceStatus, primaryAttributes, secondaryAttributes } from "./report";
import { fullReset, screenAlignment, softReset } from "./reset";
import { restoreCursor, saveCursor } from "./saved";
import { clearPendingWrap, isHost, ringBell } from "./screen";
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
import { tabClear, tabSet } from "./tabs";

/** C0 control, or C1 control given as 80..9F. */
export function executeControl(t: usize, code: u32): void {
  forgetPrinted(t);
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
    // vt: BEL · C0 07 · rings the bell
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

/** ESC function; `key` = collected characters and final. */
export function dispatchEscape(t: usize, key: u32): void {
  forgetPrinted(t);
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

/** Functions that leave pending wrap alone in the replica (terminal.md 8, "keeps"). */
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
  if (key != REP) forgetPrinted(t);
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
