/**
 * The system's list of who is logged in (utmp): a record for our session, and the records of others. Writing goes
 * through libutempter, whose setgid program may; where there is none, sessions simply have no record. Linux, glibc.
 * Called by standalone.ts (record), pty.ts (ends of logins) and notices.ts (list).
 */
import { dlopen } from "bun:ffi";
import { readFileSync } from "node:fs";

/** A client silent for longer counts as disconnected in the record. */
const CONNECTED_LIMIT_MS = 30_000;

const SYMBOLS = {
  utempter_add_record: { args: ["i32", "ptr"], returns: "i32" },
  utempter_remove_record: { args: ["i32"], returns: "i32" },
} as const;

/** What is used of libutempter. */
export interface UtmpWriter {
  add(master: number, host: string): void;
  remove(master: number): void;
}

/** Undefined where the library is not installed. */
export function systemUtmpWriter(): UtmpWriter | undefined {
  try {
    const { symbols } = dlopen("libutempter.so.0", SYMBOLS);
    return {
      add: (master, host) => void symbols.utempter_add_record(master, Buffer.from(`${host}\0`)),
      remove: (master) => void symbols.utempter_remove_record(master),
    };
  } catch {
    return undefined;
  }
}

const LOGOUT_SYMBOLS = {
  logout: { args: ["ptr"], returns: "i32" },
  logwtmp: { args: ["ptr", "ptr", "ptr"], returns: "void" },
} as const;

/** logout(3) and logwtmp(3), once somebody wanted them; null where the C library has none (musl). */
let records: ReturnType<typeof dlopen<typeof LOGOUT_SYMBOLS>>["symbols"] | null | undefined;

/**
 * Takes back what login(1) has written about a terminal. It leaves that to whoever started it, as init and telnetd know;
 * else `w` goes on showing the person, and `last` may find no end. Root only. Call it while the number of the terminal is
 * taken.
 * @param line device below /dev, such as `pts/3`
 */
export function endLogin(line: string): void {
  if (records === undefined) {
    records = null;
    // Since glibc 2.34 they are in the library itself.
    for (const library of ["libc.so.6", "libutil.so.1"]) {
      try {
        records = dlopen(library, LOGOUT_SYMBOLS).symbols;
        break;
      } catch {
        // Not in this one.
      }
    }
  }
  const path = Buffer.from(`${line}\0`);
  // Zero: there was no record, so there is no end to write.
  if (!records?.logout(path)) return;
  const empty = Buffer.from("\0");
  records.logwtmp(path, empty, empty);
}

/** The record of one session: `HOST via mosh [PID]` while a client is there, `mosh [PID]` while not. */
export class UtmpRecord {
  readonly #writer: UtmpWriter;
  readonly #master: number;
  readonly #name: string;
  #text: string | undefined;
  #connected = false;

  /** @param master descriptor of the server's end of the session's terminal */
  constructor(writer: UtmpWriter, master: number, pid: number) {
    this.#writer = writer;
    this.#master = master;
    this.#name = recordName(pid);
  }

  /**
   * Brings the record up to date.
   * @param silent milliseconds since the last new client state came from `host`
   * @param present somebody is attached
   */
  update(host: string, silent: number, present = true): void {
    this.#connected = present && silent <= CONNECTED_LIMIT_MS;
    const text = this.#connected ? `${host.replace(/^::ffff:/, "")} via ${this.#name}` : this.#name;
    if (text === this.#text) return;
    this.remove();
    this.#writer.add(this.#master, text);
    this.#text = text;
  }

  /** Milliseconds until {@link update} has something to do by itself; Infinity = never. */
  waitTime(silent: number): number {
    return this.#connected ? Math.max(0, CONNECTED_LIMIT_MS + 1 - silent) : Number.POSITIVE_INFINITY;
  }

  remove(): void {
    if (this.#text !== undefined) this.#writer.remove(this.#master);
    this.#text = undefined;
  }
}

/** How a record without a client names its server. */
export function recordName(pid: number): string {
  return `mosh [${pid}]`;
}

/** One login. */
export interface Login {
  readonly user: string;
  /** Device below /dev, such as `pts/3`. */
  readonly line: string;
  readonly host: string;
}

// struct utmp of glibc; on 64-bit ARM its times are 64 bits wide, which is behind the fields used here.
const RECORD_BYTES = process.arch === "arm64" ? 400 : 384;
const USER_PROCESS = 7;
const LINE = { at: 8, length: 32 };
const USER = { at: 44, length: 32 };
const HOST = { at: 76, length: 256 };

/** All logins in a file of utmp records; empty if it cannot be read. */
export function readLogins(path: string): Login[] {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch {
    return [];
  }
  const logins: Login[] = [];
  for (let at = 0; at + RECORD_BYTES <= bytes.length; at += RECORD_BYTES) {
    const record = bytes.subarray(at, at + RECORD_BYTES);
    if (record.readInt16LE(0) !== USER_PROCESS) continue;
    logins.push({ user: text(record, USER), line: text(record, LINE), host: text(record, HOST) });
  }
  return logins;
}

/** A text field: ends at its first NUL or its end. */
function text(record: Buffer, field: { readonly at: number; readonly length: number }): string {
  const bytes = record.subarray(field.at, field.at + field.length);
  const end = bytes.indexOf(0);
  return bytes.toString("utf8", 0, end < 0 ? bytes.length : end);
}
