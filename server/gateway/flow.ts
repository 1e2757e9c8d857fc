/**
 * How much may be written to a client. The library holds back only what the window of a channel does not allow, and
 * there are clients with windows of gigabytes: what the socket has not taken, and what waits for new keys, counts here
 * too. Called by session.ts, connection.ts, gateway.ts and run-line.ts.
 */
import type { Socket } from "node:net";
import type { Writable } from "node:stream";
import type { Connection, ServerChannel } from "ssh2";

/** Bytes that may wait for the socket of a client. */
const MOST_WAITING = 256 * 1024;

/** What the library does not declare. */
interface Inside {
  readonly _sock: Socket;
  readonly _protocol: {
    /** Packets that wait for the end of a key exchange. */
    readonly _queue?: readonly unknown[];
    channelClose(id: number): void;
  };
  readonly _chanMgr: { remove(id: number): void };
}

export function inside(connection: Connection): Inside {
  return connection as unknown as Inside;
}

export function socketOf(connection: Connection): Socket {
  return inside(connection)._sock;
}

function connectionOf(channel: ServerChannel): Connection {
  return (channel as unknown as { _client: Connection })._client;
}

/** What must happen before more may be written; undefined: nothing. @param to the channel or its standard error */
function obstacle(channel: ServerChannel, to: Writable): [NodeJS.EventEmitter, string] | undefined {
  const connection = connectionOf(channel);
  const { _sock: socket, _protocol: protocol } = inside(connection);
  if (to.writableNeedDrain) return [to, "drain"];
  if (protocol._queue) return [connection, "handshake"];
  return socket.writableLength > MOST_WAITING ? [socket, "drain"] : undefined;
}

/** Whether the client has enough to do; then wait for {@link room}. */
export function isFull(channel: ServerChannel, to: Writable = channel): boolean {
  return obstacle(channel, to) !== undefined;
}

/** Resolves when more may be written, and when the channel or the connection is closed. */
export async function room(channel: ServerChannel, to: Writable = channel): Promise<void> {
  const connection = connectionOf(channel);
  let closed = socketOf(connection).destroyed;
  for (let wait = obstacle(channel, to); wait && !closed; wait = obstacle(channel, to)) {
    const { promise, resolve } = Promise.withResolvers<void>();
    const close = (): void => {
      closed = true;
      resolve();
    };
    const [source, event] = wait;
    source.once(event, resolve);
    channel.once("close", close);
    connection.once("close", close);
    await promise;
    source.off(event, resolve);
    channel.off("close", close);
    connection.off("close", close);
  }
}
