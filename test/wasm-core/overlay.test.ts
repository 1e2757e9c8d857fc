/** Reading single cells and laying things over a copy, as prediction and the notification bar do. */
import { afterAll, expect, test } from "bun:test";
import { DEFAULT_RENDITION, palette, printed, rgb, sgr } from "../../wasm-core/rendition.ts";
import { freeAll, Host } from "./host.ts";

afterAll(freeAll);

test("a cell says what it shows", () => {
  const host = new Host("\x1b[1;38;2;1;2;3;44m漢\u0301\x1b[m");
  expect(host.terminal.cell(0, 0)).toEqual({
    text: "漢\u0301",
    wide: true,
    fallback: false,
    wrap: false,
    rendition: {
      foreground: rgb(1, 2, 3),
      background: palette(4),
      underlineColor: 0,
      attributes: 1,
      link: 0,
    },
  });
  expect(printed(host.terminal.cell(0, 5))).toBe(" ");
  expect(printed({ ...host.terminal.cell(0, 5), text: "\u0301", fallback: true })).toBe("\u00a0\u0301");
  expect(() => host.terminal.cell(0, 20)).toThrow(RangeError);
  expect(() => host.terminal.cell(-1, 0)).toThrow(RangeError);
});

test("an overlay changes the copy and nothing else", () => {
  const host = new Host("hello\x1b[2;1Hworld");
  const before = JSON.stringify(host.terminal.inspect());
  const target = host.terminal.snapshot();
  target.setCell(0, 0, {
    text: "é",
    wide: false,
    fallback: false,
    wrap: false,
    rendition: DEFAULT_RENDITION,
  });
  target.setCellText(0, 1, "漢\u0301", { wide: true });
  target.setCellText(0, 2, "");
  target.setCellRendition(1, 0, { ...DEFAULT_RENDITION, foreground: rgb(9, 8, 7), attributes: 1 });
  target.setCellUnderline(1, 1, true);
  target.copyCell(3, 3, host.terminal, 1, 4);
  target.setCursor(4, 5);
  target.setCursorVisible(false);
  expect(target.text().slice(0, 4)).toEqual(["é漢\u0301lo", "world", "", "   d"]);
  expect(sgr(target.cell(1, 0).rendition)).toBe("0;1;38;2;9;8;7");
  expect(sgr(target.cell(1, 1).rendition)).toBe("0;4");
  expect([target.cursorRow, target.cursorCol, target.cursorVisible]).toEqual([4, 5, false]);
  target.setCellUnderline(1, 1, false);
  expect(sgr(target.cell(1, 1).rendition)).toBe("0");
  expect(JSON.stringify(host.terminal.inspect())).toBe(before);
  expect(() => target.setCursor(6, 0)).toThrow(RangeError);
  expect(() => target.setCellText(0, 20, "x")).toThrow(RangeError);
  expect(() => target.copyCell(0, 0, host.terminal, 9, 0)).toThrow(RangeError);
  target.free();
});

test("the title prefix goes before the title, and before the icon name if it is the same", () => {
  const same = new Host("\x1b]0;vim\x07").terminal.snapshot();
  same.prefixTitle("[sterna] ");
  expect([same.title, same.iconName]).toEqual(["[sterna] vim", "[sterna] vim"]);
  const other = new Host("\x1b]1;icon\x07\x1b]2;vim\x07").terminal.snapshot();
  other.prefixTitle("[sterna] ");
  expect([other.title, other.iconName]).toEqual(["[sterna] vim", "icon"]);
  const never = new Host().terminal.snapshot();
  never.prefixTitle("[sterna] ");
  expect([never.title, never.titleSet]).toEqual(["[sterna] ", false]);
  for (const terminal of [same, other, never]) terminal.free();
});

test("of a text that a cell cannot hold, whole characters are kept", () => {
  const host = new Host();
  host.terminal.setCellText(0, 0, `e${"\u0301".repeat(100)}`);
  expect(host.terminal.cell(0, 0).text).toBe(`e${"\u0301".repeat(31)}`);
});
