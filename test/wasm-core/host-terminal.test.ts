/** The host role's cursor, margins, editing and erasing, by ECMA-48, DEC STD 070 and xterm's control sequences. */
import { afterAll, describe, expect, test } from "bun:test";
import { freeAll, Host, screen } from "./host.ts";

afterAll(freeAll);

const FIVE = "\x1b[H11111\r\n22222\r\n33333\r\n44444\r\n55555";

describe("cursor movement", () => {
  test("CNL and CPL go to the first column", () => {
    expect(new Host("\x1b[3;5H\x1b[2E").cursor).toEqual([4, 0]);
    expect(new Host("\x1b[3;5H\x1b[F").cursor).toEqual([1, 0]);
    expect(new Host("\x1b[3;5H\x1b[99E").cursor).toEqual([5, 0]);
  });

  test("HPR, VPR, HPB, VPB are relative", () => {
    expect(new Host("\x1b[2;3H\x1b[4a\x1b[2e").cursor).toEqual([3, 6]);
    expect(new Host("\x1b[4;9H\x1b[4j\x1b[2k").cursor).toEqual([1, 4]);
  });

  test("CUU and CUD stop at the margins when they start inside, else at the screen's edge", () => {
    expect(new Host("\x1b[3;5r\x1b[4;1H\x1b[9A").cursor).toEqual([2, 0]);
    expect(new Host("\x1b[3;5r\x1b[4;1H\x1b[9B").cursor).toEqual([4, 0]);
    expect(new Host("\x1b[3;5r\x1b[2;1H\x1b[9A").cursor).toEqual([0, 0]);
    expect(new Host("\x1b[3;5r\x1b[6;1H\x1b[9B").cursor).toEqual([5, 0]);
    expect(new Host("\x1b[3;5r\x1b[1;1H\x1b[9B").cursor).toEqual([4, 0]);
  });

  test("DECOM homes to the region and makes positions relative", () => {
    expect(new Host("\x1b[3;5r\x1b[?6h").cursor).toEqual([2, 0]);
    expect(new Host("\x1b[3;5r\x1b[?6h\x1b[2;3H").cursor).toEqual([3, 2]);
    expect(new Host("\x1b[3;5r\x1b[?6h\x1b[99;1H").cursor).toEqual([4, 0]);
    expect(new Host("\x1b[3;5r\x1b[?6h\x1b[?6l").cursor).toEqual([0, 0]);
  });

  test("the position report is relative under DECOM", () => {
    expect(new Host("\x1b[3;5r\x1b[?6h\x1b[2;3H\x1b[6n").reply).toBe("␛[2;3R");
    expect(new Host("\x1b[?69h\x1b[5;9s\x1b[3;5r\x1b[?6h\x1b[2;3H\x1b[6n").reply).toBe("␛[2;3R");
  });

  test("DECSC keeps pending wrap, DECRC brings it back", () => {
    const host = new Host(`${"a".repeat(20)}\x1b7\x1b[3;3H\x1b8`);
    expect(host.terminal.pendingWrap).toBe(true);
    expect(host.feed("b").lines).toEqual(["a".repeat(20), "b"]);
  });

  test("DECSC keeps character sets, origin mode and protection", () => {
    const host = new Host("\x1b(0\x1b7\x1b(B\x1b8q");
    expect(host.lines).toEqual(["─"]);
    expect(new Host('\x1b[1"q\x1b7\x1b[0"q\x1b8x\x1b[?2K').lines).toEqual(["x"]);
  });

  test("CSI s and CSI u save and restore; with parameters they are something else", () => {
    expect(new Host("\x1b[2;3H\x1b[s\x1b[H\x1b[u").cursor).toEqual([1, 2]);
    expect(new Host("\x1b[2;3H\x1b[s\x1b[H\x1b[1u").cursor).toEqual([0, 0]);
  });

  test("BS does not leave the row; reverse wrap (45) does where the row above has wrapped", () => {
    expect(new Host("\x1b[2;1H\b").cursor).toEqual([1, 0]);
    expect(new Host(`\x1b[?45h${"a".repeat(22)}\b\b\b`).cursor).toEqual([0, 19]);
    expect(new Host("\x1b[?45h\x1b[2;1H\b").cursor).toEqual([1, 0]);
    expect(new Host(`\x1b[?45h\x1b[?7l${"a".repeat(22)}\r\b`).cursor).toEqual([0, 0]);
  });

  test("extended reverse wrap (1045) always wraps, from the top of the region to its bottom", () => {
    expect(new Host("\x1b[?1045h\x1b[2;1H\b").cursor).toEqual([0, 19]);
    expect(new Host("\x1b[?1045h\x1b[2;4r\x1b[2;1H\b").cursor).toEqual([3, 19]);
    expect(new Host("\x1b[?69h\x1b[5;10s\x1b[?1045h\x1b[3;5H\b").cursor).toEqual([1, 9]);
  });

  test("in pending wrap one column back is where the cursor is, with reverse wrap", () => {
    expect(new Host(`\x1b[?45h${"a".repeat(20)}\b`).cursor).toEqual([0, 19]);
    expect(new Host(`${"a".repeat(20)}\b`).cursor).toEqual([0, 18]);
  });
});

