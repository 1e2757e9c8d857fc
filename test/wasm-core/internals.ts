/**
 * The core's insides for tests: compiles wasm-core/assembly/internals.ts with the options of core.wasm, once per
 * version of the sources (compile.ts caches), and instantiates it with a memory of its own.
 */
import { readFileSync } from "node:fs";
import { compileCore } from "../../wasm-core/compile.ts";

type Call = (...args: number[]) => number;

/** Every export is a function over numbers, except the memory. */
export type Internals = Record<string, Call> & { memory: WebAssembly.Memory };

let module: WebAssembly.Module | undefined;

/** A fresh instance. */
export function loadInternals(): Internals {
  module ??= new WebAssembly.Module(readFileSync(compileCore("internals")));
  return new WebAssembly.Instance(module, {}).exports as unknown as Internals;
}
