/** Finding the attachment of a datagram: by address, by trial, within a budget. No sockets; members with real keys. */
import { afterEach, describe, expect, test } from "bun:test";
import type { Peer } from "../../server/attachment.ts";
import { type HubMember, MemberTable, type Outcome } from "../../server/hub.ts";
import { TrialBudget, trialCost } from "../../server/trial-budget.ts";
import { orderByNearness } from "../../server/trial-order.ts";
import type { Reception } from "../../ssp/transport.ts";
import { loadCore } from "../../wasm-core/load.ts";
import { Random } from "../simulation/random.ts";

const core = await loadCore();

/** The receiving end of one attachment: keys, order and address, nothing behind them. */
class Member implements HubMember {
  static readonly all: Member[] = [];
  readonly #key: Uint8Array;
  readonly #opener;
  #sealer;
  peer: Peer | undefined;
  expectedSequence = 0;
  trials = 0;
  taken = 0;

  constructor(random: Random) {
    this.#key = Uint8Array.from({ length: 16 }, () => random.between(0, 255));
    this.#opener = core.createOpener(this.#key);
    this.#sealer = core.createSealer(this.#key, 0);
    Member.all.push(this);
  }

  /** What its client sends next. */
  next(length = 60): Uint8Array {
    return this.#sealer.seal(new Uint8Array(length));
  }

