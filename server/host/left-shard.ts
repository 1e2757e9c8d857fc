/**
 * A shard whose supervisor is gone while it has sessions: listens for the next one, which says the same to it as the first
 * did, as lines of JSON. Called by shard-process.ts; taking-over.ts is the other end.
 */
import { LineReader } from "./line-reader.ts";
import { removeStale } from "./lock.ts";
import {
  type FromShard,
  type KeptSession,
  MAX_LINE_BYTES,
  TAKING_OVER,
  type ToShard,
} from "./shard-messages.ts";
import { listenUnix, type UnixConnection, type UnixListener } from "./unix-socket.ts";

export interface LeftShardOptions {
  readonly path: string;
  /** Whose supervisor may come: that of the user this process runs as. */
  readonly uid: number;
  readonly kept: () => readonly KeptSession[];
  readonly receive: (message: ToShard) => void;
  /** The supervisor that had come is gone, too. */
  readonly alone: () => void;
}

export class LeftShard {
  readonly #options: LeftShardOptions;
  #listener: UnixListener | undefined;
  #supervisor: UnixConnection | undefined;

  constructor(options: LeftShardOptions) {
    this.#options = options;
  }

  /** @throws Error if the socket cannot be bound */
  listen(): void {
    // Of a process that had our number.
    removeStale(this.#options.path);
    this.#listener = listenUnix(this.#options.path, 0o600, (connection) => this.#welcome(connection));
  }

  /** To the supervisor, if there is one. */
  tell(message: FromShard): void {
    if (this.#supervisor) send(this.#supervisor, message);
  }

  close(): void {
    this.#listener?.close();
    this.#supervisor?.end();
  }

  #welcome(connection: UnixConnection): void {
    const { uid, receive, alone } = this.#options;
    if (connection.peer?.uid !== uid) {
      connection.close();
      return;
    }
    const lines = new LineReader(MAX_LINE_BYTES);
    connection.onClosed = () => {
      if (this.#supervisor !== connection) return;
      this.#supervisor = undefined;
      alone();
    };
    connection.onData = (bytes) => {
      for (const line of lines.add(bytes) ?? [""]) {
        const message = parse(line);
        if (message?.kind === "take") this.#take(connection, message.version);
        else if (message && this.#supervisor === connection) receive(message);
        else {
          connection.close();
          return;
        }
      }
    };
  }

  /** One at a time: the lock of the host's directory says that the newer is the one. */
  #take(connection: UnixConnection, version: number): void {
    if (version !== TAKING_OVER) {
      send(connection, { kind: "failed", message: `it speaks version ${TAKING_OVER}` });
      connection.end();
      return;
    }
    const before = this.#supervisor;
    this.#supervisor = connection;
    if (before !== connection) before?.close();
    send(connection, { kind: "kept", sessions: this.#options.kept() });
  }
}

/** Undefined if it is nothing that a supervisor says. */
function parse(line: string): ToShard | undefined {
  try {
    const message = JSON.parse(line) as ToShard | null;
    if (message?.kind !== "call") return message ?? undefined;
    return typeof message.request?.op === "string" ? message : undefined;
  } catch {
    return undefined;
  }
}

function send(connection: UnixConnection, message: FromShard): void {
  connection.write(Buffer.from(`${JSON.stringify(message)}\n`));
}
