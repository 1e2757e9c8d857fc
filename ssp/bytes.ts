/**
 * Big-endian numbers in byte strings, read and written in place. A DataView or a subarray of a small array makes the engine
 * move its bytes into a buffer object of their own, which costs more than all else that happens to a key's datagram; so
 * the paths that every datagram takes use these, and copies.
 */

/** 0 … 2^64 - 1. */
export function uint64At(bytes: Uint8Array, at: number): bigint {
  const high = uint32At(bytes, at);
  const low = uint32At(bytes, at + 4);
  return high === 0 ? BigInt(low) : (BigInt(high) << 32n) | BigInt(low);
}

function uint32At(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

export function setUint64(bytes: Uint8Array, at: number, value: bigint): void {
  if (value <= 0xffff_ffffn) {
    bytes[at] = bytes[at + 1] = bytes[at + 2] = bytes[at + 3] = 0;
    setUint32(bytes, at + 4, Number(value));
    return;
  }
  setUint32(bytes, at, Number((value >> 32n) & 0xffff_ffffn));
  setUint32(bytes, at + 4, Number(value & 0xffff_ffffn));
}

function setUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
