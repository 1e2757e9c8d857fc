/** `--help` against the tables of options and settings; that it fits a terminal; no color in it. */
import { expect, test } from "bun:test";
import { colorWanted } from "../../../client/cli/color.ts";
import { doctorHelpText, helpText } from "../../../client/cli/help.ts";
import { OPTIONS } from "../../../client/cli/options.ts";
import { SETTINGS } from "../../../client/config/settings.ts";
import { longNames, shortNames } from "./spellings.ts";

const help = helpText("sterna");

test("every option is there, and no other", () => {
  const told: string[] = help.replaceAll("--[no-]", "--no-").match(/--[a-z][a-z-]+/g) ?? [];
  const known: string[] = OPTIONS.flatMap((option) => longNames(option));
  for (const option of OPTIONS) {
    if (option.names[0] === "fake-proxy") continue; // Only ssh calls it.
    const shown = longNames(option).some((name) => told.includes(`--${name}`));
    expect([option.names, shown || shortNames(option).some((name) => help.includes(`-${name}`))]).toEqual([
      option.names,
      true,
    ]);
    for (const name of shortNames(option)) expect(help).toMatch(new RegExp(`(^|[ ,])-${name}[ ,]`, "m"));
  }
  const ofOthers = ["new"];
  expect(told.filter((name) => !known.includes(name.slice(2)) && !ofOthers.includes(name))).toEqual([]);
});

test("what only the file has is there", () => {
  for (const key of Object.keys(SETTINGS)) expect(help).toMatch(new RegExp(`\\b${key}\\b`));
});

test("80 columns, ASCII, no trailing blanks", () => {
  for (const line of `${help}${doctorHelpText("sterna")}`.split("\n")) {
    expect(line).toMatch(/^([\x20-\x7e]*[\x21-\x7e])?$/);
    expect(line.length).toBeLessThanOrEqual(80);
  }
});

test("NO_COLOR counts if it is not empty", () => {
  expect([{}, { NO_COLOR: "" }, { NO_COLOR: "0" }].map((env) => colorWanted(env))).toEqual([
    true,
    true,
    false,
  ]);
});
