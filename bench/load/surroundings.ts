/** Real time and real sockets for the sessions of one process. */
import { realTime, Wheel } from "../../sys/wheel.ts";
import type { Manner } from "./client.ts";
import { isLoopback, Loopback } from "./loopback.ts";
import { PumpedTime } from "./pump.ts";
import { Quantiles } from "./quantiles.ts";
import { type OpenWire, udpWire } from "./wire.ts";

/** What a client lives in. */
export interface Surroundings {
  readonly wheel: Wheel;
  readonly openWire: OpenWire;
  /** How clients send; default: at once, and else as stock's. */
  readonly manner?: Manner;
}

export class Reality implements Surroundings {
  readonly #loopback = new Loopback();
  readonly #time = new PumpedTime(realTime(), this.#loopback);
  readonly wheel = new Wheel(this.#time, (ms) => this.lateness.record(ms));
  /** How much later than asked alarms fired, ms: what the generator itself adds. */
  lateness = new Quantiles();

  readonly openWire: OpenWire = async (endpoint, receive, failed) => {
    if (!isLoopback(endpoint.address)) return await udpWire(endpoint, receive, failed);
    const wire = await this.#loopback.open(endpoint, receive, failed);
    this.#time.start();
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
