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
  keys = 0;
  /** Strokes put off because too many keys were without an answer. */
  held = 0;
  frames = 0;

  constructor(name: string) {
    this.name = name;
  }

  byScreen(latency: number): void {
    this.screen.record(latency);
    this.#recent.record(latency);
  }

  byAck(latency: number): void {
    this.ack.record(latency);
  }

  /** The key-to-screen times since the last call. */
  takeRecent(): Quantiles {
    const recent = this.#recent;
    this.#recent = new Quantiles();
    return recent;
  }

  /** Forgets what was measured while warming up; connections stay. */
  restart(): void {
    this.screen = new Quantiles();
    this.ack = new Quantiles();
    this.keys = 0;
    this.held = 0;
    this.frames = 0;
  }
}

/** All of them in one. */
export function sumOf(parts: readonly Quantiles[]): Quantiles {
  const sum = new Quantiles();
  for (const part of parts) sum.add(part);
  return sum;
}
