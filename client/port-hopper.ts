/**
 * When a client leaves its UDP port for a new one, and how many of the old ones it closes.
 *
 * A new source port gets past a NAT that forgot or blocked the old one. Decisions only; sockets.ts has the sockets.
 */
import { MAX_OLD_SOCKET_AGE, MAX_PORTS_OPEN, PORT_HOP_INTERVAL } from "../ssp/params.ts";

export class PortHopper {
  #lastHop: number;

  /** @param now when the first socket was opened, in ms */
  constructor(now: number) {
    this.#lastHop = now;
  }

  /**
   * Asked after each datagram sent. True: open a new socket now, and send from it from here on [P 5.5].
   *
   * @param lastSuccess when the newest acknowledged state was sent; -Infinity before the first
   */
  hop(now: number, lastSuccess: number): boolean {
    if (now - this.#lastHop <= PORT_HOP_INTERVAL || now - lastSuccess <= PORT_HOP_INTERVAL) return false;
    this.#lastHop = now;
    return true;
  }

  /** Of `open` sockets, how many of the oldest to close now; the newest always stays [P 5.6]. */
  surplus(now: number, open: number): number {
    if (open > 1 && now - this.#lastHop > MAX_OLD_SOCKET_AGE) return open - 1;
    return Math.max(0, open - MAX_PORTS_OPEN);
  }
}
