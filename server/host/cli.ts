/**
 * The command lines that speak to a host: arguments in, a plan or an error text out. Pure; called by commands.ts and,
 * for commands that came over ssh, by the gateway.
 */
import { type Invocation, parseCommandLine, type ServerOptions } from "../cli.ts";

export type Command =
  | { readonly kind: "help"; readonly text: string }
  | { readonly kind: "error"; readonly messages: readonly string[] }
  | {
      readonly kind: "attach";
      readonly name: string | undefined;
      readonly readOnly: boolean;
      /** Make the session if there is none. */
      readonly orNew: boolean;
      /** Show it on this terminal. */
      readonly here: boolean;
      readonly user: string | undefined;
      /** `-s`, `-i`, `-p`, `-c`, `-l` and the command, as in `new`. */
      readonly options: ServerOptions;
      readonly messages: readonly string[];
    }
  | {
      readonly kind: "list";
      readonly all: boolean;
      readonly json: boolean;
      readonly user: string | undefined;
    }
  | {
      readonly kind: "top";
      /** ms */
      readonly interval: number;
      readonly once: boolean;
    }
  | { readonly kind: "kill" | "detach"; readonly name: string; readonly user: string | undefined }
  | {
      readonly kind: "rename";
      readonly name: string;
      readonly to: string;
      readonly user: string | undefined;
    };

/** Seconds between two looks of `top`. */
const DEFAULT_INTERVAL = 2;
const LEAST_INTERVAL = 0.1;
const MOST_INTERVAL = 3600;

const HELP: Readonly<Record<string, string>> = {
  attach: `Usage: sterna-server attach [NAME] [--or-new] [--read-only] [--here] [--user USER] [options of new] [-- COMMAND...]

Takes a session up again: prints "MOSH CONNECT <UDP port> <key>" as new does. Without NAME the session you used last. The
others who look at it stay; the size follows whoever typed last.

  --or-new      make the session if there is none, running COMMAND or the login shell
  --read-only   look on: keys and sizes of this client have no effect
  --here        show it on this terminal, without UDP; leave with Ctrl-^ .
  --user USER   a session of another user (root only)
  -i, -s, -p    address and port, as for new`,
  list: `Usage: sterna-server list [--json] [--all] [--user USER]

Your sessions: name, what runs there, when it was last used, who looks at it.

  --json        one JSON array, for programs
  --all         of all users (root only)
  --user USER   of another user (root only)`,
  kill: `Usage: sterna-server kill NAME [--user USER]

Ends a session: its clients are told, its programs are hung up.`,
  detach: `Usage: sterna-server detach NAME [--user USER]

Says goodbye to all clients of a session. Its programs go on; attach takes it up again.`,
  top: `Usage: sterna-server top [--interval SECONDS] [--once]

Your sessions, live: who looks at them, round trips, what runs there. Root sees those of all users, and what each shard of
the host does: processor, memory, datagrams, time from a key to its frame.

  --interval SECONDS   between two looks (default: 2)
  --once               print it once, as plain text; so it is where standard output is no terminal

Keys: q leaves; s u n r c p order by last seen, user, name, round trip, creation, process, and again the other way round;
arrows scroll.`,
  rename: `Usage: sterna-server rename NAME NEW-NAME [--user USER]`,
};

/** Flags and options with a value that each command takes, beside `--help` and `--user`. */
const FLAGS: Readonly<Record<string, readonly string[]>> = {
  attach: ["--read-only", "--here", "--or-new"],
  list: ["--json", "--all"],
  top: ["--once"],
  kill: [],
  detach: [],
  rename: [],
};

/**
 * Reads the arguments after the program's name; the first is the command.
 * @param sshConnection the variable SSH_CONNECTION, for `-s`
 */
export function parseHostCommand(args: readonly string[], sshConnection: string | undefined): Command {
  const kind = args[0] ?? "";
  const end = args.indexOf("--");
  const words = args.slice(1, end < 0 ? args.length : end);
  const help = HELP[kind];
  if (help === undefined) return { kind: "error", messages: [`sterna-server: unknown command "${kind}"`] };
  if (words.includes("--help") || words.includes("-h")) return { kind: "help", text: help };
  const usage = help.split("\n")[0]!;
  const fail = (message: string): Command => ({
    kind: "error",
    messages: [`sterna-server: ${kind}: ${message}`, usage],
  });

  const flags = new Set<string>();
  const names: string[] = [];
  /** What is left for the grammar of `new`. */
  const rest: string[] = [];
  let user: string | undefined;
  let interval = DEFAULT_INTERVAL;
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (FLAGS[kind]!.includes(word)) flags.add(word);
    else if (word.startsWith("--user=")) user = word.slice("--user=".length);
    else if (word === "--user") {
      user = words[++i];
      if (user === undefined) return fail("--user wants the name of a user");
    } else if (kind === "top" && /^--interval(?:=|$)/.test(word)) {
      const value = word.startsWith("--interval=") ? word.slice("--interval=".length) : (words[++i] ?? "");
      interval = Number(value || Number.NaN);
      if (!(interval >= LEAST_INTERVAL && interval <= MOST_INTERVAL))
        return fail(`--interval wants seconds from ${LEAST_INTERVAL} to ${MOST_INTERVAL}, not "${value}"`);
    } else if (kind === "attach" && /^-[sipclv@]/.test(word)) {
      rest.push(word);
      // Options with a value in the next word.
      if (/^-[sv]*[ipcl@]$/.test(word) && i + 1 < words.length) rest.push(words[++i]!);
    } else if (word.startsWith("-")) return fail(`unknown option "${word}"`);
    else names.push(word);
  }
  // `mosh --server="sterna-server attach NAME"` puts the word that starts stock's server behind it.
  if (kind === "attach" && names.at(-1) === "new") names.pop();
  const [name, to] = names;
  if (kind === "list") {
    if (names.length > 0) return fail(`what is "${name}"?`);
    return { kind, all: flags.has("--all"), json: flags.has("--json"), user };
  }
  if (kind === "top") {
    if (names.length > 0) return fail(`what is "${name}"?`);
    if (user !== undefined) return fail("--user is not for top: root sees all users");
    return { kind, interval: interval * 1000, once: flags.has("--once") };
  }
  if (kind === "rename") {
    if (name === undefined || to === undefined || names.length > 2) return fail("two names are wanted");
    return { kind, name, to, user };
  }
  if (kind === "kill" || kind === "detach") {
    if (name === undefined || names.length > 1) return fail("one name is wanted");
    return { kind, name, user };
  }
  if (names.length > 1) return fail("one name at the most is wanted");
  if (flags.has("--or-new") && name === undefined) return fail("--or-new wants the name of the session");
  const parsed: Invocation = parseCommandLine(
    ["new", ...rest, ...(end < 0 ? [] : args.slice(end))],
    sshConnection,
  );
  if (parsed.kind === "error") return { kind: "error", messages: parsed.messages };
  if (parsed.kind !== "serve") return { kind: "help", text: help };
  return {
    kind: "attach",
    name,
    readOnly: flags.has("--read-only"),
    orNew: flags.has("--or-new"),
    here: flags.has("--here"),
    user,
    options: parsed.options,
    messages: parsed.messages,
  };
}
