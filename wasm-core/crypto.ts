/**
 * Sealing and opening datagrams: AES-128-OCB3 (RFC 7253) of the wasm core behind handles that cannot be misused.
 *
 * A {@link Sealer} owns its sequence counter, inside the core, and writes the nonce itself; the counter only rises and a
 * handle cannot be copied, so no nonce is used twice with a key as long as each key gets one Sealer per direction. It is
 * not a replay filter and knows nothing of timestamps (ssp/datagram.ts). Made by Core.createSealer and Core.createOpener.
 */
import type { Abi } from "./abi.ts";
import type { Direction, RuntimeAes, RuntimeKey } from "./runtime-aes.ts";

const KEY_BYTES = 16;
const NONCE_BYTES = 8;
const TAG_BYTES = 16;
/** Where the wire nonce and the text are in the staging area (assembly/ocb.ts). */
const STAGED_NONCE = 8;
const STAGED_TEXT = 16;
/** Largest UDP payload over IPv4. */
const DATAGRAM_MAX = 65507;
/**
 * From this length of text on the runtime's AES is asked. In a loop it is as fast as the core's at 90 bytes, but leaves an array
 * to the garbage collector; with that it saves a third of the processor's time here and two thirds at 1,300.
 */
const LONG_TEXT = 256;
/** Long datagrams before the runtime's AES is loaded: what that costs, 2 ms, divided by what one saves, 2 µs. */
const DATAGRAMS_BEFORE_LOADING = 1000;
/** Bytes between the text and the associated data in the staging area: the cipher's slack and the alignment. */
const SLACK = 48;
/** Results of ocb_seal (assembly/ocb.ts). */
const EXHAUSTED_SEQUENCE = -2;

/** The key has been used up; the session must end [P 3.4]. */
export class FatalCryptoError extends Error {
  override readonly name = "FatalCryptoError";
}

/**
 * Loads the runtime's AES at a moment of its choice, for that takes milliseconds; undefined: this runtime has none.
 * `datagrams` says how many were sealed and opened so far: whether anything is going on.
 */
export type LoadRuntimeAes = (datagrams: () => number) => Promise<RuntimeAes | undefined>;

/** The staging area of a core: where bytes go in and out. */
class Staging {
  readonly abi: Abi;
  readonly at: number;
  /** Datagrams sealed and opened. */
  datagrams = 0;
  #bytes: Uint8Array;
  readonly #load: LoadRuntimeAes | undefined;
  #loading: Promise<boolean> | undefined;
  #aes: RuntimeAes | undefined;
  #longWithoutAes = 0;

  constructor(abi: Abi, load: LoadRuntimeAes | undefined) {
    this.abi = abi;
    this.at = abi.ocb_staging();
    this.#bytes = new Uint8Array(abi.memory.buffer);
    this.#load = load;
  }

  /** The linear memory. A view dies when the memory grows; then a new one is made. */
  get bytes(): Uint8Array {
    if (this.#bytes.length === 0) this.#bytes = new Uint8Array(this.abi.memory.buffer);
    return this.#bytes;
  }

  /** What the runtime has for one direction of a key, if it is there. Asked for each long datagram; enough of them load it. */
  runtimeKey(direction: Direction, makeAfter?: number): RuntimeKey | undefined {
    if (this.#aes === undefined && ++this.#longWithoutAes === DATAGRAMS_BEFORE_LOADING) void this.loadAes();
    return this.#aes?.key(direction, makeAfter);
  }

  /** Loads it, once. Resolves to whether it is there; where it is not, the core's own cipher does all. */
  loadAes(): Promise<boolean> {
    this.#loading ??= this.#tryToLoad();
    return this.#loading;
  }

  async #tryToLoad(): Promise<boolean> {
    try {
      this.#aes = await this.#load?.(() => this.datagrams);
    } catch {
      // No such module.
    }
    return this.#aes !== undefined;
  }

  /**
   * AES on `length` bytes from the text on, in place: what has to happen between ocb_seal_begin or ocb_open_begin and its
   * finish. By the runtime if it can, by the core otherwise.
   * @returns whether it was the runtime
   */
  cipher(direction: Direction, context: number, runtime: RuntimeKey | undefined, length: number): boolean {
    const from = this.at + STAGED_TEXT;
    // An address beyond 2 GiB comes as a negative number.
    if (runtime?.run(this, from, length, this.abi.ocb_key(context) >>> 0)) return true;
    if (direction === "encrypt") this.abi.aes_encrypt(context, from, length >> 4);
    else this.abi.aes_decrypt(context, from, length >> 4);
    return false;
  }

  /** Puts a key where ocb_create_* expects it; they wipe it. */
  stageKey(key: Uint8Array): void {
    if (!(key instanceof Uint8Array) || key.length !== KEY_BYTES) {
      const came = key instanceof Uint8Array ? `${key.length} bytes` : typeof key;
      throw new TypeError(`key: expected a Uint8Array of ${KEY_BYTES} bytes, came ${came}`);
    }
    this.bytes.set(key, this.at + STAGED_TEXT);
  }
}

/** One direction of one key. Freed by its owner; a freed handle throws. */
abstract class KeyHandle {
  protected readonly staging: Staging;
  #runtimeKey: RuntimeKey | undefined;
  #context: number;

