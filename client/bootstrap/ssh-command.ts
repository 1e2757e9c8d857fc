/**
 * The call of the system's ssh, as words: `SSH -n -tt -S none -o ProxyCommand=... [user@]host -- REMOTE`. Pure.
 */
import { selfCommand } from "../../sys/self.ts";
import { shellQuote, shellQuoteAll } from "../../sys/shell-words.ts";
import type { RemoteIpMethod } from "../config/settings.ts";

/** Makes the remote shell tell which address of its own ssh reached. */
const TELL_SSH_CONNECTION =
  'sh -c \'[ -n "$SSH_CONNECTION" ] && printf "\\nMOSH SSH_CONNECTION %s\\n" "$SSH_CONNECTION"\' ; ';

export interface SshCall {
  /** The ssh command, split. */
  readonly ssh: readonly string[];
  readonly method: RemoteIpMethod;
  readonly family: string;
  readonly pty: boolean;
  /** `[user@]host` as ssh gets it. */
  readonly host: string;
  /** What the remote shell runs: {@link remoteCommand}. */
  readonly remote: string;
}

/** The line for the remote shell: the server's, with the question for its address before it if that is the method. */
export function remoteCommand(serverLine: string, method: RemoteIpMethod): string {
  return method === "remote" ? TELL_SSH_CONNECTION + serverLine : serverLine;
}

/** The words to run. */
export function sshWords(call: SshCall): string[] {
  const words = [...call.ssh, "-n"];
  if (call.pty) words.push("-tt");
  if (call.method === "remote") {
    if (call.family === "inet") words.push("-4");
    if (call.family === "inet6") words.push("-6");
  }
  if (call.method === "proxy") {
    // A shared connection (ControlMaster) would never call the proxy.
    words.push("-S", "none", "-o", `ProxyCommand=${proxyCommand(call.family)}`);
  }
  words.push(call.host, "--", call.remote);
  return words;
}

/** This program as ssh's ProxyCommand. ssh replaces `%h` and `%p`, so other percent signs are doubled. */
function proxyCommand(family: string): string {
  const program = shellQuoteAll(selfCommand("client")).replaceAll("%", "%%");
  return `${program} ${shellQuote(`--family=${family}`)} --fake-proxy -- %h %p`;
}

/** What the child sees: not how keys are echoed here, no key of another session; a shell that understands the ProxyCommand's quotes. */
export function startupEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  options: { predictOverwrite: boolean; method?: RemoteIpMethod },
): Record<string, string | undefined> {
  const result: Record<string, string | undefined> = { ...env, MOSH_CLIENT_PID: String(process.pid) };
  delete result.MOSH_PREDICTION_DISPLAY;
  delete result.MOSH_KEY;
  if (options.predictOverwrite) result.MOSH_PREDICTION_OVERWRITE = "yes";
  if (options.method === "proxy") result.SHELL = "/bin/sh";
  return result;
}
