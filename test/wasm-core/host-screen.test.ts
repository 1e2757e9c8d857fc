/** The host role's alternate screen, modes, wide characters, renditions, titles, clipboard, links, resizing. */
import { afterAll, describe, expect, test } from "bun:test";
import { freeAll, Host, screen } from "./host.ts";

afterAll(freeAll);

describe("alternate screen", () => {
  test("1049 saves the cursor, shows a blank screen, and brings everything back", () => {
    const host = new Host("main\r\ntext\x1b[1;3H\x1b[31m\x1b[?1049h");
    expect(host.terminal.alternateScreen).toBe(true);
    expect(host.lines).toEqual([]);
    expect(host.cursor).toEqual([0, 2]);
    host.feed("\x1b[0m\x1b[5;5Hother\x1b[?1049l");
    expect(host.lines).toEqual(["main", "text"]);
    expect(host.cursor).toEqual([0, 2]);
    expect(host.pen).toBe("0;31");
    expect(host.feed("\x1b[?1049h").lines).toEqual([]);
  });

  test("1049 twice does not clear, 1049 off on the main screen only restores the cursor", () => {
    expect(screen("\x1b[?1049h\x1b[Hx\x1b[?1049h")).toEqual(["x"]);
    const host = new Host("ab\x1b7cd\x1b[?1049l");
    expect([host.lines, host.cursor]).toEqual([["abcd"], [0, 2]]);
  });

  test("47 keeps the alternate contents, 1047 clears them on leaving; the cursor stays", () => {
    const host = new Host("main\x1b[?47h");
    expect(host.cursor).toEqual([0, 4]);
    host.feed("\x1b[Halt\x1b[?47l");
    expect([host.lines, host.cursor]).toEqual([["main"], [0, 3]]);
    expect(host.feed("\x1b[?47h").lines).toEqual(["alt"]);
    host.feed("\x1b[?1047l\x1b[?47h");
    expect(host.lines).toEqual([]);
  });

  test("each screen has a saved cursor of its own", () => {
    const host = new Host("\x1b[2;3H\x1b7\x1b[?47h\x1b[4;5H\x1b7\x1b[?47l\x1b[H\x1b8");
    expect(host.cursor).toEqual([1, 2]);
    expect(host.feed("\x1b[?47h\x1b[H\x1b8").cursor).toEqual([3, 4]);
  });

  test("1048 saves and restores", () => {
    expect(new Host("\x1b[2;3H\x1b[?1048h\x1b[H\x1b[?1048l").cursor).toEqual([1, 2]);
  });

  test("RIS goes back to a blank main screen and forgets the other", () => {
    const host = new Host("main\x1b[?1049halt\x1bc");
    expect(host.terminal.alternateScreen).toBe(false);
    expect(host.lines).toEqual([]);
    expect(host.feed("\x1b[?47h").lines).toEqual([]);
  });

  test("both screens follow a resize", () => {
    const host = new Host("main\x1b[?1049h\x1b[Halt");
    host.terminal.resize(10, 3);
    expect(host.lines).toEqual(["alt"]);
    expect(host.feed("\x1b[?1049l").lines).toEqual(["main"]);
    expect(host.terminal.inspect().lines.length).toBe(3);
  });

  test("a snapshot shows the screen in use", () => {
    const host = new Host("main\x1b[?1049h\x1b[Halt");
    const snapshot = host.terminal.snapshot();
    host.feed("\x1b[?1049l");
    expect([snapshot.text()[0], host.terminal.text()[0]]).toEqual(["alt", "main"]);
    snapshot.free();
  });
});

