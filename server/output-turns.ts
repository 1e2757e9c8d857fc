/**
 * Whose child may write next. A child that has written its budget is paused (pty.ts); those that are paused take turns,
 * one at a time. So however many flood, about one of them runs at any moment, each gets the same share, and the event
 * loop and the machine's cores stay free for the others. One for each process; called by pty.ts.
 */

/** A child that does not use its turn within this time lets the next one go, ms. */
const TURN_MS = 8;

/** Somebody who waits for a turn. */
export interface Waiting {
  /** Lets the child write again. */
  resume(): void;
}

export class OutputTurns {
  readonly #queue: Waiting[] = [];
  #current: Waiting | undefined;
  #timer: Timer | undefined;
  #planned = false;

  /** The child is paused: its turn is over, and it waits for the next. */
  wait(who: Waiting): void {
    this.#queue.push(who);
    if (this.#current === who) this.#over();
    this.#plan();
  }

  /** It does not wait any more. */
  leave(who: Waiting): void {
    const at = this.#queue.indexOf(who);
    if (at >= 0) this.#queue.splice(at, 1);
    if (this.#current === who) {
      this.#over();
      this.#plan();
    }
  }

  #over(): void {
    this.#current = undefined;
    clearTimeout(this.#timer);
  }

  /** Never within a turn of the event loop that has output in it: first the others are served. */
  #plan(): void {
    if (this.#planned || this.#current || this.#queue.length === 0) return;
    this.#planned = true;
    setImmediate(() => {
      this.#planned = false;
      this.#next();
    });
  }

  #next(): void {
    if (this.#current) return;
    const next = this.#queue.shift();
    if (!next) return;
    // Alone it needs no clock: whenever it is paused again it goes on at once.
    if (this.#queue.length > 0) {
      this.#current = next;
      this.#timer = setTimeout(() => {
        this.#over();
        this.#plan();
      }, TURN_MS);
    }
    next.resume();
  }
}