  protected constructor(staging: Staging, context: number) {
    if (context === 0) throw new Error("no memory left for a key: the core's 4 GiB are in use");
    this.staging = staging;
    this.#context = context;
  }

  /** Address of the key context. @throws Error if the handle was freed */
  protected get context(): number {
    if (this.#context === 0) throw new Error(`${this.constructor.name}: used after free()`);
    return this.#context;
  }

  /** AES on `length` bytes of the staging area, from the text on, for a long datagram. */
  protected cipher(direction: Direction, length: number): void {
    this.#runtimeKey ??= this.staging.runtimeKey(direction);
    this.staging.cipher(direction, this.#context, this.#runtimeKey, length);
  }

  /** Zeroes the key material and gives the memory back. @throws Error if the handle was freed already */
  free(): void {
    this.staging.abi.ocb_free(this.context);
    this.#context = 0;
    this.#runtimeKey?.free();
  }
}

export class Sealer extends KeyHandle {
  /** Used by {@link Crypto}. */
  constructor(staging: Staging, key: Uint8Array, direction: 0 | 1) {
    if (direction !== 0 && direction !== 1) {
      throw new RangeError(`direction: expected 0 (to the server) or 1 (to the client), came ${direction}`);
    }
    staging.stageKey(key);
    super(staging, staging.abi.ocb_create_sealer(direction));
  }

  /** Sequence number of the next datagram: 0 … 2^63 - 1. */
  get nextSequence(): bigint {
    // WebAssembly hands a u64 over as a signed bigint.
    return BigInt.asUintN(64, this.staging.abi.ocb_sequence(this.context));
  }

  /** AES blocks of plaintext sealed so far [P 3.4]. */
  get blocks(): number {
    return Number(this.staging.abi.ocb_blocks(this.context));
  }

  /**
   * The next datagram: 8-byte nonce, ciphertext as long as the plaintext, 16-byte tag, in a fresh array.
   * @param plaintext at most 65,483 bytes
   * @throws FatalCryptoError when 2^47 blocks or 2^63 datagrams have been sealed, from then on always
   * @throws RangeError if the plaintext does not fit a UDP datagram; the sequence number is not used up
   */
  seal(plaintext: Uint8Array): Uint8Array {
    const { context, staging } = this;
    if (plaintext.length > DATAGRAM_MAX - NONCE_BYTES - TAG_BYTES) {
      throw new RangeError(
        `plaintext: expected at most ${DATAGRAM_MAX - NONCE_BYTES - TAG_BYTES} bytes, came ${plaintext.length}`,
      );
    }
    const { bytes, at } = staging;
    bytes.set(plaintext, at + STAGED_TEXT);
    staging.datagrams++;
    const { length } = plaintext;
    const refused =
      length < LONG_TEXT ? staging.abi.ocb_seal(context, length) : this.#sealLong(context, length);
    if (refused < 0) {
      throw new FatalCryptoError(
        refused === EXHAUSTED_SEQUENCE ? "Counter wrapped" : "Encrypted 2^47 blocks.",
      );
    }
    return staging.bytes.slice(at + STAGED_NONCE, at + STAGED_TEXT + length + TAG_BYTES);
  }

  #sealLong(context: number, length: number): number {
    const { abi } = this.staging;
    const blocks = abi.ocb_seal_begin(context, length);
    if (blocks < 0) return blocks;
    this.cipher("encrypt", blocks);
    abi.ocb_seal_finish(context, length);
    return 0;
  }

  /**
   * Gives up the next `sequences` numbers and `blocks` blocks of the key's allowance without sealing anything. Safe in
   * any situation, because both counters only rise; the tests reach the limits with it.
   * @throws RangeError if an argument is negative
   */
  burn(sequences: bigint, blocks: bigint): void {
    for (const [name, value] of [
      ["sequences", sequences],
      ["blocks", blocks],
    ] as const) {
      if (value < 0n || value >= 1n << 64n) {
        throw new RangeError(`${name}: expected 0 … 2^64 - 1, came ${value}`);
      }
    }
    this.staging.abi.ocb_burn(this.context, sequences, blocks);
  }
}

export class Opener extends KeyHandle {
  /** Used by {@link Crypto}. */
  constructor(staging: Staging, key: Uint8Array) {
    staging.stageKey(key);
    super(staging, staging.abi.ocb_create_opener());
  }

  /**
   * The plaintext of a datagram in a fresh array, or undefined if the datagram is too short, too long or its tag is
   * wrong. Never throws on data. Neither direction nor sequence number is checked here.
   */
  open(datagram: Uint8Array): Uint8Array | undefined {
    const { context, staging } = this;
    if (datagram.length < NONCE_BYTES + TAG_BYTES || datagram.length > DATAGRAM_MAX) return undefined;
    const { bytes, at } = staging;
    bytes.set(datagram, at + STAGED_NONCE);
    staging.datagrams++;
    const length = datagram.length - NONCE_BYTES - TAG_BYTES;
    const refused =
      length < LONG_TEXT ? staging.abi.ocb_open(context, length) : this.#openLong(context, length);
    return refused < 0 ? undefined : staging.bytes.slice(at + STAGED_TEXT, at + STAGED_TEXT + length);
  }

