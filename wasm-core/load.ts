/**
 * The tiny loader that knows Bun: finds core.wasm and makes the process's one Core.
 *
 * In an executable made by `bun build --compile` the module is an embedded file whose path tools/build.ts hands in
 * through {@link embedCore}; in a source checkout it is compiled on demand (compile.ts is imported only then).
 */
import { readFileSync } from "node:fs";
import { Core } from "./core.ts";
import type { LoadRuntimeCrypto } from "./runtime-aes.ts";

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
  core = new Core(new WebAssembly.Module(readFileSync(path)), loadWhenQuiet);
  return core;
}

/** A pause of this length in all datagrams: nobody waits for the echo of a key, and the next one is not due yet. */
const QUIET_MS = 500;
/** Under datagrams without a pause the frames that load the machine come first anyway; then it is loaded among them. */
const QUIET_TRIES = 20;

/** node:crypto, which takes 3 ms and 1.5 MB to load (nothing in a host, which has it already), so never at start-up. */
const loadWhenQuiet: LoadRuntimeCrypto = async (datagrams) => {
  for (let tries = 0, before = -1; tries < QUIET_TRIES && before !== datagrams(); tries++) {
    before = datagrams();
    await new Promise<void>((resolve) => setTimeout(resolve, QUIET_MS).unref());
  }
  return import("node:crypto");
};
