/**
 * The controls that only the host role knows: the second half of dispatch.ts, which calls it for what it does not find.
 */
import { designate, designatePercent, lockingShift, lockingShiftRight, singleShift } from "./charset";
import { columnRelative, cursorNextLine, cursorPreviousLine, rowRelative } from "./cursor";
import {
  backIndex,
  deleteColumns,
  forwardIndex,
  insertColumns,
  scrollLeft,
  scrollRight,
  selectiveEraseDisplay,
  selectiveEraseLine,
} from "./edit";
import {
  AMPERSAND,
  APOSTROPHE,
  DOLLAR,
  EQUALS,
  GREATER,
  HASH,
  QUESTION,
  QUESTION_DOLLAR,
  REP,
  QUOTE,
  SPACE,
  STAR,
} from "./keys";
import { setSideMargins } from "./margins";
import { restorePrivateModes, savePrivateModes } from "./modes";
import { parameterCount, rawParameter } from "./params";
import { requestPresentationState } from "./presentation";
import { repeat } from "./print";
import { characterProtection, setCursorStyle, setProtection } from "./protection";
import {
  attributeExtent,
  changeAttributes,
  checksumFlags,
  copyRectangle,
  eraseRectangle,
  fillRectangle,
  requestChecksum,
  reverseAttributes,
  selectiveEraseRectangle,
} from "./rectangle";
import {
  decDeviceStatus,
  identify,
  preferredSupplementalSet,
  requestMode,
  terminalParameters,
  tertiaryAttributes,
  version,
} from "./report";
import { conformanceLevel } from "./reset";
import { restoreCursor, saveCursor } from "./saved";
import { hasMode2, setMode2 } from "./screen";
import { scrollDown } from "./scroll";
import { MODE2_KEYPAD, MODE2_LEFT_RIGHT, PROTECT_ISO } from "./state";
import { tabsEveryEight } from "./tabs";
import { windowOperation } from "./window";

/** C0 or C1 control. */
export function executeHostControl(t: usize, code: u32): void {
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
    // vt: SPA, EPA · ESC V, ESC W, C1 96 97 · protects what is printed from ED, EL, ECH · host only
    case 0x96:
      setProtection(t, PROTECT_ISO, true);
      break;
    case 0x97:
      setProtection(t, PROTECT_ISO, false);
      break;
    case 0x9a:
      identify(t);
      break;
  }
}

/** ESC function. */
export function dispatchHostEscape(t: usize, key: u32): void {
  const intermediate = key >> 8;
  if ((intermediate >= 0x28 && intermediate <= 0x2b) || (intermediate >= 0x2d && intermediate <= 0x2f)) {
    designate(t, intermediate, key & 0xff);
    return;
  }
  if ((intermediate & 0xff) == 0x25 && intermediate >> 8 >= 0x28 && intermediate >> 8 <= 0x2b) {
    designatePercent(t, intermediate >> 8, key & 0xff);
    return;
  }
  switch (key) {
    case 0x36:
      backIndex(t);
      break;
    case 0x39:
      forwardIndex(t);
      break;
    // vt: DECKPAM, DECKPNM · ESC =, ESC > · keypad mode (66) · host only
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

/** CSI function. */
export function dispatchHostCsi(t: usize, key: u32): void {
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
    case REP:
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
      else if (parameterCount() == 1 && rawParameter(0) < 0) saveCursor(t);
      break;
    case 0x74:
      windowOperation(t);
      break;
    case 0x75:
      if (parameterCount() == 1 && rawParameter(0) < 0) restoreCursor(t);
      break;
    case 0x78:
      terminalParameters(t);
      break;
    case SPACE | 0x40:
      scrollLeft(t);
      break;
    case SPACE | 0x41:
      scrollRight(t);
      break;
    case SPACE | 0x71:
      setCursorStyle(t);
      break;
    case QUOTE | 0x70:
      conformanceLevel(t);
      break;
    case QUOTE | 0x71:
      characterProtection(t);
      break;
    case HASH | 0x79:
      checksumFlags(t);
      break;
    case DOLLAR | 0x70:
      requestMode(t, false);
      break;
    case DOLLAR | 0x72:
      changeAttributes(t);
      break;
    case DOLLAR | 0x74:
      reverseAttributes(t);
      break;
    case DOLLAR | 0x76:
      copyRectangle(t);
      break;
    case DOLLAR | 0x77:
      requestPresentationState(t);
      break;
    case DOLLAR | 0x78:
      fillRectangle(t);
      break;
    case DOLLAR | 0x7a:
      eraseRectangle(t);
      break;
    case DOLLAR | 0x7b:
      selectiveEraseRectangle(t);
      break;
    case AMPERSAND | 0x75:
      preferredSupplementalSet(t);
      break;
    case STAR | 0x78:
      attributeExtent(t);
      break;
    case STAR | 0x79:
      requestChecksum(t);
      break;
    case EQUALS | 0x63:
      tertiaryAttributes(t);
      break;
    case GREATER | 0x71:
      version(t);
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
    case QUESTION_DOLLAR | 0x70:
      requestMode(t, true);
      break;
    case QUESTION | 0x6e:
      decDeviceStatus(t);
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
