/**
 * The queue of bytes for the child: answers to its requests and the translated bytes the user typed, in the order of
 * the events. Filled by report.ts, window.ts and input.ts; emptied by the caller of the core (takeReplies).
 *
 * Answers go to the child only; nothing here ever reaches the peer.
 */
import { alloc, release } from "./memory";
import { REPLY_LIMIT, T_REPLY, T_REPLY_LENGTH, T_REPLY_SIZE } from "./state";

/** Room for `count` more bytes; false if there is none. */
function reserve(t: usize, count: u32): bool {
  const used = load<u32>(t, T_REPLY_LENGTH);
  const size = load<u32>(t, T_REPLY_SIZE);
  if (used + count <= size) return true;
  const newSize = max(max(size << 1, used + count), 64);
  const buffer = alloc(newSize);
  if (buffer == 0) return false;
  const old = <usize>load<u32>(t, T_REPLY);
  if (old) {
    memory.copy(buffer, old, used);
    release(old, size);
  }
  store<u32>(t, <u32>buffer, T_REPLY);
  store<u32>(t, newSize, T_REPLY_SIZE);
  return true;
}

function append(t: usize, byte: u32): void {
  const used = load<u32>(t, T_REPLY_LENGTH);
  store<u8>(<usize>load<u32>(t, T_REPLY) + <usize>used, <u8>byte);
  store<u32>(t, used + 1, T_REPLY_LENGTH);
}

/** A byte the user typed. */
export function sendInput(t: usize, byte: u32): void {
  if (reserve(t, 1)) append(t, byte);
}

// ---- answers: written to a scratch line first, so that one is queued whole or not at all

const LINE_LIMIT: u32 = 1024;
const LINE: usize = memory.data(1024, 16);
let length: u32 = 0;

export function beginAnswer(): void {
  length = 0;
}

export function put(byte: u32): void {
  if (length >= LINE_LIMIT) return;
  store<u8>(LINE + <usize>length, <u8>byte);
  length++;
}

/** The characters of a packed word, lowest byte first: up to four ASCII characters. */
export function put4(word: u32): void {
  while (word) {
    put(word & 0xff);
    word >>= 8;
  }
}

export function putBytes(p: usize, count: u32): void {
  for (let i: u32 = 0; i < count; i++) put(load<u8>(p + <usize>i));
}

export function putCsi(): void {
  put(0x1b);
  put(0x5b);
}

export function putDcs(): void {
  put(0x1b);
  put(0x50);
}

/** Decimal number, without sign. */
export function putNumber(value: u32): void {
  if (value >= 10) putNumber(value / 10);
  put(0x30 + (value % 10));
}

/** Four upper-case hexadecimal digits. */
export function putHex4(value: u32): void {
  for (let shift = 12; shift >= 0; shift -= 4) {
    const digit = (value >> shift) & 15;
    put(digit < 10 ? 0x30 + digit : 0x37 + digit);
  }
}

/** ST, which ends an answer that is a string. */
export function putSt(): void {
  put(0x1b);
  put(0x5c);
}

/** Queues the answer; drops it if the child has left too many unread. */
export function endAnswer(t: usize): void {
  if (load<u32>(t, T_REPLY_LENGTH) + length > REPLY_LIMIT || !reserve(t, length)) return;
  for (let i: u32 = 0; i < length; i++) append(t, load<u8>(LINE + <usize>i));
}

// ---- for the owner of the terminal

export function replyPtr(t: usize): usize {
  return <usize>load<u32>(t, T_REPLY);
}

export function replyLength(t: usize): u32 {
  return load<u32>(t, T_REPLY_LENGTH);
}

/** Empties the queue; a large buffer is given back. */
export function clearReplies(t: usize): void {
  store<u32>(t, 0, T_REPLY_LENGTH);
  if (load<u32>(t, T_REPLY_SIZE) > 256) freeReplies(t);
}

export function freeReplies(t: usize): void {
  const buffer = <usize>load<u32>(t, T_REPLY);
  if (buffer) release(buffer, load<u32>(t, T_REPLY_SIZE));
  store<u32>(t, 0, T_REPLY);
  store<u32>(t, 0, T_REPLY_SIZE);
  store<u32>(t, 0, T_REPLY_LENGTH);
}
