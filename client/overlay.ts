/**
 * What is laid over the remote screen before it is drawn: the seam between the session loop and local echo, the
 * notification bar and the title prefix.
 *
 * An overlay writes to a copy, so it may change anything a person sees and nothing the protocol depends on. Overlays
 * are applied in a fixed order, the later ones on top (prediction.md 7). session-loop.ts calls them; it knows no more
 * of them than this.
 */
import type { Terminal } from "../wasm-core/core.ts";

export interface Overlay {
  /** Changes `target`, a copy of the newest remote screen, for the drawing at `now`. Its parser is in ground. */
  apply(target: Terminal, now: number): void;
  /** ms until the picture may change by itself; Infinity = not before something happens. */
  waitTime(now: number): number;
  /** Bytes were read from the keyboard; called before the escape key sees them. */
  typed?(block: Uint8Array, typing: Typing): void;
  /** A datagram changed what is known of the server. */
  received?(news: ServerNews): void;
  /** The window's size changed. */
  resized?(now: number): void;
}

/** The moment of typing. The terminals are views and valid during the call only. */
export interface Typing {
  readonly now: number;
  /** What the person sees, overlays included. */
  readonly drawn: Terminal;
  /** The newest remote screen. */
  readonly remote: Terminal;
  /** Number of the newest client state already sent; the bytes will travel in a later one. */
  readonly lastSent: number;
}

/** What the transport knows after a datagram. Times in ms on the session's clock. */
export interface ServerNews {
  readonly now: number;
  /** The server's newest state arrived with this datagram. */
  readonly newState: boolean;
  /** When the newest client state known to be acknowledged was sent; -Infinity before the first. */
  readonly lastAckedTime: number;
  /** Up to which client state the remote screen shows the effect of typing. */
  readonly echoAck: number;
  /** Shortest time between two states, about half a round trip. */
  readonly sendInterval: number;
}
