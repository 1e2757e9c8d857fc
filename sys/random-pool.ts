/**
 * Random bytes a few at a time, drawn from the system by the page: for what must be unpredictable but is asked for with
 * every packet, such as the padding of instructions. Keys are drawn by themselves.
 */

const POOL_BYTES = 4096;
const pool = new Uint8Array(POOL_BYTES);
let used = POOL_BYTES;

/** A fresh array; each byte is given out once. @param length at most 4,096 */
export function pooledRandom(length: number): Uint8Array {
  if (used + length > POOL_BYTES) {
    crypto.getRandomValues(pool);
    used = 0;
  }
  used += length;
  return pool.slice(used - length, used);
}
