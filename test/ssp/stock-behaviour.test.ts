/** That our ends not only understand the stock ones but send what they would have sent, when they would have sent it. */
import { describe, expect, test } from "bun:test";
import { PortHopper } from "../../client/port-hopper.ts";
import { MAX_STATE } from "../../ssp/params.ts";
import { loadCore } from "../../wasm-core/load.ts";
import { newClient, Watcher } from "./bench.ts";
import type { Name } from "./recordings.ts";
import { type Circumstances, type Replay, replayClient, replayServer, type Sent } from "./replay.ts";

const core = await loadCore();

/** [12 -> 14] ack 20, all below 12 forgotten */
function words({ oldNum, newNum, ackNum, throwawayNum }: Sent): string {
  return `[${oldNum} -> ${newNum}] ack ${ackNum}, all below ${throwawayNum} forgotten`;
}

/** Timers of stock programs fire up to 1 ms late, and 50 repetitions in a row (a blackout) add that up. */
function expectSameTimes({ stock, ours }: Replay, name: Name): void {
  const tolerance = name === "lossy-roam" ? 30 : 10;
  for (const [at, sent] of stock.entries())
    expect(Math.abs(ours[at]!.at - sent.at)).toBeLessThanOrEqual(tolerance);
}

describe("in the place of the stock client, ours sends the same instructions", () => {
  const cases: [Name, Circumstances][] = [
    ["basic", { delay: 0 }],
    ["resize", { delay: 0 }],
    ["lossy-roam", { delay: 60, timerLate: 1, heldBack: 4 }],
    // Not bulk and ipv6: there the stock client once woke up so late that it could acknowledge one more state.
  ];
  for (const [name, circumstances] of cases) {
    test(name, () => {
      const replay = replayClient(core, name, circumstances);
      expect(replay.ours.map(words)).toEqual(replay.stock.map(words));
      expect(replay.ours.map((sent) => sent.diffLength)).toEqual(replay.stock.map((sent) => sent.diffLength));
      expectSameTimes(replay, name);
    });
  }
});

describe("in the place of the stock server, ours sends the same instructions", () => {
  for (const name of ["basic", "resize", "bulk", "lossy-roam", "ipv6"] as const) {
    test(name, () => {
      const replay = replayServer(core, name, { delay: name === "lossy-roam" ? 60 : 0 });
      const [ours, stock] = [replay.ours, [...replay.stock]];
      expect(ours.length).toBe(stock.length);
      if (name === "resize") {
        // Twice our difference to the acknowledged state is so short that it is sent instead; stock's is not.
        for (const [at, sent] of stock.entries()) {
          if (sent.newNum !== 94 && sent.newNum !== 98) continue;
          expect(ours[at]!.oldNum).toBe(sent.throwawayNum);
          stock[at] = { ...sent, oldNum: sent.throwawayNum };
        }
      }
      expect(ours.map(words)).toEqual(stock.map(words));
      expectSameTimes(replay, name);
    });
  }
});

describe("a client that nobody answers", () => {
  test("sends each 3 s, changes its port after 12 s, and gives up with 16 tries 250 ms apart", () => {
    const client = newClient();
    client.current.pushResize(80, 24);
    const hopper = new PortHopper(0);
    const watcher = new Watcher();
    const times: number[] = [];
    const ports: number[] = [];
    let port = 1;
    let now = 0;
    while (client.ended(now) === undefined) {
      if (now >= 16_000) client.startShutdown(now);
      client.tick(now, (datagram) => {
        watcher.watch(datagram);
        times.push(now);
        ports.push(port);
        if (hopper.hop(now, client.lastSuccess)) port++;
      });
      now = Math.min(now + client.waitTime(now), now < 16_000 ? 16_000 : Number.POSITIVE_INFINITY);
    }
    const tries = Array.from({ length: 16 }, (_, n) => 16_000 + 250 * n);
    expect(times).toEqual([0, 3000, 6000, 9000, 12_000, 15_000, ...tries]);
    expect(ports).toEqual([1, 1, 1, 1, 1, 2, ...tries.map(() => 2)]);
    expect(client.ended(now)).toBe("gave-up");
    const numbers = watcher.seen.map(({ oldNum, newNum }) => `${oldNum} -> ${newNum}`);
    expect(numbers).toEqual([...Array(6).fill("0 -> 1"), ...Array(16).fill(`0 -> ${MAX_STATE}`)]);
    client.release();
  });
});
