/**
 * `npm test`: compiles the core, then runs the suites one after the other and closes with one line summed over them,
 * `N passed, N failed` (`, N skipped` if any). Arguments: names of suites (folders under test/) or options of
 * `bun test`, e.g. `npm test -- ssp`, `npm test -- wasm-core -t wide`.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { compileCore } from "../wasm-core/compile.ts";

const root = join(import.meta.dir, "..");

/** Suites, quick ones first; a folder of test/ that is not named here runs last. */
const ORDER = ["tools", "wasm-core", "ssp", "simulation", "server", "client", "interop"];
/** Longest time one test may take before it counts as failed. */
const TEST_TIMEOUT_MS = 90_000;

/** Folders of test/ that hold test files. */
function suites(): string[] {
  const found = readdirSync(join(root, "test"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .filter((name) =>
      readdirSync(join(root, "test", name), { recursive: true }).some((file) =>
        String(file).endsWith(".test.ts"),
      ),
    );
  const known = ORDER.filter((name) => found.includes(name));
  return [...known, ...found.filter((name) => !ORDER.includes(name)).sort()];
}

/** The counts of bun test's closing lines (" 12 pass", " 0 fail", " 3 skip", " 1 todo"). */
function count(output: string, word: string): number {
  const matches = [...output.matchAll(new RegExp(`^\\s*(\\d+) ${word}\\b`, "gm"))];
  return Number(matches.at(-1)?.[1] ?? 0);
}

/** Passes a stream through to standard error as it comes and returns it whole. */
async function tee(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    process.stderr.write(chunk);
    text += decoder.decode(chunk, { stream: true });
  }
  return text;
}

const args = process.argv.slice(2);
const all = suites();
const chosen = args.filter((arg) => all.includes(arg));
const options = args.filter((arg) => !all.includes(arg));

compileCore();

let passed = 0;
let failed = 0;
let skipped = 0;
for (const suite of chosen.length > 0 ? chosen : all) {
  const directory = join(root, "test", suite);
  if (!existsSync(directory)) continue;
  process.stderr.write(`\n=== ${suite}\n`);
  const started = performance.now();
  const run = Bun.spawn(
    [process.execPath, "test", `--timeout=${TEST_TIMEOUT_MS}`, ...options, `./test/${suite}/`],
    {
      cwd: root,
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    },
  );
  const output = (await Promise.all([tee(run.stdout), tee(run.stderr)])).join("\n");
  const status = await run.exited;
  const failures = count(output, "fail");
  passed += count(output, "pass");
  skipped += count(output, "skip") + count(output, "todo");
  // A crash of the runner itself (out of memory, a signal) leaves no count: it is a failure too.
  failed += failures > 0 ? failures : status === 0 ? 0 : 1;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stderr.write(`=== ${suite}: ${status === 0 ? "ok" : `status ${status}`} in ${seconds} s\n`);
}
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
