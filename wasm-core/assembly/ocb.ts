/**
 * AEAD_AES_128_OCB (RFC 7253), in place in a staging area. Two beginnings: the datagrams of a session (the sealing counter
 * lives in the key context and only rises) and a general one with any nonce, associated data and tag length for the
 * RFC's own vectors. Called through index.ts by wasm-core/crypto.ts. What leaks and what does not: docs/crypto.md.
 *
 * OCB is AES on masked blocks: begin masks, finish unmasks, and what lies between them may be done by any AES of the same
 * key. ocb_seal and ocb_open do it with aes.ts; for long datagrams crypto.ts has the runtime's own cipher do it.
 *
 * Constant time as in aes.ts: what depends on the key or on plaintext stays in vector registers and never becomes an
 * address or a condition. The one exception is the verdict on a tag, which is public. Lengths, nonces and sequence
 * numbers are public.
 *
 *   key context (CONTEXT_SIZE bytes, 16-byte aligned, zeroed when freed)
 *      0  round keys, both directions (aes.ts)            352 bytes
 *    352  L_*, L_$, L_0 … L_12                            15 × 16 bytes   RFC 7253, 4.1
 *    592  nonce block that Ktop below belongs to          16 bytes        zero = none
 *    608  Ktop, as two numbers                            16 bytes        RFC 7253, 4.2
 *    624  bits 64..191 of Stretch, as two numbers         16 bytes
 *    640  next sequence number of a sealer                u64             only rises
 *    648  direction bit of a sealer, 0 or 1 << 63         u64
 *    656  blocks sealed                                   u64             only rises
 *    672  Offset_0 between begin and finish               16 bytes
 *    688  HASH(K, A) between begin and finish             16 bytes        zero for a session's datagrams
 *
 *   staging area: one datagram, sealed or opened in place
 *      0        8             16                 16 + n     32 + n
 *      │ (zero) │ wire nonce  │ text, n bytes    │ tag      │ slack: the last two blocks are worked on here
 */
import { decryptBlocks, encryptBlock, encryptBlocks, expandKey, KEY, KEYS_SIZE } from "./aes";
import { alloc, release } from "./pool";

const L_STAR: usize = KEYS_SIZE;
const L_DOLLAR: usize = L_STAR + 16;
/** L_0; L_i is 16 * i further. 13 of them serve 2^13 - 1 blocks, more than the staging area holds. */
const L: usize = L_DOLLAR + 16;
const L_COUNT: usize = 13;
const KTOP_NONCE: usize = L + 16 * L_COUNT;
const KTOP: usize = KTOP_NONCE + 16;
const STRETCH_LOW: usize = KTOP + 16;
const SEQUENCE: usize = STRETCH_LOW + 16;
const DIRECTION: usize = SEQUENCE + 8;
const BLOCKS: usize = DIRECTION + 8;
const OFFSET: usize = BLOCKS + 16;
const HASH: usize = OFFSET + 16;
const CONTEXT_SIZE: usize = HASH + 16;

/** Room for the longest UDP datagram (65,507 bytes) and the slack. */
const STAGING: usize = memory.data(65536 + 64, 16);
const WIRE_NONCE: usize = STAGING + 8;
const TEXT: usize = STAGING + 16;

/** Only 63 bits of the sequence number reach the wire; the next one would repeat the nonce of number 0. */
const SEQUENCE_LIMIT: u64 = 1 << 63;
/** Blocks one key may seal ([P 3.4]; RFC 7253, 5, recommends at most 2^48). */
const BLOCK_LIMIT: u64 = 1 << 47;

/** Results below zero; wasm-core/abi.ts mirrors them. */
const REFUSED_TAG: i32 = -1;
const EXHAUSTED_SEQUENCE: i32 = -2;
const EXHAUSTED_BLOCKS: i32 = -3;

/** Reverses the bytes of both halves: a big-endian string of 16 bytes to two numbers and back. */
function swapHalves(x: v128): v128 {
  return v128.shuffle<i8>(x, x, 7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8);
}

