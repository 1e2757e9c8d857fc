/**
 * Shards that share one UDP port: the kernel shares out what arrives by the sender's address, which says nothing about
 * where the session is. A datagram that nobody here can open is offered to the other shards; the one that takes it says
 * so, and from then on whatever comes from that address goes straight there. Between shards: Unix sockets in a directory
 * of the host's, frames of a few bytes more than the datagram. Whoever has a socket there is a sibling: also a shard that an
 * earlier supervisor has left behind with its sessions. Called by shard-process.ts.
 *
 *   `d` family or mark (1) │ port (2) │ address length (1) │ address │ datagram: an offer
 *   `t` the same head without a datagram: taken, send me more of these
 */
import { join } from "node:path";
import type { Peer } from "../attachment.ts";
import { encodeFrame, FrameReader } from "./frames.ts";
import { removeStale } from "./lock.ts";
import { shardSocket, shardSockets } from "./shard-sockets.ts";
import { connectUnix, listenUnix, type UnixConnection, type UnixListener } from "./unix-socket.ts";

/** Longest datagram and address. */
const MAX_FRAME_BYTES = 4096;
/** Addresses remembered; beyond that the oldest is forgotten and asked for again. */
const MAX_ROUTES = 100_000;
/** A sibling that does not read gets nothing more: datagrams may be lost. Bytes. */
const MAX_BACKLOG = 4 * 1024 * 1024;
/** Offers a second to each sibling, so that noise on the port does not cost every shard its time. */
const OFFERS_PER_SECOND = 2000;
/** How often it is looked who is there, ms: until as many are as this host has, and from then on. */
const SCAN_MS = { seeking: 200, usual: 1000 };
/** A sibling that has not taken an address's datagrams for so long may not be the one any more, ms. */
const UNTAKEN_MS = 100;

/** Which sibling takes an address's datagrams. */
interface Route {
  /** Name of its socket. */
  readonly shard: string;
  /** When the first of those went there that were not taken yet. */
  untakenSince: number | undefined;
}

export interface SiblingOptions {
  readonly directory: string;
  readonly number: number;
  /** Shards in all, this one among them. */
  readonly count: number;
  readonly clock: () => number;
  /** A datagram that came to a sibling; false if it is not for us. */
  readonly offer: (datagram: Uint8Array, from: Peer, congested: boolean) => boolean;
}

export class Siblings {
  readonly #options: SiblingOptions;
  /** By the name of the sibling's socket; undefined: the connection is being made. */
  readonly #connections = new Map<string, UnixConnection | undefined>();
  /** By sender. */
  readonly #routes = new Map<string, Route>();
  readonly #own: string;
  #listener: UnixListener | undefined;
  #offers = OFFERS_PER_SECOND;
  #offersAt = 0;
  #scanning: Timer | undefined;
  #closed = false;

  constructor(options: SiblingOptions) {
    this.#options = options;
    this.#own = shardSocket("shard", options.number, process.pid);
  }

