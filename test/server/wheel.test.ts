import { describe, expect, test } from "bun:test";
import { Alarm, type TimeSource, Wheel } from "../../sys/wheel.ts";
import { Random } from "../simulation/random.ts";

/** Time that goes where the wheel asks to be woken. */
class Virtual implements TimeSource {
  time: number;
  #wakeAt = Number.POSITIVE_INFINITY;
  #wake: () => void = () => {};

  constructor(start = 0) {
    this.time = start;
  }

  now(): number {
    return this.time;
  }

  sleep(ms: number, wake: () => void): void {
    this.#wakeAt = this.time + ms;
    this.#wake = wake;
  }

  /**
   * @param stalled nothing runs before this
   * @returns how often the wheel was woken
   */
  run(until: number, stalled = 0): number {
    let wakes = 0;
    while (this.#wakeAt <= until) {
      this.time = Math.max(this.time, this.#wakeAt, stalled);
      this.#wakeAt = Number.POSITIVE_INFINITY;
      wakes++;
      this.#wake();
    }
    this.time = until;
    return wakes;
  }
}

describe("the timer wheel", () => {
  test("fires each alarm once, in its millisecond, never early, whatever the distance", () => {
    for (const start of [0, 8191.7, 123456.25]) {
      const time = new Virtual(start);
      const wheel = new Wheel(time);
      const random = new Random(7);
      const fired = new Map<number, number[]>();
      const dues: number[] = [];
      for (let i = 0; i < 500; i++) {
        // Some beyond a whole turn of the wheel.
        const due = start + random.unit() * 30_000;
        dues.push(due);
        wheel.set(new Alarm((now) => fired.set(i, [...(fired.get(i) ?? []), now])), due);
      }
      time.run(start + 40_000);
      for (const [i, due] of dues.entries()) {
        const times = fired.get(i) ?? [];
        expect(times).toHaveLength(1);
        expect(times[0]).toBeGreaterThanOrEqual(due);
        expect(times[0]).toBeLessThan(due + 2);
      }
    }
  });

  test("an alarm that is moved fires at its new time only, one that is cleared not at all", () => {
    const time = new Virtual();
    const wheel = new Wheel(time);
    const fired: [string, number][] = [];
    const moved = new Alarm((now) => fired.push(["moved", now]));
    const cleared = new Alarm((now) => fired.push(["cleared", now]));
    wheel.set(moved, 10);
    wheel.set(cleared, 10);
    wheel.set(moved, 25);
    wheel.set(cleared, Number.POSITIVE_INFINITY);
    time.run(15);
    wheel.set(moved, 18);
    time.run(100);
    expect(fired).toEqual([["moved", 18]]);
  });

  test("an alarm may move, clear and set others of the same millisecond, and itself", () => {
    const time = new Virtual();
    const wheel = new Wheel(time);
    const fired: string[] = [];
    const victims = [1, 2].map((n) => new Alarm((now) => fired.push(`victim ${n} at ${now}`)));
    const again = new Alarm((now) => {
      fired.push(`again at ${now}`);
      if (now < 30) wheel.set(again, now + 10);
    });
    const killer = new Alarm(() => {
      wheel.set(victims[0]!, Number.POSITIVE_INFINITY);
      wheel.set(victims[1]!, 50);
    });
    wheel.set(again, 10);
    // The victims come after whoever deals with them, whichever end of a slot is fired first.
    wheel.set(killer, 10);
    wheel.set(victims[0]!, 11);
    wheel.set(victims[1]!, 11);
    time.run(100);
    expect(fired).toEqual(["again at 10", "again at 20", "again at 30", "victim 2 at 50"]);
  });

  test("sleeps while nothing is due", () => {
    const time = new Virtual();
    const wheel = new Wheel(time);
    wheel.set(new Alarm(() => {}), 5000);
    wheel.set(new Alarm(() => {}), 7000);
    expect(time.run(60_000)).toBe(2);
  });

  test("after a stall fires everything that was due, and tells how late it was", () => {
    const time = new Virtual();
    const late: number[] = [];
    const wheel = new Wheel(time, (ms) => late.push(ms));
    let fired = 0;
    for (let due = 1; due <= 100; due++) wheel.set(new Alarm(() => fired++), due);
    time.run(20_000, 20_000);
    expect(fired).toBe(100);
    expect(late.length).toBe(100);
    expect(Math.max(...late)).toBe(19_999);
  });

  test("alarms with slack fire together, late by no more than it, and are not waited for", () => {
    const time = new Virtual(0.5);
    const wheel = new Wheel(time);
    const fired: number[] = [];
    for (let due = 101; due <= 160; due++) wheel.set(new Alarm((now) => fired.push(now - due)), due, 64);
    expect(time.run(1000)).toBe(2);
    expect(fired.length).toBe(60);
    expect(Math.min(...fired)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...fired)).toBeLessThan(65);
  });
});
