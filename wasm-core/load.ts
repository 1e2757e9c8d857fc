/**
 * The tiny loader that knows Bun: finds core.wasm and makes the process's one Core.
 *
 * In an executable made by `bun build --compile` the module is an embedded file whose path tools/build.ts hands in
 * through {@link embedCore}; in a source checkout it is compiled on demand (compile.ts is imported only then).
 */
import { readFileSync } from "node:fs";
import { Core } from "./core.ts";

let embedded: string | undefined;
let core: Core | undefined;

/** Called once by a compiled executable's entry with the path of the embedded module. */
export function embedCore(path: string): void {
  embedded = path;
}

/** The process's one core: one instance, one linear memory, all sessions (architecture, "The core"). */
export async function loadCore(): Promise<Core> {
  if (core) return core;
  const path = embedded ?? (await import("./compile.ts")).compileCore();
  core = new Core(new WebAssembly.Module(readFileSync(path)));
  return core;
}
