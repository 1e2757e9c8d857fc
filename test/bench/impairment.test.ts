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

  test("loses in bursts of the mean length it was told, and as much in all", () => {
    const { path, arrivals } = send({ loss: 0.1, burst: 40 }, 2);
    const runs = arrivals
      .map((at) => (at.length === 0 ? "x" : "."))
      .join("")
      .match(/x+/g)!;
    expect(path.counts.lost / COUNT).toBeGreaterThan(0.07);
    expect(path.counts.lost / COUNT).toBeLessThan(0.13);
    // 100 bursts, each of a length that varies as much as it is long: three standard deviations.
    const mean = (2 * path.counts.lost) / runs.length;
    expect(mean).toBeGreaterThan(40 * 0.7);
    expect(mean).toBeLessThan(40 * 1.3);
  });

  test("that shares its bottleneck with a download waits in the queue which that fills, up and down as Reno goes", () => {
    const base = { delay: 25, rate: 1_000_000, queue: 1000, bulk: 1 };
    const { path, arrivals } = send(base, 20);
    const waits = arrivals.flatMap((at, i) => (at.length > 0 ? [at[0]! - i * 20 - 25] : []));
    const second = waits.slice(2000);
    expect(Math.max(...second)).toBeGreaterThan(950);
    expect(Math.max(...second)).toBeLessThan(1010);
    // Halved at 1.05 s of window: half a second less the line itself is left.
    expect(Math.min(...second)).toBeGreaterThan(430);
    expect(Math.min(...second)).toBeLessThan(520);
    // A segment a round trip, so some fifty round trips of 0.5 to 1 s between two overflows.
    let halvings = 0;
    let isFull = false;
    for (const wait of waits) {
      if (wait > 900) isFull = true;
      else if (wait < 600 && isFull) {
        isFull = false;
        halvings++;
      }
    }
    const seconds = (COUNT * 20) / 1000;
    expect(seconds / halvings).toBeGreaterThan(25);
    expect(seconds / halvings).toBeLessThan(50);
    expect(path.counts.overflowed).toBeGreaterThan(50);
    expect(path.counts.overflowed / COUNT).toBeLessThan(0.03);
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
