/**
 * `sterna-server top`: the sessions of a host and what its shards do, again every two seconds. On a terminal a page that
 * keys sort and `q` leaves, else one table. The page is pure ({@link topPage}); {@link runTop} owns the terminal. Called
 * by commands.ts.
 */
import { libc } from "../../sys/libc.ts";
import { printable } from "../host/list.ts";
import type { SessionInfo, StatsReply } from "../host/messages.ts";
import { STDOUT, writeText } from "../stdio.ts";
import type { ShardFigures } from "./metrics.ts";

const STDIN = 0;
const TCSADRAIN = 1;
/** struct termios of the C library, with room to spare. */
const TERMIOS_BYTES = 256;
const INTERVAL_MS = 2000;

/** Keys and what they sort by. */
const ORDERS: Readonly<Record<string, { readonly title: string; readonly compare: Compare }>> = {
  s: { title: "last seen", compare: (a, b) => b.lastSeen - a.lastSeen },
  u: { title: "user", compare: (a, b) => a.user.localeCompare(b.user) || a.name.localeCompare(b.name) },
  r: { title: "round trip", compare: (a, b) => (roundTrip(b) ?? -1) - (roundTrip(a) ?? -1) },
  c: { title: "created", compare: (a, b) => b.created - a.created },
};
type Compare = (a: SessionInfo, b: SessionInfo) => number;

export interface TopView {
  readonly stats: StatsReply;
  /** The figures before, for rates; undefined at first. */
  readonly before: StatsReply | undefined;
  /** Between the two, ms. */
  readonly elapsedMs: number;
  /** A key of the orders. */
  readonly order: string;
  readonly size: { readonly cols: number; readonly rows: number };
  /** ms since the epoch. */
  readonly now: number;
}

/** The page as rows, none longer than the window. */
export function topPage({ stats, before, elapsedMs, order, size, now }: TopView): string[] {
  const shards = stats.shards as readonly ShardFigures[];
  const earlier = new Map(
    ((before?.shards ?? []) as readonly ShardFigures[]).map((shard) => [shard.shard, shard]),
  );
  const present = stats.sessions.filter((session) =>
    session.attachments.some(({ peer, silentMs }) => peer !== undefined && silentMs < 10_000),
  );
  const rows = [`sterna: ${stats.sessions.length} sessions, ${present.length} with somebody there`];
  for (const shard of shards) {
    const then = earlier.get(shard.shard);
    const rate = (of: (figures: ShardFigures) => number): number =>
      then && elapsedMs > 0 ? ((of(shard) - of(then)) / elapsedMs) * 1000 : 0;
    rows.push(
      `shard ${shard.shard}: ${String(shard.sessions).padStart(5)} sessions ${(rate(({ cpu }) => cpu) * 100).toFixed(0).padStart(4)} % cpu ` +
        `${(shard.rss / 1e6).toFixed(0).padStart(5)} MB ${rate(({ datagrams }) => datagrams.accepted)
          .toFixed(0)
          .padStart(6)} in/s ` +
        `${rate(({ datagramsOut }) => datagramsOut)
          .toFixed(0)
          .padStart(6)} out/s ${(rate(({ ptyOut }) => ptyOut) / 1e6).toFixed(1).padStart(6)} MB/s output`,
    );
  }
  const { title, compare } = ORDERS[order] ?? ORDERS.s!;
  rows.push("");
  rows.push(
    `USER        NAME            RUNS            SIZE      LAST SEEN     RTT  CLIENTS   (by ${title})`,
  );
  for (const session of stats.sessions.toSorted(compare)) rows.push(sessionRow(session, now));
  return rows.slice(0, size.rows - 1).map((row) => cut(row, size.cols));
}

