/** The status line's figures and place, and the answer of a terminal that has synchronized output. */
import { afterAll, describe, expect, test } from "bun:test";
import { type ConnectionFigures, StatusLine } from "../../../client/status-line.ts";
import { TerminalAnswers } from "../../../client/terminal-answers.ts";
import { ATTR, COLOR } from "../../../wasm-core/core.ts";
import { loadCore } from "../../../wasm-core/load.ts";

const core = await loadCore();
const before = core.memory().bytesInUse;
afterAll(() => expect(core.memory().bytesInUse).toBe(before));

const START: ConnectionFigures = {
  srtt: undefined,
  datagramsIn: 0,
  datagramsSentByServer: 0,
  bytesIn: 0,
  bytesOut: 999,
  guessesRight: 0,
  guessesWrong: 0,
};

describe("status line", () => {
  test("says what it does not know yet", () => {
    const line = new StatusLine(() => START, "192.0.2.1:60001");
    expect(line.text(0)).toBe(
      "sterna: round trip unknown | loss - | - frames/s | guesses - | 192.0.2.1:60001 | in 0 B out 999 B",
    );
  });

  test("rates are those of the last five seconds", () => {
    let figures = START;
    const line = new StatusLine(() => figures, "[2001:db8::1]:60001");
    line.text(0);
    for (let n = 0; n < 10; n++) line.received({ newState: true });
    figures = {
      srtt: 48.6,
      datagramsIn: 15,
      datagramsSentByServer: 20,
      bytesIn: 1234,
      bytesOut: 5_600_000,
      guessesRight: 97,
      guessesWrong: 3,
    };
    expect(line.text(2000)).toBe(
      "sterna: round trip 49 ms | loss 25 % | 5.0 frames/s | guesses 97 % right | [2001:db8::1]:60001 | in 1.2 kB out 5.6 MB",
    );
    line.text(6000);
    expect(line.text(8000)).toContain("| loss - | 0.0 frames/s |");
  });

  test("is inverse without colours for those who set NO_COLOR", () => {
    for (const [color, background] of [
      [true, COLOR.palette | 4],
      [false, COLOR.default],
    ] as const) {
      const shown = core.createTerminal(20, 2, "replica");
      const line = new StatusLine(() => START, "host", color);
      line.toggle();
      line.apply(shown, 0);
      for (const col of [0, 19]) {
        const { rendition } = shown.cell(1, col);
        expect(rendition.background).toBe(background);
        expect((rendition.attributes & ATTR.inverse) !== 0).toBe(!color);
      }
      shown.free();
    }
  });

  test("takes the last row only while it is shown, hides a cursor there, and leaves pen, cursor and modes alone", () => {
    const remote = core.createTerminal(100, 4, "replica");
    remote.feed(Buffer.from("\x1b[31mred\x1b[4;100Hx"));
    const line = new StatusLine(() => START, "host");
    const hidden = remote.snapshot();
    line.apply(hidden, 0);
    expect(hidden.text()).toEqual(remote.text());
    expect(line.waitTime()).toBe(Number.POSITIVE_INFINITY);

    line.toggle();
    const shown = remote.snapshot();
    line.apply(shown, 0);
    expect(shown.text().slice(0, 3)).toEqual(remote.text().slice(0, 3));
    expect(shown.text()[3]).toStartWith("sterna: round trip unknown");
    expect(shown.cursorVisible).toBe(false);
    expect([shown.cursorRow, shown.cursorCol]).toEqual([3, 99]);
    expect(shown.inspect().pen).toBe(remote.inspect().pen);
    expect(line.waitTime()).toBe(1000);
    for (const terminal of [remote, hidden, shown]) terminal.free();
  });

  test("is cut at the edge of a narrow window", () => {
    const remote = core.createTerminal(10, 2, "replica");
    const line = new StatusLine(() => START, "host");
    line.toggle();
    line.apply(remote, 0);
    expect(remote.text()).toEqual(["", "sterna: ro"]);
    remote.free();
  });
});

describe("the terminal's answer", () => {
  /** What reaches the session, and how often the mode was announced. */
  function feed(...blocks: string[]): { typed: string; found: number } {
    let found = 0;
    const answers = new TerminalAnswers(() => found++);
    const typed = blocks.map((block) =>
      Buffer.from(answers.filter(Buffer.from(block, "latin1"))).toString("latin1"),
    );
    return { typed: typed.join(""), found };
  }

  test("1 and 2 mean that the mode can be used, 0, 3 and 4 that it cannot; none of them is typed", () => {
    expect(feed("\x1b[?2026;2$y")).toEqual({ typed: "", found: 1 });
    expect(feed("ab\x1b[?2026;1$ycd")).toEqual({ typed: "abcd", found: 1 });
    for (const setting of ["0", "3", "4"])
      expect(feed(`\x1b[?2026;${setting}$y`)).toEqual({ typed: "", found: 0 });
  });

  test("an answer in two pieces is put together, wherever it is cut behind its third byte", () => {
    const answer = "\x1b[?2026;2$y";
    for (let cut = 4; cut < answer.length; cut++) {
      expect(feed(`x${answer.slice(0, cut)}`, `${answer.slice(cut)}y`)).toEqual({ typed: "xy", found: 1 });
    }
  });

  test("keys are never held back or changed", () => {
    for (const keys of [
      "\x1b",
      "\x1b[",
      "\x1b[A",
      "\x1bOA",
      "\x1b[?",
      "\x1b[?1;2c",
      "\x1b[<0;1;1M",
      "\x1b[?2026;2$x",
    ]) {
      expect(feed(keys)).toEqual({ typed: keys, found: 0 });
    }
    expect(feed("\x1b[?202", "5;2$y")).toEqual({ typed: "\x1b[?2025;2$y", found: 0 });
  });
});
