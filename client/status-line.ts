/**
 * The status line (escape key, then `i`): what the connection is like, in figures, on the last row of the screen.
 *
 * An overlay like the notification bar, in its colours. It reads counters and keeps a few seconds of them; it counts
 * nothing itself and changes nothing. Made by session.ts, toggled by session-loop.ts.
 */
import type { Terminal } from "../wasm-core/core.ts";
import type { Overlay, ServerNews } from "./overlay.ts";
import { fit } from "./row-text.ts";

/** Over which time rates are measured, and how often the line is drawn anew. */
const WINDOW_MS = 5000;
const REFRESH_MS = 1000;

const encoder = new TextEncoder();

/** Counters since the start of the session. */
export interface ConnectionFigures {
  /** Smoothed round-trip time, ms; undefined before the first sample. */
  readonly srtt: number | undefined;
  /** Authentic datagrams that came, and how many the server had sent by the newest of them. */
  readonly datagramsIn: number;
  readonly datagramsSentByServer: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Guesses of local echo that the server confirmed, and that it refuted after they were shown. */
  readonly guessesRight: number;
  readonly guessesWrong: number;
}

interface Sample {
  readonly at: number;
  readonly frames: number;
  readonly datagramsIn: number;
  readonly datagramsSent: number;
}

export class StatusLine implements Overlay {
  readonly #figures: () => ConnectionFigures;
  readonly #peer: string;
  readonly #pen: string;
  #shown = false;
  #frames = 0;
  #samples: Sample[] = [];

  /**
   * @param peer address and port of the server, as the person knows it
   * @param color as for the notification bar
   */
  constructor(figures: () => ConnectionFigures, peer: string, color = true) {
    this.#figures = figures;
    this.#peer = peer;
    this.#pen = color ? "37;44" : "7";
  }

  toggle(): void {
    this.#shown = !this.#shown;
    this.#samples = [];
  }

  received(news: Pick<ServerNews, "newState">): void {
    if (news.newState) this.#frames++;
  }

  apply(target: Terminal, now: number): void {
    if (!this.#shown) return;
    const { fitting, columns } = fit(this.text(now), target);
    const row = target.rows;
    const rest = " ".repeat(target.cols - columns);
    // Auto-wrap off: a full last row must not scroll the picture.
    target.feed(
      encoder.encode(
        `\x1b7\x1b[?6l\x1b[4l\x1b[?7l\x1b[${row};1H\x1b[0;1;${this.#pen}m${fitting}\x1b[0;${this.#pen}m${rest}\x1b8`,
      ),
    );
    if (target.cursorRow === row - 1) target.setCursorVisible(false);
  }

  waitTime(): number {
    return this.#shown ? REFRESH_MS : Number.POSITIVE_INFINITY;
  }

  /** The line at `now`: round trip, loss of incoming datagrams, frames a second, guesses, peer, traffic. */
  text(now: number): string {
    const figures = this.#figures();
    const newest: Sample = {
      at: now,
      frames: this.#frames,
      datagramsIn: figures.datagramsIn,
      datagramsSent: figures.datagramsSentByServer,
    };
    this.#samples = this.#samples.filter((sample) => now - sample.at <= WINDOW_MS);
    const oldest = this.#samples[0] ?? newest;
    if (now - (this.#samples.at(-1)?.at ?? Number.NEGATIVE_INFINITY) >= REFRESH_MS / 4)
      this.#samples.push(newest);

    const seconds = (now - oldest.at) / 1000;
    const sent = newest.datagramsSent - oldest.datagramsSent;
    const lost = sent - (newest.datagramsIn - oldest.datagramsIn);
    const judged = figures.guessesRight + figures.guessesWrong;
    return [
      `sterna: ${figures.srtt === undefined ? "round trip unknown" : `round trip ${figures.srtt.toFixed(0)} ms`}`,
      `loss ${sent > 0 ? `${Math.max(0, Math.round((100 * lost) / sent))} %` : "-"}`,
      `${seconds > 0 ? ((newest.frames - oldest.frames) / seconds).toFixed(1) : "-"} frames/s`,
      `guesses ${judged > 0 ? `${((100 * figures.guessesRight) / judged).toFixed(0)} % right` : "-"}`,
      this.#peer,
      `in ${size(figures.bytesIn)} out ${size(figures.bytesOut)}`,
    ].join(" | ");
  }
}

function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1000).toFixed(1)} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
