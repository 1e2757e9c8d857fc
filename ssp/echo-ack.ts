/**
 * The server's echo acknowledgement: up to which client state the effect of the input is on the screen. The client
 * judges its predictions by it. One for each attachment; keeps no time of its own.
 */
import { ECHO_TIMEOUT } from "./params.ts";

export class EchoAck {
  #value = 0;
  /** Client states that brought input, oldest first, with the time at which it was given to the child. */
  #history: { readonly number: number; readonly at: number }[] = [];

  /** Number of the newest client state that counts as echoed. */
  get value(): number {
    return this.#value;
  }

  /** Input was given to the child; `number` is the newest client state then [P 13.2]. */
  register(number: number, now: number): void {
    this.#history.push({ number, at: now });
  }

  /** To be called once a pass. True: the value changed, and a new state must carry it [P 13.3]. */
  update(now: number): boolean {
    const history = this.#history;
    let newest = history.length - 1;
    while (newest >= 0 && history[newest]!.at > now - ECHO_TIMEOUT) newest--;
    if (newest < 0) return false;
    const { number } = history[newest]!;
    for (let gone = 0; gone < newest; gone++) history.shift(); // the entry itself stays
    if (number <= this.#value) return false;
    this.#value = number;
    return true;
  }

  /** Milliseconds until `update` may have something to do, Infinity if nothing will happen by itself [P 13.4]. */
  waitTime(now: number): number {
    const second = this.#history[1];
    return second === undefined ? Number.POSITIVE_INFINITY : Math.max(0, second.at + ECHO_TIMEOUT - now);
  }
}
