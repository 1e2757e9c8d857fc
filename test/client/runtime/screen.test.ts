/** What the client writes to a real terminal: start, stop, and frames judged by another terminal emulator. */
import { afterAll, describe, expect, test } from "bun:test";
import { Terminal as Xterm } from "@xterm/headless";
import { Screen } from "../../../client/screen.ts";
import type { Terminal } from "../../../wasm-core/core.ts";
import { loadCore } from "../../../wasm-core/load.ts";

const core = await loadCore();
const before = core.memory().bytesInUse;
afterAll(() => expect(core.memory().bytesInUse).toBe(before));

const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const STOCK_STOP =
  "\x1b[?1l\x1b[0m\x1b[?25h\x1b[?1003l\x1b[?1002l\x1b[?1001l\x1b[?1000l\x1b[?1015l\x1b[?1006l\x1b[?1005l";

function screenFor(
  remote: Terminal,
  options: { term?: string; ech?: boolean; bce?: boolean; noInit?: boolean } = {},
) {
  const writes: Uint8Array[] = [];
  const output = {
    backlog: 0,
    write: (part: Uint8Array) => void (part.length > 0 && writes.push(part)),
  };
  const screen = new Screen({
    output,
    terminfo: {
      colors: 256,
      backColorErase: options.bce ?? true,
      eraseChars: options.ech ?? true,
      enterScreen: bytes("<smcup>"),
      exitScreen: bytes("<rmcup>"),
    },
    term: options.term ?? "xterm-256color",
    noInit: options.noInit ?? false,
    blank: remote.snapshot(),
  });
  return { screen, output, writes, text: () => Buffer.concat(writes).toString() };
}

describe("start and stop", () => {
  test("the alternate screen by terminfo, application cursor keys, then a full frame", () => {
    const remote = core.createTerminal(20, 5, "replica-repair");
    const { screen, writes, text } = screenFor(remote);
    screen.start();
    expect(text()).toBe("<smcup>\x1b[?1h");
    screen.draw(remote.snapshot());
    expect(writes.length).toBe(2);
    expect(Buffer.from(writes[1]!).toString()).toContain("\x1b[2J");
    screen.free();
    remote.free();
  });

  test("stop says everything that stock says, in its order, and resets what stock leaves on", () => {
    const remote = core.createTerminal(20, 5, "replica-repair");
    const { screen, writes, text } = screenFor(remote);
    screen.start();
    screen.draw(remote.snapshot());
    writes.length = 0;
    screen.stop();
    expect(text()).toStartWith(STOCK_STOP);
    expect(text()).toEndWith("<rmcup>");
    for (const mode of [9, 5, 1004, 2004]) expect(text()).toContain(`\x1b[?${mode}l`);
    writes.length = 0;
    screen.stop();
    expect(text()).toBe("");
    screen.free();
    remote.free();
  });

  test("without the alternate screen if so wished", () => {
    const remote = core.createTerminal(20, 5, "replica-repair");
    const { screen, text } = screenFor(remote, { noInit: true });
    screen.start();
    screen.draw(remote.snapshot());
    screen.stop();
    expect(text()).not.toContain("cup>");
    expect(text()).toStartWith("\x1b[?1h");
    screen.free();
    remote.free();
  });

  test("alternate scroll is switched off only if a program switched it on", () => {
    const remote = core.createTerminal(20, 5, "replica-repair");
    const { screen, writes, text } = screenFor(remote);
    screen.start();
    screen.draw(remote.snapshot());
    screen.stop();
    expect(text()).not.toContain("?1007");
    screen.start();
    remote.feed(bytes("\x1b[?1007h"));
    screen.draw(remote.snapshot());
    expect(text()).toContain("\x1b[?1007h");
    writes.length = 0;
    screen.stop();
    expect(text()).toContain("\x1b[?1007l");
    screen.free();
    remote.free();
  });

  test("titles only on terminals that have them", () => {
    const terms: [string, boolean][] = [
      ["xterm", true],
      ["xterm-kitty", true],
      ["tmux-256color", true],
      ["screen.linux", true],
      ["alacritty", true],
      ["rxvt-unicode", true],
      ["linux", false],
      ["vt100", false],
      ["", false],
      ["my-xterm", false],
    ];
    for (const [term, drawn] of terms) {
      const remote = core.createTerminal(20, 5, "replica-repair");
      const { screen, text } = screenFor(remote, { term });
      screen.start();
      remote.feed(bytes("\x1b]2;title\x07"));
      screen.draw(remote.snapshot());
      expect([term, text().includes("title")]).toEqual([term, drawn]);
      screen.free();
      remote.free();
    }
  });

  test("busy while the terminal has not taken the last frame", () => {
    const remote = core.createTerminal(20, 5, "replica-repair");
    const { screen, output } = screenFor(remote);
    expect(screen.busy).toBe(false);
    output.backlog = 10;
    expect(screen.busy).toBe(true);
    screen.free();
    remote.free();
  });
});

