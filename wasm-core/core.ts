/**
 * The one TypeScript face of the wasm core: typed handles over the exports of assembly/index.ts.
 *
 * One Core is one wasm instance with one linear memory for all sessions of a thread. Nothing outside wasm-core calls
 * an export or holds a pointer. A handle (Terminal, Sealer, Opener) that was freed throws when it is used.
 */
import { type Abi, ROLE_HOST, ROLE_REPAIR_D1 } from "./abi.ts";
import { Crypto, type LoadRuntimeAes, type Opener, type Sealer } from "./crypto.ts";
import { HeldOutput } from "./held.ts";
import { type Role, Terminal } from "./terminal.ts";
import { Views } from "./views.ts";

export { ATTR, COLOR } from "./abi.ts";
export { FatalCryptoError, type Opener, type Sealer } from "./crypto.ts";
export type { Cell, Rendition } from "./rendition.ts";
export type { DiffOptions, Role, Terminal } from "./terminal.ts";

const ROLES: Record<Role, number> = { host: ROLE_HOST, replica: 0, "replica-repair": ROLE_REPAIR_D1 };

export class Core {
  readonly #abi: Abi;
  readonly #views: Views;
  readonly #held: HeldOutput;
  readonly #crypto: Crypto;

  /**
   * @param module the compiled core.wasm (see load.ts)
   * @param loadRuntimeAes gets the runtime's AES for long datagrams; without it, or until it is there, the core's own does
   */
  constructor(module: WebAssembly.Module, loadRuntimeAes?: LoadRuntimeAes) {
    this.#abi = new WebAssembly.Instance(module, {}).exports as unknown as Abi;
    this.#views = new Views(this.#abi);
    this.#held = new HeldOutput(this.#abi, this.#views);
    this.#crypto = new Crypto(this.#abi, loadRuntimeAes);
  }

  /** Version of the ABI the module was built with. */
  get abiVersion(): number {
    return Number(this.#abi.ABI_VERSION.value);
  }

  /**
   * A blank terminal, the first of a new lineage.
   * @param cols,rows clamped to 1..4096
   */
  createTerminal(cols: number, rows: number, role: Role): Terminal {
    return new Terminal(
      this.#abi,
      this.#views,
      this.#held,
      this.#abi.terminal_create(cols, rows, ROLES[role]),
    );
  }

  /** Bytes the pools have handed out (0 when everything was freed) and bytes of linear memory they own. */
  memory(): { bytesInUse: number; bytesReserved: number } {
    this.#held.draw();
    return { bytesInUse: this.#abi.memory_in_use(), bytesReserved: this.#abi.memory_reserved() };
  }

  /**
   * A sealing handle for one direction of a session, from sequence number 0. Call it once per key and direction.
   * @param key 16 bytes; not kept by reference
   * @param direction 0 = client to server, 1 = server to client [P 3.1]
   */
  createSealer(key: Uint8Array, direction: 0 | 1): Sealer {
    return this.#crypto.createSealer(key, direction);
  }

  /** An opening handle for both directions of a key. @param key 16 bytes; not kept by reference */
  createOpener(key: Uint8Array): Opener {
    return this.#crypto.createOpener(key);
  }

  /** Loads the runtime's AES now, not when it is worth it: for benchmarks. Resolves to whether it is there. */
  loadRuntimeAes(): Promise<boolean> {
    return this.#crypto.loadRuntimeAes();
  }

  /** OCB with a nonce of the caller's choice, for test vectors only: a session uses createSealer and createOpener. */
  get ocbForVectors(): Crypto["vectors"] {
    return this.#crypto.vectors;
  }
}
