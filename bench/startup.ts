/**
 * Start-up: `mosh-server --version` of the single executable against stock's, alternating in one run. Stock Mosh must be
 * installed. Budget: 3 times stock.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const RUNS = 60;

const stock = Bun.which("mosh-server");
if (stock === null) {
  console.log("skipped: mosh-server is not installed");
  process.exit(0);
}
const directory = mkdtempSync(join(tmpdir(), "sterna-startup-"));
const build = Bun.spawnSync([process.execPath, join(import.meta.dir, "../tools/build.ts"), directory]);
if (build.exitCode !== 0) throw new Error(build.stderr.toString());

/** Wall time of one run, ms. */
function once(command: string): number {
  const started = performance.now();
  Bun.spawnSync([command, "--version"], { stdout: "ignore", stderr: "ignore" });
  return performance.now() - started;
}

const ours = join(directory, "mosh-server");
const times: { stock: number[]; ours: number[] } = { stock: [], ours: [] };
for (let run = 0; run < RUNS; run++) {
  times.stock.push(once(stock));
  times.ours.push(once(ours));
}
rmSync(directory, { recursive: true, force: true });

const quantile = (values: number[], q: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * q)] ?? 0;
console.log("mosh-server --version    stock ms   ours ms   ratio");
for (const [name, q] of [
  ["median", 0.5],
  ["fastest tenth", 0.1],
] as const) {
  const [a, b] = [quantile(times.stock, q), quantile(times.ours, q)];
  console.log(
    `${name.padEnd(24)} ${a.toFixed(2).padStart(8)} ${b.toFixed(2).padStart(9)} ${(b / a).toFixed(2).padStart(7)}`,
  );
}
