/**
 * The frames we send: apply(diff(a, b), a) shows b, from every earlier state, and keeps the contract with stock clients
 * (display.md 4). `SEED=n` runs one seed of the property test, `SEEDS=n` more of them.
 */
import { afterAll, describe, expect, test } from "bun:test";
import type { Terminal } from "../../wasm-core/core.ts";
import { loadCore } from "../../wasm-core/load.ts";
import { lintHostString } from "./host-string-lint.ts";
import { hiddenState, picture, pictureOf } from "./picture.ts";
import { randomOutput } from "./program-output.ts";
import { Random } from "./random.ts";

const core = await loadCore();
const before = core.memory().bytesInUse;
const encode = (text: string) => new TextEncoder().encode(text);
const show = (frame: Uint8Array) => JSON.stringify(new TextDecoder().decode(frame));

afterAll(() => {
  expect(core.memory().bytesInUse).toBe(before);
});

/** Rows that continue on the next one: in the host, and of these in the replica too. */
const wraps = { host: 0, replica: 0 };

function countWraps(host: Terminal, replica: Terminal): void {
  for (let row = 0; row < host.rows - 1; row++) {
    if (!host.cell(row, host.cols - 1).wrap) continue;
    wraps.host++;
    if (replica.cell(row, host.cols - 1).wrap) wraps.replica++;
  }
}

interface State {
  host: Terminal;
  picture: string;
  replica: Terminal;
}

/** Sends `to` to a copy of the replica that shows `from`; returns the copy. Throws with everything if it is wrong. */
function send(from: State, to: { host: Terminal; picture: string }, label: string): Terminal {
  const frame = to.host.diff(from.host);
  const replica = from.replica.clone();
  const fail = (what: string, detail: string): never => {
    throw new Error(
      `${what} (${label})\nframe: ${show(frame)}\nfrom:\n${from.picture}\nto:\n${to.picture}\n${detail}`,
    );
  };
  replica.resize(to.host.cols, to.host.rows);
  const bell = replica.bellCount;
  replica.feed(frame);
  const state = replica.inspect();
  const wrong = [...lintHostString(frame), ...hiddenState(replica, state)];
  if (wrong.length > 0) fail(wrong.join("; "), "");
  if (replica.bellCount > bell !== (to.host.bellCount !== from.host.bellCount)) fail("bell", "");
  const shown = pictureOf(state);
  // A clipboard request is not passed on.
  const clipboards = /\nclipboard .*$/s;
  const [got, wanted] = to.host.clipboard.includes("?")
    ? [shown.replace(clipboards, ""), to.picture.replace(clipboards, "")]
    : [shown, to.picture];
  if (got !== wanted) fail("the replica shows something else", `replica:\n${shown}`);
  return replica;
}

function run(seed: number): void {
  const random = new Random(seed);
  let cols = random.oneIn(20) ? random.between(1, 3) : random.between(4, 30);
  let rows = random.oneIn(20) ? random.between(1, 3) : random.between(3, 12);
  const live = core.createTerminal(cols, rows, "host");
  const snapshot = live.snapshot();
  const states: State[] = [
    { host: snapshot, picture: picture(snapshot), replica: core.createTerminal(cols, rows, "replica") },
  ];
  let script = `${cols}x${rows}`;
  for (let step = 0; step < 25; step++) {
    if (random.oneIn(25)) {
      cols = random.between(1, 30);
      rows = random.between(1, 12);
      live.resize(cols, rows);
      script += `\nresize ${cols}x${rows}`;
    }
    const output = randomOutput(random, cols, rows);
    script += `\n${JSON.stringify(output)}`;
    live.feed(encode(output));
    live.takeReplies();
    const host = live.snapshot();
    const to = { host, picture: picture(host) };
    const label = `seed ${seed} step ${step}\n${script}\n`;
    const replica = send(states[states.length - 1]!, to, label);
    for (const from of states.slice(0, -1)) if (random.oneIn(3)) send(from, to, label).free();
    states.push({ ...to, replica });
    countWraps(host, replica);
    if (states.length > 6) {
      // State 0 stays: a server may start from it for long.
      const [dropped] = states.splice(1, 1);
      dropped!.host.free();
      dropped!.replica.free();
    }
  }
  for (const { host, replica } of states) {
    host.free();
    replica.free();
  }
  live.free();
}

