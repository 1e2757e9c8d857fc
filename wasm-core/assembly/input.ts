/**
 * Translation of what the user typed (terminal.md 14): the client's terminal is always in application cursor mode, so
 * arrows arrive as ESC O A…D and are turned into ESC [ A…D for a program that has not asked for that mode.
 *
 * Called through the ABI, byte strings of any split; the state is kept in the terminal.
 */
import { MODE_APP_CURSOR_KEYS } from "./layout";
import { sendInput } from "./reply";
import { hasMode } from "./screen";
import { INPUT_ESCAPE, INPUT_GROUND, INPUT_SS3, T_INPUT_STATE } from "./state";

function translateByte(t: usize, byte: u32): void {
  const state = <u32>load<u8>(t, T_INPUT_STATE);
  if (state == INPUT_ESCAPE) {
    if (byte == 0x4f) {
      store<u8>(t, <u8>INPUT_SS3, T_INPUT_STATE);
      return;
    }
    store<u8>(t, <u8>INPUT_GROUND, T_INPUT_STATE);
  } else if (state == INPUT_SS3) {
    // The mode counts at the moment the last byte arrives.
    const arrow = byte >= 0x41 && byte <= 0x44;
    sendInput(t, arrow && !hasMode(t, MODE_APP_CURSOR_KEYS) ? 0x5b : 0x4f);
    store<u8>(t, <u8>INPUT_GROUND, T_INPUT_STATE);
  } else if (byte == 0x1b) {
    store<u8>(t, <u8>INPUT_ESCAPE, T_INPUT_STATE);
  }
  sendInput(t, byte);
}

/** Translates `length` typed bytes; the result joins the queue for the child. */
export function translateInput(t: usize, p: usize, length: usize): void {
  const end = p + length;
  for (; p < end; p++) translateByte(t, load<u8>(p));
}
