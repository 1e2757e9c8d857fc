/**
 * The terminal state: a screen, and the number up to which the user's input has had its effect on it [P 12.1]. The
 * server's object, received by the client.
 *
 * Many states show the same screen (acknowledgements, echo acks, several attachments of one session), so the terminal
 * is shared between clones and only copied when a diff is applied to one of them. It is freed with the last.
 */
import type { Terminal } from "../wasm-core/core.ts";
import { decodeHostMessage, encodeHostMessage, type HostEvent } from "./host-message.ts";
import { MAX_DIMENSION } from "./params.ts";
import type { SyncObject } from "./sync-object.ts";

/** What ssp needs of a terminal; {@link Terminal} of the core is one. */
export interface Screen<S> {
  readonly cols: number;
  readonly rows: number;
  feed(bytes: Uint8Array): void;
  resize(cols: number, rows: number): void;
  takeReplies(): Uint8Array;
  clone(): S;
  equals(other: S): boolean;
  diff(from: S): Uint8Array;
  free(): void;
}

interface Shared<S> {
  terminal: S;
  references: number;
}

export class TerminalState<S extends Screen<S> = Terminal> implements SyncObject<TerminalState<S>> {
  #shared: Shared<S>;
  #echoAck: number;
  /** State 0: the two ends have not agreed on its size [P 12.2]. */
  #initial: boolean;
  #released = false;

  private constructor(shared: Shared<S>, echoAck: number, initial: boolean) {
    this.#shared = shared;
    this.#echoAck = echoAck;
    this.#initial = initial;
  }

  /** State 0: `blank` is a blank terminal, of any size, which this takes over [P 12.2]. */
  static initial<S extends Screen<S>>(blank: S): TerminalState<S> {
    return new TerminalState({ terminal: blank, references: 1 }, 0, true);
  }

  /** A later state: `snapshot` is of the lineage of state 0 and belongs to this state from now on. */
  static of<S extends Screen<S>>(snapshot: S, echoAck: number): TerminalState<S> {
    return new TerminalState({ terminal: snapshot, references: 1 }, echoAck, false);
  }

  /** The same screen with another echo ack, for a new owner. */
  withEchoAck(echoAck: number): TerminalState<S> {
    this.#shared.references++;
    return new TerminalState(this.#shared, echoAck, false);
  }

  /** The screen, to look at. */
  get terminal(): S {
    return this.#shared.terminal;
  }

  /** Number of the newest client state whose effect is on the screen. */
  get echoAck(): number {
    return this.#echoAck;
  }

  /** Echo ack and framebuffer [P 12.3]. State 0 equals only itself, so that a size is always sent after it [P 12.2]. */
  equals(other: TerminalState<S>): boolean {
    if (this.#echoAck !== other.#echoAck || this.#initial !== other.#initial) return false;
    return this.#shared === other.#shared || this.terminal.equals(other.terminal);
  }

  /** Echo ack, size, host string, each if there is one to say [P 12.4]. */
  diff(from: TerminalState<S>): Uint8Array {
    const events: HostEvent[] = [];
    if (this.#echoAck !== from.#echoAck) events.push({ kind: "echo-ack", num: this.#echoAck });
    const [now, then] = [this.terminal, from.terminal];
    if ((from.#initial && !this.#initial) || now.cols !== then.cols || now.rows !== then.rows)
      events.push({ kind: "resize", cols: now.cols, rows: now.rows }); // [P 12.2]
    if (this.#shared !== from.#shared) {
      const bytes = now.diff(then);
      if (bytes.length > 0) events.push({ kind: "bytes", bytes });
    }
    return encodeHostMessage(events);
  }

  /** Applies a HostMessage, in order [P 12.5]. False if it is malformed; the state is then of no use. */
  apply(diff: Uint8Array): boolean {
    const events = decodeHostMessage(diff);
    if (events === undefined) return false;
    this.#initial = false;
    for (const event of events) {
      if (event.kind === "echo-ack") {
        if (event.num < this.#echoAck) return false; // [P 12.6]
        this.#echoAck = event.num;
      } else if (event.kind === "resize") {
        if (!isDimension(event.cols) || !isDimension(event.rows)) return false; // [P 12.7]
        const terminal = this.terminal;
        if (event.cols !== terminal.cols || event.rows !== terminal.rows)
          this.#own().resize(event.cols, event.rows);
      } else if (event.bytes.length > 0) {
        const terminal = this.#own();
        terminal.feed(event.bytes);
        terminal.takeReplies(); // [P 12.8] a replica answers nobody
      }
    }
    return true;
  }

  /** Input once echoed stays echoed [P 9.9]. */
  follows(earlier: TerminalState<S>): boolean {
    return this.#echoAck >= earlier.#echoAck;
  }

  clone(): TerminalState<S> {
    this.#shared.references++;
    return new TerminalState(this.#shared, this.#echoAck, this.#initial);
  }

  /** Nothing: a screen is no list of events. */
  subtract(_prefix: TerminalState<S>): void {}

  release(): void {
    if (this.#released) throw new Error("a terminal state was released twice");
    this.#released = true;
    if (--this.#shared.references === 0) this.#shared.terminal.free();
  }

  /** The terminal, copied first if another state shows it too. */
  #own(): S {
    if (this.#shared.references > 1) {
      this.#shared.references--;
      this.#shared = { terminal: this.terminal.clone(), references: 1 };
    }
    return this.#shared.terminal;
  }
}

function isDimension(value: number): boolean {
  return value >= 1 && value <= MAX_DIMENSION;
}
