/**
 * Local echo: guesses what each typed key will do to the screen, shows the guess while the answer is on its way, and
 * takes it back when the server's screen says otherwise.
 *
 * Each guess belongs to an *epoch*. A new epoch begins with every key whose effect cannot be guessed (Return, Tab, a
 * control key) and with every wrong guess; guesses of an epoch stay hidden ("tentative") until the server has confirmed
 * one visible character of it. That is what keeps passwords hidden and a wrong guess short.
 *
 * Knows keystrokes, echo acks, the time and a screen to read (screen.ts). No tty, no socket, no clock: another terminal
 * can embed it. See README.md in this folder for an example.
 */
import { CellPrediction, type CursorPrediction, cursorVerdict, type RowPrediction } from "./cells.ts";
import { type Key, KeystrokeParser } from "./keystrokes.ts";
import {
  type DrawableScreen,
  type Glyph,
  isBlank,
  type Rendition,
  type ScreenView,
  sameGlyph,
} from "./screen.ts";

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
}

export class PredictionEngine {
  readonly mode: PredictionMode;
  readonly overwrite: boolean;
  readonly #width: (codePoint: number) => number;
  readonly #parser = new KeystrokeParser();
  #previousByte = 0;

  #epoch = 1;
  #confirmedEpoch = 0;
  #rows: RowPrediction[] = [];
  #cursors: CursorPrediction[] = [];