describe("apply(diff(a, b), a) shows b", () => {
  const one = process.env.SEED;
  const count = Number(process.env.SEEDS ?? 300);
  test(`random program output, ${one ? `seed ${one}` : `${count} seeds`}`, () => {
    if (one) run(Number(one));
    else for (let seed = 1; seed <= count; seed++) run(seed);
  }, 600_000);

  test("lines that continue on the next row do so at the peer, if the flag can be brought about", () => {
    if (one) return;
    expect(wraps.host).toBeGreaterThan(5 * count);
    expect(wraps.replica / wraps.host).toBeGreaterThan(0.85);
  });
});

/** A host terminal fed `first`, a snapshot, then `second`; gives the frame between, applied and checked. */
function between(first: string, second: string | ((t: Terminal) => void), cols = 20, rows = 6) {
  const live = core.createTerminal(cols, rows, "host");
  const blank = live.snapshot();
  const stock = core.createTerminal(cols, rows, "replica");
  const zero = { host: blank, picture: picture(blank), replica: stock };
  live.feed(encode(first));
  const a = live.snapshot();
  const from = { host: a, picture: picture(a) };
  const replica = send(zero, from, first);
  if (typeof second === "string") live.feed(encode(second));
  else second(live);
  const b = live.snapshot();
  const after = send({ ...from, replica }, { host: b, picture: picture(b) }, String(second));
  const result = {
    text: new TextDecoder().decode(b.diff(a)),
    screen: new TextDecoder().decode(b.diff(a, { screen: true })),
    equal: b.equals(a),
    wraps: Array.from({ length: b.rows }, (_, row) => after.cell(row, b.cols - 1).wrap),
  };
  for (const terminal of [live, blank, stock, a, replica, b, after]) terminal.free();
  return result;
}

const frame = (first: string, second: string) => between(first, second).text;

