import { describe, expect, test } from "bun:test";
import { Alarm, type TimeSource, Wheel } from "../../bench/load/wheel.ts";
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

  /** @returns how often the wheel was woken */
  run(until: number): number {
    let wakes = 0;
    while (this.#wakeAt <= until) {
      this.time = Math.max(this.time, this.#wakeAt);
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
    wheel.clear(cleared);
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
      wheel.clear(victims[0]!);
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

  test("has its pump work after the alarms of each millisecond while it is needed, and then sleeps again", () => {
    const time = new Virtual(0.25);
    const log: string[] = [];
    const pump = {
      isNeeded: false,
      hold: () => log.push("hold"),
      pump: (now: number) => log.push(`pump at ${now}`),
    };
    const wheel = new Wheel(time, pump);
    wheel.set(new Alarm(() => log.push("alarm")), 2.5);
    // Something was opened: nothing but this tells the wheel to look before its next alarm.
    pump.isNeeded = true;
    wheel.wake();
    expect(time.run(4.5)).toBe(4);
    expect(log.filter((entry) => entry !== "hold")).toEqual([
      "pump at 1.25",
      "pump at 2.25",
      "alarm",
      "pump at 3.25",
      "pump at 4.25",
    ]);
    expect(log.indexOf("alarm")).toBe(log.lastIndexOf("hold", log.indexOf("alarm")) + 1);
    pump.isNeeded = false;
    expect(time.run(60_000)).toBe(1);
  });

  test("after a stall fires everything that was due, and knows how late it was", () => {
    const time = new Virtual();
    const wheel = new Wheel(time);
    let fired = 0;
    for (let due = 1; due <= 100; due++) wheel.set(new Alarm(() => fired++), due);
    time.time = 20_000;
    wheel.advance();
    expect(fired).toBe(100);
    expect(wheel.lateness.count).toBe(100);
    expect(wheel.lateness.max).toBe(19_999);
  });
});
