/**
 * Compiles wasm-core/assembly with AssemblyScript when its sources are newer than the last build.
 *
 * Called by load.ts in a source checkout and by tools/build.ts. Not part of a compiled executable's run: there the
 * module is embedded. The result is cached in build/ under a hash of the sources, so editing a source file needs no
 * manual build step, and two processes that compile at once cannot see half a file (write, then rename).
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const HERE = import.meta.dir;
const ROOT = resolve(HERE, "..");

/** Hash of everything the module is made from. */
function sourceHash(): string {
  const hash = new Bun.CryptoHasher("sha1");
  const dir = join(HERE, "assembly");
  for (const name of readdirSync(dir, { recursive: true }).map(String).sort()) {
    if (name.endsWith(".ts")) hash.update(name).update(readFileSync(join(dir, name)));
  }
  hash.update(readFileSync(join(HERE, "asconfig.json")));
  return hash.digest("hex");
}

/**
 * Path of an up-to-date core.wasm.
 * @param entry assembly/index.ts, or for tests of the insides assembly/internals.ts
 * @throws Error with the compiler's own messages if the AssemblyScript sources do not compile.
 */
export function compileCore(entry: "index" | "internals" = "index"): string {
  const name = entry === "index" ? "core" : entry;
  const out = join(ROOT, "build", `${name}.wasm`);
  const stamp = join(ROOT, "build", `${name}.hash`);
  const hash = sourceHash();
  if (existsSync(out) && existsSync(stamp) && readFileSync(stamp, "utf8") === hash) return out;
  mkdirSync(join(ROOT, "build"), { recursive: true });
  const temporary = join(ROOT, "build", `${name}.${process.pid}.wasm`);
  const asc = resolve(ROOT, "node_modules/assemblyscript/bin/asc.js");
  const run = Bun.spawnSync(
    [
      process.execPath,
      asc,
      `assembly/${entry}.ts`,
      "--config",
      "asconfig.json",
      "--outFile",
      temporary,
      "--textFile",
      `${temporary}.wat`,
    ],
    { cwd: HERE, stdout: "pipe", stderr: "pipe", env: { ...process.env, BUN_BE_BUN: "1" } },
  );
  if (run.exitCode !== 0) {
    throw new Error(`wasm-core does not compile:\n${run.stderr.toString()}${run.stdout.toString()}`);
  }
  renameSync(`${temporary}.wat`, join(ROOT, "build", `${name}.wat`));
  renameSync(temporary, out);
  writeFileSync(`${stamp}.${process.pid}`, hash);
  renameSync(`${stamp}.${process.pid}`, stamp);
  return out;
}

// Run by itself (before `npm start`): client and server then find the module ready instead of both compiling it.
if (import.meta.main) compileCore();