describe("what is said, and how briefly", () => {
  test("a typed character is that character; nothing is nothing", () => {
    expect(frame("$ ", "x")).toBe("x");
    expect(frame("$ ls", " ")).toBe(" ");
    expect(frame("$ ls", "\b \b")).toBe("\b \b");
    expect(frame("$ echo", "\b\b\b\b\x1b[K")).toBe("\b\b\b\b\x1b[K");
    expect(frame("$ ls", "")).toBe("");
    expect(frame("\x1b[31mred", "\x1b[0m\x1b[31m")).toBe("");
    expect(frame("abc", "\x1b[1;2Hb\x1b[1;4H")).toBe("");
  });

  test("the pen changes by the shortest sequence", () => {
    expect(frame("\x1b[1;31mx", "\x1b[4my")).toBe("\x1b[4my");
    expect(frame("\x1b[1;31mx", "\x1b[0my")).toBe("\x1b[my");
    expect(frame("\x1b[1;4;31;44mx", "\x1b[0;35my")).toBe("\x1b[;35my");
    expect(frame("", "\x1b[91;103mx")).toBe("\x1b[91;103mx");
    expect(frame("\x1b[38;2;1;2;3;1mx", "\x1b[22my")).toBe("\x1b[22my");
  });

  test("the cursor moves by the shortest sequence, and is hidden on a screen only", () => {
    expect(frame("abc", "\r\n")).toBe("\r\n");
    expect(frame("abc\r\n\r\n", "\x1b[1;4Hd\r\n\r\n")).toBe("\x1b[;4Hd\r\n\n");
    expect(frame("abc\x1b[5;5H", "\x1b[3;5H")).toBe("\x1bM\x1bM");
    expect(frame("abc\x1b[5;15H", "\x1b[5;5H")).toBe("\x1b[10D");
    expect(frame("abcdef", "\x1b[1;2HX\x1b[1;7H")).not.toContain("?25");
    const screen = between("abcdef\r\n\r\nxyz", "\x1b[1;2HX\x1b[4;7H").screen;
    expect(screen.startsWith("\x1b[?25l")).toBe(true);
    expect(screen.endsWith("\x1b[?25h")).toBe(true);
    expect(between("$ ", "x").screen).toBe("x");
  });

  test("a wide character with the cursor in its middle is not printed into", () => {
    expect(frame("中abc\x1b[1;2H", "\x1b[1;4HX\x1b[1;6H")).toBe("\x1b[2CXc");
    expect(frame("中  abcdefgh\x1b[1;2H", "\x1b[1;5H\x1b[K\x1b[1;2H")).toBe("\x1b[3C\x1b[K\b\b\b");
  });

  test("blanks are erased, with the right background", () => {
    expect(frame("some text\x1b[1;5H", "\x1b[K")).toBe("\x1b[K");
    expect(frame("some text\x1b[1;5H", "\x1b[44m\x1b[K")).toBe("\x1b[44m\x1b[K");
    expect(frame("some long text here\x1b[1;3H", "\x1b[14X")).toBe("\x1b[14X");
    const lines = between("\x1b[31;1mtext\x1b[1;1H", "\x1b[K");
    expect(lines.text).toBe("\x1b[K");
    // What a real terminal takes from bold is not tried.
    expect(lines.screen).toBe("\x1b[m\x1b[K\x1b[1;31m");
  });

  test("lines that moved are scrolled, up and down, whole or between margins", () => {
    const lines = "1 one\r\n2 two\r\n3 three\r\n4 four\r\n5 five\r\n6 six";
    expect(frame(lines, "\r\n7 seven")).toBe("\n\r7 seven");
    expect(frame(lines, "\x1b[1;1H\x1bM0 zero")).toBe("\x1b[T\x1b[H0 zero");
    expect(frame(lines, "\x1b[2;5r\x1b[5;1H\nnew\x1b[r")).toContain("\x1b[2;5r\x1b[S\x1b[r");
    expect(frame(lines, "\x1b[3;1H\x1b[L")).toContain("\x1b[3r\x1b[T\x1b[r");
    // The same lines again, drawn anew by a program that does not know how to scroll.
    const redrawn = "\x1b[H\x1b[2J2 two\r\n3 three\r\n4 four\r\n5 five\r\n6 six\r\n7 seven";
    expect(frame(lines, redrawn).length).toBeLessThan(20);
    // On a screen LF at the bottom, so that what leaves goes to the scrollback.
    expect(between(lines, "\r\n7 seven").screen).toBe("\x1b[?25l\n\r7 seven\x1b[?25h");
    expect(between(lines, "\x1b[1;1H\x1bM0 zero").screen).toContain("\x1bM");
  });

  test("what is behind an insertion or deletion in a line is shifted, not printed again", () => {
    const line = "$ git commit -m x ";
    expect(frame(`${line}\x1b[1;7H`, "\x1b[@X")).toBe("\x1b[@X");
    expect(frame(`${line}\x1b[1;7H`, `XY${line.slice(6)}\x1b[1;9H`)).toBe("\x1b[2@XY");
    expect(frame(`${line}\x1b[1;9H`, "\b\x1b[P")).toBe("\b\x1b[P");
    expect(frame(`\x1b[44m${line}\x1b[K\x1b[1;9H`, "\b\x1b[2P")).toBe("\b\x1b[2P");
    expect(frame(`${line}\x1b[1;9H\x1b[41m`, "\b\x1b[49m\x1b[2P\x1b[41m")).toBe("\b\x1b[m\x1b[2P\x1b[41m");
    expect(frame("0123456789abcdefghij\x1b[1;3H", "\x1b[@X")).toBe("\x1b[@X");
    expect(between(`${line}\x1b[1;7H`, "\x1b[@X").screen).toContain("Xcommit -m x");
  });

  test("a cleared screen is erased", () => {
    expect(frame("1\r\n2\r\n3\r\n4\r\n5\r\n6", "\x1b[H\x1b[2J$ ")).toBe("\x1b[H$\r\n\x1b[J\x1b[;3H");
  });

  test("a change of size is not a repaint, but on a screen it is", () => {
    const lines = "1 one\r\n2 two\r\n3 three\r\n$ ";
    const wider = between(lines, (t) => t.resize(30, 10));
    expect(wider.text).toBe("");
    expect(wider.screen).toContain("\x1b[2J");
    expect(between("x".repeat(45), (t) => t.resize(30, 6)).text).toBe("");
    expect(between(lines, (t) => t.resize(4, 4)).text.length).toBeLessThan(12);
    expect(between(`${lines}\x1b[41m`, (t) => t.resize(30, 10)).text).toContain("\x1b[2J");
  });
});

