/**
 * The person's end of a stream (stream-server.ts has the frames): opens it with a token and hands out what the terminal
 * must be told. Used by `attach --here` and by the ssh gateway.
 */
import { TERMINAL_RESET } from "../../sys/terminal-reset.ts";
import { encodeFrame, FrameReader, uint32Bytes, uint32In } from "./frames.ts";
import type { SessionStream, Size } from "./messages.ts";
import { connectUnix, type UnixConnection } from "./unix-socket.ts";

/** Another screen, so that the person's own is there again at the end; arrow keys as in the protocol [P 11.8]. */
const START = "\x1b[?1049h\x1b[?1h";
const STOP = `${TERMINAL_RESET}\x1b[?1049l`;

/** Keys that the session has not said it has room for again, at most, bytes. The rest waits here. */
const WINDOW_BYTES = 1024 * 1024;
const PIECE_BYTES = 64 * 1024;
/** Keys come in pieces that are not longer, a paste in longer ones, bytes. */
const KEY_BYTES = 32;

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
  /** Keys that wait, and the number of the first: they are counted from the start of the stream. */
  #waiting: Uint8Array[] = [];
  #first = 0;
  #backlog = 0;
  /** Pieces that were offered and not answered: what waits must not overtake the question. */
  #offers = 0;
  /** Bytes of keys sent that the session has not made room for again. */
  #sent = 0;
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
        else if (type === "a") this.#roomFor(uint32In(contents));
        else if (type === "x" || type === "y") this.#onAnswer(uint32In(contents), type === "x");
        else if (type === "e") this.#reason = new TextDecoder().decode(contents);
      }
    };
    connection.onClosed = () => this.#end();
  }

  get backlog(): number {
    return this.#backlog;
  }

  keys(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#waiting.push(bytes.slice());
    this.#backlog += bytes.length;
    const number = this.#first + this.#waiting.length - 1;
    this.#send();
    if (this.#backlog === 0 || bytes.length > KEY_BYTES) return;
    this.#offers++;
    this.#connection.write(encodeFrame("i", Buffer.concat([uint32Bytes(number), bytes])));
  }

  #send(): void {
    while (this.#offers === 0 && this.#waiting.length > 0 && this.#sent < WINDOW_BYTES) {
      const piece = this.#waiting[0]!;
      const now = piece.subarray(0, PIECE_BYTES);
      this.#connection.write(encodeFrame("k", now));
      this.#sent += now.length;
      this.#backlog -= now.length;
      if (now.length < piece.length) {
        this.#waiting[0] = piece.subarray(now.length);
      } else {
        this.#waiting.shift();
        this.#first++;
      }
    }
  }

  #roomFor(bytes: number): void {
    this.#sent -= bytes;
    this.#send();
    if (this.#backlog === 0) this.onDrained();
  }

  /** If the program was interrupted, what was typed before is dropped, as the kernel does with what it holds. */
  #onAnswer(number: number, isInterrupted: boolean): void {
    this.#offers--;
    while (isInterrupted && this.#waiting.length > 0 && this.#first <= number) {
      this.#backlog -= this.#waiting.shift()!.length;
      this.#first++;
    }
    this.#send();
    if (this.#backlog === 0) this.onDrained();
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
    this.#reason = "you have left the session";
    this.#connection.end();
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
