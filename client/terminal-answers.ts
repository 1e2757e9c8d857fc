/**
 * Asks the person's terminal whether it has synchronized output (mode 2026) and picks the answer out of what is typed.
 *
 * With it a frame appears at once however slowly the terminal draws. The question is DECRQM; a terminal that does not
 * know it says nothing, and then nothing changes. An answer is taken only as the exact sequence we asked for, so a key
 * can never be mistaken for one. Used by session.ts.
 */

/** Written before the first frame, which paints over whatever an old terminal may print of it. */
export const SYNCHRONIZED_OUTPUT_QUESTION = "\x1b[?2026$p";

/** `ESC [ ? 2026 ; Ps $ y`: 1 or 2 = the mode can be switched. */
const PREFIX = new TextEncoder().encode("\x1b[?2026;");
const DIGIT = PREFIX.length;
const TAIL = new TextEncoder().encode("$y");
const LENGTH = PREFIX.length + 1 + TAIL.length;
/** A beginning this long is no key: `ESC [ ?` may be typed, the rest only comes from a terminal. */
const UNMISTAKABLE = 4;

export class TerminalAnswers {
  readonly #onSynchronized: () => void;
  #held = new Uint8Array();

  /** @param onSynchronized called once if the terminal says that it has the mode */
  constructor(onSynchronized: () => void) {
    this.#onSynchronized = onSynchronized;
  }

  /** The typed bytes without the answer. An answer cut in two is put together. */
  filter(block: Uint8Array): Uint8Array {
    let bytes = block;
    if (this.#held.length > 0) {
      bytes = Uint8Array.from([...this.#held, ...block]);
      this.#held = new Uint8Array();
    }
    for (let at = bytes.indexOf(0x1b); at >= 0; at = bytes.indexOf(0x1b, at + 1)) {
      const matched = matchLength(bytes, at);
      if (matched === LENGTH) {
        const setting = bytes[at + DIGIT];
        if (setting === 0x31 || setting === 0x32) this.#onSynchronized();
        return Uint8Array.from([...bytes.subarray(0, at), ...this.filter(bytes.subarray(at + LENGTH))]);
      }
      if (at + matched === bytes.length && matched >= UNMISTAKABLE) {
        this.#held = bytes.slice(at);
        return bytes.subarray(0, at);
      }
    }
    return bytes;
  }
}

/** How many bytes from `at` on agree with the answer. */
function matchLength(bytes: Uint8Array, at: number): number {
  let n = 0;
  while (n < LENGTH && at + n < bytes.length) {
    const byte = bytes[at + n]!;
    const fits =
      n < DIGIT
        ? byte === PREFIX[n]
        : n === DIGIT
          ? byte >= 0x30 && byte <= 0x34
          : byte === TAIL[n - DIGIT - 1];
    if (!fits) break;
    n++;
  }
  return n;
}
