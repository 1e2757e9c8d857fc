/**
 * Checks the direction of imports (architecture, "The house"):
 * `client → ssp → wasm-core ← ssp ← server`; client and server share only sys/ and ssp/; ssp touches no Bun or node API
 * but node:zlib; wasm-core imports nothing of the project, and only core.ts and its siblings see the ABI.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

const root = join(import.meta.dir, "..");

/** For each part: the parts it may import from (itself is always allowed). */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  "wasm-core": [],
  ssp: ["wasm-core"],
  sys: [],
  client: ["ssp", "wasm-core", "sys"],
  server: ["ssp", "wasm-core", "sys"],
};
/** What other parts may import of wasm-core. */
const CORE_FACE = ["wasm-core/core.ts", "wasm-core/load.ts"];
const SSP_MODULES = ["node:zlib"];

const problems: string[] = [];
for (const [part, allowed] of Object.entries(MAY_IMPORT)) {
  const directory = join(root, part);
  for (const name of readdirSync(directory, { recursive: true }).map(String)) {
    const file = join(directory, name);
    if (!name.endsWith(".ts") || name.startsWith("assembly") || name.startsWith("tools")) continue;
    const source = readFileSync(file, "utf8");
    const where = relative(root, file);
    for (const match of source.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)) {
      const target = match[1] ?? "";
      if (!target.startsWith(".")) {
        if (part === "ssp" && !SSP_MODULES.includes(target))
          problems.push(`${where}: ssp may not import ${target}`);
        continue;
      }
      const path = relative(root, resolve(dirname(file), target));
      if (path === "package.json") continue; // the version
      const other = path.split("/")[0] ?? "";
      if (other !== part && !allowed.includes(other))
        problems.push(`${where}: ${part} may not import ${path}`);
      if (other === "wasm-core" && part !== "wasm-core" && !CORE_FACE.includes(path)) {
        problems.push(`${where}: wasm-core is reached through ${CORE_FACE.join(" or ")}, not ${path}`);
      }
    }
    if (part === "ssp" && /\b(?:Bun|process)\./.test(source))
      problems.push(`${where}: ssp may not use Bun or process`);
  }
}
for (const problem of problems) console.error(problem);
process.exit(problems.length === 0 ? 0 : 1);
