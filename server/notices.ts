/**
 * What a person logging in is told before the shell speaks: the message of the day, and sessions of theirs that wait
 * without a client. Called by session.ts.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { systemAccount } from "./account.ts";
import { readLogins, recordName } from "./utmp.ts";

/** Where the notices come from. */
export interface NoticeSources {
  /** Of the first list only the first file that can be read is shown, then the second. */
  readonly dynamicMotd: readonly string[];
  readonly motd: string;
  readonly utmp: string;
  /** Directory of the devices that utmp's lines name. */
  readonly devices: string;
}

const SYSTEM: NoticeSources = {
  dynamicMotd: ["/run/motd.dynamic", "/var/run/motd.dynamic"],
  motd: "/etc/motd",
  utmp: "/var/run/utmp",
  devices: "/dev",
};

/** A file of this name in the home directory silences all of it. */
const SILENCE = ".hushlogin";

/** White on blue, as stock's notices are. */
const COLOURS = "\x1b[37;44m";

/**
 * The notices as bytes for a terminal.
 * @param home the user's home directory
 * @param pid of this server, whose own record does not count
 */
export function loginNotices(home: string, pid: number, sources: NoticeSources = SYSTEM): Uint8Array {
  if (existsSync(join(home, SILENCE))) return new Uint8Array();
  const parts: Uint8Array[] = [];
  for (const path of sources.dynamicMotd) {
    const text = readIfPossible(path);
    if (text === undefined) continue;
    parts.push(text);
    break;
  }
  parts.push(readIfPossible(sources.motd) ?? new Uint8Array());
  parts.push(new TextEncoder().encode(detachedNotice(detachedSessions(pid, sources))));
  return forTerminal(Buffer.concat(parts));
}

/** The records of this user's sessions that have no client. */
function detachedSessions(pid: number, sources: NoticeSources): string[] {
  const logins = readLogins(sources.utmp);
  if (logins.length === 0) return [];
  const user = systemAccount()?.name;
  return logins
    .filter((login) => login.user === user && login.host !== recordName(pid))
    .filter((login) => login.host.startsWith("mosh ") && login.host.endsWith("]"))
    .filter((login) => existsSync(join(sources.devices, login.line)))
    .map((login) => login.host);
}

/** Stock's wording; the texts are the records. */
function detachedNotice(sessions: readonly string[]): string {
  if (sessions.length === 0) return "";
  if (sessions.length === 1) {
    return `${COLOURS}Mosh: You have a detached Mosh session on this server (${sessions[0]}).\x1b[m\n\n`;
  }
  const list = sessions.map((session) => `        - ${session}\n`).join("");
  return `${COLOURS}Mosh: You have ${sessions.length} detached Mosh sessions on this server, with PIDs:\n${list}\x1b[m\n`;
}

function readIfPossible(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

/** What the terminal driver does to output: a line feed also returns the carriage. */
export function forTerminal(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes).toString("latin1");
  return Buffer.from(text.replaceAll("\n", "\r\n"), "latin1");
}
