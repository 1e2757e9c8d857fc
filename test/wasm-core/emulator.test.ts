/** The replica role against 525 observed cases of stock Mosh 1.4.0, whole and split at every place. */
import { describe, expect, test } from "bun:test";
import { loadCore } from "../../wasm-core/load.ts";
import emulator from "../cases/emulator.json" with { type: "json" };
import { bytes, comparable, complete, type EmulatorCase, play } from "./cases.ts";

const core = await loadCore();
const cases = emulator.cases as unknown as EmulatorCase[];
const hex = (b: Uint8Array) => Buffer.from(b).toString("latin1");

test("the file is complete", () => {
  expect(cases.length).toBe(525);
});

for (const group of new Set(cases.map((c) => c.group))) {
  describe(`replica: ${group}`, () => {
    for (const c of cases.filter((c) => c.group === group)) {
      test(c.name, () => {
        const terminal = core.createTerminal(c.cols, c.rows, "replica");
        play(terminal, c.steps);
        expect(comparable(terminal.inspect())).toEqual(complete(c.expect, c));
        expect(hex(terminal.takeReplies())).toBe(hex(bytes(c.reply ?? "")));
        terminal.free();
      });
    }
  });
}

describe("any split of the output gives the same screen", () => {
  test("byte by byte", () => {
    for (const role of ["replica", "host"] as const) {
      for (const c of cases) {
        const whole = core.createTerminal(c.cols, c.rows, role);
        play(whole, c.steps);
        const split = core.createTerminal(c.cols, c.rows, role);
        play(split, c.steps, (b) => {
          for (let i = 0; i < b.length; i++) split.feed(b.subarray(i, i + 1));
        });
        expect({ name: c.name, role, ...split.inspect() }).toEqual({
          name: c.name,
          role,
          ...whole.inspect(),
        });
        expect(hex(split.takeReplies())).toBe(hex(whole.takeReplies()));
        whole.free();
        split.free();
      }
    }
  });

  test("in two, at every place", () => {
    for (const role of ["replica", "host"] as const) {
      for (const c of cases) {
        if (c.steps.length !== 1 || c.steps[0]?.in === undefined) continue;
        const output = bytes(c.steps[0].in);
        if (output.length > 200) continue;
        const whole = core.createTerminal(c.cols, c.rows, role);
        whole.feed(output);
        const state = JSON.stringify(whole.inspect());
        for (let at = 1; at < output.length; at++) {
          const split = core.createTerminal(c.cols, c.rows, role);
          split.feed(output.subarray(0, at));
          split.feed(output.subarray(at));
          const splitState = JSON.stringify(split.inspect());
          if (splitState !== state)
            throw new Error(`${c.name} (${role}) split at ${at}: ${splitState}, whole: ${state}`);
          split.free();
        }
        whole.free();
      }
    }
  });
});

test("everything is given back", () => {
  expect(core.memory().bytesInUse).toBe(0);
});
