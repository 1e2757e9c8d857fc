/**
 * The part of `mosh-server new` that ssh waits for: settles locale and limits, has a session made, by a host if there is
 * one or one can be started, else by a process of its own, prints `MOSH CONNECT` and returns. Called by main.ts.
 */

import type { Environment } from "../sys/environment.ts";
import { openFilesOf } from "../sys/open-files.ts";
import { versionLine } from "../sys/version.ts";
import { LICENCE, type ServerOptions } from "./cli.ts";
import { startDetached } from "./detach.ts";
import type { EndpointReply, SessionRequest } from "./host/messages.ts";
import { parseLimits } from "./limits.ts";
import { chooseLocale } from "./locale.ts";
import { inputTerminal, STDERR, STDOUT, writeText } from "./stdio.ts";

/**
 * @param args the arguments of this process; a serving process of its own gets the same
 * @param name the name this program was called by
 * @returns exit status
 */
export async function launch(
  options: ServerOptions,
  args: readonly string[],
  name: string,
  environment: Environment,
): Promise<number> {
  const settled = settle(options, environment);
  const { HostRefusal, newSession } = await import("./host/ask.ts");
  if (!options.standalone && options.verbose === 0) {
    try {
      const reply = await newSession(settled.request, environment);
      if (reply) return announce(reply, name);
    } catch (error) {
      if (!(error instanceof HostRefusal)) throw error;
      writeText(STDERR, `mosh-server: ${error.message}\n`);
      return 1;
    }
  }
  return launchStandalone(settled, args, name);
}

interface Settled {
  readonly request: SessionRequest;
  readonly terminal: boolean;
}

/** What the session will be, with the environment's limits and locale checked and complained about. */
export function settle(options: ServerOptions, environment: Environment): Settled {
  const { messages } = parseLimits(environment);
  const locale = chooseLocale(environment, options.locale);
  for (const message of [...messages, ...locale.messages]) writeText(STDERR, `${message}\n`);
  const input = inputTerminal();
  return {
    terminal: input.terminal,
    request: {
      ...(options.name === undefined ? {} : { name: options.name }),
      ...(options.address === undefined ? {} : { address: options.address }),
      ...(options.ports === undefined ? {} : { ports: options.ports }),
      ...(options.command === undefined ? {} : { command: options.command }),
      ...(input.size === undefined ? {} : { size: input.size }),
      ...from(environment),
      ...openFiles(),
      colors: options.colors,
      environment: locale.environment,
    },
  };
}

/** The limit of whoever started us: our own is raised. */
function openFiles(): { openFiles?: number } {
  const limit = openFilesOf(process.ppid);
  return limit === undefined ? {} : { openFiles: limit };
}

/** Where the person came from, as ssh says. */
function from(environment: Environment): { from?: string } {
  const address = environment.SSH_CONNECTION?.split(" ")[0];
  return address ? { from: address } : {};
}

/** Prints what the client's side looks for, and what a person may want to know. */
export function announce(reply: EndpointReply, name: string): number {
  for (const line of reply.messages ?? []) writeText(STDERR, `${line}\n`);
  const { port, key } = reply.endpoint!;
  connectLine(port, key);
  writeText(
    STDERR,
    `\n${versionLine(name)}\n${LICENCE}\n\n[session ${reply.session} ${reply.attached ? "taken up again" : "created"}, host pid = ${reply.pid}]\n`,
  );
  return 0;
}

function connectLine(port: number | string, key: string): void {
  // Whatever is typed ahead on the line must not stand before the words that the client's side looks for.
  if (inputTerminal().terminal) writeText(STDOUT, "\r\n\n");
  writeText(STDOUT, `MOSH CONNECT ${port} ${key}\n`);
}

async function launchStandalone(settled: Settled, args: readonly string[], name: string): Promise<number> {
  const { request } = settled;
  const { child, line } = startDetached(
    { kind: "session", size: request.size, openFiles: request.openFiles },
    args,
    request.environment,
  );
  const report = /^(\d+) ([A-Za-z0-9/+]{22})$/.exec(line ?? "");
  if (!report) {
    // It has said why on standard error.
    await child.exited;
    return 1;
  }
  connectLine(report[1]!, report[2]!);
  writeText(STDERR, `\n${versionLine(name)}\n${LICENCE}\n\n[mosh-server detached, pid = ${child.pid}]\n`);
  return 0;
}
