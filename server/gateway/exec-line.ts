/**
 * What a command line that came over ssh asks for. The gateway runs no shell for it: it understands the lines that
 * `mosh` and `sterna` send, with assignments and `env` before them, and the question for the server's address. Pure;
 * called by session.ts.
 */
import { splitShellWords } from "../../sys/shell-words.ts";
import { versionLine } from "../../sys/version.ts";
import { HELP, type Invocation, LICENCE, parseCommandLine } from "../cli.ts";
import { type Command, parseHostCommand } from "../host/cli.ts";

export type ExecPlan =
  | {
      readonly kind: "new";
      readonly invocation: Invocation & { kind: "serve" };
      readonly environment: Readonly<Record<string, string>>;
      /** Say `MOSH SSH_CONNECTION …` first. */
      readonly tellConnection: boolean;
    }
  | {
      readonly kind: "command";
      readonly command: Command;
      readonly environment: Readonly<Record<string, string>>;
      readonly tellConnection: boolean;
    }
  | { readonly kind: "text"; readonly out: string; readonly err: string; readonly status: number }
  /** Something else: for a shell. */
  | { readonly kind: "other" };

/** The question that comes before the server's line when the client wants to know the address from the host. */
const QUESTION =
  /^sh -c '\[ -n "\$SSH_CONNECTION" \] && printf "\\nMOSH SSH_CONNECTION %s\\n" "\$SSH_CONNECTION"' ; /;
const SERVER = /(?:^|\/)(?:mosh-server|sterna-server)$/;
const HOST_COMMANDS = new Set(["attach", "list", "kill", "rename", "detach"]);
/** Quoted text, and what only a shell could do something with outside of it. */
const QUOTED = /'[^']*'|"(?:[^"\\$`]|\\.)*"|\\./gs;
const SHELL_ONLY = /[;&|<>`$(){}*?\n]|(?:^|\s)[~#]/;
/** Variables that an assignment before the program may set. */
const SETTABLE = /^(?:MOSH_SERVER_NETWORK_TMOUT|MOSH_SERVER_SIGNAL_TMOUT|LANG|LANGUAGE|LC_[A-Z]+)$/;

/** @param sshConnection what SSH_CONNECTION is for this person: client address and port, server address and port */
export function planExec(line: string, sshConnection: string): ExecPlan {
  const tellConnection = QUESTION.test(line);
  const rest = line.replace(QUESTION, "");
  const words = splitShellWords(rest);
  if (!words || SHELL_ONLY.test(rest.replaceAll(QUOTED, ""))) return { kind: "other" };
  const environment: Record<string, string> = {};
  let at = 0;
  for (; at < words.length; at++) {
    const word = words[at]!;
    if (word === "exec" || word === "env") continue;
    const assignment = /^([A-Za-z_]\w*)=(.*)$/s.exec(word);
    if (!assignment) break;
    if (SETTABLE.test(assignment[1]!)) environment[assignment[1]!] = assignment[2]!;
  }
  const program = words[at];
  if (program === undefined || !SERVER.test(program)) return { kind: "other" };
  const args = words.slice(at + 1);
  if (HOST_COMMANDS.has(args[0] ?? "")) {
    return {
      kind: "command",
      command: parseHostCommand(args, sshConnection),
      environment,
      tellConnection,
    };
  }
  const invocation = parseCommandLine(args, sshConnection);
  if (invocation.kind === "serve") return { kind: "new", invocation, environment, tellConnection };
  if (invocation.kind === "error")
    return { kind: "text", out: "", err: `${invocation.messages.join("\n")}\n`, status: 1 };
  const out = invocation.kind === "help" ? HELP : `${versionLine(program.replace(/.*\//, ""))}\n${LICENCE}`;
  return { kind: "text", out: `${out}\n`, err: "", status: 0 };
}
