/**
 * Both ends of the protocol over a bad network, in virtual time, many seeds. STERNA_SEEDS=n runs n of them (default
 * 1,000), STERNA_SEED=n runs one, with a log.
 */
import { expect, test } from "bun:test";
import { loadCore } from "../../wasm-core/load.ts";
import { type Report, Run } from "./run.ts";

const SEEDS = Number(process.env.STERNA_SEEDS ?? 1000);
const core = await loadCore();
const ONE = process.env.STERNA_SEED;

if (ONE !== undefined) {
  test(`seed ${ONE}`, () => {
    console.log(new Run(Number(ONE), core, console.log).run());
  });
} else {
  test(`${SEEDS} seeds: the same screen, all input once and in order, a clean end, nothing left behind`, () => {
    const total = { virtualMs: 0, datagrams: 0, states: 0, hops: 0, attacks: 0, dropped: 0 };
    const failures: string[] = [];
    for (let seed = 0; seed < SEEDS && failures.length < 5; seed++) {
      let report: Report;
      try {
        report = new Run(seed, core).run();
      } catch (error) {
        failures.push(String(error));
        continue;
      }
      for (const key of Object.keys(total) as (keyof Report)[]) total[key] += report[key];
    }
    expect(failures).toEqual([]);
    console.log(`simulated ${JSON.stringify(total)}`);
  }, 600_000);
}
