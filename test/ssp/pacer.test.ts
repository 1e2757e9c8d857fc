import { expect, test } from "bun:test";
import { Pacer } from "../../ssp/pacer.ts";

const INTERVAL = 20;

/** Sends as soon as it may, `count` times. Returns when. */
function sendAll(pacer: Pacer, from: number, count: number): number[] {
  const times: number[] = [];
  for (let now = from; times.length < count; ) {
    const at = pacer.readyAt(now, INTERVAL);
    expect(at).toBeGreaterThanOrEqual(now);
    pacer.sent(at, INTERVAL);
    times.push(at);
    now = at;
  }
  return times;
}

test("without a burst there is an interval between any two", () => {
  expect(sendAll(new Pacer(1, 0), 0, 4)).toEqual([0, 20, 40, 60]);
});

test("with one, the first few go at once and the rest at the pace", () => {
  expect(sendAll(new Pacer(3, 0), 100, 6)).toEqual([100, 100, 100, 120, 140, 160]);
});

test("a pause brings the burst back, a token an interval, and never more than all of it", () => {
  const pacer = new Pacer(3, 0);
  sendAll(pacer, 0, 3);
  expect(sendAll(pacer, 40, 3)).toEqual([40, 40, 60]);
  expect(sendAll(pacer, 10_000, 4)).toEqual([10_000, 10_000, 10_000, 10_020]);
});

test("what was sent without asking puts off the next by no more than the burst", () => {
  const pacer = new Pacer(2, 0);
  for (let i = 0; i < 50; i++) pacer.sent(0, INTERVAL);
  expect(pacer.readyAt(0, INTERVAL)).toBe(20);
});

test("what nobody waits for goes when the average is kept again", () => {
  const pacer = new Pacer(3, 0);
  expect(pacer.idleAt(0, INTERVAL)).toBe(0);
  sendAll(pacer, 0, 3);
  expect([pacer.readyAt(0, INTERVAL), pacer.idleAt(0, INTERVAL)]).toEqual([20, 60]);
  expect(pacer.idleAt(60, INTERVAL)).toBe(60);
  // Steady output that fills each interval is not put off by rounding.
  const steady = new Pacer(3, 0);
  for (let n = 0; n < 1000; n++) {
    const now = n * 33.3;
    expect(steady.idleAt(now, 33.3)).toBe(now);
    steady.sent(now, 33.3);
  }
});

test("a longer round trip makes the debt longer", () => {
  const pacer = new Pacer(2, 0);
  pacer.sent(0, INTERVAL);
  pacer.sent(0, INTERVAL);
  expect(pacer.readyAt(0, 100)).toBe(100);
});
