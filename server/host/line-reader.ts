/** Lines of the control protocol, wherever the stream was cut. Used by both of its ends: a command should not have to load the host's. */
const NEWLINE = 10;

/** Cuts a stream into lines. */
export class LineReader {
  readonly #limit: number;
  #parts: Uint8Array[] = [];
  #length = 0;

  /** @param limit longest line, bytes */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The lines that `bytes` completes; undefined if one is too long. */
  add(bytes: Uint8Array): string[] | undefined {
    const lines: string[] = [];
    let at = 0;
    for (;;) {
      const end = bytes.indexOf(NEWLINE, at);
      const part = bytes.subarray(at, end < 0 ? bytes.length : end);
      this.#length += part.length;
      if (this.#length > this.#limit) return undefined;
      this.#parts.push(part);
      if (end < 0) return lines;
      lines.push(Buffer.concat(this.#parts).toString("utf8"));
      this.#parts = [];
      this.#length = 0;
      at = end + 1;
    }
  }
}
