/** `[mosh] ` in front of the window title, so that a person sees which windows are remote (prediction.md 11). */
import type { Terminal } from "../wasm-core/core.ts";
import type { Overlay } from "./overlay.ts";

const PREFIX = "[mosh] ";

export class TitlePrefix implements Overlay {
  /** Does not count as a title of the program's, so nothing is drawn until the program has set one. */
  apply(target: Terminal): void {
    target.prefixTitle(PREFIX);
  }

  waitTime(): number {
    return Number.POSITIVE_INFINITY;
  }
}
