/** The load generator as it is called, against real servers of both makes. */
import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LoadReport } from "../../bench/load/report.ts";
import { familyOf, gone } from "../drivers/processes.ts";
import { peer } from "../peers.ts";

const program = join(import.meta.dir, "..", "..", "bench", "load.ts");

interface Result {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

async function load(...args: string[]): Promise<Result> {
  const child = Bun.spawn([process.execPath, program, ...args], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  return { status: await child.exited, out, err };
}

/** A short run; its report, after what must hold of every one. */
async function report(server: string, ...args: string[]): Promise<LoadReport> {
  const { status, out, err } = await load(
    ...["--server", server, "--warmup", "0.5", "--duration", "2", "--json", "-"],
    ...args,
  );
  if (status !== 0) throw new Error(`status ${status}\n${out}\n${err}`);
  const found = JSON.parse(out) as LoadReport;
  expect(found.sessions.failures).toEqual({});
  expect(found.sessions.live).toBe(found.sessions.asked);
  expect(found.unanswered).toBe(0);
  // A line of progress each second.
  expect(err).toMatch(/^ *measuring +\d+\/\d s +\d+ sessions +\d+ keys\/s/m);
  return found;
}

function expectMeasured(found: LoadReport): void {
  expect(found.keys).toBeGreaterThan(20);
  expect(found.keyToScreen.count).toBeGreaterThan(20);
  expect(found.keyToScreen.p50).toBeGreaterThan(0);
  expect(found.keyToAck.p50).toBeGreaterThan(found.keyToScreen.p50);
  expect(found.traffic.datagramsOut).toBeGreaterThan(found.keys);
  expect(found.traffic.datagramsIn).toBeGreaterThan(found.keys);
  expect(found.processes.privateBytes).toBeGreaterThan(100_000);
  expect(found.processes.cpuSeconds).toBeGreaterThan(0);
}

peer("mosh-server")("against stock mosh-server: one process a session is found and charged", async () => {
  const found = await report("stock", "--sessions", "4", "--rate", "8");
  expectMeasured(found);
  expect(found.processes.count).toBe(4);
});

test("against sterna-server new: one host for all is found and charged once", async () => {
  const found = await report("new", "--sessions", "4", "--rate", "8");
  expectMeasured(found);
  expect(found.processes.count).toBe(1);
});

test("against an operator's host: supervisor and shards are charged", async () => {
  const found = await report("host", "--sessions", "4", "--rate", "8", "--shards", "2");
  expectMeasured(found);
  expect(found.processes.count).toBe(3);
});

peer(
  "mosh-server",
  "vim",
  "less",
  "bash",
)("every behaviour finds its program, also over a bad network", async () => {
  const found = await report(
    "stock",
    ...["--sessions", "6", "--mix", "idle,typist,editor,pager,flood,replay", "--rate", "8"],
    ...["--replay", join(import.meta.dir, "..", "recordings", "typing", "bash.jsonl")],
    ...["--impair", "delay=10,jitter=3,loss=2%", "--roam", "1"],
  );
  expect(Object.keys(found.behaviours).sort()).toEqual([
    "editor",
    "flood",
    "idle",
    "pager",
    "replay",
    "typist",
  ]);
  for (const name of ["typist", "editor", "pager"])
    expect(found.behaviours[name]!.keyToScreen.count).toBeGreaterThan(3);
  for (const name of ["typist", "editor", "pager"])
    expect(found.behaviours[name]!.keyToScreen.p50).toBeGreaterThan(20);
  // How many is the server's business: most of its screens are alike.
  expect(found.behaviours.flood!.frames).toBeGreaterThan(0);
  expect(found.behaviours.replay!.keyToAck.count).toBeGreaterThan(0);
  expect(found.network.sent).toBeGreaterThan(100);
});

test("keys that are typed ahead of a slow line are told apart", async () => {
  // Returns and the letters after them arrive in one datagram.
  const found = await report(
    "new",
    ...["--sessions", "4", "--rate", "40", "--impair", "delay=150", "--warmup", "2"],
  );
  expect(found.keyToScreen.count).toBe(found.keys);
  expect(found.keyToScreen.p50).toBeGreaterThan(295);
  expect(found.keyToScreen.max).toBeLessThan(3000);
});

test("a server that cannot be started is a failure with its reason, not a crash", async () => {
  const { status, out } = await load(
    "--server",
    "sh -c false",
    "--sessions",
    "3",
    "--warmup",
    "0",
    "--duration",
    "0.2",
  );
  expect(status).toBe(1);
  expect(out).toContain("failed: 3 × no session: status 1, no MOSH CONNECT");
});

test("with a limit that nobody can keep it stops on the ramp, three judged seconds after warming up", async () => {
  const { status, out, err } = await load(
    ...["--server", "new", "--sessions", "40", "--ramp", "20", "--warmup", "1", "--limit", "0.02"],
    ...["--json", "-"],
  );
  expect([status, err]).toEqual([0, expect.stringContaining("of 40 sessions")]);
  const found = JSON.parse(out) as LoadReport;
  expect(found.brokeAt).toBeGreaterThan(0);
  expect(found.brokeAt).toBeLessThan(20);
  const { timeline } = found;
  expect(timeline.at(-3)!.sessions).toBe(found.brokeAt!);
  expect(timeline.at(-3)!.elapsed).toBe(2);
  expect(found.sessions.failures).toEqual({});
});

test("a blackout swallows everything for its time; keys typed into it wait, and those put off are charged from when they were due", async () => {
  const found = await report(
    "new",
    ...["--sessions", "2", "--rate", "100", "--duration", "4", "--blackout", "1:2"],
  );
  expect(found.network.dark).toBeGreaterThan(20);
  expect(found.behaviours.typist!.held).toBeGreaterThan(50);
  expect(found.keyToScreen.count).toBe(found.keys);
  expect(found.keyToScreen.max).toBeGreaterThan(1900);
  // Half of the time is dark, so a good part of all keys waited long.
  expect(found.keyToScreen.p90).toBeGreaterThan(1000);
});

test("an interrupt ends a run early, and it still reports", async () => {
  const child = Bun.spawn(
    [process.execPath, program, "--server", "new", "--sessions", "2", "--duration", "600", "--warmup", "0"],
    {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    },
  );
  let progress = "";
  for await (const chunk of child.stderr) {
    progress += new TextDecoder().decode(chunk);
    if (/2 sessions/.test(progress) && !child.killed) child.kill("SIGINT");
  }
  expect(await child.exited).toBe(0);
  expect(await child.stdout.text()).toContain("2 of 2 sessions");
});

test("a second interrupt ends at once, and the server with it", async () => {
  const child = Bun.spawn(
    [process.execPath, program, "--server", "host", "--sessions", "2", "--duration", "600", "--warmup", "0"],
    { stdin: "ignore", stdout: "pipe", stderr: "pipe" },
  );
  let family: number[] = [];
  let progress = "";
  for await (const chunk of child.stderr) {
    progress += new TextDecoder().decode(chunk);
    if (!/2 sessions/.test(progress) || family.length > 0) continue;
    family = familyOf(child.pid);
    // The generator, the supervisor, two shards, and programs in sessions.
    expect(family.length).toBeGreaterThan(4);
    child.kill("SIGINT");
    child.kill("SIGTERM");
  }
  expect(await child.exited).toBe(130);
  await gone(family);
});

test("words on the command line that mean nothing are refused with what was expected", async () => {
  for (const [args, said] of [
    [["--sessions", "0"], '--sessions: "0" is not a number from 1'],
    [["--sessions", "1.5"], "not a whole number"],
    [["--rate", "fast"], '--rate: "fast"'],
    [["--mix", "dancer"], '"dancer" is none of idle, typist'],
    [["--mix", "replay"], "--replay FILE"],
    [["--impair", "loss=2"], "out of range"],
    [["--blackout", "soon"], "AT:SECONDS"],
    [["--nonsense"], "nonsense"],
    [["--replay", "/no/such/file"], "/no/such/file"],
    [["--server", "true", "--pid", "1;2"], "process id"],
    [["--pid", "1"], "named by its command"],
    [["--server", "hots"], '"hots" is none of stock, standalone, new, host, and no command'],
    [["--compare", "new", "/no/such/server"], '"/no/such/server" is none of'],
    [["--duration", "5", "--blackout", "6:1"], "at 6 s the measured 5 s are over"],
    [["--json", "/no/such/directory/file"], '--json: cannot write "/no/such/directory/file"'],
    [["--html", "/tmp"], "it is a directory"],
  ] as const) {
    const { status, out, err } = await load(...args);
    expect(status).toBe(1);
    expect(out).toBe("");
    expect(err).toContain(said);
  }
  expect((await load("--help")).out).toStartWith("Usage: sterna-bench");
  expect((await load("--version")).out).toStartWith("sterna-bench ");
});

test("--json FILE holds the report, and standard output the same for people", async () => {
  const directory = mkdtempSync(join(tmpdir(), "sterna-load-test-"));
  try {
    const file = join(directory, "report.json");
    const { out } = await load(
      "--server",
      "new",
      "--sessions",
      "2",
      "--warmup",
      "0",
      "--duration",
      "1",
      "--json",
      file,
    );
    const found = JSON.parse(readFileSync(file, "utf8")) as LoadReport;
    expect(found.format).toBe("sterna load 1");
    expect(out).toContain(`keys: ${found.keys} typed`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
