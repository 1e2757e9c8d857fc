/** The manual pages against the tables of options and settings, and through the formatters that are here. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { HELP as BENCH_HELP } from "../../../bench/load/options.ts";
import { OPTIONS } from "../../../client/cli/options.ts";
import { SETTINGS } from "../../../client/config/settings.ts";
import { HELP } from "../../../server/cli.ts";
import { HOST_HELP } from "../../../server/host/host-command.ts";
import { peer } from "../../peers.ts";
import { longNames, shortNames } from "./spellings.ts";

const root = join(import.meta.dir, "..", "..", "..");
const PAGES = ["sterna.1", "sterna-server.1", "sterna-bench.1"] as const;
const path = (page: string): string => join(root, "man", page);
const source = (page: string): string => readFileSync(path(page), "utf8");

/** Options that have an entry of their own: the `Fl` words of `.It` lines. */
function entries(page: string): string[] {
  const lines = source(page).match(/^\.It Fl.*$/gm) ?? [];
  return lines.flatMap((line) => [...line.matchAll(/\bFl (\S+)/g)].map((match) => match[1]!));
}

test("sterna.1 has an entry for every option, and for no other", () => {
  const known = OPTIONS.filter(({ names }) => names[0] !== "fake-proxy").flatMap((option) => [
    ...longNames(option).map((name) => `-${name}`),
    ...shortNames(option),
  ]);
  expect([...new Set(entries("sterna.1"))].sort()).toEqual([...new Set(known)].sort());
});

test("sterna.1 names what only the configuration file has, and every variable of --help", () => {
  for (const key of ["hostname", "user", "command", "remote-ip"]) {
    expect(key in SETTINGS).toBe(true);
    expect(source("sterna.1")).toMatch(new RegExp(`^\\.Li ${key}\\b`, "m"));
  }
  const help = readFileSync(join(root, "client", "cli", "help.ts"), "utf8");
  for (const name of new Set(help.match(/\b(MOSH_[A-Z_]+|NO_COLOR)\b/g))) {
    expect(source("sterna.1")).toContain(`.It Ev ${name}\n`);
  }
});

test("sterna-server.1 has the server's options and variables", () => {
  const options = [...`${HELP}\n${HOST_HELP}`.matchAll(/^ {2}-(-?\w+)/gm)].map((match) => match[1]!);
  expect(entries("sterna-server.1").sort()).toEqual([...options, "-", "-help", "-version"].sort());
  for (const name of new Set(HELP.match(/\bMOSH_[A-Z_]+\b/g))) {
    expect(source("sterna-server.1")).toContain(`.It Ev ${name}\n`);
  }
});

test("sterna-server.1: the commands for sessions, each with its options, none of them inside the brackets of another", () => {
  const sessions = source("sterna-server.1").split(".Ss ")[1]!;
  for (const option of ["or-new", "read-only", "here", "json", "all", "interval", "once", "user"]) {
    expect(sessions).toMatch(new RegExp(`\\bFl -${option}\\b`));
  }
  // "Op" reaches to the end of its line.
  for (const page of PAGES) expect(source(page)).not.toMatch(/\bOp Fl\b.*\bOp Fl\b/);
});

test("sterna-bench.1 has the load generator's options", () => {
  const options = [...BENCH_HELP.matchAll(/^ {2}-(-[a-z-]+)(?:, -(-[a-z-]+))?/gm)].flatMap((match) =>
    match.slice(1).filter((name) => name !== undefined),
  );
  expect(options.length).toBeGreaterThan(20);
  expect(entries("sterna-bench.1").sort()).toEqual(options.sort());
});

test("package.json installs them", async () => {
  const { man } = (await Bun.file(join(root, "package.json")).json()) as { man: string[] };
  expect(man).toEqual(PAGES.map((page) => `man/${page}`));
});

for (const page of PAGES) {
  peer("man", "groff")(`${page} is formatted without a warning`, () => {
    const env = { PATH: process.env.PATH!, LANG: "C.UTF-8", MANWIDTH: "80", MANROFFSEQ: "" };
    const run = Bun.spawnSync(["man", "--warnings", "-l", path(page)], { env, stdin: "ignore" });
    expect([run.exitCode, run.stderr.toString()]).toEqual([0, ""]);
    expect(run.stdout.toString()).toMatch(/NAME[\s\S]*DESCRIPTION[\s\S]*EXIT STATUS[\s\S]*SEE ALSO/);
  });

  // Not everywhere, and not needed: another opinion where it is.
  peer("mandoc")(`${page} has no fault that mandoc knows`, () => {
    const run = Bun.spawnSync(["mandoc", "-Tlint", "-Wwarning", path(page)], { stdin: "ignore" });
    expect([run.exitCode, run.stdout.toString()]).toEqual([0, ""]);
  });
}
