import { describe, expect, test } from "bun:test";
import { drawChart } from "../../bench/load/chart.ts";
import { compareRounds, comparisonText, secondFirst } from "../../bench/load/compare.ts";
import { reportPage } from "../../bench/load/page.ts";
import { Quantiles } from "../../bench/load/quantiles.ts";
import { type LoadReport, reportText, type Spread, spreadOf } from "../../bench/load/report.ts";

function spread(median: number, count = 100): Spread {
  const values = new Quantiles();
  for (let i = 1; i <= count; i++) values.record((median * 2 * i) / count);
  return spreadOf(values);
}

function report(server: string, median: number, more: Partial<LoadReport> = {}): LoadReport {
  const keyToScreen = spread(median);
  const keyToAck = spread(median + 50);
  return {
    format: "sterna load 1",
    server,
    date: "2026-11-27T20:00:00.000Z",
    machine: { processor: "a processor", cores: 2, memoryBytes: 8e9, system: "Linux" },
    plan: {},
    seconds: 10,
    sessions: { asked: 10, live: 10, failures: {}, left: 0 },
    creation: spread(5),
    connect: spread(3),
    keyToScreen,
    keyToAck,
    behaviours: { typist: { keys: 100, held: 0, frames: 200, keyToScreen, keyToAck } },
    keys: 100,
    unanswered: 0,
    traffic: {
      datagramsOut: 200,
      datagramsIn: 210,
      bytesOut: 15_000,
      bytesIn: 16_000,
      retransmissions: 1,
      repeatsIn: 2,
    },
    network: { sent: 0, lost: 0, overflowed: 0, duplicated: 0, reordered: 0, dark: 0 },
    processes: {
      count: 10,
      cpuSeconds: 1,
      cpuPerKey: 400 * median,
      privateBytes: 5e7,
      privateBytesPerSession: 5e6,
    },
    generator: { cpuShare: 0.2, lateness: spread(0.5) },
    timeline: [
      {
        second: 1,
        phase: "warm",
        elapsed: 1,
        planned: 5,
        asked: 10,
        sessions: 5,
        keys: 40,
        p50: 8,
        p99: 20,
        max: 30,
        failed: 0,
      },
      {
        second: 2,
        phase: "run",
        elapsed: 1,
        planned: 10,
        asked: 10,
        sessions: 10,
        keys: 60,
        p50: 9,
        p99: 22,
        max: 31,
        failed: 0,
        cores: 0.2,
        privateBytes: 5e7,
      },
    ],
    ...more,
  };
}

describe("a comparison", () => {
  const rounds = [
    { a: report("A", 10), b: report("B", 2) },
    { a: report("A", 20), b: report("B", 5) },
    { a: report("A", 10), b: report("B", 3) },
  ];

  test("takes each ratio within its round, and gives the median and the spread", () => {
    const ratio = compareRounds(rounds).ratios["processor time of the servers a key"]!;
    expect(ratio.median).toBeCloseTo(0.25, 9);
    expect(ratio.least).toBeCloseTo(0.2, 9);
    expect(ratio.most).toBeCloseTo(0.3, 9);
    expect(comparisonText(compareRounds(rounds))).toMatch(
      /processor time of the servers a key +4000 µs +1200 µs +0\.250 +0\.200 to 0\.300/,
    );
  });

  test("leaves out what A has none of", () => {
    const nothing = { ...report("A", 10), keyToScreen: spreadOf(new Quantiles()) };
    const { ratios } = compareRounds([{ a: nothing, b: report("B", 2) }]);
    expect(ratios["key to screen, median"]).toBeUndefined();
    expect(ratios["bytes to the server"]!.median).toBe(1);
  });

  test("lets each go first as often as the other", () => {
    expect([0, 1, 2, 3].map(secondFirst)).toEqual([false, true, false, true]);
  });
});

describe("a chart", () => {
  /** The points of the first line. */
  function points(svg: string): number[][] {
    return /points="([^"]+)"/
      .exec(svg)![1]!
      .split(" ")
      .map((point) => point.split(",").map(Number));
  }
  const chart = { title: "t", xLabel: "x", yLabel: "y" };
  const line = (values: [number, number][]) => [{ name: "s", color: 0, points: values }];

  test("puts equal differences at equal distances, and larger values higher", () => {
    const [a, b, c] = points(
      drawChart({
        ...chart,
        series: line([
          [0, 0],
          [5, 10],
          [10, 20],
        ]),
      }),
    );
    expect(b![0]! - a![0]!).toBeCloseTo(c![0]! - b![0]!, 0);
    expect(a![1]! - b![1]!).toBeCloseTo(b![1]! - c![1]!, 0);
    expect(c![1]!).toBeLessThan(a![1]!);
  });

  test("on a logarithmic axis puts equal ratios at equal distances, and leaves out what has no place there", () => {
    const values = points(
      drawChart({
        ...chart,
        logarithmic: true,
        series: line([
          [0, 1],
          [1, 0],
          [2, 10],
          [3, 100],
        ]),
      }),
    );
    expect(values).toHaveLength(3);
    expect(values[0]![1]! - values[1]![1]!).toBeCloseTo(values[1]![1]! - values[2]![1]!, 0);
  });

  test("without a point is nothing, with one is a dot, with equal ones does not divide by zero", () => {
    expect(drawChart({ ...chart, series: line([]) })).toBe("");
    expect(drawChart({ ...chart, series: line([[3, Number.NaN]]) })).toBe("");
    expect(drawChart({ ...chart, series: line([[3, 7]]) })).toContain("<circle");
    expect(
      drawChart({
        ...chart,
        series: line([
          [0, 0],
          [0, 0],
        ]),
      }),
    ).not.toContain("NaN");
  });
});

describe("the page", () => {
  const rounds = [{ a: report("stock", 10), b: report("ours <b>", 2) }];
  const page = reportPage(
    [rounds[0]!.a, rounds[0]!.b],
    "A & B",
    "sterna-bench --server '<x>'",
    compareRounds(rounds),
  );

  test("needs nothing but itself", () => {
    expect(page).not.toMatch(/<script|<link|<img|@import|url\(|https?:|\bsrc=/);
  });

  test("shows the curve, the time line and memory, and what a server is called is text", () => {
    expect(page.match(/<svg/g)!.length).toBe(6);
    for (const title of ["Latency: key to screen", "by the second", "Private memory of the servers"])
      expect(page).toContain(title);
    expect(page).not.toContain("NaN");
    expect(page).toContain("ours &lt;b&gt;");
    expect(page).not.toContain("ours <b>");
    expect(page).toContain("A &amp; B");
  });
});

test("a report that cannot be trusted says so, in text and on the page, and failures have their reasons", () => {
  const bad = report("stock", 10, {
    generator: { cpuShare: 0.95, lateness: spread(9), bottleneck: "the generator used 95 % of a core" },
    sessions: { asked: 12, live: 10, failures: { "no answer to the first datagrams": 2 }, left: 0 },
  });
  expect(reportText(bad)).toContain("CAUTION: the generator used 95 % of a core");
  expect(reportText(bad)).toContain("failed: 2 × no answer to the first datagrams");
  expect(reportText(report("stock", 10))).not.toContain("CAUTION");
  const page = reportPage([bad], "x", "x");
  expect(page).toContain("the generator used 95 % of a core");
  expect(page).toContain("no answer to the first datagrams");
});
