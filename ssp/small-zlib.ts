/**
 * zlib streams (RFC 1950, 1951) of small messages, without a compressor's 256 KiB of state: a key or its echo is some fifty
 * bytes in which nothing repeats, and setting zlib up for it costs twenty times what is done with it. Called by
 * compression.ts, which takes the runtime's zlib for everything else.
 *
 * Writing: one block with the fixed code, every byte a literal. That is what zlib makes of such a message, too, so the
 * length is the same. Reading: streams of one such block with or without matches; for any other it says that it
 * cannot, and nothing more: what is broken is for the real one to judge.
 */

/** CMF and FLG as zlib writes them at level 6. */
const HEADER_0 = 0x78;
const HEADER_1 = 0x9c;
const HEADER_BYTES = 2;
const CHECKSUM_BYTES = 4;

/** The fixed code (RFC 1951, 3.2.6) of each literal, bits in the order in which they are sent, and its length. */
const LITERAL_BITS = new Uint16Array(256);
const LITERAL_LENGTH = new Uint8Array(256);
/** By the next nine bits of a stream: symbol and length of its code, `symbol << 4 | length`. */
const DECODE = new Uint16Array(512);

function reverse(value: number, bits: number): number {
  let reversed = 0;
  for (let i = 0; i < bits; i++) reversed |= ((value >> i) & 1) << (bits - 1 - i);
  return reversed;
}

for (let symbol = 0; symbol < 288; symbol++) {
  const [code, length] =
    symbol < 144
      ? [0x30 + symbol, 8]
      : symbol < 256
        ? [0x190 + symbol - 144, 9]
        : symbol < 280
          ? [symbol - 256, 7]
          : [0xc0 + symbol - 280, 8];
  const bits = reverse(code, length);
  if (symbol < 256) {
    LITERAL_BITS[symbol] = bits;
    LITERAL_LENGTH[symbol] = length;
  }
  for (let rest = 0; rest < 512 >> length; rest++) DECODE[(rest << length) | bits] = (symbol << 4) | length;
}

/** Matches: base and extra bits of the lengths from symbol 257 and of the distances (RFC 1951, 3.2.5). */
const LENGTH_BASE = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195,
  227, 258,
];
const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASE = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
  6145, 8193, 12289, 16385, 24577,
];
const DISTANCE_EXTRA = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
];

/** Largest input whose sums need no reduction in between. */
const ADLER_RUN = 3800;
const ADLER_BASE = 65_521;

/** @param bytes at most {@link ADLER_RUN} of them */
function adler32(bytes: Uint8Array, length: number): number {
  let a = 1;
  let b = 0;
  for (let i = 0; i < length; i++) {
    a += bytes[i]!;
    b += a;
  }
  return (((b % ADLER_BASE) << 16) | (a % ADLER_BASE)) >>> 0;
}

/** A zlib stream of a few bytes. @param bytes at most 3,800 */
export function deflateSmall(bytes: Uint8Array): Uint8Array {
  let bitCount = 3 + 7;
  for (let i = 0; i < bytes.length; i++) bitCount += LITERAL_LENGTH[bytes[i]!]!;
  const body = (bitCount + 7) >> 3;
  const stream = new Uint8Array(HEADER_BYTES + body + CHECKSUM_BYTES);
  stream[0] = HEADER_0;
  stream[1] = HEADER_1;
  let at = HEADER_BYTES;
  // The last block, with the fixed code: 1, then 01, lowest bit first.
  let buffer = 0b011;
  let filled = 3;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    buffer |= LITERAL_BITS[byte]! << filled;
    filled += LITERAL_LENGTH[byte]!;
    while (filled >= 8) {
      stream[at++] = buffer;
      buffer >>>= 8;
      filled -= 8;
    }
  }
  // The end of the block is seven zero bits.
  filled += 7;
  while (filled > 0) {
    stream[at++] = buffer;
    buffer >>>= 8;
    filled -= 8;
  }
  const sum = adler32(bytes, bytes.length);
  stream[at] = sum >>> 24;
  stream[at + 1] = sum >>> 16;
  stream[at + 2] = sum >>> 8;
  stream[at + 3] = sum;
  return stream;
}

const scratch = new Uint8Array(ADLER_RUN);

/**
 * What a stream of one block with the fixed code holds; undefined: it is something else, too long, or broken.
 * @param start where it begins in `stream`, whose end is its own
 */
export function inflateSmall(stream: Uint8Array, start = 0): Uint8Array | undefined {
  const end = stream.length - CHECKSUM_BYTES;
  const flags = stream[start + 1]!;
  if (end < start + HEADER_BYTES + 1 || stream[start] !== HEADER_0 || ((HEADER_0 << 8) | flags) % 31 !== 0)
    return undefined;
  let at = start + HEADER_BYTES;
  // No preset dictionary; last block, fixed code.
  if ((flags & 0x20) !== 0 || (stream[at]! & 0b111) !== 0b011) return undefined;
  let buffer = stream[at++]! >> 3;
  let filled = 5;
  let length = 0;
  for (;;) {
    while (filled < 24 && at < end) {
      buffer |= stream[at++]! << filled;
      filled += 8;
    }
    const entry = DECODE[buffer & 511]!;
    const size = entry & 15;
    const symbol = entry >> 4;
    if (size > filled) return undefined;
    buffer >>>= size;
    filled -= size;
    if (symbol < 256) {
      if (length === ADLER_RUN) return undefined;
      scratch[length++] = symbol;
      continue;
    }
    if (symbol === 256) break;
    if (symbol > 285) return undefined;
    const lengthExtra = LENGTH_EXTRA[symbol - 257]!;
    const count = LENGTH_BASE[symbol - 257]! + (buffer & ((1 << lengthExtra) - 1));
    buffer >>>= lengthExtra;
    filled -= lengthExtra;
    while (filled < 24 && at < end) {
      buffer |= stream[at++]! << filled;
      filled += 8;
    }
    const code = reverse(buffer & 31, 5);
    buffer >>>= 5;
    filled -= 5;
    if (code > 29) return undefined;
    const distanceExtra = DISTANCE_EXTRA[code]!;
    const distance = DISTANCE_BASE[code]! + (buffer & ((1 << distanceExtra) - 1));
    buffer >>>= distanceExtra;
    filled -= distanceExtra;
    if (filled < 0 || distance > length || length + count > ADLER_RUN) return undefined;
    for (let i = 0; i < count; i++, length++) scratch[length] = scratch[length - distance]!;
  }
  // Everything before the checksum was used, to the byte.
  if (at - (filled >> 3) !== end) return undefined;
  const sum = adler32(scratch, length);
  const stored =
    ((stream[end]! << 24) | (stream[end + 1]! << 16) | (stream[end + 2]! << 8) | stream[end + 3]!) >>> 0;
  return sum === stored ? scratch.slice(0, length) : undefined;
}
