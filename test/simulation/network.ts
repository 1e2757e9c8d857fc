/**
 * The network between one client and one server: delay, jitter, loss, reordering, duplication, corruption, blackouts,
 * a path that takes only small datagrams, addresses that die.
 *
 * Addresses are texts. The client's change with its ports and with the networks it joins; a datagram for an address
 * that is no longer the client's arrives nowhere.
 */
import type { Clock } from "./clock.ts";
import type { Random } from "./random.ts";

/** What happens to datagrams; each direction of a path has its own. */
export interface Weather {
  /** One way, ms. */
  readonly delay: number;
  /** Up to this much more, evenly spread; beyond the gap between datagrams it reorders them. */
  readonly jitter: number;
  readonly loss: number;
  readonly duplication: number;
  /** A bit or some bytes change, or the end is cut off. */
  readonly corruption: number;
  /** Held back for a while, so that it arrives after many later ones. */
  readonly straggling: number;
  /** Marked as "congestion experienced". */
  readonly congestion: number;
}

export const CALM: Weather = {
  delay: 10,
  jitter: 0,
  loss: 0,
  duplication: 0,
  corruption: 0,
  straggling: 0,
  congestion: 0,
};

export interface Arrival {
  readonly datagram: Uint8Array;
  readonly from: string;
  readonly ce: boolean;
}

type Tap = (what: "sent" | "arrived", datagram: Uint8Array, to: string, from: string) => void;

export type Receive = (arrival: Arrival) => void;

export interface Traffic {
  datagrams: number;
  lost: number;
  corrupted: number;
  duplicated: number;
}

export const SERVER = "server";

export class Network {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #hosts = new Map<string, Receive>();
  readonly traffic: Traffic = { datagrams: 0, lost: 0, corrupted: 0, duplicated: 0 };
  weather: { toServer: Weather; toClient: Weather } = { toServer: CALM, toClient: CALM };
  blackout = false;
  /** Larger datagrams are refused at once with EMSGSIZE. */
  mtu = 65_507;
  /** Client addresses whose way is blocked, as by a NAT that forgot them. */
  readonly blocked = new Set<string>();
  /** Those on the path who see each datagram that is sent, and each that arrives. */
  readonly taps: Tap[] = [];

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  attach(address: string, receive: Receive): void {
    this.#hosts.set(address, receive);
  }

  detach(address: string): void {
    this.#hosts.delete(address);
  }

  /** Sends a datagram; false if the system refuses it as too long. */
  send(from: string, to: string, datagram: Uint8Array): boolean {
    if (datagram.length > this.mtu) return false;
    this.traffic.datagrams++;
    for (const tap of this.taps) tap("sent", datagram, to, from);
    const random = this.#random;
    const weather = to === SERVER ? this.weather.toServer : this.weather.toClient;
    if (this.blackout || this.blocked.has(from) || this.blocked.has(to) || random.chance(weather.loss)) {
      this.traffic.lost++;
      return true;
    }
    let copies = 1;
    if (random.chance(weather.duplication)) {
      copies += random.between(1, 3);
      this.traffic.duplicated++;
    }
    for (let copy = 0; copy < copies; copy++) {
      let delay = weather.delay + random.unit() * weather.jitter;
      if (random.chance(weather.straggling)) delay += random.between(50, 4000);
      const corrupt = random.chance(weather.corruption);
      if (corrupt) this.traffic.corrupted++;
      const arriving = corrupt ? damage(datagram, random) : datagram;
      const ce = random.chance(weather.congestion);
      this.#clock.after(delay, () => this.inject(from, to, arriving, ce));
    }
    return true;
  }

  /** Lets a datagram arrive now, as an attacker on the path can. */
  inject(from: string, to: string, datagram: Uint8Array, ce = false): void {
    const receive = this.#hosts.get(to);
    if (receive === undefined) return;
    for (const tap of this.taps) tap("arrived", datagram, to, from);
    // A copy: what arrives is the receiver's own, as from a socket.
    receive({ datagram: datagram.slice(), from, ce });
  }
}

export function damage(datagram: Uint8Array, random: Random): Uint8Array {
  const bytes = datagram.slice();
  if (bytes.length === 0 || random.chance(0.2)) return bytes.subarray(0, random.between(0, bytes.length));
  for (let n = random.between(1, 4); n > 0; n--)
    bytes[random.between(0, bytes.length - 1)]! ^= 1 << random.between(0, 7);
  return bytes;
}
