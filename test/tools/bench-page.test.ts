import { expect, test } from "bun:test";
import { fill } from "../../tools/bench-page.ts";

const PAGE = `# Figures

About a.
<!-- bench:a -->
old
<!-- /bench:a -->
About b.
<!-- bench:b -->
<!-- /bench:b -->
End.
`;

test("results go between their marks, all else stays", () => {
  const { text, missing } = fill(PAGE, [
    ["b", "1 ms\n2 ms"],
    ["a", "new"],
  ]);
  expect(missing).toEqual([]);
  expect(text).toBe(
    PAGE.replace("old\n", "```text\nnew\n```\n").replace(
      "bench:b -->\n",
      "bench:b -->\n```text\n1 ms\n2 ms\n```\n",
    ),
  );
});

test("a second time replaces the first", () => {
  const once = fill(PAGE, [["a", "one"]]).text;
  expect(fill(once, [["a", "two"]]).text).toBe(once.replace("one", "two"));
  expect(fill(once, [["a", "one"]]).text).toBe(once);
});

test("what has no place, or only half of one, is named and changes nothing", () => {
  expect(fill(PAGE, [["c", "x"]])).toEqual({ text: PAGE, missing: ["c"] });
  const half = PAGE.replace("<!-- /bench:b -->\n", "");
  expect(fill(half, [["b", "x"]])).toEqual({ text: half, missing: ["b"] });
});

test("output with fences in it does not end its own block, and $ is no pattern", () => {
  const { text } = fill(PAGE, [["a", "```\n$& $1\n```"]]);
  expect(text).toContain("````text\n```\n$& $1\n```\n````\n");
});