/** double(S) of RFC 7253, 2: a 128-bit shift; the carry out is a mask that selects 0x87, not a branch. */
function double(x: v128): v128 {
  const halves = swapHalves(x);
  const carries = i64x2.shr_s(halves, 63);
  // The low half's carry goes into the high half, the high half's comes back as 0x87.
  const crossed = v128.and(v128.shuffle<i64>(carries, carries, 1, 0), i64x2(1, 0x87));
  return swapHalves(v128.xor(i64x2.shl(halves, 1), crossed));
}

/** 0xff for the bytes below `length`, 0 for the others. */
function maskBelow(length: i32): v128 {
  return i8x16.lt_u(i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15), i8x16.splat(<i8>length));
}

/** The bit 1 that pads a last block of `length` bytes (RFC 7253, 4.2: P_* || 1 || zeros). */
function padBit(length: i32): v128 {
  return v128.and(
    i8x16.eq(i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15), i8x16.splat(<i8>length)),
    i8x16.splat(-128),
  );
}

/** L_{ntz(i)} for block number i ≥ 1. The address depends on the block number only. */
function lOf(context: usize, i: i32): v128 {
  return v128.load(context + ((<usize>ctz(i)) << 4), L);
}

/** Fills a fresh context for the key at the start of the text in the staging area, and wipes the key there. */
function initialise(context: usize): void {
  memory.fill(context, 0, CONTEXT_SIZE);
  expandKey(context, TEXT);
  wipeStagedKey();
  // L_* = ENCIPHER(K, zeros), L_$ = double(L_*), L_0 = double(L_$), L_i = double(L_{i-1}) (RFC 7253, 4.1).
  let l = encryptBlock(context, i64x2.splat(0));
  for (let at = L_STAR; at < KTOP_NONCE; at += 16) {
    v128.store(context + at, l);
    l = double(l);
  }
}

function wipeStagedKey(): void {
  v128.store(TEXT, i64x2.splat(0));
}

/** Offset_0 for a nonce block (RFC 7253, 4.2). `bottom` is the block's last 6 bits; both are public. */
function offsetZero(context: usize, nonceBlock: v128, bottom: i32): v128 {
  const top = v128.and(nonceBlock, i8x16(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -64));
  // 64 sequence numbers in a row share Ktop. A nonce block is never zero, so an empty cache never matches.
  if (v128.any_true(v128.xor(top, v128.load(context, KTOP_NONCE)))) {
    const ktop = swapHalves(encryptBlock(context, top));
    // Stretch = Ktop || (Ktop[1..64] xor Ktop[9..72]): only the low half of the second term is new.
    const next = v128.or(i64x2.shl(ktop, 8), i64x2.shr_u(v128.shuffle<i64>(ktop, ktop, 1, 1), 56));
    v128.store(context, top, KTOP_NONCE);
    v128.store(context, ktop, KTOP);
    v128.store(context, v128.shuffle<i64>(ktop, v128.xor(ktop, next), 1, 2), STRETCH_LOW);
  }
  // Offset_0 = Stretch[1 + bottom .. 128 + bottom]. Shifting right by 1 and by 63 - bottom avoids a shift by 64, which
  // the machine would read as a shift by 0.
  const carried = i64x2.shr_u(i64x2.shr_u(v128.load(context, STRETCH_LOW), 1), 63 - bottom);
  return swapHalves(v128.or(i64x2.shl(v128.load(context, KTOP), bottom), carried));
}

/** Offset_0 for the protocol's 12-byte nonce (four zero bytes, the wire nonce) and a 128-bit tag [P 3.3]. */
function offsetOfDatagram(context: usize): v128 {
  const wire = load<u64>(WIRE_NONCE);
  // Little-endian view of 00 00 00 01 00 00 00 00: tag length 128 mod 128 = 0, the 1 before the nonce, its zero bytes.
  return offsetZero(context, i64x2(0x01000000, wire), <i32>(wire >> 56) & 63);
}

/**
 * Sealing until the cipher (RFC 7253, 4.2): the text of `length` bytes becomes the blocks that AES has to encrypt. These are
 * the masked full blocks and, because they are AES blocks too, what the last part's pad and the tag are made from.
 * @returns bytes from the text on to be encrypted, a multiple of 16
 */
