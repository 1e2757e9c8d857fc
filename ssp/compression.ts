/**
 * zlib around an instruction. The only file of ssp that calls the runtime: node:zlib, which every runtime we build for
 * has.
 */
import { deflateSync, inflateSync } from "node:zlib";
import { MAX_INSTRUCTION_BYTES, ZLIB_LEVEL } from "./params.ts";
import { deflateSmall, inflateSmall } from "./small-zlib.ts";

/** Bounds of the output buffer that zlib begins with. Most instructions are tiny, and 16 KiB for each is garbage. */
const MIN_CHUNK = 256;
const MAX_CHUNK = 16_384;

/** Up to here nothing much repeats in a message, so that literals alone are as short as what zlib would find. */
const SMALL_MESSAGE = 100;
/** A stream that may well be of one simple block; longer ones seldom are. */
const SMALL_STREAM = 400;

/** A zlib stream of `bytes` [P 7.1]. */
export function compress(bytes: Uint8Array): Uint8Array {
  if (bytes.length <= SMALL_MESSAGE) return deflateSmall(bytes);
  return deflateSync(bytes, { level: ZLIB_LEVEL, chunkSize: chunkSize(bytes.length) });
}

/**
 * What a zlib stream holds; undefined if it is broken, cut short, or grows beyond 4 MiB [P 7.2].
 * @param start where it begins in `stream`, whose end is its own
 */
export function decompress(stream: Uint8Array, start = 0): Uint8Array | undefined {
  if (stream.length - start <= SMALL_STREAM) {
    const bytes = inflateSmall(stream, start);
    if (bytes !== undefined) return bytes;
  }
  try {
    return inflateSync(start === 0 ? stream : stream.slice(start), {
      maxOutputLength: MAX_INSTRUCTION_BYTES,
      chunkSize: chunkSize(stream.length * 4),
    });
  } catch {
    return undefined;
  }
}

function chunkSize(expected: number): number {
  return Math.min(Math.max(expected, MIN_CHUNK), MAX_CHUNK);
}
