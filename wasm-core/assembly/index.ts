/** The exported ABI, and nothing else. wasm-core/abi.ts mirrors it; wasm-core/core.ts is its only caller. */

// crypto
export {
  decryptBlocks as aes_decrypt,
  decryptPair as aes_decrypt_pair,
  decryptThrees as aes_decrypt_threes,
  encryptBlocks as aes_encrypt,
  encryptPair as aes_encrypt_pair,
  encryptThrees as aes_encrypt_threes,
} from "./aes";
export {
  ocb_blocks,
  ocb_burn,
  ocb_create_opener,
  ocb_create_sealer,
  ocb_free,
  ocb_key,
  ocb_open,
  ocb_open_begin,
  ocb_open_begin_ad,
  ocb_open_finish,
  ocb_seal,
  ocb_seal_begin,
  ocb_seal_begin_ad,
  ocb_seal_finish,
  ocb_sequence,
  ocb_staging,
} from "./ocb";
// memory
export {
  allocScratch as memory_scratch,
  bytesInUse as memory_in_use,
  bytesReserved as memory_reserved,
  releaseScratch as memory_release_scratch,
} from "./memory";
// terminal
export {
  cellContent as cell_content,
  cellStyle as cell_style,
  copyCell as cell_copy,
  rowCells as terminal_row_cells,
  setCellStyle as cell_set_style,
  setCellText as cell_set_text,
  setCursor as terminal_set_cursor,
  setCursorVisible as terminal_set_cursor_visible,
  setTerminalText as terminal_set_text,
  terminalClusterLength as terminal_cluster_length,
  terminalClusterPtr as terminal_cluster_ptr,
  terminalField as terminal_field,
  terminalLinkLength as terminal_link_length,
  terminalLinkPtr as terminal_link_ptr,
  terminalStyle as terminal_style,
  terminalTab as terminal_tab,
  terminalTextLength as terminal_text_length,
  terminalTextPtr as terminal_text_ptr,
  terminalWidth as terminal_width,
} from "./access";
export { heldEnd as terminal_held_end, mayHold as terminal_may_hold } from "./hold";
export { translateInput as terminal_input } from "./input";
export {
  clearReplies as terminal_clear_replies,
  replyLength as terminal_reply_length,
  replyPtr as terminal_reply_ptr,
} from "./reply";
export {
  cloneTerminal as terminal_clone,
  createTerminal as terminal_create,
  feedTerminal as terminal_feed,
  freeTerminal as terminal_free,
  resizeTerminal as terminal_resize,
  snapshotTerminal as terminal_snapshot,
} from "./terminal";
// display
export {
  displayDiff as display_diff,
  displayEquals as display_equals,
  displayOutput as display_output,
} from "./display";

/** Bumped when the meaning of an export changes, so that a stale module is noticed. */
export const ABI_VERSION: i32 = 1;
