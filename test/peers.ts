/**
 * External programs that tests talk to. A missing one is skipped loudly; with STERNA_REQUIRE_PEERS=1 (as .ci/run sets
 * it) a missing one is a failure.
 */
import { test } from "bun:test";

const required = process.env.STERNA_REQUIRE_PEERS === "1";
const announced = new Set<string>();

/** `test`, if all programs are in PATH; else a skipped test that says which are missing. */
export function peer(...programs: string[]): typeof test {
  const path = `${process.env.PATH ?? ""}:/usr/sbin:/sbin`;
  const missing = programs.filter((program) => Bun.which(program, { PATH: path }) === null);
  if (missing.length === 0) return test;
  if (required) {
    const failing = (name: string): void =>
      test(name, () => {
        throw new Error(`peer missing: ${missing.join(", ")} (STERNA_REQUIRE_PEERS=1)`);
      });
    return Object.assign(failing, { concurrent: failing }) as unknown as typeof test;
  }
  const note = `SKIPPED, peer missing: ${missing.join(", ")}`;
  if (!announced.has(note)) {
    announced.add(note);
    console.warn(note);
  }
  const skipping = (name: string): void => test.skip(name, () => {});
  return Object.assign(skipping, { concurrent: skipping }) as unknown as typeof test;
}
