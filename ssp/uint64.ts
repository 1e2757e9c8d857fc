/**
 * The protocol's 64-bit numbers (of states, instructions, datagrams, echo acks) as plain numbers, and how they lie in byte
 * strings. A BigInt would be an object on the heap, and its sums calls.
 *
 * A double is exact up to 2^53, which a side that counts from 0 never reaches: a thousand datagrams a second for 285,000
 * years. We count up only our own numbers and those of datagrams, which must be below it. All other numbers of the peer are
 * compared and given back, never added to. So of those beyond 2^53 the ones that a double holds are taken as they are, and
 * 2^64 - 1, "the end" [P 1.3], is {@link MAX_STATE}. What is left cannot be told from its neighbour: it reads as NaN, and
 * whoever reads it drops what it came in [P 1.4].
 *
 * Bytes are read and written one by one. A DataView or a subarray of a small array makes the engine move its bytes into a
 * buffer object of their own, which costs more than all else that happens to a key's datagram; so the paths that every
 * datagram takes use these, and copies.
 */
import { MAX_STATE } from "./params.ts";

const TWO_32 = 2 ** 32;
const ONES = 0xffff_ffff;

/** The number with these halves of 32 bits each, or NaN if no double is that number. */
export function fromHalves(high: number, low: number): number {
  const value = high * TWO_32 + low;
  if (high < 2 ** 21) return value;
  if (high === ONES && low === ONES) return MAX_STATE;
  return value % TWO_32 === low ? value : Number.NaN; // a rounded one ends otherwise
}

export function highHalf(value: number): number {
  return value === MAX_STATE ? ONES : Math.floor(value / TWO_32);
}

export function lowHalf(value: number): number {
  return value === MAX_STATE ? ONES : value >>> 0;
}

/** Big-endian; NaN as in {@link fromHalves}. */
export function uint64At(bytes: Uint8Array, at: number): number {
  return fromHalves(uint32At(bytes, at), uint32At(bytes, at + 4));
}

/** Big-endian, without the top bit: the sequence number in a nonce [P 3.1]. From 2^53 on it is not exact. */
export function uint63At(bytes: Uint8Array, at: number): number {
  return (uint32At(bytes, at) & 0x7fff_ffff) * TWO_32 + uint32At(bytes, at + 4);
}

export function setUint64(bytes: Uint8Array, at: number, value: number): void {
  setUint32(bytes, at, highHalf(value));
  setUint32(bytes, at + 4, lowHalf(value));
}

function uint32At(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

function setUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
