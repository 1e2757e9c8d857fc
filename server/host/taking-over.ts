/**
 * Shards that an earlier supervisor has left behind with their sessions, and how the new one comes to have them: over a
 * socket of theirs (left-shard.ts) it says and hears the same as over the IPC of its own. Called by supervisor.ts.
 */
import { LineReader } from "./line-reader.ts";
import { ShardEnd, type ShardEvents } from "./shard-end.ts";
import {
  type FromShard,
  type KeptSession,
  MAX_LINE_BYTES,
  TAKING_OVER,
  type ToShard,
} from "./shard-messages.ts";
import { connectTo, type UnixConnection } from "./unix-socket.ts";

/** A shard that stands still must not keep the host from starting, ms. */
const PATIENCE_MS = 3000;

/** It does not answer: worth another try. */
export class Silent extends Error {}

export interface TakenEvents extends ShardEvents {
  /** What it has. Called once, before anything else. */
  kept(shard: TakenShard, sessions: readonly KeptSession[]): void;
}

export class TakenShard extends ShardEnd {
  readonly retiring = true;
  override readonly pid: number;
  readonly #connection: UnixConnection;

  private constructor(number: number, pid: number, connection: UnixConnection, events: ShardEvents) {
    super(number, events);
    this.pid = pid;
    this.#connection = connection;
  }

  /**
   * Takes over the shard that listens at `path`.
   * @param number what this host calls it
   * @param uid the user that it must run as
   * @returns undefined if nobody is there
   * @throws Silent, WrongUser, or Error that says why it cannot be taken over
   */
  static async take(
    path: string,
    number: number,
    uid: number,
    events: TakenEvents,
  ): Promise<TakenShard | undefined> {
    const connection = await connectTo(path, uid);
    const pid = connection?.peer?.pid;
    if (!connection || pid === undefined) return undefined;
    const shard = new TakenShard(number, pid, connection, events);
    const done = Promise.withResolvers<TakenShard>();
    const patience = setTimeout(() => connection.close(), PATIENCE_MS);
    let taken = false;
    connection.onClosed = () => {
      clearTimeout(patience);
      done.reject(new Silent("it does not answer"));
      if (taken) shard.gone("gone");
    };
    const lines = new LineReader(MAX_LINE_BYTES);
    connection.onData = (bytes) => {
      for (const line of lines.add(bytes) ?? [""]) {
        const message = parse(line);
        if (taken && message) shard.heard(message);
        else if (message?.kind === "kept") {
          taken = true;
          clearTimeout(patience);
          shard.watch();
          events.kept(shard, message.sessions);
          done.resolve(shard);
        } else {
          if (message?.kind === "failed") done.reject(new Error(message.message));
          connection.close();
          return;
        }
      }
    };
    if (connection.closed) connection.onClosed();
    shard.send({ kind: "take", version: TAKING_OVER });
    return done.promise;
  }

  override kill(): void {
    try {
      process.kill(this.pid, "SIGKILL");
    } catch {
      // It has just ended.
    }
  }

  protected override send(message: ToShard): void {
    this.#connection.write(Buffer.from(`${JSON.stringify(message)}\n`));
  }
}

function parse(line: string): FromShard | undefined {
  try {
    return JSON.parse(line) as FromShard;
  } catch {
    return undefined;
  }
}
