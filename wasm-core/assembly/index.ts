/** The exported ABI, and nothing else. wasm-core/abi.ts mirrors it; wasm-core/core.ts is its only caller. */

// crypto
export {
  decryptPairs as aes_decrypt_pairs,
  encryptPair as aes_encrypt_pair,
  encryptThrees as aes_encrypt_threes,
} from "./aes";
export {
  ocb_blocks,
  ocb_burn,
  ocb_create_opener,
  ocb_create_sealer,
  ocb_free,
  ocb_open,
  ocb_open_ad,
  ocb_seal,
  ocb_seal_ad,
  ocb_sequence,
  ocb_staging,
} from "./ocb";
// memory
export { bytesInUse as memory_in_use, bytesReserved as memory_reserved } from "./memory";
// terminal
// display

/** Bumped when the meaning of an export changes, so that a stale module is noticed. */
export const ABI_VERSION: i32 = 1;
