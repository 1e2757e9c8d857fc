/**
 * What failures cost whoever causes them: a source that fails to log in, or connects and says nothing, is kept out for a
 * growing while, as OpenSSH's PerSourcePenalties do. The table is bounded. Time comes in; called by gateway.ts.
 */

/** Penalty of each kind, ms; `broken` is what a scan of the host keys does, too. */
const COST = { failed: 5_000, silent: 10_000, broken: 1_000 } as const;
export type Offence = keyof typeof COST;

/** Below this sum nobody is kept out: a person may mistype. */
const TOLERANCE_MS = 15_000;
const LONGEST_MS = 600_000;
/** Of each family. */
const MAX_SOURCES = 65_536;

export class Penalties {
  /** By source network: until when its penalties last. The two families do not push each other out. */
  readonly #four = new Map<string, number>();
  readonly #six = new Map<string, number>();

  /** Whether the address is kept out now. */
  refuses(address: string, now: number): boolean {
    const source = sourceOf(address);
    const until = this.#table(source).get(source);
    return until !== undefined && until - now > TOLERANCE_MS;
  }

  add(address: string, offence: Offence, now: number): void {
    const source = sourceOf(address);
    const table = this.#table(source);
    const before = Math.max(now, table.get(source) ?? now);
    table.delete(source);
    table.set(source, Math.min(now + LONGEST_MS, before + COST[offence]));
    // In order of the last offence: what is over is mostly in front. Never more than a few looks at a time.
    for (const [oldest, until] of table) {
      if (until > now && table.size <= MAX_SOURCES) break;
      table.delete(oldest);
    }
  }

  get size(): number {
    return this.#four.size + this.#six.size;
  }

  #table(source: string): Map<string, number> {
    return source.includes(":") ? this.#six : this.#four;
  }
}

/** An IPv4 address, or the /64 of an IPv6 one: whoever has an address there has them all. */
function sourceOf(address: string): string {
  const plain = address.replace(/^::ffff:/i, "");
  if (!plain.includes(":")) return plain;
  const [left = "", right] = plain.split("::");
  const head = left === "" ? [] : left.split(":");
  const tail = right === undefined || right === "" ? [] : right.split(":");
  const zeros = Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => "0");
  return [...head, ...zeros, ...tail].slice(0, 4).join(":");
}
