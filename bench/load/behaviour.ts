/**
 * What sessions do: which program runs, which keys are typed when, and how a screen shows that it has seen them. Pure:
 * chance and screens come in, strokes go out; session.ts types them and keeps the times.
 */
import type { Random } from "../../test/simulation/random.ts";

/** What is read of a screen. */
export interface ScreenView {
  readonly cursorRow: number;
  readonly cursorCol: number;
  cell(row: number, col: number): { readonly text: string };
}

/** Keys typed at once, `wait` ms after the ones before. */
export interface Stroke {
  readonly wait: number;
  readonly keys: Uint8Array;
  /** By what the screen shows them; undefined: only the echo ack tells. */
  readonly mark?: number;
}

export interface Behaviour {
  readonly name: string;
  /** The program in the session. */
  readonly command: readonly string[];
  /** The program waits for keys. */
  ready(screen: ScreenView): boolean;
  /** Undefined: it types no more. */
  next(random: Random): Stroke | undefined;
  /** How many of the marks, oldest first, the screen shows. */
  shown(screen: ScreenView, marks: readonly number[]): number;
}

/** Evenly spread around 1/rate, so that sessions do not strike in step. */
function pause(rate: number, random: Random): number {
  return ((0.5 + random.unit()) * 1000) / rate;
}

const RETURN = Uint8Array.of(13);

/** Only keeps its connection. */
export class Idle implements Behaviour {
  readonly name: string = "idle";
  readonly command: readonly string[] = ["cat"];
  ready(): boolean {
    return true;
  }
  next(): Stroke | undefined {
    return undefined;
  }
  shown(): number {
    return 0;
  }
}

/** Its program prints without end; it reads what comes. */
export class Flood extends Idle {
  override readonly name = "flood";
  override readonly command = [
    "yes",
    "a line of some length, as a program that reports what it does would write it",
  ];
}

/** Letters before Return. */
const ROW = 60;
/** Places a line has: its letters and Return. */
const PLACES = ROW + 1;

/**
 * Letters in rows, each row ended by Return, small letters and capitals by turns: so the row with the cursor tells which
 * of two lines it is, whatever else scrolls. A mark is the number of the key, Returns counted.
 */
class Letters {
  #place = 0;

  /** The next key and its mark. */
  next(): { keys: Uint8Array; mark: number } {
    const mark = this.#place++;
    if (mark % PLACES === ROW) return { keys: RETURN, mark };
    return { keys: Uint8Array.of(letterAt(mark).charCodeAt(0)), mark };
  }

  /** The last key was a Return, or there was none. */
  get atLineStart(): boolean {
    return this.#place % PLACES === 0;
  }

  /** Sound while all marks lie on two neighbouring lines; {@link MAX_PENDING} sees to that. */
  shown(screen: ScreenView, marks: readonly number[]): number {
    if (marks.length === 0) return 0;
    const { cursorRow: row } = screen;
    const first = screen.cell(row, 0).text;
    // Just after Return the row is empty: nothing of the next line, all of the one before.
    const oldest = Math.floor(marks[0]! / PLACES);
    const isLetter = /^[A-Za-z]$/.test(first);
    const isCapital = first < "a";
    if (!isLetter && marks[0]! % PLACES === 0) return 0;
    const line = isLetter && isCapital === (oldest % 2 === 1) ? oldest : oldest + 1;
    if (!isLetter && !marks.some((mark) => mark % PLACES === ROW)) return 0;
    let count = 0;
    for (const mark of marks) {
      const of = Math.floor(mark / PLACES);
      if (of > line) break;
      if (of === line) {
        const col = mark % PLACES;
        // A Return is shown by the line that follows it.
        if (col === ROW || screen.cell(row, col).text !== letterAt(mark)) break;
      }
      count++;
    }
    return count;
  }
}

function letterAt(mark: number): string {
  const line = Math.floor(mark / PLACES);
  const letter = String.fromCharCode(97 + ((line * 7 + (mark % PLACES)) % 26));
  return line % 2 === 1 ? letter.toUpperCase() : letter;
}

