/**
 * The person's end of a stream (stream-server.ts has the frames): opens it with a token and hands out what the terminal
 * must be told. Used by `attach --here` and by the ssh gateway.
 */
import { TERMINAL_RESET } from "../../sys/terminal-reset.ts";
import { encodeFrame, FrameReader } from "./frames.ts";
import type { SessionStream, Size } from "./messages.ts";
import { connectUnix, type UnixConnection } from "./unix-socket.ts";

/** Another screen, so that the person's own is there again at the end; arrow keys as in the protocol [P 11.8]. */
const START = "\x1b[?1049h\x1b[?1h";
const STOP = `${TERMINAL_RESET}\x1b[?1049l`;

/** So long what was typed may still wait for the session when the person leaves, ms. */
const PARTING_MS = 1000;

/** A frame for a terminal is never longer, bytes. */
const MAX_FRAME_BYTES = 64 * 1024 * 1024;

/**
 * @param token as the host's reply says
 * @throws Error if the socket is not there
 */
export async function openStream(path: string, token: string, size: Size): Promise<SessionStream> {
  const connection = await connectUnix(path);
  connection.write(encodeFrame("t", Buffer.concat([sizeBytes(size), Buffer.from(token, "hex")])));
  return new Stream(connection);
}

class Stream implements SessionStream {
  readonly #connection: UnixConnection;
  readonly #reader = new FrameReader(MAX_FRAME_BYTES);
  #reason = "the host has closed the connection";
  #started = false;
  #ended = false;
  onOutput: (bytes: Uint8Array) => void = () => {};
  onEnded: (reason: string) => void = () => {};
  onDrained: () => void = () => {};

  constructor(connection: UnixConnection) {
    this.#connection = connection;
    connection.onData = (bytes) => {
      for (const { type, contents } of this.#reader.add(bytes) ?? []) {
        if (type === "o") this.#show(contents.slice());
        else if (type === "e") this.#reason = new TextDecoder().decode(contents);
      }
    };
    connection.onDrained = () => this.onDrained();
    connection.onClosed = () => this.#end();
  }

  get backlog(): number {
    return this.#connection.backlog;
  }

  keys(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#connection.write(encodeFrame("k", bytes));
  }

  resize(size: Size): void {
    this.#connection.write(encodeFrame("r", sizeBytes(size)));
  }

  pause(): void {
    this.#connection.write(encodeFrame("p", new Uint8Array()));
  }

  resume(): void {
    this.#connection.write(encodeFrame("g", new Uint8Array()));
  }

  close(): void {
    this.#connection.end();
    setTimeout(() => this.#connection.close(), PARTING_MS).unref();
  }

  #show(bytes: Uint8Array): void {
    if (!this.#started) {
      this.#started = true;
      this.onOutput(Buffer.from(START));
    }
    this.onOutput(bytes);
  }

  /** The terminal is put right from this end, because the other may be gone without a word. */
  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#started) this.onOutput(Buffer.from(STOP));
    this.onEnded(this.#reason);
  }
}

function sizeBytes({ cols, rows }: Size): Uint8Array {
  const bytes = new Uint8Array(4);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, cols);
  view.setUint16(2, rows);
  return bytes;
}
