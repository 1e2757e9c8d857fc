/**
 * Writing to a descriptor at once and completely. The wrapper's output must be in order with that of its children, and
 * must not be lost when the process exits right after it, so it does not go through streams.
 */
import { writeSync } from "node:fs";

/** Longest pause between tries while a non-blocking descriptor is full. */
const RETRY_MS = 5;

/** Writes all bytes. A reader that is gone is no error: there is nobody to tell. */
export function writeBytes(fd: number, bytes: Uint8Array): void {
  let rest = bytes;
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") return;
      Bun.sleepSync(RETRY_MS);
    }
  }
}

export function writeText(fd: number, text: string): void {
  writeBytes(fd, Buffer.from(text, "utf8"));
}
