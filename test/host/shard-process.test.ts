/** A shard as a process of its own: how its supervisor notices that it hangs. */
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseConfig } from "../../server/host/config.ts";
import { ShardProcess } from "../../server/host/processes.ts";
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
