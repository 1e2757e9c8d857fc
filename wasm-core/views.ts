/**
 * Views of the core's linear memory that survive its growing, and a scratch block for bytes on their way in.
 *
 * WebAssembly detaches every view when the memory grows: ask for {@link Views.bytes} after each call that may
 * allocate, and never keep what it returned.
 */
import type { Abi } from "./abi.ts";

/** The parser looks at input in vectors and past its end. */
const SLACK = 16;

export class Views {
  readonly #abi: Abi;
  #bytes: Uint8Array;
  #scratch = 0;
  #scratchSize = 0;

  constructor(abi: Abi) {
    this.#abi = abi;
    this.#bytes = new Uint8Array(abi.memory.buffer);
  }

  /** All of linear memory. */
  bytes(): Uint8Array {
    if (this.#bytes.length === 0) this.#bytes = new Uint8Array(this.#abi.memory.buffer);
    return this.#bytes;
  }

  /** Address of a block of at least `size` bytes, and SLACK readable ones behind them; valid until the next call. */
  scratch(size: number): number {
    if (size > this.#scratchSize) {
      const block = this.#abi.memory_scratch(size + SLACK) >>> 0;
      if (block === 0) throw new Error("the terminal core is out of memory");
      if (this.#scratchSize > 0) this.#abi.memory_release_scratch(this.#scratch, this.#scratchSize + SLACK);
      this.#scratch = block;
      this.#scratchSize = size;
    }
    return this.#scratch;
  }
}
