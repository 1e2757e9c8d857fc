/** The engine by itself, on a screen made of arrays: as another terminal would embed it. */
import { describe, expect, test } from "bun:test";
import { PredictionEngine } from "../../../client/prediction/engine.ts";
import { PlainScreen, UNDERLINED } from "./plain-screen.ts";

const type = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A prompt after one confirmed key: from here on guesses are shown. */
function confident(options: { overwrite?: boolean; cols?: number } = {}): {
  engine: PredictionEngine;
  remote: PlainScreen;
  drawn: () => PlainScreen;
} {
  const engine = new PredictionEngine({
    mode: "always",
    width: () => 1,
    overwrite: options.overwrite ?? false,
  });
  const remote = new PlainScreen(4, options.cols ?? 20).print("$ ");
  const drawn = (): PlainScreen => {
    const target = remote.copy();
    engine.cull(target, 0);
    engine.apply(target);
    return target;
  };
  engine.network(0, 100);
  engine.keys(type("a"), drawn(), 1, 0);
  remote.print("a");
  engine.network(2, 100);
  drawn();
  return { engine, remote, drawn };
}

describe("prediction on a screen of arrays", () => {
  test("the first key waits for its echo, the next is shown and underlined at once", () => {
    const { engine, drawn } = confident();
    engine.keys(type("b"), drawn(), 2, 0);
    const shown = drawn();
    expect(shown.text(0)).toBe("$ ab");
    expect(shown.glyph(0, 3).rendition).toBe(UNDERLINED);
    expect(shown.cursorCol).toBe(4);
  });

  test("a wrong guess disappears with the frame that refutes it", () => {
    const { engine, remote, drawn } = confident();
    engine.keys(type("b"), drawn(), 2, 0);
    remote.print("*");
    engine.network(3, 100);
    expect(drawn().text(0)).toBe("$ a*");
  });

  test("after Return nothing typed is shown before the server has shown one character of it: a password stays hidden", () => {
    const { engine, remote, drawn } = confident();
    engine.keys(type("\r"), drawn(), 2, 0);
    remote.print("\nPassword:");
    engine.network(3, 100);
    for (const key of "secret") engine.keys(type(key), drawn(), 3, 0);
    expect(drawn().text(1)).toBe("Password:");
    engine.network(9, 100);
    expect(drawn().text(1)).toBe("Password:");
  });

  test("a read of more than 100 bytes is a paste: nothing is guessed", () => {
    const { engine, drawn } = confident();
    engine.keys(type("x".repeat(101)), drawn(), 2, 0);
    expect(drawn().text(0)).toBe("$ a");
    expect(engine.inspect().cells).toEqual([]);
  });

  test("what is remembered of a cell stays small however many keys wait for their echo", () => {
    const { engine, drawn } = confident({ cols: 80 });
    for (let key = 0; key < 3000; key++) engine.keys(type(key % 2 ? "\x7f" : "x"), drawn(), 2, 0);
    expect(engine.remembered).toBeLessThan(80 * 8);
  });

  test("ill-formed UTF-8 and split sequences never throw, and state is kept between reads", () => {
    const { engine, drawn } = confident();
    for (const bytes of [
      [0xc3],
      [0xa9],
      [0xff, 0xc0],
      [0xf0, 0x9f],
      [0x1b],
      [0x5b],
      [0x43],
      [0x1b, 0x4f, 0x44],
    ]) {
      engine.keys(Uint8Array.from(bytes), drawn(), 2, 0);
    }
    expect(drawn().text(0)).toStartWith("$ aé");
  });
});
