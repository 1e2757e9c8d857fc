/**
 * What the prediction engine sees of a terminal: cells, a cursor, and little else. Any terminal can implement it; the
 * engine knows no tty, no socket and no terminal library.
 */

/**
 * How a cell is drawn (colours, bold, …). The engine never looks inside: it copies renditions from cell to cell and
 * compares them; equal renditions must be the same number.
 */
export type Rendition = number;

/** One cell of the screen. */
export interface Glyph {
  /** The character with its combining marks; "" if the cell was never written or was erased. */
  readonly contents: string;
  readonly rendition: Rendition;
  /** The character takes two columns. */
  readonly wide: boolean;
  /** The contents start with a combining mark that had no base. */
  readonly fallback: boolean;
  /** In the last column: the line goes on in the next row. */
  readonly wrap: boolean;
}

/** A screen to read: rows and columns count from 0. */
export interface ScreenView {
  readonly cols: number;
  readonly rows: number;
  readonly cursorRow: number;
  readonly cursorCol: number;
  /** The rendition in which the program would print next. */
  readonly pen: Rendition;
  glyph(row: number, col: number): Glyph;
  /**
   * Faint or grey: so are suggestions drawn that a line editor puts right of the cursor. A screen that cannot tell
   * leaves this out; suggestions are then shifted like any text.
   */
  isFaded?(rendition: Rendition): boolean;
}

/** A screen to draw predictions on: a copy of the newest frame, thrown away after it was painted. */
export interface DrawableScreen extends ScreenView {
  moveCursor(row: number, col: number): void;
  setGlyph(row: number, col: number, glyph: Glyph): void;
  underline(row: number, col: number): void;
}

/** Blank: nothing, one space or one no-break space. Blank cells prove nothing about a prediction. */
export function isBlank(glyph: Glyph): boolean {
  return glyph.contents === "" || glyph.contents === " " || glyph.contents === "\u00a0";
}

/** What a guess is judged by: the contents, all blanks alike. Renditions do not count. */
export function contentsKey(glyph: Glyph): string {
  return isBlank(glyph) ? "" : glyph.contents;
}

/** As {@link contentsKey}, but the text of a suggestion is another thing than the same text typed. */
export function seenKey(screen: ScreenView, glyph: Glyph, fades: boolean): string {
  const key = contentsKey(glyph);
  return fades && key !== "" && screen.isFaded?.(glyph.rendition) ? `${key}\0faded` : key;
}

/** What is in columns from..end-1 of a row, as text; never written cells as spaces. */
export function rowText(screen: ScreenView, row: number, from: number, end: number): string {
  let text = "";
  for (let col = from; col < end; ) {
    const { contents, wide } = screen.glyph(row, col);
    text += contents === "" ? " " : contents;
    col += wide ? 2 : 1;
  }
  return text;
}

export function sameContents(a: Glyph, b: Glyph): boolean {
  return contentsKey(a) === contentsKey(b);
}

/** Equal in every field. */
export function sameGlyph(a: Glyph, b: Glyph): boolean {
  return (
    a.contents === b.contents &&
    a.rendition === b.rendition &&
    a.wide === b.wide &&
    a.fallback === b.fallback &&
    a.wrap === b.wrap
  );
}
