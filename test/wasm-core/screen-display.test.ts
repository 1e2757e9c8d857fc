/**
 * Frames for a user's terminal: what the client shows. Screens of the replica role, odd states included, are drawn on
 * xterm.js and on a terminal of our own, updates and repaints, with and without ECH and background erase.
 * `SEED=n` runs one seed, `SEEDS=n` more of them.
 */
import { afterAll, expect, test } from "bun:test";
import { type IBufferCell, Terminal as Xterm } from "@xterm/headless";
import type { Terminal } from "../../wasm-core/core.ts";
import { loadCore } from "../../wasm-core/load.ts";
import { picture } from "./picture.ts";
import { randomOutput } from "./program-output.ts";
import { Random } from "./random.ts";

const core = await loadCore();
const before = core.memory().bytesInUse;
const show = (frame: Uint8Array) => JSON.stringify(new TextDecoder().decode(frame));

afterAll(() => {
  expect(core.memory().bytesInUse).toBe(before);
});

/** Writes and parses at once; the public write() takes a timer's turn each time. */
function write(xterm: Xterm, bytes: Uint8Array): void {
  (xterm as unknown as { _core: { writeSync(bytes: Uint8Array): void } })._core.writeSync(bytes);
}

function color(value: number, base: number, palette: boolean, rgb: boolean): string {
  if (rgb) return `;${base + 8};2;${value >> 16};${(value >> 8) & 255};${value & 255}`;
  if (!palette) return "";
  return value < 8 ? `;${base + value}` : `;${base + 8};5;${value}`;
}

function sgr(cell: IBufferCell): string {
  const flags: [number, string][] = [
    [cell.isBold(), ";1"],
    [cell.isItalic(), ";3"],
    [cell.isUnderline(), ";4"],
    [cell.isBlink(), ";5"],
    [cell.isInverse(), ";7"],
    [cell.isInvisible(), ";8"],
  ];
  return (
    "0" +
    flags.map(([on, text]) => (on ? text : "")).join("") +
    color(cell.getFgColor(), 30, cell.isFgPalette(), cell.isFgRGB()) +
    color(cell.getBgColor(), 40, cell.isBgPalette(), cell.isBgRGB())
  );
}

/** A cell's text as far as a Mosh cell holds it: marks join while there are fewer than 32 bytes. */
function limited(text: string): string {
  let kept = "";
  for (const char of text) if (Buffer.byteLength(kept) < 32) kept += char;
  return kept;
}

/** The rows of xterm.js in the form of picture.ts, and its cursor. */
function xtermPicture(xterm: Xterm): string[] {
  const buffer = xterm.buffer.active;
  const rows: string[] = [];
  for (let y = 0; y < xterm.rows; y++) {
    const line = buffer.getLine(buffer.baseY + y)!;
    const runs: [string, number][] = [];
    for (let x = 0; x < xterm.cols; x++) {
      const cell = line.getCell(x)!;
      const width = cell.getWidth();
      const text = `${limited(cell.getChars() || " ")}${width === 2 ? "/w" : ""}{${sgr(cell)}}`;
      const last = runs[runs.length - 1];
      if (last?.[0] === text) last[1]++;
      else runs.push([text, 1]);
      if (width === 2) x++;
    }
    rows.push(runs.map(([text, n]) => (n === 1 ? text : `${n}*${text}`)).join(" "));
  }
  return [...rows, `cursor ${buffer.cursorY},${Math.min(buffer.cursorX, xterm.cols - 1)}`];
}

/** The same of a terminal of ours. */
function ourPicture(text: string, rows: number): string[] {
  const lines = text.split("\n");
  const cursor = /cursor (\d+,\d+)/.exec(lines[rows]!)![1];
  return [...lines.slice(0, rows), `cursor ${cursor}`];
}

