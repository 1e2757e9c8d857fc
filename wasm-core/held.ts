/**
 * Output that was fed and is not drawn yet (assembly/hold.ts says which may wait): of one terminal at a time, for all of a
 * core. Terminal has it drawn before it asks the core for anything else; so nobody sees a difference, except that small
 * writes cost less.
 */
import type { Abi } from "./abi.ts";
import type { Views } from "./views.ts";

/** Bytes held at most: what the core takes at once (terminal.ts). */
const MOST = 262144;
/** What the core may read and write behind them. */
const SLACK = 96;
/** Pieces from this size on are worth it: smaller ones come from programs that talk to somebody. */
const LEAST_PIECE = 1024;
/** Up to this size: larger ones are large writes as they are. */
const LARGEST_PIECE = 131072;
/** Pieces to let through, at most, when somebody looked after each of those held. */
const LONGEST_REST = 64;

export class HeldOutput {
  readonly #abi: Abi;
  readonly #views: Views;
  /** Not with builds of the core from before: benchmarks compare builds. */
  readonly #able: boolean;
  /** Pointer of the terminal it is for, 0 = none. */
  #owner = 0;
  #buffer = 0;
  #used = 0;
  #pieces = 0;
  /** Pieces to let through before the next is held, and how many it will be after the next disappointment. */
  #rest = 0;
  #nextRest = 1;

  constructor(abi: Abi, views: Views) {
    this.#abi = abi;
    this.#views = views;
    this.#able = abi.terminal_may_hold !== undefined;
  }

  /** Whose output is held. */
  get owner(): number {
    return this.#owner;
  }

  /**
   * A piece of output for terminal `t`: held or, with all that was held, drawn.
   * @returns false if it is for the caller to draw; nothing of this terminal is held then
   */
  take(t: number, bytes: Uint8Array): boolean {
    const { length } = bytes;
    if (this.#owner === t) {
      if (length > LARGEST_PIECE) this.draw();
      else if (this.#used + length > MOST) this.#drawMost();
    }
    if (this.#owner !== t) {
      if (length < LEAST_PIECE || length > LARGEST_PIECE || !this.#able) return false;
      if (this.#rest > 0) {
        this.#rest--;
        return false;
      }
      this.draw();
    }
    this.#buffer ||= this.#abi.memory_scratch(MOST + SLACK) >>> 0;
    if (this.#buffer === 0) return false;
    this.#views.bytes().set(bytes, this.#buffer + this.#used);
    const from = this.#pieces > 0 ? this.#used : 0;
    this.#used += length;
    if (this.#abi.terminal_may_hold(t, this.#buffer, from, this.#used)) {
      this.#owner = t;
      this.#pieces++;
    } else {
      this.#feed(t);
    }
    return true;
  }

  /** Draws what is held but for the sequence or character that it may end in: with the pieces that follow it begins anew. */
  #drawMost(): void {
    const [owner, end, used] = [this.#owner, this.#abi.terminal_held_end(this.#buffer), this.#used];
    this.#used = end;
    this.#feed(owner);
    this.#views.bytes().copyWithin(this.#buffer, this.#buffer + end, this.#buffer + used);
    this.#owner = owner;
    this.#used = used - end;
  }

  /** Draws what is held. */
  draw(): void {
    if (this.#owner === 0) return;
    // A look after each piece: holding saves nothing then.
    if (this.#pieces > 1) {
      this.#nextRest = 1;
    } else {
      this.#rest = this.#nextRest;
      this.#nextRest = Math.min(this.#nextRest * 2, LONGEST_REST);
    }
    this.#feed(this.#owner);
  }

  /** Forgets what is held for a terminal that goes. */
  drop(t: number): void {
    if (this.#owner === t) this.#empty();
  }

  #empty(): void {
    this.#owner = 0;
    this.#used = 0;
    this.#pieces = 0;
  }

  #feed(t: number): void {
    const length = this.#used;
    this.#empty();
    if (!this.#abi.terminal_feed(t, this.#buffer, length)) throw outOfMemory();
  }
}

export function outOfMemory(): Error {
  return new Error("the terminal core is out of memory");
}
