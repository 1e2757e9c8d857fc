/**
 * Where the text of a line ends: at the edge of the screen, or at the border of a pane (tmux, vim splits) or a frame
 * drawn around an input box. What lies behind a border belongs to somebody else and is never shifted.
 *
 * A border is a column of vertical strokes over several rows; one stroke in one row is text. Called by editing.ts.
 */
import type { ScreenView } from "./screen.ts";

/** Columns of a line: from `left` up to, not including, `end`. */
export interface Span {
  readonly left: number;
  readonly end: number;
}

/** Rows a stroke must go through to be a border. */
const BORDER_ROWS = 3;
/** Strokes that are nothing else, and the plain `|`, which may also be text: it must look the same in every row. */
const VERTICAL = new Set("│┃║╎╏┆┇┊┋╵╷╹╻▏▕▌▐");
const PLAIN = "|";
/** Where a horizontal stroke meets the vertical one, corners too: as good as a stroke. */
const JOINTS = new Set("├┤┼┝┥┠┨┣┫┿╂╋╞╡╪╟╢╫╠╣╬┬┴┳┻╦╩╤╧╥╨┯┷┰┸┌┐└┘╭╮╰╯┏┓┗┛╔╗╚╝");
const HORIZONTAL = new Set("─━═╌╍┄┅┈┉");

function isBorder(screen: ScreenView, row: number, col: number): boolean {
  const glyph = screen.glyph(row, col);
  const plain = glyph.contents === PLAIN;
  if (!plain && !VERTICAL.has(glyph.contents)) return false;
  const continues = (at: number): boolean => {
    if (at < 0 || at >= screen.rows) return false;
    const { contents, rendition } = screen.glyph(at, col);
    if (plain) return contents === PLAIN && rendition === glyph.rendition;
    return VERTICAL.has(contents) || JOINTS.has(contents);
  };
  let rows = 1;
  for (let at = row - 1; rows < BORDER_ROWS && continues(at); at--) rows++;
  for (let at = row + 1; rows < BORDER_ROWS && continues(at); at++) rows++;
  return rows >= BORDER_ROWS;
}

/** The columns between the borders left and right of `col`. */
export function paneSpan(screen: ScreenView, row: number, col: number): Span {
  if (row >= screen.rows) return { left: 0, end: screen.cols };
  let left = Math.min(col, screen.cols);
  while (left > 0 && !isBorder(screen, row, left - 1)) left--;
  let end = Math.min(col, screen.cols);
  while (end < screen.cols && !isBorder(screen, row, end)) end++;
  return { left, end };
}

/** The last row of a pane: below is the end of the screen or a horizontal border. */
export function isLastRow(screen: ScreenView, row: number, col: number): boolean {
  if (row >= screen.rows - 1) return true;
  const below = screen.glyph(row + 1, col).contents;
  return HORIZONTAL.has(below) || JOINTS.has(below);
}
