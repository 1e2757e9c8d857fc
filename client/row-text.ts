/** Text for one row that the client itself draws. Shared by the notification bar and the status line. */
import type { Terminal } from "../wasm-core/core.ts";

/** The part of `text` that fits into a row, unprintable characters left out, and the columns it takes. */
export function fit(text: string, target: Terminal): { fitting: string; columns: number } {
  let fitting = "";
  let columns = 0;
  for (const character of text) {
    const width = target.width(character.codePointAt(0)!);
    if (width < 0) continue;
    if (columns + width > target.cols) break;
    fitting += character;
    columns += width;
  }
  return { fitting, columns };
}
