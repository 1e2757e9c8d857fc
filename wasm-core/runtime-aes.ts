/**
 * The runtime's own AES for the blocks of long datagrams: AES instructions where the CPU has them, which WebAssembly cannot
 * reach. Not a mode of operation, and never needed: the wasm cipher (assembly/aes.ts) makes the same bytes, so either may do
 * any datagram, and what fails here is done there. Loaded late (load.ts), called by crypto.ts. What is trusted and when it
 * runs: docs/crypto.md.
 */

/** What is used of node:crypto. */
export interface RuntimeCrypto {
  createCipheriv(algorithm: "aes-128-ecb", key: Uint8Array, iv: null): NativeCipher;
  createDecipheriv(algorithm: "aes-128-ecb", key: Uint8Array, iv: null): NativeCipher;
}

interface NativeCipher {
  setAutoPadding(on: boolean): unknown;
  update(blocks: Uint8Array): Uint8Array;
  final(): unknown;
}

export type Direction = "encrypt" | "decrypt";

const KEY_BYTES = 16;
/** Long datagrams in one direction of a key before it gets a key schedule here (0.6 kB), which one screen is not worth. */
const DATAGRAMS_BEFORE_SCHEDULE = 8;

export class RuntimeAes {
  readonly #functions: RuntimeCrypto;
  /** It failed once: it is asked no more. */
  failed = false;

  private constructor(functions: RuntimeCrypto) {
    this.#functions = functions;
  }

  /** The functions as AES, or undefined if they do not do, call after call and block for block, what FIPS 197, C.1, says. */
  static of(functions: RuntimeCrypto): RuntimeAes | undefined {
    const aes = new RuntimeAes(functions);
    const key = Uint8Array.from({ length: KEY_BYTES }, (_, n) => n);
    const plain = "00112233445566778899aabbccddeeff";
    const enciphered = "69c4e0d86a7b0430d8cdb78070b4c55a";
    const maps = (direction: Direction, from: string, to: string): boolean => {
      const cipher = aes.schedule(direction, key);
      return [1, 2].every(
        (count) => cipher.update(Uint8Array.fromHex(from.repeat(count))).toHex() === to.repeat(count),
      );
    };
    try {
      return maps("encrypt", plain, enciphered) && maps("decrypt", enciphered, plain) ? aes : undefined;
    } catch {
      return undefined;
    }
  }

  /** One direction of a key, of which nothing is kept before so many datagrams. */
  key(direction: Direction, makeAfter = DATAGRAMS_BEFORE_SCHEDULE): RuntimeKey {
    return new RuntimeKey(this, direction, makeAfter);
  }

  schedule(direction: Direction, key: Uint8Array): NativeCipher {
    const { createCipheriv, createDecipheriv } = this.#functions;
    const cipher = (direction === "encrypt" ? createCipheriv : createDecipheriv)("aes-128-ecb", key, null);
    cipher.setAutoPadding(false);
    return cipher;
  }
}

/** One direction of one key: the schedule that the runtime keeps for it, made when it is worth it. */
export class RuntimeKey {
  readonly #aes: RuntimeAes;
  readonly #direction: Direction;
  #cipher: NativeCipher | undefined;
  #makeAfter: number;

  constructor(aes: RuntimeAes, direction: Direction, makeAfter: number) {
    this.#aes = aes;
    this.#direction = direction;
    this.#makeAfter = makeAfter;
  }

  /**
   * Ciphers `length` bytes at `from` of the core's memory in place.
   * @param key where the key is in it: it is read there and copied into no array
   * @returns false if that is left to the wasm cipher: the bytes are as they were
   */
  run(memory: { readonly bytes: Uint8Array }, from: number, length: number, key: number): boolean {
    if (this.#aes.failed || (this.#cipher === undefined && this.#makeAfter-- > 0)) return false;
    try {
      this.#cipher ??= this.#aes.schedule(this.#direction, memory.bytes.subarray(key, key + KEY_BYTES));
      const blocks = this.#cipher.update(memory.bytes.subarray(from, from + length));
      if (blocks.length !== length) throw new Error("not as many blocks as went in");
      memory.bytes.set(blocks, from);
      // With what is on the wire these give away the masks of OCB.
      blocks.fill(0);
      return true;
    } catch {
      this.#aes.failed = true;
      this.free();
      return false;
    }
  }

  /** Wipes the key schedule, at once: final() has BoringSSL cleanse it. */
  free(): void {
    try {
      this.#cipher?.final();
    } catch {
      // Then the garbage collector does.
    }
    this.#cipher = undefined;
  }
}
