/**
 * AES-128 (FIPS 197) on whole blocks in linear memory, in constant time, by vector permute. Called by ocb.ts only. Not a
 * mode of operation: it knows nothing of nonces, tags or lengths.
 *
 * S-box look-ups by a secret index would leak the index through the cache. Here a look-up is a byte shuffle
 * (relaxed_swizzle) of a 16-byte table that sits in a vector register: no address depends on data. The state is kept
 * in a basis in which inversion in GF(2^8) is five such look-ups (aes-tables.ts, tools/derive-aes-tables.ts). No
 * function of this file moves a byte of state or key out of the vector registers into an integer, so no branch and no
 * address can depend on one; test/wasm-core/aes.test.ts checks that in the compiled module.
 *
 * ShiftRows moves nothing: the state stays where it is and the next rounds read it in another layout, of which there are
 * four, for after four ShiftRows each byte is at home again. Round keys are stored in the layout of their round, and the
 * shuffles that rotate a column depend on it, too.
 *
 * relaxed_swizzle is used with indices 0..15 and ≥ 128 only, where its result is the same on every machine; the
 * derivation refuses tables that would give another index.
 *
 *   round keys (KEYS_SIZE bytes, in a key context of ocb.ts)
 *   ┌ 0 ───────────────────────────────┐┌ 176 ─────────────────────────────────────┐
 *   │ 11 × 16 encryption, rounds 0..10 ││ 11 × 16 decryption, in the order of use  │
 *   └──────────────────────────────────┘└──────────────────────────────────────────┘
 *   Rounds 0..9 are stored in the working basis and in the round's layout, with the S-box constant 0x63 folded in, round
 *   10 as plain bytes.
 */
import {
  DECRYPT_63,
  ENCRYPT_63,
  INV_SUB_9_T,
  INV_SUB_9_U,
  INV_SUB_11_T,
  INV_SUB_11_U,
  INV_SUB_13_T,
  INV_SUB_13_U,
  INV_SUB_14_T,
  INV_SUB_14_U,
  INV_SUB_OUT_T,
  INV_SUB_OUT_U,
  INVERSE,
  INVERSE_A,
  LAYOUTS,
  PLAIN_63,
  ROTATIONS,
  SUB_1_T,
  SUB_1_U,
  SUB_2_T,
  SUB_2_U,
  SUB_OUT_T,
  SUB_OUT_U,
  TO_DECRYPT_HIGH,
  TO_DECRYPT_LOW,
  TO_ENCRYPT_HIGH,
  TO_ENCRYPT_LOW,
} from "./aes-tables";

/** Bytes of one expanded key: both directions. */
export const KEYS_SIZE: usize = 352;
const DECRYPT: usize = 176;
/** Offset of the last round's key within a direction. */
const LAST: usize = 160;
/** The last key of decryption is the cipher's key as it came. */
export const KEY: usize = DECRYPT + LAST;

/** The round functions. Static and inlined: four blocks at a time must share registers, not call. */
class Round {
  // @ts-ignore: decorator
  @inline
  static look(table: v128, index: v128): v128 {
    return i8x16.relaxed_swizzle(table, index);
  }

  // @ts-ignore: decorator
  @inline
  static low(x: v128): v128 {
    return v128.and(x, i8x16.splat(15));
  }

  // @ts-ignore: decorator
  @inline
  static high(x: v128): v128 {
    // There is no byte shift that is one instruction on x64; the bits a 16-bit shift drags in are masked off.
    return v128.and(i16x8.shr_u(x, 4), i8x16.splat(15));
  }

  /** Plain bytes into the basis of encryption. */
  // @ts-ignore: decorator
  @inline
  static toEncrypt(x: v128): v128 {
    return v128.xor(Round.look(TO_ENCRYPT_LOW, Round.low(x)), Round.look(TO_ENCRYPT_HIGH, Round.high(x)));
  }

  /** Plain bytes into the basis of decryption. */
  // @ts-ignore: decorator
  @inline
  static toDecrypt(x: v128): v128 {
    return v128.xor(Round.look(TO_DECRYPT_LOW, Round.low(x)), Round.look(TO_DECRYPT_HIGH, Round.high(x)));
  }

  /** `x` is (i, k) per byte. Part shared by {@link io} and {@link jo}: a/k. */
  // @ts-ignore: decorator
  @inline
  static aOverK(x: v128): v128 {
    return Round.look(INVERSE_A, Round.low(x));
  }

  /** 1/(1/i + a/k) + j, with j = i + k. */
  // @ts-ignore: decorator
  @inline
  static io(i: v128, j: v128, aOverK: v128): v128 {
    return v128.xor(Round.look(INVERSE, v128.xor(Round.look(INVERSE, i), aOverK)), j);
  }

