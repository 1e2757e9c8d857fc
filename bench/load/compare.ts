/**
 * Two servers under the same load, by turns (A B, B A, A B …), so that what the machine does meanwhile hits both. A ratio
 * is taken within each round and given as the median of the rounds with the least and the most of them. Pure.
 */
import { byteText, type LoadReport, ms } from "./report.ts";

export interface Round {
  readonly a: LoadReport;
  readonly b: LoadReport;
}

interface Ratio {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export interface Comparison {
  readonly format: "sterna load comparison 1";
  readonly a: string;
  readonly b: string;
  readonly rounds: readonly Round[];
  /** B over A, by figure; a figure that is 0 with A in some round has none. */
  readonly ratios: Readonly<Record<string, Ratio>>;
}

interface Figure {
  readonly name: string;
  value(report: LoadReport): number;
  text(value: number): string;
}

const milliseconds = (value: number): string => `${ms(value)} ms`;

const FIGURES: readonly Figure[] = [
  { name: "key to screen, median", value: (report) => report.keyToScreen.p50, text: milliseconds },
  { name: "key to screen, mean", value: (report) => report.keyToScreen.mean, text: milliseconds },
  { name: "key to screen, 99th percentile", value: (report) => report.keyToScreen.p99, text: milliseconds },
  { name: "key to echo ack, median", value: (report) => report.keyToAck.p50, text: milliseconds },
  {
    name: "first datagram to first frame, median",
    value: (report) => report.connect.p50,
    text: milliseconds,
  },
  { name: "creating a session, median", value: (report) => report.creation.p50, text: milliseconds },
  {
    name: "processor time of the servers a key",
    value: (report) => report.processes.cpuPerKey,
    text: (value) => `${value.toFixed(0)} µs`,
  },
  {
    name: "processor time of the servers",
    value: (report) => report.processes.cpuSeconds,
    text: (value) => `${value.toFixed(2)} s`,
  },
  {
    name: "private memory of the servers a session",
    value: (report) => report.processes.privateBytesPerSession,
    text: byteText,
  },
  { name: "bytes to the server", value: (report) => report.traffic.bytesOut, text: byteText },
  { name: "bytes to the client", value: (report) => report.traffic.bytesIn, text: byteText },
  {
    name: "datagrams to the client",
    value: (report) => report.traffic.datagramsIn,
    text: (value) => value.toFixed(0),
  },
];

/** Whether B comes first in a round. */
export function secondFirst(round: number): boolean {
  return round % 2 === 1;
}

export function compareRounds(rounds: readonly Round[]): Comparison {
  const [first] = rounds;
  if (!first) throw new Error("nothing to compare");
  const ratios: Record<string, Ratio> = {};
  for (const { name, value } of FIGURES) {
    const each = rounds.map(({ a, b }) => value(b) / value(a));
    if (!each.every(Number.isFinite)) continue;
    ratios[name] = { median: median(each), least: Math.min(...each), most: Math.max(...each) };
  }
  return { format: "sterna load comparison 1", a: first.a.server, b: first.b.server, rounds, ratios };
}

/** Name, A's median, B's median, ratio, spread. */
export function ratioRows({ rounds, ratios }: Comparison): string[][] {
  return FIGURES.filter(({ name }) => name in ratios).map(({ name, value, text }) => {
    const { median: middle, least, most } = ratios[name]!;
    return [
      name,
      text(median(rounds.map(({ a }) => value(a)))),
      text(median(rounds.map(({ b }) => value(b)))),
      middle.toFixed(3),
      `${least.toFixed(3)} to ${most.toFixed(3)}`,
    ];
  });
}

export function comparisonText(comparison: Comparison): string {
  const rows = [
    [
      comparison.rounds.length === 1 ? "1 round" : `${comparison.rounds.length} rounds`,
      comparison.a,
      comparison.b,
      "ratio",
      "least to most",
    ],
    ...ratioRows(comparison),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join("   "),
    )
    .join("\n");
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
