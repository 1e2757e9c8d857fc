/**
 * The protobuf wire format, as much of it as the three message families need. Our own, because the bytes must come out
 * in one exact order, numbers are 64 bits wide, and what comes in may be hostile: reading never throws and never
 * allocates more than it was given.
 *
 * Not a general library: no packed fields, no fixed-width values but to skip them, no reflection.
 */
import { fromHalves, highHalf, lowHalf } from "./uint64.ts";

/** Wire types of a field [P 7.4]. */
export const VARINT = 0;
const FIXED64 = 1;
export const LENGTH_DELIMITED = 2;
const GROUP_START = 3;
const GROUP_END = 4;
const FIXED32 = 5;
/** Groups are long deprecated; nested deeper than this they are an attack. */
const MAX_GROUP_DEPTH = 16;

/**
 * Fields that one message may have, those of its parts included: 32,000 window sizes, minutes of dragging while the network is
 * away. A few datagrams can unpack to two million, a third of a second's work that all others would wait for [P 7.4].
 */
const MAX_FIELDS = 131_072;
/** What is left of it to the message that is being read; one is read at a time. */
let fieldsLeft = 0;

const NO_BYTES = new Uint8Array(0);

/** Bytes of `value` as a varint. */
export function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 0x80; rest /= 0x80) length++;
  return length;
}

/** Room that the tag and length of one field need at most. */
export const FIELD_OVERHEAD = 16;

/** Bytes of a field with a number below 16 and `length` bytes in it. */
export function fieldLength(length: number): number {
  let bytes = 2 + length;
  for (let rest = length; rest >= 0x80; rest >>>= 7) bytes++;
  return bytes;
}

/** Messages are written here, and copied out when they are whole: nearly all are short. */
const scratch = new Uint8Array(4096);
let scratchInUse = false;

/** Appends fields in the order of the calls; {@link Writer.finish} gives the message. */
export class Writer {
  #bytes: Uint8Array;
  #at = 0;

  /** @param hint expected size in bytes; it grows on its own */
  constructor(hint = 64) {
    if (scratchInUse || hint > scratch.length) {
      this.#bytes = new Uint8Array(hint);
    } else {
      scratchInUse = true;
      this.#bytes = scratch;
    }
  }

  /** Begins a nested message of `length` bytes, which the next calls write. */
  message(field: number, length: number): this {
    this.#reserve(FIELD_OVERHEAD + length);
    this.#tag(field, LENGTH_DELIMITED);
    this.#varint(length);
    return this;
  }

  /** @param value 64 bits unsigned (uint64.ts) */
  varint(field: number, value: number): this {
    this.#reserve(FIELD_OVERHEAD);
    this.#tag(field, VARINT);
    this.#varint(value);
    return this;
  }

  bytes(field: number, value: Uint8Array): this {
    this.#reserve(FIELD_OVERHEAD + value.length);
    this.#tag(field, LENGTH_DELIMITED);
    this.#varint(value.length);
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
    return this;
  }

  /** The message, a fresh array. */
  finish(): Uint8Array {
    if (this.#bytes === scratch) scratchInUse = false;
    return this.#bytes.slice(0, this.#at);
  }

  #tag(field: number, type: number): void {
    this.#varint((field << 3) | type);
  }

  #varint(value: number): void {
    let rest = value;
    if (value >= 2 ** 32) {
      rest = lowHalf(value);
      for (let high = highHalf(value); high !== 0; high >>>= 7) {
        this.#bytes[this.#at++] = (rest & 0x7f) | 0x80;
        rest = ((high << 25) | (rest >>> 7)) >>> 0;
      }
    }
    while (rest >= 0x80) {
      this.#bytes[this.#at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#at++] = rest;
  }

  #reserve(more: number): void {
    const needed = this.#at + more;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes);
    if (this.#bytes === scratch) scratchInUse = false;
    this.#bytes = grown;
  }
}

/**
 * Walks over the fields of one message:
 *
 *   while (reader.next()) if (reader.is(1, VARINT)) … else if (reader.is(6, LENGTH_DELIMITED)) …
 *   if (reader.failed) drop it
 *
 * `next` skips whatever the last field was if nobody read it, so unknown fields and known ones of an unexpected type
 * cost nothing [P 7.4].
 */
export class Reader {
  readonly #bytes: Uint8Array;
  /** The message is a part of `#bytes`, up to here. */
  readonly #end: number;
  #at = 0;
  #field = 0;
  #type = 0;
  /** The halves of the varint that was read last. */
  #low = 0;
  #high = 0;
  #unread = false;
  #failed = false;