/** What a terminal without ECH or background erase would not do as meant; a list. `background`: of the pen before. */
function beyond(
  frame: Uint8Array,
  background: boolean,
  { ech, bce }: { ech: boolean; bce: boolean },
): string[] {
  const wrong: string[] = [];
  let coloured = background;
  const text = new TextDecoder().decode(frame);
  for (const [sequence, parameters = "", final = ""] of text.matchAll(/\x1b\[([0-9;?]*)([@-~])/g)) {
    if (final === "m") {
      const values = parameters.replace(/([34])8;(?:5;\d+|2;\d+;\d+;\d+)/g, "$11").split(";");
      for (const value of values) {
        if (/^(0?|49)$/.test(value)) coloured = false;
        else if (/^(4[0-7]|10[0-7])$/.test(value)) coloured = true;
      }
    }
    if (final === "X" && !ech) wrong.push(JSON.stringify(sequence));
    // Margins are set to scroll.
    if ("JKXr".includes(final) && coloured && !bce) wrong.push(`${JSON.stringify(sequence)} on a background`);
  }
  return wrong;
}

function modes(terminal: Terminal) {
  const state = terminal.inspect();
  const names: Record<number, string> = { 0: "none", 9: "x10", 1000: "vt200", 1001: "vt200" };
  return {
    bracketedPasteMode: state.bracketed_paste,
    mouseTrackingMode: names[state.mouse_mode] ?? (state.mouse_mode === 1002 ? "drag" : "any"),
    sendFocusMode: state.mouse_focus,
    originMode: false,
    insertMode: false,
    wraparoundMode: true,
  };
}

function run(seed: number): void {
  const random = new Random(seed);
  let cols = random.between(4, 30);
  let rows = random.between(3, 12);
  const options = { ech: !random.oneIn(3), bce: !random.oneIn(3), screen: true };
  const live = core.createTerminal(cols, rows, random.oneIn(2) ? "replica" : "host");
  const xterm = new Xterm({ cols, rows, allowProposedApi: true, scrollback: 50, logLevel: "off" });
  const ours = core.createTerminal(cols, rows, "replica");
  let drawn = live.snapshot();
  let script = `${cols}x${rows} ${JSON.stringify(options)}`;
  for (let step = 0; step < 20; step++) {
    const output = step === 0 ? "" : randomOutput(random, cols, rows, true);
    script += `\n${JSON.stringify(output)}`;
    live.feed(new TextEncoder().encode(output));
    live.takeReplies();
    let initialized = step > 0 && !random.oneIn(12);
    if (random.oneIn(12)) {
      cols = random.between(4, 30);
      rows = random.between(3, 12);
      script += `\nresize ${cols}x${rows}`;
      live.resize(cols, rows);
      xterm.resize(cols, rows);
      ours.resize(cols, rows);
      if (random.oneIn(2)) initialized = false;
    }
    const now = live.snapshot();
    const frame = now.diff(drawn, { ...options, initialized });
    const repaints = !initialized || now.cols !== drawn.cols || now.rows !== drawn.rows;
    if (!repaints) {
      const wrong = beyond(frame, drawn.pen.background !== 0, options);
      expect([seed, step, show(frame), ...wrong]).toEqual([seed, step, show(frame)]);
    }
    write(xterm, frame);
    ours.feed(frame);
    const wanted = picture(now);
    const label = `seed ${seed} step ${step}\n${script}\nframe ${show(frame)}\n`;
    const compare = (what: string, got: unknown, expected: unknown) => {
      const [a, b] = [JSON.stringify(got, null, 1), JSON.stringify(expected, null, 1)];
      if (a !== b) throw new Error(`${what}: ${label}got ${a}\nwanted ${b}`);
    };
    compare("xterm.js", xtermPicture(xterm), ourPicture(wanted, rows));
    const { bracketedPasteMode, mouseTrackingMode, sendFocusMode, originMode, insertMode, wraparoundMode } =
      xterm.modes;
    const actual = {
      bracketedPasteMode,
      mouseTrackingMode,
      sendFocusMode,
      originMode,
      insertMode,
      wraparoundMode,
    };
    // xterm.js has no highlight tracking (1001): whatever was on before stays.
    if (now.inspect().mouse_mode !== 1001) compare("modes of xterm.js", actual, modes(now));
    if (!now.clipboard.includes("?")) compare("our terminal", picture(ours).split("\n"), wanted.split("\n"));
    drawn.free();
    drawn = now;
  }
  for (const terminal of [drawn, live, ours]) terminal.free();
  xterm.dispose();
}

const one = process.env.SEED;
const count = Number(process.env.SEEDS ?? 150);
test(`random screens on xterm.js and on our own, ${one ? `seed ${one}` : `${count} seeds`}`, () => {
  if (one) run(Number(one));
  else for (let seed = 1; seed <= count; seed++) run(seed);
}, 600_000);