  receive(datagram: Uint8Array, from: Peer): Reception {
    this.trials++;
    if (this.#opener.open(datagram) === undefined) return { ok: false, reason: "integrity" };
    const sequence = Number(new DataView(datagram.buffer, datagram.byteOffset, 8).getBigUint64(0));
    const inOrder = sequence >= this.expectedSequence;
    if (inOrder) {
      this.expectedSequence = sequence + 1;
      this.peer = from;
    }
    this.taken++;
    return { ok: true, inOrder, complete: true, newState: true, news: true };
  }

  onSendError(): void {}

  free(): void {
    this.#opener.free();
    this.#sealer.free();
  }
}

afterEach(() => {
  for (const member of Member.all.splice(0)) member.free();
});

const at = (n: number): Peer => ({
  address: `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`,
  port: 1000 + n,
});

function world(count: number, seed: number) {
  const random = new Random(seed);
  const outcomes: Outcome[] = [];
  const strays: Uint8Array[] = [];
  const table = new MemberTable({
    outcome: (outcome) => outcomes.push(outcome),
    stray: (bytes) => strays.push(bytes),
  });
  const members = Array.from({ length: count }, () => new Member(random));
  for (const member of members) table.add(member);
  return { random, outcomes, strays, table, members };
}

describe("a datagram finds its attachment", () => {
  const seed = 20261127;
  test(`200 clients come, move and move again (seed ${seed})`, () => {
    const { random, outcomes, table, members } = world(200, seed);
    const places = members.map((_, i) => at(i));
    let next = members.length;
    let now = 0;
    for (let i = 0; i < 4000; i++) {
      const n = random.between(0, members.length - 1);
      if (random.between(0, 10 - 1) === 0) places[n] = at(next++);
      // Some datagrams are lost on the way, so sequence numbers jump.
      for (let lost = random.between(0, 4 - 1); lost > 0; lost--) members[n]!.next();
      const before = members[n]!.taken;
      table.deliver(members[n]!.next(), places[n]!, now, false);
      expect(members[n]!.taken).toBe(before + 1);
      now += 50;
    }
    expect(outcomes.every((outcome) => outcome === "accepted")).toBe(true);
  });

  test("who is known by address is tried alone", () => {
    const { table, members } = world(50, 1);
    members.forEach((member, i) => {
      table.deliver(member.next(), at(i), 0, false);
    });
    for (const member of members) member.trials = 0;
    members.forEach((member, i) => {
      table.deliver(member.next(), at(i), 0, false);
    });
    expect(members.map((member) => member.trials)).toEqual(members.map(() => 1));
  });

  test("two at one address (a NAT that reuses a port) both get theirs", () => {
    const { table, members, outcomes } = world(2, 2);
    for (let i = 0; i < 10; i++) table.deliver(members[i % 2]!.next(), at(7), i * 1000, false);
    expect(members.map((member) => member.taken)).toEqual([5, 5]);
    expect(new Set(outcomes)).toEqual(new Set<Outcome>(["accepted"]));
  });

  test("what was recorded and is sent again from elsewhere moves nobody", () => {
    const { table, members, outcomes } = world(3, 3);
    const old = members[1]!.next();
    table.deliver(old, at(1), 0, false);
    table.deliver(members[1]!.next(), at(1), 0, false);
    table.deliver(old, at(99), 0, false);
    expect(outcomes).toEqual(["accepted", "accepted", "late"]);
    expect(members[1]!.peer).toEqual(at(1));
  });

  test("a member that left is found no more", () => {
    const { table, members, outcomes, strays } = world(3, 4);
    table.deliver(members[0]!.next(), at(0), 0, false);
    table.remove(members[0]!);
    table.deliver(members[0]!.next(), at(0), 0, false);
    expect(outcomes).toEqual(["accepted", "no-session"]);
    expect(strays.length).toBe(1);
    expect(table.size).toBe(2);
  });

  test("lengths and directions that cannot be are not tried at all", () => {
    const { table, members, outcomes } = world(5, 5);
    table.deliver(new Uint8Array(10), at(0), 0, false);
    table.deliver(new Uint8Array(3000), at(0), 0, false);
    table.deliver(new Uint8Array(100).fill(0xff), at(0), 0, false);
    expect(outcomes).toEqual(["malformed", "malformed", "malformed"]);
    expect(members.every((member) => member.trials === 0)).toBe(true);
  });
});

describe("a flood of noise", () => {
  test("from one network costs a bounded number of trials and does not keep others from moving", () => {
    const { table, members, outcomes, random } = world(500, 6);
    members.forEach((member, i) => {
      table.deliver(member.next(), at(i), 0, false);
    });
    for (const member of members) member.trials = 0;
    outcomes.length = 0;
    const noise = Uint8Array.from({ length: 100 }, () => random.between(0, 127));
    // Ten seconds, 20,000 datagrams a second.
    for (let i = 0; i < 200_000; i++) {
      table.deliver(noise, { address: "192.0.2.77", port: i % 60_000 }, i / 20, false);
      if (i % 20_000 === 10_000) {
        const n = i / 20_000 - 0.5;
        table.deliver(members[n]!.next(), at(100_000 + n), i / 20, false);
        expect(outcomes.at(-1)).toBe("accepted");
      }
    }
    const trials = members.reduce((sum, member) => sum + member.trials, 0);
    // A tenth of the blocks of ten seconds and of the two that may be saved up.
    expect(trials * trialCost(noise.length)).toBeLessThan(0.1 * 12 * 1_000_000 * 1.02);
    expect(outcomes.filter((outcome) => outcome === "budget").length).toBeGreaterThan(190_000);
  });

  test("from everywhere is bounded too, and known clients never notice", () => {
    const { table, members, random } = world(100, 7);
    members.forEach((member, i) => {
      table.deliver(member.next(), at(i), 0, false);
    });
    for (const member of members) member.trials = 0;
    const noise = Uint8Array.from({ length: 1300 }, () => random.between(0, 127));
    for (let i = 0; i < 100_000; i++) {
      table.deliver(noise, { address: `198.${i % 200}.${i % 251}.9`, port: 9 }, i / 20, false);
      if (i % 1000 === 0) table.deliver(members[i / 1000]!.next(), at(i / 1000), i / 20, false);
    }
    expect(members.every((member) => member.taken === 2)).toBe(true);
    const trials = members.reduce((sum, member) => sum + member.trials, 0) - members.length;
    expect(trials * trialCost(noise.length)).toBeLessThan(7 * 1_000_000 * 1.02);
  });

  test("the budget is remembered for a bounded number of networks", () => {
    const budget = new TrialBudget();
    for (let i = 0; i < 20_000; i++) {
      expect(budget.allowance(`10.${i >> 8}.${i & 255}.1`, i, 10, 10)).toBeGreaterThan(0);
    }
  });
});

describe("whom a stranger's datagram is tried on first", () => {
  const order = (sequence: number, expected: readonly number[]) => [
    ...orderByNearness(
      sequence,
      expected.map((n) => ({ expectedSequence: n })),
    ),
  ];

  test("who expects just that, then who is a little behind, then who is ahead or far away", () => {
    expect(order(100, [5, 100, 2_000_000, 98, 103])).toEqual([1, 3, 4, 0, 2]);
  });

  test("everybody is tried, however far", () => {
    expect(order(0, [0, 2 ** 52, 17, 3]).toSorted()).toEqual([0, 1, 2, 3]);
  });
});