  #lastSent = 0;
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
    this.#width = options.width;
  }

  /** After each datagram: the echo ack of the newest server state and the transport's send interval (ms). */
  network(echoAck: number, sendInterval: number): void {
    this.#echoAck = echoAck;
    this.#sendInterval = sendInterval;
  }

  /** Forgets all guesses, e.g. when the window changed its size. */
  reset(): void {
    this.#rows = [];
    this.#cursors = [];
    this.#becomeTentative();
  }

  /**
   * One read of typed bytes, before the escape key is looked for.
   * @param screen what is drawn now, guesses included
   * @param lastSent number of the newest client state sent
   * @param now ms
   */
  keys(bytes: Uint8Array, screen: ScreenView, lastSent: number, now: number): void {
    this.#lastSent = lastSent;
    if (this.mode === "never") return;
    if (bytes.length > PASTE_BYTES) {
      this.reset();
      return;
    }
    for (let byte of bytes) {
      if (this.mode === "experimental") this.#epoch = this.#confirmedEpoch;
      this.cull(screen, now);
      // In application cursor mode arrows come as ESC O A: read them as CSI A.
      if (this.#previousByte === 0x1b && byte === 0x4f) byte = 0x5b;
      this.#previousByte = byte;
      this.#parser.byte(byte, (key) => this.#key(key, screen, now));
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
    if (!this.#cullCells(screen, now)) return;
    const last = this.#cursors.at(-1);
    if (last && cursorVerdict(last, screen, this.#echoAck) === "wrong") {
      if (this.mode !== "experimental") {
        this.reset();
        return;
      }
      this.#cursors = [];
    }
    this.#cursors = this.#cursors.filter(
      (cursor) => cursorVerdict(cursor, screen, this.#echoAck) === "pending",
    );
  }

  /** Draws what may be shown on a copy of the newest frame. */
  apply(screen: DrawableScreen): void {
    if (!this.#shows()) return;
    for (const cursor of this.#cursors) {
      if (cursor.epoch <= this.#confirmedEpoch) screen.moveCursor(cursor.row, cursor.col);
    }
    for (const { row, cells } of this.#rows) {
      if (row >= screen.rows) continue;
      for (const cell of cells) {
        if (cell.active && cell.epoch <= this.#confirmedEpoch && cell.col < screen.cols)
          this.#show(screen, row, cell);
      }
    }
  }

  /** ms until the engine wants to be asked again; Infinity = not of itself. */
  get waitTime(): number {
    return this.#anyActive() && !(this.#glitches > 0 && this.#flagging) ? WAKE_MS : Number.POSITIVE_INFINITY;
  }

  /** Guessed characters that the server confirmed, and that it refuted after they could be seen. */
  get judged(): { readonly right: number; readonly wrong: number } {
    return { right: this.#right, wrong: this.#wrong };
  }

  /** Contents remembered of all cells, for tests: bounded, however much is typed ahead. */
  get remembered(): number {
    return this.#rows.reduce(
      (sum, { cells }) => sum + cells.reduce((n, cell) => n + cell.originals.size, 0),
      0,
    );
  }

  /** The engine's state for tests and for a status line. */
  inspect() {
    return {
      epoch: this.#epoch,
      confirmedEpoch: this.#confirmedEpoch,
      flagging: this.#flagging,
      slowLine: this.#slowLine,
      glitches: this.#glitches,
      cursors: this.#cursors.map((c) => [c.row, c.col, c.expiration, c.epoch] as const),
      cells: this.#rows.flatMap(({ row, cells }) =>
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
    else if (this.#slowLine && this.#sendInterval <= HIDE_AT_MS && !this.#anyActive()) this.#slowLine = false;
    if (this.#sendInterval > FLAG_ABOVE_MS) this.#flagging = true;
    else if (this.#sendInterval <= UNFLAG_AT_MS) this.#flagging = false;
    if (this.#glitches > GLITCH_COUNT) this.#flagging = true;
  }

  /** False if everything was reset. */
  #cullCells(screen: ScreenView, now: number): boolean {
    this.#rows = this.#rows.filter(({ row }) => row < screen.rows);
    for (const { row, cells } of this.#rows) {
      for (const cell of cells) {
        switch (cell.verdict(screen, row, this.#echoAck)) {
          case "correct":
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
            } else if (cell.epoch > this.#confirmedEpoch) {
              this.#killEpoch(cell.epoch, screen);
            } else {
              this.#wrong++;
              this.reset();
              return false;
            }
            break;
          case "inactive":
            break;
        }
      }
    }
    return true;
  }

  #confirm(cell: CellPrediction, cells: CellPrediction[], rendition: Rendition, now: number): void {
    this.#right++;
    if (cell.epoch > this.#confirmedEpoch) this.#confirmedEpoch = cell.epoch;
    if (now - cell.time < GLITCH_MS && this.#glitches > 0 && now - REPAIR_INTERVAL_MS >= this.#lastRepair) {
      this.#glitches--;
      this.#lastRepair = now;
    }
    // The rest of the line was guessed in the colours of its left neighbour: now they are known.
    for (let col = cell.col; col < cells.length; col++) {
      const other = cells[col];
      if (other) other.replacement = { ...other.replacement, rendition };
    }
    cell.reset();
  }

  /** A hidden guess was wrong: only its epoch and what came after is dropped. */
  #killEpoch(epoch: number, screen: ScreenView): void {
    this.#cursors = this.#cursors.filter((cursor) => cursor.epoch < epoch);
    this.#addCursor(screen.cursorRow, screen.cursorCol);
    for (const { cells } of this.#rows) {
      for (const cell of cells) if (cell.active && cell.epoch >= epoch) cell.reset();
    }
    this.#becomeTentative();
  }

  // ---- guessing

  #key(key: Key, screen: ScreenView, now: number): void {
    if (key.kind === "print") {
      if (key.codePoint === 0x7f) this.#backspace(screen, now);
      else if (this.#width(key.codePoint) === 1) this.#insert(key.codePoint, screen, now);
      else {
        this.#cursor(screen);
        this.#becomeTentative();
      }
    } else if (key.kind === "csi" && (key.final === "C" || key.final === "D")) {
      const cursor = this.#cursor(screen);
      const col = cursor.col + (key.final === "C" ? 1 : -1);
      if (col >= 0 && col < screen.cols) {
        cursor.col = col;
        cursor.expiration = this.#lastSent + 1;
      }
    } else {
      this.#becomeTentative();
      if (key.kind === "execute" && key.codePoint === 0x0d) this.#newline(screen, now);
    }
  }

  #insert(codePoint: number, screen: ScreenView, now: number): void {
    const cursor = this.#cursor(screen);
    const cells = this.#row(cursor.row, screen);
    const { row, col } = cursor;
    const last = screen.cols - 1;
    // The last column may wrap or not.
    if (col >= last) this.#becomeTentative();
    if (!this.overwrite) {
      for (let i = last; i > col; i--) {
        const cell = this.#set(cells, row, i, screen, now);
        const left = cells[i - 1];
        this.#shift(cell, i === last ? undefined : left, screen, row);
      }
    }
    const cell = this.#set(cells, row, col, screen, now);
    cell.replacement = {
      contents: String.fromCodePoint(codePoint),
      rendition: col > 0 ? this.#seen(cells, row, col - 1, screen).rendition : screen.pen,
      wide: false,
      fallback: false,
      wrap: false,
    };
    cursor.expiration = this.#lastSent + 1;
    if (col < last) {
      cursor.col = col + 1;
    } else {
      this.#becomeTentative();
      this.#newline(screen, now);
    }
  }

  #backspace(screen: ScreenView, now: number): void {
    const cursor = this.#cursor(screen);
    const cells = this.#row(cursor.row, screen);
    if (cursor.col === 0) return;
    cursor.col--;
    cursor.expiration = this.#lastSent + 1;
    const { row, col } = cursor;
    if (this.overwrite) {
      const erased = this.#seen(cells, row, col, screen);
      const cell = this.#set(cells, row, col, screen, now);
      cell.unknown = false;
      cell.replacement = { ...erased, contents: " ", wide: false, fallback: false };
      return;
    }
    for (let i = col; i < screen.cols; i++) {
      const cell = this.#set(cells, row, i, screen, now);
      this.#shift(cell, i + 2 < screen.cols ? cells[i + 1] : undefined, screen, row);
    }
  }

  /** A cell takes over what its neighbour shows; no neighbour: nobody knows. */
  #shift(cell: CellPrediction, neighbour: CellPrediction | undefined, screen: ScreenView, row: number): void {
    if (neighbour === undefined || (neighbour.active && neighbour.unknown)) {
      cell.unknown = true;
    } else {
      cell.unknown = false;
      cell.replacement = neighbour.shown ?? screen.glyph(row, neighbour.col);
    }
  }

  #newline(screen: ScreenView, now: number): void {
    const cursor = this.#cursor(screen);
    cursor.col = 0;
    if (cursor.row < screen.rows - 1) {
      cursor.row++;
      return;
    }
    // Scrolling is not guessed: the last row becomes blank.
    for (const cell of this.#row(cursor.row, screen)) {
      cell.active = true;
      cell.epoch = this.#epoch;
      cell.expiration = this.#lastSent + 1;
      cell.time = now;
      cell.replacement = { ...cell.replacement, contents: "" };
    }
  }

  /** The newest cursor guess of this epoch, made if there is none. */
  #cursor(screen: ScreenView): CursorPrediction {
    const last = this.#cursors.at(-1);
    if (last === undefined) return this.#addCursor(screen.cursorRow, screen.cursorCol);
    return last.epoch === this.#epoch ? last : this.#addCursor(last.row, last.col);
  }

  #addCursor(row: number, col: number): CursorPrediction {
    const cursor = { row, col, expiration: this.#lastSent + 1, epoch: this.#epoch };
    this.#cursors.push(cursor);
    return cursor;
  }

  #row(row: number, screen: ScreenView): CellPrediction[] {
    let found = this.#rows.find((candidate) => candidate.row === row);
    if (found === undefined) {
      found = { row, cells: Array.from({ length: screen.cols }, (_, col) => new CellPrediction(col)) };
      this.#rows.push(found);
    }
    return found.cells;
  }

  #set(cells: CellPrediction[], row: number, col: number, screen: ScreenView, now: number): CellPrediction {
    const cell = cells[col];
    if (cell === undefined)
      throw new RangeError(`prediction outside the row: column ${col} of ${cells.length}`);
    cell.set(screen.glyph(row, col), this.#lastSent + 1, this.#epoch, now);
    return cell;
  }

  /** What is, or is guessed to be, in a cell. */
  #seen(cells: readonly CellPrediction[], row: number, col: number, screen: ScreenView): Glyph {
    return cells[col]?.shown ?? screen.glyph(row, col);
  }

  #becomeTentative(): void {
    if (this.mode !== "experimental") this.#epoch++;
  }

  #anyActive(): boolean {
    return this.#cursors.length > 0 || this.#rows.some(({ cells }) => cells.some((cell) => cell.active));
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
      if (flag && cell.col !== screen.cols - 1) screen.underline(row, cell.col);
    } else if (!sameGlyph(real, cell.replacement)) {
      screen.setGlyph(row, cell.col, cell.replacement);
      if (flag) screen.underline(row, cell.col);
    }
  }
}
