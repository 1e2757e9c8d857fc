/**
 * Follows command lines: where one began behind a prompt, with which command it was entered, and whether the next one
 * can be taken for granted. Learns into prompts.ts from what the server shows, never from guesses. Called by engine.ts
 * with each key and each frame.
 *
 * Two things are taken for granted, both only after they have been seen often enough:
 *  - the prompt is back and nothing is under way: its first key is shown at once ({@link LineFollower.begins});
 *  - the prompt is not back yet, but the command was a builtin that prints nothing: the next row is taken for the prompt
 *    ({@link LineFollower.entered}).
 */
import type { KnownLine } from "./editing.ts";
import { paneSpan } from "./panes.ts";
import { commandWord, isPromptLike, PromptBook } from "./prompts.ts";
import { isBlank, rowText, type ScreenView } from "./screen.ts";

/** Text this far right of a fresh cursor is not the person's: a prompt at the right. Columns. */
const RIGHT_PROMPT_GAP = 4;

/** A line being typed behind a prompt. */
interface Line extends KnownLine {
  readonly left: number;
  readonly prompt: string;
  /** The word of the command before it; undefined: not known. */
  readonly after: string | undefined;
  /** Why its first key was shown before its echo: the prompt was there, or was guessed. */
  readonly granted: "no" | "prompt" | "return";
  /** A key was typed whose effect on the line is not known. */
  touched: boolean;
  /** The command's word as it was when Tab was typed behind it; Tab does not change it. */
  word: string | undefined;
  /** The server has shown its first key. */
  seen: boolean;
}

/** The line that was entered last. */
interface Departure {
  readonly row: number;
  /** Its text, prompt and all, guesses included. */
  readonly text: string;
  readonly expiration: number;
  /** undefined: not known, or of a kind after which nothing is taken for granted. */
  word: string | undefined;
  readonly empty: boolean;
  /** The line, as long as the server has shown nothing of it: it may be a secret, and its word is not yet to be used. */
  unseen: Line | undefined;
}

/** The first key of a line, to be looked for when its effect shows. */
interface FirstKey {
  readonly line: Line;
  readonly contents: string;
  readonly expiration: number;
}

/** A return to the same prompt that may happen. */
interface Return {
  readonly line: Line;
  readonly row: number;
  readonly word: string;
  readonly expiration: number;
}

/** What Return leads to, as far as it is known. */
interface NextLine {
  readonly left: number;
  readonly line: KnownLine;
  /** It may be shown. */
  readonly granted: boolean;
}

/** The state of the engine's guesses at a key. */
export interface Footing {
  /** Number of the client state that will carry the key. */
  readonly expiration: number;
  readonly echoAck: number;
  /** No guess is open. */
  readonly idle: boolean;
  /** No guess is hidden. */
  readonly allShown: boolean;
}

export class LineFollower {
  readonly book = new PromptBook();
  #line: Line | undefined;
  #departure: Departure | undefined;
  #firstKey: FirstKey | undefined;
  #return: Return | undefined;
  /** Nothing was typed since the last line was entered: the next key begins a line. */
  #fresh = false;

  /** The line being typed, if it is known. */
  get line(): KnownLine | undefined {
    return this.#line;
  }

