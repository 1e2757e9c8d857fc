/** How the simulation looks at terminals. */

import type { Terminal } from "../../wasm-core/core.ts";
import type { Line } from "../../wasm-core/screen-state.ts";

/** Everything visible, as a text that is equal if two screens look equal. */
export function view(screen: Terminal): string {
  const state = screen.inspect();
  const { cols, rows, cursor, cursor_visible, reverse_video, pen, bracketed_paste, title, clipboard } = state;
  const modes = [cursor, cursor_visible, reverse_video, pen, bracketed_paste, title, clipboard];
  return [`${cols}x${rows}`, JSON.stringify(modes), ...state.lines.map(visible)].join("\n");
}

/** A part of it that is cheap to have. */
export function glance(screen: Terminal): string {
  return `${screen.cols}x${screen.rows} ${screen.cursorRow},${screen.cursorCol} ${screen.title}`;
}

/** A row as it looks: what was never written looks like a space. */
function visible(line: Line): string {
  if (line === null) return "";
  const [, ...runs] = line;
  const cells = runs.map(([count, text, pen = "0"]) => {
    const printed = text === "" ? " " : text;
    return (pen === "0" ? printed : `{${pen}}${printed}`).repeat(count);
  });
  return cells.join("").trimEnd();
}
