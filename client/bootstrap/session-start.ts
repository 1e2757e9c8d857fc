/**
 * From a checked command line to a running session: counts colors, has the server started (by ssh, by the embedded
 * ssh, or here), and hands its address, port and key to the client. Called by main.ts.
 */
import { accessSync, constants } from "node:fs";
import { isIP } from "node:net";
import { homedir } from "node:os";
import { selfCommand } from "../../sys/self.ts";
import { shellQuoteAll, splitShellWords } from "../../sys/shell-words.ts";
import { CommandError } from "../cli/errors.ts";
import type { Invocation } from "../cli/invocation.ts";
import { writeBytes, writeText } from "../cli/output.ts";
import { isPortRange } from "../cli/ports.ts";
import type { RemoteIpMethod } from "../config/settings.ts";
import { countColors, launchClient } from "./launch.ts";
import { localhostWithoutSsh } from "./localhost.ts";
import { resolveHost } from "./resolve.ts";
import { runStartup } from "./run-startup.ts";
import { serverArguments, serverCommandLine } from "./server-command.ts";
import { remoteCommand, sshWords, startupEnvironment } from "./ssh-command.ts";
import { askSshRoute, mayUseProxy, proxyOf } from "./ssh-route.ts";
import { type Startup, StartupReader } from "./startup-reader.ts";

const DEFAULT_SERVER = "mosh-server";
/** Stock's server cannot take a session up again. */
const ATTACHING_SERVER = "sterna-server";
const EMBEDDED = "embedded";
/** What a shell ends with when it cannot find a program. */
const STATUS_NOT_FOUND = 127;

/** Who starts the server: the system's ssh, the embedded one, or a shell on this machine. */
export type Way = "ssh" | "embedded" | "here";

/** What every way to start needs. */
interface Start {
  readonly invocation: Invocation;
  readonly program: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly colors: number;
  /** A session of its own, also where the settings say which one to take up again. */
  readonly fresh?: boolean;
  /** Commands for the same shell, run before the server; ends with a separator. Gets the server command. */
  readonly prelude?: (server: string) => string;
  /** Takes lines of ssh and of the server that are not the protocol's. Default: standard output. */
  readonly print?: (line: Uint8Array) => void;
  /** Takes what is worth a line to the person, without newline. Default: standard error. */
  readonly notify?: (text: string) => void;
  /** Told once which way is taken. */
  readonly goes?: (way: Way) => void;
}

/** Runs the session to its end. @returns the exit status @throws CommandError if none came about */
export async function startSession(invocation: Invocation, program: string): Promise<number> {
  const env: Readonly<Record<string, string | undefined>> = process.env;
  const colors = await countColors(invocation.client, env);
  const startup = await startServer({ invocation, program, env, colors });
  return launchClient(startup, invocation, env);
}

/**
 * Has a server started, and gives what is needed to speak to it.
 *
 * @throws CommandError that says why there is none
 */
export async function startServer(start: Start): Promise<Startup> {
  const { invocation, program, env } = start;
  const say = (text: string): void => notify(start, `${program}: ${text}`);
  if (invocation.local) return startLocally(start, localAddress(start));

  const given = invocation.ssh === undefined ? undefined : sshCommand(invocation.ssh, program);
  const hasSsh = Bun.which("ssh", env.PATH === undefined ? {} : { PATH: env.PATH }) !== null;
  if (given === undefined) {
    const address = await localhostWithoutSsh(invocation.host, hasSsh ? ["ssh"] : undefined, env);
    if (address !== undefined) {
      say(`no ssh server on ${address}: starting the session here without ssh, as --local does.`);
      return startLocally(start, address);
    }
    if (!hasSsh) say("no ssh program in PATH: using the embedded one (--ssh=embedded).");
  }
  const words = given ?? (hasSsh ? ["ssh"] : [EMBEDDED]);
  return words[0] === EMBEDDED ? startByEmbeddedSsh(start, words.slice(1)) : startBySsh(start, words);
}

function notify(start: Start, text: string): void {
  if (start.notify !== undefined) start.notify(text);
  else writeText(2, `${text}\n`);
}

