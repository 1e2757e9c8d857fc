/** The terminfo reader against infocmp, against both file formats, and against hostile files. */
import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  colorsMessage,
  lookUpTerminfo,
  parseTerminfo,
  sessionMessage,
  type Terminfo,
} from "../../../client/terminfo.ts";
import { peer } from "../../peers.ts";

const scratch = mkdtempSync(join(tmpdir(), "sterna-terminfo-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Undoes infocmp's escapes and drops padding. */
function unescaped(source: string): Buffer {
  const plain = source.replace(
    /\\E|\\e|\\n|\\l|\\r|\\t|\\b|\\f|\\s|\\[0-7]{1,3}|\\.|\^\?|\^./g,
    (escaped) => {
      const named: Record<string, string> = {
        E: "\x1b",
        e: "\x1b",
        n: "\n",
        l: "\n",
        r: "\r",
        t: "\t",
        b: "\b",
        f: "\f",
        s: " ",
      };
      if (escaped === "^?") return "\x7f";
      if (escaped[0] === "^") return String.fromCharCode(escaped.charCodeAt(1) & 31);
      if (/^\\[0-7]/.test(escaped)) return String.fromCharCode(Number.parseInt(escaped.slice(1), 8) & 0x7f);
      return named[escaped[1]!] ?? escaped[1]!;
    },
  );
  return Buffer.from(plain.replace(/\$<[0-9.]+[*/]*>/g, ""), "latin1");
}

function viaInfocmp(name: string) {
  const lines = Buffer.from(Bun.spawnSync(["infocmp", "-1", "-I", name]).stdout)
    .toString("latin1")
    .split("\n");
  const capabilities = lines
    .filter((line) => line.startsWith("\t"))
    .map((line) => line.trim().replace(/,$/, ""));
  const text = (key: string) => capabilities.find((c) => c.startsWith(`${key}=`))?.slice(key.length + 1);
  return {
    colors: Number(capabilities.find((c) => c.startsWith("colors#"))?.slice(7) ?? -1),
    backColorErase: capabilities.includes("bce"),
    eraseChars: text("ech") !== undefined,
    enterScreen: unescaped(text("smcup") ?? ""),
    exitScreen: unescaped(text("rmcup") ?? ""),
    hardcopy: capabilities.includes("hc"),
    generic: capabilities.includes("gn"),
  };
}

function installedNames(): string[] {
  const names = new Set<string>();
  for (const directory of ["/etc/terminfo", "/lib/terminfo", "/usr/share/terminfo"]) {
    try {
      for (const folder of readdirSync(directory)) {
        if (folder.length > 2) continue;
        for (const name of readdirSync(join(directory, folder))) names.add(name);
      }
    } catch {
      // This system keeps its entries elsewhere.
    }
  }
  return [...names].sort();
}

describe("terminfo against infocmp", () => {
  peer("infocmp")("a spread of the installed entries reads the same", () => {
    const all = installedNames();
    const everyday = all.filter((name) =>
      /^(xterm|tmux|screen|rxvt|linux|vt100|vt220|dumb|ansi|alacritty|kitty|foot|konsole|gnome|st-)/.test(
        name,
      ),
    );
    const step = Math.max(1, Math.floor(all.length / 150));
    const sample = new Set([...everyday.slice(0, 150), ...all.filter((_, index) => index % step === 0)]);
    expect(sample.size).toBeGreaterThan(5);
    let usable = 0;
    for (const name of sample) {
      const expected = viaInfocmp(name);
      const found = lookUpTerminfo(name, {});
      if (typeof found === "string") {
        expect({ name, found }).toEqual({ name, found: expected.hardcopy ? "hardcopy" : "generic" });
        expect(found === "hardcopy" ? expected.hardcopy : expected.generic).toBe(true);
        continue;
      }
      usable++;
      expect({ name, ...plain(found) }).toEqual({
        name,
        colors: expected.colors,
        backColorErase: expected.backColorErase,
        eraseChars: expected.eraseChars,
        enterScreen: expected.enterScreen.toString("latin1"),
        exitScreen: expected.exitScreen.toString("latin1"),
      });
    }
    expect(usable).toBeGreaterThan(sample.size / 2);
  });

  peer("tic", "infocmp")("both number formats, hexadecimal folders, padding and every search place", () => {
    const home = join(scratch, "home");
    const source = join(scratch, "source.ti");
    // 0x10000 colors need 32-bit numbers; 256 fit the legacy format.
    writeFileSync(
      source,
      [
        "sterna-wide|test, am, bce, colors#65536, ech=\\E[%p1%dX, smcup=\\E[?1049h$<20/>, rmcup=$<5*>\\E[?1049l,",
        "sterna-legacy|test, am, colors#256, smcup=\\E7,",
        "",
      ].join("\n"),
    );
    mkdirSync(join(home, ".terminfo"), { recursive: true });
    const made = Bun.spawnSync(["tic", "-x", "-o", join(home, ".terminfo"), source]);
    expect(made.exitCode).toBe(0);

    const wide = lookUpTerminfo("sterna-wide", { HOME: home }, []) as Terminfo;
    expect(plain(wide)).toEqual({
      colors: 65536,
      backColorErase: true,
      eraseChars: true,
      enterScreen: "\x1b[?1049h",
      exitScreen: "\x1b[?1049l",
    });
    const legacy = lookUpTerminfo("sterna-legacy", { TERMINFO: join(home, ".terminfo") }, []) as Terminfo;
    expect(plain(legacy)).toEqual({
      colors: 256,
      backColorErase: false,
      eraseChars: false,
      enterScreen: "\x1b7",
      exitScreen: "",
    });
    const dirs = { TERMINFO_DIRS: `/nowhere:${join(home, ".terminfo")}` };
    expect((lookUpTerminfo("sterna-wide", dirs, []) as Terminfo).colors).toBe(65536);
    // An empty element is the system's list.
    const viaEmpty = { TERMINFO_DIRS: "/nowhere:" };
    expect((lookUpTerminfo("sterna-wide", viaEmpty, [join(home, ".terminfo")]) as Terminfo).colors).toBe(
      65536,
    );

    const hexTree = join(scratch, "hex");
    mkdirSync(join(hexTree, "73"), { recursive: true });
    const compiled = readdirSync(join(home, ".terminfo")).map((folder) => join(home, ".terminfo", folder));
    const bytes = readFileSync(join(compiled[0]!, "sterna-wide"));
    writeFileSync(join(hexTree, "73", "sterna-wide"), bytes);
    expect((lookUpTerminfo("sterna-wide", { TERMINFO: hexTree }, []) as Terminfo).colors).toBe(65536);

    const inVariable = { TERMINFO: `hex:${bytes.toString("hex")}` };
    expect((lookUpTerminfo("sterna-wide", inVariable, []) as Terminfo).colors).toBe(65536);
    expect(lookUpTerminfo("sterna-other", inVariable, [])).toBe("unknown");
    const inBase64 = { TERMINFO: `b64:${bytes.toString("base64url")}` };
    expect((lookUpTerminfo("sterna-wide", inBase64, []) as Terminfo).colors).toBe(65536);
  });
});

describe("terminfo lookup", () => {
  test("failures are told apart", () => {
    const empty = join(scratch, "empty");
    mkdirSync(empty, { recursive: true });
    expect(lookUpTerminfo(undefined, {}, [empty])).toBe("no-term");
    expect(lookUpTerminfo("", {}, [empty])).toBe("no-term");
    expect(lookUpTerminfo("xterm", {}, [empty])).toBe("unknown");
    expect(lookUpTerminfo("xterm", {}, [join(scratch, "missing")])).toBe("no-database");
    expect(sessionMessage("unknown")).toBe("Error: Unknown terminal type.");
    expect(sessionMessage("no-term")).toBe("Error: Terminfo database could not be found.");
    expect(colorsMessage("unknown", "nosuch")).toBe("'nosuch': unknown terminal type.");
  });

  test("a name never leaves its directory", () => {
    const tree = join(scratch, "tree");
    mkdirSync(join(tree, "x"), { recursive: true });
    for (const name of ["../x/xterm", "x/../../y", "..", ".", "x\0y", "x".repeat(5000)]) {
      expect(lookUpTerminfo(name, { TERMINFO: tree }, [])).toBe("unknown");
    }
  });

  test("files that are no entries are passed over", () => {
    const tree = join(scratch, "hostile");
    mkdirSync(join(tree, "h", "hdir"), { recursive: true });
    writeFileSync(join(tree, "h", "hlong"), new Uint8Array(40_000).fill(0x1a));
    writeFileSync(join(tree, "h", "hempty"), "");
    Bun.spawnSync(["mkfifo", join(tree, "h", "hfifo")]);
    for (const name of ["hdir", "hlong", "hempty", "hfifo"]) {
      expect(lookUpTerminfo(name, { TERMINFO: tree }, [])).toBe("unknown");
    }
  });
});

describe("hostile entries", () => {
  /** A minimal legacy entry with 41 strings, the last offset pointing where the case says. */
  function entry(offset: number, table = "\x1b[?1049l\0"): Uint8Array {
    const names = "h|hostile\0";
    const header = [0o432, names.length, 0, 0, 41, table.length];
    const bytes = new Uint8Array(12 + names.length + 82 + table.length);
    const view = new DataView(bytes.buffer);
    header.forEach((value, index) => {
      view.setInt16(index * 2, value, true);
    });
    bytes.set(Buffer.from(names), 12);
    bytes.fill(0xff, 12 + names.length, 12 + names.length + 82);
    view.setInt16(12 + names.length + 80, offset, true);
    bytes.set(Buffer.from(table, "latin1"), 12 + names.length + 82);
    return bytes;
  }

  test("offsets outside the string table and strings without an end count as absent", () => {
    expect(Buffer.from(parseTerminfo(entry(0))!.exitScreen).toString()).toBe("\x1b[?1049l");
    for (const offset of [-1, -2, 9, 10, 32767, -32768]) {
      expect(parseTerminfo(entry(offset))!.exitScreen.length).toBe(0);
    }
    expect(parseTerminfo(entry(0, "no end"))!.exitScreen.length).toBe(0);
  });

  test("random and damaged bytes never throw", () => {
    const seed = 20260;
    let state = seed;
    const random = () => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return state >>> 16;
    };
    const good = entry(0);
    for (let round = 0; round < 5000; round++) {
      const bytes = good.slice(0, 1 + (random() % good.length));
      for (let flips = random() % 8; flips >= 0; flips--) bytes[random() % bytes.length] = random() & 0xff;
      if (bytes.length > 1) {
        bytes[0] = 0x1a;
        bytes[1] = 0x01;
      }
      const parsed = parseTerminfo(bytes);
      if (parsed) expect(parsed.colors).toBeGreaterThanOrEqual(-1);
    }
  });
});

function plain(found: Terminfo) {
  return {
    colors: found.colors,
    backColorErase: found.backColorErase,
    eraseChars: found.eraseChars,
    enterScreen: Buffer.from(found.enterScreen).toString("latin1"),
    exitScreen: Buffer.from(found.exitScreen).toString("latin1"),
  };
}
