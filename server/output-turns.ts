/**
 * Whose child may write next. A child that has written its budget is paused (pty.ts); those that are paused take turns,
 * one at a time. So however many flood, about one of them runs at any moment, each gets the same share, and the event
 * loop and the machine's cores stay free for the others.
 *
 * A key for any other child stops them all for a moment: on a machine whose cores are all busy the kernel takes a flooding
 * program and its terminal for as important as the one that somebody waits for, and only here is it known who that is.
 * One for each process; called by pty.ts.
 */

/** A child that does not use its turn within this time lets the next one go, ms. */
const TURN_MS = 8;
/** So long the flooding ones are stopped for a key, at most, ms. */
const HOLD_MS = 6;
/** And so long after that they are not stopped again: whatever is typed, they have half of the time. */
const REST_MS = HOLD_MS;

/** A child whose output takes turns. */
export interface Flooding {
  /** Lets the child write again. */
  resume(): void;
  /** Pauses it in the middle of its turn. False if that cannot be done now. */
  interrupt(): boolean;
}

/** The runtime's clock and timers, or a test's. */
export interface TurnTime {
  /** ms, monotonic. */
  now(): number;
  /** Calls back once after `ms`; what it returns calls that off. */
  after(ms: number, call: () => void): () => void;
  /** Calls back when what has arrived was served. */
  soon(call: () => void): void;
}

const REAL_TIME: TurnTime = {
  now: () => performance.now(),
  after: (ms, call) => {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
  soon: (call) => setImmediate(call),
};

export class OutputTurns {
  readonly #time: TurnTime;
  readonly #queue: Flooding[] = [];
  /** Let go last, and not back yet. */
  #running: Flooding | undefined;
  #runningSince = 0;
  /** Calls off the end of the turn; undefined: nobody waits for it. */
  #stopClock: (() => void) | undefined;
  #planned = false;
  /** Who is waited for, and what calls off the end of the waiting. */
  #held: { readonly by: object; readonly callOff: () => void } | undefined;
  #restUntil = Number.NEGATIVE_INFINITY;

  constructor(time: TurnTime = REAL_TIME) {
    this.#time = time;
  }

  /** The child is paused: its turn is over, and it waits for the next. */
  wait(who: Flooding): void {
    this.#queue.push(who);
    if (this.#running === who) this.#over();
    this.#plan();
  }

  /** It does not wait any more. */
  leave(who: Flooding): void {
    const at = this.#queue.indexOf(who);
    if (at >= 0) this.#queue.splice(at, 1);
    if (this.#running === who) this.#over();
    this.#release(who);
    this.#plan();
  }

  /** A key goes to `who`: until it answers, none of the others writes. */
  hold(who: Flooding): void {
    if (this.#queue.length === 0 && !this.#running) return;
    const now = this.#time.now();
    if (this.#held || now < this.#restUntil || this.#queue.includes(who)) return;
    // Who had a turn once and has not come back for so long does not flood any more.
    const running = now - this.#runningSince <= TURN_MS ? this.#running : undefined;
    if (running === who || (!running && this.#queue.length === 0)) return;
    this.#held = { by: who, callOff: this.#time.after(HOLD_MS, () => this.#release(who)) };
    if (!running?.interrupt()) return;
    this.#over();
    // It has not had all of its turn.
    this.#queue.unshift(running);
  }

  /** Output of `who` has arrived. */
  wrote(who: Flooding): void {
    if (this.#held) this.#release(who);
  }

  #release(who: object): void {
    if (this.#held?.by !== who) return;
    this.#held.callOff();
    this.#held = undefined;
    this.#restUntil = this.#time.now() + REST_MS;
    this.#plan();
  }

  #over(): void {
    this.#running = undefined;
    this.#stopClock?.();
    this.#stopClock = undefined;
  }

  /** Never within a turn of the event loop that has output in it: first the others are served. */
  #plan(): void {
    if (this.#planned || this.#held || this.#stopClock || this.#queue.length === 0) return;
    this.#planned = true;
    this.#time.soon(() => {
      this.#planned = false;
      this.#next();
    });
  }

  #next(): void {
    if (this.#held || this.#stopClock) return;
    const next = this.#queue.shift();
    if (!next) return;
    this.#running = next;
    this.#runningSince = this.#time.now();
    // Alone it needs no clock: whenever it is paused again it goes on at once.
    if (this.#queue.length > 0) {
      this.#stopClock = this.#time.after(TURN_MS, () => {
        this.#over();
        this.#plan();
      });
    }
    next.resume();
  }
}
