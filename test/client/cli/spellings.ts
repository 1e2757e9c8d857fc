/** The spellings of an option that help, manual page and completions are searched for. */
import type { OptionSpec } from "../../../client/cli/getopt.ts";

export function longNames(option: OptionSpec): string[] {
  const long = option.names.filter((name) => name.length > 1);
  return option.kind === "negatable" ? long.flatMap((name) => [name, `no-${name}`]) : long;
}

export function shortNames(option: OptionSpec): string[] {
  return option.names.filter((name) => name.length === 1);
}