function sessionRow(session: SessionInfo, now: number): string {
  const cell = (text: string, width: number): string => {
    const safe = printable(text, width);
    return safe + " ".repeat(Math.max(0, width - Bun.stringWidth(safe)));
  };
  const here = session.attachments.filter(({ peer }) => peer !== undefined);
  const seconds = Math.max(0, Math.floor((now - session.lastSeen) / 1000));
  const rtt = roundTrip(session);
  return [
    cell(session.user, 11),
    cell(session.name, 15),
    cell(session.command ?? "-", 15),
    cell(`${session.size.cols}x${session.size.rows}`, 9),
    cell(
      seconds < 10 ? "now" : seconds < 120 ? `${seconds} s ago` : `${Math.floor(seconds / 60)} min ago`,
      10,
    ),
    (rtt === undefined ? "-" : `${rtt.toFixed(0)} ms`).padStart(7),
    ` ${here.map(({ peer, readOnly }) => `${peer}${readOnly ? " (ro)" : ""}`).join(", ") || "none"}`,
  ].join(" ");
}

function roundTrip({ attachments }: SessionInfo): number | undefined {
  const measured = attachments.flatMap(({ srttMs }) => (srttMs === undefined ? [] : [srttMs]));
  return measured.length === 0 ? undefined : Math.min(...measured);
}

function cut(row: string, cols: number): string {
  let width = 0;
  let kept = "";
  for (const character of row) {
    width += Bun.stringWidth(character);
    if (width > cols) break;
    kept += character;
  }
  return kept.trimEnd();
}

/** Shows the page until the person leaves, or once if there is no terminal. Returns the exit status. */
export async function runTop(fetch: () => Promise<StatsReply>): Promise<number> {
  const saved = new Uint8Array(TERMIOS_BYTES);
  if (!process.stdout.isTTY || libc().tcgetattr(STDIN, saved) !== 0) {
    const stats = await fetch();
    const size = { cols: 1000, rows: 100_000 };
    const rows = topPage({ stats, before: undefined, elapsedMs: 0, order: "s", size, now: Date.now() });
    writeText(STDOUT, `${rows.join("\n")}\n`);
    return 0;
  }
  const raw = saved.slice();
  libc().cfmakeraw(raw);
  libc().tcsetattr(STDIN, TCSADRAIN, raw);
  writeText(STDOUT, "\x1b[?1049h\x1b[?25l");
  const completion = Promise.withResolvers<number>();
  let order = "s";
  let before: StatsReply | undefined;
  let stats: StatsReply | undefined;
  let at = performance.now();
  let elapsedMs = 0;
  const draw = (): void => {
    if (!stats) return;
    const size = { cols: process.stdout.columns || 80, rows: process.stdout.rows || 24 };
    const rows = topPage({ stats, before, elapsedMs, order, size, now: Date.now() });
    const foot = "q leave   sort: s last seen  u user  r round trip  c created";
    writeText(
      STDOUT,
      `\x1b[H${rows.map((row) => `${row}\x1b[K\r\n`).join("")}\x1b[J\x1b[7m${cut(foot, size.cols)}\x1b[0m`,
    );
  };
  const look = async (): Promise<void> => {
    try {
      const next = await fetch();
      const now = performance.now();
      before = stats;
      elapsedMs = now - at;
      at = now;
      stats = next;
      draw();
    } catch {
      completion.resolve(1);
    }
  };
  const leave = (): void => completion.resolve(0);
  process.stdin.on("data", (bytes: Buffer) => {
    for (const byte of bytes) {
      const key = String.fromCharCode(byte);
      if (key === "q" || byte === 3 || byte === 4) leave();
      else if (Object.hasOwn(ORDERS, key)) {
        order = key;
        draw();
      }
    }
  });
  process.on("SIGWINCH", draw);
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, leave);
  const timer = setInterval(() => void look(), INTERVAL_MS);
  await look();
  const status = await completion.promise;
  clearInterval(timer);
  libc().tcsetattr(STDIN, TCSADRAIN, saved);
  writeText(STDOUT, "\x1b[?25h\x1b[?1049l");
  if (status !== 0) writeText(STDOUT, "sterna-server: the host is gone\n");
  return status;
}
