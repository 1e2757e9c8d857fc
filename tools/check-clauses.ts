/**
 * Keeps docs/protocol.md and the code together: each numbered clause is cited by some code as `[P 4.7]`, and each
 * citation is of a clause that exists. Tests may cite too, but a clause that only tests cite counts as not followed.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

const root = join(import.meta.dir, "..");
const CODE = ["ssp", "client", "server", "wasm-core", "sys"];

const clauses = new Set<string>();
const problems: string[] = [];
for (const [, clause] of readFileSync(join(root, "docs", "protocol.md"), "utf8").matchAll(
  /^\*\*(\d+\.\d+)\*\*/gm,
)) {
  if (clauses.has(clause!)) problems.push(`docs/protocol.md: clause ${clause} is there twice`);
  clauses.add(clause!);
}
if (clauses.size === 0) problems.push("docs/protocol.md: no clauses found");

const cited = new Set<string>();
for (const part of [...CODE, "test"]) {
  const directory = join(root, part);
  for (const name of readdirSync(directory, { recursive: true }).map(String)) {
    if (!name.endsWith(".ts")) continue;
    const file = join(directory, name);
    for (const [number, line] of readFileSync(file, "utf8").split("\n").entries()) {
      for (const [, clause] of line.matchAll(/\[P ([^\]]*)\]/g)) {
        if (!clauses.has(clause!))
          problems.push(`${relative(root, file)}:${number + 1}: there is no clause ${clause}`);
        if (part !== "test") cited.add(clause!);
      }
    }
  }
}
for (const clause of clauses)
  if (!cited.has(clause)) problems.push(`docs/protocol.md: no code cites ${clause}`);

for (const problem of problems) console.error(problem);
if (problems.length === 0) console.log(`${clauses.size} clauses, all cited`);
process.exit(problems.length === 0 ? 0 : 1);
