import { expect, test } from "bun:test";
import { PumpedTime } from "../../bench/load/pump.ts";
import { Alarm, type TimeSource, Wheel } from "../../sys/wheel.ts";

/** Time that goes where it is asked to wake somebody. */
class Virtual implements TimeSource {
  time = 0.25;
  #wakeAt = Number.POSITIVE_INFINITY;
  #wake: () => void = () => {};

  now(): number {
    return this.time;
  }

  sleep(ms: number, wake: () => void): void {
    this.#wakeAt = this.time + ms;
    this.#wake = wake;
  }

  /** @returns how often somebody was woken */
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

function setting() {
  const time = new Virtual();
  const log: string[] = [];
  const pump = {
    isNeeded: false,
    hold: () => log.push("hold"),
    pump: () => log.push(`pump at ${time.time}`),
  };
  const pumped = new PumpedTime(time, pump);
  const wheel = new Wheel(pumped);
  return { time, log, pump, pumped, wheel };
}

test("the pump works once a millisecond while it is needed, and after the alarms of its turn", () => {
  const { time, log, pump, pumped, wheel } = setting();
  wheel.set(new Alarm(() => log.push("alarm")), 2.5);
  // Something was opened: nothing but this makes a turn before the next alarm.
  pump.isNeeded = true;
  pumped.start();
  time.run(4.5);
  expect(log.filter((entry) => entry !== "hold")).toEqual([
    "pump at 1.25",
    "pump at 2.25",
    "alarm",
    "pump at 3.25",
    "pump at 4.25",
  ]);
  // What alarms send waits for the pump.
  expect(log[log.indexOf("alarm") - 1]).toBe("hold");
});

test("without need for a pump there are only the wheel's own turns", () => {
  const { time, log, pump, pumped, wheel } = setting();
  pump.isNeeded = true;
  pumped.start();
  time.run(10);
  pump.isNeeded = false;
  for (const due of [5000, 7000]) wheel.set(new Alarm(() => log.push(`alarm ${due}`)), due);
  expect(time.run(60_000)).toBe(3);
  expect(log.filter((entry) => entry.startsWith("alarm"))).toEqual(["alarm 5000", "alarm 7000"]);
});

test("an alarm that is set within a turn is not forgotten", () => {
  const { time, log, pump, wheel } = setting();
  pump.pump = () => log.push("pump");
  const second = new Alarm(() => log.push("second"));
  wheel.set(new Alarm(() => wheel.set(second, time.time + 3)), 1);
  time.run(100);
  expect(log.filter((entry) => entry !== "hold")).toEqual(["pump", "second", "pump"]);
});