describe("tab stops", () => {
  test("CBT ends pending wrap", () => {
    expect(new Host(`${"a".repeat(20)}\x1b[Zb`).lines).toEqual([`${"a".repeat(16)}baaa`]);
  });

  test("HT stops at the right margin, not before the left one", () => {
    expect(new Host("\x1b[?69h\x1b[5;10s\x1b[H\t\t").cursor).toEqual([0, 9]);
    expect(new Host("\x1b[?69h\x1b[5;10s\x1b[1;12H\t\t").cursor).toEqual([0, 19]);
  });

  test("DECST8C sets a stop every eight columns", () => {
    expect(new Host("\x1b[3g\x1b[?5W\t").cursor).toEqual([0, 8]);
  });

  test("HT in pending wrap stays; with mode 41 it wraps first", () => {
    expect(new Host(`${"a".repeat(20)}\t`).cursor).toEqual([0, 19]);
    expect(new Host(`\x1b[?41h${"a".repeat(20)}\t`).cursor).toEqual([1, 8]);
  });
});

describe("pending wrap", () => {
  const full = "a".repeat(20);

  test("functions that do not move the cursor leave it", () => {
    for (const function_ of [
      "\x00",
      "\x07",
      "\x0f",
      "\x1b[m",
      "\x1b[6n",
      "\x1b[4l",
      "\x1b[?25h",
      "\x1b7",
      "\x1b[5y",
    ]) {
      const host = new Host(full + function_);
      expect({ function_, pending: host.terminal.pendingWrap }).toEqual({ function_, pending: true });
    }
  });

  test("strings leave it, however they end", () => {
    for (const string of ["\x1b]0;t\x07", "\x1b]0;t\x1b\\", "\x1bP$qm\x1b\\", "\x1b_x\x1b\\"]) {
      expect(new Host(full + string).terminal.pendingWrap).toBe(true);
    }
  });

  test("movement and editing end it", () => {
    for (const function_ of [
      "\x1b[A",
      "\x1b[C",
      "\x1b[H",
      "\r",
      "\b",
      "\x1b[K",
      "\x1b[J",
      "\x1b[X",
      "\x1b[@",
      "\x1b[P",
    ]) {
      expect(new Host(full + function_).terminal.pendingWrap).toBe(false);
    }
  });
});

