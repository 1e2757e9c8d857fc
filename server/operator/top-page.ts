/**
 * The page that `sterna-server top` shows: what a host is doing, its shards, its sessions, as lines of text. Rates are
 * between two samples. Pure; shown by top.ts.
 */
import type { SessionInfo } from "../host/messages.ts";
import { age, type Column, cut, printable, tableLines } from "../table.ts";
import { type HistogramData, quantile } from "./histogram.ts";
import { HISTOGRAMS, type ShardFigures } from "./metrics.ts";

/** What a host says at one moment. */
export interface Sample {
  /** ms since the epoch. */
  readonly time: number;
  /** Empty unless root asks an operator's host. */
  readonly shards: readonly ShardFigures[];
  readonly sessions: readonly SessionInfo[];
}

/** Orders of the table of sessions, by the key that chooses them. */
export const ORDERS = {
  s: { heading: "SEEN", compare: (a, b) => b.lastSeen - a.lastSeen },
  u: { heading: "USER", compare: (a, b) => compareText(a.user, b.user) || compareText(a.name, b.name) },
  n: { heading: "NAME", compare: (a, b) => compareText(a.name, b.name) || compareText(a.user, b.user) },
  c: { heading: "CREATED", compare: (a, b) => b.created - a.created },
  r: { heading: "RTT", compare: (a, b) => (rttOf(b) ?? -1) - (rttOf(a) ?? -1) },
  p: { heading: "SHARD", compare: (a, b) => a.shard - b.shard || compareText(a.user, b.user) },
} as const satisfies Record<string, { heading: string; compare: (a: SessionInfo, b: SessionInfo) => number }>;
export type Order = keyof typeof ORDERS;

export interface PageOptions {
  readonly order: Order;
  readonly reversed: boolean;
  /** Sessions that are left out at the top. */
  readonly scroll: number;
  /** undefined: as long and wide as it comes, for a file. */
  readonly size: { readonly cols: number; readonly rows: number } | undefined;
}

export interface Page {
  readonly lines: readonly string[];
  /** Number of the line that names the columns of the sessions. */
  readonly heading: number;
  /** How far one can scroll. */
  readonly mostScroll: number;
}

/** ms without a word from a client after which it is not there now. */
const HERE_MS = 10_000;
const MAX_COMMAND = 20;
const MAX_TITLE = 60;
/** A window is at least so high that one session can be seen. */
const LEAST_ROWS = 1;

/** @param before an earlier sample, for the rates; undefined: totals cannot be told as rates yet */
export function renderPage(now: Sample, before: Sample | undefined, options: PageOptions): Page {
  const { size } = options;
  const head = [summary(now), ...(now.shards.length > 0 ? ["", ...shardLines(now, before)] : []), ""];
  const [heading = "", ...rows] = sessionLines(now, options);
  const room = size ? Math.max(LEAST_ROWS, size.rows - head.length - 1) : rows.length;
  const mostScroll = Math.max(0, rows.length - room);
  const first = Math.min(options.scroll, mostScroll);
  const lines = [...head, heading, ...rows.slice(first, first + room)];
  return {
    lines: (size ? lines.slice(0, size.rows) : lines).map((line) => (size ? cut(line, size.cols) : line)),
    heading: head.length,
    mostScroll,
  };
}

function summary({ time, sessions, shards }: Sample): string {
  const attached = sessions.filter(isHere).length;
  const users = new Set(sessions.map(({ user }) => user)).size;
  const clock = new Date(time).toTimeString().slice(0, 8);
  const parts = [
    plural(sessions.length, "session"),
    `${attached} in use`,
    plural(users, "user"),
    ...(shards.length > 0 ? [plural(shards.length, "shard")] : []),
  ];
  return `sterna ${clock}  ${parts.join(", ")}`;
}

// ---- shards

const SHARD_COLUMNS: readonly Column[] = [
  ...["SHARD", "PID", "SESS", "CLIENTS", "CPU", "MEM", "SCREENS"],
  ...["IN/s", "OUT/s", "DROPPED/s", "PTY/s", "RTT", "LOSS", "KEY p50", "p99", "LATE p99"],
].map((heading) => ({ heading, right: true }));

