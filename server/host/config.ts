/**
 * The configuration file of an operator's host: TOML in, complete settings or faults with what was expected out. The
 * table below is all there is; docs/operating.md and packaging/host.toml are tested against it. Pure but for
 * {@link readConfig}. Called by supervisor.ts.
 */
import { readFileSync } from "node:fs";
import { parse, TomlError } from "smol-toml";
import { isNumericAddress, type PortRange, parsePortRange } from "../address.ts";
import { isLoopback } from "../operator/metrics-server.ts";
import { templateFault } from "../users/start-plan.ts";
import { lineOf, nearest } from "./config-places.ts";

/** Everything that can be set. Times are seconds in the file and milliseconds here; 0 = off. */
export interface HostConfig {
  readonly host: {
    readonly ports: PortRange;
    readonly listen: readonly string[];
    /** Processes; 0: one for each core. */
    readonly shards: number;
    readonly start: "pam" | "setpriv";
    /** Words that start a login shell, a command; empty: those of `start`. */
    readonly startShell: readonly string[];
    readonly startCommand: readonly string[];
    /** What a client's quit does to a session. */
    readonly quitNamed: "end" | "detach";
    readonly quitUnnamed: "end" | "detach";
    readonly drain: number;
    /** Scheduling precedence of the shards, -20 … 0. */
    readonly nice: number;
  };
  readonly users: {
    readonly allow: readonly string[];
    readonly deny: readonly string[];
    readonly allowGroups: readonly string[];
    readonly denyGroups: readonly string[];
    readonly root: boolean;
  };
  readonly limits: {
    readonly sessions: number;
    readonly sessionsPerUser: number;
    readonly idle: number;
    readonly detached: number;
    readonly cols: number;
    readonly rows: number;
    readonly files: number;
    readonly processes: number;
    /** Bytes. */
    readonly memory: number;
  };
  readonly ssh: {
    /** `ADDRESS:PORT`; empty: no gateway. */
    readonly listen: readonly string[];
    readonly hostKeys: string;
    readonly exec: boolean;
    readonly maxConnections: number;
    readonly graceTime: number;
  };
  readonly metrics: {
    /** `ADDRESS:PORT`; empty: none. */
    readonly listen: string;
  };
  readonly log: {
    readonly level: "debug" | "info" | "warn" | "error";
    readonly format: "json" | "text";
  };
}

type Checked<T> = { readonly value: T } | { readonly expected: string };
type Check<T> = (value: unknown) => Checked<T>;

interface Setting<T> {
  readonly default: T;
  readonly check: Check<T>;
  /** Counts at the start only; a reload leaves it as it was. */
  readonly restart?: true;
}

function oneOf<T extends string>(...words: readonly T[]): Check<T> {
  return (value) =>
    words.includes(value as T)
      ? { value: value as T }
      : { expected: words.map((word) => `"${word}"`).join(" or ") };
}

const boolean: Check<boolean> = (value) =>
  typeof value === "boolean" ? { value } : { expected: "true or false" };
const text: Check<string> = (value) => (typeof value === "string" ? { value } : { expected: "a text" });
const words: Check<readonly string[]> = (value) =>
  Array.isArray(value) && value.every((word) => typeof word === "string" && word !== "")
    ? { value }
    : { expected: 'a list such as ["alice", "dev-*"]' };
const template =
  (forCommand: boolean): Check<readonly string[]> =>
  (value) => {
    const checked = words(value);
    if ("expected" in checked) {
      return { expected: 'a list of words such as ["login", "-p", "-f", "{user}"], or [] for the usual way' };
    }
    const fault = templateFault(checked.value, forCommand);
    return fault === undefined ? checked : { expected: `a program with its words: ${fault}` };
  };
const count =
  (least: number, most: number): Check<number> =>
  (value) =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most
      ? { value: value as number }
      : { expected: `a whole number from ${least} to ${most}` };
const seconds: Check<number> = (value) =>
  typeof value === "number" && value >= 0 && value <= 1e9
    ? { value: Math.round(value * 1000) }
    : { expected: "seconds, 0 for no limit" };
/** What one timer of the runtime can wait for, s: 24 days. A longer one would be over at once. */
const LONGEST_TIMER = 2_147_483;
const timerSeconds: Check<number> = (value) => {
  const checked = seconds(value);
  return "value" in checked && checked.value <= LONGEST_TIMER * 1000
    ? checked
    : { expected: `seconds up to ${LONGEST_TIMER}, 0 for no limit` };
};
const ports: Check<PortRange> = (value) => {
  const parsed = typeof value === "number" || typeof value === "string" ? parsePortRange(String(value)) : "";
  return typeof parsed === "string" || parsed.low === 0
    ? { expected: 'a UDP port such as 60000 or a range such as "60000:61000"' }
    : { value: parsed };
};
const addresses: Check<readonly string[]> = (value) =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((word) => typeof word === "string" && isNumericAddress(word))
    ? { value }
    : { expected: 'a list of numeric addresses such as ["0.0.0.0"]' };
