/** When the echo ack of a burst of keys leaves by itself [P 8.22]. */
import { describe, expect, test } from "bun:test";
import { parseWeather } from "../../bench/load/impairment.ts";
import { ALL_OURS, ALL_STOCK, type Manners, type Outcome, runLine } from "../../bench/loss/line.ts";
import { KeyRhythm } from "../../ssp/key-rhythm.ts";
import { Pacer } from "../../ssp/pacer.ts";
import { loadCore } from "../../wasm-core/load.ts";

describe("the rhythm of keys", () => {
  test("a burst is over after twice the mean gap; a pause is no gap", () => {
    const rhythm = new KeyRhythm();
    expect(rhythm.over).toBe(Number.NEGATIVE_INFINITY);
    rhythm.heard(1000);
    expect(rhythm.over).toBe(1400);
    for (let now = 1080; now <= 3000; now += 80) rhythm.heard(now);
    expect(rhythm.over - 3000).toBeCloseTo(160, 0);
    rhythm.heard(60_000);
    expect(rhythm.over - 60_000).toBeCloseTo(160, 0);
    for (let now = 60_300; now <= 72_000; now += 300) rhythm.heard(now);
    expect(rhythm.over - 72_000).toBeCloseTo(600, 0);
  });

  test("the pace is owed until the average is kept again", () => {
    const pacer = new Pacer(4, 0);
    expect(pacer.owes(0, 20)).toBe(false);
    pacer.sent(0, 20);
    expect([pacer.owes(19, 20), pacer.owes(20, 20)]).toEqual([true, false]);
  });
});

const core = await loadCore();
const SEEDS = [1, 2, 3];
const BURST = 5;

function lines(weather: string, manners: Manners): Outcome[] {
  return SEEDS.map((seed) => {
    const setting = { core, seed, weather: parseWeather(weather), ...manners, seconds: 150, rate: 4 };
    const outcome = runLine({ ...setting, burst: BURST });
    expect([seed, outcome.unanswered]).toEqual([seed, 0]);
    expect(outcome.echoAcks.count).toBeGreaterThan(40);
    return outcome;
  });
}

const mean = (outcomes: readonly Outcome[], of: "times" | "echoAcks"): number =>
  outcomes.reduce((sum, outcome) => sum + outcome[of].mean, 0) / outcomes.length;

describe(`bursts of ${BURST} keys, lines of 140 seconds, seeds ${SEEDS.join(", ")}`, () => {
  for (const delay of [10, 50, 100, 200]) {
    test(`${2 * delay} ms: the last echo ack is there when stock's is, and no key waits for it`, () => {
      const [stock, ours] = [ALL_STOCK, ALL_OURS].map((manners) => lines(`delay=${delay}`, manners));
      expect(mean(ours!, "echoAcks")).toBeLessThan(1.02 * mean(stock!, "echoAcks"));
      for (const { times } of ours!) expect(times.at(0.99)).toBeLessThan(2 * delay + 2);
    });
  }
});
