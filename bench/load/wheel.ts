/**
 * One timer for thousands of sessions: alarms in slots of a millisecond, and one real timer for the next slot that is
 * not empty. Setting and moving an alarm costs a few pointer writes, where a timer of the runtime costs a microsecond and
 * garbage. Pure but for the clock and the timer it is given, so that tests run it in virtual time.
 */
import { Quantiles } from "./quantiles.ts";

/** Alarms further away than this stay in their slot for another turn. */
const SLOTS = 8192;

/** Belongs to at most one slot of one wheel. */
export class Alarm {
  readonly fire: (now: number) => void;
  /** ms; Infinity: not set. */
  due = Number.POSITIVE_INFINITY;
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
  /** Calls `wake` once after `ms`, instead of what it was told before. */
  sleep(ms: number, wake: () => void): void;
}

/** Work of every millisecond, while there is any. */
export interface Pump {
  readonly isNeeded: boolean;
  /** Alarms are going to fire. */
  hold(): void;
  /** They have. */
  pump(now: number): void;
}

class RealTime implements TimeSource {
  #timer: Timer | undefined;

  now(): number {
    return performance.now();
  }

  sleep(ms: number, wake: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(wake, ms);
  }
}

export class Wheel {
  readonly #time: TimeSource;
  readonly #slots: (Alarm | undefined)[] = new Array(SLOTS).fill(undefined);
  #count = 0;
  /** All slots up to this tick have been looked at. */
  #tick: number;
  #wakeAt = Number.POSITIVE_INFINITY;
  /** How much later than asked alarms fired, ms: what the generator itself adds. */
  lateness = new Quantiles();

  readonly #pump: Pump | undefined;

  constructor(time: TimeSource = new RealTime(), pump?: Pump) {
    this.#time = time;
    this.#pump = pump;
    this.#tick = Math.floor(time.now());
  }

  now(): number {
    return this.#time.now();
  }

  /** Sets or moves an alarm. Never fires early, and never from within this call. */
  set(alarm: Alarm, due: number): void {
    if (alarm.slot >= 0) this.#unlink(alarm);
    alarm.due = due;
    if (due === Number.POSITIVE_INFINITY) return;
    const tick = Math.max(Math.ceil(due), this.#tick + 1);
    const slot = tick % SLOTS;
    const first = this.#slots[slot];
    alarm.slot = slot;
    alarm.next = first;
    if (first) first.previous = alarm;
    this.#slots[slot] = alarm;
    this.#count++;
    if (tick < this.#wakeAt) this.#arm(tick);
  }

  clear(alarm: Alarm): void {
    this.set(alarm, Number.POSITIVE_INFINITY);
  }

  /** Has the pump looked after from now on. */
  wake(): void {
    const next = Math.floor(this.#time.now()) + 1;
    if (next < this.#wakeAt) this.#arm(next);
  }

  /** Fires what is due. */
  readonly advance = (): void => {
    const now = this.#time.now();
    this.#wakeAt = Number.POSITIVE_INFINITY;
    const last = Math.floor(now);
    // After a long stall every slot need be seen only once.
    if (last - this.#tick > SLOTS) this.#tick = last - SLOTS;
    const due: Alarm[] = [];
    for (; this.#tick < last; this.#tick++) {
      let alarm = this.#slots[(this.#tick + 1) % SLOTS];
      while (alarm) {
        const { next } = alarm;
        if (alarm.due <= now) {
          this.#unlink(alarm);
          due.push(alarm);
        }
        alarm = next;
      }
    }
    this.#pump?.hold();
    for (const alarm of due) {
      // One that fired before may have moved or cleared this one.
      if (alarm.slot >= 0 || alarm.due > now) continue;
      this.lateness.record(Math.max(0, now - alarm.due));
      alarm.due = Number.POSITIVE_INFINITY;
      alarm.fire(this.#time.now());
    }
    this.#pump?.pump(this.#time.now());
    this.#armNext();
  };

  #armNext(): void {
    if (this.#pump?.isNeeded) {
      this.wake();
      return;
    }
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
    this.#time.sleep(Math.max(0, Math.ceil(tick - this.#time.now())), this.advance);
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
