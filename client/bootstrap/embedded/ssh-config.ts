/**
 * What the embedded ssh takes from its own options, ~/.ssh/config and /etc/ssh/ssh_config. Not all of ssh_config(5):
 * the keywords of {@link SshConfig}, Host, Match (all, host, originalhost, user, localuser) and Include. What would
 * change where the connection goes (ProxyJump, ProxyCommand) is read so that it can be refused, not ignored.
 */

import { matchPatternList } from "../../../sys/patterns.ts";
import { CommandError } from "../../cli/errors.ts";
import { type ConfigLine, parseConfigLine, walkConfigFile } from "./config-file.ts";

type StrictHostKeyChecking = "yes" | "ask" | "accept-new" | "no";

export interface SshConfig {
  /** What the user typed, lower case. */
  readonly originalHost: string;
  /** Name or address to connect to. */
  readonly hostName: string;
  readonly port: number;
  readonly user: string;
  /** Absolute paths, in the order to try. */
  readonly identityFiles: readonly string[];
  /** Were the files named by the configuration (and not the defaults)? Then a missing one is worth a word. */
  readonly identityFilesNamed: boolean;
  readonly identitiesOnly: boolean;
  /** The agent's socket; undefined: none. */
  readonly agent: string | undefined;
  readonly userKnownHosts: readonly string[];
  readonly globalKnownHosts: readonly string[];
  readonly hostKeyAlias: string | undefined;
  readonly strictHostKeyChecking: StrictHostKeyChecking;
  readonly hashKnownHosts: boolean;
  /** Seconds; undefined: the system's. */
  readonly connectTimeout: number | undefined;
  /** `any`, `inet` or `inet6`. */
  readonly addressFamily: string;
  readonly batchMode: boolean;
  readonly passwordPrompts: number;
  readonly pubkeyAuthentication: boolean;
  readonly passwordAuthentication: boolean;
  readonly kbdInteractiveAuthentication: boolean;
  /** Things in the files that were not understood and could matter. */
  readonly warnings: readonly string[];
}

/** What the machine and its user are; a parameter for the tests. */
export interface LocalAccount {
  readonly home: string;
  readonly user: string;
  readonly agentSocket: string | undefined;
}

const DEFAULT_IDENTITIES = ["id_ed25519", "id_ecdsa", "id_rsa"];
const SYSTEM_CONFIG = "/etc/ssh/ssh_config";

/** The options of `--ssh="embedded ..."`, in ssh's own letters. */
export interface EmbeddedOptions {
  /** Configuration lines that win over the files. */
  readonly lines: readonly ConfigLine[];
  /** `-F FILE`: this file instead of both others; `none`: no file. */
  readonly configFile: string | undefined;
}

/** @param words what follows `embedded` in `--ssh` @throws CommandError for an option it does not have */
export function parseEmbeddedOptions(words: readonly string[], program: string): EmbeddedOptions {
  const letters: Record<string, string> = { p: "port", l: "user", i: "identityfile" };
  const lines: ConfigLine[] = [];
  let configFile: string | undefined;
  for (let i = 0; i < words.length; i++) {
    const match = /^-([pliFo46])(.*)$/s.exec(words[i]!);
    const letter = match?.[1];
    if (letter === "4" || letter === "6") {
      lines.push({
        keyword: "addressfamily",
        words: [letter === "4" ? "inet" : "inet6"],
        place: `-${letter}`,
      });
      continue;
    }
    const value = match?.[2] || words[++i];
    if (letter === undefined || value === undefined) {
      throw new CommandError(
        `${program}: The embedded ssh does not know "${words[letter === undefined ? i - 1 : i] ?? words[i - 1]}". ` +
          "Its options are -4 -6 -p PORT -l USER -i KEYFILE -F CONFIG -o NAME=VALUE.",
      );
    }
    const place = `-${letter} ${value}`;
    if (letter === "F") configFile = value;
    else if (letter === "o") {
      const line = parseConfigLine(value, place);
      if (line === undefined) throw new CommandError(`${program}: -o wants NAME=VALUE, not "${value}".`);
      lines.push(line);
    } else lines.push({ keyword: letters[letter]!, words: [value], place });
  }
  return { lines, configFile };
}