function maskText(context: usize, offset: v128, length: i32): i32 {
  const full = length >> 4;
  const rest = length & 15;
  const end = TEXT + ((<usize>full) << 4);
  let checksum = i64x2.splat(0);
  let o = offset;
  let p = TEXT;
  for (let i = 1; i <= full; i++, p += 16) {
    const block = v128.load(p);
    o = v128.xor(o, lOf(context, i));
    checksum = v128.xor(checksum, block);
    v128.store(p, v128.xor(block, o));
  }
  let tagAt = end;
  if (rest != 0) {
    const last = v128.and(v128.load(end), maskBelow(rest));
    checksum = v128.xor(checksum, v128.xor(last, padBit(rest)));
    o = v128.xor(o, v128.load(context, L_STAR));
    v128.store(end, o);
    tagAt = end + 16;
    // It meets its pad in sealText.
    v128.store(end, last, 32);
  }
  v128.store(tagAt, v128.xor(v128.xor(checksum, o), v128.load(context, L_DOLLAR)));
  return <i32>(tagAt - TEXT) + 16;
}

/** Sealing from the cipher on: unmasks what {@link maskText} made and AES encrypted, and puts the tag behind it. */
function sealText(context: usize, offset: v128, hash: v128, length: i32): void {
  const full = length >> 4;
  const rest = length & 15;
  const end = TEXT + ((<usize>full) << 4);
  let o = offset;
  let p = TEXT;
  for (let i = 1; i <= full; i++, p += 16) {
    o = v128.xor(o, lOf(context, i));
    v128.store(p, v128.xor(v128.load(p), o));
  }
  let tag = v128.load(end);
  if (rest != 0) {
    v128.store(end, v128.xor(tag, v128.load(end, 32)));
    v128.store(end, i64x2.splat(0), 32);
    tag = v128.load(end, 16);
  }
  v128.store(TEXT + length, v128.xor(tag, hash));
}

/** Opening until the cipher (RFC 7253, 4.3). @returns bytes from the text on to be decrypted: its full blocks, masked */
function maskSealed(context: usize, offset: v128, length: i32): i32 {
  const full = length >> 4;
  let o = offset;
  let p = TEXT;
  for (let i = 1; i <= full; i++, p += 16) {
    o = v128.xor(o, lOf(context, i));
    v128.store(p, v128.xor(v128.load(p), o));
  }
  return full << 4;
}

/**
 * Opening from the cipher on: unmasks, and makes the last part's pad and the tag. The tag of which `tagMask` is compared lies
 * behind the text.
 * @returns whether the tag is right; if not, the text is wiped
 */
function openText(context: usize, offset: v128, hash: v128, length: i32, tagMask: v128): bool {
  const full = length >> 4;
  const rest = length & 15;
  const end = TEXT + ((<usize>full) << 4);
  const expected = v128.load(TEXT + length);
  let checksum = i64x2.splat(0);
  let o = offset;
  let p = TEXT;
  for (let i = 1; i <= full; i++, p += 16) {
    o = v128.xor(o, lOf(context, i));
    const block = v128.xor(v128.load(p), o);
    checksum = v128.xor(checksum, block);
    v128.store(p, block);
  }
  if (rest != 0) {
    o = v128.xor(o, v128.load(context, L_STAR));
    const last = v128.and(v128.xor(v128.load(end), encryptBlock(context, o)), maskBelow(rest));
    checksum = v128.xor(checksum, v128.xor(last, padBit(rest)));
    v128.store(end, last);
  }
  const tag = v128.xor(
    encryptBlock(context, v128.xor(v128.xor(checksum, o), v128.load(context, L_DOLLAR))),
    hash,
  );
  // All bytes are compared at once; only the verdict leaves the vector registers.
  if (v128.any_true(v128.and(v128.xor(tag, expected), tagMask))) {
    memory.fill(TEXT, 0, length + 16);
    return false;
  }
  return true;
}