  #openLong(context: number, length: number): number {
    const { abi } = this.staging;
    this.cipher("decrypt", abi.ocb_open_begin(context, length));
    return abi.ocb_open_finish(context, length, TAG_BYTES);
  }
}

/** Arguments of {@link VectorOcb}: byte strings as in RFC 7253. */
export interface OcbInput {
  /** 16 bytes. */
  readonly key: Uint8Array;
  /** 0 … 15 bytes. */
  readonly nonce: Uint8Array;
  readonly ad: Uint8Array;
  /** Length of the tag in bytes, 1 … 16. */
  readonly tagBytes: number;
}

/**
 * OCB with everything chosen by the caller, nonce included: for test vectors only. It is kept apart from the session
 * classes and takes the key anew on each call, so that nothing can seal a session's datagrams with it by mistake.
 */
class VectorOcb {
  readonly #staging: Staging;

  constructor(staging: Staging) {
    this.#staging = staging;
  }

  /**
   * Ciphertext and tag.
   * @param by whose AES does the blocks; the runtime's has to be loaded
   * @throws TypeError or RangeError naming the argument that is out of range
   */
  seal(input: OcbInput, plaintext: Uint8Array, by: "core" | "runtime" = "core"): Uint8Array {
    return this.#run("encrypt", input, plaintext, plaintext.length, by)!;
  }

  /** Plaintext, or undefined if the tag is wrong. As {@link seal}. */
  open(input: OcbInput, ciphertext: Uint8Array, by: "core" | "runtime" = "core"): Uint8Array | undefined {
    const length = ciphertext.length - input.tagBytes;
    return length < 0 ? undefined : this.#run("decrypt", input, ciphertext, length, by);
  }

  #run(
    direction: Direction,
    input: OcbInput,
    text: Uint8Array,
    length: number,
    by: "core" | "runtime",
  ): Uint8Array | undefined {
    const { nonce, ad, tagBytes } = input;
    if (nonce.length > 15)
      throw new RangeError(`nonce: expected at most 15 bytes, came ${nonce.length} bytes`);
    if (!Number.isInteger(tagBytes) || tagBytes < 1 || tagBytes > 16) {
      throw new RangeError(`tagBytes: expected 1 … 16, came ${tagBytes}`);
    }
    if (text.length + ad.length > DATAGRAM_MAX - SLACK) {
      const came = text.length + ad.length;
      throw new RangeError(
        `text and ad: expected at most ${DATAGRAM_MAX - SLACK} bytes together, came ${came}`,
      );
    }
    const { abi, at } = this.#staging;
    this.#staging.stageKey(input.key);
    const context = abi.ocb_create_opener();
    if (context === 0) throw new Error("no memory left for a key: the core's 4 GiB are in use");
    const { bytes } = this.#staging;
    const runtimeKey = by === "runtime" ? this.#staging.runtimeKey(direction, 0) : undefined;
    try {
      const textAt = at + STAGED_TEXT;
      const adAt = textAt + text.length + SLACK - (text.length % 16);
      bytes.set(nonce, textAt - nonce.length);
      bytes.set(text, textAt);
      bytes.set(ad, adAt);
      const begin = direction === "encrypt" ? abi.ocb_seal_begin_ad : abi.ocb_open_begin_ad;
      const blocks = begin(context, nonce.length, adAt, ad.length, length, tagBytes);
      if (this.#staging.cipher(direction, context, runtimeKey, blocks) !== (by === "runtime")) {
        throw new Error("the runtime's AES is not there");
      }
      if (direction === "decrypt") {
        if (abi.ocb_open_finish(context, length, tagBytes) < 0) return undefined;
        return this.#staging.bytes.slice(textAt, textAt + length);
      }
      abi.ocb_seal_finish(context, length);
      return this.#staging.bytes.slice(textAt, textAt + length + tagBytes);
    } finally {
      runtimeKey?.free();
      abi.ocb_free(context);
    }
  }
}

/** The crypto part of a Core. */
export class Crypto {
  readonly #staging: Staging;
  /** See {@link VectorOcb}: test vectors only. */
  readonly vectors: VectorOcb;

  /** @param load gets the runtime's AES for long datagrams; undefined: there is none */
  constructor(abi: Abi, load?: LoadRuntimeAes) {
    this.#staging = new Staging(abi, load);
    this.vectors = new VectorOcb(this.#staging);
  }

  /** Loads the runtime's AES now, not when it is worth it: for tests and benchmarks. Resolves to whether it is there. */
  loadRuntimeAes(): Promise<boolean> {
    return this.#staging.loadAes();
  }

  createSealer(key: Uint8Array, direction: 0 | 1): Sealer {
    return new Sealer(this.#staging, key, direction);
  }

  createOpener(key: Uint8Array): Opener {
    return new Opener(this.#staging, key);
  }
}
