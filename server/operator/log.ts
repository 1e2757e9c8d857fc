/**
 * The host's log: one line an event on standard error, as JSON or for people. An event has a fixed name and fields out of
 * a closed list, so that nothing gets in by spreading an object: no key and nothing of a screen is ever among them.
 * Events that come in floods are counted instead of written, so that nobody can fill a disk from outside. Called by the
 * supervisor; shards and the gateway send their lines to it.
 */
import { fstatSync } from "node:fs";

export type Level = "debug" | "info" | "warn" | "error";
export type Fields = { readonly [N in FieldName]?: string | number | undefined };

/** All there can be; docs/operating.md says what they mean. */
type FieldName =
  // who and where
  | "user"
  | "by"
  | "from"
  | "session"
  | "shard"
  | "pid"
  // how many
  | "sessions"
  | "seconds"
  | "shards"
  | "lines"
  // what and why
  | "reason"
  | "status"
  | "text"
  | "request"
  | "algorithm"
  | "line"
  // settings
  | "address"
  | "directory"
  | "ports"
  | "ssh"
  | "metrics"
  | "keys";

const RANK: Readonly<Record<Level, number>> = { debug: 0, info: 1, warn: 2, error: 3 };
/** What journald takes from the start of a line. */
const PRIORITY: Readonly<Record<Level, number>> = { debug: 7, info: 6, warn: 4, error: 3 };
/** So many lines of one event in one interval; the rest is counted. */
const BURST = 50;
const INTERVAL_MS = 10_000;

export interface LogOptions {
  readonly level: Level;
  readonly format: "json" | "text";
  /** Standard error is the journal's: lines begin with their priority. */
  readonly journal: boolean;
  readonly write: (line: string) => void;
  /** ms since the epoch. */
  readonly now: () => number;
}

export class Log {
  #options: LogOptions;
  readonly #events = new Map<string, { since: number; lines: number }>();

  constructor(options: LogOptions) {
    this.#options = options;
  }

  /** New level and format. */
  reload(options: Pick<LogOptions, "level" | "format">): void {
    this.#options = { ...this.#options, ...options };
  }

  event(level: Level, event: string, fields: Fields = {}): void {
    if (RANK[level] < RANK[this.#options.level]) return;
    const now = this.#options.now();
    const seen = this.#events.get(event);
    if (seen && now - seen.since < INTERVAL_MS) {
      if (++seen.lines > BURST) return;
    } else {
      const left = seen ? seen.lines - BURST : 0;
      this.#events.set(event, { since: now, lines: 1 });
      if (left > 0) this.#omitted(level, event, left, now);
    }
    this.#write(level, event, fields, now);
  }

  /** Says what was left out of floods that are over. Call it at times, and at the end. */
  flush(): void {
    const now = this.#options.now();
    for (const [event, { since, lines }] of this.#events) {
      if (now - since < INTERVAL_MS) continue;
      this.#events.delete(event);
      if (lines > BURST) this.#omitted("info", event, lines - BURST, now);
    }
  }

  #omitted(level: Level, event: string, lines: number, now: number): void {
    this.#write(level, `${event}: not logged`, { lines }, now);
  }

  #write(level: Level, event: string, fields: Fields, now: number): void {
    const { format, journal, write } = this.#options;
    const time = new Date(now).toISOString();
    const line =
      format === "json"
        ? JSON.stringify({ time, level, event, ...fields })
        : `${time} ${level.padEnd(5)} ${event}${Object.entries(fields)
            .filter(([, value]) => value !== undefined)
            .map(([name, value]) => ` ${name}=${word(value!)}`)
            .join("")}`;
    write(`${journal ? `<${PRIORITY[level]}>` : ""}${line}\n`);
  }
}

/** A value as one word: quoted where it would not be one. Names come from outside, so control characters are escaped. */
function word(value: string | number): string {
  const text = String(value);
  return /^[\w.:@/+-]+$/.test(text) ? text : JSON.stringify(text);
}

/** Whether standard error is the journal's: JOURNAL_STREAM names the device and inode of a stream that is (systemd.exec(5)). */
export function isJournal(stream: string | undefined, descriptor: number): boolean {
  const match = /^(\d+):(\d+)$/.exec(stream ?? "");
  if (!match) return false;
  try {
    const { dev, ino } = fstatSync(descriptor, { bigint: true });
    return dev === BigInt(match[1]!) && ino === BigInt(match[2]!);
  } catch {
    return false;
  }
}
