/**
 * All open guesses and their epochs: what is guessed of cells and of the cursor, and which epochs the server has
 * confirmed. Holds them; editing.ts makes them, engine.ts judges and shows them.
 */
import { CellPrediction, type CursorPrediction, type RowPrediction, type Stamp } from "./cells.ts";
import { type Glyph, type ScreenView, sameContents, seenKey } from "./screen.ts";

/** The cursor after one key. */
interface Waypoint {
  readonly row: number;
  readonly col: number;
  readonly expiration: number;
  readonly epoch: number;
  readonly key: number;
}

/** Keys of which the cursor is remembered; of older ones nothing is confirmed. */
const MAX_WAYPOINTS = 512;
/** Cursors of so many epochs; the oldest are of no use to anybody. */
const MAX_CURSORS = 256;

export class Guesses {
  /** Epoch given to new guesses. */
  epoch = 1;
  /** Guesses of epochs up to this one may be shown. */
  confirmedEpoch = 0;
  rows: RowPrediction[] = [];
  cursors: CursorPrediction[] = [];
  /** Number of the newest client state sent. */
  lastSent = 0;
  /** Ordinal of the key being handled. */
  key = 0;
  /** ms; when it was typed. */
  now = 0;
  #waypoints: Waypoint[] = [];

  /**
   * @param epochs false: there is one epoch only (experimental)
   * @param fades a suggestion's text is not the same as typed text
   */
  constructor(
    readonly epochs: boolean,
    readonly fades: boolean,
  ) {}

  clear(): void {
    this.rows = [];
    this.cursors = [];
    this.#waypoints = [];
    this.becomeTentative();
  }

  becomeTentative(): void {
    if (this.epochs) this.epoch++;
  }

  get anyActive(): boolean {
    return this.cursors.length > 0 || this.rows.some(({ cells }) => cells.some((cell) => cell.active));
  }

  /** Something is guessed that may not be shown. */
  get anyTentative(): boolean {
    return (
      this.cursors.some(({ epoch }) => epoch > this.confirmedEpoch) ||
      this.rows.some(({ cells }) => cells.some((cell) => cell.active && cell.epoch > this.confirmedEpoch))
    );
  }

  /** The newest cursor guess of this epoch, made if there is none. */
  cursor(screen: ScreenView): CursorPrediction {
    const last = this.cursors.at(-1);
    if (last === undefined) return this.addCursor(screen.cursorRow, screen.cursorCol);
    return last.epoch === this.epoch ? last : this.addCursor(last.row, last.col);
  }

  addCursor(row: number, col: number): CursorPrediction {
    const cursor = { row, col, expiration: this.lastSent + 1, epoch: this.epoch };
    this.cursors.push(cursor);
    if (this.cursors.length > MAX_CURSORS) this.cursors.shift();
    return cursor;
  }

  row(row: number, screen: ScreenView): CellPrediction[] {
    let found = this.rows.find((candidate) => candidate.row === row);
    if (found === undefined) {
      found = { row, cells: Array.from({ length: screen.cols }, (_, col) => new CellPrediction(col)) };
      this.rows.push(found);
    }
    return found.cells;
  }

  get stamp(): Stamp {
    return { expiration: this.lastSent + 1, epoch: this.epoch, time: this.now, key: this.key };
  }

  set(cells: CellPrediction[], row: number, col: number, screen: ScreenView): CellPrediction {
    const cell = cells[col];
    if (cell === undefined)
      throw new RangeError(`prediction outside the row: column ${col} of ${cells.length}`);
    cell.set(seenKey(screen, screen.glyph(row, col), this.fades), this.stamp);
    return cell;
  }

  /** What is, or is guessed to be, in a cell. */
  seen(row: number, col: number, screen: ScreenView): Glyph {
    const cells = this.rows.find((candidate) => candidate.row === row)?.cells;
    return cells?.[col]?.shown ?? screen.glyph(row, col);
  }

  /** Remembers where the key just handled put the cursor. */
  passWaypoint(): void {
    const last = this.cursors.at(-1);
    if (last === undefined) return;
    const { row, col } = last;
    const { expiration, epoch, key } = this.stamp;
    this.#waypoints.push({ row, col, expiration, epoch, key });
    if (this.#waypoints.length > MAX_WAYPOINTS) this.#waypoints.shift();
  }

  /** Forgets what a frame that shows everything up to `echoAck` has left behind. */
  dropWaypoints(echoAck: number): void {
    const newest = this.#waypoints.findLastIndex(({ expiration }) => expiration <= echoAck);
    if (newest > 0) this.#waypoints.splice(0, newest);
  }

  /**
   * Is the frame what the line would look like after one of the epoch's keys: the cursor there, and left of it what was
   * guessed? One equal character alone may be chance, such as the P of "Password:" where a P was typed ahead.
   */
  isBorneOut(epoch: number, screen: ScreenView, echoAck: number): boolean {
    const newest = this.#waypoints.findLastIndex((w) => w.epoch === epoch && w.expiration <= echoAck);
    return this.#waypoints.some((waypoint, at) => {
      if (at < newest || waypoint.epoch !== epoch) return false;
      if (waypoint.row !== screen.cursorRow || waypoint.col !== screen.cursorCol) return false;
      const cells = this.rows.find(({ row }) => row === waypoint.row)?.cells ?? [];
      return cells.every(
        (cell) =>
          !cell.active ||
          cell.unknown ||
          cell.epoch !== epoch ||
          cell.key > waypoint.key ||
          cell.col >= waypoint.col ||
          sameContents(screen.glyph(waypoint.row, cell.col), cell.replacement),
      );
    });
  }

  /** A hidden guess was wrong: only its epoch and what came after is dropped. */
  killEpoch(epoch: number, screen: ScreenView): void {
    this.cursors = this.cursors.filter((cursor) => cursor.epoch < epoch);
    this.#waypoints = this.#waypoints.filter((waypoint) => waypoint.epoch < epoch);
    this.addCursor(screen.cursorRow, screen.cursorCol);
    for (const { cells } of this.rows) {
      for (const cell of cells) if (cell.active && cell.epoch >= epoch) cell.reset();
    }
    this.becomeTentative();
  }
}