describe("stock's defects are avoided", () => {
  test("D1: after the bottom right corner the cursor is moved absolutely or from the margin", () => {
    expect(frame("", "\x1b[6;20HX\x1b[6;18H")).toBe("\x1b[6;20HX\r\x1b[17C");
    expect(frame("", "\x1b[6;20HX")).toBe("\x1b[6;20HX\r\x1b[19C");
  });

  test("a frame that starts in the last column moves there before it prints", () => {
    expect(frame(`${"x".repeat(20)}`, "\x1b[1;20HY\x1b[1;1H")).toBe("\x1b[;20HY\r");
    expect(frame(`${"x".repeat(20)}`, "")).toBe("");
  });

  test("D5: alternate scroll is sent", () => {
    expect(frame("", "\x1b[?1007h")).toBe("\x1b[?1007h");
  });

  test("D6: the icon name alone is a change and is sent", () => {
    const icon = between("\x1b]0;a\x07", "\x1b]1;b\x07");
    expect(icon.equal).toBe(false);
    expect(icon.text).toBe("\x1b]1;b\x07");
    expect(frame("\x1b]0;a\x07", "\x1b]2;b\x07")).toBe("\x1b]2;b\x07");
    expect(frame("\x1b]0;a\x07", "\x1b]0;b\x07")).toBe("\x1b]0;b\x07");
  });

  test("D7: titles have at most 254 characters", () => {
    expect(frame("", `\x1b];${"t".repeat(400)}\x07`)).toBe(`\x1b]0;${"t".repeat(254)}\x07`);
    expect(frame("", `\x1b]2;${"ü".repeat(400)}\x07`)).toBe(`\x1b]2;${"ü".repeat(254)}\x07`);
  });

  test("titles from elsewhere are cleaned and cut too", () => {
    const live = core.createTerminal(20, 3, "host");
    const from = live.snapshot();
    live.feed(encode("\x1b]0;x\x07"));
    const to = live.snapshot();
    to.setTitle(`a\x1bb\x07c\u009dd\x7fé${"t".repeat(300)}`);
    to.setIconName("\u0085");
    const text = new TextDecoder().decode(to.diff(from));
    expect(text).toBe(`\x1b]1;\x07\x1b]2;abcd\x7fé${"t".repeat(248)}\x07`);
    for (const terminal of [live, from, to]) terminal.free();
  });

  test("D8: on a screen mouse mode 9 is switched off too", () => {
    const off = between("\x1b[?9h", "\x1b[?9l");
    expect(off.text).toBe("\x1b[?1000l");
    expect(off.screen).toContain("\x1b[?9l");
    const other = between("\x1b[?9h\x1b[?1005h", "\x1b[?1003h\x1b[?1006h");
    expect(other.text).toBe("\x1b[?1003h\x1b[?1006h");
    expect(other.screen).toBe("\x1b[?9l\x1b[?1003h\x1b[?1005l\x1b[?1006h");
  });

  test("a clipboard request does not reach the user's terminal", () => {
    expect(frame("", "\x1b]52;c;?\x07")).toBe("");
    expect(frame("", "\x1b]52;c;aGk=\x07")).toBe("\x1b]52;c;aGk=\x07");
    const long = frame("", `\x1b]52;c;${"A".repeat(20000)}\x07`);
    expect(long.length).toBeLessThanOrEqual(16384 + 3);
  });

  test("what a stock peer cannot be told is mapped down, and no difference by itself", () => {
    for (const unseen of ["2", "9", "53", "58;5;3"]) {
      const dropped = between("\x1b[1mtext", `\x1b[1;1H\x1b[${unseen}mtext`);
      expect({ unseen, ...dropped }).toMatchObject({ unseen, text: "", equal: true });
    }
    const link = between("text", "\r\x1b]8;;http://a/\x1b\\text\x1b]8;;\x1b\\");
    expect(link).toMatchObject({ text: "", equal: true });
    expect(frame("", "\x1b[4:3mx")).toBe("\x1b[4mx");
    expect(between("\x1b[4mtext", "\r\x1b[4:3mtext")).toMatchObject({ text: "", equal: true });
    expect(frame("", "\x1b[?1016h")).toBe("\x1b[?1006h");
  });

  test("a character of unsettled width is followed by an absolute move and stands on blanks", () => {
    expect(frame("", "😀x")).toBe("😀\x1b[3Gx");
    // A peer that gives a regional indicator two columns has wiped what is behind it.
    expect(frame("ab\r", "🇩")).toBe("🇩\x1b[2Gb\b");
    expect(frame("", "❤️x")).toBe("❤️\x1b[2Gx");
    expect(frame("abcdef", "\r🫨")).toBe("\r  \r🫨\x1b[3G");
    // Of several, the rest of the line is erased once.
    expect(frame("abcdef", "\r😀😀")).toBe("\r\x1b[K😀\x1b[3G😀\x1b[5Gef\b\b");
    // The row is known, where a row cannot end in the middle of one.
    expect(frame("", "😀\r\nx")).toBe("😀\r\nx");
  });
});