  /** 1/(1/j + a/k) + i. */
  // @ts-ignore: decorator
  @inline
  static jo(i: v128, j: v128, aOverK: v128): v128 {
    return v128.xor(Round.look(INVERSE, v128.xor(Round.look(INVERSE, j), aOverK)), i);
  }

  /** A linear function of the inverse: both halves of a derived table. */
  // @ts-ignore: decorator
  @inline
  static map(u: v128, t: v128, io: v128, jo: v128): v128 {
    return v128.xor(Round.look(u, io), Round.look(t, jo));
  }

  /**
   * SubBytes, MixColumns, AddRoundKey in the layout of this round (see the head). Column byte r of the result is
   * 2·s(r) + 3·s(r+1) + s(r+2) + s(r+3) (FIPS 197, 5.1.3) = (u + s(r+3)) + (u rotated by one), with u = 2·s(r) + s(r+1).
   */
  // @ts-ignore: decorator
  @inline
  static encrypt(x: v128, next: v128, previous: v128, key: v128): v128 {
    const i = Round.high(x);
    const j = v128.xor(i, Round.low(x));
    const a = Round.aOverK(x);
    const io = Round.io(i, j, a);
    const jo = Round.jo(i, j, a);
    const s = Round.map(SUB_1_U, SUB_1_T, io, jo);
    const u = v128.xor(Round.map(SUB_2_U, SUB_2_T, io, jo), Round.look(s, next));
    return v128.xor(v128.xor(v128.xor(u, Round.look(s, previous)), Round.look(u, next)), key);
  }

  /** ShiftRows twice, which is also InvShiftRows twice: out of the layout of round 9 and through the last ShiftRows. */
  // @ts-ignore: decorator
  @inline
  static shiftTwice(x: v128): v128 {
    return v128.shuffle<i8>(x, x, 0, 9, 2, 11, 4, 13, 6, 15, 8, 1, 10, 3, 12, 5, 14, 7);
  }

  /** The shuffle that brings the next byte of a column in the layout of the round whose key is at offset `round`. */
  // @ts-ignore: decorator
  @inline
  static next(round: usize): v128 {
    return v128.load(ROTATIONS + ((round << 1) & 96));
  }

  /** And the previous byte. */
  // @ts-ignore: decorator
  @inline
  static previous(round: usize): v128 {
    return v128.load(ROTATIONS + ((round << 1) & 96), 16);
  }

  /** The layout itself: a round key is stored through it. */
  // @ts-ignore: decorator
  @inline
  static arrange(key: v128, round: usize): v128 {
    return Round.look(key, v128.load(LAYOUTS + (round & 48)));
  }

  /** SubBytes less 0x63, as plain bytes, without ShiftRows. */
  // @ts-ignore: decorator
  @inline
  static substitute(x: v128): v128 {
    const i = Round.high(x);
    const j = v128.xor(i, Round.low(x));
    const a = Round.aOverK(x);
    return Round.map(SUB_OUT_U, SUB_OUT_T, Round.io(i, j, a), Round.jo(i, j, a));
  }

  /** The last round: no MixColumns, back to plain bytes. */
  // @ts-ignore: decorator
  @inline
  static encryptLast(x: v128, key: v128): v128 {
    const s = Round.substitute(x);
    return v128.xor(Round.shiftTwice(s), key);
  }

  /**
   * One round of the equivalent inverse cipher (FIPS 197, 5.3.5): InvSubBytes, InvShiftRows, InvMixColumns, AddRoundKey.
   * Column byte r of the result is 14·s(r) + 11·s(r+1) + 13·s(r+2) + 9·s(r+3).
   */
  // @ts-ignore: decorator
  @inline
  static decrypt(x: v128, next: v128, previous: v128, key: v128): v128 {
    const i = Round.high(x);
    const j = v128.xor(i, Round.low(x));
    const a = Round.aOverK(x);
    const io = Round.io(i, j, a);
    const jo = Round.jo(i, j, a);
    // As (s14 + s11 rotated by 1) + (s9 + s13 rotated by 3) rotated by 3: three shuffles.
    const s14 = Round.map(INV_SUB_14_U, INV_SUB_14_T, io, jo);
    const s11 = Round.map(INV_SUB_11_U, INV_SUB_11_T, io, jo);
    const s13 = Round.map(INV_SUB_13_U, INV_SUB_13_T, io, jo);
    const s9 = Round.map(INV_SUB_9_U, INV_SUB_9_T, io, jo);
    const far = v128.xor(s9, Round.look(s13, previous));
    const near = v128.xor(s14, Round.look(s11, next));
    return v128.xor(v128.xor(near, Round.look(far, previous)), key);
  }

