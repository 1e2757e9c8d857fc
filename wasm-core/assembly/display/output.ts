/**
 * The output of a frame: one growing buffer, reused by every frame, and the writers of its parts. Used by the other
 * files of display/ only. {@link beginOutput} starts a frame; a write that finds no memory sets a flag that
 * {@link outputLength} reports, so writers need not look.
 */
import { allocScratch, releaseScratch } from "../pool";
import { encodeUtf8 } from "../utf8";

const FIRST_BYTES: usize = 1 << 16;
/** A buffer that one huge frame left behind is not kept beyond the next frame. */
const KEPT_BYTES: usize = 1 << 20;
/** Longest single write: {@link room} is called once before it. */
const SLACK: usize = 256;

const ESC: u8 = 0x1b;

let start: usize = 0;
let end: usize = 0;
let failed: bool = false;
/** Where the next byte goes. */
let out: usize = 0;

/** Starts a new frame. */
export function beginOutput(): void {
  if (start && end - start > KEPT_BYTES) {
    releaseScratch(start, end - start);
    start = 0;
  }
  if (start == 0) {
    start = allocScratch(FIRST_BYTES);
    end = start ? start + FIRST_BYTES : 0;
  }
  out = start;
  failed = start == 0;
}

export function outputPtr(): usize {
  return start;
}

/** Bytes written so far, or -1 if memory ran out on the way. */
export function outputLength(): i32 {
  return failed ? -1 : <i32>(out - start);
}

function grow(bytes: usize): void {
  const used = out - start;
  const size = max((end - start) << 1, used + bytes + SLACK);
  const block = start ? allocScratch(size) : 0;
  if (block == 0) {
    // What follows overwrites what is there; the frame is void.
    failed = true;
    out = start;
    return;
  }
  memory.copy(block, start, used);
  releaseScratch(start, end - start);
  start = block;
  end = block + size;
  out = block + used;
}

/** Makes room for at most SLACK bytes. False only if there is no buffer at all. */
function room(): bool {
  if (out + SLACK > end) grow(SLACK);
  return out + SLACK <= end;
}

export function putByte(byte: u8): void {
  if (!room()) return;
  store<u8>(out++, byte);
}

/** Where the next byte goes, with room for `bytes` and four more; 0 if there is none. {@link commit} says how far it was used. */
export function reserve(bytes: i32): usize {
  if (out + <usize>bytes + SLACK > end) grow(bytes);
  return out + <usize>bytes + SLACK <= end ? out : 0;
}

/** Static and inlined: for loops that should call nothing. */
export class Out {
  /** As {@link reserve}. */
  // @ts-ignore: decorator
  @inline static reserve(bytes: i32): usize {
    return out + <usize>bytes + SLACK <= end ? out : reserve(bytes);
  }
}

export function commit(to: usize): void {
  out = to;
}

/** The same byte `count` times. */
export function putRepeated(byte: u8, count: i32): void {
  if (count <= 16) {
    // For so few bytes a bulk fill is mostly its call; what is behind them is overwritten.
    if (!room()) return;
    v128.store(out, i8x16.splat(<i8>byte));
    out += count;
    return;
  }
  if (out + <usize>count + SLACK > end) grow(count);
  if (out + <usize>count > end) return;
  memory.fill(out, byte, count);
  out += count;
}

export function putBytes(bytes: usize, length: i32): void {
  if (out + <usize>length + SLACK > end) grow(length);
  if (out + <usize>length > end) return;
  if (length > 32) {
    memory.copy(out, bytes, length);
  } else {
    for (let i: usize = 0; i < <usize>length; i++) store<u8>(out + i, load<u8>(bytes + i));
  }
  out += length;
}

/** UTF-8 of a code point. */
export function putCodePoint(codePoint: u32): void {
  if (!room()) return;
  if (codePoint < 0x80) store<u8>(out++, <u8>codePoint);
  else out += encodeUtf8(out, codePoint);
}

/** Decimal digits of n, which is below 100000: rows, columns, modes and colours all are. */
export function digits(n: u32): i32 {
  if (n < 10) return 1;
  if (n < 100) return 2;
  return n < 1000 ? 3 : n < 10000 ? 4 : 5;
}

/** The digits of a number below 1000, the first in the lowest byte, those it has not are zeros in front. */
export function threeDigits(n: u32): u32 {
  const hundreds = (n * 41) >> 12;
  const rest = n - hundreds * 100;
  const tens = (rest * 103) >> 10;
  return (hundreds | (tens << 8) | ((rest - tens * 10) << 16)) + 0x303030;
}

/** A number in decimal. Colours, rows and columns are below 1000: without a division or a loop. */
export function putNumber(n: u32): void {
  if (!room()) return;
  const length = digits(n);
  if (n < 1000) {
    // What is written behind the number is overwritten.
    store<u32>(out, threeDigits(n) >> ((3 - length) << 3));
  } else {
    let rest = n;
    let p = out + <usize>length;
    do {
      store<u8>(--p, <u8>(0x30 + (rest % 10)));
      rest /= 10;
    } while (p > out);
  }
  out += length;
}

/** ESC [ */
export function putCsi(): void {
  if (!room()) return;
  store<u16>(out, 0x5b1b);
  out += 2;
}

/** ESC and one character. */
export function putEscape(final: u8): void {
  putByte(ESC);
  putByte(final);
}

/** CSI final */
export function putCsi0(final: u8): void {
  putCsi();
  putByte(final);
}

/** CSI n final; n is written even if it is 1. */
export function putCsi1(n: u32, final: u8): void {
  if (n >= 1000) {
    putCsi();
    putNumber(n);
    putByte(final);
    return;
  }
  if (!room()) return;
  store<u16>(out, 0x5b1b);
  const length = digits(n);
  store<u32>(out, threeDigits(n) >> ((3 - length) << 3), 2);
  store<u8>(out + <usize>length, final, 2);
  out += 3 + <usize>length;
}

/** CSI n final, or CSI final for n = 1. */
export function putCsiCount(n: u32, final: u8): void {
  if (n != 1) putCsi1(n, final);
  else putCsi0(final);
}

/** CSI a;b final */
export function putCsi2(a: u32, b: u32, final: u8): void {
  putCsi();
  putNumber(a);
  putByte(0x3b);
  putNumber(b);
  putByte(final);
}

/** CSI ? mode h, or l. */
export function putMode(mode: u32, on: bool): void {
  putCsi();
  putByte(0x3f);
  putNumber(mode);
  putByte(on ? 0x68 : 0x6c);
}
