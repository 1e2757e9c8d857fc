/**
 * Whether what is on the screen is behind what the server has: after an outage, over a thin line, or when frames keep
 * getting lost. The server is heard, but what it says cannot be shown yet, because it is a long frame that arrives in
 * pieces, or a difference to one that never came. The notification bar then says so, instead of a screen that seems
 * stuck. Pure; called by session-loop.ts.
 */
import type { Reception } from "../ssp/transport.ts";

/**
 * So long may the screen be behind before the person is told, ms. On a bad line it is behind for a round trip now and
 * then, which is nothing to cover the top row for.
 */
const NOTICE_AFTER_MS = 1000;

export class CatchUp {
  #behindSince: number | undefined;

  /** What became of a datagram from the server. */
  received(reception: Reception, now: number): void {
    if (!reception.ok) return;
    if (reception.newState) this.#behindSince = undefined;
    else if (!reception.complete || reception.reason === "unknown-reference") this.#behindSince ??= now;
  }

  /** The text for the bar; undefined: the screen is up to date, or not behind for long. */
  text(now: number, bytesWaiting: number): string | undefined {
    if (this.#behindSince === undefined || now - this.#behindSince < NOTICE_AFTER_MS) return undefined;
    const so = bytesWaiting > 0 ? ` (${size(bytesWaiting)} of the next frame)` : "";
    return `Catching up with the server${so}.`;
  }

  /** Milliseconds until {@link text} may say something new by itself; Infinity: never. */
  waitTime(now: number): number {
    if (this.#behindSince === undefined) return Number.POSITIVE_INFINITY;
    const left = this.#behindSince + NOTICE_AFTER_MS - now;
    return left > 0 ? left : Number.POSITIVE_INFINITY;
  }
}

function size(bytes: number): string {
  return bytes < 1000 ? `${bytes} B` : `${Math.round(bytes / 1000)} kB`;
}
