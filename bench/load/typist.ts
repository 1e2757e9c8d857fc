/**
 * Types letters into a program that echoes them and measures each from the key to the screen that shows it. One key is
 * under way at a time: while an echo is missing none is typed, and its time says how long that was. For host.ts, beside
 * floods; behaviour.ts has the typist who does not wait.
 */
import type { LoadClient } from "./client.ts";
import type { Quantiles } from "./quantiles.ts";

/** Letters before Return. */
const ROW = 60;

export class Typist {
  readonly #client: LoadClient;
  readonly #times: Quantiles;
  #column = 0;
  #typedAt: number | undefined;
  #expected: { readonly col: number; readonly letter: string } | undefined;
  #keys = 0;

  constructor(client: LoadClient, times: Quantiles) {
    this.#client = client;
    this.#times = times;
  }

  /** To be called when a key is due. */
  strike(now: number): void {
    if (this.#typedAt !== undefined) return;
    if (this.#column === ROW) {
      this.#column = 0;
      this.#client.type(Uint8Array.of(13));
      return;
    }
    const letter = 97 + (this.#keys % 26);
    this.#expected = { col: this.#column, letter: String.fromCharCode(letter) };
    this.#column++;
    this.#keys++;
    this.#typedAt = now;
    this.#client.type(Uint8Array.of(letter));
  }

  /** To be called for each frame. */
  frame(now: number): void {
    const { screen } = this.#client;
    if (this.#typedAt === undefined || screen.cursorCol !== this.#column) return;
    if (screen.cell(screen.cursorRow, this.#expected!.col).text !== this.#expected!.letter) return;
    this.#times.record(now - this.#typedAt);
    this.#typedAt = undefined;
  }
}
