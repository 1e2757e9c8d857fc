/**
 * XTWINOPS: what is left of window manipulation for a terminal without a window: the title stack and the size in
 * characters. Moving, resizing and raising belong to the user and are ignored. Called by dispatch.ts (host role).
 */
import { parameter } from "./params";
import { windowReport } from "./report";
import { popTitles, pushTitles } from "./titles";

// vt: XTWINOPS · CSI n ; … t · 22 pushes, 23 pops icon name and title; 11 13 18 19 reports; others ignored · host only
export function windowOperation(t: usize): void {
  const operation = parameter(0, 0);
  if (operation == 22) {
    pushTitles(t);
  } else if (operation == 23) {
    // 0 both, 1 icon name, 2 title
    const which = parameter(1, 0);
    if (which <= 2) popTitles(t, which != 2, which != 1);
  } else {
    windowReport(t, operation);
  }
}
