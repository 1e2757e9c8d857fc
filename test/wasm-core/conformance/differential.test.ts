/**
 * Random programs on our host terminal and on @xterm/headless: the same screen, cell by cell.
 *
 * The programs are made from what both define the same way. Where xterm.js differs from xterm, DEC STD 070 or
 * ECMA-48, the generator keeps away from the spot; each such rule has a name below, with the reason. A failure prints
 * its seed and the shortest program found that still fails.
 */
import { expect, test } from "bun:test";
import { loadCore } from "../../../wasm-core/load.ts";
import type { Terminal } from "../../../wasm-core/terminal.ts";
import { Random } from "../random.ts";
import { type Depth, newXterm, ours, type Picture, theirs, write } from "./peer-xterm.ts";
import { bytes } from "./table.ts";

const core = await loadCore();

/** What the generator has to know of the program so far. */
interface Context {
  terminal: Terminal;
  /** The last thing written was a printed character of one code point. */
  printed: boolean;
  origin: boolean;
  autowrap: boolean;
  alternate: boolean;
  /** Modes when the cursor of the screen in use was saved. */
  saved: { origin: boolean; autowrap: boolean; charsets: number } | undefined;
  /** Counts what changes character sets. */
  charsets: number;
}

/**
 * Known differences. Each says when an operation must not be written.
 *
 * pending-wrap: in xterm.js the cursor then is behind the last column, and what works at the cursor (erase, insert,
 *   delete, tab stops, save) works there; in xterm and DEC STD 070 it is in the last column.
 * saved-modes: DECRC of xterm.js restores neither origin mode nor auto-wrap nor what is designated as G0 and G1.
 * origin-moves: xterm.js adds the top margin twice when a move under origin mode keeps the row or counts from it.
 * scroll-down-colour: SD of xterm.js brings in lines of the default colour, xterm's of the pen's background.
 * (RIS of xterm.js leaves LNM on: the program turns it off first.)
 * repeat: xterm.js repeats a character only if nothing was between it and REP.
 * combining: xterm.js joins a combining character to whatever is left of the cursor, ours to what was printed last.
 */
const differences = {
  "pending-wrap": (c: Context) => c.terminal.pendingWrap,
  "saved-modes": (c: Context) =>
    c.saved?.origin !== c.origin || c.saved.autowrap !== c.autowrap || c.saved.charsets !== c.charsets,
  "origin-moves": (c: Context) => c.origin,
  "scroll-down-colour": (c: Context) => c.terminal.pendingWrap || c.terminal.pen.background !== 0,
  repeat: (c: Context) => !c.printed,
  combining: (c: Context) => !c.printed,
  "on the alternate screen": (c: Context) => c.alternate,
  "on the main screen": (c: Context) => !c.alternate,
};

interface Operation {
  text: string;
  kind?: "print" | "charset" | "save" | "restore" | "tabs" | "alternate" | "main";
  not?: keyof typeof differences;
  mode?: Partial<Pick<Context, "origin" | "autowrap">>;
}

type Maker = (r: Random, cols: number, rows: number) => Operation;

const number = (r: Random, max: number) =>
  r.oneIn(8) ? r.pick(["", "0", "99", "32767"]) : `${r.between(1, max + 1)}`;
const csi = (final: string, not?: keyof typeof differences): Maker => {
  return (r, cols) => ({ text: `␛[${number(r, Math.ceil(cols / 2))}${final}`, ...(not && { not }) });
};
const fixed = (text: string, rest: Omit<Operation, "text"> = {}): Maker => {
  return () => ({ text, ...rest });
};
const words = ["a", "Bc", "def", "0123456789", "xyz ", " ", "é", "ß→", "#", "lorem ipsum"];
const renditions = [
  "",
  "0",
  "1",
  "2",
  "3",
  "4",
  "5",
  "7",
  "8",
  "9",
  "21",
  "22",
  "23",
  "24",
  "25",
  "27",
  "28",
  "29",
  "53",
  "55",
  "31",
  "42",
  "39",
  "49",
  "97",
  "103",
  "38;5;3",
  "38;5;200",
  "48;5;9",
  "48;5;99",
  "38;2;1;2;3",
  "48;2;9;8;7",
  "38:5:77",
  "48:2::1:20:30",
  "4:3",
  "4:0",
  "1;31;42",
  "0;7",
  "58:5:1",
  "59",
];

const noWrap = fixed("␛[?7l", { mode: { autowrap: false } });