  /** The last round of decryption, back to plain bytes. */
  // @ts-ignore: decorator
  @inline
  static decryptLast(x: v128, key: v128): v128 {
    const i = Round.high(x);
    const j = v128.xor(i, Round.low(x));
    const a = Round.aOverK(x);
    const s = Round.map(INV_SUB_OUT_U, INV_SUB_OUT_T, Round.io(i, j, a), Round.jo(i, j, a));
    return v128.xor(Round.shiftTwice(s), key);
  }
}

/** Every byte times 2 in GF(2^8) (FIPS 197, 4.2.1); the carry is a mask, not a branch. */
function timesTwo(x: v128): v128 {
  return v128.xor(i8x16.shl(x, 1), v128.and(i8x16.shr_s(x, 7), i8x16.splat(0x1b)));
}

/** InvMixColumns on plain bytes (FIPS 197, 5.3.3), for the decryption keys. */
function inverseMixColumns(x: v128): v128 {
  const x2 = timesTwo(x);
  const x4 = timesTwo(x2);
  const x8 = timesTwo(x4);
  const x9 = v128.xor(x8, x);
  const x11 = v128.xor(x9, x2);
  const x13 = v128.xor(x9, x4);
  const x14 = v128.xor(v128.xor(x8, x4), x2);
  return v128.xor(
    v128.xor(x14, v128.shuffle<i8>(x11, x11, 1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12)),
    v128.xor(
      v128.shuffle<i8>(x13, x13, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13),
      v128.shuffle<i8>(x9, x9, 3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14),
    ),
  );
}

/** The next round key from the last (FIPS 197, 5.2): w0' = w0 + SubWord(RotWord(w3)) + rcon, w1' = w1 + w0', … */
function nextRoundKey(key: v128, rcon: v128): v128 {
  const zero = i64x2.splat(0);
  const rotated = v128.shuffle<i8>(key, key, 13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15, 12);
  const word = v128.xor(v128.xor(Round.substitute(Round.toEncrypt(rotated)), PLAIN_63), rcon);
  // Running sum of the words: x + (x shifted up by one word), then that + (that shifted up by two words).
  const one = v128.xor(key, v128.shuffle<i32>(zero, key, 0, 4, 5, 6));
  const sums = v128.xor(one, v128.shuffle<i32>(zero, one, 0, 0, 4, 5));
  return v128.xor(sums, word);
}

/** Expands the 16 bytes at `key` into the round keys at `keys` (KEYS_SIZE bytes). Nothing else is written. */
export function expandKey(keys: usize, key: usize): void {
  let k = v128.load(key);
  // Round constants 1, 2, 4 … 0x36 (FIPS 197, 5.2) in byte 0 of every word.
  let rcon = i32x4.splat(1);
  v128.store(keys, Round.toEncrypt(k));
  // Equivalent inverse cipher: the same keys backwards, all but the outer two through InvMixColumns.
  v128.store(keys + DECRYPT + LAST, k);
  for (let round: usize = 16; round < LAST; round += 16) {
    k = nextRoundKey(k, rcon);
    rcon = timesTwo(rcon);
    // MixColumns maps a column of four 0x63 to itself (2 + 3 + 1 + 1 = 1), so the constant joins the key as it is. The
    // same holds for InvMixColumns (14 + 11 + 13 + 9 = 1).
    v128.store(keys + round, Round.arrange(v128.xor(Round.toEncrypt(k), ENCRYPT_63), round));
    // The decryption round with this key is number 10 - n, and its layout is the one of encryption's round n - 10.
    v128.store(
      keys + DECRYPT + LAST - round,
      Round.arrange(v128.xor(Round.toDecrypt(inverseMixColumns(k)), DECRYPT_63), round - LAST),
    );
  }
  k = nextRoundKey(k, rcon);
  v128.store(keys + LAST, v128.xor(k, PLAIN_63));
  v128.store(keys + DECRYPT, v128.xor(Round.toDecrypt(k), DECRYPT_63));
}

/** The block `x` encrypted. */
export function encryptBlock(keys: usize, x: v128): v128 {
  let a = v128.xor(Round.toEncrypt(x), v128.load(keys));
  for (let round: usize = 16; round < LAST; round += 16) {
    a = Round.encrypt(a, Round.next(round), Round.previous(round), v128.load(keys + round));
  }
  return Round.encryptLast(a, v128.load(keys, LAST));
}

/**
 * Encrypts the blocks at `at` in place, three at a time; `count` is a multiple of three. A round is a chain of about a
 * dozen dependent instructions: three independent chains keep the vector units busy while one alone waits. Measured in
 * JavaScriptCore on x64: 54, 36 and 30 ns a block one, two and three at a time; four are no faster, for three use all units
 * (docs/crypto.md, "What bounds the speed").
 *
 * This and the next three are exported by the module only so that the compiler keeps them as functions of their own: inlined
 * into their callers they took twice the time.
 */
