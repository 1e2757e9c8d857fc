/** Virtual time: what is planned happens in order of time, and between two events no time passes. */

interface Planned {
  readonly at: number;
  /** Order of planning, for events at the same time. */
  readonly order: number;
  readonly run: () => void;
}

/** Events at one and the same moment beyond this are a loop that spins. */
const SPIN_LIMIT = 5000;

export class Clock {
  #now = 0;
  #order = 0;
  #sameMoment = 0;
  /** Binary heap, earliest first. */
  readonly #heap: Planned[] = [];

  get now(): number {
    return this.#now;
  }

  /** Plans `run` for `delay` ms from now. Nothing is ever unplanned: what is out of date must find that out itself. */
  after(delay: number, run: () => void): void {
    this.#push({ at: this.#now + Math.max(0, delay), order: this.#order++, run });
  }

  /** Lets time pass until `until`, or until `done` holds; returns whether `done` ended it. */
  run(until: number, done: () => boolean): boolean {
    while (!done()) {
      const next = this.#heap[0];
      if (next === undefined || next.at > until) {
        this.#now = until;
        return false;
      }
      this.#pop();
      this.#sameMoment = next.at > this.#now ? 0 : this.#sameMoment + 1;
      if (this.#sameMoment > SPIN_LIMIT) throw new Error(`time stands still at ${this.#now} ms`);
      this.#now = next.at;
      next.run();
    }
    return true;
  }

  #push(item: Planned): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(item);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (earlier(heap[parent]!, item)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = item;
  }

  #pop(): void {
    const heap = this.#heap;
    const item = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && earlier(heap[child + 1]!, heap[child]!)) child++;
      if (earlier(item, heap[child]!)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = item;
  }
}

function earlier(a: Planned, b: Planned): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
