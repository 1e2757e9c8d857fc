/**
 * The string of an OSC or DCS while it arrives: kept as UTF-8, counted in characters, in memory only while in use.
 * Filled by parser.ts, read by osc.ts and dcs.ts.
 */
import { alloc, release } from "./memory";
import { STRING_LIMIT, T_STRING, T_STRING_BYTES, T_STRING_CHARS, T_STRING_SIZE } from "./state";
import { encodeUtf8 } from "./utf8";

const FIRST_SIZE: u32 = 256;

export function beginString(t: usize): void {
  store<u32>(t, 0, T_STRING_BYTES);
  store<u32>(t, 0, T_STRING_CHARS);
}

/** Room for `count` more bytes; false if there is none. */
function reserve(t: usize, count: u32): bool {
  const used = load<u32>(t, T_STRING_BYTES);
  const size = load<u32>(t, T_STRING_SIZE);
  if (used + count <= size) return true;
  const newSize = max(max(size << 1, used + count), FIRST_SIZE);
  const buffer = alloc(newSize);
  if (buffer == 0) return false;
  const old = <usize>load<u32>(t, T_STRING);
  if (old) {
    memory.copy(buffer, old, used);
    release(old, size);
  }
  store<u32>(t, <u32>buffer, T_STRING);
  store<u32>(t, newSize, T_STRING_SIZE);
  return true;
}

/** Appends one character; beyond the limit it is lost. */
export function appendCharacter(t: usize, cp: u32): void {
  const chars = load<u32>(t, T_STRING_CHARS);
  if (chars >= STRING_LIMIT || !reserve(t, 4)) return;
  const used = load<u32>(t, T_STRING_BYTES);
  const length = <u32>encodeUtf8(<usize>load<u32>(t, T_STRING) + <usize>used, cp);
  store<u32>(t, used + length, T_STRING_BYTES);
  store<u32>(t, chars + 1, T_STRING_CHARS);
}

/** Appends the printable ASCII at `p`; returns where it ends. */
export function appendRun(t: usize, p: usize, end: usize): usize {
  let q = p;
  while (q < end && <u32>load<u8>(q) - 0x20 < 0x5f) q++;
  const chars = load<u32>(t, T_STRING_CHARS);
  const count = min(<u32>(q - p), STRING_LIMIT - chars);
  if (count > 0 && reserve(t, count)) {
    const used = load<u32>(t, T_STRING_BYTES);
    memory.copy(<usize>load<u32>(t, T_STRING) + <usize>used, p, count);
    store<u32>(t, used + count, T_STRING_BYTES);
    store<u32>(t, chars + count, T_STRING_CHARS);
  }
  return q;
}

export function stringPtr(t: usize): usize {
  return <usize>load<u32>(t, T_STRING);
}

export function stringBytes(t: usize): u32 {
  return load<u32>(t, T_STRING_BYTES);
}

/** Byte `i` of the string, 0 beyond its end. */
export function stringByte(t: usize, i: u32): u32 {
  return i < load<u32>(t, T_STRING_BYTES) ? <u32>load<u8>(<usize>load<u32>(t, T_STRING) + <usize>i) : 0;
}

/** Forgets the string and gives its memory back. */
export function endString(t: usize): void {
  const buffer = <usize>load<u32>(t, T_STRING);
  if (buffer) release(buffer, load<u32>(t, T_STRING_SIZE));
  store<u32>(t, 0, T_STRING);
  store<u32>(t, 0, T_STRING_SIZE);
  beginString(t);
}

/** Gives the fresh copy `t` (whose fields still point at the original's) a buffer of its own. */
export function copyString(t: usize): void {
  const old = <usize>load<u32>(t, T_STRING);
  if (old == 0) return;
  const size = load<u32>(t, T_STRING_SIZE);
  const copy = alloc(size);
  memory.copy(copy, old, load<u32>(t, T_STRING_BYTES));
  store<u32>(t, <u32>copy, T_STRING);
}
