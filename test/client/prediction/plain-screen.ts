/** A screen made of arrays: all that the prediction engine needs of a terminal. */
import type { DrawableScreen, Glyph } from "../../../client/prediction/screen.ts";

const BLANK: Glyph = { contents: "", rendition: 0, wide: false, fallback: false, wrap: false };
/** The rendition number of underlined cells. */
export const UNDERLINED = 1;

export class PlainScreen implements DrawableScreen {
  cursorRow = 0;
  cursorCol = 0;
  pen = 0;
  readonly #cells: Glyph[][];

  constructor(
    readonly rows: number,
    readonly cols: number,
  ) {
    this.#cells = Array.from({ length: rows }, () => Array.from({ length: cols }, () => BLANK));
  }

  /** What a program prints: text at the cursor, "\n" to the start of the next row. */
  print(text: string): this {
    for (const character of text) {
      if (character === "\n") this.moveCursor(this.cursorRow + 1, 0);
      else {
        this.setGlyph(this.cursorRow, this.cursorCol, { ...BLANK, contents: character, rendition: this.pen });
        this.cursorCol++;
      }
    }
    return this;
  }

  copy(): PlainScreen {
    const copy = new PlainScreen(this.rows, this.cols);
    copy.moveCursor(this.cursorRow, this.cursorCol);
    this.#cells.forEach((row, at) => {
      copy.#cells[at] = row.slice();
    });
    return copy;
  }

  glyph(row: number, col: number): Glyph {
    const glyph = this.#cells[row]?.[col];
    if (glyph === undefined) throw new RangeError(`no cell ${row},${col}`);
    return glyph;
  }

  moveCursor(row: number, col: number): void {
    this.cursorRow = row;
    this.cursorCol = col;
  }

  setGlyph(row: number, col: number, glyph: Glyph): void {
    this.glyph(row, col);
    this.#cells[row]![col] = glyph;
  }

  underline(row: number, col: number): void {
    this.setGlyph(row, col, { ...this.glyph(row, col), rendition: UNDERLINED });
  }

  /** A row as text, trailing blanks cut. */
  text(row: number): string {
    return this.#cells[row]!.map((glyph) => glyph.contents || " ")
      .join("")
      .trimEnd();
  }
}
