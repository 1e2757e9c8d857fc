/**
 * How root starts a session's child for a user, so that it is as after a login: through PAM (limits, logind, records),
 * with the user's groups, on a terminal that is theirs. Called by shard-process.ts.
 *
 * The program that root runs (login, su) gets a clean environment: a variable of the user's such as LD_PRELOAD would
 * otherwise act while it is still root. What may pass is a short list, with values that are plain words.
 */

import type { Environment } from "../../sys/environment.ts";
import { USUAL_OPEN_FILES } from "../../sys/open-files.ts";
import type { Account } from "../account.ts";
import type { ChildPlan } from "../shell.ts";

export interface StartRequest {
  /** undefined: the login shell. */
  readonly command: readonly string[] | undefined;
  readonly colors: number;
  readonly environment: Environment;
  /** Where the person came from, for the records. */
  readonly from: string | undefined;
}

/** Whom the terminal must belong to before the program runs; login sees to it itself. */
interface TerminalOwner {
  readonly uid: number;
  readonly gid: number;
}

export interface RootPlan extends ChildPlan {
  readonly terminalOwner: TerminalOwner | undefined;
  readonly waits: boolean;
}

/** How a shell becomes its user's. */
export interface StartMethod {
  readonly start: "pam" | "setpriv";
  /** The operator's own words for a login shell and for a command; empty: those of `start`. */
  readonly startShell: readonly string[];
  readonly startCommand: readonly string[];
}

/** What stands in braces in the operator's words; `{command}` is a word of its own and becomes several. */
const PLACEHOLDERS = ["user", "uid", "gid", "home", "shell", "from"] as const;
const COMMAND_WORD = "{command}";
const PLACEHOLDER = /\{([a-z]+)\}/g;

/** What is wrong with words for {@link StartMethod}; undefined: nothing. */
export function templateFault(words: readonly string[], forCommand: boolean): string | undefined {
  if (words.length === 0) return undefined;
  if (/[{}]/.test(words[0]!)) return "its first word must be a program";
  if (forCommand && !words.includes(COMMAND_WORD)) return `it must have the word "${COMMAND_WORD}"`;
  for (const word of words) {
    if (forCommand && word === COMMAND_WORD) continue;
    for (const [whole, name] of word.matchAll(PLACEHOLDER)) {
      if (!PLACEHOLDERS.includes(name as (typeof PLACEHOLDERS)[number]))
        return `it knows ${PLACEHOLDERS.map((known) => `{${known}}`).join(" ")}${forCommand ? ` ${COMMAND_WORD}` : ""}, not ${whole}`;
    }
  }
  return undefined;
}

/** The path root's programs run with. */
export const ROOT_PATH = "/usr/sbin:/usr/bin:/sbin:/bin";
/** Variables of the request that pass, if their value is a plain word. */
const PASSING =
  /^(?:LANG|LANGUAGE|LC_[A-Z]+|COLORTERM|TERM_PROGRAM|NCURSES_NO_UTF8_ACS|SSH_CONNECTION|SSH_CLIENT|SSH_AUTH_SOCK|STERNA_SESSION)$/;
/** No slash in a locale: the C library would open the file it names. */
const PLAIN = /^[\w.,:@+= -]*$/;
const PLAIN_PATH = /^\/[\w.,:@+=/-]*$/;

/** The variables that a user's program gets beside those of its login. */
export function passingEnvironment(environment: Environment, colors: number): Record<string, string> {
  const passing: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (!PASSING.test(name) || value.length > 256) continue;
    if (PLAIN.test(value) || (name === "SSH_AUTH_SOCK" && PLAIN_PATH.test(value))) passing[name] = value;
  }
  return {
    ...passing,
    TERM: colors === 256 ? "xterm-256color" : "xterm",
    // ncurses would otherwise switch to the line-drawing set, which stock's terminals do not have.
    NCURSES_NO_UTF8_ACS: "1",
  };
}