describe("modes", () => {
  test("LNM: LF is also a CR", () => {
    expect(screen("\x1b[20hab\ncd")).toEqual(["ab", "cd"]);
    expect(screen("\x1b[20h\x1b[20lab\ncd")).toEqual(["ab", "  cd"]);
  });

  test("DECCOLM needs mode 40; it clears, homes and resets the margins, the width stays", () => {
    expect(screen("abc\x1b[?3h")).toEqual(["abc"]);
    const host = new Host("abc\x1b[2;4r\x1b[?69h\x1b[?40h\x1b[?3h");
    expect([host.lines, host.cursor, host.terminal.cols]).toEqual([[], [0, 0], 20]);
    expect(host.terminal.inspect().scroll_region).toEqual([0, 5]);
    expect(screen("\x1b[?40h\x1b[?95habc\x1b[?3h")).toEqual(["abc"]);
  });

  test("2026 is a flag the owner can see", () => {
    const host = new Host("\x1b[?2026h");
    expect(host.terminal.synchronizedOutput).toBe(true);
    expect(host.feed("\x1b[?2026l").terminal.synchronizedOutput).toBe(false);
  });

  test("1016 is a mouse encoding like the others", () => {
    expect(new Host("\x1b[?1016h").terminal.inspect().mouse_enc).toBe(1016);
    expect(new Host("\x1b[?1016h\x1b[?1006l").terminal.inspect().mouse_enc).toBe(0);
  });

  test("XTSAVE and XTRESTORE", () => {
    const host = new Host("\x1b[?25;7s\x1b[?25l\x1b[?7l\x1b[?25r");
    expect(host.terminal.cursorVisible).toBe(true);
    expect(host.terminal.inspect().autowrap).toBe(false);
    expect(host.feed("\x1b[?7r").terminal.inspect().autowrap).toBe(true);
    expect(new Host("\x1b[?1000h\x1b[?1000s\x1b[?1000l\x1b[?1000r").terminal.inspect().mouse_mode).toBe(1000);
  });

  test("DECSTR resets what the manual says, auto-wrap to on as xterm", () => {
    const host = new Host(
      "\x1b[4h\x1b[?1h\x1b[?7l\x1b[?25l\x1b[2;4r\x1b[?6h\x1b[31m\x1b(0\x1b[?66h\x1b[4;4H\x1b[!p",
    );
    const state = host.terminal.inspect();
    expect([state.insert, state.app_cursor_keys, state.autowrap, state.origin]).toEqual([
      false,
      false,
      true,
      false,
    ]);
    expect([state.cursor_visible, state.scroll_region, state.pen]).toEqual([true, [0, 5], "0"]);
    expect(host.feed("\x1b[Hq\x1b[?66$p").lines).toEqual(["q"]);
    expect(host.reply).toBe("␛[?66;2$y");
  });

  test("DECALN homes and resets the margins", () => {
    const host = new Host("\x1b[2;4r\x1b[3;3H\x1b[44m\x1b#8", [3, 2]);
    expect([host.lines, host.cursor, host.style(0, 0)]).toEqual([["EEE", "EEE"], [0, 0], "0"]);
  });
});

describe("wide characters keep together", () => {
  test("writing over one half blanks the other", () => {
    expect(screen("漢x\x1b[1;1Ha")).toEqual(["a x"]);
    expect(screen("漢x\x1b[1;2Ha")).toEqual([" ax"]);
    expect(screen("漢字\x1b[1;2H語")).toEqual([" 語"]);
    expect(screen("a漢字\x1b[1;1H語")).toEqual(["語 字"]);
  });

  test("a run of text that starts and ends in halves", () => {
    expect(screen("漢字語\x1b[1;2Habc")).toEqual([" abc語"]);
    expect(screen("漢字語\x1b[1;2Habcd")).toEqual([" abcd"]);
  });

  test("erasing, inserting and deleting", () => {
    expect(screen("漢字\x1b[1;2H\x1b[X")).toEqual(["  字"]);
    expect(screen("漢字\x1b[1;2H\x1b[K")).toEqual([]);
    expect(screen("漢字\x1b[1;2H\x1b[1K")).toEqual(["  字"]);
    expect(screen("漢字\x1b[1;3H\x1b[1K")).toEqual([]);
    expect(screen("漢字\x1b[1;2H\x1b[@")).toEqual(["   字"]);
    expect(screen("漢字\x1b[1;2H\x1b[P")).toEqual([" 字"]);
    expect(screen("漢字\x1b[1;1H\x1b[P")).toEqual([" 字"]);
  });

  test("none is cut at the right edge", () => {
    expect(screen("\x1b[1;5H漢\x1b[1;1H\x1b[@", [6, 2])).toEqual([]);
    expect(screen("\x1b[1;6H漢", [6, 2])).toEqual(["", "漢"]);
    expect(screen("\x1b[?7l\x1b[1;6H漢", [6, 2])).toEqual([]);
    expect(screen("\x1b[?7l\x1b[1;5H漢\x1b[1;6H字", [6, 2])).toEqual(["    漢"]);
    const host = new Host("abcd漢", [6, 2]);
    host.terminal.resize(5, 2);
    expect(host.lines).toEqual(["abcd"]);
  });

  test("a screen or a box of one column takes none", () => {
    expect(screen("漢a", [1, 2])).toEqual(["a"]);
    expect(screen("\x1b[?69h\x1b[3;4s\x1b[1;3H漢字")).toEqual(["  漢", "  字"]);
  });

  test("rectangles and side scrolling do not cut any", () => {
    expect(screen("漢字語\x1b[42;1;2;1;3$x")).toEqual([" ** 語"]);
    expect(screen("漢字語\x1b[1;2;1;4$z")).toEqual(["    語"]);
    expect(screen("漢字\r\n語言\x1b[?69h\x1b[2;3s\x1b[S")).toEqual([]);
  });
});

