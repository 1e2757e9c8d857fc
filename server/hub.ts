/**
 * A hub: one UDP socket and the attachments that share it, any number of them. A datagram does not name its attachment.
 * It is looked for at its source address first. An unknown address is somebody who has moved, somebody new, or noise;
 * so the datagram is tried on the others, the nearest expected sequence number first, within a budget (trial-budget.ts).
 * What nobody here can open may belong to a hub of another process on the same port: `stray`. Called by shard.ts and
 * standalone.ts.
 */
import type { Reception } from "../ssp/transport.ts";
import { uint63At } from "../ssp/uint64.ts";
import type { PortRange } from "./address.ts";
import type { Peer } from "./attachment.ts";
import { TrialBudget, trialCost } from "./trial-budget.ts";
import { orderByNearness } from "./trial-order.ts";
import { type SendFailure, UdpSocket } from "./udp.ts";

/** What a hub needs of an attachment. */
export interface HubMember {
  /** Where its client was last heard. */
  readonly peer: Peer | undefined;
  /** Lowest sequence number that its next datagram in order may have. */
  readonly expectedSequence: number;
  receive(datagram: Uint8Array, from: Peer, now: number, congested: boolean): Reception;
  /** An error of the socket that belongs to no particular send. */
  onSendError(failure: SendFailure): void;
}

/** What became of a datagram, for the metrics. */
export type Outcome =
  | "accepted"
  /** authentic, but not newer than what was here: late or repeated */
  | "late"
  /** from a known address, but its attachment cannot open it, nor can any other */
  | "forged"
  /** nobody here can open it */
  | "no-session"
  /** longer or shorter than any datagram of the protocol, or of the wrong direction */
  | "malformed"
  /** not tried on everybody, because too much came that nobody could open */
  | "budget";

export interface HubEvents {
  /** Called once for each datagram, after it was delivered. */
  outcome?(outcome: Outcome, bytes: number): void;
  /** Nobody here could open it; true if somebody else takes it from here. */
  stray?(bytes: Uint8Array, from: Peer, congested: boolean): void;
  /** Taking a datagram has thrown: a mistake of ours. */
  fault?(error: Error): void;
}

export interface HubOptions {
  /** Numeric local address to try first; undefined: any interface. */
  readonly address: string | undefined;
  /** undefined: the default range. */
  readonly ports: PortRange | undefined;
  /** Milliseconds, monotonic; the clock that the attachments live by. */
  readonly clock: () => number;
  /** Takes one line about each address or port that could not be bound. */
  readonly report: (line: string) => void;
  readonly events?: HubEvents;
  /** Hubs of other processes have the same port (single-port mode). */
  readonly shared?: boolean;
}

/** Plausible lengths of a datagram: nonce, timestamps and tag at least [P 3.6] [P 3.7]. */
const SHORTEST = 24;
const LONGEST = 2048;

export class Hub {
  readonly #socket: UdpSocket;
  readonly #table: MemberTable;

  private constructor(socket: UdpSocket, table: MemberTable) {
    this.#socket = socket;
    this.#table = table;
  }

  /** Opens the socket ({@link UdpSocket.open}). @throws BindError */
  static async open(options: HubOptions): Promise<Hub> {
    const { clock } = options;
    const table = new MemberTable(options.events ?? {});
    const socket = await UdpSocket.open(
      options.address,
      options.ports,
      {
        datagram: (bytes, address, port, congested) => {
          table.deliver(bytes, { address, port, raw: undefined }, clock(), congested);
        },
        error: (failure) => table.failed(failure),
        fault: (error) => options.events?.fault?.(error),
      },
      options.report,
      options.shared ?? false,
    );
    return new Hub(socket, table);
  }

  get port(): number {
    return this.#socket.port;
  }

  get family(): "inet" | "inet6" {
    return this.#socket.family;
  }

  get size(): number {
    return this.#table.size;
  }

  add(member: HubMember): void {
    this.#table.add(member);
  }

  remove(member: HubMember): void {
    this.#table.remove(member);
  }

  /** A datagram that arrived elsewhere on this port. False if nobody here can open it. */
  offer(datagram: Uint8Array, from: Peer, now: number, congested: boolean): boolean {
    return this.#table.offer(datagram, from, now, congested);
  }

  send(datagram: Uint8Array, peer: Peer): SendFailure | undefined {
    return this.#socket.send(datagram, peer);
  }

  close(): void {
    this.#socket.close();
  }
}

