/**
 * How root starts a session's child for a user, so that it is as after a login: through PAM (limits, logind, records),
 * with the user's groups, on a terminal that is theirs. Called by shard-process.ts.
 *
 * The program that root runs (login, su) gets a clean environment: a variable of the user's such as LD_PRELOAD would
 * otherwise act while it is still root. What may pass is a short list, with values that are plain words.
 */
import type { Account } from "../account.ts";
import type { Environment } from "../environment.ts";
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
}

export type StartMethod = "pam" | "setpriv";

/** The path root's programs run with. */
const ROOT_PATH = "/usr/sbin:/usr/bin:/sbin:/bin";
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
  const { command, owner } =
    method === "pam" ? throughPam(account, request, passing) : bySetpriv(account, request, passing);
  return {
    command,
    argv0: undefined,
    // Whoever logs somebody in says what is to be said.
    login: false,
    environment: { ...(method === "pam" ? passing : { TERM: passing.TERM! }), PATH: ROOT_PATH },
    directory: "/",
    complaint: undefined,
    terminalOwner: owner,
  };
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
    const host = from !== undefined && /^[\w.:%-]+$/.test(from) ? ["-h", from] : [];
    return { command: ["login", "-p", ...host, "-f", name], owner: undefined };
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

/** Limits of every child, set before it becomes the user's. */
export interface ChildLimits {
  /** Open files. */
  readonly files: number | undefined;
  /** Processes and threads of the user. */
  readonly processes: number | undefined;
  /** Address space of each process, bytes. */
  readonly memory: number | undefined;
}

/** The plan with the limits laid on: prlimit starts what was to be started. */
export function confined(plan: RootPlan, { files, processes, memory }: ChildLimits): RootPlan {
  const options = [
    ...(files === undefined ? [] : [`--nofile=${files}`]),
    ...(processes === undefined ? [] : [`--nproc=${processes}`]),
    ...(memory === undefined ? [] : [`--as=${memory}`]),
  ];
  if (options.length === 0) return plan;
  return { ...plan, command: ["prlimit", ...options, "--", ...plan.command] };
}
