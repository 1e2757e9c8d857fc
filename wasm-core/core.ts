/**
 * The one TypeScript face of the wasm core: typed handles over the exports of assembly/index.ts.
 *
 * One Core is one wasm instance with one linear memory for all sessions of a thread. Nothing outside wasm-core calls
 * an export or holds a pointer. A handle (Terminal, Sealer, Opener) that was freed throws when it is used.
 */
import { type Abi, ROLE_HOST, ROLE_REPAIR_D1 } from "./abi.ts";
import { type Role, Terminal } from "./terminal.ts";
import { Views } from "./views.ts";

export type { Role, Terminal } from "./terminal.ts";

const ROLES: Record<Role, number> = { host: ROLE_HOST, replica: 0, "replica-repair": ROLE_REPAIR_D1 };

export class Core {
  readonly #abi: Abi;
  readonly #views: Views;

  /** @param module the compiled core.wasm (see load.ts) */
  constructor(module: WebAssembly.Module) {
    this.#abi = new WebAssembly.Instance(module, {}).exports as unknown as Abi;
    this.#views = new Views(this.#abi);
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
    return new Terminal(this.#abi, this.#views, this.#abi.terminal_create(cols, rows, ROLES[role]));
  }

  /** Bytes the pools have handed out (0 when everything was freed) and bytes of linear memory they own. */
  memory(): { bytesInUse: number; bytesReserved: number } {
    return { bytesInUse: this.#abi.memory_in_use(), bytesReserved: this.#abi.memory_reserved() };
  }
}
