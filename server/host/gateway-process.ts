/** The ssh gateway as a process of its own: waits for the supervisor's word, then serves. Called by host-command.ts. */
import { forbidCoreDumps } from "../../sys/core-dumps.ts";
import type { Environment } from "../../sys/environment.ts";
import { libc } from "../../sys/libc.ts";
import { takeShortSlices } from "../../sys/priority.ts";
import { type Account, accountNamed, accountOf } from "../account.ts";
import { Gateway } from "../gateway/gateway.ts";
import { Login } from "../gateway/login.ts";
import type { SessionContext } from "../gateway/session.ts";
import type { Fields } from "../operator/log.ts";
import { labelProcess } from "../process-name.ts";
import { candidateOf, refusalFor } from "../users/admission.ts";
import { parseEndpoint } from "./config.ts";
import { connectHost } from "./control-client.ts";
import type { FromGateway, GatewaySettings, ToGateway } from "./gateway-link.ts";
import type { HostConnection } from "./messages.ts";
import { runLine } from "./run-line.ts";
import { openStream } from "./stream.ts";

export function runGateway(): Promise<number> {
  labelProcess("sterna-gateway");
  // It has the keys of the host, and for moments those of sessions.
  forbidCoreDumps();
  takeShortSlices();
  const completion = Promise.withResolvers<number>();
  let gateway: Gateway | undefined;
  let settings: GatewaySettings | undefined;
  let draining = false;
  process.on("message", (message: ToGateway) => {
    if (message.kind === "start") {
      settings = message.settings;
      start(() => settings!)
        .then((started) => {
          gateway = started;
          // Told so while it was starting.
          if (draining) gateway.drain();
          tell({ kind: "ready" });
        })
        .catch((error: Error) => {
          tell({ kind: "failed", message: error.message });
          completion.resolve(1);
        });
    } else if (message.kind === "reload") settings = { ...settings!, ...message.settings };
    else {
      draining = true;
      gateway?.drain();
    }
  });
  process.on("disconnect", () => completion.resolve(0));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
  return completion.promise;
}

function tell(message: FromGateway): void {
  if (process.connected) process.send?.(message);
}

function start(settings: () => GatewaySettings): Promise<Gateway> {
  const uid = libc().getuid();
  const { ssh, socket } = settings();
  const log = (level: "debug" | "info" | "warn" | "error", event: string, fields: Fields): void =>
    tell({ kind: "log", level, event: `ssh: ${event}`, fields });
  return Gateway.start({
    listen: ssh.listen.map((word) => parseEndpoint(word)!),
    hostKeys: ssh.hostKeys,
    graceTime: ssh.graceTime,
    maxConnections: ssh.maxConnections,
    clock: () => performance.now(),
    random: Math.random,
    log,
    login: new Login({
      account: accountNamed,
      refusal: (account) => refusal(account, uid, settings()),
      log,
      now: () => Date.now(),
    }),
    context: (account, forced, sshConnection): SessionContext => ({
      account,
      forced,
      sshConnection,
      environment: uid === 0 ? {} : ownEnvironment(account),
      connectHost: () => reachHost(socket, uid),
      openStream,
      runLine: settings().ssh.exec
        ? (line, environment, channel) =>
            runLine(account, line, environment, channel, uid === 0 ? settings().limits : undefined)
        : undefined,
    }),
  });
}

function refusal(account: Account, uid: number, { users }: GatewaySettings): string | undefined {
  if (uid !== 0) return account.uid === uid ? undefined : `this host serves only ${accountOf(uid)?.name}`;
  return refusalFor(candidateOf(account), users);
}

/** What a session of a host without root begins with; root's sessions get theirs from the login. */
function ownEnvironment({ name, home, shell }: Account): Environment {
  return {
    HOME: home,
    USER: name,
    LOGNAME: name,
    SHELL: shell || "/bin/sh",
    PATH: process.env.PATH ?? "/usr/local/bin:/usr/bin:/bin",
  };
}

async function reachHost(socket: string, uid: number): Promise<HostConnection> {
  const host = await connectHost(socket, uid);
  if (!host) throw new Error("the host does not answer; try again in a moment");
  return host;
}
