import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type Behaviour,
  Editor,
  Pager,
  pagerText,
  parseRecording,
  Replay,
  Typist,
} from "../../bench/load/behaviour.ts";
import { parseMix, shareOut } from "../../bench/load/mix.ts";
import { loadCore } from "../../wasm-core/load.ts";
import { Random } from "../simulation/random.ts";

const core = await loadCore();
const encoder = new TextEncoder();

/** What a terminal driver and cat make of a key. */
class EchoingCat {
  #line = "";
  answer(keys: Uint8Array): string {
    const key = String.fromCharCode(keys[0]!);
    if (key !== "\r") {
      this.#line += key;
      return key;
    }
    const line = this.#line;
    this.#line = "";
    return `\r\n${line}\r\n`;
  }
}

/** What vim's screen would make of a key, as far as text goes. */
function editorAnswer(keys: Uint8Array): string {
  const key = String.fromCharCode(keys[0]!);
  return key === "\r" ? "\r\n" : key;
}

/**
 * Types `count` keys of which the screen always shows all but the last `behind`, and expects that to be seen after each.
 */
function expectSeen(
  behaviour: Behaviour,
  answer: (keys: Uint8Array) => string,
  behind: number,
  count = 400,
): void {
  const random = new Random(5);
  const screen = core.createTerminal(80, 24, "host");
  const marks: number[] = [];
  const held: { mark: number | undefined; output: string }[] = [];
  for (let i = 0; i < count; i++) {
    const stroke = behaviour.next(random)!;
    if (stroke.mark !== undefined) marks.push(stroke.mark);
    held.push({ mark: stroke.mark, output: answer(stroke.keys) });
    const due = held.length > behind ? held.shift() : undefined;
    if (due) screen.feed(encoder.encode(due.output));
    const shown = behaviour.shown(screen, marks);
    expect([i, shown]).toEqual([i, due?.mark === undefined ? 0 : 1]);
    marks.splice(0, shown);
  }
  screen.free();
}

describe("a typist", () => {
  test("knows each echo when it comes, however many keys are under way", () => {
    for (const behind of [0, 1, 5, 40]) {
      const cat = new EchoingCat();
      expectSeen(new Typist(4), (keys) => cat.answer(keys), behind);
    }
  });

  test("knows many echoes that come in one frame, over the end of a line, too", () => {
    const random = new Random(6);
    for (let burst = 1; burst <= 60; burst += 7) {
      const typist = new Typist(4);
      const cat = new EchoingCat();
      const screen = core.createTerminal(80, 24, "host");
      for (let round = 0; round < 20; round++) {
        const marks: number[] = [];
        for (let i = 0; i < burst; i++) {
          const stroke = typist.next(random);
          marks.push(stroke.mark!);
          screen.feed(encoder.encode(cat.answer(stroke.keys)));
        }
        expect(typist.shown(screen, marks)).toBe(burst);
      }
      screen.free();
    }
  });

  test("takes a screen on which nothing happened for what it is", () => {
    const typist = new Typist(4);
    const screen = core.createTerminal(80, 24, "host");
    const random = new Random(7);
    const marks = [typist.next(random).mark!, typist.next(random).mark!];
    expect(typist.shown(screen, marks)).toBe(0);
    screen.free();
  });

  test("keeps its rate, and two of them do not strike in step", () => {
    const [a, b] = [new Random(1), new Random(2)];
    const [one, other] = [new Typist(5), new Typist(5)];
    const waits = Array.from({ length: 4000 }, () => [one.next(a).wait, other.next(b).wait] as const);
    const mean = waits.reduce((sum, [wait]) => sum + wait, 0) / waits.length;
    expect(mean).toBeGreaterThan(195);
    expect(mean).toBeLessThan(205);
    expect(waits.filter(([x, y]) => Math.abs(x - y) < 1).length).toBeLessThan(waits.length / 20);
  });
});

test("an editor's text is seen, its motions are left to the echo ack", () => {
  const editor = new Editor(4);
  const motions: string[] = [];
  expectSeen(
    editor,
    (keys) => {
      const key = String.fromCharCode(keys[0]!);
      const isText = /[A-Za-z\r]/.test(key) && motions.length === 0;
      if (isText) return editorAnswer(keys);
      if (key === "A") motions.length = 0;
      else motions.push(key);
      return "";
    },
    0,
  );
});

