/**
 * One timer for thousands of alarms: slots of a millisecond, and one timer of the runtime for the next slot that is not
 * empty. Moving an alarm costs a few pointer writes, where a timer of the runtime costs a microsecond and garbage, and
 * alarms of one slot share a wake-up. Pure but for the time it is given, so that tests run it in virtual time.
 */

/** Alarms further away than this stay in their slot for another turn. */
const SLOTS = 8192;
const UNSET = Number.POSITIVE_INFINITY;

/** Belongs to at most one slot of one wheel. */
export class Alarm {
  readonly fire: (now: number) => void;
  /** ms; Infinity: not set. For the wheel, as are the rest. */
  due = UNSET;
  slot = -1;
  previous: Alarm | undefined;
  next: Alarm | undefined;

  constructor(fire: (now: number) => void) {
    this.fire = fire;
  }
}

export interface TimeSource {
  /** ms, monotonic. */
  now(): number;
  /** Calls `wake` once after whole `ms`, instead of what it was told before. */
  sleep(ms: number, wake: () => void): void;
}

/** The runtime's clock and one of its timers. */
export function realTime(): TimeSource {
  let timer: Timer | undefined;
  return {
    now: () => performance.now(),
    sleep: (ms, wake) => {
      clearTimeout(timer);
      timer = setTimeout(wake, ms);
    },
  };
}

export class Wheel {
  readonly #time: TimeSource;
  readonly #late: ((ms: number) => void) | undefined;
  readonly #slots: (Alarm | undefined)[] = new Array(SLOTS).fill(undefined);
  #count = 0;
  /** All slots up to this millisecond have been looked at. */
  #tick: number;
  #wakeAt = UNSET;
  readonly #firing: Alarm[] = [];

  /** @param late told how much later than asked each alarm fires, ms */
  constructor(time: TimeSource = realTime(), late?: (ms: number) => void) {
    this.#time = time;
    this.#late = late;
    this.#tick = Math.floor(time.now());
  }

  now(): number {
    return this.#time.now();
  }

  /**
   * Sets or moves an alarm. It never fires early, and never from within this call.
   * @param due ms on the wheel's clock; Infinity clears it
   * @param slack it may be up to so many ms late, to fire together with others
   */
  set(alarm: Alarm, due: number, slack = 1): void {
    if (alarm.slot >= 0) this.#unlink(alarm);
    alarm.due = due;
    if (due === UNSET) return;
    const tick = Math.max(Math.ceil(due / slack) * slack, this.#tick + 1);
    this.#link(alarm, tick % SLOTS);
    if (tick < this.#wakeAt) this.#arm(tick);
  }

  /** Fires what is due. */
  readonly #advance = (): void => {
    this.#wakeAt = UNSET;
    let now = this.#time.now();
    const last = Math.floor(now);
    // After a long stall every slot need be seen only once.
    this.#tick = Math.max(this.#tick, last - SLOTS);
    while (this.#tick < last) this.#collect(++this.#tick % SLOTS, now);
    const began = now;
    let fired = 0;
    for (const alarm of this.#firing) {
      // One that fired before may have moved or cleared this one.
      if (alarm.slot >= 0 || alarm.due > began) continue;
      this.#late?.(began - alarm.due);
      alarm.due = UNSET;
      if (fired++ > 0) now = this.#time.now();
      alarm.fire(now);
    }
    this.#firing.length = 0;
    this.#armNext();
  };

  #collect(slot: number, now: number): void {
    for (let alarm = this.#slots[slot]; alarm; ) {
      const { next } = alarm;
      if (alarm.due <= now) {
        this.#unlink(alarm);
        this.#firing.push(alarm);
      }
      alarm = next;
    }
  }

  #armNext(): void {
    if (this.#count === 0) return;
    for (let ahead = 1; ahead <= SLOTS; ahead++) {
      const tick = this.#tick + ahead;
      if (this.#slots[tick % SLOTS] === undefined) continue;
      if (tick < this.#wakeAt) this.#arm(tick);
      return;
    }
  }

  #arm(tick: number): void {
    this.#wakeAt = tick;
    this.#time.sleep(Math.max(0, Math.ceil(tick - this.#time.now())), this.#advance);
  }

  #link(alarm: Alarm, slot: number): void {
    const first = this.#slots[slot];
    alarm.slot = slot;
    alarm.next = first;
    if (first) first.previous = alarm;
    this.#slots[slot] = alarm;
    this.#count++;
  }

  #unlink(alarm: Alarm): void {
    if (alarm.previous) alarm.previous.next = alarm.next;
    else this.#slots[alarm.slot] = alarm.next;
    if (alarm.next) alarm.next.previous = alarm.previous;
    alarm.previous = undefined;
    alarm.next = undefined;
    alarm.slot = -1;
    this.#count--;
  }
}
