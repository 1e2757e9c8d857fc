/**
 * A session's screen as one of its viewers sees it: in the size of that window, and with a notice of the host laid over
 * it. Several clients may look at one session; its size is that of the one who is active, the others see it cut or with
 * blank space around it. Called by attachment.ts and stream-view.ts.
 */
import type { Terminal } from "../wasm-core/core.ts";

export interface Size {
  readonly cols: number;
  readonly rows: number;
}

const encoder = new TextEncoder();

/**
 * The picture in the given size. A window that is too low shows the rows up to the cursor's, one that is too narrow the
 * left part.
 * @param picture a snapshot; taken over and given back
 * @param notice a line of text to lay over the top row
 */
export function fitted(picture: Terminal, size: Size | undefined, notice?: string): Terminal {
  if (size && (size.cols !== picture.cols || size.rows !== picture.rows)) {
    // The alternate screen is cut at the bottom, since its program repaints it; here nobody does.
    if (picture.alternateScreen) scrollToCursor(picture, size.rows);
    picture.resize(size.cols, size.rows);
  }
  if (notice !== undefined) layOver(picture, notice);
  return picture;
}

/** Moves the picture up so that its cursor is within the first `rows` rows. */
function scrollToCursor(picture: Terminal, rows: number): void {
  const surplus = picture.cursorRow - rows + 1;
  if (surplus <= 0) return;
  const { cursorRow, cursorCol } = picture;
  // Without margins and origin mode, which would confine both moves.
  feed(picture, `\x1b[?6l\x1b[?69l\x1b[r\x1b[${surplus}S\x1b[${cursorRow - surplus + 1};${cursorCol + 1}H`);
}

/** White on blue, as stock's own notices are; the cursor and the pen stay what they are. */
function layOver(picture: Terminal, notice: string): void {
  const text = [...notice].slice(0, picture.cols).join("");
  feed(picture, `\x1b7\x1b[?6l\x1b[?69l\x1b[?7l\x1b[1;1H\x1b[0;37;44m\x1b[K${text}\x1b[?7h\x1b8`);
}

function feed(picture: Terminal, text: string): void {
  picture.feed(encoder.encode(text));
}
