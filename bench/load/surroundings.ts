/** Real time and real sockets for the sessions of one process. */
import { isLoopback, Loopback } from "./loopback.ts";
import { Wheel } from "./wheel.ts";
import { type OpenWire, udpWire } from "./wire.ts";

/** What a client lives in. */
export interface Surroundings {
  readonly wheel: Wheel;
  readonly openWire: OpenWire;
}

export class Reality implements Surroundings {
  readonly #loopback = new Loopback();
  readonly wheel = new Wheel(undefined, this.#loopback);

  readonly openWire: OpenWire = async (endpoint, receive, failed) => {
    if (!isLoopback(endpoint.address)) return await udpWire(endpoint, receive, failed);
    const wire = await this.#loopback.open(endpoint, receive, failed);
    this.wheel.wake();
    return wire;
  };

  /** Datagrams that were lost because nobody took them in time. */
  get overflowed(): number {
    return this.#loopback.overflowed;
  }

  /** All wires are closed. */
  close(): void {
    this.#loopback.close();
  }
}
