/**
 * `npm run check`: everything that can be judged without running the product. Each step prints one line; the output of
 * a failing step follows it. All steps run even if one fails.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dir, "..");
const bin = (name: string): string => join(root, "node_modules", ".bin", name);
const bun = process.execPath;

const steps: readonly (readonly [name: string, command: readonly string[]])[] = [
  ["types", [bin("tsc"), "-p", root]],
  ["AssemblyScript", [bun, "-e", 'import { compileCore } from "./wasm-core/compile.ts"; compileCore();']],
  ["lint and format", [bin("biome"), "check", "--error-on-warnings", "."]],
  ["dead code", [bin("knip"), "--no-progress"]],
  ["imports run one way", [bun, join(root, "tools", "check-layers.ts")]],
  ["protocol clauses", [bun, join(root, "tools", "check-clauses.ts")]],
];

let failures = 0;
for (const [name, command] of steps) {
  const script = command[1];
  if (script?.startsWith(root) && script.endsWith(".ts") && !existsSync(script)) {
    console.log(`${name}: FAILED, ${script.slice(root.length + 1)} is missing`);
    failures++;
    continue;
  }
  const started = performance.now();
  const run = Bun.spawnSync([...command], { cwd: root, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const ms = (performance.now() - started).toFixed(0);
  if (run.exitCode === 0) {
    console.log(`${name}: ok (${ms} ms)`);
  } else {
    failures++;
    console.log(`${name}: FAILED\n${run.stdout.toString()}${run.stderr.toString()}`);
  }
}
process.exit(failures === 0 ? 0 : 1);
