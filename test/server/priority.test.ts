/**
 * Short slices of the scheduler: the process that serves has them, the programs of its sessions do not. What the kernel
 * says of them is in /proc/PID/sched, which not every kernel has; those before 6.12 know no slices of a thread's own.
 */
import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const [major = 0, minor = 0] = readFileSync("/proc/sys/kernel/osrelease", "latin1").split(".").map(Number);
const shown =
  existsSync("/proc/self/sched") &&
  readFileSync("/proc/self/sched", "latin1").includes("se.slice") &&
  (major > 6 || (major === 6 && minor >= 12));

/** A process of its own: what it takes it cannot give back. */
const SCRIPT = `
  import { readFileSync } from "node:fs";
  import { getPriority } from "node:os";
  import { Pty } from "./server/pty.ts";
  import { takePrecedence, takeShortSlices } from "./sys/priority.ts";
  const see = (text) => ({ policy: Number(/policy\\s*:\\s*(\\d+)/.exec(text)[1]), slice: Number(/se\\.slice\\s*:\\s*(\\d+)/.exec(text)[1]), nice: Number(/prio\\s*:\\s*(\\d+)/.exec(text)[1]) - 120 });
  const usual = see(readFileSync("/proc/self/sched", "latin1"));
  const taken = process.argv.includes("precedence") ? takePrecedence(-5) : takeShortSlices();
  const own = see(readFileSync("/proc/self/sched", "latin1"));
  let output = "";
  const decoder = new TextDecoder();
  await new Promise((resolve) => new Pty(
    { command: ["cat", "/proc/self/sched"], environment: { PATH: process.env.PATH }, directory: "/", cols: 80, rows: 24 },
    { data: (bytes) => { output += decoder.decode(bytes, { stream: true }); }, exit: resolve },
  ));
  console.log(JSON.stringify({ taken, usual, own, child: see(output) }));
`;

interface Scheduling {
  readonly policy: number;
  readonly slice: number;
  readonly nice: number;
}

function run(
  words: readonly string[] = [],
  under: readonly string[] = [],
): Record<"usual" | "own" | "child", Scheduling> & { readonly taken: boolean } {
  const root = join(import.meta.dir, "../..");
  const result = Bun.spawnSync([...under, process.execPath, "-e", SCRIPT, ...words], { cwd: root });
  expect(result.stderr.toString()).toBe("");
  return JSON.parse(result.stdout.toString());
}

test.skipIf(!shown)("short slices are this process's, not the program's in the session", () => {
  const { taken, usual, own, child } = run();
  expect(taken).toBe(true);
  expect(own).toEqual({ policy: 0, slice: 100_000, nice: usual.nice });
  expect(child).toEqual(usual);
});

test.skipIf(!shown || process.getuid!() !== 0)("so is precedence", () => {
  const { taken, usual, own, child } = run(["precedence"]);
  expect(taken).toBe(true);
  expect(own).toEqual({ policy: 0, slice: 100_000, nice: -5 });
  expect(child).toEqual({ policy: 0, slice: usual.slice, nice: Math.max(0, usual.nice) });
});

test.skipIf(!shown || !Bun.which("chrt"))("a process in another class stays there", () => {
  const { taken, usual, own, child } = run([], ["chrt", "--batch", "0"]);
  expect(taken).toBe(false);
  expect(own).toEqual(usual);
  expect(child).toEqual(usual);
});