  /** A printable key, before it is guessed. True: it may be shown at once, though nothing of its line was confirmed. */
  begins(contents: string, screen: ScreenView, footing: Footing): boolean {
    if (this.#line !== undefined || !this.#fresh) return false;
    this.#fresh = false;
    if (!footing.idle) return false;
    const line = this.#freshLine(screen, footing.echoAck);
    if (line === undefined) return false;
    this.#line = line;
    this.#firstKey = { line, contents, expiration: footing.expiration };
    return line.granted !== "no";
  }

  /** A key whose effect is not known (arrow up, Escape, most control keys). */
  touched(): void {
    this.#fresh = false;
    if (!this.#line) return;
    this.#line.touched = true;
    this.#line.word = undefined;
  }

  /**
   * Tab: completes a word, but not the first, if that is finished.
   * @param text what is left of the cursor, guesses included
   */
  completed(text: string, footing: Footing): void {
    const line = this.#line;
    const typed = line === undefined ? "" : text.slice(line.prompt.length);
    const known = line && (line.touched ? line.word !== undefined : footing.allShown);
    this.touched();
    if (line && known && text.startsWith(line.prompt) && /^\S+\s/u.test(typed))
      line.word = commandWord(typed);
  }

  /** Ctrl-C: the line is given up, a new prompt comes. */
  interrupted(screen: ScreenView, footing: Footing): void {
    this.#depart(footing, { ...this.#unknown(screen, screen.cursorRow), word: "\x03" });
  }

  /**
   * Return.
   * @param row where the cursor is or is guessed to be
   * @param seen the text of columns from..end-1 of that row, guesses included
   */
  entered(
    screen: ScreenView,
    row: number,
    seen: (from: number, end: number) => string,
    atBottom: boolean,
    footing: Footing,
  ): NextLine | undefined {
    // Return alone, at a prompt.
    const bare = this.#fresh && footing.idle ? this.#freshLine(screen, footing.echoAck) : undefined;
    const line = this.#line?.row === row ? this.#line : bare;
    if (line === undefined || seen(line.left, line.col) !== line.prompt) {
      this.#depart(footing, this.#unknown(screen, row));
      return undefined;
    }
    const command = seen(line.col, line.end).trimEnd();
    // Behind a key like arrow up the line is not known: nobody can tell when such a key has had its effect.
    let word = commandWord(command);
    if (line.touched && word !== undefined) word = line.word;
    const visible = command === "" || (footing.allShown && (line.granted === "no" || line.seen));
    const text = (line.prompt + command).trimEnd();
    this.#depart(footing, { row, text, word, empty: command === "", unseen: visible ? undefined : line });
    if (line.touched || word === undefined || !isPromptLike(line.prompt)) return undefined;
    const next = atBottom ? row : row + 1;
    this.#return = { line, row: next, word, expiration: footing.expiration };
    const granted = footing.allShown && this.book.returnsAtOnce(line.prompt, command);
    if (granted) {
      this.#fresh = false;
      this.#line = { ...line, row: next, after: word, granted: "return", word: undefined, seen: false };
    }
    return { left: line.left, line, granted };
  }

  /** A frame of the server: learns from it. */
  judge(screen: ScreenView, echoAck: number): void {
    this.#judgeEntered(screen, echoAck);
    this.#judgeFirstKey(screen, echoAck);
    this.#judgeReturn(screen, echoAck);
  }

  /** Did the server show the line that was entered? Then it was no secret, and its command may be remembered. */
  #judgeEntered(screen: ScreenView, echoAck: number): void {
    const departure = this.#departure;
    if (departure?.unseen === undefined || echoAck < departure.expiration) return;
    const line = departure.unseen;
    departure.unseen = undefined;
    const bare = line.prompt.trimEnd();
    const textOf = (at: number): string => spanText(screen, at, line.left, line.end);
    // The nearest row that begins with the prompt; not the new prompt itself.
    let row = screen.cursorRow;
    if (textOf(row) === bare) row--;
    while (row >= 0 && !textOf(row).startsWith(bare)) row--;
    const text = row < 0 ? "" : textOf(row);
    // The first key may have left its place with the rest of the screen.
    const first = this.#firstKey?.line === line ? this.#firstKey : undefined;
    if (text === departure.text) {
      if (first) {
        this.#firstKey = undefined;
        this.book.echoed(line.prompt, line.after, true);
      }
      return;
    }
    departure.word = undefined;
    this.#return = undefined;
    if (line.granted === "prompt" && text === bare) this.book.echoed(line.prompt, line.after, false);
  }

  #judgeFirstKey(screen: ScreenView, echoAck: number): void {
    const first = this.#firstKey;
    if (first === undefined || echoAck < first.expiration) return;
    const { line, contents } = first;
    const entered = this.#departure?.unseen === line;
    // A line that was entered meanwhile is judged as a whole.
    if (entered) return;
    this.#firstKey = undefined;
    if (!this.#showsPrompt(screen, line, line.row)) return;
    const glyph = screen.glyph(line.row, line.col);
    // The same text as a suggestion is no echo.
    if (glyph.contents === contents && !screen.isFaded?.(glyph.rendition)) {
      line.seen = true;
      this.book.echoed(line.prompt, line.after, true);
    } else if (screen.cursorRow === line.row && screen.cursorCol <= line.col) {
      this.book.echoed(line.prompt, line.after, false);
    }
  }

  #judgeReturn(screen: ScreenView, echoAck: number): void {
    const back = this.#return;
    if (back === undefined || echoAck < back.expiration) return;
    this.#return = undefined;
    const there =
      this.#showsPrompt(screen, back.line, back.row) &&
      screen.cursorRow === back.row &&
      screen.cursorCol >= back.line.col &&
      // At the bottom it is the same row: it must have changed.
      (back.row !== back.line.row ||
        back.word === "" ||
        this.#departure?.text !== spanText(screen, back.row, back.line.left, back.line.end));
    this.book.returned(back.line.prompt, back.word, there);
  }

  /** What was shown turned out wrong. */
  refuted(): void {
    const line = this.#line;
    if (line?.granted === "prompt") this.book.echoed(line.prompt, line.after, false);
    else if (line?.granted === "return") this.book.returned(line.prompt, line.after ?? "", false);
    if (line && line.granted !== "no") {
      this.#firstKey = undefined;
      this.#return = undefined;
    }
    // The guess after Return is wrong more often than not; that the next key begins a line stays true.
    this.#line = undefined;
  }

  /** Something was typed that is not followed (a paste), or the screen is another one. */
  lost(): void {
    this.#firstKey = undefined;
    this.#return = undefined;
    this.#lose();
  }

  #lose(): void {
    this.#line = undefined;
    this.#fresh = false;
  }