  start(): void {
    const path = join(this.#options.directory, this.#own);
    // Of a process that had our number.
    removeStale(path);
    this.#listener = listenUnix(path, 0o600, (connection) => this.#listen(connection));
    this.#scan();
  }

  close(): void {
    this.#closed = true;
    this.#listener?.close();
    clearTimeout(this.#scanning);
    for (const connection of this.#connections.values()) connection?.close();
  }

  /** What no session here can open. */
  stray(datagram: Uint8Array, from: Peer, congested: boolean): void {
    const frame = encodeFrame("d", Buffer.concat([head(from, congested), datagram]));
    const route = this.#routes.get(nameOf(from));
    const known = route && this.#connections.get(route.shard);
    if (known) {
      send(known, frame);
      const now = this.#options.clock();
      route.untakenSince ??= now;
      if (now - route.untakenSince < UNTAKEN_MS) return;
      // Whoever had the address before is gone, and another's session is elsewhere. Or it is noise: the route stays.
    }
    if (!this.#mayOffer()) return;
    for (const other of this.#connections.values()) if (other && other !== known) send(other, frame);
  }

  #mayOffer(): boolean {
    const now = this.#options.clock();
    this.#offers = Math.min(
      OFFERS_PER_SECOND,
      this.#offers + ((now - this.#offersAt) / 1000) * OFFERS_PER_SECOND,
    );
    this.#offersAt = now;
    if (this.#offers < 1) return false;
    this.#offers--;
    return true;
  }

  /** Offers come in, and what we took is told on the same connection. */
  #listen(connection: UnixConnection): void {
    const reader = new FrameReader(MAX_FRAME_BYTES);
    connection.onData = (bytes) => {
      for (const { type, contents } of reader.add(bytes) ?? []) {
        const read = readHead(contents);
        if (type !== "d" || !read) continue;
        // A copy: the frame's memory is not ours to keep.
        if (this.#options.offer(read.rest.slice(), read.from, read.congested))
          connection.write(encodeFrame("t", head(read.from, false)));
      }
    };
  }

  /** Siblings come and go. */
  #scan(): void {
    if (this.#closed) return;
    const { directory, count } = this.#options;
    for (const name of shardSockets(directory, "shard"))
      if (name !== this.#own && !this.#connections.has(name)) void this.#connect(name);
    const pause = this.#connections.size < count - 1 ? SCAN_MS.seeking : SCAN_MS.usual;
    this.#scanning = setTimeout(() => this.#scan(), pause).unref();
  }

  async #connect(other: string): Promise<void> {
    this.#connections.set(other, undefined);
    let connection: UnixConnection;
    try {
      connection = await connectUnix(join(this.#options.directory, other));
    } catch {
      // The next scan tries again.
      this.#connections.delete(other);
      return;
    }
    if (this.#closed) connection.close();
    const reader = new FrameReader(MAX_FRAME_BYTES);
    connection.onData = (bytes) => {
      for (const { type, contents } of reader.add(bytes) ?? []) {
        const read = readHead(contents);
        if (type === "t" && read) this.#learn(nameOf(read.from), other);
      }
    };
    connection.onClosed = () => {
      this.#connections.delete(other);
      for (const [name, { shard }] of this.#routes) if (shard === other) this.#routes.delete(name);
    };
    this.#connections.set(other, connection);
    // It has ended before anybody listened.
    if (connection.closed) connection.onClosed();
  }

  #learn(name: string, shard: string): void {
    this.#routes.delete(name);
    this.#routes.set(name, { shard, untakenSince: undefined });
    if (this.#routes.size <= MAX_ROUTES) return;
    const [oldest] = this.#routes.keys();
    this.#routes.delete(oldest!);
  }
}

function nameOf({ address, port }: Peer): string {
  return `${address} ${port}`;
}

function send(connection: UnixConnection, frame: Uint8Array): void {
  if (connection.backlog < MAX_BACKLOG) connection.write(frame);
}

function head({ address, port }: Peer, congested: boolean): Uint8Array {
  const text = Buffer.from(address);
  const bytes = Buffer.alloc(4 + text.length);
  bytes[0] = congested ? 1 : 0;
  bytes.writeUInt16BE(port, 1);
  bytes[3] = text.length;
  text.copy(bytes, 4);
  return bytes;
}

function readHead(
  contents: Uint8Array,
): { readonly from: Peer; readonly congested: boolean; readonly rest: Uint8Array } | undefined {
  if (contents.length < 4 || contents.length < 4 + contents[3]!) return undefined;
  const end = 4 + contents[3]!;
  return {
    congested: contents[0] === 1,
    from: {
      port: (contents[1]! << 8) | contents[2]!,
      address: Buffer.from(contents.subarray(4, end)).toString("latin1"),
    },
    rest: contents.subarray(end),
  };
}
