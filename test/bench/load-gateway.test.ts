/** The load generator against a server that is not its own: an operator's host, through its ssh gateway. Root only. */
import { afterAll, beforeAll, expect } from "bun:test";
import { join } from "node:path";
import type { LoadReport } from "../../bench/load/report.ts";
import { until } from "../drivers/wait.ts";
import { freePort, isRoot, type OperatorHost, Place } from "../host/operator.ts";
import { peer } from "../peers.ts";

const test = isRoot ? peer("useradd", "login", "ssh", "ssh-keygen") : peer("root, to make users");
const program = join(import.meta.dir, "..", "..", "bench", "load.ts");
const port = freePort();
let place: Place;
let host: OperatorHost;
let user: string;

beforeAll(async () => {
  if (!isRoot) return;
  place = new Place();
  user = place.addUser("l");
  host = await place.start(
    [
      "[host]",
      'listen = ["127.0.0.1"]',
      'ports = "61700:61710"',
      "shards = 1",
      "[ssh]",
      `listen = ["127.0.0.1:${port}"]`,
      `host-keys = "${place.path}/keys"`,
      "",
    ].join("\n"),
  );
}, 60_000);
afterAll(() => place?.remove(), 60_000);

async function load(name: string): Promise<{ status: number; report: LoadReport }> {
  const ssh = [
    ...["ssh", "-F", "none", "-p", String(port), "-i", join(place.path, "id"), "-o", "BatchMode=yes"],
    ...["-o", "StrictHostKeyChecking=accept-new", "-o", `UserKnownHostsFile=${place.path}/known_hosts`],
    ...["-o", "LogLevel=ERROR", `${name}@127.0.0.1`, "mosh-server"],
  ];
  const child = Bun.spawn(
    [
      ...[process.execPath, program, "--server", ssh.join(" "), "--sessions", "3", "--rate", "8"],
      ...["--warmup", "0", "--duration", "2", "--json", "-", "--pid", String(host.pid)],
    ],
    { stdin: "ignore", stdout: "pipe", stderr: "ignore" },
  );
  const report = JSON.parse(await child.stdout.text()) as LoadReport;
  return { status: await child.exited, report };
}

test("sessions come through ssh, are charged to the processes that are named, and are gone after the run", async () => {
  const { status, report } = await load(user);
  expect(report.sessions).toEqual({ asked: 3, live: 3, failures: {}, left: 0 });
  expect(status).toBe(0);
  expect(report.keyToScreen.count).toBeGreaterThan(20);
  expect(report.unanswered).toBe(0);
  expect(report.processes.privateBytes).toBeGreaterThan(1e6);
  await until(
    "the sessions to be gone",
    async () => JSON.parse((await host.run("list", "--json", "--user", user)).out).length === 0,
  );
});

test("a login that is refused is a failure with ssh's reason", async () => {
  const { status, report } = await load(`${user}x`);
  expect(status).toBe(1);
  expect(report.sessions.live).toBe(0);
  const [[reason, count] = ["", 0]] = Object.entries(report.sessions.failures);
  expect([reason, count]).toEqual([expect.stringContaining("Permission denied"), 3]);
});
