/**
 * Frames on a stream between processes of this machine: a type byte, a length, contents.
 *
 *   1 type │ 4 length (big-endian) │ contents
 *
 * Used by stream.ts (a session's screen for a terminal here) and siblings.ts (datagrams that came to another shard).
 */

const HEADER_BYTES = 5;

/** A fresh array. @param type one character */
export function encodeFrame(type: string, contents: Uint8Array): Uint8Array {
  const frame = new Uint8Array(HEADER_BYTES + contents.length);
  frame[0] = type.charCodeAt(0);
  new DataView(frame.buffer).setUint32(1, contents.length);
  frame.set(contents, HEADER_BYTES);
  return frame;
}

/** Puts frames together again, wherever the stream was cut. */
export class FrameReader {
  readonly #limit: number;
  #rest: Uint8Array = new Uint8Array(0);
  #failed = false;

  /** @param limit longest contents, bytes; a longer frame is the end of the stream */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The frames that `bytes` completes; contents are views. Undefined, now and later: the peer does not keep to the form. */
  add(bytes: Uint8Array): { readonly type: string; readonly contents: Uint8Array }[] | undefined {
    if (this.#failed) return undefined;
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const view = new DataView(all.buffer, all.byteOffset, all.length);
    const frames: { type: string; contents: Uint8Array }[] = [];
    let at = 0;
    while (all.length - at >= HEADER_BYTES) {
      const length = view.getUint32(at + 1);
      if (length > this.#limit) {
        this.#failed = true;
        return undefined;
      }
      const end = at + HEADER_BYTES + length;
      if (end > all.length) break;
      frames.push({ type: String.fromCharCode(all[at]!), contents: all.subarray(at + HEADER_BYTES, end) });
      at = end;
    }
    this.#rest = all.slice(at);
    return frames;
  }
}

/** Big-endian, for contents. */
export function uint32Bytes(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/** The number at the start of the contents; 0 if they are too short. */
export function uint32In(contents: Uint8Array): number {
  return contents.length < 4
    ? 0
    : new DataView(contents.buffer, contents.byteOffset, contents.length).getUint32(0);
}
