/**
 * Keeps documents and code together.
 *
 * docs/protocol.md: each numbered clause is cited by some code as `[P 4.7]`, and each citation is of a clause that
 * exists. Tests may cite too, but a clause that only tests cite counts as not followed.
 *
 * docs/mosh: a citation, `terminal.md 5` or `display.md D1 and 8` (a rule of a section's list: `display.md 4 (10)`), is
 * of sections that exist. Not every section needs to be cited.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

const root = join(import.meta.dir, "..");
const CODE = ["ssp", "client", "server", "wasm-core", "sys"];
/** Tests and tools cite too, but nothing follows from it. */
const OTHERS = ["test", "tools", "bench"];

const clauses = new Set<string>();
const problems: string[] = [];
for (const [, clause] of readFileSync(join(root, "docs", "protocol.md"), "utf8").matchAll(
  /^\*\*(\d+\.\d+)\*\*/gm,
)) {
  if (clauses.has(clause!)) problems.push(`docs/protocol.md: clause ${clause} is there twice`);
  clauses.add(clause!);
}
if (clauses.size === 0) problems.push("docs/protocol.md: no clauses found");

/** Section numbers by page: `terminal.md` to `5`, `3.1`, …; `display.md` has `D1` to `D8` as well. */
const pages = new Map<string, Set<string>>();
for (const page of readdirSync(join(root, "docs", "mosh"))) {
  const text = readFileSync(join(root, "docs", "mosh", page), "utf8");
  const sections = [...text.matchAll(/^###? (D?\d+(?:\.\d+)?)\b/gm)].map(([, section]) => section!);
  if (sections.length > 0) pages.set(page, new Set(sections));
}
if (pages.size === 0) problems.push("docs/mosh: no sections found");

const SECTION = String.raw`D?\d+(?:\.\d+)?`;
/** Between two words of a comment, perhaps on two lines of it. */
const GAP = String.raw`(?:\s|\n\s*(?:\*|//) )`;
const names = [...pages.keys()].map((page) => page.slice(0, -".md".length)).join("|");
/** `terminal.md 6, 7 and 8`: the page and the list. */
const MOSH = new RegExp(
  String.raw`\b((?:${names})\.md)${GAP}(${SECTION}(?:(?:,| and| to)${GAP}${SECTION})*)\b`,
  "g",
);
/** The same in other words, which MOSH would not find. */
const MISSPELT = new RegExp(
  String.raw`\b(?:(?:${names})\.md${GAP}section|transport(?:\.md)?|bootstrap|bootstrap-and-cli|state-objects|prediction) D?\d+`,
  "g",
);

const cited = new Set<string>();
let citations = 0;
for (const part of [...CODE, ...OTHERS]) {
  const directory = join(root, part);
  for (const name of readdirSync(directory, { recursive: true }).map(String)) {
    if (!name.endsWith(".ts")) continue;
    const file = join(directory, name);
    if (file === import.meta.path) continue;
    const text = readFileSync(file, "utf8");
    const report = (index: number, what: string): void => {
      problems.push(`${relative(root, file)}:${text.slice(0, index).split("\n").length}: ${what}`);
    };
    for (const { 1: clause, index } of text.matchAll(/\[P ([^\]]*)\]/g)) {
      if (!clauses.has(clause!)) report(index, `there is no clause ${clause}`);
      if (CODE.includes(part)) cited.add(clause!);
    }
    for (const { 1: page, 2: list, index } of text.matchAll(MOSH)) {
      for (const [section] of list!.matchAll(new RegExp(SECTION, "g"))) {
        citations++;
        if (!pages.get(page!)!.has(section)) report(index, `docs/mosh/${page} has no section ${section}`);
      }
    }
    for (const { 0: words, index } of text.matchAll(MISSPELT)) {
      report(index, `"${words}": cite as \`terminal.md 5\`, the protocol as \`[P 4.7]\``);
    }
  }
}
for (const clause of clauses)
  if (!cited.has(clause)) problems.push(`docs/protocol.md: no code cites ${clause}`);

for (const problem of problems) console.error(problem);
if (problems.length === 0) {
  console.log(`${clauses.size} clauses, all cited; ${citations} citations of docs/mosh`);
}
process.exit(problems.length === 0 ? 0 : 1);
