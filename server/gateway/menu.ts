/**
 * What a person sees who logs in with ssh alone, where UDP is blocked: their sessions, one key each. Text in, a choice
 * out; session.ts does what was chosen.
 */
import { renderList } from "../host/list.ts";
import type { SessionInfo } from "../host/messages.ts";

export type Choice =
  | { readonly kind: "attach"; readonly name: string }
  /** A session that stays when the connection ends. */
  | { readonly kind: "new" }
  /** A shell that ends with the connection. */
  | { readonly kind: "plain" }
  | { readonly kind: "quit" };

/** Keys of the sessions, in order; n, p and q mean something else. */
const KEYS = "123456789abcdefghijklmorstuvwxyz";
const CTRL_C = 0x03;
const CTRL_D = 0x04;
const ENTER = 0x0d;

/** The sessions that can be chosen, the one seen last first. */
function choices(sessions: readonly SessionInfo[]): readonly SessionInfo[] {
  return sessions.toSorted((a, b) => b.lastSeen - a.lastSeen).slice(0, KEYS.length);
}

/** The page, ready for a raw terminal. */
export function menuText(sessions: readonly SessionInfo[], now: number): string {
  const listed = choices(sessions);
  const lines: string[] = ["Sterna: this connection carries a session without UDP.", ""];
  if (listed.length > 0) {
    const [heading, ...rows] = renderList(listed, { now, users: false }).trimEnd().split("\n");
    lines.push(`     ${heading}`);
    rows.forEach((row, i) => {
      lines.push(`  ${KEYS[i]}  ${row}`);
    });
    lines.push("");
  }
  lines.push(
    listed.length > 0
      ? "Enter takes up the first one, or choose. n: new session   p: plain shell   q: quit"
      : "Enter or n: new session   p: plain shell, which ends with this connection   q: quit",
    "In a session, Ctrl-^ and a period come back here; the session goes on.",
    "",
  );
  return lines.map((line) => `${line}\r\n`).join("");
}

/** What a key means; undefined: nothing. */
export function choose(byte: number, sessions: readonly SessionInfo[]): Choice | undefined {
  const listed = choices(sessions);
  if (byte === CTRL_C || byte === CTRL_D) return { kind: "quit" };
  if (byte === ENTER) return listed[0] ? { kind: "attach", name: listed[0].name } : { kind: "new" };
  const key = String.fromCharCode(byte).toLowerCase();
  if (key === "q") return { kind: "quit" };
  if (key === "n") return { kind: "new" };
  if (key === "p") return { kind: "plain" };
  const session = listed[KEYS.indexOf(key)];
  return KEYS.includes(key) && session ? { kind: "attach", name: session.name } : undefined;
}
