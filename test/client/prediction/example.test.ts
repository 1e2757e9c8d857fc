/** The example of the package: it runs by itself, imports nothing from outside, and shows what its text promises. */
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const folder = join(import.meta.dir, "../../../client/prediction");

test("keys are shown at once from the first confirmed one on, and all are right in the end", async () => {
  const run = Bun.spawn([process.execPath, join(folder, "example.ts")], { stdout: "pipe", stderr: "pipe" });
  const [out, err] = await Promise.all([run.stdout.text(), run.stderr.text()]);
  expect(err).toBe("");
  const lines = out.trimEnd().split("\n");
  const seen = (what: string) => lines.findLast((line) => line.includes(what))!.slice(43);
  // Nothing is shown of an epoch that is not confirmed.
  expect(seen('typed "o"')).toBe("$");
  expect(seen("the server has taken message 1")).toBe("$ e_cho_");
  expect(seen('typed "i"')).toBe("$ ech_o_ _hi_");
  expect(seen("the server has taken message 7")).toBe("$ echo hi");
});

test("the package imports nothing from outside its folder", () => {
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".ts"))) {
    const source = readFileSync(join(folder, name), "utf8");
    const imported = [...source.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map((match) => match[1]!);
    expect(imported.filter((path) => !/^\.\/[a-z-]+\.ts$/.test(path))).toEqual([]);
  }
});