describe("frames on another emulator", () => {
  /** Deterministic choices. */
  function generator(seed: number) {
    let state = seed;
    return (limit: number) => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return (state >>> 8) % limit;
    };
  }

  const words = [
    "hello ",
    "漢字",
    "a",
    "x".repeat(30),
    "é",
    "\r\n",
    "\n",
    "tab\t",
    "日本語のテキスト",
    "0123456789",
  ];

  /** A piece of what programs print: text, moves, erasing, scrolling, colors. */
  function piece(random: (limit: number) => number, cols: number, rows: number): string {
    const row = 1 + random(rows);
    const col = 1 + random(cols);
    const choices = [
      () => words[random(words.length)]!,
      () => words[random(words.length)]!.repeat(1 + random(5)),
      () => `\x1b[${row};${col}H`,
      () => `\x1b[${random(3)}${"JK"[random(2)]}`,
      () => `\x1b[${1 + random(6)}${"PX@LMST"[random(7)]}`,
      () => `\x1b[${[0, 1, 4, 7, 31, 42, 95, 104][random(8)]}m`,
      () => `\x1b[48;5;${random(256)}m`,
      () => "\n".repeat(1 + random(rows)),
      () => (random(4) === 0 ? `\x1b[?25${"lh"[random(2)]}` : ""),
      () => (random(4) === 0 ? `\x1b[?5${"lh"[random(2)]}` : ""),
    ];
    return choices[random(choices.length)]!();
  }

  const show = (terminal: Xterm) => {
    const { active } = terminal.buffer;
    return Array.from({ length: terminal.rows }, (_, row) => {
      let line = "";
      for (let col = 0; col < terminal.cols; col++) {
        const cell = active.getLine(active.baseY + row)!.getCell(col)!;
        if (cell.getWidth() === 0) continue;
        const background = cell.isBgDefault() ? "" : `[${cell.getBgColor()}]`;
        line += background + (cell.getChars() || " ");
      }
      return line;
    });
  };
  const expected = (terminal: Terminal) =>
    Array.from({ length: terminal.rows }, (_, row) => {
      let line = "";
      for (let col = 0; col < terminal.cols; col++) {
        const cell = terminal.cell(row, col);
        const { background } = backgroundOf(terminal, row, col);
        line += (background === undefined ? "" : `[${background}]`) + (cell.text || " ");
        if (cell.wide) col++;
      }
      return line;
    });

  /** Palette number of a cell's background, read from a full SGR; undefined = default. */
  function backgroundOf(terminal: Terminal, row: number, col: number): { background: number | undefined } {
    const runs = pens.get(terminal)?.[row];
    const sgr = runs?.[col] ?? "0";
    const wide = /(?:^|;)48;5;(\d+)/.exec(sgr);
    const narrow = /(?:^|;)4([0-7])(?:;|$)/.exec(sgr.replace(/[34]8;5;\d+/g, ""));
    return { background: wide ? Number(wide[1]) : narrow ? Number(narrow[1]) : undefined };
  }
  /** Pens of the screen under comparison, one per column. */
  const pens = new WeakMap<Terminal, string[][]>();
  function readPens(terminal: Terminal): void {
    const { lines } = terminal.inspect();
    pens.set(
      terminal,
      Array.from({ length: terminal.rows }, (_, row) =>
        ((lines[row]?.slice(1) ?? []) as [number, string, string?][]).flatMap(([count, , pen = "0"]) =>
          Array.from({ length: count }, () => pen),
        ),
      ),
    );
  }

  const capabilities = [
    { ech: true, bce: true },
    { ech: false, bce: true },
    { ech: true, bce: false },
    { ech: false, bce: false },
  ];

  for (const have of capabilities) {
    test(`random screens look the same, ech ${have.ech}, bce ${have.bce}`, async () => {
      for (let seed = 1; seed <= 25; seed++) {
        const random = generator(seed * 7919);
        const cols = 20 + random(60);
        const rows = 4 + random(20);
        const host = core.createTerminal(cols, rows, "host");
        let shown = host.snapshot();
        const remote = core.createTerminal(cols, rows, "replica-repair");
        const { screen, writes } = screenFor(remote, have);
        const xterm = new Xterm({ cols, rows, scrollback: 0, allowProposedApi: true });
        screen.start();
        screen.draw(remote.snapshot());
        for (let frame = 0; frame < 20; frame++) {
          for (let count = random(12); count >= 0; count--) host.feed(bytes(piece(random, cols, rows)));
          // Over the wire to the replica, as a session would.
          const next = host.snapshot();
          remote.feed(next.diff(shown));
          shown.free();
          shown = next;
          if (random(10) === 0) screen.repaint();
          screen.draw(remote.snapshot());
          const output = Buffer.concat(writes.splice(0));
          await new Promise<void>((resolve) => xterm.write(output, resolve));
          readPens(remote);
          const where = `seed ${seed}, frame ${frame}`;
          expect({ where, rows: show(xterm) }).toEqual({ where, rows: expected(remote) });
          const cursor = [xterm.buffer.active.cursorY, Math.min(xterm.buffer.active.cursorX, cols - 1)];
          expect({ where, cursor }).toEqual({ where, cursor: [remote.cursorRow, remote.cursorCol] });
        }
        xterm.dispose();
        shown.free();
        host.free();
        remote.free();
        screen.free();
      }
    });
  }
});