describe("lines that continue on the next row", () => {
  test("are told by letting the terminal wrap", () => {
    const long = "x".repeat(45);
    expect(between("", long).wraps).toEqual([true, true, false, false, false, false]);
    expect(between("x".repeat(20), "y").wraps).toEqual([true, false, false, false, false, false]);
    expect(between("", `${"x".repeat(20)}\r\ny`).wraps).toEqual([false, false, false, false, false, false]);
    expect(between("", `${"x".repeat(9)}${" ".repeat(11)}y`).wraps[0]).toBe(true);
    expect(between(`abcdefghijklmn${" ".repeat(6)}y`, "\x1b[1;3HXcdefghijklmn").wraps[0]).toBe(true);
    // Overwritten as two separate lines: the mark goes.
    expect(between(long, `\x1b[H${"y".repeat(20)}\r\n`).wraps[0]).toBe(false);
    expect(between("", "中".repeat(15)).wraps).toEqual([true, false, false, false, false, false]);
  });
});

describe("equality", () => {
  test("compares contents, not history", () => {
    expect(between("abc", "\x1b[1;2Hb\x1b[1;4H").equal).toBe(true);
    expect(between("abc", "\x1b[2J\x1b[Habc").equal).toBe(true);
    // A space and an erased cell look the same.
    expect(between("abc \x1b[1;4H", "\x1b[K").equal).toBe(true);
  });

  test("sees everything a peer is told", () => {
    const changes = [
      "d",
      "\b",
      "\x1b[31m",
      "\x1b[?25l",
      "\x1b[?5h",
      "\x1b[?2004h",
      "\x1b[?1004h",
      "\x1b[?1007h",
      "\x07",
    ];
    const more = [
      "\x1b[?9h",
      "\x1b[?1002h",
      "\x1b[?1015h",
      "\x1b]2;t\x07",
      "\x1b]1;i\x07",
      "\x1b]52;c;YQ==\x07",
    ];
    for (const change of [...changes, ...more, "\x1b[1;1H\x1b[1ma\x1b[0m\x1b[1;4H"]) {
      expect([change, between("abc", change).equal]).toEqual([change, false]);
    }
    expect(between("abc", (t) => t.resize(21, 6)).equal).toBe(false);
    // The same text as one line, and as two.
    expect(between(`${"x".repeat(20)}y`, "\x1b[1;20Hx\x1b[2;1Hy").equal).toBe(false);
  });
});

test("terminals of two lineages, and freed ones, are refused", () => {
  const [a, b] = [core.createTerminal(5, 5, "host"), core.createTerminal(5, 5, "host")];
  expect(() => a.diff(b)).toThrow("two lineages");
  expect(() => a.equals(b)).toThrow("two lineages");
  const c = a.clone();
  expect(c.diff(a)).toEqual(new Uint8Array(0));
  c.free();
  expect(() => a.diff(c)).toThrow("freed");
  a.free();
  b.free();
});
