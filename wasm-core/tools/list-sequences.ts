/**
 * Writes docs/sequences.md: the table of control functions, from the `// vt:` tags above their handlers in assembly/.
 *
 *   // vt: NAMES · how it is written · what it does · remarks: `replica: …`, `host: …` or `host only`
 *
 * Run `bun wasm-core/tools/list-sequences.ts`; a test checks that the table is up to date.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const ASSEMBLY = join(import.meta.dir, "..", "assembly");
const TARGET = join(import.meta.dir, "..", "..", "docs", "sequences.md");

interface Tag {
  file: string;
  names: string;
  form: string;
  effect: string;
  remarks: string[];
}

function tagsOf(file: string): Tag[] {
  const tags: Tag[] = [];
  for (const line of readFileSync(join(ASSEMBLY, file), "utf8").split("\n")) {
    const text = /^\s*\/\/ vt: (.*)$/.exec(line)?.[1];
    if (text === undefined) continue;
    const [names, form, effect, ...remarks] = text.split(" · ");
    if (!names || !form || !effect) throw new Error(`${file}: incomplete tag: ${text}`);
    tags.push({ file, names, form, effect, remarks });
  }
  return tags;
}

/** The document. */
export function sequences(): string {
  const tags = readdirSync(ASSEMBLY)
    .filter((file) => file.endsWith(".ts"))
    .sort()
    .flatMap(tagsOf)
    .sort((a, b) => a.names.localeCompare(b.names, "en"));
  const cell = (text: string) => text.replaceAll("|", "\\|");
  const rows = tags.map(
    ({ names, form, effect, remarks, file }) =>
      `| ${names} | \`\` ${cell(form)} \`\` | ${cell([effect, ...remarks].join("; "))} | ${file.slice(0, -3)} |`,
  );
  return `# Control functions

Generated from the sources by \`bun wasm-core/tools/list-sequences.ts\`. What is not marked otherwise works in both
roles; \`docs/terminal-roles.md\` says what the roles are and why they differ. The last column is the file in
\`wasm-core/assembly/\`.

| name | written | effect | file |
|---|---|---|---|
${rows.join("\n")}
`;
}

if (import.meta.main) writeFileSync(TARGET, sequences());
