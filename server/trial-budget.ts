/**
 * How much work a hub may spend on datagrams that nobody can open. Each trial decrypts the whole datagram, so a flood of
 * noise against many sessions would otherwise cost a whole core. The budget is a number of AES blocks a second, for all
 * and for each source network: one noisy network cannot use up what others need to roam. A client that is not served
 * now sends again. Time comes in as an argument; called by hub.ts.
 */

/** Blocks a second that may go into trials in vain: about 5 % of a core, at 0.05 µs a block. */
const BLOCKS_PER_SECOND = 1_000_000;
/** Share of one network (IPv4 /24, IPv6 /48). */
const NETWORK_SHARE = 0.1;
/** How much of a second's budget can be saved up, so that a burst of roaming clients is served at once. */
const BURST_SECONDS = 2;
/** Networks remembered; beyond that the one that was first seen longest ago is forgotten. */
const MAX_NETWORKS = 4096;
/** Fixed costs of a trial (the call, two blocks of the offset and the tag), in blocks. */
const FIXED_BLOCKS = 6;
/** Working out the order costs about a block for so many members. */
const MEMBERS_PER_BLOCK = 8;

/** A bucket that fills by itself. */
class Bucket {
  readonly #rate: number;
  #level: number;
  #at: number;

  /** @param rate blocks a second */
  constructor(rate: number, now: number) {
    this.#rate = rate;
    this.#level = rate * BURST_SECONDS;
    this.#at = now;
  }

  level(now: number): number {
    this.#level = Math.min(
      this.#rate * BURST_SECONDS,
      this.#level + (Math.max(0, now - this.#at) / 1000) * this.#rate,
    );
    this.#at = now;
    return this.#level;
  }

  /** May go below 0: what is overdrawn must be earned first. */
  take(blocks: number): void {
    this.#level -= blocks;
  }
}

/** AES blocks that one trial of a datagram of `bytes` costs. */
export function trialCost(bytes: number): number {
  return FIXED_BLOCKS + Math.ceil(bytes / 16);
}

export class TrialBudget {
  readonly #networks = new Map<string, Bucket>();
  #all: Bucket | undefined;

  /**
   * How many trials of `cost` blocks a datagram from `address` may have now; 0: none.
   * @param members of the hub; finding out whom to try first is charged here
   */
  allowance(address: string, now: number, cost: number, members: number): number {
    this.#all ??= new Bucket(BLOCKS_PER_SECOND, now);
    const network = this.#network(address, now);
    const level = Math.min(this.#all.level(now), network.level(now)) - members / MEMBERS_PER_BLOCK;
    if (level < cost) return 0;
    this.#charge(network, members / MEMBERS_PER_BLOCK);
    return Math.floor(level / cost);
  }

  /** `trials` were in vain, or led to nothing new. */
  spend(address: string, cost: number, trials: number): void {
    this.#charge(this.#networks.get(networkOf(address)), cost * trials);
  }

  #charge(network: Bucket | undefined, blocks: number): void {
    this.#all?.take(blocks);
    network?.take(blocks);
  }

  #network(address: string, now: number): Bucket {
    const name = networkOf(address);
    let bucket = this.#networks.get(name);
    if (!bucket) {
      if (this.#networks.size >= MAX_NETWORKS) {
        const [oldest] = this.#networks.keys();
        this.#networks.delete(oldest!);
      }
      bucket = new Bucket(BLOCKS_PER_SECOND * NETWORK_SHARE, now);
      this.#networks.set(name, bucket);
    }
    return bucket;
  }
}

/** The network that an address counts for: whoever has one address of it may well have all. */
function networkOf(address: string): string {
  const text = address.startsWith("::ffff:") ? address.slice(7) : address;
  if (!text.includes(":")) return text.slice(0, text.lastIndexOf("."));
  const groups = text.split("::")[0]!.split(":");
  return [0, 1, 2].map((i) => groups[i] || "0").join(":");
}
