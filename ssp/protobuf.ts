/**
 * The protobuf wire format, as much of it as the three message families need. Our own, because the bytes must come out
 * in one exact order, numbers are 64 bits wide, and what comes in may be hostile: reading never throws and never
 * allocates more than it was given.
 *
 * Not a general library: no packed fields, no fixed-width values but to skip them, no reflection.
 */

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

const U64 = 0xffff_ffff_ffff_ffffn;
const NO_BYTES = new Uint8Array(0);

/** Bytes of `value` as a varint; a number is below 2^31. */
export function varintLength(value: bigint | number): number {
  let length = 1;
  if (value <= 0x7fff_ffff) {
    for (let rest = Number(value); rest >= 0x80; rest >>>= 7) length++;
    return length;
  }
  for (let rest = BigInt(value) >> 7n; rest > 0n; rest >>= 7n) length++;
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

  varint(field: number, value: bigint | number): this {
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

  #varint(value: bigint | number): void {
    if (typeof value === "bigint" && value > 0x7fff_ffffn) {
      let rest = value & U64;
      for (let left = varintLength(rest); left > 1; left--) {
        this.#bytes[this.#at++] = Number(rest & 0x7fn) | 0x80;
        rest >>= 7n;
      }
      this.#bytes[this.#at++] = Number(rest);
      return;
    }
    let rest = Number(value);
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
      const tag = this.#varint();
      if (tag > 0xffff_ffffn) this.#failed = true;
      this.#field = Number(tag >> 3n);
      this.#type = Number(tag & 7n);
    }
    this.#unread = true;
    // Field numbers are 1 .. 2^29 - 1, and a message does not begin with the end of a group.
    if (this.#field === 0 || this.#type === GROUP_END || --fieldsLeft < 0) this.#failed = true;
    return !this.#failed;
  }

  is(field: number, type: number): boolean {
    return this.#field === field && this.#type === type;
  }

  /** The value of a varint field, 64 bits unsigned. */
  uint64(): bigint {
    this.#unread = false;
    return this.#varint();
  }

  /** The value of a varint field cut to 32 bits, as protobuf does for uint32. */
  uint32(): number {
    const first = this.#bytes[this.#at]!;
    if (this.#at < this.#end && first < 0x80) {
      this.#unread = false;
      this.#at++;
      return first;
    }
    return Number(BigInt.asUintN(32, this.uint64()));
  }

  /** The value of a varint field cut to 32 bits with sign, as protobuf does for int32. */
  int32(): number {
    return Number(BigInt.asIntN(32, this.uint64()));
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
    // What is longer than a double can count is longer than any message.
    return Number(this.#varint());
  }

  /** At most ten bytes; bits beyond the 64th are cut off. */
  #varint(): bigint {
    let low = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#byte();
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt(low);
    }
    let value = BigInt(low);
    for (let shift = 28n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value & U64;
    }
    this.#failed = true;
    return 0n;
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
      const tag = this.#varint();
      const inner = Number(tag >> 3n);
      const type = Number(tag & 7n);
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
