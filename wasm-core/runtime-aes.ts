/**
 * The runtime's own AES for the blocks of long datagrams: AES instructions where the CPU has them, which WebAssembly cannot
 * reach. Not a mode of operation, and never needed: the wasm cipher (assembly/aes.ts) makes the same bytes, so either may do
 * any datagram, and what fails here is done there. Called by crypto.ts. What is trusted and when it runs: docs/crypto.md.
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

/**
 * Loads it, at a moment of its choice, for that takes milliseconds. `datagrams` says how many were sealed and opened so far:
 * whether anything is going on.
 */
export type LoadRuntimeCrypto = (datagrams: () => number) => Promise<RuntimeCrypto>;

export type Direction = "encrypt" | "decrypt";

/** Long datagrams before node:crypto is loaded: what that costs, 2 ms, divided by what one saves, 2 µs. */
const DATAGRAMS_BEFORE_LOADING = 1000;
/** Long datagrams in one direction of a key before it gets a key schedule here (0.6 kB), which one screen is not worth. */
const DATAGRAMS_BEFORE_SCHEDULE = 8;

/** The runtime's AES as one core sees it: not there yet, there, or given up. */
export class RuntimeAes {
  readonly #load: LoadRuntimeCrypto | undefined;
  readonly #datagrams: () => number;
  #functions: RuntimeCrypto | undefined;
  #loadAfter = DATAGRAMS_BEFORE_LOADING;

  /** @param load undefined: this runtime has none */
  constructor(load: LoadRuntimeCrypto | undefined, datagrams: () => number) {
    this.#load = load;
    this.#datagrams = datagrams;
  }

  get functions(): RuntimeCrypto | undefined {
    return this.#functions;
  }

  /** A long datagram went by without it; after enough of them it is loaded. */
  missed(): void {
    if (--this.#loadAfter === 0) void this.load();
  }

  /** Loads it. Resolves to whether it is there and is AES; a runtime without it, or with another, has the wasm cipher. */
  async load(): Promise<boolean> {
    try {
      const functions = await this.#load?.(this.#datagrams);
      if (functions && isAes(functions)) this.#functions = functions;
    } catch {
      // No such module.
    }
    return this.#functions !== undefined;
  }

  /** It failed: never again. */
  giveUp(): void {
    this.#functions = undefined;
    this.#loadAfter = 0;
  }
}

/** One direction of one key: the schedule that the runtime keeps for it, made when it is worth it. */
export class RuntimeKey {
  readonly #aes: RuntimeAes;
  readonly #direction: Direction;
  #cipher: NativeCipher | undefined;
  #makeAfter: number;

  constructor(aes: RuntimeAes, direction: Direction, makeAfter = DATAGRAMS_BEFORE_SCHEDULE) {
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
    const functions = this.#aes.functions;
    if (functions === undefined) {
      this.#aes.missed();
      return false;
    }
    if (this.#cipher === undefined && this.#makeAfter-- > 0) return false;
    try {
      this.#cipher ??= create(functions, this.#direction, memory.bytes.subarray(key, key + KEY_BYTES));
      const blocks = this.#cipher.update(memory.bytes.subarray(from, from + length));
      if (blocks.length !== length) throw new Error("blocks are missing");
      memory.bytes.set(blocks, from);
      // With what is on the wire these give away the masks of OCB.
      blocks.fill(0);
      return true;
    } catch {
      this.#aes.giveUp();
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

const KEY_BYTES = 16;

function create(functions: RuntimeCrypto, direction: Direction, key: Uint8Array): NativeCipher {
  const make = direction === "encrypt" ? functions.createCipheriv : functions.createDecipheriv;
  const cipher = make("aes-128-ecb", key, null);
  cipher.setAutoPadding(false);
  return cipher;
}

/** Whether the functions do what FIPS 197, C.1 says, call after call, and hold no block back. */
function isAes(functions: RuntimeCrypto): boolean {
  const key = Uint8Array.from({ length: KEY_BYTES }, (_, n) => n);
  const plain = Uint8Array.fromHex("00112233445566778899aabbccddeeff");
  const sealed = Uint8Array.fromHex("69c4e0d86a7b0430d8cdb78070b4c55a");
  const maps = (direction: Direction, from: Uint8Array, to: Uint8Array): boolean => {
    const cipher = create(functions, direction, key);
    return [1, 2].every((count) => {
      const blocks = cipher.update(Buffer.concat(Array(count).fill(from)));
      return Buffer.concat(Array(count).fill(to)).equals(blocks);
    });
  };
  return maps("encrypt", plain, sealed) && maps("decrypt", sealed, plain);
}
