/**
 * The last step of the wrapper: the client of a session whose server waits. Built in, or another program with
 * `--client=PATH`, which gets what mosh-client gets.
 */
import { CommandError } from "../cli/errors.ts";
import { exitStatus } from "../cli/exit-status.ts";
import { clientEnvironment, type Invocation } from "../cli/invocation.ts";
import { writeText } from "../cli/output.ts";
import { whyNotExecutable } from "./run-startup.ts";
import type { Startup } from "./startup-reader.ts";

/** Signals that are for the session: an outside program must get them, too. */
const FORWARDED_SIGNALS = ["SIGTERM", "SIGHUP", "SIGINT"] as const;

/**
 * Number of colors of the user's terminal, for the server; 0 if it is not known.
 *
 * @throws CommandError if the client program cannot be run, or the terminal is unknown
 */
export async function countColors(
  client: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  if (client !== undefined) return askForColors(client, env);
  const { colorsMessage, lookUpTerminfo } = await import("../terminfo.ts");
  const entry = lookUpTerminfo(env.TERM, env);
  if (typeof entry !== "string") return Math.max(0, entry.colors);
  const advice =
    entry === "no-term"
      ? "Set it to the name of your terminal, for example TERM=xterm-256color."
      : "Install its terminfo entry, or set TERM to one that is there, for example TERM=xterm-256color.";
  throw new CommandError(`${colorsMessage(entry, env.TERM ?? "")}\n${advice}`, 1);
}

async function askForColors(
  client: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const reason = whyNotExecutable(client, env.PATH);
  if (reason !== undefined) {
    throw new CommandError(
      `Can't count colors: ${reason.text}\nThe client program (--client) is "${client}".`,
      reason.number,
    );
  }
  const child = Bun.spawn([client, "-c"], {
    stdin: "inherit",
    stdout: "pipe",
    stderr: "inherit",
    env: { ...env },
  });
  const [output] = await Promise.all([new Response(child.stdout).text(), child.exited]);
  const status = exitStatus(child);
  if (status !== 0) {
    throw new CommandError(`Can't count colors: "${client} -c" ended with status ${status}.`, status);
  }
  const colors = output.replace(/\n$/, "");
  return /^[0-9]{1,9}$/.test(colors) ? Number(colors) : 0;
}

/** Runs the client to its end. @returns its exit status, which is the wrapper's */
export async function launchClient(
  startup: Startup,
  invocation: Invocation,
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const environment = clientEnvironment(env, invocation);
  if (invocation.client !== undefined)
    return launchProgram(invocation.client, startup, invocation, environment);
  const { runClient } = await import("../session.ts");
  return runClient({
    ip: startup.ip,
    port: startup.port,
    key: startup.key,
    predict: invocation.predict,
    overwrite: invocation.predictOverwrite,
    noInit: !invocation.init,
    env: environment,
  });
}

async function launchProgram(
  client: string,
  startup: Startup,
  invocation: Invocation,
  environment: Record<string, string | undefined>,
): Promise<number> {
  const words = [client, `-# ${invocation.commandLine} |`, startup.ip, String(startup.port)];
  let child: Bun.Subprocess<"inherit", "inherit", "inherit">;
  try {
    child = Bun.spawn(words, {
      stdin: "inherit",
      stdout: "inherit",
      stderr: "inherit",
      env: { ...environment, MOSH_CLIENT_PID: String(process.pid), MOSH_KEY: startup.key },
    });
  } catch (error) {
    writeText(2, `Cannot exec ${client}: ${(error as Error).message}\n`);
    return 255;
  }
  const forward = (signal: NodeJS.Signals): void => {
    child.kill(signal);
  };
  for (const signal of FORWARDED_SIGNALS) process.on(signal, forward);
  await child.exited;
  for (const signal of FORWARDED_SIGNALS) process.off(signal, forward);
  return exitStatus(child);
}
