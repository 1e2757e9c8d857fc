/**
 * The command line of `mosh-server` (stock's, old style included): arguments in, a plan or an error text out.
 *
 * Pure: touches neither the system nor the screen, so the program's every message is tested without a process. Light,
 * because `--version` pays for what this file imports. Called by main.ts.
 */
import { isNumericAddress, type PortRange, parsePortRange } from "./address.ts";

export interface ServerOptions {
  /** Numeric local address to try first; undefined: any interface. */
  readonly address: string | undefined;
  /** undefined: the default range. */
  readonly ports: PortRange | undefined;
  /** `-c`: colors of the user's terminal. Only 256 has a meaning. */
  readonly colors: number;
  /** `-l NAME=VALUE`, in order, unparsed. */
  readonly locale: readonly string[];
  /** `--name`: the session's name; undefined: the host gives it a number. */
  readonly name: string | undefined;
  /** `--standalone`: a process for this session alone. */
  readonly standalone: boolean;
  /** How often `-v` was given. */
  readonly verbose: number;
  /** Program and arguments; undefined: the user's login shell. */
  readonly command: readonly string[] | undefined;
}

export type Invocation =
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  /** Print `messages` on standard error and leave with status 1. */
  | { readonly kind: "error"; readonly messages: readonly string[] }
  /** Print `messages` (warnings) on standard error and serve. */
  | { readonly kind: "serve"; readonly messages: readonly string[]; readonly options: ServerOptions };

/** The line that other programs and people know. */
export const USAGE =
  "Usage: mosh-server new [-s] [-v] [-i LOCALADDR] [-p PORT[:PORT2]] [-c COLORS] [-l NAME=VALUE] [-- COMMAND...]";

/** What stands below the version, on `--version` and at the start of a session. */
export const LICENCE = "Licensed under the Apache License 2.0. There is no warranty.";

/** Everything `--help` prints. */
export const HELP = `${USAGE}

Starts a shell for one client, prints "MOSH CONNECT <UDP port> <key>" and detaches. ssh runs it on behalf of a client.

  -s               bind to the address that ssh was reached at (SSH_CONNECTION)
  -i LOCALADDR     bind to this numeric address
  -p PORT[:PORT2]  UDP port or range of ports, 0 for any (default 60001:60999)
  -c COLORS        colors of the user's terminal; 256 gives the child TERM=xterm-256color
  -l NAME=VALUE    locale variable, used if the environment's own locale is not UTF-8; repeatable
  -v               keep standard error and report there; implies --standalone
  --name NAME      the session's name: "attach NAME" takes it up again
  --standalone     a process for this session alone, not a host
  -- COMMAND...    run this instead of the login shell

Other commands: list, attach, detach, kill, rename, host, top; each answers --help. --version says which this is.

The session is served by the system's host (STERNA_HOST=system), else by your own (own), which is started when it is
needed; STERNA_HOST=none is --standalone. Environment, in seconds: MOSH_SERVER_NETWORK_TMOUT ends a session without a client for so long,
MOSH_SERVER_SIGNAL_TMOUT lets SIGUSR1 end it then.`;

/** Options that take an argument, then those that take none. */
const WITH_ARGUMENT = "@ipcl";
const WITHOUT_ARGUMENT = "sv";

/**
 * Reads the arguments after the program's name.
 * @param sshConnection the variable SSH_CONNECTION, for `-s`
 */
export function parseCommandLine(args: readonly string[], sshConnection: string | undefined): Invocation {
  const end = args.indexOf("--");
  const words = end < 0 ? args : args.slice(0, end);
  const rest = end < 0 ? [] : args.slice(end + 1);
  for (const word of words) {
    if (word === "--help" || word === "-h") return { kind: "help" };
    if (word === "--version") return { kind: "version" };
  }
  const command = rest.length > 0 ? rest : undefined;
  return words[0] === "new"
    ? parseNew(words.slice(1), command, sshConnection)
    : parseOldStyle(words, command);
}

