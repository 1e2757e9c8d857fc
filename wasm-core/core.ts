/**
 * The one TypeScript face of the wasm core: typed handles over the exports of assembly/index.ts.
 *
 * One Core is one wasm instance with one linear memory for all sessions of a thread. Nothing outside wasm-core calls
 * an export or holds a pointer. A handle (Terminal, Sealer, Opener) that was freed throws when it is used.
 */
import type { Abi } from "./abi.ts";

export class Core {
  readonly #abi: Abi;

  /** @param module the compiled core.wasm (see load.ts) */
  constructor(module: WebAssembly.Module) {
    this.#abi = new WebAssembly.Instance(module, {}).exports as unknown as Abi;
  }

  /** Version of the ABI the module was built with. */
  get abiVersion(): number {
    return Number(this.#abi.ABI_VERSION.value);
  }
}