/** Metrics have no password, so they are for this machine alone. */
const loopbackEndpoint: Check<string> = (value) =>
  value === "" || (typeof value === "string" && isLoopback(parseEndpoint(value)?.address ?? ""))
    ? { value: value as string }
    : {
        expected:
          'a loopback address and a port such as "127.0.0.1:9464" (there is no password), or "" for none',
      };
const endpoints: Check<readonly string[]> = (value) =>
  Array.isArray(value) && value.every((word) => typeof word === "string" && parseEndpoint(word) !== undefined)
    ? { value }
    : { expected: 'a list such as ["0.0.0.0:2222", "[::]:2222"]' };

type Table = {
  readonly [S in keyof HostConfig]: { readonly [K in keyof HostConfig[S]]: Setting<HostConfig[S][K]> };
};

/** Sections and keys as in the file but for the dashes: `quit-named` is `quitNamed`. */
const SETTINGS: Table = {
  host: {
    ports: { default: { low: 60000, high: 61000 }, check: ports, restart: true },
    listen: { default: ["0.0.0.0"], check: addresses, restart: true },
    shards: { default: 0, check: count(0, 256), restart: true },
    start: { default: "pam", check: oneOf("pam", "setpriv") },
    startShell: { default: [], check: template(false) },
    startCommand: { default: [], check: template(true) },
    quitNamed: { default: "detach", check: oneOf("end", "detach") },
    quitUnnamed: { default: "end", check: oneOf("end", "detach") },
    drain: { default: 3_600_000, check: timerSeconds },
    nice: { default: -10, check: count(-20, 0), restart: true },
  },
  users: {
    allow: { default: [], check: words },
    deny: { default: [], check: words },
    allowGroups: { default: [], check: words },
    denyGroups: { default: [], check: words },
    root: { default: false, check: boolean },
  },
  limits: {
    sessions: { default: 0, check: count(0, 1_000_000) },
    sessionsPerUser: { default: 0, check: count(0, 1_000_000) },
    idle: { default: 0, check: seconds },
    detached: { default: 0, check: seconds },
    cols: { default: 1000, check: count(10, 4096) },
    rows: { default: 500, check: count(5, 4096) },
    files: { default: 0, check: count(0, 10_000_000) },
    processes: { default: 0, check: count(0, 10_000_000) },
    memory: { default: 0, check: count(0, Number.MAX_SAFE_INTEGER) },
  },
  ssh: {
    listen: { default: [], check: endpoints, restart: true },
    hostKeys: { default: "/etc/sterna", check: text, restart: true },
    exec: { default: false, check: boolean },
    maxConnections: { default: 500, check: count(1, 100_000), restart: true },
    graceTime: { default: 30_000, check: timerSeconds, restart: true },
  },
  metrics: { listen: { default: "", check: loopbackEndpoint, restart: true } },
  log: {
    level: { default: "info", check: oneOf("debug", "info", "warn", "error") },
    format: { default: "text", check: oneOf("json", "text") },
  },
};

/** The file is not usable; `message` has a line for each fault. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** `ADDRESS:PORT`, an IPv6 address in brackets. */
export function parseEndpoint(word: string): { readonly address: string; readonly port: number } | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(word);
  const address = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (address === undefined || !isNumericAddress(address) || port > 65535) return undefined;
  return { address, port };
}

