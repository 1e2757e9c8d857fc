/** Shards behind one port: a datagram finds the shard that has its session. */
import { afterAll, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Siblings } from "../../server/host/siblings.ts";
import { until } from "../drivers/wait.ts";

const directory = mkdtempSync(join(tmpdir(), "sterna-siblings-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test("an address that another shard's client had before is tried elsewhere, too, when its datagrams are not taken", async () => {
  let now = 1000;
  /** By shard: the first byte of the datagrams that it can open. */
  const opens = [0, 1, 2];
  const taken: string[] = [];
  const offered = [0, 0, 0];
  const shards = opens.map(
    (_, number) =>
      new Siblings({
        directory,
        number,
        count: opens.length,
        clock: () => now,
        offer: (datagram) => {
          offered[number]!++;
          if (datagram[0] !== opens[number]) return false;
          taken.push(`${number}:${datagram[1]}`);
          return true;
        },
      }),
  );
  for (const shard of shards) shard.start();
  const from = { address: "192.0.2.7", port: 40_000 };
  const stray = (...bytes: number[]) => shards[0]!.stray(Uint8Array.from(bytes), from, false);
  // All of them are connected once both others have seen one.
  await until("the others", () => {
    stray(9, 0);
    return offered[1]! > 0 && offered[2]! > 0;
  });
  stray(1, 1);
  await until("shard 1", () => taken.includes("1:1"));
  // It is known now: the third hears nothing of it.
  let asked: number | undefined;
  await until("the route", () => {
    const before = offered[2]!;
    if (asked === before) return true;
    asked = before;
    stray(1, 2);
    return false;
  });
  taken.length = 0;
  // The client has gone; another one's session is in shard 2, its address the same.
  stray(2, 1);
  await until("shard 1's look", () => offered[1]! > 0);
  now += 1000;
  stray(2, 2);
  await until("shard 2", () => taken.includes("2:2"));
  // And noise does not make one lose its route.
  now += 1000;
  for (let i = 0; i < 50; i++) stray(9, 9);
  stray(2, 3);
  await until("shard 2 again", () => taken.includes("2:3"));
  for (const shard of shards) shard.close();
});

test("the directory is tidied away and comes back: the shards go on, and find each other again", async () => {
  const there = join(directory, "tidied");
  mkdirSync(there);
  let offered = 0;
  const shard = (number: number) =>
    new Siblings({
      directory: there,
      number,
      count: 2,
      clock: () => performance.now(),
      offer: () => {
        offered++;
        return false;
      },
    });
  const first = shard(0);
  first.start();
  rmSync(there, { recursive: true });
  const gone = performance.now();
  // It looks every 200 ms. What it throws would fail the test.
  await until("a look at nothing", () => performance.now() - gone > 500);
  mkdirSync(there);
  const second = shard(1);
  second.start();
  await until("the other", () => {
    first.stray(Uint8Array.of(1), { address: "192.0.2.7", port: 40_000 }, false);
    return offered > 0;
  });
  for (const each of [first, second]) each.close();
});
