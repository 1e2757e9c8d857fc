/**
 * Nibble tables of the vector-permute AES in aes.ts. Made by wasm-core/tools/derive-aes-tables.ts, which says why they
 * are right; do not edit. Byte n of a table is the image of nibble n. _U and _T go together: u[io] ^ t[jo].
 */

/** 1/x in GF(2^4), 1/0 = infinity = 0x80 (published). */
export const INVERSE: v128 = i64x2(0x0e05060f0d080180, 0x040703090a0b0c02);
/** The constant a over x in GF(2^4) (published). */
export const INVERSE_A: v128 = i64x2(0x01040a060f0b0780, 0x030d0e0c02050809);
/** Encryption basis of a byte's low nibble (published). */
export const TO_ENCRYPT_LOW: v128 = i64x2(0xc2b2e8985a2a7000, 0xcabae09052227808);
/** And of its high nibble (published). */
export const TO_ENCRYPT_HIGH: v128 = i64x2(0x4c01307d317c4d00, 0xcd80b1fcb0fdcc81);
/** SubBytes less 0x63, back in the encryption basis. */
export const SUB_1_U: v128 = i64x2(0xb19be18fcb503e00, 0xa5df7a6e142af544);
export const SUB_1_T: v128 = i64x2(0x3618d415fae22300, 0x3bf7ccc10d2ed9ef);
/** The same times 2 (MixColumns). */
export const SUB_2_U: v128 = i64x2(0xe27a93c60b712400, 0x5eb7e955bc982fcd);
export const SUB_2_T: v128 = i64x2(0x69eb88400ae12900, 0xc2a163c8ab82234a);
/** SubBytes less 0x63 as a plain byte (last round). */
export const SUB_OUT_U: v128 = i64x2(0xd0d26d176fbdc700, 0x15aabf7ac502a878);
export const SUB_OUT_T: v128 = i64x2(0xcfe474a55fbb6a00, 0x8e1e90d1412b35fa);
/** Decryption basis of a low nibble. */
export const TO_DECRYPT_LOW: v128 = i64x2(0x0f505b040b545f00, 0x154a411e114e451a);
/** And of a high nibble. */
export const TO_DECRYPT_HIGH: v128 = i64x2(0x86e383e660056500, 0x12771772f491f194);
/** InvSubBytes of x ^ 0x63 times 14 (InvMixColumns). */
export const INV_SUB_14_U: v128 = i64x2(0x46f2929626d4d000, 0x2242600464b4f6b0);
export const INV_SUB_14_T: v128 = i64x2(0x0c55a6cdffaac100, 0x9467f36b98593e32);
/** InvSubBytes of x ^ 0x63 times 11 (InvMixColumns). */
export const INV_SUB_11_U: v128 = i64x2(0xd022649296b44200, 0x602646f6b0f2d404);
export const INV_SUB_11_T: v128 = i64x2(0xc19498a6cd596700, 0xf3ff0c3e3255aa6b);
/** InvSubBytes of x ^ 0x63 times 13 (InvMixColumns). */
export const INV_SUB_13_U: v128 = i64x2(0x7d57ccdfe6b1a200, 0xf56e9b13882a4439);
export const INV_SUB_13_T: v128 = i64x2(0x3ce2faf724c6cb00, 0x2931180d15deefd3);
/** InvSubBytes of x ^ 0x63 times 9 (InvMixColumns). */
export const INV_SUB_9_U: v128 = i64x2(0x851c03539a86d600, 0xcad51f504f994cc9);
export const INV_SUB_9_T: v128 = i64x2(0xc03b1789ecd74900, 0x725e2c9eb2fba565);
/** InvSubBytes of x ^ 0x63 as a plain byte (last round). */
export const INV_SUB_OUT_U: v128 = i64x2(0x1387ea537ef94000, 0xc7aa6db9d4943e2d);
export const INV_SUB_OUT_T: v128 = i64x2(0x12d7560f93441d00, 0xca4b8159d8c58e9c);
/** The S-box constant in each basis. */
export const ENCRYPT_63: v128 = i64x2(0x5b5b5b5b5b5b5b5b, 0x5b5b5b5b5b5b5b5b);
export const DECRYPT_63: v128 = i64x2(0xe8e8e8e8e8e8e8e8, 0xe8e8e8e8e8e8e8e8);
export const PLAIN_63: v128 = i64x2(0x6363636363636363, 0x6363636363636363);
/** Place in the state of each byte, in rounds 0, 1, 2, 3 modulo 4. */
// biome-ignore format: a row a shuffle
export const LAYOUTS: usize = memory.data<u8>([
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
  0, 13, 10, 7, 4, 1, 14, 11, 8, 5, 2, 15, 12, 9, 6, 3,
  0, 9, 2, 11, 4, 13, 6, 15, 8, 1, 10, 3, 12, 5, 14, 7,
  0, 5, 10, 15, 4, 9, 14, 3, 8, 13, 2, 7, 12, 1, 6, 11,
], 16);
/** For each layout: the shuffle to the next byte of the column, and to the previous one. */
// biome-ignore format: a row a shuffle
export const ROTATIONS: usize = memory.data<u8>([
  1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12,
  3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14,
  5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12, 1, 2, 3, 0,
  15, 12, 13, 14, 3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10,
  9, 10, 11, 8, 13, 14, 15, 12, 1, 2, 3, 0, 5, 6, 7, 4,
  11, 8, 9, 10, 15, 12, 13, 14, 3, 0, 1, 2, 7, 4, 5, 6,
  13, 14, 15, 12, 1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8,
  7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14, 3, 0, 1, 2,
], 16);
