/**
 * Finds and reads the configuration file, `$XDG_CONFIG_HOME/sterna/config.toml`, and gives the settings for one host.
 * Called by main.ts and the doctor before a session; only a person who has a file pays for the parser.
 */
import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { CommandError } from "../cli/errors.ts";
import type { Settings } from "./settings.ts";

/** Where to look: the usual place (undefined), a file by name, or nowhere (false). */
export type ConfigSource = string | false | undefined;

/** Settings of the file for one host. */
export interface LoadedSettings {
  readonly global: Settings;
  readonly host: Settings;
  /** Host sections that match, the most specific first. */
  readonly titles: readonly string[];
  /** The file; undefined if there is none. */
  readonly file: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

const MAX_BYTES = 1_048_576;
/** More mistakes than these are not shown at once. */
const MAX_FAULTS = 10;
const WRITABLE_BY_OTHERS = 0o002;

/** The usual place. A relative XDG_CONFIG_HOME is ignored, as its specification says. */
export function defaultConfigFile(env: Environment): string {
  const base = env.XDG_CONFIG_HOME;
  const directory = base !== undefined && isAbsolute(base) ? base : join(env.HOME || homedir(), ".config");
  return join(directory, "sterna", "config.toml");
}

/**
 * @param host as typed, with or without the user
 * @param program the name in messages
 * @throws CommandError, status 255, that names file and line, for everything that is wrong with the file
 */
export async function loadSettings(
  source: ConfigSource,
  host: string,
  env: Environment,
  program: string,
): Promise<LoadedSettings> {
  const none: LoadedSettings = { global: {}, host: {}, titles: [], file: undefined };
  if (source === false) return none;
  const file = source ?? defaultConfigFile(env);
  const text = readConfig(file, source === undefined, program);
  if (text === undefined) return none;
  const [{ parseConfig }, { settingsForHost }] = await Promise.all([
    import("./parse-config.ts"),
    import("./host-sections.ts"),
  ]);
  const config = parseConfig(text);
  if (!("global" in config)) {
    const lines = config
      .slice(0, MAX_FAULTS)
      .map(({ line, message }) => `${program}: ${file}${line === undefined ? "" : `:${line}`}: ${message}`);
    if (config.length > MAX_FAULTS) lines.push(`... and ${config.length - MAX_FAULTS} more.`);
    throw new CommandError([...lines, "(--no-config starts without the file.)"].join("\n"));
  }
  const found = settingsForHost(config, host.slice(host.lastIndexOf("@") + 1));
  if ("key" in found) {
    const [one, other] = found.titles;
    throw new CommandError(
      `${program}: ${file}: [host."${one}"] and [host."${other}"] are equally specific for this host and set ` +
        `${found.key} differently. Set it in a section that names the host, or make one pattern longer.`,
    );
  }
  return { global: config.global, host: found.settings, titles: found.titles, file };
}

/** @returns undefined if the file is optional and not there */
function readConfig(file: string, optional: boolean, program: string): string | undefined {
  const refuse = (what: string): never => {
    throw new CommandError(`${program}: ${file}: ${what}`);
  };
  let fd: number;
  try {
    fd = openSync(file, "r");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (optional && (code === "ENOENT" || code === "ENOTDIR")) return undefined;
    return refuse(`cannot be read: ${reasonOf(error)}.`);
  }
  try {
    const { uid, mode, size } = fstatSync(fd);
    // The file names programs that will be run: what ssh asks of its own.
    const mine = uid === 0 || uid === process.getuid?.();
    if (optional && (!mine || (mode & WRITABLE_BY_OTHERS) !== 0)) {
      return refuse(
        mine
          ? `others may write it. It names programs to run, so it is not read. chmod go-w ${file}`
          : "it belongs to another user. It names programs to run, so it is not read.",
      );
    }
    if (size > MAX_BYTES) return refuse(`it is larger than ${MAX_BYTES} bytes.`);
    return readFileSync(fd, "utf8").replace(/^\ufeff/, "");
  } catch (error) {
    if (error instanceof CommandError) throw error;
    return refuse(`cannot be read: ${reasonOf(error)}.`);
  } finally {
    closeSync(fd);
  }
}

/** `Is a directory`, from `EISDIR: illegal operation on a directory, read`. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/^[A-Z]+: /, "").replace(/, (open|read).*$/, "");
}
