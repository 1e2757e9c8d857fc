/** The replica role against 525 observed cases of stock Mosh 1.4.0, whole and split at every place. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loadCore } from "../../wasm-core/load.ts";
import { sequences } from "../../wasm-core/tools/list-sequences.ts";
import emulator from "../cases/emulator.json" with { type: "json" };
import { bytes, comparable, complete, type EmulatorCase, play } from "./cases.ts";
import { HOST_DIFFERENCES } from "./host-differences.ts";

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

test("the host role differs from stock in the cases that are listed, and in no others", () => {
  const differing: string[] = [];
  for (const c of cases) {
    const terminal = core.createTerminal(c.cols, c.rows, "host");
    play(terminal, c.steps);
    const same =
      Bun.deepEquals(comparable(terminal.inspect()), complete(c.expect, c)) &&
      hex(terminal.takeReplies()) === hex(bytes(c.reply ?? ""));
    if (!same) differing.push(c.name);
    terminal.free();
  }
  expect(differing.sort()).toEqual(HOST_DIFFERENCES.flatMap((difference) => difference.cases).sort());
});

describe("replica-repair", () => {
  const screen = (input: string, role: "replica" | "replica-repair") => {
    const terminal = core.createTerminal(20, 6, role);
    terminal.feed(new TextEncoder().encode(input));
    const state = terminal.inspect();
    terminal.free();
    return state;
  };
  const full = "A".repeat(20);

  test("BS in pending wrap only ends it (D1)", () => {
    expect(screen(`${full}\b`, "replica").cursor).toEqual([0, 18]);
    const repaired = screen(`${full}\b`, "replica-repair");
    expect([repaired.cursor, repaired.pending_wrap]).toEqual([[0, 19], false]);
    expect(screen(`${full}\b\b`, "replica-repair").cursor).toEqual([0, 18]);
  });

  test("ESC \\ leaves pending wrap alone", () => {
    expect(screen(`${full}\x1b]8;;x\x1b\\`, "replica").pending_wrap).toBe(false);
    expect(screen(`${full}\x1b]8;;x\x1b\\`, "replica-repair").pending_wrap).toBe(true);
  });

  test("everything else is as in the replica", () => {
    for (const c of cases) {
      const terminal = core.createTerminal(c.cols, c.rows, "replica-repair");
      play(terminal, c.steps);
      const same = Bun.deepEquals(comparable(terminal.inspect()), complete(c.expect, c));
      const repaired = ["wrap-pending-bs", "wrap-pending-osc-st", "parser-dcs-st-clears-wrap"];
      repaired.push("parser-esc-backslash-clears-wrap");
      expect({ name: c.name, same }).toEqual({ name: c.name, same: !repaired.includes(c.name) });
      terminal.free();
    }
  });
});

test("docs/sequences.md is up to date (bun wasm-core/tools/list-sequences.ts)", () => {
  expect(readFileSync(join(import.meta.dir, "../../docs/sequences.md"), "utf8")).toBe(sequences());
});

test("docs/terminal-roles.md names every case in which the host role differs", () => {
  const text = readFileSync(join(import.meta.dir, "../../docs/terminal-roles.md"), "utf8");
  for (const { reason, cases } of HOST_DIFFERENCES) {
    expect(text).toContain(reason);
    for (const name of cases) expect(text).toContain(`\`${name}\``);
  }
});

test("everything is given back", () => {
  expect(core.memory().bytesInUse).toBe(0);
});
