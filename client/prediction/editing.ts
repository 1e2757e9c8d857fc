/**
 * What a line editor does with each key, as guesses: inserts, erases, moves, goes to the next line. With `improved` it
 * keeps within panes, types over suggestions and knows wide characters; without, it does what stock Mosh does.
 * Called by engine.ts; holds nothing of its own.
 */
import { BLANK } from "./cells.ts";
import type { Guesses } from "./guesses.ts";
import { isLastRow, paneSpan, type Span } from "./panes.ts";
import { type Glyph, isBlank, type ScreenView } from "./screen.ts";

/** Where the person's own text may be on the row being edited; from lines.ts, if it knows the line. */
export interface KnownLine {
  readonly row: number;
  /** Behind the prompt. */
  readonly col: number;
  /** Text from here on stays where it is (a prompt at the right). */
  readonly end: number;
}

export class Editing {
  readonly #guesses: Guesses;
  readonly #overwrite: boolean;
  readonly #improved: boolean;

  constructor(guesses: Guesses, options: { overwrite: boolean; improved: boolean }) {
    this.#guesses = guesses;
    this.#overwrite = options.overwrite;
    this.#improved = options.improved;
  }

  /** A printable character of `width` 1 or 2 columns. */
  insert(contents: string, width: 1 | 2, screen: ScreenView, line: KnownLine | undefined): void {
    const guesses = this.#guesses;
    const cursor = guesses.cursor(screen);
    const { row, col } = cursor;
    const { end } = this.#span(screen, row, col, line, width);
    const last = end - 1;
    // The last column may wrap or not.
    if (col + width > last) guesses.becomeTentative();
    if (col + width > end) {
      this.newline(screen);
      return;
    }
    const cells = guesses.row(row, screen);
    if (!this.#overwrite && !this.isSuggestion(screen, row, col, end)) {
      for (let i = last; i >= col + width; i--) {
        guesses.set(cells, row, i, screen);
        this.#shift(screen, row, i, i === last ? undefined : i - width);
      }
    }
    const rendition = col > 0 ? guesses.seen(row, col - 1, screen).rendition : screen.pen;
    const cell = guesses.set(cells, row, col, screen);
    cell.replacement = { contents, rendition, wide: width === 2, fallback: false, wrap: false };
    if (width === 2) {
      const covered = guesses.set(cells, row, col + 1, screen);
      covered.replacement = { ...BLANK, rendition };
    }
    cursor.expiration = guesses.lastSent + 1;
    if (col + width <= last) {
      cursor.col = col + width;
    } else {
      guesses.becomeTentative();
      this.newline(screen);
    }
  }