/** Operations and how often they are picked. */
const common: [weight: number, make: Maker][] = [
  [40, (r) => ({ text: r.pick(words), kind: "print" })],
  [6, (r, cols) => ({ text: "w".repeat(r.between(1, cols + 2)), kind: "print" })],
  [12, (r) => ({ text: `␛[${r.pick(renditions)}m` })],
  [10, fixed("␍␊")],
  [5, fixed("␊")],
  [4, fixed("␍")],
  [4, fixed("␈")],
  [3, fixed("␉")],
  [2, fixed("␋")],
  [2, fixed("␌")],
  [2, fixed("␇")],
  [1, fixed("␡")],
  [12, (r, cols, rows) => ({ text: `␛[${number(r, rows)};${number(r, cols)}${r.pick(["H", "f"])}` })],
  [3, csi("A", "origin-moves")],
  [3, csi("B", "origin-moves")],
  [3, csi("C", "origin-moves")],
  [3, csi("D", "origin-moves")],
  [2, csi("E", "origin-moves")],
  [2, csi("F", "origin-moves")],
  [3, csi("G", "origin-moves")],
  [2, csi("`", "origin-moves")],
  [3, csi("d")],
  [2, csi("a", "origin-moves")],
  [2, csi("e", "origin-moves")],
  [2, csi("I", "pending-wrap")],
  [2, csi("Z", "pending-wrap")],
  [3, csi("@", "pending-wrap")],
  [3, csi("P", "pending-wrap")],
  [3, csi("X", "pending-wrap")],
  [3, csi("L", "pending-wrap")],
  [3, csi("M", "pending-wrap")],
  [3, csi("S", "pending-wrap")],
  [3, csi("T", "scroll-down-colour")],
  [3, csi("b", "repeat")],
  [4, (r) => ({ text: `␛[${r.pick(["", "0", "1", "2"])}J`, not: "pending-wrap" })],
  [5, (r) => ({ text: `␛[${r.pick(["", "0", "1", "2"])}K`, not: "pending-wrap" })],
  [3, fixed("␛D")],
  [3, fixed("␛M")],
  [3, fixed("␛E")],
  [1, fixed("␛H", { kind: "tabs", not: "pending-wrap" })],
  [1, fixed("␛[g", { kind: "tabs", not: "pending-wrap" })],
  [1, fixed("␛[3g", { kind: "tabs" })],
  [4, (r, _, rows) => ({ text: `␛[${number(r, rows)};${number(r, rows)}r` })],
  [1, fixed("␛[r")],
  [2, fixed("␛[?6h", { mode: { origin: true } })],
  [2, fixed("␛[?6l", { mode: { origin: false } })],
  [1, noWrap],
  [2, fixed("␛[?7h", { mode: { autowrap: true } })],
  [2, fixed("␛[4h")],
  [2, fixed("␛[4l")],
  [1, fixed("␛[20h")],
  [2, fixed("␛[20l")],
  [2, fixed("␛7", { kind: "save", not: "pending-wrap" })],
  [2, fixed("␛8", { kind: "restore", not: "saved-modes" })],
  [1, fixed("␛[s", { kind: "save", not: "pending-wrap" })],
  [1, fixed("␛[u", { kind: "restore", not: "saved-modes" })],
  [1, fixed("␛(0", { kind: "charset" })],
  [2, fixed("␛(B", { kind: "charset" })],
  [1, fixed("␛)0", { kind: "charset" })],
  [1, fixed("␎", { kind: "charset" })],
  [2, fixed("␏", { kind: "charset" })],
  [1, fixed("␛[20l␛c", { mode: { origin: false, autowrap: true } })],
  [1, fixed("␛[?25l")],
  [1, fixed("␛=")],
  [1, fixed("␛]2;title␇")],
  [1, fixed("␛P1$qx␛\\")],
  [1, fixed("␛_x␛\\")],
  [1, fixed("␛[38;5m".replace("38;5", "10"))],
  [1, fixed("␛[>4;1m")],
  [1, fixed("␛[12␘")],
  [1, fixed("␛[?1␍h")],
];

/**
 * Wide and combining characters, whose colours at cut halves differ: text and cursor are compared. Auto-wrap stays on:
 * without it xterm.js leaves half characters alone and moves the cursor back for one that does not fit.
 */
const wide: [number, Maker][] = [
  ...common.filter(([, make]) => make !== noWrap),
  [30, (r) => ({ text: r.pick(["世", "世界", "한글", "Ａ", "a世b"]), kind: "print" })],
  [8, (r) => ({ text: r.pick(["\u0301", "\u0308"]), not: "combining" })],
];

/**
 * The two screens. xterm.js keeps tab stops and margins for each of them, and its DECRC (part of 1049) restores less:
 * no tab stop is changed, no character set is used, margins and origin mode are off when the screens are switched.
 */
const screens: [number, Maker][] = [
  ...common.filter(([, make]) => make !== noWrap && !isKind(make, "tabs", "charset", "save", "restore")),
  [
    4,
    fixed("␛[r␛[?6l␛[?1049h", { kind: "alternate", not: "on the alternate screen", mode: { origin: false } }),
  ],
  [4, fixed("␛[r␛[?6l␛[?1049l", { kind: "main", not: "on the main screen", mode: { origin: false } })],
];

