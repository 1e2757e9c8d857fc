/** What a seed means: who does what when, and what the network does meanwhile. */
import type { Family } from "../../ssp/link.ts";
import type { Weather } from "./network.ts";
import type { Random } from "./random.ts";

export type Action =
  | { readonly at: number; readonly kind: "type"; readonly bytes: Uint8Array }
  | { readonly at: number; readonly kind: "resize"; readonly cols: number; readonly rows: number }
  | { readonly at: number; readonly kind: "blackout"; readonly length: number }
  | { readonly at: number; readonly kind: "roam" }
  /** The way of the port in use is blocked for good, as by a NAT that forgot it; only a hop helps. */
  | { readonly at: number; readonly kind: "block" }
  | { readonly at: number; readonly kind: "mtu"; readonly mtu: number };

export interface Scenario {
  readonly family: Family;
  readonly cols: number;
  readonly rows: number;
  readonly childDelay: number;
  /** While things happen. */
  readonly toServer: Weather;
  readonly toClient: Weather;
  /** While they come to rest. */
  readonly rest: Weather;
  readonly actions: readonly Action[];
  /** ms in which the actions happen. */
  readonly length: number;
  readonly adversary: boolean;
  readonly shutdown: "client" | "server" | "both";
  /** During the shutdown. */
  readonly shutdownLoss: number;
  /** Long enough idle that a server would detach, before the end. */
  readonly sleep: number;
  /** Which ends send as ours do; the others as stock's. */
  readonly hasty: { readonly client: boolean; readonly server: boolean };
}

const KEYS = "abcdefghij klmnop\r\r\rRRMMUUTSQCF";

export function makeScenario(random: Random): Scenario {
  const delay = random.pick([0, 1, 5, 20, 60, 150, 400]);
  const rough = random.chance(0.8);
  const weather = (): Weather => ({
    delay,
    jitter: random.pick([0, 1, 10, 100, 300]),
    loss: rough ? random.pick([0, 0.02, 0.1, 0.29, 0.5]) : 0,
    duplication: rough ? random.pick([0, 0, 0.05, 0.3]) : 0,
    corruption: rough ? random.pick([0, 0, 0.02, 0.1]) : 0,
    straggling: rough ? random.pick([0, 0, 0.05]) : 0,
    congestion: random.pick([0, 0, 0.1]),
  });
  const rest: Weather = {
    delay,
    jitter: 0,
    loss: 0,
    duplication: 0,
    corruption: 0,
    straggling: 0,
    congestion: 0,
  };
  const length = random.pick([500, 2000, 6000, 15_000]);
  return {
    family: random.pick(["inet", "inet", "inet6"] as const),
    ...dimensions(random),
    childDelay: random.pick([0, 0, 2, 30, 120]),
    toServer: weather(),
    toClient: weather(),
    rest,
    actions: actions(random, length),
    length,
    adversary: random.chance(0.3),
    shutdown: random.pick(["client", "server", "both"] as const),
    shutdownLoss: random.pick([0, 0, 0.3, 1]),
    sleep: random.chance(0.05) ? 60_000 : 0,
    hasty: { client: random.chance(0.5), server: random.chance(0.5) },
  };
}

function dimensions(random: Random): { readonly cols: number; readonly rows: number } {
  return random.pick([
    { cols: 80, rows: 24 },
    { cols: 100, rows: 30 },
    { cols: 20, rows: 6 },
    { cols: random.between(2, 120), rows: random.between(1, 40) },
  ]);
}

function actions(random: Random, length: number): Action[] {
  const made: Action[] = [];
  let at = random.between(0, 300);
  const pace = random.pick([Math.max(3, length / 200), 60, 200, 500]);
  while (at < length) {
    made.push(action(random, at));
    at += random.between(0, 2 * pace);
  }
  return made;
}

function action(random: Random, at: number): Action {
  const dice = random.unit();
  if (dice < 0.02) return { at, kind: "resize", ...dimensions(random) };
  if (dice < 0.025)
    return { at, kind: "blackout", length: random.pick([300, 300, 2000, 2000, 12_000, 50_000]) };
  if (dice < 0.03) return { at, kind: "roam" };
  if (dice < 0.033) return { at, kind: "block" };
  if (dice < 0.036) return { at, kind: "mtu", mtu: random.pick([520, 1000, 1240]) };
  if (dice < 0.05) return { at, kind: "type", bytes: random.bytes(random.between(1, 20)) };
  if (dice < 0.055) return { at, kind: "type", bytes: new Uint8Array(random.between(100, 4000)).fill(0x78) };
  if (dice < 0.1) return { at, kind: "type", bytes: Uint8Array.from([0x1b, 0x4f, random.between(65, 68)]) };
  const bytes = Uint8Array.from({ length: random.between(1, 3) }, () => random.pick([...KEYS]).charCodeAt(0));
  return { at, kind: "type", bytes };
}
