/**
 * A session's screen as it fits another window. Several clients may look at one session; its size is that of the one
 * who is active, the others see it cut or with blank space around it. Called by attachment.ts and stream-view.ts.
 */
import type { Terminal } from "../wasm-core/core.ts";

export interface Size {
  readonly cols: number;
  readonly rows: number;
}

/**
 * The picture in the given size. A window that is too low shows the rows up to the cursor's, one that is too narrow the
 * left part. `picture` is taken over; in its own size it comes back untouched.
 */
export function fitted(picture: Terminal, size: Size | undefined): Terminal {
  if (size && (size.cols !== picture.cols || size.rows !== picture.rows))
    picture.resize(size.cols, size.rows);
  return picture;
}