describe("left and right margins (DECLRMM)", () => {
  const box = "\x1b[?69h\x1b[3;6s";

  test("DECSLRM counts only under mode 69, and homes", () => {
    expect(new Host("\x1b[3;6s\x1b[2;2H").cursor).toEqual([1, 1]);
    expect(new Host(`\x1b[2;2H${box}`).cursor).toEqual([0, 0]);
    expect(new Host(`${box}\x1b[?6h`).cursor).toEqual([0, 2]);
  });

  test("text wraps at the right margin to the left margin", () => {
    expect(screen(`${box}\x1b[1;3Habcdefgh`)).toEqual(["  abcd", "  efgh"]);
    expect(screen(`${box}\x1b[1;9Habc`)).toEqual(["        abc"]);
  });

  test("with auto-wrap off the right margin is overwritten", () => {
    expect(screen(`${box}\x1b[?7l\x1b[1;3Habcdefgh`)).toEqual(["  abch"]);
  });

  test("CR, BS, CUF and CUB respect them", () => {
    expect(new Host(`${box}\x1b[1;5H\r`).cursor).toEqual([0, 2]);
    expect(new Host(`${box}\x1b[1;2H\r`).cursor).toEqual([0, 0]);
    expect(new Host(`${box}\x1b[1;4H\x1b[9C`).cursor).toEqual([0, 5]);
    expect(new Host(`${box}\x1b[1;4H\x1b[9D`).cursor).toEqual([0, 2]);
    expect(new Host(`${box}\x1b[1;3H\b`).cursor).toEqual([0, 2]);
    expect(new Host(`${box}\x1b[1;2H\b`).cursor).toEqual([0, 0]);
  });

  test("scrolling moves only the columns between", () => {
    expect(screen(`\x1b[H1234567\r\nabcdefg\r\nABCDEFG${box}\x1b[S`)).toEqual([
      "12cdef7",
      "abCDEFg",
      "AB    G",
    ]);
    expect(screen(`\x1b[H1234567\r\nabcdefg\r\nABCDEFG${box}\x1b[T`)).toEqual([
      "12    7",
      "ab3456g",
      "ABcdefG",
      "  CDEF",
    ]);
  });

  test("LF at the bottom margin scrolls only from inside", () => {
    expect(screen(`1234567\x1b[6;1Hx${box}\x1b[6;1H\n`)).toEqual(["1234567", "", "", "", "", "x"]);
    expect(screen(`1234567\x1b[6;4Hx${box}\x1b[6;4H\n`)).toEqual(["12    7", "", "", "", "   x"]);
  });

  test("ICH, DCH, IL, DL act between the margins and only from inside", () => {
    expect(screen(`1234567${box}\x1b[1;4H\x1b[@`)).toEqual(["123 457"]);
    expect(screen(`1234567${box}\x1b[1;4H\x1b[P`)).toEqual(["12356 7"]);
    expect(screen(`1234567${box}\x1b[1;1H\x1b[@\x1b[P`)).toEqual(["1234567"]);
    expect(screen(`1234567\r\nabcdefg${box}\x1b[1;4H\x1b[L`)).toEqual(["12    7", "ab3456g", "  cdef"]);
    expect(screen(`1234567\r\nabcdefg${box}\x1b[1;4H\x1b[M`)).toEqual(["12cdef7", "ab    g"]);
    expect(new Host(`${box}\x1b[1;4H\x1b[L`).cursor).toEqual([0, 2]);
  });

  test("DECIC and DECDC shift columns in every row of the region", () => {
    expect(screen(`1234567\r\nabcdefg${box}\x1b[1;4H\x1b['}`)).toEqual(["123 457", "abc deg"]);
    expect(screen(`1234567\r\nabcdefg${box}\x1b[1;4H\x1b['~`)).toEqual(["12356 7", "abcef g"]);
    expect(screen(`${FIVE}\x1b[2;3r\x1b[2;2H\x1b['}`)).toEqual([
      "11111",
      "2 2222",
      "3 3333",
      "44444",
      "55555",
    ]);
    expect(screen(`${FIVE}\x1b[2;3r\x1b[4;2H\x1b['}`)).toEqual(["11111", "22222", "33333", "44444", "55555"]);
  });

  test("DECBI and DECFI scroll at the margins, move elsewhere", () => {
    expect(screen(`1234567${box}\x1b[1;3H\x1b6`)).toEqual(["12 3457"]);
    expect(screen(`1234567${box}\x1b[1;6H\x1b9`)).toEqual(["12456 7"]);
    expect(new Host(`${box}\x1b[1;5H\x1b6`).cursor).toEqual([0, 3]);
    expect(new Host(`${box}\x1b[1;5H\x1b9`).cursor).toEqual([0, 5]);
    expect(new Host(`${box}\x1b[1;1H\x1b6`).cursor).toEqual([0, 0]);
  });

  test("SL and SR scroll sideways", () => {
    expect(screen("1234567\x1b[2 @")).toEqual(["34567"]);
    expect(screen("1234567\x1b[2 A")).toEqual(["  1234567"]);
    expect(screen(`1234567${box}\x1b[ @`)).toEqual(["12456 7"]);
  });

  test("resizing and resets remove them", () => {
    const host = new Host(`${box}\x1b[2;4r`);
    host.terminal.resize(22, 6);
    expect(host.feed("\x1b[1;1H\x1b[$p\x1b[?69$p").reply).toBe("␛[0;0$y␛[?69;2$y");
    expect(new Host(`${box}\x1b[!p\x1b[1;5Habcdef`).cursor).toEqual([0, 10]);
    expect(new Host(`${box}\x1bc\x1b[1;5Habcdef`).cursor).toEqual([0, 10]);
  });
});

