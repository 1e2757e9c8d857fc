/** What the host role answers its child, and its character sets. */
import { afterAll, describe, expect, test } from "bun:test";
import { freeAll, Host, screen } from "./host.ts";

afterAll(freeAll);

const answer = (request: string) => new Host(request).reply;

describe("device attributes and status", () => {
  test.each([
    ["DA1", "\x1b[c", "␛[?65;6;9;15;21;22;28c"],
    ["DA1 0", "\x1b[0c", "␛[?65;6;9;15;21;22;28c"],
    ["DA1 with another parameter", "\x1b[1c", ""],
    ["DECID", "\x1bZ", "␛[?65;6;9;15;21;22;28c"],
    ["DECID after other parameters", "\x1b[5;5H\x1bZ", "␛[?65;6;9;15;21;22;28c"],
    ["DA2", "\x1b[>c", "␛[>65;3000;0c"],
    ["DA3", "\x1b[=c", "␛P!|00000000␛\\"],
    ["XTVERSION", "\x1b[>q", "␛P>|Sterna(0.1.0)␛\\"],
    ["DECREQTPARM", "\x1b[x", "␛[2;1;1;128;128;1;0x"],
    ["DECREQTPARM 1", "\x1b[1x", "␛[3;1;1;128;128;1;0x"],
    ["DSR 5", "\x1b[5n", "␛[0n"],
    ["CPR", "\x1b[2;3H\x1b[6n", "␛[2;3R"],
    ["DECXCPR", "\x1b[2;3H\x1b[?6n", "␛[?2;3;1R"],
    ["printer", "\x1b[?15n", "␛[?13n"],
    ["keys", "\x1b[?25n", "␛[?20n"],
    ["keyboard", "\x1b[?26n", "␛[?27;1;0;0n"],
    ["locator", "\x1b[?53n\x1b[?55n", "␛[?50n␛[?50n"],
    ["locator type", "\x1b[?56n", "␛[?57;0n"],
    ["macro space", "\x1b[?62n", "␛[0*{"],
    ["macro checksum", "\x1b[?63;123n", "␛P123!~0000␛\\"],
    ["data integrity", "\x1b[?75n", "␛[?70n"],
    ["sessions", "\x1b[?85n", "␛[?83n"],
    ["unknown", "\x1b[?99n\x1b[7n", ""],
    ["supplemental set", "\x1b[&u", "␛P0!u%5␛\\"],
    ["size in characters", "\x1b[18t\x1b[19t", "␛[8;6;20t␛[9;6;20t"],
    ["window state and position", "\x1b[11t\x1b[13t", "␛[1t␛[3;0;0t"],
    ["titles are not told", "\x1b]2;x\x07\x1b[20t\x1b[21t", ""],
    ["pixels are not known", "\x1b[14t\x1b[16t", ""],
    ["ENQ", "\x05", ""],
  ])("%s", (_, request, reply) => {
    expect(answer(request)).toBe(reply);
  });
});