/** `quitNamed` as the file has it. */
export function keyInFile(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Every section and key of the file, and whether a reload leaves it as it was. */
export function allSettings(): readonly {
  readonly section: string;
  readonly key: string;
  readonly restart: boolean;
}[] {
  return Object.entries(SETTINGS).flatMap(([section, keys]) =>
    Object.entries(keys as Record<string, Setting<unknown>>).map(([key, { restart }]) => ({
      section,
      key: keyInFile(key),
      restart: restart ?? false,
    })),
  );
}

/** @param name of the file, for messages @throws ConfigError with all faults */
export function parseConfig(toml: string, name: string): HostConfig {
  let found: Record<string, unknown>;
  try {
    found = parse(toml);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    throw new ConfigError(`${name}:${error.line}: this is not TOML: ${error.message.split("\n")[0]}`);
  }
  const faults: string[] = [];
  /** File and line, as editors and people take it. */
  const at = (section: string, key?: string): string => {
    const line = lineOf(toml, section, key);
    return line === undefined ? name : `${name}:${line}`;
  };
  for (const [section, value] of Object.entries(found)) {
    const keys: Record<string, unknown> | undefined = Object.hasOwn(SETTINGS, section)
      ? SETTINGS[section as keyof HostConfig]
      : undefined;
    if (!keys || typeof value !== "object" || value === null || Array.isArray(value)) {
      const known = Object.keys(SETTINGS);
      const meant = nearest(section, known);
      faults.push(
        `${at(section)}: unknown section [${section}].${meant ? ` Did you mean [${meant}]?` : ""} There are: ${known
          .map((word) => `[${word}]`)
          .join(", ")}.`,
      );
      continue;
    }
    const known = Object.keys(keys).map(keyInFile);
    for (const key of Object.keys(value)) {
      if (known.includes(key)) continue;
      const meant = nearest(key, known);
      faults.push(
        `${at(section, key)}: [${section}] has no key ${key}.${meant ? ` Did you mean ${meant}?` : ""} Known keys: ${known.join(", ")}.`,
      );
    }
  }
  const config = Object.fromEntries(
    Object.entries(SETTINGS).map(([section, keys]) => [
      section,
      Object.fromEntries(
        Object.entries(keys as Record<string, Setting<unknown>>).map(([key, setting]) => {
          const given = (found[section] as Record<string, unknown> | undefined)?.[keyInFile(key)];
          if (given === undefined) return [key, setting.default];
          const checked = setting.check(given);
          if ("value" in checked) return [key, checked.value];
          faults.push(
            `${at(section, keyInFile(key))}: [${section}] ${keyInFile(key)} = ${JSON.stringify(given)}: expected ${checked.expected}.`,
          );
          return [key, setting.default];
        }),
      ),
    ]),
  ) as unknown as HostConfig;
  if (faults.length > 0) throw new ConfigError(faults.join("\n"));
  return config;
}

/** The settings in a file; without one the defaults. @throws ConfigError */
export function readConfig(path: string | undefined): HostConfig {
  if (path === undefined) return parseConfig("", "defaults");
  let toml: string;
  try {
    toml = readFileSync(path, "utf8");
  } catch (error) {
    throw new ConfigError(`${path}: ${(error as Error).message}`);
  }
  return parseConfig(toml, path);
}

/** Options of the command line, which are stronger than the file. @throws ConfigError */
export function withOptions(config: HostConfig, options: Readonly<Record<string, string>>): HostConfig {
  const set = <T>(name: string, value: unknown, check: Check<T>): T => {
    const checked = check(value);
    if ("value" in checked) return checked.value;
    throw new ConfigError(`--${name}=${String(value)}: expected ${checked.expected}.`);
  };
  const { port, listen, shards, ssh, metrics } = options;
  return {
    ...config,
    host: {
      ...config.host,
      ...(port === undefined ? {} : { ports: set("port", port, ports) }),
      ...(listen === undefined ? {} : { listen: set("listen", listen.split(","), addresses) }),
      ...(shards === undefined ? {} : { shards: set("shards", Number(shards), count(0, 256)) }),
    },
    ssh: {
      ...config.ssh,
      ...(ssh === undefined ? {} : { listen: set("ssh", ssh.split(","), endpoints) }),
    },
    metrics: {
      ...config.metrics,
      ...(metrics === undefined ? {} : { listen: set("metrics", metrics, loopbackEndpoint) }),
    },
  };
}

/** What a reload cannot change: keys whose new value needs a restart. */
export function needsRestart(before: HostConfig, after: HostConfig): readonly string[] {
  return allSettings()
    .filter(
      ({ section, key, restart }) =>
        restart &&
        JSON.stringify(settingOf(before, section, key)) !== JSON.stringify(settingOf(after, section, key)),
    )
    .map(({ section, key }) => `[${section}] ${key}`);
}

/** The new settings, but for those that need a restart. */
export function keepingFixed(before: HostConfig, after: HostConfig): HostConfig {
  return Object.fromEntries(
    Object.entries(SETTINGS).map(([section, keys]) => [
      section,
      Object.fromEntries(
        Object.entries(keys as Record<string, Setting<unknown>>).map(([key, { restart }]) => [
          key,
          settingOf(restart ? before : after, section, key),
        ]),
      ),
    ]),
  ) as unknown as HostConfig;
}

/** @param key as in the file or as here */
function settingOf(config: HostConfig, section: string, key: string): unknown {
  const values = config[section as keyof HostConfig] as unknown as Record<string, unknown>;
  return values[key.replaceAll(/-[a-z]/g, (letter) => letter[1]!.toUpperCase())];
}
