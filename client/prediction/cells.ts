/** The predictions themselves: a guess about one cell, a guess about the cursor, and how a frame judges them. */
import { contentsKey, type Glyph, isBlank, type ScreenView, sameContents } from "./screen.ts";

/** Number of no client state: such a prediction is never due. */
const NEVER = Number.POSITIVE_INFINITY;

const BLANK: Glyph = { contents: "", rendition: 0, wide: false, fallback: false, wrap: false };

export type Verdict = "pending" | "correct" | "no credit" | "wrong" | "inactive";

/** What may be seen in one cell once the server has the key. */
export class CellPrediction {
  active = false;
  /** Number of the client state that carries the key; judged when the server's echo ack has reached it. */
  expiration = NEVER;
  epoch = NEVER;
  /** ms; when the guess was made. */
  time = 0;
  /** Something changes here, but it is not known what. */
  unknown = false;
  replacement: Glyph = BLANK;
  /** Contents seen here before: a frame that still shows one of these proves nothing. */
  readonly originals = new Set<string>();

  constructor(readonly col: number) {}

  reset(): void {
    this.active = false;
    this.expiration = NEVER;
    this.epoch = NEVER;
    this.unknown = false;
    this.originals.clear();
  }

  /** A new guess over an older one: the older guess becomes something that may be seen on the way. */
  set(real: Glyph, expiration: number, epoch: number, now: number): void {
    if (!this.active || this.unknown) this.reset();
    else this.originals.add(contentsKey(this.replacement));
    this.active = true;
    this.expiration = expiration;
    this.epoch = epoch;
    this.time = now;
    this.originals.add(contentsKey(real));
  }

  /** Active and known: its replacement; else undefined. */
  get shown(): Glyph | undefined {
    return this.active && !this.unknown ? this.replacement : undefined;
  }

  verdict(screen: ScreenView, row: number, echoAck: number): Verdict {
    if (!this.active) return "inactive";
    if (row >= screen.rows || this.col >= screen.cols) return "wrong";
    if (echoAck < this.expiration) return "pending";
    if (this.unknown || isBlank(this.replacement)) return "no credit";
    if (!sameContents(screen.glyph(row, this.col), this.replacement)) return "wrong";
    return this.originals.has(contentsKey(this.replacement)) ? "no credit" : "correct";
  }
}

/** A row in which something is predicted. */
export interface RowPrediction {
  readonly row: number;
  readonly cells: CellPrediction[];
}

/** Where the cursor may be once the server has the key. */
export interface CursorPrediction {
  row: number;
  col: number;
  expiration: number;
  readonly epoch: number;
}

export function cursorVerdict(cursor: CursorPrediction, screen: ScreenView, echoAck: number): Verdict {
  if (cursor.row >= screen.rows || cursor.col >= screen.cols) return "wrong";
  if (echoAck < cursor.expiration) return "pending";
  return cursor.row === screen.cursorRow && cursor.col === screen.cursorCol ? "correct" : "wrong";
}
