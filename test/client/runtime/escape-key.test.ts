/** The escape key's tables: which key is chosen, and what typed bytes turn into (bootstrap-and-cli.md 4.5). */
import { describe, expect, test } from "bun:test";
import { EscapeKey } from "../../../client/escape-key.ts";

/** Runs blocks and writes the actions as text: sent bytes quoted, commands in angle brackets. */
function run(setting: string | undefined, ...blocks: string[]): string {
  const machine = new EscapeKey(setting);
  return blocks
    .flatMap((block) => machine.take(new Uint8Array(Buffer.from(block, "latin1"))))
    .map((action) =>
      action.kind === "send"
        ? JSON.stringify(Buffer.from(action.bytes).toString("latin1"))
        : `<${action.kind}>`,
    )
    .join(" ");
}

describe("which key", () => {
  const table: [
    setting: string | undefined,
    key: number | undefined,
    name: string | undefined,
    literal: string,
  ][] = [
    [undefined, 0x1e, "Ctrl-^", "^"],
    ["", undefined, undefined, ""],
    ["~", 0x7e, '"~"', "~"],
    ["\x02", 0x02, "Ctrl-B", "B"],
    ["\x1b", 0x1b, "Ctrl-[", "["],
    ["\x1f", 0x1f, "Ctrl-_", "_"],
    ["\x01", 0x01, "Ctrl-A", "A"],
    ["a", 0x61, '"a"', "a"],
    ["\x7f", 0x7f, '"\x7f"', "\x7f"],
    // Refused: Ctrl-C, Ctrl-D, LF, Ctrl-L, CR.
    ["\x03", 0x1e, "Ctrl-^", "^"],
    ["\x04", 0x1e, "Ctrl-^", "^"],
    ["\n", 0x1e, "Ctrl-^", "^"],
    ["\f", 0x1e, "Ctrl-^", "^"],
    ["\r", 0x1e, "Ctrl-^", "^"],
    // Not one byte of 1..127.
    ["ab", 0x1e, "Ctrl-^", "^"],
    ["é", 0x1e, "Ctrl-^", "^"],
    ["\x80", 0x1e, "Ctrl-^", "^"],
    ["\x00", 0x1e, "Ctrl-^", "^"],
  ];
  for (const [setting, key, name, literal] of table) {
    test(`MOSH_ESCAPE_KEY=${JSON.stringify(setting)}`, () => {
      const machine = new EscapeKey(setting);
      expect(machine.key).toBe(key as number);
      expect(machine.name).toBe(name as string);
      expect(machine.helpText).toBe(
        key === undefined
          ? ""
          : `Commands: Ctrl-Z suspends, "." quits, "${literal}" gives literal ${name}, "i" info`,
      );
    });
  }
});

describe("typed bytes, default key", () => {
  test("i toggles the status line and sends nothing, unless it is the literal key", () => {
    expect(run(undefined, "a\x1eib")).toBe('"a" <help> <help-done> <status> "b"');
    expect(run("\t", "\ti")).toBe('<help> <help-done> "\\t"');
  });

  const table: [what: string, blocks: string[], actions: string][] = [
    ["plain text is one piece", ["ls -l\r"], '"ls -l\\r"'],
    ["the key is held back", ["\x1e"], "<help>"],
    ["quit", ["\x1e."], "<help> <help-done> <quit>"],
    ["quit over two reads", ["\x1e", "."], "<help> <help-done> <quit>"],
    [
      "bytes before quit are sent, the rest of the block is dropped",
      ["ab\x1e.cd"],
      '"ab" <help> <help-done> <quit>',
    ],
    ["suspend, the rest goes on", ["a\x1e\x1ab"], '"a" <help> <help-done> <suspend> "b"'],
    ["literal", ["\x1e^"], '<help> <help-done> "\\u001e"'],
    ["literal then text", ["x\x1e^y"], '"x" <help> <help-done> "\\u001ey"'],
    ["the key twice sends both", ["\x1e\x1e"], '<help> <help-done> "\\u001e\\u001e"'],
    ["any other byte is sent with it", ["\x1ez"], '<help> <help-done> "\\u001ez"'],
    ["it works in the middle of a line", ["abc\x1e."], '"abc" <help> <help-done> <quit>'],
    [
      "three in a row: the third starts anew",
      ["\x1e\x1e\x1e."],
      '<help> <help-done> "\\u001e\\u001e" <help> <help-done> <quit>',
    ],
    ["Ctrl-L is sent and repaints", ["a\fb"], '"a\\f" <repaint> "b"'],
    ["Ctrl-L after the key too", ["\x1e\f"], '<help> <help-done> "\\u001e\\f" <repaint>'],
    ["a period alone is text", [".", "\r."], '"." "\\r."'],
    ["Ctrl-Z alone is for the program", ["\x1a"], '"\\u001a"'],
    ["bytes above 127 pass", ["\xc3\xa4\x9e"], '"Ã¤\x9e"'],
    ["nothing", [""], ""],
  ];
  for (const [what, blocks, actions] of table) {
    test(what, () => expect(run(undefined, ...blocks)).toBe(actions));
  }
});

describe("typed bytes, a printable key", () => {
  const table: [what: string, blocks: string[], actions: string][] = [
    ["not at the very start", ["~."], '"~."'],
    ["after CR", ["\r~."], '"\\r" <help> <help-done> <quit>'],
    ["after LF", ["\n~."], '"\\n" <help> <help-done> <quit>'],
    ["after a line end of an earlier read", ["ls\r", "~", "."], '"ls\\r" <help> <help-done> <quit>'],
    ["not in the middle of a line", ["\ra~."], '"\\ra~."'],
    ["literal", ["\r~~x"], '"\\r" <help> <help-done> "~x"'],
    ["other byte", ["\r~?"], '"\\r" <help> <help-done> "~?"'],
    [
      "another line end counts again",
      ["\r~\r~."],
      '"\\r" <help> <help-done> "~\\r" <help> <help-done> <quit>',
    ],
    ["literal ends the line start", ["\r~~~."], '"\\r" <help> <help-done> "~~."'],
    ["suspend ends the line start", ["\r~\x1a~."], '"\\r" <help> <help-done> <suspend> "~."'],
    ["Ctrl-^ means nothing then", ["\x1e."], '"\\u001e."'],
  ];
  for (const [what, blocks, actions] of table) {
    test(what, () => expect(run("~", ...blocks)).toBe(actions));
  }

  test("control letters accept the lower case as the literal key", () => {
    expect(run("\x02", "\x02b")).toBe('<help> <help-done> "\\u0002"');
    expect(run("\x02", "\x02B")).toBe('<help> <help-done> "\\u0002"');
    // Only letters have a lower case: Ctrl-[ and "{" are different keys.
    expect(run("\x1b", "\x1b{")).toBe('<help> <help-done> "\\u001b{"');
  });

  test("a disabled key passes everything", () =>
    expect(run("", "\x1e.\x1e\x1a")).toBe('"\\u001e.\\u001e\\u001a"'));
});

test("whatever the block boundaries, the same bytes are sent", () => {
  const typed = "a\x1e\x1eb\r\x1e^\x1ec\f\x1e\x1ad\x1e.rest";
  const sent = (text: string) => text.replace(/" "/g, "").replace(/ /g, "");
  const whole = sent(run(undefined, typed));
  for (let cut = 1; cut < typed.length - 5; cut++) {
    expect(sent(run(undefined, typed.slice(0, cut), typed.slice(cut)))).toBe(whole);
  }
});
