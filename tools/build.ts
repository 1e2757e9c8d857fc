/**
 * `npm run build [-- DIRECTORY]`: makes dist/, single-file executables that need no runtime on the target. One binary, many names
 * (links): what it does is chosen by the name it is called by (tools/executable.ts).
 */
import { mkdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { compileCore } from "../wasm-core/compile.ts";

/** `sterna` is the file; `mosh`, `mosh-client` and `mosh-server` are drop-in names for stock's programs. */
const LINKS = ["sterna-server", "sterna-bench", "mosh", "mosh-client", "mosh-server"];

const root = join(import.meta.dir, "..");
const dist = process.argv[2] ? resolve(process.argv[2]) : join(root, "dist");
compileCore();
rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
const outfile = join(dist, "sterna");
const started = performance.now();
const run = Bun.spawnSync(
  [
    process.execPath,
    "build",
    "--compile",
    "--minify-syntax",
    "--minify-whitespace",
    // Chunks that are loaded when they are needed, already compiled: `--version` must not wait for ssh2 to be parsed.
    "--splitting",
    "--bytecode",
    "--format=esm",
    // An executable must not read .env or bunfig.toml of whatever folder a person happens to be in.
    "--no-compile-autoload-dotenv",
    "--no-compile-autoload-bunfig",
    // Native add-ons of ssh2: optional, and without use under Bun (its JavaScript path is taken).
    "--external=cpu-features",
    "--external=./crypto/build/Release/sshcrypto.node",
    `--outfile=${outfile}`,
    join(root, "tools", "executable.ts"),
    // Runs in a thread of its own.
    join(root, "bench", "load", "sampler.ts"),
  ],
  { cwd: root, stdout: "pipe", stderr: "pipe" },
);
if (run.exitCode !== 0) {
  console.error(`${run.stdout.toString()}${run.stderr.toString()}`);
  process.exit(1);
}
for (const link of LINKS) symlinkSync("sterna", join(dist, link));
const megabytes = (statSync(outfile).size / 1e6).toFixed(0);
console.log(
  `dist/sterna (${megabytes} MB, ${(performance.now() - started).toFixed(0)} ms); links: ${LINKS.join(", ")}`,
);
