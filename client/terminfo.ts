/**
 * Reader of compiled terminfo entries: the few capabilities the client draws with, for any TERM, without ncurses.
 *
 * Reads the legacy format (magic 0432, 16-bit numbers) and the one with 32-bit numbers (magic 01036), as term(5)
 * describes them, from directory trees with letter (`x/xterm`) or hexadecimal (`78/xterm`) folders. Deliberately not
 * here: hashed databases (one Berkeley DB file), extended capabilities, parameter strings (`%p1`): none is needed for
 * drawing. Files are bounded and every offset is checked, since TERMINFO may point anywhere. Own code because no
 * small maintained library exists. Called by mosh-client.ts (`-c`) and session.ts.
 */
import { closeSync, constants, fstatSync, openSync, readSync, statSync } from "node:fs";
import { join } from "node:path";

/** What drawing on the user's terminal depends on (display.md 6). */
export interface Terminfo {
  /** Number of colors, -1 if the terminal names none. */
  readonly colors: number;
  /** Erasing uses the current background (`bce`). */
  readonly backColorErase: boolean;
  /** The terminal can erase a run of characters (`ech`). */
  readonly eraseChars: boolean;
  /** Switch to and from the alternate screen (`smcup`, `rmcup`), padding removed; empty if there is none. */
  readonly enterScreen: Uint8Array;
  readonly exitScreen: Uint8Array;
}

/** Why TERM gives no usable terminal. "no-database" also stands for an unset TERM with databases present. */
export type TerminfoFailure = "no-term" | "no-database" | "unknown" | "generic" | "hardcopy";

/** A parsed entry: the capabilities, and the two flags that make an entry unusable for a screen. */
export interface TerminfoEntry extends Terminfo {
  readonly names: readonly string[];
  /** A placeholder such as `unknown`, which says it cannot move its cursor. */
  readonly generic: boolean;
  readonly hardcopy: boolean;
}

/** Where ncurses builds of the common systems look when TERMINFO and TERMINFO_DIRS say nothing. */
const SYSTEM_DIRECTORIES = [
  "/etc/terminfo",
  "/lib/terminfo",
  "/usr/share/terminfo",
  "/usr/lib/terminfo",
  "/usr/local/share/terminfo",
];

/** ncurses writes at most 32,768 bytes an entry; more is not an entry. */
const MAX_ENTRY_BYTES = 32_768;
const MAX_NAME_BYTES = 512;
const MAGIC_LEGACY = 0o432;
const MAGIC_WIDE_NUMBERS = 0o1036;
const HEADER_BYTES = 12;

// Positions in the fixed tables of term.h.
const BOOL_GENERIC = 6;
const BOOL_HARDCOPY = 7;
const BOOL_BACK_COLOR_ERASE = 28;
const NUMBER_COLORS = 13;
const STRING_CLEAR = 5;
const STRING_CURSOR_ADDRESS = 10;
const STRING_CURSOR_DOWN = 11;
const STRING_CURSOR_HOME = 12;
const STRING_ENTER_CA_MODE = 28;
const STRING_ERASE_CHARS = 37;
const STRING_EXIT_CA_MODE = 40;

/**
 * Parses one compiled entry.
 *
 * @param bytes the whole file
 * @returns undefined if the bytes are not an entry; a capability that points outside its table counts as absent
 */
