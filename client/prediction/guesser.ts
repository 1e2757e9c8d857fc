/**
 * From keys to guesses: what each key does (editing.ts), what is known of the line it is typed into (lines.ts), and
 * which keys are still under way, so that after a mistake they can be guessed anew from where the frame stands.
 * Called by engine.ts.
 */
import { Editing } from "./editing.ts";
import type { Guesses } from "./guesses.ts";
import type { Key } from "./keystrokes.ts";
import { type Footing, LineFollower } from "./lines.ts";
import { isLastRow, paneSpan } from "./panes.ts";
import type { ScreenView } from "./screen.ts";

const CTRL_C = 0x03;
const TAB = 0x09;
const RETURN = 0x0d;
const DELETE = 0x7f;
/** Keys under way that are guessed anew after a mistake; of more, none are. */
const MAX_IN_FLIGHT = 256;

/** A key whose effect no frame shows yet, as far as the echo ack tells. */
interface KeyInFlight {
  readonly key: Key;
  readonly expiration: number;
  /** ms; when it was typed. */
  readonly time: number;
}

interface GuesserOptions {
  readonly overwrite: boolean;
  readonly improved: boolean;
  readonly width: (codePoint: number) => number;
}

export class Guesser {
  readonly lines = new LineFollower();
  readonly #guesses: Guesses;
  readonly #editing: Editing;
  readonly #improved: boolean;
  readonly #width: (codePoint: number) => number;
  #inFlight: KeyInFlight[] = [];
  #echoAck = 0;

  constructor(guesses: Guesses, options: GuesserOptions) {
    this.#guesses = guesses;
    this.#improved = options.improved;
    this.#width = options.width;
    this.#editing = new Editing(guesses, options);
  }

  /** A key was typed. */
  typed(key: Key, screen: ScreenView): void {
    if (!this.#improved) {
      this.#guess(key, screen);
      return;
    }
    const control = key.kind === "execute" ? key.codePoint : undefined;
    if (control === RETURN) this.#enter(screen);
    else {
      this.#follow(key, control, screen);
      this.#guess(key, screen);
    }
    const guesses = this.#guesses;
    guesses.passWaypoint();
    this.#inFlight.push({ key, expiration: guesses.lastSent + 1, time: guesses.now });
    if (this.#inFlight.length > MAX_IN_FLIGHT) this.#inFlight = [];
  }

  /** A frame shows the effect of all keys up to this client state: learns from it. */
  acknowledged(screen: ScreenView, echoAck: number): void {
    this.#echoAck = echoAck;
    if (!this.#improved) return;
    this.lines.judge(screen, echoAck);
    const first = this.#inFlight.findIndex(({ expiration }) => expiration > echoAck);
    if (first !== 0) this.#inFlight = first < 0 ? [] : this.#inFlight.slice(first);
  }

  /** All guesses are gone: guesses the keys under way anew, hidden, from the frame's cursor on. */
  again(screen: ScreenView): void {
    const guesses = this.#guesses;
    const { lastSent, now } = guesses;
    for (const { key, expiration, time } of this.#inFlight) {
      guesses.lastSent = expiration - 1;
      guesses.now = time;
      this.#guess(key, screen);
      guesses.passWaypoint();
    }
    guesses.lastSent = lastSent;
    guesses.now = now;
  }

  /** Something was typed that is not guessed, or the screen is another one. */
  lost(): void {
    this.lines.lost();
    this.#inFlight = [];
  }

  #guess(key: Key, screen: ScreenView): void {
    const guesses = this.#guesses;
    guesses.key++;
    if (key.kind === "print") {
      this.#print(key.codePoint, screen);
    } else if (key.kind === "csi" && this.#isArrow(key)) {
      this.#editing.move(key.final === "C" ? "right" : "left", screen, this.lines.line);
    } else {
      guesses.becomeTentative();
      if (key.kind === "execute" && key.codePoint === RETURN) this.#editing.newline(screen);
    }
  }

  #print(codePoint: number, screen: ScreenView): void {
    const width = this.#width(codePoint);
    if (codePoint === DELETE) {
      this.#editing.backspace(screen, this.lines.line);
    } else if (width === 1 || (width === 2 && this.#improved)) {
      this.#editing.insert(String.fromCodePoint(codePoint), width, screen, this.lines.line);
    } else {
      this.#guesses.cursor(screen);
      this.#guesses.becomeTentative();
    }
  }

  #isArrow({ final, parameters }: Extract<Key, { kind: "csi" }>): boolean {
    // With Ctrl or Alt (CSI 1;5C) it goes by words.
    if (this.#improved && parameters !== "" && parameters !== "1") return false;
    return final === "C" || final === "D";
  }

  /** What any key but Return tells of the line. */
  #follow(key: Key, control: number | undefined, screen: ScreenView): void {
    const { lines } = this;
    const guesses = this.#guesses;
    if (key.kind === "print") {
      const width = this.#width(key.codePoint);
      if (key.codePoint === DELETE) return;
      if (width !== 1 && width !== 2) lines.touched();
      else if (lines.begins(String.fromCodePoint(key.codePoint), screen, this.#footing))
        guesses.confirmedEpoch = guesses.epoch;
    } else if (key.kind === "csi" && this.#isArrow(key)) {
      // At a suggestion this key may accept it.
      const { row, col } = this.#cursor(screen);
      if (key.final === "C" && this.#editing.isSuggestion(screen, row, col)) lines.touched();
    } else if (control === CTRL_C) {
      lines.interrupted(screen, this.#footing);
    } else if (control === TAB) {
      const { row, col } = this.#cursor(screen);
      const { left } = paneSpan(screen, row, col);
      lines.completed(this.#seenText(screen, row, left, col), this.#footing);
    } else {
      lines.touched();
    }
  }

  #enter(screen: ScreenView): void {
    const guesses = this.#guesses;
    const { row, col } = this.#cursor(screen);
    const { left } = paneSpan(screen, row, col);
    const seen = (from: number, end: number): string => this.#seenText(screen, row, from, end);
    const next = this.lines.entered(screen, row, seen, isLastRow(screen, row, left), this.#footing);
    guesses.key++;
    guesses.becomeTentative();
    if (next === undefined) {
      this.#editing.newline(screen);
      return;
    }
    this.#editing.newPromptLine(screen, next.line, next.left, next.granted);
    if (next.granted) guesses.confirmedEpoch = guesses.epoch;
  }

  #cursor(screen: ScreenView): { readonly row: number; readonly col: number } {
    return this.#guesses.cursors.at(-1) ?? { row: screen.cursorRow, col: screen.cursorCol };
  }

  /** What is in columns from..end-1 of a row, guesses included. */
  #seenText(screen: ScreenView, row: number, from: number, end: number): string {
    let text = "";
    for (let at = from; at < end; ) {
      const { contents, wide } = this.#guesses.seen(row, at, screen);
      text += contents || " ";
      at += wide ? 2 : 1;
    }
    return text;
  }

  get #footing(): Footing {
    const guesses = this.#guesses;
    return {
      expiration: guesses.lastSent + 1,
      echoAck: this.#echoAck,
      idle: !guesses.anyActive,
      allShown: !guesses.anyTentative,
    };
  }
}
