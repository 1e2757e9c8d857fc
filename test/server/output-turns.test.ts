/** Whose child may write, in virtual time: shares of those that flood, and keys that go before them. */
import { describe, expect, test } from "bun:test";
import { type Flooding, OutputTurns, type TurnTime } from "../../server/output-turns.ts";
import { Random } from "../simulation/random.ts";

/** Calls in the order of their times; `soon` before all that is later. */
class Virtual implements TurnTime {
  time = 0;
  #calls: { at: number; call: () => void }[] = [];

  now(): number {
    return this.time;
  }

  after(ms: number, call: () => void): () => void {
    const entry = { at: this.time + ms, call };
    this.#calls.push(entry);
    return () => {
      this.#calls = this.#calls.filter((other) => other !== entry);
    };
  }

  soon(call: () => void): void {
    this.after(0, call);
  }

  run(until: number): void {
    for (;;) {
      const next = this.#calls.reduce<{ at: number; call: () => void } | undefined>(
        (first, entry) => (first && first.at <= entry.at ? first : entry),
        undefined,
      );
      if (!next || next.at > until) break;
      this.#calls = this.#calls.filter((entry) => entry !== next);
      this.time = Math.max(this.time, next.at);
      next.call();
    }
    this.time = until;
  }
}

/** A child that writes whenever it may, and has used its budget after `needs` ms of it. */
class Child implements Flooding {
  written = 0;
  interrupts = 0;
  stoppable = true;
  #since: number | undefined;
  #end: (() => void) | undefined;

  constructor(
    readonly time: Virtual,
    readonly turns: OutputTurns,
    readonly needs: number,
  ) {}

  get writes(): boolean {
    return this.#since !== undefined;
  }

  resume(): void {
    expect(this.writes).toBe(false);
    this.#since = this.time.now();
    this.#end = this.time.after(this.needs, () => {
      this.#stop();
      this.turns.wait(this);
    });
  }

  interrupt(): boolean {
    if (!this.stoppable || !this.writes) return false;
    this.interrupts++;
    this.#stop();
    return true;
  }

  #stop(): void {
    this.#end?.();
    this.written += this.time.now() - this.#since!;
    this.#since = undefined;
  }
}

/** As many as `needs` has numbers, all of them paused for the first time at 0. */
function flood(...needs: number[]) {
  const time = new Virtual();
  const turns = new OutputTurns(time);
  const children = needs.map((each) => new Child(time, turns, each));
  for (const child of children) turns.wait(child);
  const writing = () => children.filter((child) => child.writes);
  return { time, turns, children, writing };
}

/** Somebody who only types. */
const typist = (): Flooding => ({ resume: () => {}, interrupt: () => false });

describe("those that flood", () => {
  test("write one at a time and get the same share", () => {
    const { time, children, writing } = flood(2, 2, 2, 2);
    for (let now = 1; now <= 1000; now++) {
      time.run(now - 0.5);
      expect(writing().length).toBe(1);
    }
    for (const { written } of children) expect(Math.abs(written - 250)).toBeLessThanOrEqual(4);
  });

  test("one that does not use its turn lets the next one go after 8 ms", () => {
    const { time, children } = flood(Number.POSITIVE_INFINITY, 2);
    time.run(7.9);
    expect(children[1]!.writes).toBe(false);
    time.run(8.1);
    expect(children[1]!.writes).toBe(true);
  });

  test("alone it goes on at once", () => {
    const { time, children } = flood(2);
    time.run(1000);
    expect(children[0]!.written).toBe(1000);
  });
});

