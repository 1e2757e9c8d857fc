/**
 * A terminal's screen as a test sees it: cells with normalised attributes, cursor, title and the modes the multiplexer
 * reports. Parsed from `tmux capture-pane -p -e -N`, which re-encodes SGR in its own way: two screens are compared cell
 * by cell, never as text. Not an emulator: it reads nothing but printed text and SGR. Used by tmux.ts.
 *
 * Columns are counted with `Bun.stringWidth`. That is only for people (messages, `cellAt`): the comparison is by the
 * sequence of characters and their styles, which is the same if and only if the multiplexer's cells are.
 */

export interface Cell {
  /** Base character and the zero-width ones joined to it; a space for an empty cell. */
  readonly text: string;
  readonly width: 1 | 2;
  /** Canonical SGR parameters without the leading reset, e.g. `1;31;48;5;20`; empty = default. */
  readonly style: string;
}

export interface Screen {
  readonly cols: number;
  readonly rows: number;
  readonly lines: readonly (readonly Cell[])[];
  /** From 0; a cursor waiting behind the last column counts as on it. */
  readonly cursor: { readonly row: number; readonly col: number };
  readonly cursorVisible: boolean;
  /** The multiplexer's mouse modes that are on, joined by a space: `any`, `button`, `standard`, `sgr`, `utf8`. */
  readonly mouse: string;
  /** Whether the alternate screen is shown. */
  readonly alternate: boolean;
  readonly title: string;
  /** Exit status once the pane's program has ended. */
  readonly exited: number | undefined;
}

/** Attributes in the order of a canonical style; the key is the parameter that sets it. */
const ATTRIBUTES = ["1", "2", "3", "4", "5", "7", "8", "9", "53"] as const;
const OFF: Readonly<Record<string, readonly string[]>> = {
  "22": ["1", "2"],
  "23": ["3"],
  "24": ["4"],
  "25": ["5"],
  "27": ["7"],
  "28": ["8"],
  "29": ["9"],
  "55": ["53"],
};

class Pen {
  readonly #on = new Map<string, string>();
  #foreground = "";
  #background = "";
  #underline = "";

  /** Applies the parameters of one SGR sequence; throws on one that tmux does not write. */
  apply(parameters: string): void {
    const items = parameters.split(";");
    for (let i = 0; i < items.length; i++) {
      const item = items[i]!;
      const head = item.split(":")[0]!;
      const n = head === "" ? 0 : Number(head);
      if (n === 0) {
        this.#on.clear();
        this.#foreground = this.#background = this.#underline = "";
      } else if (OFF[head] && item === head) {
        for (const attribute of OFF[head]) this.#on.delete(attribute);
      } else if ((ATTRIBUTES as readonly string[]).includes(head)) {
        if (item === "4:0") this.#on.delete("4");
        else this.#on.set(head, item === "4:1" ? "4" : item);
      } else if (n >= 30 && n <= 37) this.#foreground = head;
      else if (n >= 90 && n <= 97) this.#foreground = `38;5;${n - 82}`;
      else if (n === 39) this.#foreground = "";
      else if (n >= 40 && n <= 47) this.#background = head;
      else if (n >= 100 && n <= 107) this.#background = `48;5;${n - 92}`;
      else if (n === 49) this.#background = "";
      else if (n === 59) this.#underline = "";
      else if (n === 38 || n === 48 || n === 58) {
        let colour = item.split(":").slice(1);
        if (colour.length === 0) {
          const length = items[i + 1] === "5" ? 2 : 4;
          colour = items.slice(i + 1, i + 1 + length);
          i += length;
        }
        const value = canonicalColour(n, colour);
        if (n === 38) this.#foreground = value;
        else if (n === 48) this.#background = value;
        else this.#underline = value;
      } else throw new Error(`unexpected SGR parameter ${item} in a capture`);
    }
  }

