/**
 * The escape key as people write it in the configuration file or behind --escape-key: `Ctrl-B`, `^B`, one character,
 * or nothing for "no escape key". MOSH_ESCAPE_KEY is not read here: it keeps stock's rules (client/escape-key.ts).
 */
import { REFUSED_KEYS } from "../escape-key.ts";

/** What a message says is expected. */
export const ESCAPE_KEY_EXPECTED =
  'one ASCII character, "Ctrl-" or "^" and a character, or "" for none; not Ctrl-C, Ctrl-D, Ctrl-J, Ctrl-L, Ctrl-M';

/** The setting as MOSH_ESCAPE_KEY has it: one character or the empty string; undefined if it can be no escape key. */
export function parseEscapeKey(text: string): string | undefined {
  if (text === "") return "";
  const control = /^(?:ctrl-|\^)([@-_a-z])$/i.exec(text)?.[1];
  const code = control === undefined ? text.charCodeAt(0) : control.toUpperCase().charCodeAt(0) & 0x1f;
  if (control === undefined && text.length !== 1) return undefined;
  return code < 1 || code > 127 || REFUSED_KEYS.has(code) ? undefined : String.fromCharCode(code);
}
