/**
 * The other end of the control socket: asks a host, and trusts it only if it runs as who it should. Used by the command
 * line (commands.ts, launch.ts) and by the ssh gateway.
 */
import { LineReader } from "./line-reader.ts";
import { type ControlRequest, type HostConnection, PROTOCOL, type ReplyTo } from "./messages.ts";
import { connectTo, type UnixConnection } from "./unix-socket.ts";

/** A list of some thousand sessions is a megabyte. */
const MAX_REPLY_BYTES = 64 * 1024 * 1024;

/** Longer than a host waits for its shards: then it stands still, ms. */
const ANSWER_MS = 40_000;

/** The host went away before it answered. */
export class HostGone extends Error {
  override readonly name = "HostGone";
  constructor(message = "the host has closed the connection") {
    super(message);
  }
}

/**
 * Connects to a host.
 * @param uid the user that it must run as
 * @param answerMs how long a request waits for its answer
 * @returns undefined if there is none, or none that we may talk to
 * @throws WrongUser
 */
export async function connectHost(
  path: string,
  uid: number,
  answerMs = ANSWER_MS,
): Promise<HostConnection | undefined> {
  const connection = await connectTo(path, uid);
  return connection && new Client(connection, answerMs);
}

class Client implements HostConnection {
  readonly #connection: UnixConnection;
  readonly #answerMs: number;
  readonly #waiting: { resolve(line: string): void; reject(error: Error): void }[] = [];

  constructor(connection: UnixConnection, answerMs: number) {
    this.#connection = connection;
    this.#answerMs = answerMs;
    const lines = new LineReader(MAX_REPLY_BYTES);
    connection.onData = (bytes) => {
      for (const line of lines.add(bytes) ?? []) this.#waiting.shift()?.resolve(line);
    };
    connection.onClosed = () => {
      for (const { reject } of this.#waiting.splice(0)) reject(new HostGone());
    };
  }

  async request<R extends ControlRequest>(request: R): Promise<ReplyTo<R>> {
    if (this.#connection.closed) throw new HostGone();
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    this.#waiting.push({ resolve, reject });
    this.#connection.write(Buffer.from(`${JSON.stringify({ v: PROTOCOL, ...request })}\n`));
    // Answers come in order, so that one which does not come is the end of all.
    const timer = setTimeout(() => {
      reject(new HostGone(`the host has not answered for ${this.#answerMs / 1000} seconds`));
      this.#connection.close();
    }, this.#answerMs);
    try {
      return JSON.parse(await promise) as ReplyTo<R>;
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.#connection.end();
  }
}
