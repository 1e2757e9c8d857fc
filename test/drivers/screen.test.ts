/** The comparison of screens must see every difference a user would, and none that only tmux's spelling makes. */
import { afterAll, describe, expect, test } from "bun:test";
import { peer } from "../peers.ts";
import { Home } from "./home.ts";
import { cellAt, differences, parseCapture, type Screen, textOf } from "./screen.ts";
import { Tmux } from "./tmux.ts";

function screen(capture: string, changes: Partial<Screen> = {}): Screen {
  return {
    cols: 10,
    rows: 2,
    lines: parseCapture(capture, 10, 2),
    cursor: { row: 0, col: 0 },
    cursorVisible: true,
    mouse: "",
    alternate: false,
    title: "",
    exited: undefined,
    ...changes,
  };
}

describe("two spellings of one screen are equal", () => {
  const pairs: readonly [string, string][] = [
    ["a", "a         \n"],
    ["\x1b[1m\x1b[31mx\x1b[0m", "\x1b[0;1;31mx\x1b[0;39m"],
    ["\x1b[91mx", "\x1b[38;5;9mx"],
    ["\x1b[31mx", "\x1b[38;5;1mx"],
    ["\x1b[48:2::1:2:3mx", "\x1b[48;2;1;2;3mx"],
    ["\x1b[4;1mx\x1b[22my", "\x1b[1;4mx\x1b[0;4my"],
    ["\x0elqk\x0f", "┌─┐"],
    ["\x1b[7ma\nb", "\x1b[7ma\x1b[0m\n\x1b[7mb"],
  ];
  for (const [a, b] of pairs) {
    test(JSON.stringify(a), () => expect(differences(screen(a), screen(b))).toEqual([]));
  }
});

describe("different screens differ", () => {
  const pairs: readonly [Screen, Screen][] = [
    [screen("a"), screen("b")],
    [screen("a"), screen("\x1b[1ma")],
    [screen("a"), screen("a\x1b[44m ")],
    [screen("a\n"), screen("\na")],
    [screen("e\u0301"), screen("e")],
    [screen("漢"), screen("漢漢")],
    [screen("\x1b[38;5;200ma"), screen("\x1b[38;5;201ma")],
    [screen("\x1b[4ma"), screen("\x1b[4:3ma")],
    [screen("a"), screen("a", { cursor: { row: 0, col: 1 } })],
    [screen("a"), screen("a", { cursorVisible: false })],
    [screen("a"), screen("a", { title: "t" })],
    [screen("a"), screen("a", { mouse: "any sgr" })],
    [screen("a"), screen("a", { cols: 11 })],
  ];
  for (const [i, [a, b]] of pairs.entries())
    test(`pair ${i}`, () => expect(differences(a, b)).not.toEqual([]));
});

test("a capture with anything but text and SGR is refused", () => {
  expect(() => parseCapture("\x1b[2J", 10, 2)).toThrow();
  expect(() => parseCapture("\x1b[10m", 10, 2)).toThrow();
});

describe("a real terminal", () => {
  const home = new Home();
  const tmux = new Tmux();
  afterAll(async () => {
    await tmux.stop();
    await home.remove();
  });

  peer("tmux")("shows erased backgrounds, wide characters, the cursor and the status", async () => {
    const draw = "printf '\\033[44mbg\\033[K\\033[0m\\n漢e\\314\\201\\033[5;3H'; read line; exit 3";
    const pane = await tmux.open({ command: ["sh", "-c", draw], env: home.direct, cols: 20, rows: 6 });
    const shown = await pane.waitFor(
      "the drawing",
      (s) => s.cursor.row === 4 && textOf(s)[1]?.startsWith("漢") === true,
    );
    expect(cellAt(shown, 0, 19)).toEqual({ text: " ", width: 1, style: "44" });
    expect(cellAt(shown, 1, 1)).toEqual({ text: "漢", width: 2, style: "" });
    expect(cellAt(shown, 1, 2)).toEqual({ text: "e\u0301", width: 1, style: "" });
    expect(shown.cursor).toEqual({ row: 4, col: 2 });
    await pane.resize(30, 8);
    await pane.waitFor("the new size", (s) => s.cols === 30 && s.rows === 8);
    await pane.keys("Enter");
    expect((await pane.exit()).status).toBe(3);
  });

  peer("tmux")("fails with the screen's contents when the expected one does not come", async () => {
    const pane = await tmux.open({
      command: ["sh", "-c", "echo something else; read line"],
      env: home.direct,
    });
    const shown = await pane.waitForRow("something else");
    const wanted = { ...shown, lines: parseCapture("something", 80, 24) };
    expect(textOf(wanted)[0]).toBe("something");
    await expect(pane.waitForScreen(wanted, {}, 50)).rejects.toThrow(/row 0 column 10[\s\S]*something else/);
    await pane.close();
  });
});