describe("scrolling region", () => {
  test("needs at least two lines; the bottom is cut to the screen", () => {
    expect(new Host("\x1b[6;99r").terminal.inspect().scroll_region).toEqual([0, 5]);
    expect(new Host("\x1b[4;4r").terminal.inspect().scroll_region).toEqual([0, 5]);
    expect(new Host("\x1b[5;99r").terminal.inspect().scroll_region).toEqual([4, 5]);
  });

  test("IL and DL outside it do nothing, not even move", () => {
    expect(new Host(`${FIVE}\x1b[2;3r\x1b[5;4H\x1b[L\x1b[M`).cursor).toEqual([4, 3]);
    expect(screen(`${FIVE}\x1b[2;3r\x1b[5;4H\x1b[L`)).toEqual(["11111", "22222", "33333", "44444", "55555"]);
  });

  test("SD with five parameters is highlight tracking, not scrolling; CSI n ^ scrolls", () => {
    expect(screen(`${FIVE}\x1b[1;2;3;4;5T`)).toEqual(["11111", "22222", "33333", "44444", "55555"]);
    expect(screen(`${FIVE}\x1b[2^`)).toEqual(["", "", "11111", "22222", "33333", "44444"]);
  });
});

describe("REP", () => {
  test("repeats the graphic character it follows, and nothing else", () => {
    expect(screen("ab\x1b[3b")).toEqual(["abbbb"]);
    expect(screen("漢\x1b[2b")).toEqual(["漢漢漢"]);
    expect(screen("a\x1b[31m\x1b[2b")).toEqual(["a"]);
    expect(screen("a\x1b[2b\x1b[2b")).toEqual(["aaa"]);
    expect(screen("a\x07\x1b[2b")).toEqual(["a"]);
    expect(screen("\x1b[5b")).toEqual([]);
  });

  test("wraps and respects the margins", () => {
    expect(screen("\x1b[1;19Ha\x1b[3b")).toEqual([`${" ".repeat(18)}aa`, "aa"]);
    expect(screen("\x1b[?69h\x1b[3;6s\x1b[1;3Ha\x1b[5b")).toEqual(["  aaaa", "  aa"]);
  });

  test("a huge count ends where it must", () => {
    expect(screen("a\x1b[65535b", [4, 2])).toEqual(["aaaa", "aaaa"]);
    expect(screen("a\x1b[65534b", [4, 2])).toEqual(["aaaa", "aaa"]);
    expect(new Host("漢\x1b[65535b", [7, 3]).cursor).toEqual([2, 2]);
  });
});

describe("erasing", () => {
  test("DECSED and DECSEL leave what DECSCA protects; ED and EL do not", () => {
    expect(screen('\x1b[1"qab\x1b[0"qcd\x1b[?2K')).toEqual(["ab"]);
    expect(screen('\x1b[1"qab\x1b[0"qcd\x1b[?2J')).toEqual(["ab"]);
    expect(screen('\x1b[1"qab\x1b[2"qcd\x1b[2K')).toEqual([]);
  });

  test("ED, EL and ECH leave what SPA protects", () => {
    expect(screen("\x1bVab\x1bWcd\x1b[2J")).toEqual(["ab"]);
    expect(screen("\x1bVab\x1bWcd\r\x1b[K")).toEqual(["ab"]);
    expect(screen("\x1bVab\x1bWcd\r\x1b[9X")).toEqual(["ab"]);
  });

  test("ED 3 leaves the screen alone", () => {
    expect(screen("abc\x1b[3J")).toEqual(["abc"]);
  });

  test("erased cells keep the pen's background, RGB too", () => {
    const host = new Host("\x1b[1;4;48;2;1;2;3mx\x1b[K");
    expect(host.style(0, 5)).toBe("0;48;2;1;2;3");
  });
});