describe("DECRQM", () => {
  test.each([
    [1, 2],
    [3, 2],
    [7, 1],
    [8, 3],
    [25, 1],
    [40, 2],
    [45, 2],
    [69, 2],
    [1000, 2],
    [1006, 2],
    [1016, 2],
    [1045, 2],
    [1049, 2],
    [2004, 2],
    [2026, 2],
    [2027, 4],
    [12345, 0],
  ])("private mode %d is %d", (mode, state) => {
    expect(answer(`\x1b[?${mode}$p`)).toBe(`␛[?${mode};${state}$y`);
  });

  test("follows the mode, for every one that can be set", () => {
    for (const mode of [
      1, 4, 5, 6, 7, 9, 12, 18, 19, 25, 35, 41, 42, 45, 47, 66, 67, 69, 95, 1000, 1001, 1002, 1003,
    ]) {
      expect(answer(`\x1b[?${mode}h\x1b[?${mode}$p\x1b[?${mode}l\x1b[?${mode}$p`)).toBe(
        `␛[?${mode};1$y␛[?${mode};2$y`,
      );
    }
    for (const mode of [1004, 1005, 1006, 1007, 1015, 1016, 1045, 1047, 1049, 2004, 2026]) {
      expect(answer(`\x1b[?${mode}h\x1b[?${mode}$p\x1b[?${mode}l\x1b[?${mode}$p`)).toBe(
        `␛[?${mode};1$y␛[?${mode};2$y`,
      );
    }
    for (const mode of [2, 4, 12, 20]) {
      expect(answer(`\x1b[${mode}h\x1b[${mode}$p\x1b[${mode}l\x1b[${mode}$p`)).toBe(
        `␛[${mode};1$y␛[${mode};2$y`,
      );
    }
    expect(answer("\x1b[1$p\x1b[99$p")).toBe("␛[1;4$y␛[99;0$y");
  });

  test("is not there below conformance level 3; DECSLRM not below 4; DECNCSM not below 5", () => {
    expect(answer('\x1b[62;1"p\x1b[4$p')).toBe("");
    expect(answer('\x1b[63;1"p\x1b[?69h\x1b[?69$p')).toBe("␛[?69;2$y");
    expect(answer('\x1b[64;1"p\x1b[?95h\x1b[?95$p')).toBe("␛[?95;2$y");
  });
});

describe("DECRQSS", () => {
  const ask = (setting: string, before = "") => answer(`${before}\x1bP$q${setting}\x1b\\`);

  test.each([
    ["m", "", "0"],
    ["m", "\x1b[1m", "0;1"],
    ["m", "\x1b[1;2;3;4;5;7;8;9;53m", "0;1;2;3;4;5;7;8;9;53"],
    ["m", "\x1b[4:3;31;102m", "0;4:3;31;102"],
    ["m", "\x1b[38;5;20;48;2;1;2;3;58:5:9m", "0;38:5:20;48:2::1:2:3;58:5:9"],
    ["r", "\x1b[2;4r", "2;4"],
    ["s", "\x1b[?69h\x1b[3;9s", "3;9"],
    ["t", "", "6"],
    ["*|", "", "6"],
    ['"p', "", "65;1"],
    ['"p', '\x1b[62"p', "62;1"],
    ['"q', '\x1b[1"q', "1"],
    [" q", "\x1b[4 q", "4"],
    ["*x", "\x1b[2*x", "2"],
    ["$}", "", "0"],
    ["$~", "", "0"],
  ])("%s after %j", (setting, before, value) => {
    expect(ask(setting, before)).toBe(`␛P1$r${value}${setting}␛\\`);
  });

  test("an unknown setting is told to be so, and not told back", () => {
    expect(ask("x\nrm")).toBe("␛P0$r␛\\");
    expect(ask("")).toBe("␛P0$r␛\\");
    expect(ask("z".repeat(20000))).toBe("␛P0$r␛\\");
  });

  test("a cancelled DCS is not answered", () => {
    expect(answer("\x1bP$qm\x18\x1bP$qm\x1a")).toBe("");
    expect(answer("\x1bP$qm\u009c")).toBe("␛P1$r0m␛\\");
  });
});

describe("XTGETTCAP", () => {
  test("knows Co, colors, TN and RGB", () => {
    expect(answer("\x1bP+q436F\x1b\\")).toBe("␛P1+r436F=323536␛\\");
    expect(answer("\x1bP+q636f6c6f7273;544e\x1b\\")).toBe(
      "␛P1+r636f6c6f7273=323536␛\\␛P1+r544e=787465726D2D323536636F6C6F72␛\\",
    );
    expect(answer("\x1bP+q524742\x1b\\")).toBe("␛P1+r524742=382F382F38␛\\");
  });

  test("tells back an unknown name only if it is hexadecimal", () => {
    expect(answer("\x1bP+q616263\x1b\\")).toBe("␛P0+r616263␛\\");
    expect(answer("\x1bP+qrm -rf\x1b\\")).toBe("␛P0+r␛\\");
  });
});

