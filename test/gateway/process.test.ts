/** The gateway as a process, with this test in the supervisor's place. */
import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseConfig } from "../../server/host/config.ts";
import type { FromGateway, GatewaySettings, ToGateway } from "../../server/host/gateway-link.ts";
import { until } from "../drivers/wait.ts";
import { freePort } from "../host/operator.ts";

const root = join(import.meta.dir, "../..");
const path = mkdtempSync(join(tmpdir(), "sterna-gateway-"));
const running: Bun.Subprocess[] = [];
afterEach(async () => {
  for (const child of running.splice(0)) {
    child.kill("SIGKILL");
    await child.exited;
  }
  rmSync(path, { recursive: true, force: true });
});

function start(port: number, ...more: ToGateway[]): { said: FromGateway[]; child: Bun.Subprocess } {
  const said: FromGateway[] = [];
  const child = Bun.spawn({
    cmd: [
      "/bin/sh",
      "-c",
      'ulimit -S -c unlimited; exec "$@"',
      "sh",
      process.execPath,
      join(root, "server.ts"),
      "host",
      "gateway",
    ],
    stdio: ["ignore", "inherit", "inherit"],
    serialization: "json",
    ipc: (message) => void said.push(message as FromGateway),
  });
  running.push(child);
  const settings: GatewaySettings = {
    socket: join(path, "host.sock"),
    ssh: {
      listen: [`127.0.0.1:${port}`],
      hostKeys: join(path, "keys"),
      exec: false,
      maxConnections: 10,
      graceTime: 10_000,
    },
    users: { allow: [], deny: [], allowGroups: [], denyGroups: [], root: true },
    limits: parseConfig("", "none").limits,
  };
  for (const message of [{ kind: "start", settings } as const, ...more]) child.send(message);
  return { said, child };
}

/** What the gateway says first on a connection; undefined: there is none. */
function greeting(port: number): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const socket = createConnection({ host: "127.0.0.1", port });
  socket.on("error", () => resolve(undefined)).on("close", () => resolve(undefined));
  socket.on("data", (bytes) => {
    resolve(bytes.toString());
    socket.destroy();
  });
  return promise;
}

test("it listens until it is told to drain; who is connected then stays", async () => {
  const port = freePort();
  const { said, child } = start(port);
  await until("ready", () => said.some(({ kind }) => kind === "ready"));
  // Its memory has the host's keys.
  const limits = readFileSync(`/proc/${child.pid}/limits`, "utf8");
  expect(limits).toMatch(/^Max core file size +0 /m);
  const early = createConnection({ host: "127.0.0.1", port }).on("error", () => {});
  const banner = Promise.withResolvers<string>();
  early.on("data", (bytes) => banner.resolve(bytes.toString()));
  expect(await banner.promise).toStartWith("SSH-2.0-sterna");
  const closed = Promise.withResolvers<void>();
  early.on("close", () => closed.resolve());
  child.send({ kind: "drain" } satisfies ToGateway);
  await until("no more", async () => (await greeting(port)) === undefined);
  // A login under way goes on: the key exchange begins.
  const exchange = Promise.withResolvers<void>();
  early.on("data", () => exchange.resolve());
  early.write("SSH-2.0-test\r\n");
  await exchange.promise;
  early.destroy();
  await closed.promise;
});

test("a word to drain that comes while it starts is not lost", async () => {
  const port = freePort();
  const { said } = start(port, { kind: "drain" });
  await until("ready", () => said.some(({ kind }) => kind === "ready"));
  expect(await greeting(port)).toBeUndefined();
});

test("why it does not start is said", async () => {
  const port = freePort();
  const other = Bun.listen({ hostname: "127.0.0.1", port, socket: { data() {} } });
  const { said, child } = start(port);
  expect(await child.exited).toBe(1);
  other.stop(true);
  expect(said).toMatchObject([{ kind: "failed", message: expect.stringContaining("EADDRINUSE") }]);
});
