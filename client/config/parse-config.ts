/**
 * The configuration file's text to checked settings: TOML, then every key and value against settings.ts. All mistakes
 * are collected, each with its line, what was expected, what came, and what was probably meant. Pure; load.ts reads
 * the file.
 *
 *   predict = "always"                 for all hosts
 *   [host."*.example.org *.lan"]       for hosts that match one of the patterns (`*`, `?`)
 *   server = "sterna-server"
 */
import { parse, TomlError } from "smol-toml";
import { suggest } from "../cli/suggest.ts";
import { lineOf } from "./place.ts";
import { SETTINGS, type SettingKey, type Settings } from "./settings.ts";

/** A table `[host."PATTERNS"]`. */
export interface HostSection {
  /** As written, for messages. */
  readonly title: string;
  /** Lower case. */
  readonly patterns: readonly string[];
  readonly settings: Settings;
}

export interface Config {
  readonly global: Settings;
  readonly hosts: readonly HostSection[];
}

/** Something wrong in the text. */
export interface ConfigFault {
  /** From 1; undefined if it cannot be told. */
  readonly line: number | undefined;
  readonly message: string;
}

const KEYS = Object.keys(SETTINGS) as SettingKey[];
const GLOBAL_KEYS = KEYS.filter((key) => !SETTINGS[key].hostOnly);
/** What came is quoted up to here. */
const MAX_SHOWN = 60;

export function parseConfig(source: string): Config | readonly ConfigFault[] {
  let table: Record<string, unknown>;
  try {
    table = parse(source);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    return [{ line: error.line, message: syntaxMessage(error) }];
  }
  const faults: ConfigFault[] = [];
  const fault = (path: readonly string[], message: string): void => {
    faults.push({ line: lineOf(source, path), message });
  };
  const { host, ...rest } = table;
  const global = checkTable(rest, [], fault);
  const hosts: HostSection[] = [];
  if (host !== undefined && !isTable(host)) {
    fault(["host"], `host: expected sections such as [host."*.example.org"], came ${shown(host)}.`);
  } else {
    for (const [title, section] of Object.entries(host ?? {})) {
      const path = ["host", title];
      if (!isTable(section)) {
        fault(path, `host.${title}: expected a section [host."NAME"], came ${shown(section)}.`);
        continue;
      }
      const patterns = title.toLowerCase().split(/\s+/).filter(Boolean);
      const wrong = patterns.length === 0 ? "it is empty" : patterns.map(patternFault).find(Boolean);
      if (wrong !== undefined) fault(path, `[host.${quoted(title)}]: ${wrong}.`);
      hosts.push({ title, patterns, settings: checkTable(section, path, fault) });
    }
  }
  faults.sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  return faults.length > 0 ? faults : { global, hosts };
}

/** The parser's complaint without its heading and its picture of the place, which the line number replaces. */
function syntaxMessage(error: TomlError): string {
  const first = error.message.split("\n")[0]!.replace(/^Invalid TOML document: /, "");
  return `this is not TOML: ${first}${first.endsWith(".") ? "" : "."}`;
}

function patternFault(pattern: string): string | undefined {
  if (pattern.startsWith("!")) return `"${pattern}": there is no "not" here; a more specific section wins`;
  if (pattern.includes("@")) return `"${pattern}": patterns are for the host alone, without the user`;
  if (/[^\p{L}\p{N}._:%*?[\]-]/u.test(pattern))
    return `${quoted(pattern)} has characters that no host name has`;
  return undefined;
}

function checkTable(
  table: Record<string, unknown>,
  path: readonly string[],
  fault: (path: readonly string[], message: string) => void,
): Settings {
  const inHost = path.length > 0;
  const where = inHost ? ` in [host.${quoted(path[1]!)}]` : "";
  const settings: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(table)) {
    const at = [...path, key];
    const setting = Object.hasOwn(SETTINGS, key) ? SETTINGS[key as SettingKey] : undefined;
    if (setting === undefined) {
      fault(at, unknownKey(key, value, path));
    } else if (setting.hostOnly && !inHost) {
      fault(at, `${key} belongs in a host section: [host."NAME"], for all hosts [host."*"].`);
    } else {
      const checked = setting.check(value);
      if ("value" in checked) {
        settings[key] = checked.value;
        continue;
      }
      const meant = typeof value === "string" ? suggest(value, checked.words ?? []) : undefined;
      fault(
        at,
        `${key}${where}: expected ${checked.expected}; came ${shown(value)}.` +
          (meant === undefined ? "" : ` Did you mean "${meant}"?`),
      );
    }
  }
  return settings as Settings;
}

function unknownKey(key: string, value: unknown, path: readonly string[]): string {
  const inHost = path.length > 0;
  if (isTable(value)) {
    if (inHost) {
      // [host.example.org] is, in TOML, a table `org` in a table `example`.
      const name = [path[1]!, ...dottedRest(key, value)].join(".");
      return `[host.${name}]: a name with dots needs quotes: [host."${name}"].`;
    }
    const plural = suggest(key, ["host"]);
    return `unknown section [${key}]. ${plural === undefined ? 'Host sections are written [host."NAME"].' : 'Did you mean [host."NAME"]?'}`;
  }
  const known = inHost ? KEYS : GLOBAL_KEYS;
  const meant = suggest(key, known);
  const where = inHost ? ` in [host.${quoted(path[1]!)}]` : "";
  return (
    `unknown key ${/^[\w-]+$/.test(key) ? key : quoted(key)}${where}. ` +
    (meant === undefined ? `Known keys: ${known.join(", ")}.` : `Did you mean ${meant}?`)
  );
}

/** The further parts of an unquoted dotted name: down while there is nothing but one table in the table. */
function dottedRest(key: string, value: Record<string, unknown>): string[] {
  const entries = Object.entries(value);
  const [only] = entries;
  if (entries.length !== 1 || !isTable(only![1])) return [key];
  return [key, ...dottedRest(only![0], only![1])];
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function quoted(text: string): string {
  return JSON.stringify(text);
}

/** What came, for a message. */
function shown(value: unknown): string {
  const kind = Array.isArray(value) ? "array" : value instanceof Date ? "date" : typeof value;
  if (isTable(value)) return "a section";
  const text = JSON.stringify(value);
  return `the ${kind} ${text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text}`;
}
