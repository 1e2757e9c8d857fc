/**
 * Output that may be held back: nobody can tell that it was not drawn until somebody looks at the screen, because there is
 * no answer, bell or mode in it. Small writes become large ones so, and of large ones skip.ts passes most over.
 *
 * This file only says whether that is so; who holds (wasm-core/held.ts) has the bytes drawn before anything else is asked
 * of the terminal. Called through the ABI.
 */
import { BLOCK, harmlessUntil } from "./harmless";
import { T_REGION_BOTTOM, T_REGION_TOP } from "./layout";
import { isHost } from "./screen";
import { canSkip } from "./skip";
import { STATE_GROUND, T_SKIP_LINE, T_SKIP_WAIT, T_STATE, T_UTF8_LENGTH } from "./state";

/** Most bytes that are held: what is fed at once. */
const HELD: u32 = 262144;

/** Up to here the bytes that are held have been looked at; no sequence or character goes across. */
let seen: usize = 0;

/**
 * Whether the bytes `from`..`to` of `buffer` may be held back behind those before them, of which the same was said; `from` 0
 * begins. They may end within a sequence or character. A block (64 bytes) behind `to` is written to.
 */
export function mayHold(t: usize, buffer: usize, from: usize, to: usize): bool {
  if (from == 0) {
    const height = <u32>(load<i32>(t, T_REGION_BOTTOM) - load<i32>(t, T_REGION_TOP) + 1);
    if (!isHost(t) || load<u32>(t, T_SKIP_WAIT)) return false;
    if (load<u8>(t, T_STATE) != STATE_GROUND || load<u8>(t, T_UTF8_LENGTH)) return false;
    if (!canSkip(t) || height * load<u32>(t, T_SKIP_LINE) > HELD >> 1) return false;
    seen = buffer;
  }
  const end = buffer + to;
  const next = lastEnd(seen, end);
  const blocks = (end - seen + BLOCK - 1) & ~(BLOCK - 1);
  const harmless = harmlessUntil(seen, seen + blocks) == seen + blocks;
  seen = next;
  return harmless;
}

/** Up to where the bytes in `buffer` end with a whole sequence and character, as far as {@link mayHold} has seen them. */
export function heldEnd(buffer: usize): usize {
  return seen - buffer;
}

/** Where the sequence or character begins that `end` may be within; completes it behind `end` for the scan. */
function lastEnd(from: usize, end: usize): usize {
  const blanks = i8x16.splat(0x20);
  v128.store(end, blanks);
  v128.store(end, blanks, 16);
  v128.store(end, blanks, 32);
  v128.store(end, blanks, 48);
  // A character of at most four bytes; that it may be whole does no harm.
  for (let p = end - 1; p >= from && p >= end - 3 && load<i8>(p) < 0; p--) {
    if (load<u8>(p) >= 0xc0) return p;
  }
  if (load<u8>(end - 1) == 0x1b) {
    store<u16>(end, 0x6d5b);
    return end - 1;
  }
  let p = end;
  while (p > from && p > end - BLOCK && <u32>load<u8>(p - 1) - 0x30 < 12) p--;
  if (p < from + 2 || load<u16>(p - 2) != 0x5b1b) return end;
  store<u8>(end, 0x6d);
  return p - 2;
}