function shardLines({ time, shards }: Sample, before: Sample | undefined): string[] {
  return tableLines(
    SHARD_COLUMNS,
    shards.map((shard) => {
      // A shard that was started again counts from nothing.
      const old = before?.shards.find(({ pid }) => pid === shard.pid);
      const seconds = before && old ? (time - before.time) / 1000 : 0;
      const rate = (of: (figures: ShardFigures) => number): number | undefined =>
        old && seconds > 0 ? Math.max(0, of(shard) - of(old)) / seconds : undefined;
      const spread = (kind: keyof typeof HISTOGRAMS, q: number): number | undefined =>
        quantile(since(shard[kind], old?.[kind]), HISTOGRAMS[kind].bounds, q);
      const cpu = rate(({ cpu }) => cpu);
      return [
        String(shard.shard),
        String(shard.pid),
        String(shard.sessions),
        String(shard.attachments),
        cpu === undefined ? "-" : `${Math.round(cpu * 100)}%`,
        amount(shard.rss),
        amount(shard.wasmInUse),
        amount(rate(({ bytesIn }) => bytesIn)),
        amount(rate(({ bytesOut }) => bytesOut)),
        figure(rate(dropped)),
        amount(rate(({ ptyOut }) => ptyOut)),
        milliseconds(spread("rtt", 0.5)),
        share(spread("loss", 0.5)),
        milliseconds(spread("keyToFrame", 0.5)),
        milliseconds(spread("keyToFrame", 0.99)),
        milliseconds(spread("loopLag", 0.99)),
      ];
    }),
  );
}

/** What came in and was of no use: everything but accepted datagrams. */
function dropped({ datagrams }: ShardFigures): number {
  return Object.entries(datagrams).reduce(
    (sum, [outcome, count]) => sum + (outcome === "accepted" ? 0 : count),
    0,
  );
}

/** What was counted between two samples; everything if nothing was, so that a quiet line shows how it was last. */
function since({ counts }: HistogramData, old: HistogramData | undefined): readonly number[] {
  if (!old) return counts;
  const between = counts.map((count, i) => Math.max(0, count - old.counts[i]!));
  return between.some((count) => count > 0) ? between : counts;
}

// ---- sessions

function sessionLines({ sessions, time }: Sample, { order, reversed }: PageOptions): string[] {
  const headings: readonly Column[] = [
    { heading: "USER" },
    { heading: "NAME" },
    { heading: "SHARD", right: true },
    { heading: "RUNS" },
    { heading: "SIZE", right: true },
    { heading: "CREATED", right: true },
    { heading: "SEEN", right: true },
    { heading: "RTT", right: true },
    { heading: "CLIENTS" },
    { heading: "TITLE" },
  ];
  const marked = headings.map((column) =>
    column.heading === ORDERS[order].heading
      ? { ...column, heading: `${column.heading}${reversed ? "↑" : "↓"}` }
      : column,
  );
  const sorted = sessions.toSorted(ORDERS[order].compare);
  if (reversed) sorted.reverse();
  return tableLines(
    marked,
    sorted.map((session) => [
      session.user,
      session.name,
      String(session.shard),
      printable(session.command ?? "-", MAX_COMMAND),
      `${session.size.cols}x${session.size.rows}`,
      age(time - session.created),
      isHere(session) ? "now" : age(time - session.lastSeen),
      milliseconds(rttOf(session)),
      clients(session),
      printable(session.title, MAX_TITLE),
    ]),
  );
}

function isHere({ attachments }: SessionInfo): boolean {
  return attachments.some(({ peer, silentMs }) => peer !== undefined && silentMs < HERE_MS);
}

function clients({ attachments }: SessionInfo): string {
  const peers = attachments.flatMap(({ peer, readOnly }) =>
    peer === undefined ? [] : [`${peer}${readOnly ? " (read-only)" : ""}`],
  );
  const [first = "-", ...others] = peers;
  return others.length > 0 ? `${first} +${others.length}` : first;
}

/** Round trip of the client that was heard last. */
function rttOf({ attachments }: SessionInfo): number | undefined {
  return attachments
    .filter(({ srttMs }) => srttMs !== undefined)
    .toSorted((a, b) => a.silentMs - b.silentMs)[0]?.srttMs;
}

// ---- figures

const UNITS = ["", "k", "M", "G", "T"];
const UNIT = 1000;

/** 1234567 as `1.2M`. */
function amount(value: number | undefined): string {
  if (value === undefined) return "-";
  let rest = value;
  let unit = 0;
  while (rest >= UNIT - 0.5 && unit < UNITS.length - 1) {
    rest /= UNIT;
    unit++;
  }
  return `${rest < 9.95 && unit > 0 ? rest.toFixed(1) : Math.round(rest)}${UNITS[unit]}`;
}

function figure(value: number | undefined): string {
  return value === undefined ? "-" : amount(Math.ceil(value));
}

function milliseconds(value: number | undefined): string {
  if (value === undefined) return "-";
  if (value === Number.POSITIVE_INFINITY) return "long";
  return value < 10 ? `${Number(value.toFixed(1))} ms` : `${Math.round(value)} ms`;
}

function share(value: number | undefined): string {
  if (value === undefined) return "-";
  return value === Number.POSITIVE_INFINITY ? "all" : `${Number((value * 100).toFixed(1))}%`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function compareText(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}