  backspace(screen: ScreenView, line: KnownLine | undefined): void {
    const guesses = this.#guesses;
    const cursor = guesses.cursor(screen);
    const { row } = cursor;
    const cells = guesses.row(row, screen);
    const { left, end } = this.#span(screen, row, cursor.col, line, 1);
    if (cursor.col <= this.#start(left, row, line)) return;
    const width = this.#widthBefore(screen, row, cursor.col);
    cursor.col -= width;
    cursor.expiration = guesses.lastSent + 1;
    const { col } = cursor;
    const suggestion = this.isSuggestion(screen, row, col + width, end);
    if (this.#overwrite || suggestion) {
      for (let i = col; i < col + width; i++) {
        const erased = guesses.seen(row, i, screen);
        const cell = guesses.set(cells, row, i, screen);
        cell.unknown = false;
        cell.replacement = { ...erased, contents: " ", wide: false, fallback: false };
      }
      return;
    }
    for (let i = col; i < end; i++) {
      guesses.set(cells, row, i, screen);
      this.#shift(screen, row, i, i + width + 1 < end ? i + width : undefined);
    }
  }

  /** One character to the left or right. */
  move(direction: "left" | "right", screen: ScreenView, line: KnownLine | undefined): void {
    const guesses = this.#guesses;
    const cursor = guesses.cursor(screen);
    const { row, col } = cursor;
    const { left, end } = this.#span(screen, row, col, line, 1);
    if (direction === "right") {
      // At a suggestion this key accepts it.
      if (this.isSuggestion(screen, row, col, end)) {
        guesses.becomeTentative();
        return;
      }
      const width = this.#improved && guesses.seen(row, col, screen).wide ? 2 : 1;
      if (col + width >= end) return;
      cursor.col += width;
    } else {
      if (col <= this.#start(left, row, line)) return;
      cursor.col -= this.#widthBefore(screen, row, col);
    }
    cursor.expiration = guesses.lastSent + 1;
  }

  /** To the start of the next line; at the bottom scrolling is not guessed: the last row becomes blank. */
  newline(screen: ScreenView): void {
    const guesses = this.#guesses;
    const cursor = guesses.cursor(screen);
    const { left, end } = this.#improved
      ? paneSpan(screen, cursor.row, cursor.col)
      : { left: 0, end: screen.cols };
    cursor.col = left;
    const atBottom = this.#improved ? isLastRow(screen, cursor.row, left) : cursor.row >= screen.rows - 1;
    if (!atBottom) {
      cursor.row++;
      return;
    }
    for (const cell of guesses.row(cursor.row, screen).slice(left, end)) {
      cell.stamp(guesses.stamp);
      cell.replacement = { ...cell.replacement, contents: "" };
    }
  }

  /**
   * To the next line, which begins with the same prompt: columns left..col-1 of the row of `line`.
   * @param show the prompt is drawn too; else only the cursor is guessed to be behind it
   */
  newPromptLine(screen: ScreenView, line: KnownLine, left: number, show: boolean): void {
    const guesses = this.#guesses;
    const prompt: Glyph[] = [];
    for (let col = left; col < line.col; col++) prompt.push(guesses.seen(line.row, col, screen));
    this.newline(screen);
    const cursor = guesses.cursor(screen);
    cursor.col = line.col;
    if (!show) return;
    const cells = guesses.row(cursor.row, screen);
    prompt.forEach((glyph, at) => {
      const cell = guesses.set(cells, cursor.row, left + at, screen);
      cell.replacement = glyph;
      cell.copy = true;
    });
  }

  /** A cell takes over what another one shows; none: nobody knows. */
  #shift(screen: ScreenView, row: number, to: number, from: number | undefined): void {
    const cells = this.#guesses.row(row, screen);
    const cell = cells[to];
    const source = from === undefined ? undefined : cells[from];
    if (cell === undefined) return;
    cell.unknown = source === undefined || (source.active && source.unknown);
    if (source !== undefined && !cell.unknown) {
      cell.replacement = source.shown ?? screen.glyph(row, source.col);
    }
  }

  /** The columns in which a key of `width` columns shifts text. */
  #span(screen: ScreenView, row: number, col: number, line: KnownLine | undefined, width: number): Span {
    if (!this.#improved) return { left: 0, end: screen.cols };
    const span = paneSpan(screen, row, col);
    // What is typed up to the text at the right pushes it away, or away from the screen.
    if (line?.row !== row || col + width >= line.end) return span;
    return { left: span.left, end: Math.min(span.end, line.end) };
  }

  /** The first column the person can get to. */
  #start(left: number, row: number, line: KnownLine | undefined): number {
    return this.#improved && line?.row === row ? line.col : left;
  }

  /** Columns of the character left of a column. */
  #widthBefore(screen: ScreenView, row: number, col: number): 1 | 2 {
    return this.#improved && col >= 2 && this.#guesses.seen(row, col - 2, screen).wide ? 2 : 1;
  }

  /**
   * Is what begins at `col`, or behind the blanks there, a suggestion: faded, right of text that does not look the
   * same? It is typed over, not shifted.
   */
  isSuggestion(screen: ScreenView, row: number, col: number, end = screen.cols): boolean {
    if (!this.#improved || screen.isFaded === undefined) return false;
    const seen = (at: number): Glyph => this.#guesses.seen(row, at, screen);
    let right = col;
    while (right < end && isBlank(seen(right))) right++;
    if (right >= end) return false;
    const { rendition } = seen(right);
    if (!screen.isFaded(rendition)) return false;
    for (let at = col - 1; at >= 0; at--) {
      const glyph = seen(at);
      if (!isBlank(glyph)) return glyph.rendition !== rendition;
    }
    return true;
  }
}
