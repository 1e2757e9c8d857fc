/**
 * The tiny loader that knows Bun: finds core.wasm and makes the process's one Core.
 *
 * In an executable made by `bun build --compile` the module is an embedded file whose path tools/build.ts hands in
 * through {@link embedCore}; in a source checkout it is compiled on demand (compile.ts is imported only then).
 */
import { readFileSync } from "node:fs";
import { Core } from "./core.ts";
import type { RuntimeAes } from "./runtime-aes.ts";

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
/** Where datagrams never pause for 10 s there is a flood, in which 2 ms are not seen. */
const QUIET_TRIES = 20;

/** node:crypto takes 2 ms and 1.2 MB to load (nothing in a host, which has it already), and more at start-up. */
async function loadWhenQuiet(datagrams: () => number): Promise<RuntimeAes | undefined> {
  await quiet(datagrams, () => new Promise((resolve) => setTimeout(resolve, QUIET_MS).unref()));
  return (await import("./runtime-aes.ts")).RuntimeAes.of(await import("node:crypto"));
}

/** Resolves after a `pause` in which the number of datagrams has not changed, or after QUIET_TRIES of them. */
export async function quiet(datagrams: () => number, pause: () => Promise<void>): Promise<void> {
  for (let tries = 0, before = -1; tries < QUIET_TRIES && before !== datagrams(); tries++) {
    before = datagrams();
    await pause();
  }
}
