/**
 * Fragments: an instruction cut to the size of datagrams, and put together again.
 *
 *   8 instruction id │ 2: final bit, 15-bit number │ contents
 */
import type { DropReason } from "./drops.ts";
import { FRAGMENT_HEADER_BYTES, MAX_COMPRESSED_BYTES, MAX_FRAGMENTS } from "./params.ts";
import { setUint64, uint64At } from "./uint64.ts";

export interface Fragment {
  /** Of the instruction; 64 bits. */
  readonly id: number;
  /** 0 .. 32767. */
  readonly number: number;
  readonly final: boolean;
  readonly contents: Uint8Array;
}

/** The fragment behind `room` bytes that are the caller's to fill. */
export function encodeFragment(fragment: Fragment, room = 0): Uint8Array {
  const bytes = new Uint8Array(room + FRAGMENT_HEADER_BYTES + fragment.contents.length);
  setUint64(bytes, room, fragment.id); // [P 6.1]
  bytes[room + 8] = (fragment.number >> 8) | (fragment.final ? 0x80 : 0);
  bytes[room + 9] = fragment.number;
  bytes.set(fragment.contents, room + FRAGMENT_HEADER_BYTES);
  return bytes;
}

/** Whether a fragment at `start` is a whole instruction: the first and the last one. */
export function isWhole(bytes: Uint8Array, start: number): boolean {
  return bytes[start + 8] === 0x80 && bytes[start + 9] === 0 && bytes.length >= start + FRAGMENT_HEADER_BYTES;
}

/**
 * The fragment, or undefined if not even its header is whole [P 6.1], or its id no number. The contents are a copy.
 * @param start where it begins in `bytes`
 */
export function decodeFragment(bytes: Uint8Array, start = 0): Fragment | undefined {
  if (bytes.length < start + FRAGMENT_HEADER_BYTES) return undefined;
  const id = uint64At(bytes, start);
  if (Number.isNaN(id)) return undefined;
  return {
    id,
    number: ((bytes[start + 8]! & 0x7f) << 8) | bytes[start + 9]!,
    final: bytes[start + 8]! >= 0x80,
    contents: bytes.slice(start + FRAGMENT_HEADER_BYTES),
  };
}

/**
 * Cuts a compressed instruction into fragments of `contentsSize` bytes; all but the last are full [P 6.2].
 * Throws RangeError if more than 32768 would be needed, which no instruction within the size limit does [P 6.3].
 */
export function split(compressed: Uint8Array, id: number, contentsSize: number): Fragment[] {
  const count = Math.max(1, Math.ceil(compressed.length / contentsSize));
  if (count === 1) return [{ id, number: 0, final: true, contents: compressed }];
  if (count > MAX_FRAGMENTS) throw new RangeError(`an instruction has at most ${MAX_FRAGMENTS} fragments`);
  const fragments: Fragment[] = [];
  for (let number = 0; number < count; number++) {
    const contents = compressed.subarray(number * contentsSize, (number + 1) * contentsSize);
    fragments.push({ id, number, final: number === count - 1, contents });
  }
  return fragments;
}

/** Puts the fragments of one instruction at a time together. */
export class Assembly {
  #id: number | undefined;
  #parts = new Map<number, Uint8Array>();
  #bytes = 0;
  /** Known once the final fragment is here. */
  #total: number | undefined;

  /** The whole compressed instruction if this fragment completes it, undefined if it does not, or why it was dropped. */
  add(fragment: Fragment): Uint8Array | DropReason | undefined {
    // [P 6.5] another id, larger or smaller, starts over: two instructions never share the buffer.
    if (fragment.id !== this.#id) this.#restart(fragment.id);

    const present = this.#parts.get(fragment.number);
    if (present !== undefined) {
      // [P 6.6] a repeat must say the same; one that does not proves nothing about the first.
      const isFinal = this.#total === fragment.number + 1;
      return isFinal === fragment.final && equalBytes(present, fragment.contents)
        ? undefined
        : "fragment-conflict";
    }
    if (fragment.final) {
      for (const number of this.#parts.keys()) if (number > fragment.number) return "fragment-conflict";
      if (this.#total !== undefined) return "fragment-conflict";
    } else if (this.#total !== undefined && fragment.number >= this.#total) {
      return "fragment-conflict"; // [P 6.7]
    }
    if (this.#bytes + fragment.contents.length > MAX_COMPRESSED_BYTES) {
      this.#restart(fragment.id); // [P 6.9]
      return "fragment-size";
    }

    if (fragment.final) this.#total = fragment.number + 1;
    this.#parts.set(fragment.number, fragment.contents);
    this.#bytes += fragment.contents.length;
    if (this.#parts.size !== this.#total) return undefined;

    const whole = this.#join();
    this.#restart(fragment.id); // [P 6.8] the id stays: a repeat of a single fragment completes again
    return whole;
  }

  /**
   * Takes a fragment that {@link isWhole}, as most are, without its contents: there is nothing to put together [P 6.8].
   * False: it contradicts others of its id, and {@link add} knows how, or its id is no number.
   */
  passes(id: number): boolean {
    if (Number.isNaN(id)) return false;
    if (id !== this.#id) this.#restart(id);
    return this.#parts.size === 0;
  }

  /** Bytes of an instruction of which not all fragments are here. */
  get bytesWaiting(): number {
    return this.#bytes;
  }

  #join(): Uint8Array {
    if (this.#parts.size === 1) return this.#parts.get(0)!;
    const whole = new Uint8Array(this.#bytes);
    let at = 0;
    for (let number = 0; number < this.#parts.size; number++) {
      const part = this.#parts.get(number)!;
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  #restart(id: number): void {
    this.#id = id;
    if (this.#parts.size > 0) this.#parts.clear();
    this.#bytes = 0;
    this.#total = undefined;
  }
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
