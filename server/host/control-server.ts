/**
 * The host's control socket: reads requests, has them answered one after the other for each connection, and knows from
 * the kernel who asks. Whatever else arrives is refused and the connection closed. Called by user-host.ts and
 * supervisor.ts.
 */
import { ConnectionQuota } from "./connection-quota.ts";
import type { HostReply } from "./host.ts";
import { LineReader } from "./line-reader.ts";
import { type ControlRequest, MAX_MESSAGE_BYTES, PROTOCOL } from "./messages.ts";
import { requestFault } from "./request-check.ts";
import { type Credentials, listenUnix, type UnixConnection, type UnixListener } from "./unix-socket.ts";

/** Requests that one connection may have waiting. */
const MAX_WAITING = 64;

type Answer = (request: ControlRequest, credentials: Credentials) => Promise<HostReply>;

export class ControlServer {
  readonly #answer: Answer;
  readonly #listener: UnixListener;
  readonly #connections = new Set<UnixConnection>();
  readonly #quota = new ConnectionQuota();
  #pending = 0;
  /** Called when no request is being answered any more. */
  onQuiet: () => void = () => {};

  /** @throws Error if the socket cannot be bound */
  constructor(path: string, mode: number, answer: Answer) {
    this.#answer = answer;
    this.#listener = listenUnix(path, mode, (connection) => this.#welcome(connection));
  }

  /** Requests that are being answered. */
  get pending(): number {
    return this.#pending;
  }

  close(): void {
    this.#listener.close();
    for (const connection of this.#connections) connection.end();
  }

  #welcome(connection: UnixConnection): void {
    const { peer } = connection;
    if (!peer || !this.#quota.enter(peer.uid)) {
      connection.close();
      return;
    }
    this.#connections.add(connection);
    let last: Promise<void> = Promise.resolve();
    let waiting = 0;
    const lines = new LineReader(MAX_MESSAGE_BYTES);
    connection.onClosed = () => {
      this.#connections.delete(connection);
      this.#quota.leave(peer.uid);
    };
    connection.onData = (bytes) => {
      for (const line of lines.add(bytes) ?? [undefined]) {
        if (line === undefined || ++waiting > MAX_WAITING) {
          send(connection, refuse("That is too long for a request."));
          connection.end();
          return;
        }
        this.#pending++;
        last = last.then(async () => {
          send(connection, await this.#reply(line, peer));
          waiting--;
          if (--this.#pending === 0) this.onQuiet();
        });
      }
    };
  }

  async #reply(line: string, peer: Credentials): Promise<HostReply> {
    let request: ControlRequest;
    try {
      const message = JSON.parse(line) as { v?: unknown };
      if (message?.v !== PROTOCOL) {
        return refuse(`This host speaks version ${PROTOCOL} of its protocol; restart it after an update.`);
      }
      const fault = requestFault(message);
      if (fault !== undefined) return refuse(fault);
      request = message as unknown as ControlRequest;
    } catch {
      return refuse("That is not a request.");
    }
    return this.#answer(request, peer);
  }
}

function refuse(message: string): HostReply {
  return { ok: false, code: "bad-request", message };
}

function send(connection: UnixConnection, reply: HostReply): void {
  connection.write(Buffer.from(`${JSON.stringify(reply)}\n`));
}
