/** What sessions of one behaviour have seen, in all and since the last look. Times in ms. */
import { Quantiles } from "./quantiles.ts";

export class Meter {
  readonly name: string;
  /** From the first datagram to the first frame. */
  readonly connect = new Quantiles();
  /** From a key to the frame whose screen shows it. */
  screen = new Quantiles();
  /** From a key to the echo ack that covers it; a server waits 50 ms before it gives one. */
  ack = new Quantiles();
  /** Of the current second. */
  #recent = new Quantiles();
  /** Keys that were due. */
  keys = 0;
  /** Strokes put off because too many keys were without an answer; their time counts from when they were due. */
  held = 0;
  /** Keys whose echo never came. They count with the time they waited in vain. */
  unanswered = 0;
  frames = 0;
  /** Keys from before do not count. */
  #since = Number.NEGATIVE_INFINITY;

  constructor(name: string) {
    this.name = name;
  }

  /** A key of the time `struck` is on the screen. */
  byScreen(struck: number, now: number): void {
    this.#recent.record(now - struck);
    if (struck >= this.#since) this.screen.record(now - struck);
  }

  /** A key of the time `struck` has its echo ack. */
  byAck(struck: number, now: number): void {
    if (struck >= this.#since) this.ack.record(now - struck);
  }

  /** The key-to-screen times since the last call. */
  takeRecent(): Quantiles {
    const recent = this.#recent;
    this.#recent = new Quantiles();
    return recent;
  }

  /** Forgets what was measured while warming up; connections stay. */
  restart(now: number): void {
    this.#since = now;
    this.screen = new Quantiles();
    this.ack = new Quantiles();
    this.keys = 0;
    this.held = 0;
    this.unanswered = 0;
    this.frames = 0;
  }
}

/** All of them in one. */
export function sumOf(parts: readonly Quantiles[]): Quantiles {
  const sum = new Quantiles();
  for (const part of parts) sum.add(part);
  return sum;
}
