/**
 * What the pen carries beside its rendition: protection (DECSCA, SPA), and the cursor's shape (host role). Called by
 * dispatch.ts.
 */
import { CELL_PROTECTED } from "./layout";
import { parameter } from "./params";
import { PROTECT_DEC, T_CURSOR_STYLE, T_PEN_FLAGS, T_PROTECTION } from "./state";

/** Whether characters printed from now on are protected; the kind that was used last counts for the whole screen. */
export function setProtection(t: usize, kind: u32, on: bool): void {
  store<u32>(t, on ? CELL_PROTECTED : 0, T_PEN_FLAGS);
  store<u32>(t, kind, T_PROTECTION);
}

// vt: DECSCA · CSI n " q · 1 protects what is printed from DECSED, DECSEL, DECSERA; 0 and 2 do not · host only
export function characterProtection(t: usize): void {
  const what = parameter(0, 0);
  if (what <= 2) setProtection(t, PROTECT_DEC, what == 1);
}

// vt: DECSCUSR · CSI n SP q · shape of the cursor, kept for who asks; stock peers cannot show it · host only
export function setCursorStyle(t: usize): void {
  const style = parameter(0, 0);
  if (style <= 6) store<u8>(t, <u8>style, T_CURSOR_STYLE);
}