/**
 * The configuration for one host. The first value found wins; IdentityFile collects.
 *
 * @param destination `[user@]host`
 * @throws CommandError for a value that cannot be used, or a configuration that the embedded ssh cannot follow
 */
export function readSshConfig(
  destination: string,
  options: EmbeddedOptions,
  account: LocalAccount,
  program: string,
): SshConfig {
  const at = destination.lastIndexOf("@");
  const originalHost = destination.slice(at + 1).toLowerCase();
  const values = new Map<string, ConfigLine>();
  const identities: ConfigLine[] = [];
  const warnings: string[] = [];

  const first = (keyword: string): string | undefined => values.get(keyword)?.words[0];
  const take = (line: ConfigLine): void => {
    if (line.keyword === "identityfile") identities.push(line);
    else if (!values.has(line.keyword)) values.set(line.keyword, line);
  };
  if (at > 0) take({ keyword: "user", words: [destination.slice(0, at)], place: "command line" });
  for (const line of options.lines) take(line);

  const files =
    options.configFile === undefined
      ? [`${account.home}/.ssh/config`, SYSTEM_CONFIG]
      : options.configFile === "none"
        ? []
        : [options.configFile];
  for (const file of files) {
    let active = true;
    walkConfigFile(file, account.home, (line) => {
      if (line.keyword === "host") active = matchPatternList(originalHost, line.words);
      else if (line.keyword === "match") {
        const host = (first("hostname") ?? originalHost).replaceAll("%h", originalHost);
        const user = first("user") ?? account.user;
        active = matchConditions(line, { host, originalHost, user, localUser: account.user }, warnings);
      } else if (active) take(line);
      return active;
    });
  }
  refuseProxies(values, destination, program);

  const configured = first("hostname");
  // Not the name as typed: its percent sign would be an IPv6 zone's.
  const hostName =
    configured === undefined ? originalHost : expand(configured, { "%h": originalHost }, account);
  const user = first("user") ?? account.user;
  const port = number(values, "port", 22, 1, 65535, program);
  const tokens = {
    "%h": hostName,
    "%n": originalHost,
    "%p": String(port),
    "%r": user,
    "%u": account.user,
    "%d": account.home,
  };
  const path = (text: string): string => expand(text, tokens, account);
  const paths = (keyword: string, otherwise: readonly string[]): string[] =>
    (values.get(keyword)?.words ?? otherwise).filter((word) => word.toLowerCase() !== "none").map(path);
  const flag = (keyword: string, otherwise: boolean): boolean => {
    const value = first(keyword)?.toLowerCase();
    return value === undefined ? otherwise : value === "yes" || value === "true";
  };

  const named = identities.map((line) => line.words[0]).filter((word) => word !== undefined);
  const agent = first("identityagent");
  return {
    originalHost,
    hostName,
    port,
    user,
    identityFiles: (named.length > 0
      ? named.filter((word) => word.toLowerCase() !== "none")
      : DEFAULT_IDENTITIES.map((name) => `~/.ssh/${name}`)
    ).map(path),
    identityFilesNamed: named.length > 0,
    identitiesOnly: flag("identitiesonly", false),
    agent: agentSocket(agent, account, path),
    userKnownHosts: paths("userknownhostsfile", ["~/.ssh/known_hosts", "~/.ssh/known_hosts2"]),
    globalKnownHosts: paths("globalknownhostsfile", [
      "/etc/ssh/ssh_known_hosts",
      "/etc/ssh/ssh_known_hosts2",
    ]),
    hostKeyAlias: first("hostkeyalias")?.toLowerCase(),
    strictHostKeyChecking: strictness(values.get("stricthostkeychecking"), program),
    hashKnownHosts: flag("hashknownhosts", false),
    connectTimeout:
      first("connecttimeout") === undefined || first("connecttimeout")?.toLowerCase() === "none"
        ? undefined
        : number(values, "connecttimeout", 0, 1, 86_400, program),
    addressFamily: first("addressfamily")?.toLowerCase() ?? "any",
    batchMode: flag("batchmode", false),
    passwordPrompts: number(values, "numberofpasswordprompts", 3, 0, 100, program),
    pubkeyAuthentication: first("pubkeyauthentication")?.toLowerCase() !== "no",
    passwordAuthentication: flag("passwordauthentication", true),
    kbdInteractiveAuthentication: flag(
      "kbdinteractiveauthentication",
      flag("challengeresponseauthentication", true),
    ),
    warnings,
  };
}

