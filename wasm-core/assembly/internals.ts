/**
 * Second entry of the sources, for tests only: the insides that index.ts does not export. Never part of core.wasm;
 * test/wasm-core/internals.ts compiles it.
 */
export * from "./memory";
export * from "./lineage";
export * from "./unicode";
