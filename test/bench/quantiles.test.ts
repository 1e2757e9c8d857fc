import { expect, test } from "bun:test";
import { Quantiles } from "../../bench/load/quantiles.ts";
import { Random } from "../simulation/random.ts";

/** What the head of quantiles.ts promises. */
const BOUND = 0.005;

function exact(sorted: readonly number[], share: number): number {
  return sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1]!;
}

const SHARES = [0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 1];

test("any quantile is within the bound of the exact one, over seven decades and for odd distributions", () => {
  const random = new Random(1);
  const distributions: Record<string, () => number> = {
    "log-uniform": () => 10 ** (random.unit() * 7 - 2),
    "two humps": () => (random.chance(0.9) ? 1 + random.unit() : 4000 + 10 * random.unit()),
    constant: () => 3.3,
  };
  for (const draw of Object.values(distributions)) {
    const quantiles = new Quantiles();
    const values = Array.from({ length: 20_000 }, draw);
    for (const value of values) quantiles.record(value);
    values.sort((a, b) => a - b);
    for (const share of SHARES) {
      const truth = exact(values, share);
      expect(Math.abs(quantiles.at(share) - truth) / truth).toBeLessThanOrEqual(BOUND);
    }
    expect(quantiles.count).toBe(values.length);
    expect(quantiles.max).toBe(values.at(-1)!);
    expect(quantiles.mean).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / values.length, 6);
  }
});

test("adding two is as if all had been recorded in one", () => {
  const random = new Random(2);
  const [a, b, all] = [new Quantiles(), new Quantiles(), new Quantiles()];
  for (let i = 0; i < 3000; i++) {
    const value = random.unit() * 10 ** random.between(-2, 4);
    (random.chance(0.3) ? a : b).record(value);
    all.record(value);
  }
  a.add(b);
  for (const share of SHARES) expect(a.at(share)).toBe(all.at(share));
  expect([a.count, a.max]).toEqual([all.count, all.max]);
});

test("nothing recorded is zero, and extreme values do not fall out", () => {
  const quantiles = new Quantiles();
  expect([quantiles.at(0.5), quantiles.mean, quantiles.max, quantiles.count]).toEqual([0, 0, 0, 0]);
  quantiles.record(0);
  quantiles.record(1e12);
  expect(quantiles.at(0)).toBe(0.001);
  expect(quantiles.count).toBe(2);
  expect(quantiles.max).toBe(1e12);
});
