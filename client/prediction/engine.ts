/**
 * Local echo: guesses what each typed key will do to the screen, shows the guess while the answer is on its way, and
 * takes it back when the server's screen says otherwise.
 *
 * Each guess belongs to an *epoch*. A new epoch begins with every key whose effect cannot be guessed (Return, Tab, a
 * control key) and with every wrong guess; guesses of an epoch stay hidden ("tentative") until the server has confirmed
 * one visible character of it. That is what keeps passwords hidden and a wrong guess short.
 *
 * Knows keystrokes, echo acks, the time and a screen to read (screen.ts). No tty, no socket, no clock: another terminal
 * can embed it. See README.md in this folder for an example, and for what `stock` switches off.
 */
import { type CellPrediction, cursorVerdict, type RowPrediction } from "./cells.ts";
import { Guesser } from "./guesser.ts";
import { Guesses } from "./guesses.ts";
import { KeystrokeParser } from "./keystrokes.ts";
import { PasteGuard } from "./paste.ts";
import { type DrawableScreen, isBlank, type Rendition, type ScreenView, sameGlyph } from "./screen.ts";

export type PredictionMode = "adaptive" | "always" | "never" | "experimental";

/** Send interval (half the round trip, ms) above which guesses are shown, and at which that stops again. */
const SHOW_ABOVE_MS = 30;
const HIDE_AT_MS = 20;
/** The same for underlining what is only a guess. */
const FLAG_ABOVE_MS = 80;
const UNFLAG_AT_MS = 50;
/** A guess unanswered for this long counts as a glitch: guesses are shown for a while even on a quick line. */
const GLITCH_MS = 250;
const GLITCH_COUNT = 10;
const BIG_GLITCH_MS = 5000;
const BIG_GLITCH_COUNT = 20;
/** Each quick confirmation (answered within GLITCH_MS), at most one per this time, takes one off the glitch count. */
const REPAIR_INTERVAL_MS = 150;
/** While guesses wait, the engine wants to look again this often. */
const WAKE_MS = 50;
/** A read longer than this is a paste: nothing of it is guessed. */
export const PASTE_BYTES = 100;
/** Send interval before the first measurement. */
const INITIAL_SEND_INTERVAL_MS = 250;

export interface PredictionOptions {
  readonly mode: PredictionMode;
  /** Typing replaces the character under the cursor instead of shifting the rest of the line. */
  readonly overwrite?: boolean;
  /** Columns of a code point: -1 unprintable, 0 combining, 1, 2. */
  readonly width: (codePoint: number) => number;
  /** Guess exactly as stock Mosh does, without prompts, panes, suggestions, wide characters, bracketed pastes. */
  readonly stock?: boolean;
}

export class PredictionEngine {
  readonly mode: PredictionMode;
  readonly overwrite: boolean;
  /** Better than stock. */
  readonly #improved: boolean;
  readonly #guesses: Guesses;
  readonly #guesser: Guesser;
  readonly #paste = new PasteGuard();
  #parser: KeystrokeParser;
  #previousByte = 0;

  #echoAck = 0;
  #sendInterval = INITIAL_SEND_INTERVAL_MS;

  #flagging = false;
  #slowLine = false;
  #glitches = 0;
  #lastRepair = 0;
  #right = 0;
  #wrong = 0;
  #cols = 0;
  #rowCount = 0;

  constructor(options: PredictionOptions) {
    this.mode = options.mode;
    this.overwrite = options.overwrite ?? false;
    this.#improved = !options.stock;
    this.#parser = new KeystrokeParser(this.#improved);
    this.#guesses = new Guesses(options.mode !== "experimental", this.#improved);
    const { overwrite } = this;
    this.#guesser = new Guesser(this.#guesses, { overwrite, improved: this.#improved, width: options.width });
  }

  /** After each datagram: the echo ack of the newest server state and the transport's send interval (ms). */
  network(echoAck: number, sendInterval: number): void {
    this.#echoAck = echoAck;
    this.#sendInterval = sendInterval;
  }

  /** Forgets all guesses, e.g. when the window changed its size. */
  reset(): void {
    this.#guesses.clear();
    this.#guesser.lost();
  }

