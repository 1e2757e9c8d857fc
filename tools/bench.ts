/**
 * `npm run bench [-- name…]`: runs the benchmarks under bench/, each in a process of its own. Every benchmark prints
 * ratios against a peer measured in the same run; absolute times are for orientation only.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";

const directory = join(import.meta.dir, "..", "bench");
const names = process.argv.slice(2);
let status = 0;
for (const file of readdirSync(directory).sort()) {
  if (!file.endsWith(".ts") || (names.length > 0 && !names.includes(file.slice(0, -3)))) continue;
  console.log(`\n== ${file.slice(0, -3)}`);
  const run = Bun.spawnSync([process.execPath, join(directory, file)], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (run.exitCode !== 0) status = 1;
}
process.exit(status);