describe("zero-width characters", () => {
  test("join what was printed last, also in pending wrap", () => {
    expect(screen("e\u0301x")).toEqual(["e\u0301x"]);
    expect(new Host(`${"a".repeat(20)}\u0301`).terminal.pendingWrap).toBe(true);
  });

  test("join a wide character from either half", () => {
    expect(new Host("漢\x1b[1;2H\u0301").terminal.cell(0, 0).text).toBe("漢\u0301");
  });

  test("with nothing to join sit on a space and do not move the cursor", () => {
    const host = new Host("abc\x1b[2;5H\u0301");
    expect(host.terminal.cell(1, 4).text).toBe(" \u0301");
    expect(host.cursor).toEqual([1, 4]);
  });
});

describe("SGR", () => {
  test.each([
    ["2", "0;2"],
    ["9", "0;9"],
    ["53", "0;53"],
    ["21", "0;4:2"],
    ["4:0", "0"],
    ["4:3", "0;4:3"],
    ["4:5;24", "0"],
    ["4;4:0", "0"],
    ["1;2;22", "0"],
    ["9;29;53;55", "0"],
    ["38:5:20", "0;38;5;20"],
    ["48:5:1", "0;41"],
    ["38:2:1:2:3", "0;38;2;1;2;3"],
    ["38:2::1:2:3", "0;38;2;1;2;3"],
    ["38:2::1:2:3;1", "0;1;38;2;1;2;3"],
    ["38:2:1:2:3:0:1;4", "0;4;38;2;2;3;0"],
    ["58:5:9", "0;58:5:9"],
    ["58:2::1:2:3", "0;58:2::1:2:3"],
    ["58;5;9;1", "0;1;58:5:9"],
    ["58;2;1;2;3;1", "0;1;58:2::1:2:3"],
    ["58:5:9;59", "0"],
    ["38:5", "0"],
    ["38:2:1:2", "0"],
    ["1:2", "0"],
    ["38:2:300:1:1", "0"],
    ["38;5;300;1", "0;1"],
    ["97;107", "0;38;5;15;48;5;15"],
  ])("CSI %s m", (parameters, expected) => {
    expect(new Host(`\x1b[${parameters}m`).pen).toBe(expected);
  });

  test("a sequence with sub-parameters that is not SGR does nothing", () => {
    expect(new Host("\x1b[3:4H").cursor).toEqual([0, 0]);
  });

  test("256 characters of parameters are kept", () => {
    expect(new Host(`\x1b[${"0;".repeat(120)}31m`).pen).toBe("0;31");
    expect(new Host(`\x1b[${"0;".repeat(130)}31m`).pen).toBe("0");
  });
});

