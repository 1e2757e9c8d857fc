/**
 * Real programs, recorded in a pty of a fixed size: our screen and xterm.js's are the same cell by cell, at every pause
 * of the program and at the end. test/recordings/README.md tells what was recorded and how.
 */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import index from "../../recordings/recordings.json" with { type: "json" };
import { newXterm, ours, theirs, write } from "./peer-xterm.ts";
import { fed } from "./table.ts";

for (const { name, cols, rows, marks } of index) {
  test(`${name}: as xterm.js shows it`, async () => {
    const output = readFileSync(join(import.meta.dir, "../../recordings", `${name}.rec`));
    const terminal = fed("", cols, rows);
    const peer = newXterm(cols, rows);
    let at = 0;
    for (const mark of [...marks, output.length]) {
      const part = output.subarray(at, mark);
      terminal.feed(part);
      await write(peer, part);
      expect({ mark, screen: ours(terminal, "all") }).toEqual({ mark, screen: theirs(peer, "all") });
      at = mark;
    }
    terminal.free();
    peer.dispose();
  });
}
