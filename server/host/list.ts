/** The table that `list` prints. Pure; called by commands.ts and the gateway. */
import { age, printable, tableLines } from "../table.ts";
import type { SessionInfo } from "./messages.ts";

export interface ListOptions {
  /** ms since the epoch. */
  readonly now: number;
  /** With a column of users. */
  readonly users: boolean;
}

/** Longest title shown. */
const MAX_TITLE = 40;

/** ms without a word from a client after which it is not there now. */
const HERE_MS = 10_000;

/** Lines with a heading, newline at the end. */
export function renderList(sessions: readonly SessionInfo[], { now, users }: ListOptions): string {
  if (sessions.length === 0) return "No sessions.\n";
  const headings = ["NAME", "RUNS", "SIZE", "CREATED", "LAST SEEN", "CLIENTS", "TITLE"];
  const lines = tableLines(
    [...(users ? ["USER"] : []), ...headings].map((heading) => ({ heading })),
    sessions.map((session) => [
      ...(users ? [session.user] : []),
      session.name,
      printable(session.command ?? "-", MAX_TITLE),
      `${session.size.cols}x${session.size.rows}`,
      `${age(now - session.created)} ago`,
      session.attachments.some(({ silentMs, peer }) => peer !== undefined && silentMs < HERE_MS)
        ? "now"
        : `${age(now - session.lastSeen)} ago`,
      clients(session),
      printable(session.title, MAX_TITLE),
    ]),
  );
  return `${lines.join("\n")}\n`;
}

function clients({ attachments }: SessionInfo): string {
  const here = attachments.filter(({ peer }) => peer !== undefined);
  if (here.length === 0) return "none";
  return here.map(({ peer, readOnly }) => `${peer}${readOnly ? " (read-only)" : ""}`).join(", ");
}