describe("OSC", () => {
  test("titles: any number of digits, BEL or ST, at most 254 characters", () => {
    expect(new Host("\x1b]2;title\x1b\\").terminal.title).toBe("title");
    expect(new Host("\x1b]02;title\x07").terminal.title).toBe("title");
    const both = new Host("\x1b]0;é漢\x07").terminal;
    expect([both.title, both.iconName, both.titleSet]).toEqual(["é漢", "é漢", true]);
    expect(new Host(`\x1b]2;${"漢".repeat(300)}\x07`).terminal.title).toBe("漢".repeat(254));
    expect(new Host(`\x1b];${"x".repeat(300)}\x07`).terminal.title).toBe("x".repeat(254));
  });

  test("CAN and SUB cancel", () => {
    expect(new Host("\x1b]2;title\x18").terminal.title).toBe("");
    expect(new Host("\x1b]2;title\x1a").terminal.title).toBe("");
  });

  test("the title stack: both, one of them, ten entries", () => {
    const host = new Host("\x1b]0;one\x07\x1b[22;0t\x1b]1;icon\x07\x1b]2;two\x07\x1b[23;2t");
    expect([host.terminal.title, host.terminal.iconName]).toEqual(["one", "icon"]);
    expect(host.feed("\x1b[23;0t").terminal.iconName).toBe("icon");
    for (let i = 0; i < 12; i++) host.feed(`\x1b]2;t${i}\x07\x1b[22t`);
    for (let i = 0; i < 12; i++) host.feed("\x1b[23t");
    expect(host.terminal.title).toBe("t2");
  });

  test("52: any selection, also none; only base64; never a query", () => {
    expect(new Host("\x1b]52;c;aGk=\x07").terminal.clipboard).toBe("aGk=");
    expect(new Host("\x1b]52;;aGk=\x1b\\").terminal.clipboard).toBe("aGk=");
    expect(new Host("\x1b]52;pc;aGk=\x07").terminal.clipboard).toBe("aGk=");
    const host = new Host("\x1b]52;c;aGk=\x07\x1b]52;c;?\x07\x1b]52;c;no good\x07");
    expect([host.terminal.clipboard, host.reply]).toEqual(["aGk=", ""]);
    expect(host.feed("\x1b]52;c;\x07").terminal.clipboard).toBe("");
  });

  test("8: cells carry the link until it ends; erased cells do not", () => {
    const host = new Host("\x1b]8;id=1;http://example.org/\x07link\x1b[K\x1b]8;;\x07x");
    const { link } = host.terminal.cell(0, 0).rendition;
    expect(host.terminal.link(link)).toEqual({ params: "id=1", url: "http://example.org/" });
    expect(host.terminal.cell(0, 3).rendition.link).toBe(link);
    expect([host.terminal.cell(0, 4).rendition.link, host.terminal.cell(0, 5).rendition.link]).toEqual([
      0, 0,
    ]);
    expect(new Host("\x1b]8;;http://a\u00e9b\x07x").terminal.cell(0, 0).rendition.link).toBe(0);
    expect(new Host("\x1b]8;;http://a\x07\x1b[mx").terminal.cell(0, 0).rendition.link).toBeGreaterThan(0);
  });

  test("colours, notifications, marks, directories and unknown ones do nothing and answer nothing", () => {
    for (const osc of [
      "4;1;?",
      "10;?",
      "11;?",
      "12;?",
      "104",
      "7;file://h/",
      "133;A",
      "9;hi",
      "777;notify;a;b",
      "1337;x",
    ]) {
      const host = new Host(`\x1b]${osc}\x07\x1b]${osc}\x1b\\x`);
      expect([osc, host.lines, host.reply]).toEqual([osc, ["x"], ""]);
    }
  });
});

describe("resizing", () => {
  test("a main screen that gets too short loses rows at the top, so that the cursor stays in sight", () => {
    const host = new Host("1\r\n2\r\n3\r\n4\r\n5$ ");
    host.terminal.resize(20, 3);
    expect([host.lines, host.cursor]).toEqual([
      ["3", "4", "5$"],
      [2, 3],
    ]);
    const top = new Host("1\r\n2\r\n3\r\n4\r\n5\x1b[2;1H");
    top.terminal.resize(20, 3);
    expect([top.lines, top.cursor]).toEqual([
      ["1", "2", "3"],
      [1, 0],
    ]);
  });

  test("the alternate screen is cut at the bottom", () => {
    const host = new Host("\x1b[?1049h\x1b[H1\r\n2\r\n3\r\n4\r\n5");
    host.terminal.resize(20, 3);
    expect([host.lines, host.cursor]).toEqual([
      ["1", "2", "3"],
      [2, 1],
    ]);
  });

  test("a full row that gets room goes on in the same row", () => {
    const host = new Host("a".repeat(20));
    host.terminal.resize(30, 6);
    expect(host.feed("b").lines).toEqual([`${"a".repeat(20)}b`]);
  });
});

describe("cursor shape and protection", () => {
  test("DECSCUSR is kept, unknown values are not", () => {
    expect(new Host("\x1b[4 q").terminal.cursorStyle).toBe(4);
    expect(new Host("\x1b[4 q\x1b[9 q").terminal.cursorStyle).toBe(4);
    expect(new Host("\x1b[4 q\x1b[ q").terminal.cursorStyle).toBe(0);
  });
});