/** `mosh-server [ADDRESS [PORT]]`. A first word that is no address is a mistake, not the name of a host. */
function parseOldStyle(words: readonly string[], command: readonly string[] | undefined): Invocation {
  const [address, port] = words;
  if (words.length > 2) return { kind: "error", messages: [USAGE] };
  if (address !== undefined && !isNumericAddress(address)) {
    return { kind: "error", messages: [`mosh-server: Unknown command (${address})`, USAGE] };
  }
  return plan(
    { address, port, colors: 0, locale: [], verbose: 0, command, name: undefined, standalone: false },
    [],
  );
}

/** The words that `new` takes beyond stock's, and the rest. */
interface LongWords {
  readonly rest: readonly string[];
  readonly name: string | undefined;
  readonly standalone: boolean;
}

/** Takes `--name NAME`, `--name=NAME` and `--standalone` out. */
function takeLongWords(words: readonly string[]): LongWords {
  const rest: string[] = [];
  let name: string | undefined;
  let standalone = false;
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word === "--standalone") standalone = true;
    else if (word.startsWith("--name=")) name = word.slice("--name=".length);
    else if (word === "--name" && i + 1 < words.length) name = words[++i];
    else rest.push(word);
  }
  return { rest, name, standalone };
}

function parseNew(
  all: readonly string[],
  command: readonly string[] | undefined,
  sshConnection: string | undefined,
): Invocation {
  const { rest: words, name, standalone } = takeLongWords(all);
  const messages: string[] = [];
  const locale: string[] = [];
  let address: string | undefined;
  let port: string | undefined;
  let colors = 0;
  let verbose = 0;
  for (const { option, argument } of getopt(words, messages)) {
    if (option === "s") address = sshAddress(sshConnection, messages);
    else if (option === "i") address = argument;
    else if (option === "p") port = argument;
    else if (option === "l") locale.push(argument);
    else if (option === "v") verbose++;
    else if (option === "c") {
      // strtol's grammar: blanks and a sign before the digits, nothing after; an empty word is 0.
      if (!/^(?:[ \t-\r]*[-+]?\d+)?$/.test(argument)) {
        messages.push(`mosh-server: Bad number of colors (${argument})`, USAGE);
        return { kind: "error", messages };
      }
      colors = Number(argument);
    }
  }
  return plan({ address, port, colors, locale, verbose, command, name, standalone }, messages);
}

/**
 * getopt(3) with GNU's rules: options may be grouped and stand after other words (which are ignored). A mistake adds
 * getopt's message, under the name `new`, and the usage; then it goes on.
 */
function* getopt(
  words: readonly string[],
  messages: string[],
): Generator<{ option: string; argument: string }> {
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (!word.startsWith("-") || word === "-") continue;
    for (let at = 1; at < word.length; at++) {
      const option = word[at]!;
      if (WITHOUT_ARGUMENT.includes(option)) {
        yield { option, argument: "" };
      } else if (WITH_ARGUMENT.includes(option)) {
        const attached = word.slice(at + 1);
        const argument = attached !== "" ? attached : words[++i];
        if (argument === undefined) messages.push(`new: option requires an argument -- '${option}'`, USAGE);
        else yield { option, argument };
        break;
      } else {
        messages.push(`new: invalid option -- '${option}'`, USAGE);
      }
    }
  }
}

/** The server's own address as ssh's client reached it; undefined, with a warning, if ssh did not say. */
function sshAddress(sshConnection: string | undefined, messages: string[]): string | undefined {
  if (sshConnection === undefined) {
    messages.push("Warning: SSH_CONNECTION not found; binding to any interface.");
    return undefined;
  }
  const address = sshConnection.split(/\s+/).filter((word) => word !== "")[2];
  if (address === undefined) {
    messages.push("Warning: Could not parse SSH_CONNECTION; binding to any interface.");
    return undefined;
  }
  return address.replace(/^::ffff:/i, "");
}

function plan(
  { port, ...options }: Omit<ServerOptions, "ports"> & { readonly port: string | undefined },
  messages: string[],
): Invocation {
  if (port === undefined) return { kind: "serve", messages, options: { ...options, ports: undefined } };
  const ports = parsePortRange(port);
  if (typeof ports === "string") {
    messages.push(ports, `mosh-server: Bad UDP port range (${port})`, USAGE);
    return { kind: "error", messages };
  }
  return { kind: "serve", messages, options: { ...options, ports } };
}