/** The members and where they are. Knows no socket, so that tests and the simulator can drive it. */
export class MemberTable {
  readonly #events: HubEvents;
  readonly #members: HubMember[] = [];
  /** Position of each member in `#members`. */
  readonly #index = new Map<HubMember, number>();
  /** By address, then port: who was last heard there. Two may share an address for a while: newest first. */
  readonly #places = new Map<string, Map<number, HubMember[]>>();
  /** Under which address each member is in `#places`. */
  readonly #placeOf = new Map<HubMember, Peer>();
  readonly #budget = new TrialBudget();

  constructor(events: HubEvents) {
    this.#events = events;
  }

  get size(): number {
    return this.#members.length;
  }

  add(member: HubMember): void {
    this.#index.set(member, this.#members.length);
    this.#members.push(member);
  }

  remove(member: HubMember): void {
    const at = this.#index.get(member);
    if (at === undefined) return;
    this.#index.delete(member);
    const last = this.#members.pop()!;
    if (last !== member) {
      this.#members[at] = last;
      this.#index.set(last, at);
    }
    this.#leave(member);
  }

  /** The only member there is gets it; with several it cannot be told whose send has failed. */
  failed(failure: SendFailure): void {
    if (this.#members.length === 1) this.#members[0]!.onSendError(failure);
  }

  deliver(bytes: Uint8Array, from: Peer, now: number, congested: boolean): void {
    const outcome = this.#deliver(bytes, from, now, congested);
    this.#events.outcome?.(outcome, bytes.length);
    if (outcome === "no-session" || outcome === "forged") this.#events.stray?.(bytes, from, congested);
  }

  offer(bytes: Uint8Array, from: Peer, now: number, congested: boolean): boolean {
    const outcome = this.#deliver(bytes, from, now, congested);
    return outcome === "accepted" || outcome === "late";
  }

  #deliver(bytes: Uint8Array, from: Peer, now: number, congested: boolean): Outcome {
    if (bytes.length < SHORTEST || bytes.length > LONGEST || bytes[0]! >= 0x80) return "malformed";
    const here = this.#places.get(from.address)?.get(from.port);
    if (here) {
      for (const member of here) {
        const reception = member.receive(bytes, from, now, congested);
        if (reception.ok) return this.#taken(member, reception);
      }
    }
    const strangers = this.#members.length - (here?.length ?? 0);
    if (strangers === 0) return here ? "forged" : "no-session";
    return this.#try(bytes, from, now, congested, here);
  }

  /** Tries everybody who is not at that address. */
  #try(
    bytes: Uint8Array,
    from: Peer,
    now: number,
    congested: boolean,
    except: readonly HubMember[] | undefined,
  ): Outcome {
    const cost = trialCost(bytes.length);
    const allowed = this.#budget.allowance(from.address, now, cost, this.#members.length);
    if (allowed === 0) return "budget";
    let trials = 0;
    let outcome: Outcome | undefined;
    for (const at of orderByNearness(uint63At(bytes, 0), this.#members)) {
      const member = this.#members[at]!;
      if (except?.includes(member)) continue;
      if (trials === allowed) {
        outcome = "budget";
        break;
      }
      trials++;
      const reception = member.receive(bytes, from, now, congested);
      if (!reception.ok) continue;
      outcome = this.#taken(member, reception);
      // Whoever comes with a key and something new is free; what is recorded and sent again is not.
      if (outcome === "accepted") return outcome;
      break;
    }
    this.#budget.spend(from.address, cost, trials);
    return outcome ?? (except ? "forged" : "no-session");
  }

  #taken(member: HubMember, reception: Reception & { ok: true }): Outcome {
    // It may be gone: this datagram may have ended it.
    if (this.#index.has(member)) this.#place(member);
    return reception.inOrder ? "accepted" : "late";
  }

  /** Notes where the member is now, if that has changed. */
  #place(member: HubMember): void {
    const { peer } = member;
    const noted = this.#placeOf.get(member);
    if (peer === undefined || peer === noted) return;
    if (noted && noted.address === peer.address && noted.port === peer.port) {
      this.#placeOf.set(member, peer);
      return;
    }
    this.#leave(member);
    this.#placeOf.set(member, peer);
    let ports = this.#places.get(peer.address);
    if (!ports) {
      ports = new Map();
      this.#places.set(peer.address, ports);
    }
    const there = ports.get(peer.port);
    if (there) there.unshift(member);
    else ports.set(peer.port, [member]);
  }

  #leave(member: HubMember): void {
    const noted = this.#placeOf.get(member);
    if (!noted) return;
    this.#placeOf.delete(member);
    const ports = this.#places.get(noted.address);
    const there = ports?.get(noted.port);
    if (!ports || !there) return;
    there.splice(there.indexOf(member), 1);
    if (there.length > 0) return;
    ports.delete(noted.port);
    if (ports.size === 0) this.#places.delete(noted.address);
  }
}
