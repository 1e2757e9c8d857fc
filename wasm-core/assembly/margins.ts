/**
 * Margins: DECSTBM and DECSLRM. Called by dispatch.ts; terminal.md 8.
 */
import { T_REGION_BOTTOM, T_REGION_TOP } from "./layout";
import { parameter } from "./params";
import { columns, isHost, leftLimit, moveCursor, rows, topLimit } from "./screen";
import { T_MARGIN_LEFT, T_MARGIN_RIGHT } from "./state";

// vt: DECSTBM · CSI top ; bottom r · scrolling region, then home · host: a region has at least two lines
export function setMargins(t: usize): void {
  const height = rows(t);
  const top = parameter(0, 1);
  let bottom = parameter(1, height);
  if (isHost(t)) bottom = min(bottom, height);
  if (bottom <= top || top > height) return;
  store<i32>(t, top - 1, T_REGION_TOP);
  store<i32>(t, min(bottom, height) - 1, T_REGION_BOTTOM);
  moveCursor(t, topLimit(t), leftLimit(t));
}

// vt: DECSLRM · CSI left ; right s · left and right margins under mode 69, then home · host only
export function setSideMargins(t: usize): void {
  const width = columns(t);
  const left = parameter(0, 1);
  const right = min(parameter(1, width), width);
  if (right <= left) return;
  store<i32>(t, left - 1, T_MARGIN_LEFT);
  store<i32>(t, right - 1, T_MARGIN_RIGHT);
  moveCursor(t, topLimit(t), leftLimit(t));
}
