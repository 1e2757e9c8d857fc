/**
 * A view of a session for a terminal that is on this machine already, or at the other end of an ssh connection: no
 * protocol, only what the terminal must be told to show the screen. One difference at a time; while the stream has not
 * taken the last one no other is made, so a slow line skips frames and never falls behind. Called by shard.ts.
 */
import { SEND_MINDELAY_SERVER } from "../ssp/params.ts";
import type { UserEvent } from "../ssp/user-message.ts";
import type { Terminal } from "../wasm-core/core.ts";
import type { Seat, Viewer } from "./session-loop.ts";
import { fitted, type Size } from "./view.ts";

/** As for an attachment: a screen at rest for so long is a whole frame, ms. */
const SETTLED_MS = 1;
/** Shortest time between two frames, ms: what a screen can show. */
const FRAME_INTERVAL_MS = 16;

/** Where the bytes go. */
export interface ViewOutput {
  /** Bytes that were not taken yet. */
  readonly backlog: number;
  write(bytes: Uint8Array): void;
  /** Tells the other side why, and closes. */
  finish(reason: string): void;
}

export class StreamView implements Viewer {
  readonly #seat: Seat;
  readonly #output: ViewOutput;
  readonly #clock: () => number;
  readonly readOnly: boolean;
  readonly #maxSize: Size | undefined;
  #size: Size;
  #drawn: Terminal | undefined;
  #changedAt: number | undefined;
  #settledAt: number;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #lastInput = Number.NEGATIVE_INFINITY;
  #paused = false;
  #goodbye: string | undefined;
  #released = false;
  readonly origin = undefined;
  readonly clientSeen = true;

  constructor(
    seat: Seat,
    options: {
      readonly output: ViewOutput;
      readonly clock: () => number;
      readonly size: Size;
      readonly readOnly: boolean;
      readonly maxSize: Size | undefined;
    },
  ) {
    this.#seat = seat;
    this.#output = options.output;
    this.#clock = options.clock;
    this.readOnly = options.readOnly;
    this.#maxSize = options.maxSize;
    this.#size = this.#allowed(options.size);
    this.#changedAt = options.clock();
    this.#settledAt = this.#changedAt;
  }

  /** To be called once the session knows this view: takes the window's size there, and starts a new session's child. */
  open(): void {
    this.input([{ kind: "resize", ...this.#size }]);
  }

  get size(): Size {
    return this.#size;
  }

  get lastInput(): number {
    return this.#lastInput;
  }

  get lastClientState(): number {
    return this.#clock();
  }

  get attached(): boolean {
    return this.#goodbye === undefined;
  }

  get shuttingDown(): boolean {
    return this.#goodbye !== undefined;
  }

  /** Keys and sizes from the person. */
  input(events: readonly UserEvent[]): void {
    const now = this.#clock();
    this.#lastInput = now;
    for (const event of events) if (event.kind === "resize") this.#size = this.#allowed(event);
    if (!this.readOnly) {
      this.#seat.input(
        events.map((event) => (event.kind === "resize" ? { ...event, ...this.#size } : event)),
      );
    }
    this.screenChanged(now);
    this.#seat.received();
  }

  /** The program does not read what was typed: more had better wait. */
  get inputFull(): boolean {
    return !this.readOnly && this.#goodbye === undefined && this.#seat.inputFull;
  }

  /** Keys that wait behind others on the other side. False if they do not interrupt the program; then nothing has happened. */
  interrupt(bytes: Uint8Array): boolean {
    if (!this.inputFull || !this.#seat.interrupts(bytes)) return false;
    this.input([{ kind: "keys", bytes }]);
    return true;
  }

  /** The other side asks for no more frames for now, or for frames again. */
  setPaused(paused: boolean): void {
    this.#paused = paused;
    if (!paused) this.#seat.received();
  }

  /** The stream has taken everything. */
  drained(): void {
    this.#seat.received();
  }

  /** The other side is gone. */
  leave(): void {
    this.#goodbye ??= "detached";
    this.#seat.received();
  }

  screenChanged(now: number): void {
    this.#changedAt ??= now;
    this.#settledAt = Math.min(now + SETTLED_MS, this.#changedAt + SEND_MINDELAY_SERVER);
  }

  tick(now: number): void {
    if (this.#changedAt !== undefined && this.#ready && now >= this.#due) this.#draw(now);
  }

  waitTime(now: number): number {
    if (this.#goodbye !== undefined) return 0;
    if (this.#changedAt === undefined || !this.#ready) return Number.POSITIVE_INFINITY;
    return Math.max(0, this.#due - now);
  }

  startShutdown(now: number): void {
    if (this.#goodbye !== undefined) return;
    if (!this.#paused) this.#draw(now);
    this.#goodbye = "ended";
  }

  ended(): string | undefined {
    return this.#goodbye;
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#drawn?.free();
    this.#output.finish(this.#goodbye === "detached" ? "detached" : "the session is over or was detached");
  }

  get #ready(): boolean {
    return !this.#paused && this.#output.backlog === 0;
  }

  get #due(): number {
    return Math.max(this.#settledAt, this.#drawnAt + FRAME_INTERVAL_MS);
  }

  #allowed({ cols, rows }: Size): Size {
    const limit = this.#maxSize ?? { cols: 4096, rows: 4096 };
    return {
      cols: Math.min(Math.max(cols, 1), limit.cols),
      rows: Math.min(Math.max(rows, 1), limit.rows),
    };
  }

  #draw(now: number): void {
    this.#changedAt = undefined;
    this.#drawnAt = now;
    const picture = fitted(this.#seat.terminal.snapshot(), this.#size, this.#seat.notice);
    const known = this.#drawn;
    const bytes = picture.diff(known ?? picture, {
      screen: true,
      initialized: known !== undefined && known.cols === picture.cols && known.rows === picture.rows,
    });
    known?.free();
    this.#drawn = picture;
    if (bytes.length > 0) this.#output.write(bytes);
  }
}
