/** A shard as a process of its own: how its supervisor notices that it hangs. */
import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseConfig } from "../../server/host/config.ts";
import { ShardProcess } from "../../server/host/processes.ts";
import { sharedNumber } from "../../server/host/shared-number.ts";
import { signal } from "../drivers/processes.ts";
import { until } from "../drivers/wait.ts";

const directory = mkdtempSync(join(tmpdir(), "sterna-shard-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test("a shard without a word for a minute hangs; one that speaks again does not", async () => {
  const { host, limits } = parseConfig("", "defaults");
  let died = "";
  const shard = new ShardProcess(
    {
      number: 0,
      count: 1,
      hubs: { addresses: ["127.0.0.1"], ports: { low: 62_300, high: 62_400 }, shared: false },
      directory,
      asRoot: false,
      config: { host, limits },
    },
    {
      ended: () => {},
      log: () => {},
      died: (status) => {
        died = status;
      },
    },
  );
  await shard.ready;
  signal(shard.pid, "SIGSTOP");
  const stuck = shard.call({ op: "stats" });
  for (let i = 0; i < 6; i++) expect(shard.tick()).toBe(false);
  expect(shard.tick()).toBe(true);
  // Whoever asks it is told within seconds, not half a minute.
  expect(await stuck).toMatchObject({ ok: false, code: "failed" });
  signal(shard.pid, "SIGCONT");
  await until("a word", () => !shard.tick() || undefined);
  expect(await shard.call({ op: "stats" })).toMatchObject({ ok: true });
  shard.kill();
  await until("its end", () => died === "SIGKILL");
  expect(shard.tick()).toBe(false);
});

test("a host whose shards cannot share a number serves, and says so", async () => {
  const { host, limits } = parseConfig("", "defaults");
  const there = join(directory, "unshared");
  mkdirSync(join(there, "keys"), { recursive: true });
  const said: string[] = [];
  let died = false;
  const shard = new ShardProcess(
    {
      number: 0,
      count: 2,
      hubs: { addresses: ["127.0.0.1"], ports: { low: 62_300, high: 62_400 }, shared: false },
      directory: there,
      asRoot: false,
      config: { host, limits },
    },
    {
      ended: () => {},
      log: (level, text) => said.push(`${level}: ${text}`),
      died: () => {
        died = true;
      },
    },
  );
  await shard.ready;
  expect(said.join("\n")).toMatch(/^warn: keys do not slow .*EISDIR/);
  shard.kill();
  await until("its end", () => died || undefined);
});

test("a shared number has its place on the disk: where that is full, touching a hole would end the process", () => {
  const path = join(directory, "number");
  const [one, other] = [sharedNumber(path), sharedNumber(path)];
  expect(statSync(path).blocks).toBeGreaterThan(0);
  one[0]!++;
  expect(other[0]).toBe(1);
});