/** Keys in flight beyond which a session types no more until it is answered. */
export const MAX_PENDING = ROW;

/**
 * Types letters, line by line. The program says nothing of its own until the end: what a program such as `cat` answers to a
 * line would come between letters that were typed ahead of it, and nobody could say any more which echo is whose.
 */
export class Typist implements Behaviour {
  readonly name = "typist";
  readonly command = ["wc"];
  readonly #rate: number;
  readonly #letters = new Letters();

  /** @param rate keys a second */
  constructor(rate: number) {
    this.#rate = rate;
  }

  ready(): boolean {
    return true;
  }

  next(random: Random): Stroke {
    return { wait: pause(this.#rate, random), ...this.#letters.next() };
  }

  shown(screen: ScreenView, marks: readonly number[]): number {
    return this.#letters.shown(screen, marks);
  }
}

/** Lines between two motions. */
const LINES_BETWEEN_MOTIONS = 3;
const ESCAPE = "\x1b";
/** Leaves insert mode, moves about, goes on at the end of the text. */
const MOTION = [ESCAPE, "k", "k", "0", "w", "\x02", "\x06", "G", "A"];

/** Writes a text in vim, and every few lines moves around in it. */
export class Editor implements Behaviour {
  readonly name = "editor";
  readonly command = ["vim", "-u", "NONE", "-i", "NONE", "-n", "+startinsert"];
  readonly #rate: number;
  readonly #letters = new Letters();
  #motion: readonly string[] = [];
  #lines = 0;

  constructor(rate: number) {
    this.#rate = rate;
  }

  /** vim has drawn its empty buffer and waits for text. */
  ready(screen: ScreenView): boolean {
    return screen.cell(1, 0).text === "~" && screen.cursorRow === 0;
  }

  next(random: Random): Stroke {
    const wait = pause(this.#rate, random);
    const [key, ...rest] = this.#motion;
    if (key !== undefined) {
      this.#motion = rest;
      return { wait, keys: Uint8Array.of(key.charCodeAt(0)) };
    }
    const stroke = this.#letters.next();
    if (stroke.keys === RETURN && ++this.#lines % LINES_BETWEEN_MOTIONS === 0) this.#motion = MOTION;
    return { wait, ...stroke };
  }

  shown(screen: ScreenView, marks: readonly number[]): number {
    return this.#letters.shown(screen, marks);
  }
}

/** Of the text that a pager shows. */
const PAGER_LINES = 5000;
const PAGE = 23;
const NUMBER_DIGITS = 6;

/** The text for {@link Pager}: each line begins with its number. */
export function pagerText(): string {
  const lines: string[] = [];
  for (let i = 1; i <= PAGER_LINES; i++)
    lines.push(`${String(i).padStart(NUMBER_DIGITS, "0")} the tern flies over wave ${(i * 7919) % 1000}\n`);
  return lines.join("");
}

/** Reads a text in less: pages mostly, lines sometimes. A mark is the number of the line at the top. */
export class Pager implements Behaviour {
  readonly name = "pager";
  readonly command: readonly string[];
  readonly #rate: number;
  #top = 1;

  constructor(rate: number, file: string) {
    this.#rate = rate;
    this.command = ["less", file];
  }

  ready(screen: ScreenView): boolean {
    return topNumber(screen) === 1;
  }

  next(random: Random): Stroke {
    const wait = pause(this.#rate, random);
    const byLine = random.chance(0.3);
    if (this.#top > PAGER_LINES - 3 * PAGE) {
      this.#top = 1;
      return { wait, keys: Uint8Array.of(103), mark: 1 }; // g
    }
    this.#top += byLine ? 1 : PAGE;
    return { wait, keys: Uint8Array.of(byLine ? 106 : 32), mark: this.#top }; // j, space
  }

  shown(screen: ScreenView, marks: readonly number[]): number {
    return marks.lastIndexOf(topNumber(screen)) + 1;
  }
}

/** The number that begins the first row; NaN if none does. */
function topNumber(screen: ScreenView): number {
  let digits = "";
  for (let col = 0; col < NUMBER_DIGITS; col++) digits += screen.cell(0, col).text;
  return /^\d+$/.test(digits) ? Number(digits) : Number.NaN;
}

/** Programs of the recordings under test/recordings/typing, by the name that a recording bears. */
const RECORDED_PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  bash: ["bash", "--norc", "--noprofile", "-i"],
  password: ["bash", "--norc", "--noprofile", "-i"],
  fish: ["fish", "--private", "--no-config"],
  vim: ["vim", "-u", "NONE", "-i", "NONE", "-n"],
  less: ["less"],
  python: ["python3", "-q"],
  cat: ["cat"],
};

/** Keys as somebody typed them once. */
export interface Recording {
  /** Tells the program, if it is one of {@link RECORDED_PROGRAMS}. */
  readonly name: string;
  readonly strokes: readonly Stroke[];
}

/**
 * Reads a recording, a line of JSON an event: "sterna typing 1" (test/recordings/typing), or an asciicast 2 or 3 that was made
 * with its input (`asciinema rec --stdin`, `--capture-input`).
 * @throws Error that says what is wrong with the file
 */
export function parseRecording(text: string): Recording {
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#"));
  const head = parseLine(lines[0] ?? "", 1) as Record<string, unknown>;
  const isOurs = head.format === "sterna typing 1";
  if (!isOurs && head.version !== 2 && head.version !== 3)
    throw new Error(
      'a recording begins with a line {"format":"sterna typing 1",...}, or is an asciicast of version 2 or 3',
    );
  const strokes: Stroke[] = [];
  const encoder = new TextEncoder();
  let now = 0;
  let last = 0;
  for (const [index, line] of lines.slice(1).entries()) {
    const event = parseLine(line, index + 2);
    let keys: unknown;
    if (isOurs) {
      const { at } = event as { at?: unknown };
      if (typeof at === "number") now = at;
      keys = (event as { keys?: unknown }).keys;
    } else if (Array.isArray(event)) {
      const [time, kind, data] = event as unknown[];
      // Seconds since the start in version 2, since the event before in version 3.
      if (typeof time === "number") now = time * 1000 + (head.version === 3 ? now : 0);
      if (kind === "i") keys = data;
    }
    if (typeof keys !== "string" || keys === "") continue;
    strokes.push({ wait: Math.max(0, now - last), keys: encoder.encode(keys) });
    last = now;
  }
  if (strokes.length === 0)
    throw new Error(`the recording holds no keys${isOurs ? "" : ": record it with its input"}`);
  return { name: isOurs ? String(head.name ?? "") : "", strokes };
}

function parseLine(line: string, number: number): unknown {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // The same as another kind of JSON.
  }
  throw new Error(`line ${number} of the recording is no JSON object or array`);
}

/** Why a recording cannot be played without more words; undefined: it can. */
export function noProgram({ name }: Recording): string | undefined {
  if (RECORDED_PROGRAMS[name]) return undefined;
  const which = name === "" ? "this recording" : `the recording "${name}"`;
  return `the program of ${which} is not known: give --replay-command`;
}

/** Types a recording into the program it was made with, once. Its echoes are known by the echo ack only. */
export class Replay implements Behaviour {
  readonly name = "replay";
  readonly command: readonly string[];
  readonly #strokes: readonly Stroke[];
  #at = 0;

  /**
   * @param command instead of the program the recording's name stands for
   * @param text the file that a pager shows
   */
  constructor(recording: Recording, command: readonly string[] | undefined, text = "") {
    const program = command ?? RECORDED_PROGRAMS[recording.name];
    if (!program) throw new Error(noProgram(recording));
    this.command = command === undefined && recording.name === "less" ? [...program, text] : program;
    this.#strokes = recording.strokes;
  }

  ready(): boolean {
    return true;
  }

  next(): Stroke | undefined {
    return this.#strokes[this.#at++];
  }

  shown(): number {
    return 0;
  }
}