function isKind(make: Maker, ...kinds: Operation["kind"][]): boolean {
  return kinds.includes(make(new Random(1), 10, 5).kind);
}

class Generator {
  readonly #total: number;
  constructor(readonly operations: [number, Maker][]) {
    this.#total = operations.reduce((sum, [weight]) => sum + weight, 0);
  }
  next(r: Random, cols: number, rows: number): Operation {
    let n = r.below(this.#total);
    for (const [weight, make] of this.operations) {
      n -= weight;
      if (n < 0) return make(r, cols, rows);
    }
    throw new Error("unreachable");
  }
}

/** Feeds our terminal; operations that a known difference forbids are left out. Returns what was written. */
function perform(terminal: Terminal, program: Operation[]): string {
  const c: Context = {
    terminal,
    printed: false,
    origin: false,
    autowrap: true,
    alternate: false,
    saved: undefined,
    charsets: 0,
  };
  let written = "";
  for (const operation of program) {
    if (operation.not && differences[operation.not](c)) continue;
    if (operation.kind === "save") c.saved = { origin: c.origin, autowrap: c.autowrap, charsets: c.charsets };
    if (operation.kind === "charset") c.charsets++;
    Object.assign(c, operation.mode);
    if (operation.kind === "alternate") c.alternate = true;
    if (operation.kind === "main") c.alternate = false;
    if (operation.text.endsWith("␛c")) {
      c.saved = undefined;
      c.alternate = false;
    }
    terminal.feed(bytes(operation.text));
    written += operation.text;
    c.printed = operation.kind === "print" && [...operation.text].length === 1;
  }
  return written;
}

interface Trial {
  cols: number;
  rows: number;
  program: Operation[];
}

async function compare(
  trial: Trial,
  depth: Depth,
): Promise<{ written: string; ours: Picture; theirs: Picture }> {
  const terminal = core.createTerminal(trial.cols, trial.rows, "host");
  const written = perform(terminal, trial.program);
  const peer = idle.pop() ?? newXterm(trial.cols, trial.rows);
  peer.resize(trial.cols, trial.rows);
  await write(peer, bytes(written));
  const result = { written, ours: ours(terminal, depth), theirs: theirs(peer, depth) };
  terminal.free();
  peer.reset();
  peer.options.convertEol = false;
  idle.push(peer);
  return result;
}

/** Reset and ready: making one takes longer than a whole program. */
const idle: ReturnType<typeof newXterm>[] = [];

const same = (r: { ours: Picture; theirs: Picture }) => r.ours.join("\n") === r.theirs.join("\n");

/** Leaves operations out as long as the screens still differ. */
async function shortest(trial: Trial, depth: Depth): Promise<Trial> {
  let { program } = trial;
  for (let size = program.length >> 1; size > 0; size >>= 1) {
    for (let at = 0; at + size <= program.length; ) {
      const shorter = [...program.slice(0, at), ...program.slice(at + size)];
      if (same(await compare({ ...trial, program: shorter }, depth))) at += size;
      else program = shorter;
    }
  }
  return { ...trial, program };
}

async function run(first: number, count: number, operations: [number, Maker][], depth: Depth): Promise<void> {
  const generator = new Generator(operations);
  for (let seed = first; seed < first + count; ) {
    const batch: { seed: number; trial: Trial }[] = [];
    for (; batch.length < 100 && seed < first + count; seed++) {
      const r = new Random(seed);
      const cols = r.between(4, 16);
      const rows = r.between(2, 7);
      const program = Array.from({ length: r.between(5, 45) }, () => generator.next(r, cols, rows));
      batch.push({ seed, trial: { cols, rows, program } });
    }
    const results = await Promise.all(batch.map(({ trial }) => compare(trial, depth)));
    for (const [i, result] of results.entries()) {
      if (same(result)) continue;
      const failed = batch[i]!;
      const trial = await shortest(failed.trial, depth);
      const { written, ours, theirs } = await compare(trial, depth);
      throw new Error(
        `seed ${failed.seed}, ${trial.cols}×${trial.rows}: ${JSON.stringify(written)}\nours:\n${ours.join("|\n")}\nxterm.js:\n${theirs.join("|\n")}`,
      );
    }
  }
  expect(count).toBeGreaterThan(0);
}

const SEEDS = Number(process.env.STERNA_FUZZ_SEEDS ?? 1000);
const FIRST = Number(process.env.STERNA_FUZZ_FIRST ?? 1);

test(
  "random programs give the screen of xterm.js, cell by cell",
  () => run(FIRST, SEEDS, common, "all"),
  60_000,
);
test("with wide and combining characters: the same text", () => run(FIRST, SEEDS, wide, "text"), 60_000);
test("with the alternate screen, cell by cell", () => run(FIRST, SEEDS, screens, "all"), 60_000);
