/**
 * The escape key (Ctrl-^ unless MOSH_ESCAPE_KEY says otherwise): picks the client's own commands out of typed bytes.
 *
 * A pure state machine: one block of typed bytes in, a list of things to do out, in the order typed. It draws nothing,
 * sends nothing and stops nothing; the session (session-loop.ts) does. Rules: bootstrap-and-cli.md 4.5 and
 * prediction.md 10.
 */

/** What a block of typed bytes asks for, in order. */
export type TypedAction =
  /** Bytes for the remote program. */
  | { readonly kind: "send"; readonly bytes: Uint8Array }
  /** The escape key was typed and is held back: show {@link EscapeKey.helpText}. */
  | { readonly kind: "help" }
  /** The byte after the escape key came: take the help away. */
  | { readonly kind: "help-done" }
  /** Ctrl-L was sent: repaint everything with the next frame. */
  | { readonly kind: "repaint" }
  | { readonly kind: "suspend" }
  /** Show or hide the status line. */
  | { readonly kind: "status" }
  /** End the session; the rest of the block is dropped. */
  | { readonly kind: "quit" };

const DEFAULT_KEY = 0x1e;
/** Ctrl-C, Ctrl-D, LF, Ctrl-L, CR: too much needed to be an escape key. */
export const REFUSED_KEYS = new Set([0x03, 0x04, 0x0a, 0x0c, 0x0d]);
const LF = 0x0a;
const FORM_FEED = 0x0c;
const CR = 0x0d;
const CTRL_Z = 0x1a;
const PERIOD = 0x2e;
const LETTER_I = 0x69;
const SPACE = 0x20;

export class EscapeKey {
  /** The key's byte, or undefined if it is disabled. */
  readonly key: number | undefined;
  /** How messages name the key: `Ctrl-^`, `"~"`; undefined if it is disabled. */
  readonly name: string | undefined;
  /** The notice shown while the byte after the key is awaited; empty if the key is disabled. */
  readonly helpText: string;

  readonly #literals: readonly number[];
  #held = false;
  /** A printable key counts only directly after a typed line end, and so not at the very start. */
  #afterLineEnd = false;

  /** @param setting the value of MOSH_ESCAPE_KEY: undefined = default, empty = no escape key */
  constructor(setting: string | undefined) {
    this.key = chooseKey(setting);
    if (this.key === undefined) {
      this.name = undefined;
      this.helpText = "";
      this.#literals = [];
      return;
    }
    const control = this.key < SPACE;
    const literal = control ? this.key + 0x40 : this.key;
    const letter = control && literal >= 0x41 && literal <= 0x5a;
    this.#literals = letter ? [literal, literal + 0x20] : [literal];
    const pass = String.fromCharCode(literal);
    this.name = control ? `Ctrl-${pass}` : `"${pass}"`;
    this.helpText = `Commands: Ctrl-Z suspends, "." quits, "${pass}" gives literal ${this.name}, "i" info`;
  }

  /** Takes one block as read from the terminal. Keeps its state from block to block. */
  take(block: Uint8Array): TypedAction[] {
    const actions: TypedAction[] = [];
    let pending: number[] = [];
    const flush = () => {
      if (pending.length > 0) actions.push({ kind: "send", bytes: Uint8Array.from(pending) });
      pending = [];
    };
    const type = (byte: number) => {
      pending.push(byte);
      this.#afterLineEnd = byte === LF || byte === CR;
      if (byte !== FORM_FEED) return;
      flush();
      actions.push({ kind: "repaint" });
    };

    for (const byte of block) {
      if (this.#held) {
        this.#held = false;
        flush();
        actions.push({ kind: "help-done" });
        if (byte === PERIOD) {
          actions.push({ kind: "quit" });
          return actions;
        }
        if (byte === CTRL_Z) {
          actions.push({ kind: "suspend" });
          this.#afterLineEnd = false;
          continue;
        }
        if (byte === LETTER_I && !this.#literals.includes(byte)) {
          actions.push({ kind: "status" });
          this.#afterLineEnd = false;
          continue;
        }
        type(this.key!);
        if (!this.#literals.includes(byte)) type(byte);
      } else if (byte === this.key && (byte < SPACE || this.#afterLineEnd)) {
        this.#held = true;
        flush();
        actions.push({ kind: "help" });
      } else {
        type(byte);
      }
    }
    flush();
    return actions;
  }
}

function chooseKey(setting: string | undefined): number | undefined {
  if (setting === undefined) return DEFAULT_KEY;
  if (setting === "") return undefined;
  const code = setting.charCodeAt(0);
  if (setting.length !== 1 || code < 1 || code > 127 || REFUSED_KEYS.has(code)) return DEFAULT_KEY;
  return code;
}
