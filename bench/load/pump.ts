/** Time for a wheel whose sockets wake nobody: they are looked after in each of its turns, and once a millisecond. */
import type { TimeSource } from "../../sys/wheel.ts";

/** What is looked after. */
export interface Pump {
  /** Something may come, so there are turns even if no alarm is due. */
  readonly isNeeded: boolean;
  /** Alarms are going to fire. */
  hold(): void;
  /** They have. */
  pump(): void;
}

const PERIOD_MS = 1;
const NEVER = Number.POSITIVE_INFINITY;

export class PumpedTime implements TimeSource {
  readonly #time: TimeSource;
  readonly #pump: Pump;
  #wake: () => void = () => {};
  #wakeAt = NEVER;
  /** When the next turn is. */
  #turnAt = NEVER;

  constructor(time: TimeSource, pump: Pump) {
    this.#time = time;
    this.#pump = pump;
  }

  now(): number {
    return this.#time.now();
  }

  sleep(ms: number, wake: () => void): void {
    this.#wake = wake;
    this.#wakeAt = this.#time.now() + ms;
    this.#arm();
  }

  /** The pump is needed from now on. */
  start(): void {
    this.#arm();
  }

  #arm(): void {
    const now = this.#time.now();
    const at = this.#pump.isNeeded ? Math.min(this.#wakeAt, now + PERIOD_MS) : this.#wakeAt;
    if (at >= this.#turnAt) return;
    this.#turnAt = at;
    this.#time.sleep(Math.max(0, Math.ceil(at - now)), this.#turn);
  }

  readonly #turn = (): void => {
    this.#turnAt = NEVER;
    this.#pump.hold();
    if (this.#time.now() >= this.#wakeAt) {
      this.#wakeAt = NEVER;
      this.#wake();
    }
    this.#pump.pump();
    if (this.#wakeAt < NEVER || this.#pump.isNeeded) this.#arm();
  };
}