/** The words of `--ssh`. @throws CommandError if there are none */
export function sshCommand(text: string, program: string): string[] {
  const words = splitShellWords(text);
  if (words === undefined) throw new CommandError(`${program}: A quote in --ssh=${text} is not closed.`);
  if (words.length === 0 || words[0]!.startsWith("-")) {
    throw new CommandError(
      `${program}: --ssh names no program. Expected a command, e.g. --ssh="ssh -p 2222".`,
    );
  }
  return words;
}

/** The server command where none is on this machine already. */
export function serverProgram({ server, attach }: Pick<Invocation, "server" | "attach">): string {
  return server ?? (attach ? ATTACHING_SERVER : DEFAULT_SERVER);
}

/** The session that is to be taken up again, if one is. */
function attachOf({ invocation, fresh }: Start): Invocation["attach"] {
  return fresh ? undefined : invocation.attach;
}

/** The line for the shell that starts the server. */
function serverLine(start: Start, server: string, localBind: string | undefined): string {
  const { invocation, env, colors } = start;
  const where = invocation.bindServer;
  const ssh = localBind === undefined ? "ssh" : { address: localBind };
  const bind = where === "ssh" ? ssh : where === "any" ? "any" : { address: where };
  const line = serverCommandLine(
    server,
    serverArguments(
      { colors, bind, port: invocation.port, command: invocation.command, attach: attachOf(start) },
      env,
    ),
  );
  return (start.prelude?.(server) ?? "") + line;
}

function startupReader(start: Start, ip?: string): StartupReader {
  return new StartupReader({
    program: start.program,
    host: start.invocation.host,
    portRange: isPortRange(start.invocation.port),
    attach: attachOf(start)?.name,
    print: start.print ?? ((line) => writeBytes(1, line)),
    warn: (text) => notify(start, text),
    ...(ip === undefined ? {} : { ip }),
  });
}

async function startBySsh(start: Start, words: readonly string[]): Promise<Startup> {
  const { invocation, program, env } = start;
  start.goes?.("ssh");
  const method = await remoteIpMethod(start, words);
  let host = invocation.host;
  let ip: string | undefined;
  if (method === "local") {
    const at = host.lastIndexOf("@") + 1;
    ip = resolveHost(host.slice(at), "22", invocation.family, program)[0]!.address;
    host = host.slice(0, at) + ip;
  }
  const reader = startupReader(start, ip);
  const remote = remoteCommand(serverLine(start, serverProgram(invocation), undefined), method);
  const status = await runStartup(
    {
      words: sshWords({
        ssh: words,
        method,
        family: invocation.family,
        pty: invocation.sshPty,
        host,
        remote,
      }),
      env: startupEnvironment(env, { predictOverwrite: invocation.predictOverwrite, method }),
    },
    reader,
  );
  return finish(reader, start, status);
}

/** The method asked for; else `proxy`, but `remote` where ssh itself goes through a proxy, which ours would replace. */
async function remoteIpMethod(start: Start, words: readonly string[]): Promise<RemoteIpMethod> {
  const { invocation, program, env } = start;
  if (invocation.remoteIp !== undefined) return invocation.remoteIp;
  if (!mayUseProxy(words)) return "proxy";
  const route = await askSshRoute(words, invocation.host, env);
  const proxy = route === undefined ? undefined : proxyOf(route);
  if (proxy === undefined) return "proxy";
  notify(
    start,
    `${program}: ssh reaches ${invocation.host} by ${proxy}: asking the host for its address ` +
      "(--experimental-remote-ip=remote). UDP goes there directly.",
  );
  return "remote";
}

async function startByEmbeddedSsh(start: Start, options: readonly string[]): Promise<Startup> {
  const { invocation, program, env } = start;
  start.goes?.("embedded");
  const [{ runEmbeddedSsh }, { openTerminalPrompter }] = await Promise.all([
    import("./embedded/embedded-ssh.ts"),
    import("./embedded/prompt.ts"),
  ]);
  const method = invocation.remoteIp ?? "proxy";
  const reader = startupReader(start);
  const prompter = openTerminalPrompter();
  const status = await runEmbeddedSsh(
    {
      options,
      destination: invocation.host,
      family: invocation.family,
      pty: invocation.sshPty,
      remote: remoteCommand(serverLine(start, serverProgram(invocation), undefined), method),
      tellAddress: method !== "remote",
      program,
      env,
      notify: (text) => notify(start, text),
      prompter,
    },
    reader,
  );
  prompter?.close();
  return finish(reader, start, status);
}

