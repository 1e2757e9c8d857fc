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
const ORDER = [
  "tools",
  "wasm-core",
  "ssp",
  "simulation",
  "bench",
  "server",
  "client",
  "operator",
  "gateway",
  "host",
  "interop",
];
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

/**
 * Suites with real processes in real time. On a machine that stalls for seconds one of their deadlines can pass without
 * a fault; so files that failed are run once more, alone, and named if they pass then. A fault fails twice.
 */
const REAL_TIME = new Set(["server", "client", "interop", "drivers", "gateway", "host", "operator", "bench"]);

interface Outcome {
  passed: number;
  failed: number;
  skipped: number;
  /** Files with failures. */
  failing: string[];
}

/** Runs test files or a folder of them. */
async function runTests(paths: readonly string[]): Promise<Outcome> {
  const run = Bun.spawn([process.execPath, "test", `--timeout=${TEST_TIMEOUT_MS}`, ...options, ...paths], {
    cwd: root,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const output = (await Promise.all([tee(run.stdout), tee(run.stderr)])).join("\n");
  const status = await run.exited;
  const failures = count(output, "fail");
  return {
    passed: count(output, "pass"),
    // A crash of the runner itself (out of memory, a signal) leaves no count: it is a failure too.
    failed: failures > 0 ? failures : status === 0 ? 0 : 1,
    skipped: count(output, "skip") + count(output, "todo"),
    failing: failingFiles(output),
  };
}

/** The files above the `(fail)` lines of bun test. */
function failingFiles(output: string): string[] {
  const files = new Set<string>();
  let file: string | undefined;
  for (const line of output.split("\n")) {
    const heading = /^(test\/\S+\.test\.ts):$/.exec(line);
    if (heading) file = heading[1];
    else if (/^\d+ tests failed:$/.test(line)) break;
    else if (line.startsWith("(fail)") && file !== undefined) files.add(file);
  }
  return [...files];
}

let passed = 0;
let failed = 0;
let skipped = 0;
for (const suite of chosen.length > 0 ? chosen : all) {
  if (!existsSync(join(root, "test", suite))) continue;
  process.stderr.write(`\n=== ${suite}\n`);
  const started = performance.now();
  const outcome = await runTests([`./test/${suite}/`]);
  if (outcome.failed > 0 && outcome.failing.length > 0 && REAL_TIME.has(suite)) {
    process.stderr.write(`\n=== ${suite}: once more: ${outcome.failing.join(" ")}\n`);
    const again = await runTests(outcome.failing.map((file) => `./${file}`));
    if (again.failed === 0) {
      process.stderr.write(`=== ${suite}: passed the second time only: ${outcome.failing.join(" ")}\n`);
      outcome.passed += outcome.failed;
      outcome.failed = 0;
    }
  }
  passed += outcome.passed;
  failed += outcome.failed;
  skipped += outcome.skipped;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stderr.write(`=== ${suite}: ${outcome.failed === 0 ? "ok" : "FAILED"} in ${seconds} s\n`);
}
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
