/**
 * Shards that share one UDP port: the kernel shares out what arrives by the sender's address, which says nothing about
 * where the session is. A datagram that nobody here can open is offered to the other shards; the one that takes it says
 * so, and from then on whatever comes from that address goes straight there. Between shards: Unix sockets in a directory
 * of the host's, frames of a few bytes more than the datagram. Called by shard-process.ts.
 *
 *   `d` family or mark (1) │ port (2) │ address length (1) │ address │ datagram: an offer
 *   `t` the same head without a datagram: taken, send me more of these
 */
import { unlinkSync } from "node:fs";
import { join } from "node:path";
import type { Peer } from "../attachment.ts";
import { encodeFrame, FrameReader } from "./frames.ts";
import { connectUnix, listenUnix, type UnixConnection, type UnixListener } from "./unix-socket.ts";

/** Longest datagram and address. */
const MAX_FRAME_BYTES = 4096;
/** Addresses remembered; beyond that the oldest is forgotten and asked for again. */
const MAX_ROUTES = 100_000;
/** A sibling that does not read gets nothing more: datagrams may be lost. Bytes. */
const MAX_BACKLOG = 4 * 1024 * 1024;
/** Offers a second to each sibling, so that noise on the port does not cost every shard its time. */
const OFFERS_PER_SECOND = 2000;
const RETRY_MS = 200;
/** A shard that has not taken an address's datagrams for so long may not be the one any more, ms. */
const UNTAKEN_MS = 100;

/** Which shard takes an address's datagrams. */
interface Route {
  readonly shard: number;
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
  readonly #connections = new Map<number, UnixConnection>();
  /** By sender. */
  readonly #routes = new Map<string, Route>();
  #listener: UnixListener | undefined;
  #offers = OFFERS_PER_SECOND;
  #offersAt = 0;
  #closed = false;

  constructor(options: SiblingOptions) {
    this.#options = options;
  }

  start(): void {
    const { directory, number, count } = this.#options;
    const path = pathOf(directory, number);
    try {
      unlinkSync(path);
    } catch {
      // There was none.
    }
    this.#listener = listenUnix(path, 0o600, (connection) => this.#listen(connection));
    for (let other = 0; other < count; other++) if (other !== number) void this.#connect(other);
  }

  close(): void {
    this.#closed = true;
    this.#listener?.close();
    for (const connection of this.#connections.values()) connection.close();
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
    for (const other of this.#connections.values()) if (other !== known) send(other, frame);
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

  /** A sibling that is not there yet, or starts again, is tried until it is. */
  async #connect(other: number): Promise<void> {
    if (this.#closed) return;
    let connection: UnixConnection;
    try {
      connection = await connectUnix(pathOf(this.#options.directory, other));
    } catch {
      setTimeout(() => void this.#connect(other), RETRY_MS);
      return;
    }
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
      setTimeout(() => void this.#connect(other), RETRY_MS);
    };
    this.#connections.set(other, connection);
  }

  #learn(name: string, shard: number): void {
    this.#routes.delete(name);
    this.#routes.set(name, { shard, untakenSince: undefined });
    if (this.#routes.size <= MAX_ROUTES) return;
    const [oldest] = this.#routes.keys();
    this.#routes.delete(oldest!);
  }
}

function pathOf(directory: string, number: number): string {
  return join(directory, `shard-${number}.sock`);
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
