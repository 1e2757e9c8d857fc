/** The module's exports as TypeScript sees them; mirrors assembly/index.ts line by line. Pointers are numbers. */
export interface Abi {
  readonly memory: WebAssembly.Memory;
  readonly ABI_VERSION: WebAssembly.Global;

  // crypto
  // memory
  // terminal
  // display
}
