/** The predictions themselves: a guess about one cell, a guess about the cursor, and how a frame judges them. */
import { contentsKey, type Glyph, isBlank, type ScreenView, sameContents, seenKey } from "./screen.ts";

/** Number of no client state: such a prediction is never due. */
const NEVER = Number.POSITIVE_INFINITY;

export const BLANK: Glyph = { contents: "", rendition: 0, wide: false, fallback: false, wrap: false };

export type Verdict = "pending" | "correct" | "no credit" | "wrong" | "inactive";

/** What a guess is stamped with when it is made. */
export interface Stamp {
  /** Number of the client state that carries the key; judged when the server's echo ack has reached it. */
  readonly expiration: number;
  readonly epoch: number;
  /** ms; when the guess was made. */
  readonly time: number;
  /** Ordinal of the key. */
  readonly key: number;
}

/** What may be seen in one cell once the server has the key. */
export class CellPrediction {
  active = false;
  expiration = NEVER;
  epoch = NEVER;
  time = 0;
  key = 0;
  /** Something changes here, but it is not known what. */
  unknown = false;
  /** A copy of what is known already (a prompt): being right proves nothing, being wrong does. */
  copy = false;
  replacement: Glyph = BLANK;
  /** Contents seen here before: a frame that still shows one of these proves nothing. */
  readonly originals = new Set<string>();

  constructor(readonly col: number) {}

  reset(): void {
    this.active = false;
    this.expiration = NEVER;
    this.epoch = NEVER;
    this.unknown = false;
    this.copy = false;
    this.originals.clear();
  }

  /**
   * A new guess over an older one: the older guess becomes something that may be seen on the way.
   * @param real key of what is drawn here
   */
  set(real: string, stamp: Stamp): void {
    if (!this.active || this.unknown) this.reset();
    else this.originals.add(contentsKey(this.replacement));
    this.copy = false;
    this.stamp(stamp);
    this.originals.add(real);
  }

  stamp({ expiration, epoch, time, key }: Stamp): void {
    this.active = true;
    this.epoch = epoch;
    this.expiration = expiration;
    this.time = time;
    this.key = key;
  }

  /** Active and known: its replacement; else undefined. */
  get shown(): Glyph | undefined {
    return this.active && !this.unknown ? this.replacement : undefined;
  }

  verdict(screen: ScreenView, row: number, echoAck: number, fades: boolean): Verdict {
    if (!this.active) return "inactive";
    if (row >= screen.rows || this.col >= screen.cols) return "wrong";
    if (echoAck < this.expiration) return "pending";
    if (this.unknown || isBlank(this.replacement)) return "no credit";
    const real = screen.glyph(row, this.col);
    if (!sameContents(real, this.replacement)) return "wrong";
    return this.copy || this.originals.has(seenKey(screen, real, fades)) ? "no credit" : "correct";
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
