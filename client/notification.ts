/**
 * The notification bar: one line at the top of the screen that tells the person what the connection is doing.
 *
 * Shows a message, or for how long the server has been silent, or both, and how to quit. Texts and times are those of
 * prediction.md 9; the rules for which message is set when are in session-loop.ts.
 */
import type { Terminal } from "../wasm-core/core.ts";
import type { Overlay, ServerNews } from "./overlay.ts";
import { fit } from "./row-text.ts";

/** No new remote state for longer than this: the server is late. */
const CONTACT_LATE_MS = 6500;
/** The newest acknowledged own state was sent longer ago than this: the reply is late. */
const REPLY_LATE_MS = 10_000;
const MESSAGE_MS = 1000;
const NETWORK_ERROR_MS = 3100;
/** How often the bar is redrawn while it counts, and how often after a minute without contact. */
const COUNT_UP_MS = 1000;
const COUNT_UP_LONG_MS = 3000;
const LONG_SILENCE_MS = 60_000;
/** What the bar's text is cut at, whatever the width. */
const MAX_TEXT = 127;

const encoder = new TextEncoder();

export interface MessageOptions {
  /** Stays until another message is set. Default: it expires after a second. */
  readonly permanent?: boolean;
  /** Add how to quit. Default true. */
  readonly quitHint?: boolean;
}

export class NotificationBar implements Overlay {
  readonly #escapeKeyName: string | undefined;
  readonly #pen: string;
  #lastHeard: number;
  #lastAcked: number;
  #message = "";
  #expiration = Number.POSITIVE_INFINITY;
  #isNetworkError = false;
  #quitHint = true;
  #catchingUp: string | undefined;

  /**
   * @param escapeKeyName as in {@link EscapeKey.name}; undefined = there is no key to quit with
   * @param now start of the session: silence is counted from here
   * @param color white on blue as in stock; false: inverse, for those who set NO_COLOR
   */
  constructor(escapeKeyName: string | undefined, now: number, color = true) {
    this.#escapeKeyName = escapeKeyName;
    this.#pen = color ? "37;44" : "7";
    this.#lastHeard = now;
    this.#lastAcked = now;
  }

  /** The message shown, empty if there is none. */
  get message(): string {
    return this.#message;
  }

  get showsNetworkError(): boolean {
    return this.#isNetworkError && this.#message !== "";
  }

  /** Nothing new from the server for so long that the bar counts; its answer to what was typed may be there all the same. */
  unheard(now: number): boolean {
    return now - this.#lastHeard > CONTACT_LATE_MS;
  }

  /** Nothing new from the server, or no answer to what was typed, for so long that the bar counts. */
  late(now: number): boolean {
    return now - this.#lastHeard > CONTACT_LATE_MS || now - this.#lastAcked > REPLY_LATE_MS;
  }

  /**
   * Milliseconds until silence makes the bar count; Infinity: it does already. Not part of {@link waitTime}, which is
   * stock's: there the bar comes with whatever wakes the client next, up to a heartbeat (3 s) later.
   */
  timeUntilLate(now: number): number {
    if (this.late(now)) return Number.POSITIVE_INFINITY;
    return Math.min(this.#lastHeard + CONTACT_LATE_MS, this.#lastAcked + REPLY_LATE_MS) + 1 - now;
  }

  /** Shows `text` instead of any other message; an empty one takes the message away. */
  setMessage(text: string, now: number, options: MessageOptions = {}): void {
    this.#message = text;
    this.#expiration = options.permanent ? Number.POSITIVE_INFINITY : now + MESSAGE_MS;
    this.#quitHint = options.quitHint ?? true;
    this.#isNetworkError = false;
  }

  /** What is said while the screen is behind and there is nothing more urgent; undefined: it is not. */
  setCatchingUp(text: string | undefined): void {
    this.#catchingUp = text;
  }

  setNetworkError(text: string, now: number): void {
    this.setMessage(text, now);
    this.#isNetworkError = true;
    this.#expiration = now + NETWORK_ERROR_MS;
  }

  /** A datagram left without an error: an older error is shown for a second more at most. */
  networkWorks(now: number): void {
    if (this.#isNetworkError) this.#expiration = Math.min(this.#expiration, now + MESSAGE_MS);
  }

  received(news: Pick<ServerNews, "now" | "newState" | "lastAckedTime">): void {
    if (news.newState) this.#lastHeard = news.now;
    this.#lastAcked = Math.max(this.#lastAcked, news.lastAckedTime);
  }

  apply(target: Terminal, now: number): void {
    if (now >= this.#expiration) this.setMessage("", now, { permanent: true });
    const text = this.text(now);
    if (text === "") return;
    const { fitting, columns } = fit(text, target);
    // Saved and restored: cursor and pen stay the program's. Origin and insert mode must not move the text. The rest
    // is spaces, as in stock, because erased cells look different in a selection.
    const rest = " ".repeat(target.cols - columns);
    target.feed(
      encoder.encode(
        `\x1b7\x1b[?6l\x1b[4l\x1b[1;1H\x1b[0;1;${this.#pen}m${fitting}\x1b[0;${this.#pen}m${rest}\x1b8`,
      ),
    );
    if (target.cursorRow === 0) target.setCursorVisible(false);
  }

  /** The bar's text at `now`; empty = no bar. */
  text(now: number): string {
    const contactLate = now - this.#lastHeard > CONTACT_LATE_MS;
    const replyLate = now - this.#lastAcked > REPLY_LATE_MS;
    const late = contactLate || replyLate;
    if (this.#message === "" && !late) return this.#catchingUp ? clip(`mosh: ${this.#catchingUp}`) : "";
    const hint = this.#quitHint && this.#escapeKeyName ? ` [To quit: ${this.#escapeKeyName} .]` : "";
    const what = replyLate && !contactLate ? "reply" : "contact";
    const silence = Math.floor((now - (what === "reply" ? this.#lastAcked : this.#lastHeard)) / 1000);
    if (this.#message === "") return clip(`mosh: Last ${what} ${duration(silence, "seconds")} ago.${hint}`);
    if (!late) return clip(`mosh: ${this.#message}${hint}`);
    return clip(`mosh: ${this.#message} (${duration(silence, "s")} without ${what}.)${hint}`);
  }

  waitTime(now: number): number {
    let wait = this.#expiration > now ? this.#expiration - now : Number.POSITIVE_INFINITY;
    if (this.#message === "") wait = Number.POSITIVE_INFINITY;
    const silent = now - this.#lastHeard;
    if (this.late(now)) {
      wait = Math.min(wait, silent > LONG_SILENCE_MS ? COUNT_UP_LONG_MS : COUNT_UP_MS);
    }
    return wait;
  }
}

function clip(text: string): string {
  return text.slice(0, MAX_TEXT);
}

/** `5 seconds`, then `1:05`, then `1:00:05`. */
function duration(seconds: number, unit: string): string {
  if (seconds < 60) return `${seconds} ${unit}`;
  const two = (value: number) => String(value).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}
