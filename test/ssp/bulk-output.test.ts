/** A key while a program prints without end [P 8.21]: how many datagrams the server sends, and when the echo is there. */
import { describe, expect, test } from "bun:test";
import { parseWeather } from "../../bench/load/impairment.ts";
import { ALL_OURS, ALL_STOCK, type Manners, type Outcome, runLine } from "../../bench/loss/line.ts";
import { OutputRun } from "../../server/output-run.ts";
import { loadCore } from "../../wasm-core/load.ts";

const KEY = 1;
const LINE = 80;

describe("output that goes on", () => {
  /** Prints a line every `every` ms from `from` to `to`. */
  function print(run: OutputRun, from: number, to: number, every: number): void {
    for (let now = from; now <= to; now += every) run.changed(now, LINE, false);
  }

  test("goes on after a quarter of a second, until it rests", () => {
    const run = new OutputRun();
    print(run, 1000, 1240, 5);
    expect(run.paces(1240)).toBe(false);
    print(run, 1245, 1300, 5);
    expect([run.paces(1300), run.paces(1350), run.paces(1351)]).toEqual([true, true, false]);
    run.changed(1400, LINE, false);
    expect(run.paces(1400)).toBe(false);
  });

  test("a key's echo goes ahead of it, once, also behind some lines", () => {
    const run = new OutputRun();
    print(run, 0, 1000, 5);
    run.asked();
    print(run, 1005, 1020, 5);
    expect(run.paces(1020)).toBe(true);
    run.changed(1021, KEY, false);
    expect(run.paces(1021)).toBe(false);
    run.changed(1022, KEY, false);
    expect(run.paces(1022)).toBe(true);
  });

  test("fast typing is none, whatever follows each echo", () => {
    const run = new OutputRun();
    for (let now = 0; now < 5000; now += 100) {
      run.asked();
      run.changed(now, KEY, true);
      expect(run.paces(now)).toBe(false);
      run.changed(now + 20, LINE, false);
      expect(run.paces(now + 20)).toBe(false);
    }
  });

  test("a big screen drawn for a key is none", () => {
    const run = new OutputRun();
    run.asked();
    print(run, 0, 200, 1);
    expect(run.paces(200)).toBe(false);
  });
});

const core = await loadCore();
const SEEDS = [1, 2, 3];

function lines(weather: string, manners: Manners, printsEvery: number): Outcome[] {
  return SEEDS.map((seed) => {
    const setting = { core, seed, weather: parseWeather(weather), ...manners, seconds: 60, rate: 4 };
    const outcome = runLine({ ...setting, printsEvery });
    expect([seed, outcome.unanswered]).toEqual([seed, 0]);
    return outcome;
  });
}

const datagrams = (outcomes: readonly Outcome[]): number =>
  outcomes.reduce((sum, { down }) => sum + down.datagrams, 0);
const mean = (outcomes: readonly Outcome[]): number =>
  outcomes.reduce((sum, { times }) => sum + times.mean, 0) / outcomes.length;

describe(`a program prints without end and somebody types, lines of 50 seconds, seeds ${SEEDS.join(", ")}`, () => {
  for (const [weather, printsEvery] of [
    ["delay=50", 5],
    ["delay=50,loss=29%", 5],
    ["delay=200", 5],
    ["delay=200", 40],
    ["delay=25,rate=1M,queue=1000,bulk=1", 5],
    ["delay=25,rate=1M,queue=1000,bulk=1", 40],
    ["delay=25,down.rate=1M,down.queue=1000,down.bulk=1", 5],
  ] as const) {
    test(`not a datagram more than stock's, and the echo sooner: ${weather}, a line each ${printsEvery} ms`, () => {
      const [stock, ours] = [ALL_STOCK, ALL_OURS].map((manners) => lines(weather, manners, printsEvery));
      // The intervals follow the measured round trips, which differ a little: of a thousand datagrams two.
      expect(datagrams(ours!)).toBeLessThan(1.002 * datagrams(stock!));
      expect(mean(ours!)).toBeLessThan(0.95 * mean(stock!));
    });
  }
});
