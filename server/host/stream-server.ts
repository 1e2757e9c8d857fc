/**
 * The shard's end of streams: a Unix socket on which whoever brings a token gets the view that the token was made for,
 * once. Frames from the person's side: `t` token and size, `k` keys, `r` size (two 16-bit numbers: columns, rows), `p`
 * pause, `g` go on, `i` a number (32 bits) and keys that wait there behind others. To it: `o` bytes for the terminal, `e`
 * the reason of the end, `a` how many bytes of keys the program has room for again (32 bits), `x` the number of an `i` that has
 * interrupted the program: what waits before it is void, `y` the number of one that has not. Numbers
 * are big-endian. Called by shard.ts; stream.ts is the other end.
 */
import { timingSafeEqual } from "node:crypto";
import type { UserEvent } from "../../ssp/user-message.ts";
import type { StreamView, ViewOutput } from "../stream-view.ts";
import { encodeFrame, FrameReader, uint32Bytes } from "./frames.ts";
import type { Size } from "./messages.ts";
import { listenUnix, type UnixConnection, type UnixListener } from "./unix-socket.ts";

/** How long a token waits for its stream, ms. */
const TOKEN_LIFETIME_MS = 30_000;
/** Longest frame from the person's side, bytes: a paste. */
const MAX_FRAME_BYTES = 1024 * 1024;
/** How often it is looked whether a program that has stopped reading has read, ms. */
const RETRY_MS = 20;

/** Called with what the view writes to, the window, and a place to hand the view back. */
type Opening = (output: ViewOutput, size: Size, take: (view: StreamView) => void) => void;

export class StreamServer {
  readonly #path: string;
  readonly #mode: number;
  readonly #expected = new Map<
    string,
    { readonly session: number; readonly token: Uint8Array; readonly open: Opening; readonly timer: Timer }
  >();
  #listener: UnixListener | undefined;

  constructor(path: string, mode: number) {
    this.#path = path;
    this.#mode = mode;
  }

  listen(): void {
    this.#listener = listenUnix(this.#path, this.#mode, (connection) => this.#welcome(connection));
  }

  /** The stream that brings this token is `open`'s. */
  expect(session: number, token: Uint8Array, open: Opening): void {
    const name = Buffer.from(token).toString("hex");
    const timer = setTimeout(() => this.#expected.delete(name), TOKEN_LIFETIME_MS);
    this.#expected.set(name, { session, token, open, timer });
  }

  /** Tokens of a session that have not been used. */
  waiting(session: number): number {
    let count = 0;
    for (const expected of this.#expected.values()) if (expected.session === session) count++;
    return count;
  }

  close(): void {
    for (const { timer } of this.#expected.values()) clearTimeout(timer);
    this.#expected.clear();
    this.#listener?.close();
  }

  #take(token: Uint8Array): Opening | undefined {
    for (const [name, expected] of this.#expected) {
      if (expected.token.length !== token.length || !timingSafeEqual(expected.token, token)) continue;
      clearTimeout(expected.timer);
      this.#expected.delete(name);
      return expected.open;
    }
    return undefined;
  }

  #welcome(connection: UnixConnection): void {
    const reader = new FrameReader(MAX_FRAME_BYTES);
    let view: StreamView | undefined;
    const patience = setTimeout(() => connection.close(), TOKEN_LIFETIME_MS);
    let retry: Timer | undefined;
    let taken = 0;
    // What the program does not read stays where it comes from.
    const makeRoom = (): void => {
      if (view?.inputFull) {
        retry ??= setInterval(makeRoom, RETRY_MS);
        return;
      }
      clearInterval(retry);
      retry = undefined;
      if (taken > 0) connection.write(encodeFrame("a", uint32Bytes(taken)));
      taken = 0;
    };
    connection.onClosed = () => {
      clearTimeout(patience);
      clearInterval(retry);
      view?.leave();
    };
    connection.onDrained = () => view?.drained();
    connection.onData = (bytes) => {
      for (const { type, contents } of reader.add(bytes) ?? [{ type: "!", contents: bytes }]) {
        if (view) {
          if (type === "k") taken += contents.length;
          if (type === "i" && contents.length >= 4) {
            const answer = view.interrupt(contents.slice(4)) ? "x" : "y";
            connection.write(encodeFrame(answer, contents.slice(0, 4)));
          } else if (!handle(view, type, contents)) connection.close();
          continue;
        }
        const size = type === "t" ? sizeIn(contents.subarray(0, 4)) : undefined;
        const open = size && this.#take(contents.subarray(4));
        if (!size || !open) {
          connection.close();
          return;
        }
        clearTimeout(patience);
        open(outputOn(connection), size, (made) => {
          view = made;
        });
      }
      makeRoom();
    };
  }
}

function outputOn(connection: UnixConnection): ViewOutput {
  return {
    get backlog() {
      return connection.backlog;
    },
    write: (bytes) => connection.write(encodeFrame("o", bytes)),
    finish: (reason) => {
      connection.write(encodeFrame("e", new TextEncoder().encode(reason)));
      connection.end();
    },
  };
}

/** False if the frame is not one of ours. */
function handle(view: StreamView, type: string, contents: Uint8Array): boolean {
  const size = type === "r" ? sizeIn(contents) : undefined;
  let event: UserEvent | undefined;
  if (type === "k") event = { kind: "keys", bytes: contents.slice() };
  else if (size) event = { kind: "resize", ...size };
  if (event) view.input([event]);
  else if (type === "p") view.setPaused(true);
  else if (type === "g") view.setPaused(false);
  else return false;
  return true;
}

function sizeIn(contents: Uint8Array): Size | undefined {
  if (contents.length !== 4) return undefined;
  const view = new DataView(contents.buffer, contents.byteOffset, 4);
  return { cols: view.getUint16(0), rows: view.getUint16(2) };
}
