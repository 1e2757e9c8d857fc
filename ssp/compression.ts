/**
 * zlib around an instruction. The only file of ssp that calls the runtime: node:zlib, which every runtime we build for
 * has.
 */
import { deflateSync, inflateSync } from "node:zlib";
import { MAX_INSTRUCTION_BYTES, ZLIB_LEVEL } from "./params.ts";

/** A zlib stream of `bytes` [P 7.1]. */
export function compress(bytes: Uint8Array): Uint8Array {
  return deflateSync(bytes, { level: ZLIB_LEVEL });
}

/** What a zlib stream holds; undefined if it is broken, cut short, or grows beyond 4 MiB [P 7.2]. */
export function decompress(stream: Uint8Array): Uint8Array | undefined {
  try {
    return inflateSync(stream, { maxOutputLength: MAX_INSTRUCTION_BYTES });
  } catch {
    return undefined;
  }
}