describe("rectangles", () => {
  const grid = "\x1b[Habcdef\r\nghijkl\r\nmnopqr\r\nstuvwx";

  test("DECFRA fills with the pen", () => {
    const host = new Host(`${grid}\x1b[31m\x1b[42;2;2;3;4$x`);
    expect(host.lines).toEqual(["abcdef", "g***kl", "m***qr", "stuvwx"]);
    expect(host.style(1, 1)).toBe("0;31");
    expect(screen(`${grid}\x1b[7;2;2;3;4$x`)).toEqual(["abcdef", "ghijkl", "mnopqr", "stuvwx"]);
  });

  test("DECERA erases, DECSERA leaves the protected and the renditions", () => {
    expect(screen(`${grid}\x1b[2;2;3;4$z`)).toEqual(["abcdef", "g   kl", "m   qr", "stuvwx"]);
    const host = new Host('\x1b[31ma\x1b[1"qb\x1b[0"qc\x1b[1;1;1;3${');
    expect(host.lines).toEqual([" b"]);
    expect(host.style(0, 2)).toBe("0;31");
  });

  test("DECCRA copies, also onto itself, cut at the edge", () => {
    expect(screen(`${grid}\x1b[1;1;2;2;1;3;3;1$v`)).toEqual(["abcdef", "ghijkl", "mnabqr", "stghwx"]);
    expect(screen(`${grid}\x1b[1;1;3;3;1;2;2;1$v`)).toEqual(["abcdef", "gabckl", "mghiqr", "smnowx"]);
    expect(screen(`${grid}\x1b[2;2;4;4;1;1;1;1$v`)).toEqual(["hijdef", "nopjkl", "tuvpqr", "stuvwx"]);
    expect(screen(`${grid}\x1b[1;1;2;6;1;6;19;1$v`).at(-1)).toBe(`${" ".repeat(18)}ab`);
  });

  test("DECCARA and DECRARA change attributes: a stream of text, or a rectangle under DECSACE 2", () => {
    const stream = new Host(`${grid}\x1b[1;5;2;2;1$r`);
    expect([stream.style(0, 3), stream.style(0, 4), stream.style(1, 1), stream.style(1, 2)]).toEqual([
      "0",
      "0;1",
      "0;1",
      "0",
    ]);
    const box = new Host(`${grid}\x1b[2*x\x1b[1;2;2;3;1;4$r`);
    expect([box.style(0, 0), box.style(0, 1), box.style(1, 2), box.style(1, 3)]).toEqual([
      "0",
      "0;1;4",
      "0;1;4",
      "0",
    ]);
    const reversed = new Host(`\x1b[1mab\x1b[0m\x1b[2*x\x1b[1;1;1;3;1;7$t`);
    expect([reversed.style(0, 0), reversed.style(0, 2)]).toEqual(["0;7", "0;1;7"]);
  });

  test("are relative under DECOM, and do not care for margins otherwise", () => {
    expect(screen(`${grid}\x1b[2;4r\x1b[?6h\x1b[42;1;1;1;2$x`)).toEqual([
      "abcdef",
      "**ijkl",
      "mnopqr",
      "stuvwx",
    ]);
    expect(screen(`${grid}\x1b[2;3r\x1b[42;1;1;4;1$x`)).toEqual(["*bcdef", "*hijkl", "*nopqr", "*tuvwx"]);
  });

  test("one whose end is before its start does nothing; the cursor stays", () => {
    const host = new Host(`${grid}\x1b[2;3H\x1b[42;3;3;2;2$x`);
    expect(host.lines).toEqual(["abcdef", "ghijkl", "mnopqr", "stuvwx"]);
    expect(host.cursor).toEqual([1, 2]);
  });
});
