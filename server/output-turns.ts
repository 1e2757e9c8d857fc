/**
 * Whose child may write next. A child that has written its budget is paused (pty.ts); those that are paused take turns,
 * one at a time. So however many flood, about one of them runs at any moment, each gets the same share, and the event
 * loop and the machine's cores stay free for the others.
 *
 * A key for any other child stops them all for a moment, and while somebody types they rest half of the time: on a machine
 * whose cores are all busy the kernel takes a flooding program and its terminal for as important as the one that somebody
 * waits for, and only here is it known who that is. One for each process; called by pty.ts. The processes of a host tell
 * each other by a shared number that there are keys (shard-process.ts).
 */

/** A child that does not use its turn within this time lets the next one go, ms. */
const TURN_MS = 8;
/** So long the flooding ones are stopped for a key, at most, ms. */
const HOLD_MS = 6;
/** And so long after that they are not stopped again: whatever is typed, they have a quarter of the time or more. */
const REST_MS = HOLD_MS;

/** So long after a key those that flood rest after each turn for as long as it took, ms. */
const TYPING_MS = 1000;

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
  /** When a key came last, here or in another process of the host. */
  #keyAt = Number.NEGATIVE_INFINITY;
  /** Counts keys of all processes of the host, in memory that they share. */
  #keys: Int32Array = new Int32Array(1);
  #keysSeen = 0;
  /** Who got the last key here: what it writes is the answer, and does not rest for it. */
  #typist: Flooding | undefined;
  /** How long the last turn took, ms. */
  #turnTook = 0;
  /** Who is waited for, and what calls off the end of the waiting. */
  #held: { readonly by: object; readonly callOff: () => void } | undefined;
  #restUntil = Number.NEGATIVE_INFINITY;

  constructor(time: TurnTime = REAL_TIME) {
    this.#time = time;
  }

  /**
   * From now on keys that go to other processes count, too: the cores are the same.
   * @param keys one number in memory that all of them have
   */
  share(keys: Int32Array): void {
    this.#keys = keys;
    this.#keysSeen = keys[0]!;
  }

  /** The child is paused: its turn is over, and it waits for the next. */
  wait(who: Flooding): void {
    this.#queue.push(who);
    this.#turnTook = 0;
    if (this.#running === who) {
      this.#turnTook = this.#time.now() - this.#runningSince;
      this.#over();
    }
    this.#plan();
  }

  /** It does not wait any more. */
  leave(who: Flooding): void {
    const at = this.#queue.indexOf(who);
    if (at >= 0) this.#queue.splice(at, 1);
    if (this.#running === who) this.#over();
    this.#release(who);
    if (this.#typist === who) this.#typist = undefined;
    this.#plan();
  }

  /** A key goes to `who`: until it answers, none of the others writes. */
  hold(who: Flooding): void {
    if (!this.#running && this.#queue.length === 0) {
      this.#keys[0]!++;
      this.#typist = who;
      return;
    }
    const now = this.#time.now();
    // Who had a turn once and has not come back for so long does not flood any more.
    const running = now - this.#runningSince <= TURN_MS ? this.#running : undefined;
    if (running === who || this.#queue.includes(who)) return;
    this.#keys[0]!++;
    this.#typist = who;
    if (this.#held || now < this.#restUntil || (!running && this.#queue.length === 0)) return;
    this.#held = { by: who, callOff: this.#time.after(HOLD_MS, () => this.#release(who)) };
    // Waiting for the answer is rest enough.
    this.#turnTook = 0;
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
    const go = (): void => {
      this.#planned = false;
      this.#next();
    };
    const rest = this.#isTyped() && this.#queue[0] !== this.#typist ? Math.min(this.#turnTook, TURN_MS) : 0;
    if (rest >= 1) this.#time.after(rest, go);
    else this.#time.soon(go);
  }

  #isTyped(): boolean {
    const now = this.#time.now();
    if (this.#keys[0] !== this.#keysSeen) {
      this.#keysSeen = this.#keys[0]!;
      this.#keyAt = now;
    }
    return now - this.#keyAt < TYPING_MS;
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
