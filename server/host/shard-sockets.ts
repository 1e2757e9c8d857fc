/**
 * The sockets of shards in the host's directory: `KIND-NUMBER-PID.sock`. The process is in the name because a shard of the
 * same number may live on from an earlier host. Used by shard-process.ts, siblings.ts, taking-over.ts and supervisor.ts.
 *
 *   shard    datagrams for siblings (siblings.ts)
 *   stream   views without UDP (stream-server.ts)
 *   left     the next supervisor's way in, once the first is gone (left-shard.ts)
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { removeStale } from "./lock.ts";

type Kind = "shard" | "stream" | "left";

const NAME = /^(shard|stream|left)-(\d+)-(\d+)\.sock$/;

export function shardSocket(kind: Kind, number: number, pid: number): string {
  return `${kind}-${number}-${pid}.sock`;
}

/** Names of the sockets of that kind whose processes live; those of dead ones are removed, whatever their kind. */
export function shardSockets(directory: string, kind: Kind): string[] {
  const found: string[] = [];
  for (const name of namesIn(directory)) {
    const match = NAME.exec(name);
    if (!match) continue;
    if (!isRunning(Number(match[3]))) removeStale(join(directory, name));
    else if (match[1] === kind) found.push(name);
  }
  return found;
}

/** Removes those of processes that are about to be gone. */
export function removeSocketsOf(directory: string, pids: readonly number[]): void {
  for (const name of namesIn(directory))
    if (pids.includes(Number(NAME.exec(name)?.[3]))) removeStale(join(directory, name));
}

/** Also true for a process of another user. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** None if somebody has tidied the directory away: sessions go on without it. */
function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