describe("DECRQCRA", () => {
  const sum = (input: string) => /!~([0-9A-F]{4})/.exec(answer(input))?.[1];

  test("is the negative sum of the characters, blanks included", () => {
    expect(answer("ab\x1b[7;1;1;1;1;2*y")).toBe("␛P7!~FF3D␛\\");
    expect(sum("\x1b[1;1;1;1;1;1*y")).toBe("FFE0");
  });

  test("XTCHECKSUM: positive, attributes, blanks", () => {
    expect(sum("\x1b[7#ya\x1b[1;1;1;1;1;1*y")).toBe("0061");
    expect(sum("\x1b[1m\x1b[5#ya\x1b[1;1;1;1;1;1*y")).toBe("00E1");
    expect(sum("\x1b[3#ya \x1b[1;1;1;1;1;2*y")).toBe("0061");
    expect(sum("\x1b[15#ya\x1b[1;1;1;1;1;3*y")).toBe("0061");
  });

  test("is relative under DECOM", () => {
    expect(sum("\x1b[7#y\x1b[3;1Hx\x1b[3;5r\x1b[?6h\x1b[1;1;1;1;1;1*y")).toBe("0078");
  });
});

test("answers and typed bytes keep their order; too many answers are dropped, typed bytes never", () => {
  const host = new Host("\x1b[5n");
  host.terminal.translateInput(new TextEncoder().encode("a\x1bOA"));
  expect(host.feed("\x1b[6n").reply).toBe("␛[0na␛[A␛[1;1R");
  host.feed("\x1b[5n".repeat(100000));
  host.terminal.translateInput(new TextEncoder().encode("x"));
  const reply = host.reply;
  expect(reply.endsWith("x")).toBe(true);
  expect(reply.length).toBeLessThan(70000);
});

describe("character sets", () => {
  test("DEC special graphics in G0 and G1", () => {
    expect(screen("\x1b(0lqk`a\x1b(Blqk")).toEqual(["┌─┐◆▒lqk"]);
    expect(screen("\x1b)0a\x0eqx\x0fqx")).toEqual(["a─│qx"]);
    expect(screen("\x1b(0\x5f\x1b(B|").map((line) => line.replace("\u00a0", "·"))).toEqual(["·|"]);
  });

  test("locking and single shifts of G2 and G3", () => {
    expect(screen("\x1b*0\x1bnqq\x0fq")).toEqual(["──q"]);
    expect(screen("\x1b+0\x1boqq\x0fq")).toEqual(["──q"]);
    expect(screen("\x1b*0\x1bNqq")).toEqual(["─q"]);
    expect(screen("\x1b+0\x1bOqq")).toEqual(["─q"]);
    expect(screen("\x1b*0\u008eqq")).toEqual(["─q"]);
  });

  test("the British set; Latin-1 as a set of 96", () => {
    expect(screen("\x1b(A#\x1b(B#")).toEqual(["£#"]);
    expect(screen("\x1b-A\x0eiA\x0f")).toEqual(["éÁ"]);
  });

  test("national sets need mode 42", () => {
    expect(screen("\x1b(K[\\]{|}~\x1b[?42h[\\]{|}~")).toEqual(["[\\]{|}~ÄÖÜäöüß"]);
    expect(screen("\x1b[?42h\x1b(R@{\x1b(f@{\x1b(=_")).toEqual(["àéàéè"]);
    expect(screen("\x1b[?42h\x1b(Hx\x1b[!p]")).toEqual(["x]"]);
  });

  test("DEC supplemental and technical", () => {
    expect(screen("\x1b(<iW(\x1b(%5}\x1b(B}")).toEqual(["éŒ¤ÿ}"]);
    expect(screen("\x1b(>abz{\x1b(B")).toEqual(["αβζ←"]);
  });

  test("leave characters beyond 7F alone", () => {
    expect(screen("\x1b(0é漢q")).toEqual(["é漢─"]);
  });

  test("REP repeats the mapped character", () => {
    expect(screen("\x1b(0q\x1b[2b")).toEqual(["───"]);
  });
});
