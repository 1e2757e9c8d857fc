// Runs before start, test, check, build and bench: installs the dependencies when node_modules is missing or older
// than the lock file. Plain JavaScript, because at this moment there may be nothing but node (or nothing but Bun).
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const lock = readFileSync(join(root, "package-lock.json"), "utf8");
const stamp = join(root, "node_modules", ".installed-lock");

if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== lock) {
  const bun = process.versions.bun !== undefined;
  const command = bun ? [process.execPath, "install"] : ["npm", "ci", "--no-audit", "--no-fund"];
  console.error(`installing dependencies: ${bun ? "bun install" : "npm ci"}`);
  // Output goes to standard error: standard output belongs to the script that runs next.
  const run = spawnSync(command[0], command.slice(1), { cwd: root, stdio: ["ignore", 2, 2] });
  if (run.status !== 0) {
    console.error(`installing the dependencies failed (${command.join(" ")}); fix that and run again`);
    process.exit(1);
  }
  writeFileSync(stamp, lock);
}
