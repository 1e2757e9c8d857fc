/**
 * A number in memory that the processes of a host share: a file in their directory, mapped by each. For what may be a
 * little wrong now and then, as writing takes no lock. Called by shard-process.ts.
 */
import { closeSync, fstatSync, openSync, writeSync } from "node:fs";

const BYTES = 4;

/**
 * @param path in a directory that only the host writes to; made if it is not there
 * @throws Error if it can be neither made nor mapped
 */
export function sharedNumber(path: string): Int32Array {
  const file = openSync(path, "a+", 0o600);
  try {
    // Written, not only made longer: on a file system that is full, a hole would be a bus error when it is touched.
    if (fstatSync(file).size < BYTES && writeSync(file, new Uint8Array(BYTES)) < BYTES)
      throw new Error(`${path}: no space left`);
  } finally {
    closeSync(file);
  }
  const bytes = Bun.mmap(path, { shared: true });
  return new Int32Array(bytes.buffer, bytes.byteOffset, 1);
}