/** HASH(K, A) of RFC 7253, 4.1. Overwrites the associated data and up to 16 bytes behind it. */
function hashOf(context: usize, at: usize, length: i32): v128 {
  const full = length >> 4;
  const rest = length & 15;
  let sum = i64x2.splat(0);
  let o = i64x2.splat(0);
  for (let i = 1; i <= full; i++, at += 16) {
    o = v128.xor(o, lOf(context, i));
    sum = v128.xor(sum, encryptBlock(context, v128.xor(v128.load(at), o)));
  }
  if (rest != 0) {
    o = v128.xor(o, v128.load(context, L_STAR));
    const last = v128.xor(v128.and(v128.load(at), maskBelow(rest)), padBit(rest));
    sum = v128.xor(sum, encryptBlock(context, v128.xor(last, o)));
  }
  return sum;
}

/** Address of the staging area. */
export function ocb_staging(): usize {
  return STAGING;
}

/**
 * A context that seals, for the key in the staging area's text (wiped); 0 if memory is exhausted. `direction` 0 = to the
 * server, 1 = to the client.
 */
export function ocb_create_sealer(direction: i32): usize {
  const context = alloc(CONTEXT_SIZE);
  if (context == 0) {
    wipeStagedKey();
    return 0;
  }
  initialise(context);
  store<u64>(context, (<u64>direction) << 63, DIRECTION);
  return context;
}

/** A context that opens and cannot seal datagrams, for the key in the staging area's text (wiped); 0 as above. */
export function ocb_create_opener(): usize {
  const context = alloc(CONTEXT_SIZE);
  if (context == 0) {
    wipeStagedKey();
    return 0;
  }
  initialise(context);
  store<u64>(context, SEQUENCE_LIMIT, SEQUENCE);
  return context;
}

/** Zeroes and frees a context. */
export function ocb_free(context: usize): void {
  memory.fill(context, 0, CONTEXT_SIZE);
  release(context, CONTEXT_SIZE);
}

/** Sequence number the next sealed datagram will have. */
export function ocb_sequence(context: usize): u64 {
  return load<u64>(context, SEQUENCE);
}

/** Blocks sealed [P 3.4]. */
export function ocb_blocks(context: usize): u64 {
  return load<u64>(context, BLOCKS);
}

/** Gives away sequence numbers and blocks unused. Both counters only rise and stop at their limits. */
export function ocb_burn(context: usize, sequences: u64, blocks: u64): void {
  const sequence = load<u64>(context, SEQUENCE);
  const sealed = load<u64>(context, BLOCKS);
  store<u64>(context, sequence + min<u64>(sequences, SEQUENCE_LIMIT - sequence), SEQUENCE);
  store<u64>(context, sealed + min<u64>(blocks, BLOCK_LIMIT - sealed), BLOCKS);
}

/** Address of the 16 bytes of the key, inside the context. */
export function ocb_key(context: usize): usize {
  return context + KEY;
}

/**
 * Takes the number of the next datagram, with a text of `length` bytes, and writes the wire nonce.
 * @returns 0, EXHAUSTED_SEQUENCE or EXHAUSTED_BLOCKS (for good: the key has been used up)
 */
function takeNonce(context: usize, length: i32): i32 {
  const sequence = load<u64>(context, SEQUENCE);
  if (sequence >= SEQUENCE_LIMIT) return EXHAUSTED_SEQUENCE;
  const blocks = load<u64>(context, BLOCKS) + <u64>((length + 15) >> 4);
  if (blocks >= BLOCK_LIMIT) {
    store<u64>(context, BLOCK_LIMIT, BLOCKS);
    return EXHAUSTED_BLOCKS;
  }
  // The number is taken before it is used: whatever happens, it is never given out again.
  store<u64>(context, sequence + 1, SEQUENCE);
  store<u64>(context, blocks, BLOCKS);
  store<u64>(WIRE_NONCE, bswap<u64>(sequence | load<u64>(context, DIRECTION)));
  return 0;
}

/**
 * Seals the staging area's text of `length` bytes as the next datagram: writes the wire nonce before it and the tag
 * behind it, and moves the counters on.
 * @returns the datagram's length, EXHAUSTED_SEQUENCE or EXHAUSTED_BLOCKS
 */
