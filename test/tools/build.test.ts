/** The single-file executables of `npm run build`: every name does what it says, from any folder, without the sources. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dir, "../..");
const directory = mkdtempSync(join(tmpdir(), "sterna-build-"));
const dist = join(directory, "dist");

beforeAll(() => {
  const run = Bun.spawnSync([process.execPath, join(root, "tools/build.ts"), dist], {
    stdout: "pipe",
    stderr: "pipe",
  });
  if (run.exitCode !== 0) throw new Error(run.stderr.toString());
}, 60_000);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function run(name: string, args: string[], env: Record<string, string> = {}) {
  const { PATH = "", HOME = "", TERM = "xterm" } = process.env;
  const result = Bun.spawnSync([join(dist, name), ...args], {
    cwd: directory,
    env: { PATH, HOME, TERM, ...env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  return { status: result.exitCode, out: result.stdout.toString(), err: result.stderr.toString() };
}

const NAMES = ["mosh", "mosh-client", "mosh-server", "sterna", "sterna-bench", "sterna-server"];

test("dist/ holds one executable under six names", () => {
  expect(readdirSync(dist).sort()).toEqual(NAMES);
});

test("each name has its own version line and help", () => {
  for (const name of NAMES) {
    const version = run(name, ["--version"]);
    expect(version.status).toBe(0);
    expect(version.out).toStartWith(name);
    const help = run(name, ["--help"]);
    expect(help.status).toBe(0);
    expect(help.out).toContain("Usage");
  }
});

test("sterna-bench starts servers of its own and has its figures, those of its thread too", () => {
  const { status, out } = run("sterna-bench", [
    ...["--server", "new", "--sessions", "2", "--warmup", "0", "--duration", "3", "--json", "-"],
  ]);
  expect(status).toBe(0);
  const report = JSON.parse(out);
  expect(report.sessions).toEqual({ asked: 2, live: 2, failures: {}, left: 0 });
  expect(report.keyToScreen.count).toBeGreaterThan(10);
  expect(report.processes.count).toBe(1);
  expect(report.timeline.at(-1).privateBytes).toBeGreaterThan(1e6);
});

test("mosh-client -c counts colors", () => {
  expect(run("mosh-client", ["-c"], { TERM: "xterm-256color" })).toMatchObject({ status: 0, out: "256\n" });
});

test("mosh-server new starts the embedded core, prints MOSH CONNECT, detaches, and goes when told", async () => {
  const started = run("mosh-server", ["new", "-i", "127.0.0.1", "-p", "0"]);
  expect(started.status).toBe(0);
  expect(started.out).toMatch(/^MOSH CONNECT \d+ [A-Za-z0-9/+]{22}\n$/);
  const pid = Number(/pid = (\d+)\]/.exec(started.err)?.[1]);
  expect(pid).toBeGreaterThan(1);
  process.kill(pid, "SIGTERM");
  const deadline = performance.now() + 30_000;
  while (alive(pid) && performance.now() < deadline) await Bun.sleep(10);
  expect(alive(pid)).toBe(false);
});

test("run as a server under any name, as --local does, it is the user's own host", async () => {
  const env = { STERNA_HOST: "own", STERNA_RUNTIME_DIR: directory };
  for (const [words, says] of [
    [["new", "--name", "kept", "--", "cat"], "[session kept created"],
    [["attach", "kept"], "[session kept taken up again"],
  ] as const) {
    const { status, out, err } = run("sterna", ["--sterna-program=server", ...words], env);
    expect(err).toContain(says);
    expect(err).not.toContain("canonical name");
    expect({ status, out }).toEqual({ status: 0, out: expect.stringMatching(/^MOSH CONNECT \d+ \S{22}\n$/) });
  }
  expect(run("sterna-server", ["kill", "kept"], env).status).toBe(0);
});

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
