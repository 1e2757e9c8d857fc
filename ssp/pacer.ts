/** What sums of fractions may be off by. */
const ROUNDING = 1e-9;

/**
 * Lets a few states follow each other at once after a pause, at the same mean rate: a bucket of tokens, one for each
 * send interval that goes by [P 8.18]. Stock waits the interval out after each datagram, be it only an acknowledgement,
 * so a key or its answer that comes right behind one loses up to 20 ms here, and half a round trip on a long line. One for
 * each sender; times in ms.
 */
export class Pacer {
  readonly #burst: number;
  /** States that were sent ahead of the pace, as of `#at`. */
  #debt = 0;
  #at: number;

  /** @param burst states that may follow each other at once */
  constructor(burst: number, now: number) {
    this.#burst = burst;
    this.#at = now;
  }

  /** When the next state may be sent. */
  readyAt(now: number, interval: number): number {
    return this.#debtFallsTo(this.#burst - 1, now, interval);
  }

  /** When the next state may be sent for which nobody waits: the rate of all is the pace again. */
  idleAt(now: number, interval: number): number {
    return this.#debtFallsTo(0, now, interval);
  }

  /** More was sent than the pace allows on average. */
  owes(now: number, interval: number): boolean {
    return this.idleAt(now, interval) > now;
  }

  sent(now: number, interval: number): void {
    this.#debt = Math.min(this.#burst, this.#debtAt(now, interval) + 1);
    this.#at = now;
  }

  #debtFallsTo(debt: number, now: number, interval: number): number {
    const over = this.#debtAt(now, interval) - debt;
    return over <= ROUNDING ? now : now + over * interval;
  }

  #debtAt(now: number, interval: number): number {
    return Math.max(0, this.#debt - (now - this.#at) / interval);
  }
}
