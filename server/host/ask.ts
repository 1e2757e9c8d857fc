/**
 * Finds a host and asks it: the operator's if there is one that serves this user, else the user's own, which is started
 * if need be. Called by launch.ts (new) and commands.ts (everything else).
 */

import type { Environment } from "../../sys/environment.ts";
import { libc } from "../../sys/libc.ts";
import { startDetached } from "../detach.ts";
import { STDERR, writeText } from "../stdio.ts";
import { connectHost, HostGone } from "./control-client.ts";
import type { EndpointReply, HostConnection, Refusal, SessionRequest } from "./messages.ts";
import { chooseHosts, directoryFault, ensureOwnDirectory, type HostPlace } from "./places.ts";
import { shardSockets } from "./shard-sockets.ts";
import { WrongUser } from "./unix-socket.ts";

/** A host goes when its last session ends, perhaps just now: how often another is tried. */
const TRIES = 5;

/** Shards that wait for their next host: it is about to start (RestartSec in the unit), and is waited for so long. */
const NEXT_HOST_MS = 5000;
const NEXT_HOST_POLL_MS = 50;

/** The host says no, and no other may be asked. */
export class HostRefusal extends Error {
  override readonly name = "HostRefusal";
}

/** Refusals after which another host, or none, can still serve. */
const NEXT_MAY_SERVE: ReadonlySet<Refusal["code"]> = new Set(["denied", "draining", "failed"]);

/**
 * A new session.
 * @returns undefined if no host serves: a process of its own must
 * @throws HostRefusal
 */
export async function newSession(
  request: SessionRequest,
  environment: Environment,
): Promise<EndpointReply | undefined> {
  const { system, own } = chooseHosts(environment, libc().getuid());
  if (system) {
    const host = await reach(system);
    if (host) {
      const reply = await ask(host, request);
      if (reply?.ok) return reply;
      if (reply && !NEXT_MAY_SERVE.has(reply.code)) throw new HostRefusal(reply.message);
    }
  }
  return own && (await newInOwnHost(own, request, environment));
}

/**
 * The user's own host, started if it is not there.
 * @returns undefined if there can be none
 */
export async function ownHost(own: HostPlace, environment: Environment): Promise<HostConnection | undefined> {
  const fault = ensureOwnDirectory(own.directory, own.uid);
  if (fault !== undefined) {
    writeText(STDERR, `mosh-server: no host: ${fault}\n`);
    return undefined;
  }
  for (let i = 0; i < TRIES; i++) {
    const host = await reach(own);
    if (host) return host;
    const { line } = startDetached({ kind: "host", directory: own.directory }, ["new"], environment);
    // Somebody else was faster: what they have started is there in a moment.
    if (line === "busy") await Bun.sleep(20 * (i + 1));
    else if (line !== "ready") return undefined;
  }
  return undefined;
}

async function newInOwnHost(
  own: HostPlace,
  request: SessionRequest,
  environment: Environment,
): Promise<EndpointReply | undefined> {
  for (let i = 0; i < TRIES; i++) {
    const host = await ownHost(own, environment);
    if (!host) return undefined;
    const reply = await ask(host, request);
    if (reply?.ok) return reply;
    if (reply && reply.code !== "draining") throw new HostRefusal(reply.message);
    // It is going, or has gone before it answered.
    await Bun.sleep(20 * (i + 1));
  }
  return undefined;
}

/** Undefined if it went away without an answer. */
async function ask(
  host: HostConnection,
  request: SessionRequest,
): Promise<EndpointReply | Refusal | undefined> {
  try {
    return await host.request({ op: "new", ...request });
  } catch (error) {
    if (error instanceof HostGone) return undefined;
    throw error;
  } finally {
    host.close();
  }
}

/** Connects to the host at that place, if there is one to be trusted, or is about to be. */
async function reach(place: HostPlace): Promise<HostConnection | undefined> {
  try {
    const end = performance.now() + NEXT_HOST_MS;
    for (;;) {
      const host = await connectHost(place.socket, place.uid);
      if (host || performance.now() > end || shardSockets(place.directory, "left").length === 0) return host;
      await Bun.sleep(NEXT_HOST_POLL_MS);
    }
  } catch (error) {
    if (!(error instanceof WrongUser)) throw error;
    writeText(STDERR, `mosh-server: ${error.message}\n`);
    return undefined;
  }
}

/** All hosts that are there and may have sessions of this user. */
export async function reachAll(environment: Environment): Promise<HostConnection[]> {
  const { system, own } = chooseHosts(environment, libc().getuid());
  const hosts: HostConnection[] = [];
  for (const place of [system, own]) {
    if (!place || (place === own && directoryFault(own.directory, own.uid) !== undefined)) continue;
    const host = await reach(place);
    if (host) hosts.push(host);
  }
  return hosts;
}
