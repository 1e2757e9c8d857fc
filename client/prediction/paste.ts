/**
 * Finds bracketed pastes (CSI 200 ~ … CSI 201 ~) in typed bytes, also where a marker is split between two reads. It
 * looks at bytes only: what is pasted may hold anything, half an escape sequence too. Called by engine.ts.
 */

const BEGIN = [0x1b, 0x5b, 0x32, 0x30, 0x30, 0x7e];
const END = [0x1b, 0x5b, 0x32, 0x30, 0x31, 0x7e];

/** Nothing came for so long: the end of the paste was lost, e.g. with the terminal it came from. ms */
const ABANDONED_MS = 5000;

export class PasteGuard {
  #inside = false;
  #matched = 0;
  #lastTime = 0;

  /** Before a read at `now` (ms). */
  reading(now: number): void {
    if (this.#inside && now - this.#lastTime > ABANDONED_MS) this.#inside = false;
    this.#lastTime = now;
  }

  /** Takes a byte. `inside`: it belongs to a paste, its markers included; `begins`: it completes the first marker. */
  byte(byte: number): "typed" | "begins" | "inside" {
    const was = this.#inside;
    const marker = was ? END : BEGIN;
    if (byte === marker[this.#matched]) this.#matched++;
    else this.#matched = byte === 0x1b ? 1 : 0;
    if (this.#matched === marker.length) {
      this.#matched = 0;
      this.#inside = !was;
      if (!was) return "begins";
    }
    return was ? "inside" : "typed";
  }
}