export function parseTerminfo(bytes: Uint8Array): TerminfoEntry | undefined {
  if (bytes.length < HEADER_BYTES || bytes.length > MAX_ENTRY_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const short = (at: number) => view.getInt16(at, true);
  const magic = view.getUint16(0, true);
  if (magic !== MAGIC_LEGACY && magic !== MAGIC_WIDE_NUMBERS) return undefined;
  const numberBytes = magic === MAGIC_WIDE_NUMBERS ? 4 : 2;
  const [nameBytes, booleans, numbers, strings, tableBytes] = [
    short(2),
    short(4),
    short(6),
    short(8),
    short(10),
  ];
  if (nameBytes <= 0 || booleans < 0 || numbers < 0 || strings < 0 || tableBytes < 0) return undefined;

  const booleansAt = HEADER_BYTES + nameBytes;
  // The number section begins on an even byte.
  const numbersAt = booleansAt + booleans + ((booleansAt + booleans) & 1);
  const stringsAt = numbersAt + numbers * numberBytes;
  const tableAt = stringsAt + strings * 2;
  const end = tableAt + tableBytes;
  if (end > bytes.length) return undefined;

  const boolean = (index: number) => index < booleans && bytes[booleansAt + index] === 1;
  const number = (index: number): number => {
    if (index >= numbers) return -1;
    const at = numbersAt + index * numberBytes;
    return Math.max(-1, numberBytes === 4 ? view.getInt32(at, true) : short(at));
  };
  const text = (index: number): Uint8Array | undefined => {
    if (index >= strings) return undefined;
    const offset = short(stringsAt + index * 2);
    if (offset < 0 || offset >= tableBytes) return undefined;
    const terminator = bytes.indexOf(0, tableAt + offset);
    return terminator < 0 || terminator >= end ? undefined : bytes.subarray(tableAt + offset, terminator);
  };
  const has = (index: number) => text(index) !== undefined;

  const canAddress = has(STRING_CURSOR_ADDRESS) || (has(STRING_CURSOR_DOWN) && has(STRING_CURSOR_HOME));
  const names = Buffer.from(bytes.subarray(HEADER_BYTES, booleansAt)).toString("latin1");
  return {
    names: names.replace(/\0.*$/s, "").split("|"),
    // Old termcaps set `gn` on real terminals; ncurses believes the entry if it can clear and move.
    generic: boolean(BOOL_GENERIC) && !(canAddress && has(STRING_CLEAR)),
    hardcopy: boolean(BOOL_HARDCOPY),
    colors: number(NUMBER_COLORS),
    backColorErase: boolean(BOOL_BACK_COLOR_ERASE),
    eraseChars: has(STRING_ERASE_CHARS),
    enterScreen: withoutPadding(text(STRING_ENTER_CA_MODE)),
    exitScreen: withoutPadding(text(STRING_EXIT_CA_MODE)),
  };
}

/** Drops the delays `$<5>`, `$<10.5*>`, `$<3/>`: no terminal of today needs them. Returns a copy. */
function withoutPadding(capability: Uint8Array | undefined): Uint8Array {
  if (!capability) return new Uint8Array(0);
  const text = Buffer.from(capability).toString("latin1");
  return new Uint8Array(Buffer.from(text.replace(/\$<\d+(?:\.\d)?[*/]*>/g, ""), "latin1"));
}

/**
 * Finds the entry for `term`: TERMINFO (a directory, or the entry itself as `hex:` or `b64:`), ~/.terminfo,
 * TERMINFO_DIRS (an empty element stands for the system's), the system's directories.
 */
export function lookUpTerminfo(
  term: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  systemDirectories: readonly string[] = SYSTEM_DIRECTORIES,
): Terminfo | TerminfoFailure {
  if (!term) return "no-term";
  const entry = findEntry(term, env, systemDirectories);
  if (typeof entry === "string") return entry;
  if (entry.generic) return "generic";
  if (entry.hardcopy) return "hardcopy";
  return entry;
}

function findEntry(
  term: string,
  env: Readonly<Record<string, string | undefined>>,
  systemDirectories: readonly string[],
): TerminfoEntry | "unknown" | "no-database" {
  const embedded = entryInVariable(env.TERMINFO);
  if (embedded?.names.includes(term)) return embedded;

  const directories: string[] = [];
  if (env.TERMINFO) directories.push(env.TERMINFO);
  if (env.HOME) directories.push(join(env.HOME, ".terminfo"));
  if (env.TERMINFO_DIRS) {
    for (const directory of env.TERMINFO_DIRS.split(":")) {
      if (directory) directories.push(directory);
      else directories.push(...systemDirectories);
    }
  }
  directories.push(...systemDirectories);

  // A name is one path element; it never leaves its directory.
  const usableName = !/[/\0]/.test(term) && term !== "." && term !== ".." && term.length <= MAX_NAME_BYTES;
  let databases = embedded ? 1 : 0;
  for (const directory of directories) {
    if (!isDirectory(directory)) continue;
    databases++;
    if (!usableName) continue;
    const first = Buffer.from(term)[0]!;
    for (const folder of [String.fromCharCode(first), first.toString(16).padStart(2, "0")]) {
      const bytes = readEntryFile(join(directory, folder, term));
      const entry = bytes && parseTerminfo(bytes);
      if (entry) return entry;
    }
  }
  return databases > 0 ? "unknown" : "no-database";
}

/** ncurses lets TERMINFO hold the entry itself, as infocmp -Q prints it. */
function entryInVariable(value: string | undefined): TerminfoEntry | undefined {
  const match = /^(hex|b64):(.*)$/s.exec(value ?? "");
  if (!match || match[2]!.length > 2 * MAX_ENTRY_BYTES) return undefined;
  return parseTerminfo(new Uint8Array(Buffer.from(match[2]!, match[1] === "hex" ? "hex" : "base64")));
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** The file's bytes; undefined if it is missing, unreadable, not a regular file, or too long to be an entry. */
function readEntryFile(path: string): Uint8Array | undefined {
  let fd: number;
  try {
    // Not to block on a FIFO that somebody put in the way.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    if (!fstatSync(fd).isFile()) return undefined;
    const bytes = new Uint8Array(MAX_ENTRY_BYTES + 1);
    let length = 0;
    for (;;) {
      const count = readSync(fd, bytes, length, bytes.length - length, null);
      if (count === 0) break;
      length += count;
      if (length === bytes.length) return undefined;
    }
    return bytes.slice(0, length);
  } catch {
    return undefined;
  } finally {
    closeSync(fd);
  }
}

/** The message for a session's start (bootstrap-and-cli.md 4.2), without the line end. */
export function sessionMessage(failure: TerminfoFailure): string {
  switch (failure) {
    case "unknown":
    case "generic":
      return "Error: Unknown terminal type.";
    case "hardcopy":
      return "Error: Terminal is hardcopy and cannot be used by curses applications.";
    default:
      return "Error: Terminfo database could not be found.";
  }
}

/** The message of `mosh-client -c`, without the line end. */
export function colorsMessage(failure: TerminfoFailure, term: string): string {
  switch (failure) {
    case "no-term":
      return "TERM environment variable not set.";
    case "no-database":
      return `'${term}': terminfo database could not be found.`;
    case "unknown":
      return `'${term}': unknown terminal type.`;
    case "generic":
      return `'${term}': I need something more specific.`;
    case "hardcopy":
      return `'${term}': I can't handle hardcopy terminals.`;
  }
}