  get style(): string {
    const parts: string[] = [];
    for (const attribute of ATTRIBUTES) {
      const value = this.#on.get(attribute);
      if (value) parts.push(value);
    }
    for (const colour of [this.#foreground, this.#background, this.#underline])
      if (colour) parts.push(colour);
    return parts.join(";");
  }
}

/** Palette 0-7 by 38;5 is the same colour as 30-37. */
function canonicalColour(kind: number, colour: readonly string[]): string {
  if (colour[0] === "5") {
    const index = Number(colour[1]);
    return index < 8 && kind !== 58 ? String(kind - 8 + index) : `${kind};5;${index}`;
  }
  const rgb = colour.slice(1).filter((part) => part !== "");
  return `${kind};2;${rgb.slice(-3).join(";")}`;
}

/** VT100 line drawing, which tmux's capture marks by SO and SI when its own terminal draws it so. */
const LINE_DRAWING: Readonly<Record<string, string>> = Object.fromEntries(
  [..."`afgjklmnopqrstuvwxyz{|}~"].map((c, i) => [c, [..."◆▒°±┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·"][i]!]),
);

/** The cells of a capture of `cols` × `rows`. Throws if it holds anything but text and SGR. */
export function parseCapture(capture: string, cols: number, rows: number): Cell[][] {
  const pen = new Pen();
  let drawing = false;
  const lines: Cell[][] = [];
  for (const source of capture.split("\n").slice(0, rows)) {
    const line: Cell[] = [];
    let column = 0;
    for (let i = 0; i < source.length; ) {
      const sgr = /\x1b\[([0-9;:]*)m/y;
      sgr.lastIndex = i;
      const match = sgr.exec(source);
      if (match) {
        pen.apply(match[1]!);
        i = sgr.lastIndex;
        continue;
      }
      const character = String.fromCodePoint(source.codePointAt(i)!);
      i += character.length;
      if (character === "\x0e") drawing = true;
      else if (character === "\x0f") drawing = false;
      else if (character < " ")
        throw new Error(`unexpected control ${JSON.stringify(character)} in a capture`);
      else {
        const text = drawing ? (LINE_DRAWING[character] ?? character) : character;
        const width = Bun.stringWidth(text);
        const last = line.at(-1);
        if (width === 0 && last) line[line.length - 1] = { ...last, text: last.text + text };
        else {
          line.push({ text, width: width === 2 ? 2 : 1, style: pen.style });
          column += width === 2 ? 2 : 1;
        }
      }
    }
    for (; column < cols; column++) line.push({ text: " ", width: 1, style: "" });
    lines.push(line);
  }
  while (lines.length < rows) {
    lines.push(Array.from({ length: cols }, (): Cell => ({ text: " ", width: 1, style: "" })));
  }
  return lines;
}

/** The rows as plain text, trailing blanks cut. */
export function textOf(screen: Screen): string[] {
  return screen.lines.map((line) =>
    line
      .map((cell) => cell.text)
      .join("")
      .trimEnd(),
  );
}

/** A question about a screen, for `waitFor`. */
export type Condition = (screen: Screen) => boolean;

const matches = (line: string, wanted: string | RegExp): boolean =>
  typeof wanted === "string" ? line === wanted : wanted.test(line);

/** Row `n` (negative: counted from the bottom), trailing blanks cut, equals the text or matches the expression. */
export const row =
  (n: number, wanted: string | RegExp): Condition =>
  (screen) =>
    matches(textOf(screen).at(n) ?? "", wanted);

/** Some row does. */
export const some =
  (wanted: string | RegExp): Condition =>
  (screen) =>
    textOf(screen).some((line) => matches(line, wanted));

export const cursorAt =
  (r: number, c: number): Condition =>
  ({ cursor }) =>
    cursor.row === r && cursor.col === c;

export const all =
  (...conditions: Condition[]): Condition =>
  (screen) =>
    conditions.every((condition) => condition(screen));

/** The cell that covers column `col` of row `row`; undefined outside the screen. */
export function cellAt(screen: Screen, row: number, col: number): Cell | undefined {
  let column = 0;
  for (const cell of screen.lines[row] ?? []) {
    column += cell.width;
    if (col < column) return cell;
  }
  return undefined;
}

export interface Comparison {
  /** Parts that are left out, each for a reason the caller states. */
  readonly ignore?: readonly ("cursor" | "title" | "mouse")[];
}

/** What differs between two screens, in words; empty if they look the same. */
export function differences(expected: Screen, actual: Screen, options: Comparison = {}): string[] {
  const ignore = new Set<string>(options.ignore ?? []);
  const found: string[] = [];
  if (expected.cols !== actual.cols || expected.rows !== actual.rows) {
    found.push(`size: expected ${expected.cols}x${expected.rows}, is ${actual.cols}x${actual.rows}`);
  }
  for (let row = 0; row < Math.max(expected.lines.length, actual.lines.length); row++) {
    const a = expected.lines[row] ?? [];
    const b = actual.lines[row] ?? [];
    let column = 0;
    for (let i = 0; i < Math.max(a.length, b.length); i++) {
      const x = a[i];
      const y = b[i];
      if (x?.text !== y?.text || x?.style !== y?.style) {
        found.push(`row ${row} column ${column}: expected ${describe(x)}, is ${describe(y)}`);
        break;
      }
      column += x?.width ?? 1;
    }
  }
  if (!ignore.has("cursor")) {
    const { cursor: p, cursorVisible: v } = expected;
    const { cursor: q, cursorVisible: w } = actual;
    if (p.row !== q.row || p.col !== q.col) {
      found.push(`cursor: expected row ${p.row} column ${p.col}, is row ${q.row} column ${q.col}`);
    }
    if (v !== w) found.push(`cursor: expected ${v ? "visible" : "hidden"}, is ${w ? "visible" : "hidden"}`);
  }
  if (!ignore.has("mouse") && expected.mouse !== actual.mouse) {
    found.push(`mouse: expected "${expected.mouse}", is "${actual.mouse}"`);
  }
  if (!ignore.has("title") && expected.title !== actual.title) {
    found.push(`title: expected ${JSON.stringify(expected.title)}, is ${JSON.stringify(actual.title)}`);
  }
  return found;
}

function describe(cell: Cell | undefined): string {
  return cell ? `${JSON.stringify(cell.text)} [${cell.style}]` : "nothing";
}

/** The screen in a frame, for failure messages. */
export function show(screen: Screen): string {
  const rule = `+${"-".repeat(screen.cols)}+`;
  const body = screen.lines.map((line) => `|${line.map((cell) => cell.text).join("")}|`);
  const state = [
    `cursor ${screen.cursor.row},${screen.cursor.col}${screen.cursorVisible ? "" : " hidden"}`,
    `title ${JSON.stringify(screen.title)}`,
    screen.mouse && `mouse ${screen.mouse}`,
    screen.exited === undefined ? "running" : `exited with ${screen.exited}`,
  ].filter(Boolean);
  return [rule, ...body, rule, state.join(", ")].join("\n");
}
