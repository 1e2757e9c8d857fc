/**
 * Presentation state reports: what DECRQPSR asks for, the state of the cursor and the tab stops (VT510, DECCIR and
 * DECTABSR). The host role's; called by dispatch-host.ts. Restoring such a report (DECRSPS) is not here.
 */
import { setFinal, setIsOf96 } from "./charset";
import {
  ATTR_BLINK,
  ATTR_BOLD,
  ATTR_INVERSE,
  ATTR_UNDERLINE_MASK,
  MODE_ORIGIN,
  MODE_PENDING_WRAP,
  T_LINEAGE,
  T_PEN,
} from "./layout";
import { styleAttributes } from "./lineage";
import { parameter } from "./params";
import { beginAnswer, endAnswer, put, put4, putDcs, putNumber, putSt } from "./reply";
import { columns, cursorCol, cursorRow, hasMode } from "./screen";
import { T_GL, T_GR, T_PEN_FLAGS, T_SINGLE_SHIFT } from "./state";
import { isTabStop } from "./tabs";

/** Tab stops told at most: an answer has a limited length. */
const TAB_LIMIT: u32 = 160;

// vt: DECRQPSR · CSI n $ w · 1 cursor (DECCIR: DCS 1 $ u … ST), 2 tab stops (DECTABSR: DCS 2 $ u … ST) · host only
export function requestPresentationState(t: usize): void {
  const what = parameter(0, 0);
  if (what != 1 && what != 2) return;
  beginAnswer();
  putDcs();
  putNumber(what);
  put4(0x7524); // $u
  if (what == 1) putCursorState(t);
  else putTabStops(t);
  putSt();
  endAnswer(t);
}

/** `;` and a set of flags, offset by 40 so that it is one character. */
function putFlags(flags: u32): void {
  put(0x3b);
  put(0x40 + flags);
}

/** Row, column, page; renditions, protection, flags; sets in GL and GR, sizes and names of the four sets. */
function putCursorState(t: usize): void {
  putNumber(cursorRow(t) + 1);
  put(0x3b);
  putNumber(cursorCol(t) + 1);
  put4(0x313b); // ;1
  const attributes = styleAttributes(<usize>load<u32>(t, T_LINEAGE), load<u32>(t, T_PEN));
  putFlags(
    (attributes & ATTR_BOLD ? 1 : 0) |
      (attributes & ATTR_UNDERLINE_MASK ? 2 : 0) |
      (attributes & ATTR_BLINK ? 4 : 0) |
      (attributes & ATTR_INVERSE ? 8 : 0),
  );
  putFlags(load<u32>(t, T_PEN_FLAGS) ? 1 : 0);
  const shift = <u32>load<u8>(t, T_SINGLE_SHIFT);
  putFlags(
    (hasMode(t, MODE_ORIGIN) ? 1 : 0) |
      (shift == 2 ? 2 : 0) |
      (shift == 3 ? 4 : 0) |
      (hasMode(t, MODE_PENDING_WRAP) ? 8 : 0),
  );
  put(0x3b);
  putNumber(load<u8>(t, T_GL));
  put(0x3b);
  putNumber(load<u8>(t, T_GR));
  let sizes: u32 = 0;
  for (let g: u32 = 0; g < 4; g++) if (setIsOf96(t, g)) sizes |= 1 << g;
  putFlags(sizes);
  put(0x3b);
  for (let g: u32 = 0; g < 4; g++) put4(setFinal(t, g));
}

function putTabStops(t: usize): void {
  let told: u32 = 0;
  for (let x = 0; x < columns(t) && told < TAB_LIMIT; x++) {
    if (!isTabStop(t, x)) continue;
    if (told++) put(0x2f);
    putNumber(x + 1);
  }
}
