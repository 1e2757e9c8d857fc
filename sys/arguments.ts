/**
 * The words after the program's name, in a source checkout. Bun takes a `--` that stands right behind the script for its
 * own, so that `bun client.ts -- doctor` would be `bun client.ts doctor`. Called by client.ts.
 */
import { readFileSync } from "node:fs";

export function ownArguments(): string[] {
  const rest = process.argv.slice(2);
  try {
    const words = readFileSync("/proc/self/cmdline", "utf8").split("\0").slice(0, -1);
    return words.at(-rest.length - 1) === "--" ? ["--", ...rest] : rest;
  } catch {
    return rest;
  }
}