/** The address for `--local`: as given, or the first one of a name. */
function localAddress(start: Start): string {
  const { host, family, command, afterHost } = start.invocation;
  if (isIP(host) !== 0) return host;
  try {
    return resolveHost(host, "0", family, start.program)[0]!.address;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    if (afterHost.includes("local")) throw withAdvice(error, localAdvice(start));
    throw withAdvice(error, [
      "With --local the first word is an address of this machine, and a command stands behind it: " +
        `${start.program} --local 127.0.0.1 -- ${[host, ...command].join(" ")}`,
    ]);
  }
}

/** The directory, if one can be in it. The server says on the screen that a home directory is missing. */
function enterable(directory: string): string | undefined {
  try {
    accessSync(`${directory}/.`, constants.X_OK);
    return directory;
  } catch {
    return undefined;
  }
}

async function startLocally(start: Start, address: string): Promise<Startup> {
  const { invocation, env } = start;
  start.goes?.("here");
  const server = invocation.server ?? shellQuoteAll(selfCommand("server"));
  const environment = startupEnvironment(env, { predictOverwrite: invocation.predictOverwrite });
  delete environment.SSH_CONNECTION;
  // With `--local` and the method `local` the address is known before and said a second time: stock refuses that, too.
  const reader = startupReader(
    start,
    invocation.local && invocation.remoteIp === "local" ? address : undefined,
  );
  reader.push(Buffer.from(`MOSH IP ${address}\n`));
  const status = await runStartup(
    {
      words: ["/bin/sh", "-c", serverLine(start, server, address)],
      env: environment,
      cwd: enterable(env.HOME || homedir()) ?? "/",
    },
    reader,
  );
  return finish(reader, start, status);
}

/** What the reader found, or its complaint with what to do about it. */
function finish(reader: StartupReader, start: Start, status: number): Startup {
  try {
    return reader.finish();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const advice =
      status === STATUS_NOT_FOUND
        ? notFoundAdvice(start)
        : start.invocation.local
          ? localAdvice(start)
          : attachAdvice(start);
    throw withAdvice(error, advice);
  }
}

function withAdvice(error: CommandError, advice: readonly string[]): CommandError {
  return new CommandError([error.message, ...advice].join("\n"), error.status);
}

function notFoundAdvice(start: Start): string[] {
  const { host, local } = start.invocation;
  const where = local ? "this machine" : host;
  if (start.invocation.attach) {
    return [
      `The shell on ${where} did not find "${serverProgram(start.invocation)}" (status ${STATUS_NOT_FOUND}). Only Sterna's ` +
        "server takes sessions up again: install it there, or name it: --server=/path/to/sterna-server.",
    ];
  }
  return [
    `The shell on ${where} did not find "${serverProgram(start.invocation)}" (status ${STATUS_NOT_FOUND}). Install mosh or ` +
      "sterna there, or name the server program: --server=/path/to/mosh-server, or --server=sterna-server.",
  ];
}

function attachAdvice(start: Start): string[] {
  const { host, attach } = start.invocation;
  return attach
    ? [`"${ATTACHING_SERVER} list" on ${host} has the names. Mosh's server has no such sessions.`]
    : [];
}

/** Getopt takes options after the host, too: `mosh host ls -l` is `mosh --local host ls`. */
function localAdvice(start: Start): string[] {
  if (!start.invocation.afterHost.includes("local")) return attachAdvice(start);
  return [
    'An option after the host (-l or --local) switched on local mode. A command with options needs "--" before it: ' +
      `${start.program} ${start.invocation.host} -- ${[...start.invocation.command, "-l"].join(" ")}`,
  ];
}