export function encryptThrees(keys: usize, at: usize, count: i32): void {
  const first = v128.load(keys);
  const last = v128.load(keys, LAST);
  for (; count > 0; count -= 3, at += 48) {
    let a = v128.xor(Round.toEncrypt(v128.load(at)), first);
    let b = v128.xor(Round.toEncrypt(v128.load(at, 16)), first);
    let c = v128.xor(Round.toEncrypt(v128.load(at, 32)), first);
    for (let round: usize = 16; round < LAST; round += 16) {
      const key = v128.load(keys + round);
      const next = Round.next(round);
      const previous = Round.previous(round);
      a = Round.encrypt(a, next, previous, key);
      b = Round.encrypt(b, next, previous, key);
      c = Round.encrypt(c, next, previous, key);
    }
    v128.store(at, Round.encryptLast(a, last));
    v128.store(at, Round.encryptLast(b, last), 16);
    v128.store(at, Round.encryptLast(c, last), 32);
  }
}

/** Encrypts two blocks at `at` in place. */
export function encryptPair(keys: usize, at: usize): void {
  const first = v128.load(keys);
  const last = v128.load(keys, LAST);
  let a = v128.xor(Round.toEncrypt(v128.load(at)), first);
  let b = v128.xor(Round.toEncrypt(v128.load(at, 16)), first);
  for (let round: usize = 16; round < LAST; round += 16) {
    const key = v128.load(keys + round);
    const next = Round.next(round);
    const previous = Round.previous(round);
    a = Round.encrypt(a, next, previous, key);
    b = Round.encrypt(b, next, previous, key);
  }
  v128.store(at, Round.encryptLast(a, last));
  v128.store(at, Round.encryptLast(b, last), 16);
}

/** Decrypts the blocks at `at` in place, three at a time; `count` is a multiple of three. */
export function decryptThrees(keys: usize, at: usize, count: i32): void {
  const first = v128.load(keys, DECRYPT);
  const last = v128.load(keys, DECRYPT + LAST);
  for (; count > 0; count -= 3, at += 48) {
    let a = v128.xor(Round.toDecrypt(v128.load(at)), first);
    let b = v128.xor(Round.toDecrypt(v128.load(at, 16)), first);
    let c = v128.xor(Round.toDecrypt(v128.load(at, 32)), first);
    for (let round: usize = 16; round < LAST; round += 16) {
      const key = v128.load(keys + round, DECRYPT);
      const next = Round.next(0 - round);
      const previous = Round.previous(0 - round);
      a = Round.decrypt(a, next, previous, key);
      b = Round.decrypt(b, next, previous, key);
      c = Round.decrypt(c, next, previous, key);
    }
    v128.store(at, Round.decryptLast(a, last));
    v128.store(at, Round.decryptLast(b, last), 16);
    v128.store(at, Round.decryptLast(c, last), 32);
  }
}

/** Decrypts two blocks at `at` in place. */
export function decryptPair(keys: usize, at: usize): void {
  const first = v128.load(keys, DECRYPT);
  const last = v128.load(keys, DECRYPT + LAST);
  let a = v128.xor(Round.toDecrypt(v128.load(at)), first);
  let b = v128.xor(Round.toDecrypt(v128.load(at, 16)), first);
  for (let round: usize = 16; round < LAST; round += 16) {
    const key = v128.load(keys + round, DECRYPT);
    const next = Round.next(0 - round);
    const previous = Round.previous(0 - round);
    a = Round.decrypt(a, next, previous, key);
    b = Round.decrypt(b, next, previous, key);
  }
  v128.store(at, Round.decryptLast(a, last));
  v128.store(at, Round.decryptLast(b, last), 16);
}

/** The block `x` decrypted. */
function decryptBlock(keys: usize, x: v128): v128 {
  let a = v128.xor(Round.toDecrypt(x), v128.load(keys, DECRYPT));
  for (let round: usize = 16; round < LAST; round += 16)
    a = Round.decrypt(a, Round.next(0 - round), Round.previous(0 - round), v128.load(keys + round, DECRYPT));
  return Round.decryptLast(a, v128.load(keys, DECRYPT + LAST));
}

/** Encrypts `count` blocks at `at` in place. */
export function encryptBlocks(keys: usize, at: usize, count: i32): void {
  const rest = count % 3;
  encryptThrees(keys, at, count - rest);
  at += (<usize>(count - rest)) << 4;
  if (rest == 2) encryptPair(keys, at);
  else if (rest == 1) v128.store(at, encryptBlock(keys, v128.load(at)));
}

/** Decrypts `count` blocks at `at` in place. */
export function decryptBlocks(keys: usize, at: usize, count: i32): void {
  const rest = count % 3;
  decryptThrees(keys, at, count - rest);
  at += (<usize>(count - rest)) << 4;
  if (rest == 2) decryptPair(keys, at);
  else if (rest == 1) v128.store(at, decryptBlock(keys, v128.load(at)));
}
