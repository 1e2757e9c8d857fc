/**
 * Compiles wasm-core/assembly with AssemblyScript when its sources are newer than the last build.
 *
 * Called by load.ts in a source checkout and by tools/build.ts. Not part of a compiled executable's run: there the
 * module is embedded. The result is cached in build/ under a hash of the sources, so editing a source file needs no
 * manual build step, and two processes that compile at once cannot see half a file (write, then rename).
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
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
 * @param notice said on standard error if it has to be compiled, which takes some seconds
 * @throws Error with the compiler's own messages if the AssemblyScript sources do not compile.
 */
export function compileCore(entry: "index" | "internals" = "index", notice?: string): string {
  const name = entry === "index" ? "core" : entry;
  const out = join(ROOT, "build", `${name}.wasm`);
  const stamp = join(ROOT, "build", `${name}.hash`);
  const hash = sourceHash();
  const current = (): boolean => existsSync(out) && existsSync(stamp) && readFileSync(stamp, "utf8") === hash;
  if (current()) return out;
  if (notice !== undefined) process.stderr.write(`${notice}\n`);
  mkdirSync(join(ROOT, "build"), { recursive: true });
  const release = takeTurn(join(ROOT, "build", `${name}.lock`), current);
  try {
    if (!current()) compile(entry, name, hash);
  } finally {
    release();
  }
  return out;
}

/** Longest wait for another process that compiles the same thing; a wait without end would hide its failure. */
const TURN_MS = 300_000;
const LOOK_AGAIN_MS = 50;

/**
 * Waits while another living process compiles, so that ten programs started at once compile once. Returns what gives
 * the turn back. Without a turn in time it goes on: the files are written safely in any case.
 */
function takeTurn(lock: string, done: () => boolean): () => void {
  const end = performance.now() + TURN_MS;
  while (performance.now() < end) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" });
      return () => rmSync(lock, { force: true });
    } catch {
      // Another process has it, or had it when it was ended.
      if (done()) break;
      if (holderIsGone(lock)) rmSync(lock, { force: true });
      else Bun.sleepSync(LOOK_AGAIN_MS);
    }
  }
  return () => {};
}

function holderIsGone(lock: string): boolean {
  try {
    const pid = Number(readFileSync(lock, "utf8"));
    if (pid > 0) process.kill(pid, 0);
    return false;
  } catch (error) {
    // No such process; a lock that has gone meanwhile (ENOENT) is simply tried again.
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

function compile(entry: "index" | "internals", name: string, hash: string): void {
  const out = join(ROOT, "build", `${name}.wasm`);
  const stamp = join(ROOT, "build", `${name}.hash`);
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
}

// Run by itself (before `npm start`): client and server then find the module ready instead of both compiling it.
if (import.meta.main) compileCore("index", "compiling the terminal core (some seconds, once)");