function matchConditions(
  line: ConfigLine,
  facts: { host: string; originalHost: string; user: string; localUser: string },
  warnings: string[],
): boolean {
  let all = true;
  for (let i = 0; i < line.words.length; i++) {
    const negated = line.words[i]!.startsWith("!");
    const condition = line.words[i]!.slice(negated ? 1 : 0).toLowerCase();
    // A second pass over the files for `final` and `canonical` is not made: such blocks do not apply.
    if (condition === "final" || condition === "canonical") return negated && all;
    if (condition === "all") continue;
    const subject = {
      host: facts.host,
      originalhost: facts.originalHost,
      user: facts.user,
      localuser: facts.localUser,
    }[condition];
    const patterns = line.words[++i];
    if (subject === undefined || patterns === undefined) {
      warnings.push(
        `${line.place}: "Match ${line.words.join(" ")}" is not understood; its lines are skipped`,
      );
      return false;
    }
    if (matchPatternList(subject, patterns.split(",")) === negated) all = false;
  }
  return all;
}

function refuseProxies(values: ReadonlyMap<string, ConfigLine>, destination: string, program: string): void {
  for (const keyword of ["proxyjump", "proxycommand"]) {
    const line = values.get(keyword);
    if (line === undefined || line.words[0]?.toLowerCase() === "none") continue;
    const name = keyword === "proxyjump" ? "ProxyJump" : "ProxyCommand";
    throw new CommandError(
      `${program}: ${line.place} reaches ${destination} by ${name}, which the embedded ssh cannot do. ` +
        "Use the system's ssh (--ssh=ssh).",
    );
  }
}

function agentSocket(
  value: string | undefined,
  account: LocalAccount,
  path: (text: string) => string,
): string | undefined {
  if (value === undefined || value === "SSH_AUTH_SOCK") return account.agentSocket;
  if (value.toLowerCase() === "none") return undefined;
  return value.startsWith("$") ? process.env[value.replace(/^\$\{?|\}$/g, "")] : path(value);
}

function strictness(line: ConfigLine | undefined, program: string): StrictHostKeyChecking {
  const value = line?.words[0]?.toLowerCase() ?? "ask";
  if (value === "off" || value === "false") return "no";
  if (value === "true") return "yes";
  if (value === "yes" || value === "ask" || value === "accept-new" || value === "no") return value;
  throw new CommandError(`${program}: ${line?.place}: StrictHostKeyChecking is yes, ask, accept-new or no.`);
}

function number(
  values: ReadonlyMap<string, ConfigLine>,
  keyword: string,
  otherwise: number,
  min: number,
  max: number,
  program: string,
): number {
  const line = values.get(keyword);
  if (line === undefined) return otherwise;
  const text = line.words[0] ?? "";
  const value = Number(text);
  if (!/^[0-9]+$/.test(text) || value < min || value > max) {
    throw new CommandError(
      `${program}: ${line.place}: expected a number from ${min} to ${max}, not "${text}".`,
    );
  }
  return value;
}

/** `~/` and percent tokens. */
function expand(text: string, tokens: Readonly<Record<string, string>>, account: LocalAccount): string {
  return text
    .replace(/^~(?=\/|$)/, account.home)
    .replace(/%(.)/g, (token, letter: string) => (letter === "%" ? "%" : (tokens[token] ?? token)));
}
