/** The exported ABI, and nothing else. wasm-core/abi.ts mirrors it; wasm-core/core.ts is its only caller. */

// crypto
// memory
export { bytesInUse, bytesReserved } from "./memory";
// terminal
// display

/** Bumped when the meaning of an export changes, so that a stale module is noticed. */
export const ABI_VERSION: i32 = 1;
