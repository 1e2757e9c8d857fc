/**
 * An independent OCB3, written from RFC 7253's pseudocode around @noble/ciphers' AES: plain, slow, numbers as bigint. The
 * tests run the same functions on it and on the wasm core; bench/crypto.ts measures against it.
 */
import { unsafe } from "@noble/ciphers/aes.js";
import type { OcbInput } from "../../wasm-core/crypto.ts";

/** What RFC 7253 calls OCB-ENCRYPT and OCB-DECRYPT. `tagBytes` = TAGLEN / 8; the tag is at the ciphertext's end. */
export interface OcbImplementation {
  readonly name: string;
  seal(input: OcbInput, plaintext: Uint8Array): Uint8Array;
  open(input: OcbInput, ciphertext: Uint8Array): Uint8Array | undefined;
}

const MASK_128 = (1n << 128n) - 1n;

function toNumber(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value;
}

function toBlock(value: bigint): Uint8Array {
  const block = new Uint8Array(16);
  for (let n = 15; n >= 0; n--, value >>= 8n) block[n] = Number(value & 0xffn);
  return block;
}

function xor(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((byte, n) => byte ^ b[n]!);
}

/** double(S): shift left, and 10000111 into the end if a 1 fell out. */
function double(block: Uint8Array): Uint8Array {
  const value = toNumber(block);
  return toBlock(((value << 1n) & MASK_128) ^ (value >> 127n === 1n ? 0x87n : 0n));
}

/** A message in 16-byte blocks and the part that is left. */
function split(bytes: Uint8Array): { full: Uint8Array[]; rest: Uint8Array } {
  const count = Math.floor(bytes.length / 16);
  const full = Array.from({ length: count }, (_, n) => bytes.subarray(16 * n, 16 * n + 16));
  return { full, rest: bytes.subarray(16 * count) };
}

/** rest || 1 || zeros. */
function padded(rest: Uint8Array): Uint8Array {
  const block = new Uint8Array(16);
  block.set(rest);
  block[rest.length] = 0x80;
  return block;
}

/** One key: the variables of RFC 7253, 4.1. */
class OcbKey {
  readonly #encryptKey: Uint32Array;
  readonly #decryptKey: Uint32Array;
  readonly star: Uint8Array;
  readonly dollar: Uint8Array;
  readonly #l: Uint8Array[];

  constructor(key: Uint8Array) {
    this.#encryptKey = unsafe.expandKeyLE(key);
    this.#decryptKey = unsafe.expandKeyDecLE(key);
    this.star = this.encipher(new Uint8Array(16));
    this.dollar = double(this.star);
    this.#l = [double(this.dollar)];
  }

  encipher(block: Uint8Array): Uint8Array {
    return unsafe.encryptBlock(this.#encryptKey, Uint8Array.from(block));
  }

  decipher(block: Uint8Array): Uint8Array {
    return unsafe.decryptBlock(this.#decryptKey, Uint8Array.from(block));
  }

  /** L_{ntz(i)}. */
  l(i: number): Uint8Array {
    const ntz = 31 - Math.clz32(i & -i);
    while (this.#l.length <= ntz) this.#l.push(double(this.#l[this.#l.length - 1]!));
    return this.#l[ntz]!;
  }

  /** HASH(K, A). */
  hash(ad: Uint8Array): Uint8Array {
    const { full, rest } = split(ad);
    let offset: Uint8Array = new Uint8Array(16);
    let sum: Uint8Array = new Uint8Array(16);
    full.forEach((block, n) => {
      offset = xor(offset, this.l(n + 1));
      sum = xor(sum, this.encipher(xor(block, offset)));
    });
    if (rest.length > 0) sum = xor(sum, this.encipher(xor(padded(rest), xor(offset, this.star))));
    return sum;
  }

  /** Offset_0: Nonce, Ktop and Stretch of RFC 7253, 4.2. */
  offset(nonce: Uint8Array, tagBytes: number): Uint8Array {
    const tagBits = BigInt((tagBytes * 8) % 128);
    const block = (tagBits << 121n) | (1n << BigInt(8 * nonce.length)) | toNumber(nonce);
    const bottom = block & 63n;
    const ktop = toNumber(this.encipher(toBlock(block ^ bottom)));
    const stretch = (ktop << 64n) | ((ktop >> 64n) ^ ((ktop >> 56n) & 0xffffffffffffffffn));
    return toBlock((stretch >> (64n - bottom)) & MASK_128);
  }

  crypt(input: OcbInput, text: Uint8Array, sealing: boolean): { result: Uint8Array; tag: Uint8Array } {
    const { full, rest } = split(text);
    const result = new Uint8Array(text.length);
    let offset = this.offset(input.nonce, input.tagBytes);
    let checksum: Uint8Array = new Uint8Array(16);
    full.forEach((block, n) => {
      offset = xor(offset, this.l(n + 1));
      const masked = xor(block, offset);
      const out = xor(offset, sealing ? this.encipher(masked) : this.decipher(masked));
      checksum = xor(checksum, sealing ? block : out);
      result.set(out, 16 * n);
    });
    if (rest.length > 0) {
      offset = xor(offset, this.star);
      const out = xor(rest, this.encipher(offset));
      checksum = xor(checksum, padded(sealing ? rest : out));
      result.set(out, 16 * full.length);
    }
    const tag = xor(this.encipher(xor(xor(checksum, offset), this.dollar)), this.hash(input.ad));
    return { result, tag: tag.subarray(0, input.tagBytes) };
  }
}

/** The key schedule of the last key is kept, so that a benchmark measures sealing and not key expansion. */
let cached: { readonly key: Uint8Array; readonly schedule: OcbKey } | undefined;

function scheduleOf(key: Uint8Array): OcbKey {
  if (cached?.key !== key) cached = { key, schedule: new OcbKey(key) };
  return cached.schedule;
}

export const ocbOracle: OcbImplementation = {
  name: "oracle (@noble/ciphers AES)",
  seal(input, plaintext) {
    const { result, tag } = scheduleOf(input.key).crypt(input, plaintext, true);
    const sealed = new Uint8Array(result.length + tag.length);
    sealed.set(result);
    sealed.set(tag, result.length);
    return sealed;
  },
  open(input, ciphertext) {
    const length = ciphertext.length - input.tagBytes;
    if (length < 0) return undefined;
    const { result, tag } = scheduleOf(input.key).crypt(input, ciphertext.subarray(0, length), false);
    return tag.every((byte, n) => byte === ciphertext[length + n]) ? result : undefined;
  },
};
