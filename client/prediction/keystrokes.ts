/**
 * Splits typed bytes into what a line editor would see: characters, control keys, escape sequences. It is the terminal's
 * own parser (UTF-8, then the VT500 state machine) without anything to act on, because a key's effect is guessed from
 * the sequence it sends. Its state lives across reads: a sequence may arrive in pieces.
 */

export type Key =
  /** A printable code point, DEL (7F) included. */
  | { readonly kind: "print"; readonly codePoint: number }
  /** A C0 or C1 control. */
  | { readonly kind: "execute"; readonly codePoint: number }
  /** ESC and a final. */
  | { readonly kind: "escape" }
  /** CSI … final. */
  | { readonly kind: "csi"; readonly final: string; readonly parameters: string };

type State =
  | "ground"
  | "escape"
  | "escape-intermediate"
  | "csi-entry"
  | "csi-param"
  | "csi-intermediate"
  | "csi-ignore"
  | "dcs"
  | "osc"
  | "string";

const REPLACEMENT = 0xfffd;
/** A CSI with longer parameters is no key. */
const MAX_PARAMETERS = 32;

/** Smallest code point that needs n continuation bytes: over-long forms are ill-formed. */
const SMALLEST = [0, 0x80, 0x800, 0x10000];

export class KeystrokeParser {
  readonly #altKeys: boolean;
  #state: State = "ground";
  #parameters = "";
  #needed = 0;
  #missing = 0;
  #codePoint = 0;

  /**
   * @param altKeys ESC and a character other than `[` is a key with Alt. A terminal would begin a string or a longer
   *   sequence with some of them (Alt-_, Alt-., Alt-P), and everything typed after it would be part of that
   */
  constructor(altKeys = false) {
    this.#altKeys = altKeys;
  }

  /** Takes one typed byte; calls `emit` for each key it completes (none, one, or two after ill-formed UTF-8). */
  byte(byte: number, emit: (key: Key) => void): void {
    if (this.#missing > 0) {
      if ((byte & 0xc0) === 0x80) {
        this.#codePoint = (this.#codePoint << 6) | (byte & 0x3f);
        if (--this.#missing > 0) return;
        const value = this.#codePoint;
        const bad =
          value < (SMALLEST[this.#needed] ?? 0) || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff);
        this.#take(bad ? REPLACEMENT : value, emit);
        return;
      }
      this.#missing = 0;
      this.#take(REPLACEMENT, emit);
    }
    if (byte < 0x80) {
      this.#take(byte, emit);
    } else if (byte >= 0xc2 && byte <= 0xf4) {
      this.#needed = this.#missing = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
      this.#codePoint = byte & (0x3f >> this.#needed);
    } else {
      this.#take(REPLACEMENT, emit);
    }
  }

  /** One code point through the state machine. */
  #take(c: number, emit: (key: Key) => void): void {
    if (c === 0x18 || c === 0x1a || (c >= 0x80 && c <= 0x9f)) {
      this.#anywhere(c, emit);
      return;
    }
    if (c === 0x1b) {
      this.#enter("escape");
      return;
    }
    // Code points from A0 on are classified like a letter; the action still carries the real one.
    const k = c >= 0xa0 ? 0x41 : c;
    const control = k < 0x20;
    switch (this.#state) {
      case "ground":
        emit(control ? { kind: "execute", codePoint: c } : { kind: "print", codePoint: c });
        return;
      case "escape":
        if (control) emit({ kind: "execute", codePoint: c });
        else if (k === 0x5b) this.#enter("csi-entry");
        else if (this.#altKeys && k !== 0x7f) this.#finish({ kind: "escape" }, emit);
        else if (k <= 0x2f) this.#state = "escape-intermediate";
        else if (k === 0x5d) this.#state = "osc";
        else if (k === 0x50) this.#state = "dcs";
        else if (k === 0x58 || k === 0x5e || k === 0x5f) this.#state = "string";
        else if (k !== 0x7f) this.#finish({ kind: "escape" }, emit);
        return;
      case "escape-intermediate":
        if (control) emit({ kind: "execute", codePoint: c });
        else if (k >= 0x30 && k !== 0x7f) this.#finish({ kind: "escape" }, emit);
        return;
      case "csi-entry":
      case "csi-param":
      case "csi-intermediate":
      case "csi-ignore":
        if (control) emit({ kind: "execute", codePoint: c });
        else this.#csi(c, k, emit);
        return;
      case "osc":
        if (c === 0x07) this.#state = "ground";
        return;
      case "dcs":
      case "string":
        return;
    }
  }

  /** Controls that act in every state. */
  #anywhere(c: number, emit: (key: Key) => void): void {
    if (c === 0x90) this.#state = "dcs";
    else if (c === 0x9b) this.#enter("csi-entry");
    else if (c === 0x9d) this.#state = "osc";
    else if (c === 0x98 || c === 0x9e || c === 0x9f) this.#state = "string";
    else if (c === 0x9c) this.#state = "ground";
    else this.#finish({ kind: "execute", codePoint: c }, emit);
  }

  #csi(c: number, k: number, emit: (key: Key) => void): void {
    if (k >= 0x40 && k !== 0x7f) {
      if (this.#state === "csi-ignore") this.#state = "ground";
      else this.#finish({ kind: "csi", final: String.fromCodePoint(c), parameters: this.#parameters }, emit);
    } else if (k === 0x7f || this.#state === "csi-ignore") {
      return;
    } else if (k <= 0x2f) {
      this.#collect(c, "csi-intermediate");
    } else if (
      this.#state === "csi-intermediate" ||
      k === 0x3a ||
      (k >= 0x3c && this.#state === "csi-param")
    ) {
      this.#state = "csi-ignore";
    } else {
      this.#collect(c, "csi-param");
    }
  }

  #collect(c: number, next: State): void {
    if (this.#parameters.length < MAX_PARAMETERS) this.#parameters += String.fromCodePoint(c);
    this.#state = next;
  }

  #enter(state: State): void {
    this.#parameters = "";
    this.#state = state;
  }

  #finish(key: Key, emit: (key: Key) => void): void {
    this.#state = "ground";
    emit(key);
  }
}