export function planAsRoot(account: Account, request: StartRequest, method: StartMethod): RootPlan {
  const passing = passingEnvironment(request.environment, request.colors);
  const template = request.command === undefined ? method.startShell : method.startCommand;
  const { command, owner } =
    template.length > 0
      ? { command: fillIn(template, account, request), owner: account }
      : method.start === "pam"
        ? throughPam(account, request, passing)
        : bySetpriv(account, request, passing);
  const clean = template.length === 0 && method.start === "setpriv";
  return {
    command,
    argv0: undefined,
    // Whoever logs somebody in says what is to be said.
    login: false,
    environment: { ...(clean ? { TERM: passing.TERM! } : passing), PATH: ROOT_PATH },
    directory: "/",
    complaint: undefined,
    terminalOwner: owner && { uid: owner.uid, gid: owner.gid },
    // login, su and their like; what changes to another user and stays is no longer root's, and hears the hang-up.
    waits: true,
  };
}

/** The operator's words with what they name put in; no value is split or read by a shell. */
function fillIn(
  words: readonly string[],
  { name, uid, gid, home, shell }: Account,
  { command = [], from }: StartRequest,
): string[] {
  const values: Record<(typeof PLACEHOLDERS)[number], string> = {
    user: name,
    uid: String(uid),
    gid: String(gid),
    home,
    shell: shell || "/bin/sh",
    from: plainAddress(from) ?? "localhost",
  };
  return words.flatMap((word) =>
    word === COMMAND_WORD
      ? command
      : [word.replaceAll(PLACEHOLDER, (_, key: keyof typeof values) => values[key])],
  );
}

/** Where somebody came from, if it is an address. */
function plainAddress(from: string | undefined): string | undefined {
  return from !== undefined && /^[\w.:%][\w.:%-]*$/.test(from) ? from : undefined;
}

function bySetpriv(
  { uid, gid, home, shell, name }: Account,
  { command }: StartRequest,
  passing: Readonly<Record<string, string>>,
): { command: string[]; owner: TerminalOwner } {
  const program = shell || "/bin/sh";
  const variables = Object.entries(passing).map(([key, value]) => `${key}=${value}`);
  return {
    command: [
      ...["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--init-groups", "--reset-env", "--"],
      // After the change of user: now the variables can do no harm. A home that cannot be entered is no reason to stop.
      ...["/bin/sh", "-c", 'cd "$HOME" 2>/dev/null || cd /; exec "$@"', "sh", "env", ...variables],
      ...[`HOME=${home}`, `USER=${name}`, `LOGNAME=${name}`, `SHELL=${program}`],
      ...(command ?? [program, "-l"]),
    ],
    owner: { uid, gid },
  };
}

function throughPam(
  { name, uid, gid, shell }: Account,
  { command, from }: StartRequest,
  passing: Readonly<Record<string, string>>,
): { command: string[]; owner: TerminalOwner | undefined } {
  if (command === undefined) {
    const address = plainAddress(from);
    return {
      command: ["login", "-p", ...(address ? ["-h", address] : []), "-f", name],
      owner: undefined,
    };
  }
  // login runs no commands. su's shell gets the words quoted, and is replaced by the program.
  const script = `SHELL=${quote(shell || "/bin/sh")}; export SHELL; exec ${command.map(quote).join(" ")}`;
  const keep = Object.keys(passing)
    .filter((variable) => variable !== "TERM")
    .join(",");
  return {
    command: ["su", "-l", "-w", keep, "-s", "/bin/sh", "--session-command", script, name],
    owner: { uid, gid },
  };
}

/** For a POSIX shell. */
function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** Limits of every child, set before it becomes the user's. PAM may set others. */
export interface ChildLimits {
  /** Open files. */
  readonly files: number | undefined;
  /** Processes and threads of the user. */
  readonly processes: number | undefined;
  /** Address space of each process, bytes. */
  readonly memory: number | undefined;
}

/**
 * The plan with the limits laid on: prlimit starts what was to be started. Without a limit of the operator's, programs get
 * back the usual soft one for open files, which this process has raised to the hard one for itself.
 * @param mostFiles this process's hard limit
 */
export function confined(
  plan: RootPlan,
  { files, processes, memory }: ChildLimits,
  mostFiles: number,
): RootPlan {
  const options = [
    files === undefined ? `--nofile=${Math.min(USUAL_OPEN_FILES, mostFiles)}:` : `--nofile=${files}`,
    ...(processes === undefined ? [] : [`--nproc=${processes}`]),
    ...(memory === undefined ? [] : [`--as=${memory}`]),
  ];
  return { ...plan, command: ["prlimit", ...options, "--", ...plan.command] };
}
