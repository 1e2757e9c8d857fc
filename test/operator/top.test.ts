/** The page of `top`: figures, rates, order, and that nothing a program wrote gets out of its column. */
import { expect, test } from "bun:test";
import type { SessionInfo, StatsReply } from "../../server/host/messages.ts";
import { ShardMetrics } from "../../server/operator/metrics.ts";
import { topPage } from "../../server/operator/top.ts";

const session = (name: string, user: string, lastSeen: number, srttMs?: number): SessionInfo => ({
  name,
  user,
  created: lastSeen,
  lastSeen,
  command: "vim\x1b[31m",
  size: { cols: 80, rows: 24 },
  title: "",
  attachments:
    srttMs === undefined ? [] : [{ peer: "192.0.2.1:5000", readOnly: false, silentMs: 100, srttMs }],
  shard: 0,
});

function stats(accepted: number, cpu: number): StatsReply {
  const metrics = new ShardMetrics();
  for (let i = 0; i < accepted; i++) metrics.datagram("accepted", 80);
  const figures = metrics.figures({
    shard: 0,
    pid: 1,
    sessions: 2,
    attachments: 1,
    wasmInUse: 1,
    wasmReserved: 2,
    rss: 50e6,
    cpu,
  });
  return {
    ok: true,
    shards: [figures],
    sessions: [session("old", "alice", 900_000), session("new", "bob", 1_000_000, 42)],
  };
}

const view = {
  stats: stats(300, 1.5),
  before: stats(100, 1),
  elapsedMs: 2000,
  order: "s",
  size: { cols: 100, rows: 24 },
  now: 1_000_500,
};

test("figures and rates of the shards, the session seen last first", () => {
  const page = topPage(view);
  expect(page[0]).toBe("sterna: 2 sessions, 1 with somebody there");
  expect(page[1]).toMatch(/^shard 0: +2 sessions +25 % cpu +50 MB +100 in\/s +0 out\/s +0\.0 MB\/s output$/);
  expect(page[4]).toMatch(/^bob +new +vim\[31m +80x24 +now +42 ms +192\.0\.2\.1:5000$/);
  expect(page[5]).toMatch(/^alice +old +vim\[31m +80x24 +100 s ago +- +none$/);
  expect(page.join("")).not.toContain("\x1b");
});

test("other orders, and a window that is too small", () => {
  expect(topPage({ ...view, order: "u" })[4]).toStartWith("alice");
  expect(topPage({ ...view, order: "r" })[4]).toStartWith("bob");
  const small = topPage({ ...view, size: { cols: 20, rows: 5 } });
  expect(small.length).toBe(4);
  for (const row of small) expect(row.length).toBeLessThanOrEqual(20);
});
