/**
 * `sterna-server list`, `attach`, `kill`, `rename`, `detach`, `top`: asks the hosts that are there and prints what they
 * say. Called by main.ts.
 */

import { initialEnvironment } from "../../sys/environment.ts";
import { libc } from "../../sys/libc.ts";
import { announce, settle } from "../launch.ts";
import type { ShardFigures } from "../operator/metrics.ts";
import type { Sample } from "../operator/top-page.ts";
import { STDERR, STDOUT, writeText } from "../stdio.ts";
import { ownHost, reachAll } from "./ask.ts";
import { type Command, parseHostCommand } from "./cli.ts";
import { HostGone } from "./control-client.ts";
import { renderList } from "./list.ts";
import type {
  AttachRequest,
  ControlRequest,
  DoneReply,
  EndpointReply,
  HostConnection,
  Refusal,
  SessionInfo,
} from "./messages.ts";
import { chooseHosts } from "./places.ts";
import { showHere } from "./show-here.ts";

/**
 * Runs a command to its end.
 * @param args the arguments after the program's name
 * @param name the base name by which the program was called
 * @returns exit status
 */
export async function runCommand(args: readonly string[], name: string): Promise<number> {
  const environment = await initialEnvironment();
  const command = parseHostCommand(args, environment.SSH_CONNECTION);
  if (command.kind === "help") {
    writeText(STDOUT, `${command.text}\n`);
    return 0;
  }
  if (command.kind === "error") {
    writeText(STDERR, `${command.messages.join("\n")}\n`);
    return 1;
  }
  if (command.kind === "top") return top(command, environment);
  const hosts = await reachAll(environment);
  try {
    if (command.kind === "attach") return await attach(command, hosts, environment, name);
    if (command.kind === "list") return await list(command, hosts);
    return await tell(command, hosts);
  } catch (error) {
    if (!(error instanceof HostGone)) throw error;
    writeText(STDERR, `sterna-server: ${error.message}; try again.\n`);
    return 1;
  } finally {
    for (const host of hosts) host.close();
  }
}

/** Asks one host after the other until one has the session. */
async function firstThatHasIt<R extends ControlRequest & { op: "attach" | "kill" | "rename" | "detach" }>(
  hosts: readonly HostConnection[],
  request: R,
): Promise<EndpointReply | DoneReply | Refusal> {
  let refused: Refusal | undefined;
  for (const host of hosts) {
    const reply = (await host.request(request)) as EndpointReply | DoneReply | Refusal;
    if (reply.ok) return reply;
    if (reply.code !== "no-session" && reply.code !== "denied") return reply;
    if (refused === undefined || reply.code === "no-session") refused = reply;
  }
  return refused ?? { ok: false, code: "no-session", message: "You have no session here." };
}

async function attach(
  command: Command & { kind: "attach" },
  hosts: HostConnection[],
  environment: Readonly<Record<string, string>>,
  program: string,
): Promise<number> {
  for (const message of command.messages) writeText(STDERR, `${message}\n`);
  const { options, name, readOnly, user } = command;
  const { request: session } = settle(options, environment);
  const size = session.size ?? { cols: 80, rows: 24 };
  const request: AttachRequest = {
    op: "attach",
    readOnly,
    ...(name === undefined ? {} : { name }),
    ...(user === undefined ? {} : { user }),
    ...(session.address === undefined ? {} : { address: session.address }),
    ...(session.ports === undefined ? {} : { ports: session.ports }),
    ...(session.from === undefined ? {} : { from: session.from }),
    ...(command.here ? { stream: { size } } : {}),
  };
  let reply = await firstThatHasIt(hosts, request);
  if (!reply.ok && reply.code === "no-session" && command.orNew) {
    reply = await createNamed(hosts, { ...request, orNew: session }, environment);
  }
  if (!reply.ok) return complain(reply);
  const endpoint = reply as EndpointReply;
  if (endpoint.stream) return showHere(endpoint.stream, size);
  return announce(endpoint, program);
}

/** In the first host that serves this user, or in a host of their own. */
async function createNamed(
  hosts: HostConnection[],
  request: AttachRequest,
  environment: Readonly<Record<string, string>>,
): Promise<EndpointReply | Refusal> {
  let refused: Refusal | undefined;
  for (const host of hosts) {
    const reply = await host.request(request);
    if (reply.ok || reply.code === "limit" || reply.code === "bad-request") return reply;
    refused = reply;
  }
  const { own } = chooseHosts(environment, libc().getuid());
  const host = own && (await ownHost(own, environment));
  if (!host) {
    return refused ?? { ok: false, code: "failed", message: "There is no host, and none could be started." };
  }
  hosts.push(host);
  return host.request(request);
}

async function list(command: Command & { kind: "list" }, hosts: readonly HostConnection[]): Promise<number> {
  const sessions: SessionInfo[] = [];
  for (const host of hosts) {
    const reply = await host.request({
      op: "list",
      ...(command.all ? { all: true } : {}),
      ...(command.user === undefined ? {} : { user: command.user }),
    });
    if (reply.ok) sessions.push(...reply.sessions);
    // A host that does not serve this user has none of their sessions.
    else if (reply.code !== "denied" || command.all || command.user !== undefined) return complain(reply);
  }
  if (command.json) writeText(STDOUT, `${JSON.stringify(sessions)}\n`);
  else writeText(STDOUT, renderList(sessions, { now: Date.now(), users: command.all }));
  return 0;
}

async function top(
  command: Command & { kind: "top" },
  environment: Readonly<Record<string, string>>,
): Promise<number> {
  const { runTop } = await import("../operator/top.ts");
  return runTop({
    fetch: () => sample(environment),
    interval: command.interval,
    once: command.once,
  });
}

/** What the hosts that are there at this moment say: they may come and go while somebody looks. */
async function sample(environment: Readonly<Record<string, string>>): Promise<Sample> {
  const hosts = await reachAll(environment);
  if (hosts.length === 0) throw new Error("there is no host");
  const shards: ShardFigures[] = [];
  const sessions: SessionInfo[] = [];
  await Promise.all(
    hosts.map(async (host) => {
      try {
        const reply = await host.request({ op: "stats" });
        if (!reply.ok) return;
        shards.push(...(reply.shards as readonly ShardFigures[]));
        sessions.push(...reply.sessions);
      } catch (error) {
        if (!(error instanceof HostGone)) throw error;
      } finally {
        host.close();
      }
    }),
  );
  return { time: Date.now(), shards, sessions };
}

async function tell(
  command: Command & { kind: "kill" | "detach" | "rename" },
  hosts: readonly HostConnection[],
): Promise<number> {
  const user = command.user === undefined ? {} : { user: command.user };
  const request =
    command.kind === "rename"
      ? { op: command.kind, name: command.name, to: command.to, ...user }
      : { op: command.kind, name: command.name, ...user };
  const reply = await firstThatHasIt(hosts, request);
  return reply.ok ? 0 : complain(reply);
}

function complain(refusal: Refusal): number {
  writeText(STDERR, `sterna-server: ${refusal.message}\n`);
  return 1;
}
