/**
 * A command line that is no server's, in the user's shell and without a terminal, for a channel of the gateway; only where
 * the operator allows it. Nothing the client or the program does may hold up or end the gateway: both sides wait for each
 * other, and a pipe that breaks is no error. Called by gateway-process.ts.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import type { ServerChannel } from "ssh2";
import { withCoreDumps } from "../../sys/core-dumps.ts";
import type { Environment } from "../../sys/environment.ts";
import { USUAL_OPEN_FILES } from "../../sys/open-files.ts";
import type { Account } from "../account.ts";
import { isFull, room } from "../gateway/flow.ts";
import { type Limits, underLimits } from "../users/limits.ts";
import { planAsRoot } from "../users/start-plan.ts";

const BY_SETPRIV = { start: "setpriv", startShell: [], startCommand: [] } as const;
/** Bun has raised the soft limit of open files for itself. */
const USUAL_LIMIT = ["/bin/sh", "-c", `ulimit -S -n ${USUAL_OPEN_FILES} 2>/dev/null; exec "$@"`, "sh"];
/** What the client asked for where its key has a command of its own; may be any text. */
const ORIGINAL = "SSH_ORIGINAL_COMMAND";

/**
 * @param environment the variables of the login and of the client; as root, those that may pass do
 * @param limits of what root starts; undefined: this is not root, the user is our own
 * @throws Error if it cannot be started
 */
export function runLine(
  account: Account,
  line: string,
  environment: Environment,
  channel: ServerChannel,
  limits: Limits | undefined,
): void {
  const { [ORIGINAL]: original, ...variables } = environment;
  // Set by the user's own env: root's programs see only words that are plain.
  const extra = original === undefined ? [] : ["env", `${ORIGINAL}=${original}`];
  const words = [...extra, account.shell || "/bin/sh", "-c", line];
  const request = { command: words, colors: 0, environment: variables, from: undefined };
  const plan = limits
    ? underLimits(planAsRoot(account, request, BY_SETPRIV), limits)
    : { command: [...USUAL_LIMIT, ...words], environment: variables };
  const [program, ...args] = plan.command;
  const child = withCoreDumps(() =>
    spawn(program!, args, {
      env: plan.environment,
      cwd: limits ? "/" : account.home,
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
    }),
  );
  connect(child, channel);
}

function connect(child: ChildProcessByStdio<Writable, Readable, Readable>, channel: ServerChannel): void {
  // It has closed its input, or ended: what is still typed is for nobody.
  const deaf = (): void => {
    channel.unpipe(child.stdin);
    channel.resume();
  };
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on("error", () => {});
  child.stdin.on("error", deaf).on("close", deaf);
  channel.pipe(child.stdin);
  channel.on("close", () => {
    child.kill("SIGHUP");
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
  });
  child.on("error", (error) => {
    channel.stderr.write(`sterna: ${error.message}\n`);
    channel.exit(255);
    channel.end();
  });
  const exited = new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
    child.on("exit", (...how) => resolve(how)),
  );
  void Promise.all([
    exited,
    pass(child.stdout, channel, channel),
    pass(child.stderr, channel, channel.stderr),
  ]).then(([[status, signal]]) => {
    // As sshd says it: the signal's name without SIG.
    if (status === null && signal !== null) channel.exit(signal.slice(3), false, "");
    else channel.exit(status ?? 255);
    channel.end();
  });
}

/** Everything that comes, no faster than the client takes it. */
async function pass(from: Readable, channel: ServerChannel, to: Writable): Promise<void> {
  try {
    for await (const bytes of from) {
      to.write(bytes as Buffer);
      if (isFull(channel, to)) await room(channel, to);
    }
  } catch {
    // The channel was closed.
  }
}
