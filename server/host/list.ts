/** The table that `list` prints. Pure; called by commands.ts and the gateway. */
import type { SessionInfo } from "./messages.ts";

export interface ListOptions {
  /** ms since the epoch. */
  readonly now: number;
  /** With a column of users. */
  readonly users: boolean;
}

/** Longest title shown. */
const MAX_TITLE = 40;

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Lines with a heading, newline at the end. */
export function renderList(sessions: readonly SessionInfo[], { now, users }: ListOptions): string {
  if (sessions.length === 0) return "No sessions.\n";
  const rows = [
    [...(users ? ["USER"] : []), "NAME", "RUNS", "SIZE", "CREATED", "LAST SEEN", "CLIENTS", "TITLE"],
    ...sessions.map((session) => [
      ...(users ? [session.user] : []),
      session.name,
      session.command ?? "-",
      `${session.size.cols}x${session.size.rows}`,
      `${age(now - session.created)} ago`,
      session.attachments.some(({ silentMs, peer }) => peer !== undefined && silentMs < 10 * SECOND)
        ? "now"
        : `${age(now - session.lastSeen)} ago`,
      clients(session),
      printable(session.title, MAX_TITLE),
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => Bun.stringWidth(row[column]!))));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell + " ".repeat(widths[column]! - Bun.stringWidth(cell)))
        .join("  ")
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join("");
}

function clients({ attachments }: SessionInfo): string {
  const here = attachments.filter(({ peer }) => peer !== undefined);
  if (here.length === 0) return "none";
  return here.map(({ peer, readOnly }) => `${peer}${readOnly ? " (read-only)" : ""}`).join(", ");
}

/** A span of time as people say it: the largest unit. */
function age(ms: number): string {
  if (ms < MINUTE) return `${Math.max(0, Math.floor(ms / SECOND))} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h`;
  return `${Math.floor(ms / DAY)} d`;
}

/** Text that a program chose, safe on a terminal. */
export function printable(text: string, length: number): string {
  return [...text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}]/gu, "")].slice(0, length).join("");
}