test("a pager is seen to be where its keys have taken it, through the end of the text and back", () => {
  const lines = pagerText().split("\n");
  let top = 1;
  const draw = (): string => `\x1b[H\x1b[2J${lines.slice(top - 1, top + 22).join("\r\n")}\r\n:`;
  expectSeen(
    new Pager(4, "text"),
    (keys) => {
      const key = String.fromCharCode(keys[0]!);
      top = key === "g" ? 1 : top + (key === "j" ? 1 : 23);
      return draw();
    },
    0,
    900,
  );
});

describe("a recording", () => {
  const file = join(import.meta.dir, "..", "recordings", "typing", "bash.jsonl");

  test("is typed key for key, in its own time, into its own program", () => {
    const text = readFileSync(file, "utf8");
    const replay = new Replay(parseRecording(text), undefined);
    expect(replay.command[0]).toBe("bash");
    let at = 0;
    for (const line of text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))) {
      if (line.keys === undefined) continue;
      const stroke = replay.next()!;
      at += stroke.wait;
      expect([at, new TextDecoder().decode(stroke.keys)]).toEqual([line.at, line.keys]);
    }
    expect(replay.next()).toBeUndefined();
  });

  test("may be an asciicast with its input, with times since the start or since the event before", () => {
    const cast = (head: object, events: readonly unknown[]): string =>
      [head, ...events].map((line) => JSON.stringify(line)).join("\n");
    const two = cast({ version: 2, width: 80, height: 24 }, [
      [0.5, "o", "$ "],
      [1, "i", "l"],
      [1.1, "o", "l"],
      [1.25, "i", "s\r"],
    ]);
    const three = cast({ version: 3, term: { cols: 80, rows: 24 } }, [
      [0.5, "o", "$ "],
      [0.5, "i", "l"],
      [0.1, "o", "l"],
      [0.15, "i", "s\r"],
    ]);
    for (const text of [two, `${three}\n# a comment`]) {
      const { strokes } = parseRecording(text);
      expect(strokes.map(({ keys }) => new TextDecoder().decode(keys))).toEqual(["l", "s\r"]);
      expect(strokes[0]!.wait).toBeCloseTo(1000, 6);
      expect(strokes[1]!.wait).toBeCloseTo(250, 6);
      expect(() => new Replay(parseRecording(text), undefined)).toThrow("give --replay-command");
    }
    expect(() => parseRecording(cast({ version: 2 }, [[1, "o", "x"]]))).toThrow("record it with its input");
  });

  test("that is none, or of an unknown program, is refused with what is wrong", () => {
    expect(() => parseRecording("")).toThrow("line 1");
    expect(() => parseRecording('{"format":"other"}')).toThrow("sterna typing 1");
    expect(() => parseRecording('{"format":"sterna typing 1","name":"x"}\nnonsense')).toThrow("line 2");
    expect(() => parseRecording('{"format":"sterna typing 1","name":"x"}')).toThrow("no keys");
    const odd = parseRecording('{"format":"sterna typing 1","name":"odd"}\n{"at":1,"keys":"a"}');
    expect(() => new Replay(odd, undefined)).toThrow('"odd"');
    expect(new Replay(odd, ["sh"]).command).toEqual(["sh"]);
  });
});

describe("a mix", () => {
  test("is shared out exactly and evenly", () => {
    const names = shareOut(parseMix("idle=90,typist=9,flood=1"), 1000);
    const count = (name: string, from: readonly string[]): number => from.filter((n) => n === name).length;
    expect(["idle", "typist", "flood"].map((name) => count(name, names))).toEqual([900, 90, 10]);
    for (let at = 0; at < 1000; at += 100) expect(count("typist", names.slice(at, at + 100))).toBe(9);
  });

  test("of one is all of it, and nonsense is refused by name", () => {
    expect(shareOut(parseMix("editor"), 3)).toEqual(["editor", "editor", "editor"]);
    expect(() => parseMix("idle=1,typer=2")).toThrow("typer=2");
    expect(() => parseMix("idle=0")).toThrow("no behaviour");
    expect(() => parseMix("")).toThrow();
  });
});