  #depart(footing: Footing, how: Omit<Departure, "expiration">): void {
    this.#line = undefined;
    this.#fresh = true;
    this.#departure = { expiration: footing.expiration, ...how };
  }

  /** A line of which nothing is known but its place. */
  #unknown(screen: ScreenView, row: number): Omit<Departure, "expiration"> {
    const { left, end } = paneSpan(screen, row, screen.cursorCol);
    const text = spanText(screen, row, left, end);
    return { row, text, word: undefined, empty: false, unseen: undefined };
  }

  /** The line that begins at the cursor, if it stands behind something like a prompt and nothing is right of it. */
  #freshLine(screen: ScreenView, echoAck: number): Line | undefined {
    const { cursorRow: row, cursorCol: col } = screen;
    if (row >= screen.rows || col >= screen.cols) return undefined;
    const { left, end: edge } = paneSpan(screen, row, col);
    const prompt = rowText(screen, row, left, col);
    if (!isPromptLike(prompt)) return undefined;
    let end = col;
    while (end < edge) {
      const glyph = screen.glyph(row, end);
      if (!isBlank(glyph) && !screen.isFaded?.(glyph.rendition)) break;
      end++;
    }
    if (end < edge && end - col < RIGHT_PROMPT_GAP) return undefined;
    const departure = this.#departure;
    const arrived =
      departure !== undefined &&
      echoAck >= departure.expiration &&
      departure.unseen === undefined &&
      (row !== departure.row || departure.empty || spanText(screen, row, left, end) !== departure.text);
    const after = arrived ? departure.word : undefined;
    const granted = this.book.echoes(prompt, after) ? "prompt" : "no";
    return { row, left, col, end, prompt, after, granted, touched: false, word: undefined, seen: false };
  }

  #showsPrompt(screen: ScreenView, line: Line, row: number): boolean {
    return (
      row < screen.rows &&
      line.col <= screen.cols &&
      rowText(screen, row, line.left, line.col) === line.prompt
    );
  }
}

/** Text of columns left..end-1, trailing blanks cut; "" outside the screen. */
function spanText(screen: ScreenView, row: number, left: number, end: number): string {
  if (row < 0 || row >= screen.rows) return "";
  return rowText(screen, row, left, Math.min(end, screen.cols)).trimEnd();
}
