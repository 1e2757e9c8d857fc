/**
 * The hubs of a shard. Sessions that ask for the same address and ports share one; an operator's host has fixed ones,
 * which all sessions share. A hub that nobody uses any more is closed. Called by shard.ts.
 */
import type { PortRange } from "../address.ts";
import { Hub, type HubEvents, type HubMember } from "../hub.ts";
import { BindError } from "../udp.ts";
import type { EndpointSpec } from "./shard-messages.ts";

/** Where an operator's host listens. */
export interface FixedHubs {
  /** Numeric addresses, the first one for whoever does not ask for another. */
  readonly addresses: readonly string[];
  readonly ports: PortRange;
  /** Other shards have the same port. */
  readonly shared: boolean;
}

/** No socket could be bound; the text says where and why. */
export class NoHub extends Error {
  override readonly name = "NoHub";
}

export class HubPool {
  readonly #clock: () => number;
  readonly #events: HubEvents;
  readonly #fixed: FixedHubs | undefined;
  readonly #hubs = new Map<string, Promise<Hub>>();
  /** The open ones, and under which name each is above. */
  readonly #names = new Map<Hub, string>();

  constructor(options: {
    readonly clock: () => number;
    readonly events: HubEvents;
    readonly fixed: FixedHubs | undefined;
  }) {
    this.#clock = options.clock;
    this.#events = options.events;
    this.#fixed = options.fixed;
  }

  /** Opens the fixed ones, so that a port which is taken is known at the start. @throws NoHub */
  async start(): Promise<void> {
    for (const address of this.#fixed?.addresses ?? [])
      await this.#open(address, this.#fixed!.ports, () => {});
  }

  /**
   * Calls `use` with a hub as asked for, or what there is; it must add a member there and then.
   * @param report takes a line about each address or port that could not be bound
   * @throws NoHub
   */
  async with<T>(
    { address, ports }: EndpointSpec,
    report: (line: string) => void,
    use: (hub: Hub) => T,
  ): Promise<T> {
    const fixed = this.#fixed;
    for (;;) {
      const known = fixed && address !== undefined && fixed.addresses.includes(address);
      const hub = fixed
        ? await this.#open(known ? address : fixed.addresses[0], fixed.ports, report)
        : await this.#open(address, ports, report);
      // While we waited its last member may have gone, and the hub with it.
      if (this.#names.has(hub)) return use(hub);
    }
  }

  /** Takes a member away; the hub goes with its last one, unless it is fixed. */
  leave(hub: Hub, member: HubMember): void {
    hub.remove(member);
    const name = this.#names.get(hub);
    if (this.#fixed || hub.size > 0 || name === undefined) return;
    this.#names.delete(hub);
    this.#hubs.delete(name);
    hub.close();
  }

  /** The hubs that are open now. */
  get open(): readonly Hub[] {
    return [...this.#names.keys()];
  }

  close(): void {
    for (const hub of this.#names.keys()) hub.close();
    this.#names.clear();
    this.#hubs.clear();
  }

  async #open(
    address: string | undefined,
    ports: PortRange | undefined,
    report: (line: string) => void,
  ): Promise<Hub> {
    const name = `${address ?? "*"} ${ports ? `${ports.low}:${ports.high}` : ""}`;
    const known = this.#hubs.get(name);
    if (known) return known;
    const lines: string[] = [];
    const opening = Hub.open({
      address,
      ports,
      clock: this.#clock,
      report: (line) => {
        lines.push(line);
        report(line);
      },
      events: this.#events,
      shared: this.#fixed?.shared ?? false,
    });
    this.#hubs.set(name, opening);
    try {
      const hub = await opening;
      this.#names.set(hub, name);
      return hub;
    } catch (error) {
      this.#hubs.delete(name);
      if (error instanceof BindError) throw new NoHub(lines.join("; "));
      throw error;
    }
  }
}
