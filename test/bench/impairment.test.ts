import { describe, expect, test } from "bun:test";
import { CLEAR, Path, parseWeather, type Weather } from "../../bench/load/impairment.ts";
import { Random } from "../simulation/random.ts";

const COUNT = 20_000;
const LENGTH = 100;

/** When each of many datagrams, sent `gap` ms apart, arrives. */
function send(weather: Partial<Weather>, gap = 1, seed = 3): { path: Path; arrivals: number[][] } {
  const path = new Path({ ...CLEAR, ...weather }, new Random(seed));
  return { path, arrivals: Array.from({ length: COUNT }, (_, i) => path.arrivals(LENGTH, i * gap)) };
}

/** Within four standard deviations of a binomial count. */
function expectShare(count: number, of: number, probability: number): void {
  expect(Math.abs(count - of * probability)).toBeLessThan(
    4 * Math.sqrt(of * probability * (1 - probability)),
  );
}

describe("a path", () => {
  test("that is clear passes everything at once", () => {
    for (const [i, at] of send({}).arrivals.entries()) expect(at).toEqual([i]);
  });

  test("delays by delay and up to jitter, and keeps the order", () => {
    const { arrivals } = send({ delay: 50, jitter: 20 });
    const delays = arrivals.map(([at], i) => at! - i);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(50);
    expect(Math.max(...delays)).toBeLessThan(70);
    expect(Math.max(...delays) - Math.min(...delays)).toBeGreaterThan(15);
    for (let i = 1; i < COUNT; i++) expect(arrivals[i]![0]!).toBeGreaterThanOrEqual(arrivals[i - 1]![0]!);
  });

  test("loses, doubles and overtakes as often as it was told, and counts it", () => {
    const { path, arrivals } = send({ loss: 0.29, duplicate: 0.05, reorder: 0.02, delay: 5 });
    const lost = arrivals.filter((at) => at.length === 0).length;
    expectShare(lost, COUNT, 0.29);
    expectShare(arrivals.filter((at) => at.length === 2).length, COUNT - lost, 0.05);
    const passed = arrivals.flatMap((at) => at.slice(0, 1));
    const overtaken = passed.filter((at, i) =>
      passed.slice(i + 1, i + 30).some((later) => later < at),
    ).length;
    expectShare(overtaken, COUNT - lost, 0.02);
    expect(path.counts.sent).toBe(COUNT);
    expect(path.counts.lost).toBe(lost);
    expect(path.counts.reordered).toBe(overtaken);
  });

  test("with a narrow bottleneck passes its rate, queues up to its limit and drops the rest", () => {
    // 128 B on the line each ms is 1,024 kbit/s; the line takes half of that.
    const { path, arrivals } = send({ rate: 512_000, queue: 200 });
    const passed = arrivals.map((at, i) => ({ sent: i, at: at[0] })).filter(({ at }) => at !== undefined);
    expect(passed.length / COUNT).toBeCloseTo(0.5, 1);
    expect(path.counts.overflowed).toBe(COUNT - passed.length);
    for (let i = 1; i < passed.length; i++) expect(passed[i]!.at! - passed[i - 1]!.at!).toBeGreaterThan(1.99);
    const waits = passed.map(({ sent, at }) => at! - sent);
    expect(Math.max(...waits)).toBeLessThan(200 + 2.1);
    expect(Math.max(...waits)).toBeGreaterThan(195);
  });

  test("a line that has been quiet does not hold anything back", () => {
    expect(send({ rate: 1e6 }, 100).arrivals.every(([at], i) => at! - i * 100 < 1.1)).toBe(true);
  });

  test("does the same for the same seed, and loses the same ones whatever else is wrong", () => {
    expect(send({ loss: 0.2, jitter: 9 }).arrivals).toEqual(send({ loss: 0.2, jitter: 9 }).arrivals);
    expect(send({ loss: 0.2 }, 1, 4).arrivals).not.toEqual(send({ loss: 0.2 }, 1, 5).arrivals);
    const lost = (weather: Partial<Weather>): boolean[] =>
      send(weather).arrivals.map((at) => at.length === 0);
    expect(lost({ loss: 0.2, jitter: 30, duplicate: 0.5, delay: 90 })).toEqual(lost({ loss: 0.2 }));
  });
});

describe("the words for a bad network", () => {
  test("set both directions, or one", () => {
    const { up, down } = parseWeather("delay=20,loss=29%,rate=1.5M,up.loss=0.5,down.queue=300");
    expect(up).toEqual({ ...CLEAR, delay: 20, loss: 0.5, rate: 1.5e6 });
    expect(down).toEqual({ ...CLEAR, delay: 20, loss: 0.29, rate: 1.5e6, queue: 300 });
  });

  test("that mean nothing are refused by name", () => {
    for (const word of [
      "los=1",
      "loss",
      "loss=",
      "loss=1.2",
      "loss=101%",
      "delay=5%",
      "delay=-1",
      "rate=0",
      "left.loss=1",
      "delay=1.2.3",
    ])
      expect(() => parseWeather(`jitter=1,${word}`)).toThrow(word);
  });
});
