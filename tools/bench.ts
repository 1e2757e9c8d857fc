/**
 * `npm run bench [-- name…]`: runs the benchmarks under bench/, each in a process of its own. Every benchmark prints
 * ratios against a peer measured in the same run; absolute times are for orientation only.
 *
 * Without names it runs the whole set, sized to end within ten minutes on two cores, and writes what each one printed into
 * docs/benchmarks.md, between `<!-- bench:NAME -->` and `<!-- /bench:NAME -->`; a benchmark without such marks there
 * is only printed. `--write NAME…` does so for those parts of the set. With names, each runs in its full size and nothing is written; what else is said is passed on to it:
 * `npm run bench -- host flood --seconds=20`.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, release, totalmem, type } from "node:os";
import { join } from "node:path";
import { fill } from "./bench-page.ts";
import { type Part, placeOf, SET } from "./bench-set.ts";

const root = join(import.meta.dir, "..");
const directory = join(root, "bench");
const page = join(root, "docs", "benchmarks.md");

interface Outcome {
  readonly status: number;
  readonly out: string;
}

/** Runs one; its standard output is shown as it comes and returned. */
async function run(name: string, args: readonly string[], limitSeconds?: number): Promise<Outcome> {
  console.log(`\n== ${[name, ...args].join(" ")}`);
  const child = Bun.spawn([process.execPath, join(directory, `${name}.ts`), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
    ...(limitSeconds === undefined ? {} : { timeout: limitSeconds * 1000, killSignal: "SIGTERM" }),
  });
  const started = performance.now();
  let out = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    process.stdout.write(chunk);
    out += decoder.decode(chunk, { stream: true });
  }
  await child.exited;
  // One that reports when it is told to stop has not measured what it was asked for either.
  const wasStopped = limitSeconds !== undefined && performance.now() - started >= limitSeconds * 1000;
  if (wasStopped) console.error(`${name}: stopped after ${limitSeconds} s`);
  return { status: wasStopped ? 1 : (child.exitCode ?? 1), out };
}

function when(): string {
  const commit = Bun.spawnSync(["git", "-C", root, "rev-parse", "--short", "HEAD"]).stdout.toString().trim();
  return `${new Date().toISOString().slice(0, 10)}, commit ${commit || "unknown"}`;
}

/** What the figures were measured on. */
function setUp(): string {
  const mosh = Bun.spawnSync(["sh", "-c", "mosh-server --version 2>/dev/null | head -1"])
    .stdout.toString()
    .trim();
  return [
    when(),
    `${cpus()[0]?.model ?? "unknown processor"}, ${cpus().length} cores, ${Math.round(totalmem() / 1e9)} GB`,
    `${type()} ${release()}, Bun ${Bun.version}, ${mosh || "no stock Mosh"}`,
  ].join("\n");
}

const known = readdirSync(directory)
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.slice(0, -3));
const words = process.argv.slice(2);
/** Names come first: what follows may be called like a benchmark and mean something else. */
const firstOther = words.findIndex((word) => !known.includes(word));
const names = firstOther < 0 ? words : words.slice(0, firstOther);
let failed = false;
/** Which parts of the set are run and written down; undefined: those that are named, in full size, and nothing is written. */
function toWrite(): readonly Part[] | undefined {
  if (words.length === 0) return SET;
  if (words[0] !== "--write") return undefined;
  const places = words.slice(1);
  const unknown = places.find((place) => !SET.some((part) => placeOf(part) === place));
  if (places.length === 0 || unknown !== undefined) {
    console.error(`bench: --write takes some of ${SET.map(placeOf).join(", ")}`);
    process.exit(1);
  }
  return SET.filter((part) => places.includes(placeOf(part)));
}

const parts = toWrite();
if (parts === undefined) {
  if (names.length === 0) {
    console.error(`bench: ${words[0]} is none of ${known.join(", ")}`);
    process.exit(1);
  }
  const rest = words.slice(names.length);
  for (const name of names) failed = (await run(name, rest)).status !== 0 || failed;
} else {
  const started = performance.now();
  const results: [string, string][] = [];
  for (const part of parts) {
    const { name, args, limit, excerpt } = part;
    const { status, out } = await run(name, args, limit);
    const text = out.trim();
    if (status === 0) {
      const shown = excerpt ? excerpt(text) : text;
      const how = `$ npm run bench -- ${[name, ...args].join(" ")}`;
      // A part that is measured by itself is of another day than the rest.
      results.push([placeOf(part), `${how}\n# ${when()}\n\n${shown}`]);
    } else failed = true;
  }
  const done = results.length;
  if (parts === SET) results.push(["set-up", setUp()]);
  const { text, missing } = fill(readFileSync(page, "utf8"), results);
  writeFileSync(page, text);
  const minutes = ((performance.now() - started) / 60_000).toFixed(1);
  console.log(`\n${done} of ${parts.length} in ${minutes} min; written to docs/benchmarks.md`);
  if (missing.length > 0) console.log(`without a place there: ${missing.join(", ")}`);
}
process.exit(failed ? 1 : 0);
