import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SET } from "../../tools/bench-set.ts";

const root = join(import.meta.dir, "../..");

test("the whole set ends within ten minutes, whatever its parts do", () => {
  expect(SET.reduce((sum, { limit }) => sum + limit, 0)).toBeLessThanOrEqual(600);
});

test("each part is there and has one place in docs/benchmarks.md", () => {
  const page = readFileSync(join(root, "docs", "benchmarks.md"), "utf8");
  const places = SET.map(({ name, place = name }) => place);
  expect(new Set(places).size).toBe(places.length);
  for (const { name } of SET) expect(existsSync(join(root, "bench", `${name}.ts`))).toBe(true);
  for (const place of places) expect(page.split(`<!-- bench:${place} -->\n`).length).toBe(2);
});

test("of a comparison the table of ratios is written down, and what to beware of", () => {
  const { excerpt } = SET.find(({ name }) => name === "load")!;
  const output =
    "A: 1 of 1\nCAUTION: it was slow\n\nB: 1 of 1\nCAUTION: it was slow\n\n2 rounds  A  B\nkeys  1  2\n";
  expect(excerpt!(output)).toBe("2 rounds  A  B\nkeys  1  2\nCAUTION: it was slow");
});
