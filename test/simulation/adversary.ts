/**
 * Somebody on the path without the key, who sends what he saw, and what he made of it: garbage, damaged and cut copies,
 * repeats, and each side's own datagrams back to it. None of it may have any effect.
 */
import type { Clock } from "./clock.ts";
import { damage, type Network, SERVER } from "./network.ts";
import type { Random } from "./random.ts";

/** Where he sends from. A server that ever answers there has been moved. */
export const ATTACKER = "attacker:1";

const REMEMBERED = 200;

interface Capture {
  readonly datagram: Uint8Array;
  readonly to: string;
  readonly from: string;
}

export class Adversary {
  readonly #clock: Clock;
  readonly #network: Network;
  readonly #random: Random;
  /** What was sent, arrived or not. */
  readonly #sent: Capture[] = [];
  /** What has arrived, and so is late when it comes again. */
  readonly #arrived: Capture[] = [];
  #stopped = false;
  attacks = 0;

  constructor(clock: Clock, network: Network, random: Random) {
    this.#clock = clock;
    this.#network = network;
    this.#random = random;
    network.taps.push((what, datagram, to, from) => {
      if (from === ATTACKER) return;
      const list = what === "sent" ? this.#sent : this.#arrived;
      list.push({ datagram, to, from });
      if (list.length > REMEMBERED) list.splice(0, REMEMBERED / 2);
    });
    this.#plan();
  }

  stop(): void {
    this.#stopped = true;
  }

  #plan(): void {
    this.#clock.after(this.#random.between(1, 80), () => {
      if (this.#stopped) return;
      this.#attack();
      this.#plan();
    });
  }

  #attack(): void {
    const random = this.#random;
    const seen = this.#sent.length > 0 ? random.pick(this.#sent) : undefined;
    const late = this.#arrived.length > 0 ? random.pick(this.#arrived) : undefined;
    this.attacks++;
    switch (random.between(0, 4)) {
      case 0:
        this.#network.inject(ATTACKER, late?.to ?? SERVER, random.bytes(random.between(0, 2100)));
        break;
      case 1:
        if (seen) this.#network.inject(ATTACKER, seen.to, damaged(seen.datagram, random));
        break;
      case 2:
        if (late) this.#network.inject(ATTACKER, late.to, late.datagram);
        break;
      case 3:
        // Back to where it came from, in the name of where it went.
        if (seen) this.#network.inject(seen.to, seen.from, seen.datagram);
        break;
      default:
        // A datagram with the nonce of the next one, which must not be accepted for it.
        if (seen) this.#network.inject(ATTACKER, seen.to, raised(seen.datagram));
    }
  }
}

/** Damaged for certain. */
function damaged(datagram: Uint8Array, random: Random): Uint8Array {
  const copy = damage(datagram, random);
  if (copy.length === datagram.length && copy.every((byte, at) => byte === datagram[at])) copy[0]! ^= 1;
  return copy;
}

function raised(datagram: Uint8Array): Uint8Array {
  const copy = datagram.slice();
  const view = new DataView(copy.buffer);
  view.setBigUint64(0, view.getBigUint64(0) + 1000n);
  return copy;
}