  /** @param start, end of the message in `bytes`; it is a part of another one if it does not begin there */
  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    if (start === 0) fieldsLeft = MAX_FIELDS;
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  /** The message broke off or held something that is no field. What was read before must not be used. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Goes to the next field; false at the end and after a failure. */
  next(): boolean {
    if (this.#unread) this.#skip(this.#field, this.#type, 0);
    if (this.#failed || this.#at >= this.#end) return false;
    const first = this.#bytes[this.#at]!;
    if (first < 0x80) {
      // The usual tag is one byte.
      this.#at++;
      this.#field = first >> 3;
      this.#type = first & 7;
    } else {
      this.#varint();
      if (this.#high !== 0) this.#failed = true;
      this.#field = this.#low >>> 3;
      this.#type = this.#low & 7;
    }
    this.#unread = true;
    // Field numbers are 1 .. 2^29 - 1, and a message does not begin with the end of a group.
    if (this.#field === 0 || this.#type === GROUP_END || --fieldsLeft < 0) this.#failed = true;
    return !this.#failed;
  }

  is(field: number, type: number): boolean {
    return this.#field === field && this.#type === type;
  }

  /** The value of a varint field, 64 bits unsigned. One that no double holds is a failure (uint64.ts). */
  uint64(): number {
    this.#unread = false;
    this.#varint();
    const value = fromHalves(this.#high, this.#low);
    if (Number.isNaN(value)) this.#failed = true;
    return value;
  }

  /** The value of a varint field cut to 32 bits, as protobuf does for uint32. */
  uint32(): number {
    const first = this.#bytes[this.#at]!;
    if (this.#at < this.#end && first < 0x80) {
      this.#unread = false;
      this.#at++;
      return first;
    }
    this.#unread = false;
    this.#varint();
    return this.#low;
  }

  /** The value of a varint field cut to 32 bits with sign, as protobuf does for int32. */
  int32(): number {
    return this.uint32() | 0;
  }

  /** The value of a length-delimited field: a fresh array. */
  bytes(): Uint8Array {
    const from = this.#enter();
    return from === this.#at ? NO_BYTES : this.#bytes.slice(from, this.#at);
  }

  /** The message in a length-delimited field. */
  message(): Reader {
    const from = this.#enter();
    return new Reader(this.#bytes, from, this.#at);
  }

  /** Goes behind a length-delimited value; returns where it begins. */
  #enter(): number {
    this.#unread = false;
    const length = this.#length();
    const from = this.#at;
    if (this.#failed || length > this.#end - from) this.#failed = true;
    else this.#at = from + length;
    return from;
  }

  #length(): number {
    const first = this.#bytes[this.#at];
    if (this.#at < this.#end && first! < 0x80) {
      this.#at++;
      return first!;
    }
    this.#varint();
    return this.#high === 0 ? this.#low : Number.POSITIVE_INFINITY; // longer than any message
  }

  /** Reads a varint into the two halves: at most ten bytes; bits beyond the 64th are cut off. */
  #varint(): void {
    let low = 0;
    this.#high = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#byte();
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.#low = low;
        return;
      }
    }
    // The fifth byte belongs to both.
    let byte = this.#byte();
    this.#low = (low | (byte << 28)) >>> 0;
    let high = (byte & 0x7f) >>> 4;
    for (let shift = 3; byte >= 0x80; shift += 7) {
      if (shift > 31) {
        this.#failed = true;
        return;
      }
      byte = this.#byte();
      high |= (byte & 0x7f) << shift;
    }
    this.#high = high >>> 0;
  }

  #byte(): number {
    if (this.#at >= this.#end) {
      this.#failed = true;
      return 0;
    }
    return this.#bytes[this.#at++]!;
  }

  #skip(field: number, type: number, depth: number): void {
    this.#unread = false;
    if (type === VARINT) this.#varint();
    else if (type === FIXED64) this.#advance(8);
    else if (type === LENGTH_DELIMITED) this.#enter();
    else if (type === FIXED32) this.#advance(4);
    else if (type === GROUP_START && depth < MAX_GROUP_DEPTH) this.#skipGroup(field, depth);
    else this.#failed = true;
  }

  #skipGroup(field: number, depth: number): void {
    while (!this.#failed) {
      this.#varint();
      const inner = this.#high * 2 ** 29 + (this.#low >>> 3);
      const type = this.#low & 7;
      if (type === GROUP_END) {
        if (inner !== field) this.#failed = true;
        return;
      }
      if (--fieldsLeft < 0) this.#failed = true;
      this.#skip(inner, type, depth + 1);
    }
  }

  #advance(bytes: number): void {
    if (this.#at + bytes > this.#end) this.#failed = true;
    else this.#at += bytes;
  }
}