  /**
   * One read of typed bytes, before the escape key is looked for.
   * @param screen the newest frame; with `stock`, as stock does it: what is drawn now, guesses included
   * @param lastSent number of the newest client state sent
   * @param now ms
   */
  keys(bytes: Uint8Array, screen: ScreenView, lastSent: number, now: number): void {
    this.#guesses.lastSent = lastSent;
    this.#guesses.now = now;
    if (this.mode === "never") return;
    if (this.#improved) this.#paste.reading(now);
    if (bytes.length > PASTE_BYTES) {
      this.reset();
      if (this.#improved) for (const byte of bytes) this.#paste.byte(byte);
      return;
    }
    for (const byte of bytes) {
      if (!this.#improved || this.#isTyped(byte)) this.#byte(byte, screen, now);
    }
  }

  /** Judges all guesses against a frame of the server. Call before {@link apply}. */
  cull(screen: ScreenView, now: number): void {
    if (this.mode === "never") return;
    if (screen.cols !== this.#cols || screen.rows !== this.#rowCount) {
      this.#cols = screen.cols;
      this.#rowCount = screen.rows;
      this.reset();
    }
    this.#updateTriggers();
    this.#guesser.acknowledged(screen, this.#echoAck);
    if (this.#judge(screen, now) || !this.#improved) return;
    // What is under way was guessed on a mistaken footing; where the frame stands now is a better one.
    this.#guesses.clear();
    this.#guesser.again(screen);
  }

  /** False if a guess was wrong, hidden or not, so that the ones after it stand on sand. */
  #judge(screen: ScreenView, now: number): boolean {
    const judged = this.#cullCells(screen, now);
    if (judged === "all wrong") return false;
    const guesses = this.#guesses;
    const last = guesses.cursors.at(-1);
    if (last && cursorVerdict(last, screen, this.#echoAck) === "wrong") {
      if (this.mode !== "experimental") {
        this.#refute(last.epoch);
        return false;
      }
      guesses.cursors = [];
    }
    guesses.cursors = guesses.cursors.filter(
      (cursor) => cursorVerdict(cursor, screen, this.#echoAck) === "pending",
    );
    guesses.dropWaypoints(this.#echoAck);
    return judged === "right";
  }

  /** Draws what may be shown on a copy of the newest frame. */
  apply(screen: DrawableScreen): void {
    if (!this.#shows()) return;
    const { cursors, rows, confirmedEpoch } = this.#guesses;
    for (const cursor of cursors) {
      if (cursor.epoch <= confirmedEpoch) screen.moveCursor(cursor.row, cursor.col);
    }
    for (const { row, cells } of rows) {
      if (row >= screen.rows) continue;
      for (const cell of cells) {
        if (cell.active && cell.epoch <= confirmedEpoch && cell.col < screen.cols)
          this.#show(screen, row, cell);
      }
    }
  }

  /** ms until the engine wants to be asked again; Infinity = not of itself. */
  get waitTime(): number {
    return this.#guesses.anyActive && !(this.#glitches > 0 && this.#flagging)
      ? WAKE_MS
      : Number.POSITIVE_INFINITY;
  }

  /** Guessed characters that the server confirmed, and times it refuted what could be seen. */
  get judged(): { readonly right: number; readonly wrong: number } {
    return { right: this.#right, wrong: this.#wrong };
  }

  /** Things remembered of all cells, prompts and commands, for tests: bounded, however much is typed ahead. */
  get remembered(): number {
    const cells = this.#guesses.rows.flatMap((row) => row.cells);
    return cells.reduce((n, cell) => n + cell.originals.size, 0) + this.#guesser.lines.book.size;
  }

  /** The engine's state for tests and for a status line. */
  inspect() {
    const { epoch, confirmedEpoch, cursors, rows } = this.#guesses;
    return {
      epoch,
      confirmedEpoch,
      flagging: this.#flagging,
      slowLine: this.#slowLine,
      glitches: this.#glitches,
      cursors: cursors.map((c) => [c.row, c.col, c.expiration, c.epoch] as const),
      cells: rows.flatMap(({ row, cells }) =>
        cells
          .filter((c) => c.active)
          .map((c) => ({
            row,
            col: c.col,
            glyph: c.unknown ? null : c.replacement,
            expiration: c.expiration,
            epoch: c.epoch,
          })),
      ),
    };
  }

  // ---- judging

  #updateTriggers(): void {
    if (this.#sendInterval > SHOW_ABOVE_MS) this.#slowLine = true;
    else if (this.#slowLine && this.#sendInterval <= HIDE_AT_MS && !this.#guesses.anyActive)
      this.#slowLine = false;
    if (this.#sendInterval > FLAG_ABOVE_MS) this.#flagging = true;
    else if (this.#sendInterval <= UNFLAG_AT_MS) this.#flagging = false;
    if (this.#glitches > GLITCH_COUNT) this.#flagging = true;
  }

  /** What was guessed in `epoch` was wrong, and may have been shown: everything goes. */
  #refute(epoch: number): void {
    if (epoch <= this.#guesses.confirmedEpoch) this.#wrong++;
    this.#guesser.lines.refuted();
    this.#guesses.clear();
  }

  /** Hidden guesses that were wrong are dropped; after a wrong one that was shown everything is. */
  #cullCells(screen: ScreenView, now: number): "right" | "some wrong" | "all wrong" {
    const guesses = this.#guesses;
    let verdict: "right" | "some wrong" = "right";
    guesses.rows = guesses.rows.filter(({ row }) => row < screen.rows);
    for (const { row, cells } of guesses.rows) {
      for (const cell of cells) {
        switch (cell.verdict(screen, row, this.#echoAck, this.#improved)) {
          case "correct":
            if (this.#proves(cell, screen))
              this.#confirm(cell, cells, screen.glyph(row, cell.col).rendition, now);
            break;
          case "no credit":
            cell.reset();
            break;
          case "pending":
            if (now - cell.time >= BIG_GLITCH_MS) this.#glitches = BIG_GLITCH_COUNT;
            else if (now - cell.time >= GLITCH_MS) this.#glitches = Math.max(this.#glitches, GLITCH_COUNT);
            break;
          case "wrong":
            if (this.mode === "experimental") {
              cell.reset();
            } else if (cell.epoch > guesses.confirmedEpoch) {
              guesses.killEpoch(cell.epoch, screen);
              verdict = "some wrong";
            } else {
              this.#refute(cell.epoch);
              return "all wrong";
            }
            break;
          case "inactive":
            break;
        }
      }
    }
    return verdict;
  }

  /** A hidden guess that came true: may what is hidden with it be shown? */
  #proves(cell: CellPrediction, screen: ScreenView): boolean {
    if (!this.#improved || cell.epoch <= this.#guesses.confirmedEpoch) return true;
    return this.#guesses.isBorneOut(cell.epoch, screen, this.#echoAck);
  }

  #confirm(cell: CellPrediction, cells: RowPrediction["cells"], rendition: Rendition, now: number): void {
    const guesses = this.#guesses;
    this.#right++;
    if (cell.epoch > guesses.confirmedEpoch) guesses.confirmedEpoch = cell.epoch;
    if (now - cell.time < GLITCH_MS && this.#glitches > 0 && now - REPAIR_INTERVAL_MS >= this.#lastRepair) {
      this.#glitches--;
      this.#lastRepair = now;
    }
    // What follows was guessed in the colours of its left neighbour: now they are known. Text that was shifted keeps its own.
    const guessed = cell.replacement.rendition;
    for (let col = cell.col; col < cells.length; col++) {
      const other = cells[col];
      if (other && (!this.#improved || other.replacement.rendition === guessed))
        other.replacement = { ...other.replacement, rendition };
    }
    cell.reset();
  }

  // ---- guessing

  /** False for what belongs to a bracketed paste: nothing of it is guessed, however it is split into reads. */
  #isTyped(byte: number): boolean {
    const what = this.#paste.byte(byte);
    if (what === "begins") {
      this.reset();
      // It has seen all but the last byte of the marker.
      this.#parser = new KeystrokeParser(this.#improved);
      this.#previousByte = 0;
    }
    return what === "typed";
  }

  #byte(typed: number, screen: ScreenView, now: number): void {
    const guesses = this.#guesses;
    if (this.mode === "experimental") guesses.epoch = guesses.confirmedEpoch;
    this.cull(screen, now);
    // In application cursor mode arrows come as ESC O A: read them as CSI A.
    const byte = this.#previousByte === 0x1b && typed === 0x4f ? 0x5b : typed;
    this.#previousByte = byte;
    this.#parser.byte(byte, (key) => this.#guesser.typed(key, screen));
  }

  // ---- showing

  #shows(): boolean {
    if (this.mode === "never") return false;
    return this.mode !== "adaptive" || this.#slowLine || this.#glitches > 0;
  }

  #show(screen: DrawableScreen, row: number, cell: CellPrediction): void {
    const real = screen.glyph(row, cell.col);
    const flag = this.#flagging && !(isBlank(cell.replacement) && isBlank(real));
    if (cell.unknown) {
      if (flag && cell.col !== screen.cols - 1 && !this.#improved) screen.underline(row, cell.col);
    } else if (!sameGlyph(real, cell.replacement)) {
      screen.setGlyph(row, cell.col, cell.replacement);
      if (flag) screen.underline(row, cell.col);
    }
  }
}
