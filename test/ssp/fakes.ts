/**
 * Stand-ins for the core in tests of ssp alone: a cipher that does not encipher, and a screen that is a text. Both are
 * strict about their life: using or freeing a freed one throws, and what lives is counted.
 */
import type { Cipher, DatagramOpener, DatagramSealer } from "../../ssp/datagram.ts";
import type { Screen } from "../../ssp/terminal-state.ts";

/** Nonce and a sum of the bytes as tag; enough to tell a damaged datagram from a whole one. */
export const plainCipher: Cipher = {
  createSealer(_key, direction): DatagramSealer {
    let sequence = 0n;
    return {
      seal: (plaintext) => sealPlain(direction, sequence++, plaintext),
      free: () => {},
    };
  },
  createOpener(): DatagramOpener {
    return {
      open(datagram) {
        const end = datagram.length - 16;
        if (end < 8) return undefined;
        const tag = new DataView(datagram.buffer, datagram.byteOffset + end, 16);
        const whole = tag.getUint32(0) === sum(datagram.subarray(0, end)) && tag.getUint32(4) === 0;
        return whole && tag.getBigUint64(8) === 0n ? datagram.slice(8, end) : undefined;
      },
      free: () => {},
    };
  },
};

/** A datagram with any sequence number. */
export function sealPlain(direction: number, sequence: bigint, plaintext: Uint8Array): Uint8Array {
  const datagram = new Uint8Array(plaintext.length + 24);
  new DataView(datagram.buffer).setBigUint64(0, (BigInt(direction) << 63n) | sequence);
  datagram.set(plaintext, 8);
  new DataView(datagram.buffer).setUint32(datagram.length - 16, sum(datagram.subarray(0, -16)));
  return datagram;
}

function sum(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

const SCREEN_SIZE = 4000;

/** A terminal whose screen is the last 4000 bytes written to it. Its diff is what was added, or all after a form feed. */
export class FakeScreen implements Screen<FakeScreen> {
  static alive = 0;
  cols: number;
  rows: number;
  #text: string;
  #freed = false;
  /** Part of equality but of no diff, as alternate scroll mode is. */
  untransmitted = 0;

  constructor(cols = 80, rows = 24, text = "") {
    this.cols = cols;
    this.rows = rows;
    this.#text = text;
    FakeScreen.alive++;
  }

  get text(): string {
    this.#check();
    return this.#text;
  }

  feed(bytes: Uint8Array): void {
    this.#check();
    let text = this.#text;
    for (const byte of bytes) text = byte === 0x0c ? "" : text + String.fromCharCode(byte);
    this.#text = text.slice(-SCREEN_SIZE);
  }

  resize(cols: number, rows: number): void {
    this.#check();
    this.cols = cols;
    this.rows = rows;
  }

  takeReplies(): Uint8Array {
    this.#check();
    return new Uint8Array(0);
  }

  clone(): FakeScreen {
    this.#check();
    const copy = new FakeScreen(this.cols, this.rows, this.#text);
    copy.untransmitted = this.untransmitted;
    return copy;
  }

  equals(other: FakeScreen): boolean {
    this.#check();
    return (
      this.cols === other.cols &&
      this.rows === other.rows &&
      this.#text === other.text &&
      this.untransmitted === other.untransmitted
    );
  }

  diff(from: FakeScreen): Uint8Array {
    this.#check();
    const then = from.text;
    return latin1(this.#text.startsWith(then) ? this.#text.slice(then.length) : `\f${this.#text}`);
  }

  free(): void {
    this.#check();
    this.#freed = true;
    FakeScreen.alive--;
  }

  #check(): void {
    if (this.#freed) throw new Error("a freed screen was used");
  }
}

export function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** The same bytes for the same seed (xorshift32). */
export function seededRandom(seed: number): (length: number) => Uint8Array {
  let state = Math.imul(seed + 1, 0x9e3779b1) || 1;
  return (length) =>
    Uint8Array.from({ length }, () => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return (state >>> 8) & 0xff;
    });
}

export const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "hex"));
export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