export function ocb_seal(context: usize, length: i32): i32 {
  const refused = takeNonce(context, length);
  if (refused != 0) return refused;
  const offset = offsetOfDatagram(context);
  encryptBlocks(context, TEXT, maskText(context, offset, length) >> 4);
  sealText(context, offset, i64x2.splat(0), length);
  return length + 24;
}

/**
 * The part of {@link ocb_seal} before the cipher. Whoever called it encrypts the returned number of bytes, from the text on,
 * and calls {@link ocb_seal_finish}. If that never happens a number is lost, nothing else.
 */
export function ocb_seal_begin(context: usize, length: i32): i32 {
  const refused = takeNonce(context, length);
  if (refused != 0) return refused;
  const offset = offsetOfDatagram(context);
  keep(context, offset, i64x2.splat(0));
  return maskText(context, offset, length);
}

/** What finish needs of begin, beside the staging area. */
function keep(context: usize, offset: v128, hash: v128): void {
  v128.store(context, offset, OFFSET);
  v128.store(context, hash, HASH);
}

/** The rest of sealing. The tag, 16 bytes of it, is behind the text. */
export function ocb_seal_finish(context: usize, length: i32): void {
  sealText(context, v128.load(context, OFFSET), v128.load(context, HASH), length);
}

/**
 * Opens the datagram with a text of `length` bytes that starts at the staging area's wire nonce.
 * @returns `length`, or REFUSED_TAG with the text wiped
 */
export function ocb_open(context: usize, length: i32): i32 {
  const offset = offsetOfDatagram(context);
  decryptBlocks(context, TEXT, maskSealed(context, offset, length) >> 4);
  return openText(context, offset, i64x2.splat(0), length, i64x2.splat(-1)) ? length : REFUSED_TAG;
}

/** The part of {@link ocb_open} before the cipher. @returns bytes from the text on to be decrypted */
export function ocb_open_begin(context: usize, length: i32): i32 {
  const offset = offsetOfDatagram(context);
  keep(context, offset, i64x2.splat(0));
  return maskSealed(context, offset, length);
}

/** The rest of opening, with a tag of `tagLength` bytes. @returns `length`, or REFUSED_TAG with the text wiped */
export function ocb_open_finish(context: usize, length: i32, tagLength: i32): i32 {
  const offset = v128.load(context, OFFSET);
  return openText(context, offset, v128.load(context, HASH), length, maskBelow(tagLength))
    ? length
    : REFUSED_TAG;
}

/** Offset_0 for the nonce of `length` ≤ 15 bytes that ends where the text begins, and a tag of `tagLength` bytes. */
function offsetOf(context: usize, length: i32, tagLength: i32): v128 {
  // Nonce = TAGLEN mod 128 in 7 bits || zeros || 1 || N (RFC 7253, 4.2).
  memory.fill(STAGING, 0, 16 - length);
  store<u8>(STAGING, load<u8>(STAGING) | ((((tagLength << 3) & 127) << 1) as u8));
  const one = TEXT - length - 1;
  store<u8>(one, load<u8>(one) | 1);
  return offsetZero(context, v128.load(STAGING), <i32>load<u8>(STAGING, 15) & 63);
}

/**
 * Begins sealing with a nonce, associated data and tag length (1..16 bytes) of the caller's choice: for test vectors, never
 * for a session. Staging area: nonce right before the text, text, 48 bytes, then the associated data at `ad`.
 * @returns bytes from the text on to be encrypted before ocb_seal_finish
 */
export function ocb_seal_begin_ad(
  context: usize,
  nonceLength: i32,
  ad: usize,
  adLength: i32,
  length: i32,
  tagLength: i32,
): i32 {
  const offset = offsetOf(context, nonceLength, tagLength);
  keep(context, offset, hashOf(context, ad, adLength));
  return maskText(context, offset, length);
}

/** Begins opening what was so sealed; `length` is the text's. @returns bytes to be decrypted before ocb_open_finish */
export function ocb_open_begin_ad(
  context: usize,
  nonceLength: i32,
  ad: usize,
  adLength: i32,
  length: i32,
  tagLength: i32,
): i32 {
  const offset = offsetOf(context, nonceLength, tagLength);
  keep(context, offset, hashOf(context, ad, adLength));
  return maskSealed(context, offset, length);
}
