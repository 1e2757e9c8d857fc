/** The module's exports as TypeScript sees them; mirrors assembly/index.ts line by line. Pointers are numbers. */
export interface Abi {
  readonly memory: WebAssembly.Memory;
  readonly ABI_VERSION: WebAssembly.Global;

  // crypto
  // memory
  /** Bytes of all blocks handed out by the pools. */
  bytesInUse(): number;
  /** Bytes of linear memory the pools own, in use or free. */
  bytesReserved(): number;
  // terminal
  // display
}
