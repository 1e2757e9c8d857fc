/** The screens of vttest, from recorded runs (test/recordings/README.md): text and cursor at every pause. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import runs from "../../recordings/vttest.json" with { type: "json" };
import { fed } from "./table.ts";

for (const { name, menu, screens } of runs) {
  describe(`vttest menu ${menu}`, () => {
    const output = readFileSync(join(import.meta.dir, "../../recordings", `${name}.rec`));
    for (const [i, { at, cursor, lines }] of screens.entries()) {
      test(`screen ${i + 1}: ${lines.findLast((line) => /[a-z] [a-z]/.test(line))?.trim() ?? ""}`, () => {
        const terminal = fed(output.subarray(0, at));
        expect(terminal.text().join("\n").trimEnd().split("\n")).toEqual(lines);
        expect([terminal.cursorRow + 1, terminal.cursorCol + 1]).toEqual(cursor);
        terminal.free();
      });
    }
  });
}
