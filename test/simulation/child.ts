/**
 * The program on the server: it echoes what it is given, a little later, and some keys make it do what programs do: print
 * in colour, clear the screen, move the cursor, flood. Deterministic: what it prints depends on its input alone.
 */
import type { Clock } from "./clock.ts";

const ESC = "\x1b";
const encoder = new TextEncoder();
const CHUNK = 700;

export class Child {
  readonly #clock: Clock;
  readonly #delay: number;
  readonly #output: (bytes: Uint8Array) => void;
  #count = 0;
  #dead = false;
  #pending = 0;

  /** @param delay ms from input to its echo */
  constructor(clock: Clock, delay: number, output: (bytes: Uint8Array) => void) {
    this.#clock = clock;
    this.#delay = delay;
    this.#output = output;
  }

  /** Prints the prompt. */
  start(): void {
    this.#print("$ ");
  }

  write(bytes: Uint8Array): void {
    let text = "";
    for (const byte of bytes) text += this.#answer(byte);
    this.#print(text);
  }

  /** It has more to print. */
  get busy(): boolean {
    return this.#pending > 0;
  }

  kill(): void {
    this.#dead = true;
  }

  #answer(byte: number): string {
    this.#count++;
    const key = String.fromCharCode(byte);
    if (key === "\r") return `\r\n${this.#count} $ `;
    if (key === "F")
      return Array.from({ length: 400 }, (_, n) => `${n} ${"flood ".repeat(n % 9)}\r\n`).join("");
    if (key === "C") return `${ESC}[H${ESC}[2J`;
    if (key === "R") return `${ESC}[1;3${this.#count % 8}m${"colour "}${ESC}[0m`;
    if (key === "M") return `${ESC}[${(this.#count % 20) + 1};${(this.#count % 60) + 1}H*${ESC}[K`;
    if (key === "U") return "höher 世界 e\u0301 ✓ ";
    if (key === "T") return `${ESC}]0;title ${this.#count}\x07`;
    if (key === "S") return `${ESC}[5;15r${ESC}[15;1H\n\nscrolled${ESC}[r`;
    if (key === "Q") return `${ESC}[6n`;
    if (byte >= 0x20 && byte < 0x7f) return key;
    return `^${byte.toString(16)}`;
  }

  #print(text: string): void {
    const bytes = encoder.encode(text);
    for (let at = 0, part = 0; at < bytes.length; at += CHUNK, part++) {
      const chunk = bytes.subarray(at, at + CHUNK);
      this.#pending++;
      this.#clock.after(this.#delay + part * 0.5, () => {
        this.#pending--;
        if (!this.#dead) this.#output(chunk);
      });
    }
  }
}
