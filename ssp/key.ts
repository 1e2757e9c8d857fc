/**
 * The session key in its printed form, as it travels in `MOSH CONNECT port key` and in MOSH_KEY.
 *
 * Makes no key: the caller brings 16 random bytes. Called by the two bootstraps and by tests.
 */
import { KEY_BYTES, KEY_CHARACTERS } from "./params.ts";

/** Exactly what stock clients show for a key that cannot be used [P 2.3]. */
const WRONG_LENGTH = "Key must be 22 letters long.";
const NOT_BASE64 = "Key must be well-formed base64.";
const SPARE_BITS = "Base64 key was not encoded 128-bit key.";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Why a printed key was refused. The text never holds any of the key. */
export class KeyError extends Error {
  override readonly name = "KeyError";
}

/** Prints a key of 16 bytes as 22 characters of base64 without its padding [P 2.2]. Throws RangeError for another length. */
export function printKey(key: Uint8Array): string {
  if (key.length !== KEY_BYTES)
    throw new RangeError(`a key has ${KEY_BYTES} bytes, this one has ${key.length}`);
  let text = "";
  for (let at = 0; at < KEY_BYTES; at += 3) {
    const bits = (key[at]! << 16) | ((key[at + 1] ?? 0) << 8) | (key[at + 2] ?? 0);
    text += ALPHABET[bits >>> 18]! + ALPHABET[(bits >>> 12) & 63]!;
    if (at + 2 < KEY_BYTES) text += ALPHABET[(bits >>> 6) & 63]! + ALPHABET[bits & 63]!;
  }
  return text;
}

/** Parses a printed key to its 16 bytes; throws {@link KeyError} with the stock text [P 2.3]. */
export function parseKey(text: string): Uint8Array {
  if (text.length !== KEY_CHARACTERS) throw new KeyError(WRONG_LENGTH);
  const key = new Uint8Array(KEY_BYTES);
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const character of text) {
    const value = ALPHABET.indexOf(character);
    if (value < 0) throw new KeyError(NOT_BASE64);
    bits = ((bits << 6) | value) & 0xffff;
    held += 6;
    if (held >= 8 && at < KEY_BYTES) {
      held -= 8;
      key[at++] = (bits >>> held) & 0xff;
    }
  }
  // 22 characters carry 132 bits; the last four belong to no byte and must be zero.
  if ((bits & 0xf) !== 0) throw new KeyError(SPARE_BITS);
  return key;
}