describe("a key for another child", () => {
  test("stops them until the answer, and who was stopped goes on first", () => {
    const { time, turns, children, writing } = flood(4, 4, 4);
    const quiet = typist();
    time.run(5);
    expect(children[1]!.writes).toBe(true);
    turns.hold(quiet);
    expect(writing()).toEqual([]);
    time.run(8);
    expect(writing()).toEqual([]);
    turns.wrote(quiet);
    time.run(8.1);
    expect(writing()).toEqual([children[1]!]);
  });

  test("stops them for 6 ms if there is no answer; output of others is none", () => {
    const { time, turns, writing } = flood(4, 4);
    time.run(1);
    turns.hold(typist());
    turns.wrote(typist());
    time.run(6.9);
    expect(writing()).toEqual([]);
    time.run(7.1);
    expect(writing().length).toBe(1);
  });

  test("one that cannot be stopped writes on, and the next one waits", () => {
    const { time, turns, children } = flood(4, 4);
    children[0]!.stoppable = false;
    time.run(1);
    turns.hold(typist());
    expect(children[0]!.writes).toBe(true);
    time.run(6.9);
    expect(children.map(({ writes }) => writes)).toEqual([false, false]);
    // It had its whole turn, and that is rested for.
    time.run(11.1);
    expect(children[1]!.writes).toBe(true);
  });

  test("of one of them stops nobody", () => {
    const { time, turns, children } = flood(4, 4);
    time.run(1);
    for (const child of children) turns.hold(child);
    expect(children[0]!.writes).toBe(true);
  });

  test("does not stop a program that flooded once and is quiet now", () => {
    const { time, turns, children } = flood(Number.POSITIVE_INFINITY);
    time.run(100);
    turns.hold(typist());
    expect(children[0]!.interrupts).toBe(0);
  });

  test("the end of the session that is waited for ends the waiting", () => {
    const { time, turns, writing } = flood(4, 4);
    const quiet = typist();
    time.run(1);
    turns.hold(quiet);
    turns.leave(quiet);
    time.run(1.1);
    expect(writing().length).toBe(1);
  });

  test("one that is stopped and ends leaves the turn to the next", () => {
    const { time, turns, children } = flood(4, 4);
    const quiet = typist();
    time.run(1);
    turns.hold(quiet);
    turns.leave(children[0]!);
    turns.wrote(quiet);
    time.run(1.1);
    expect(children.map(({ writes }) => writes)).toEqual([false, true]);
  });
});

test("while somebody types, in any process of the host, they rest after each turn for as long as it took", () => {
  for (const elsewhere of [false, true]) {
    const { time, turns, children } = flood(2, 2);
    const keys = new Int32Array(1);
    turns.share(keys);
    const other = new OutputTurns(time);
    other.share(keys);
    const written = () => children.reduce((sum, child) => sum + child.written, 0);
    time.run(1000);
    expect(written()).toBeGreaterThan(990);
    const quiet = typist();
    const before = written();
    // A second after the last key it is as if there had been none.
    for (let at = 1000; at < 3000; at += 100) {
      (elsewhere ? other : turns).hold(quiet);
      turns.wrote(quiet);
      time.run(at + 100);
    }
    expect((written() - before) / 2000).toBeCloseTo(0.5, 1);
    time.run(4010);
    const after = written();
    time.run(5010);
    expect(written() - after).toBeGreaterThan(990);
  }
});

test("what a key has started does not rest for that key", () => {
  const time = new Virtual();
  const turns = new OutputTurns(time);
  const child = new Child(time, turns, 2);
  turns.hold(child);
  turns.wait(child);
  time.run(500);
  expect(child.written).toBeGreaterThan(490);
});

test("however much is typed, those that flood have a quarter of the time and equal shares", () => {
  for (let seed = 1; seed <= 50; seed++) {
    const random = new Random(seed);
    const needs = random.between(1, 4);
    const { time, turns, children, writing } = flood(
      ...Array.from({ length: random.between(1, 5) }, () => needs),
    );
    const typists = Array.from({ length: random.between(1, 20) }, typist);
    while (time.now() < 10_000) {
      time.run(time.now() + random.between(0, 3) / 2);
      const who = random.pick(typists);
      turns.hold(who);
      if (random.chance(0.3)) turns.wrote(who);
      expect(writing().length).toBeLessThanOrEqual(1);
    }
    const written = children.map((child) => child.written);
    const all = written.reduce((sum, each) => sum + each, 0);
    const said = `seed ${seed}: turns of ${needs} ms, written ${written.map((each) => each.toFixed(0)).join(" ")}`;
    expect(all / time.now(), said).toBeGreaterThanOrEqual(0.25);
    expect(Math.min(...written) / Math.max(...written), said).toBeGreaterThan(0.8);
  }
});
