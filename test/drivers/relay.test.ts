/** The relay does what its weather says, the same for the same seed. */
import { expect, test } from "bun:test";
import { type Direction, type Passage, Relay, type RelayOptions } from "./relay.ts";
import { until } from "./wait.ts";

interface Ends {
  readonly relay: Relay;
  /** What the server has received, with the address it came from. */
  readonly heard: { text: string; from: string }[];
  /** What the client has received. */
  readonly answers: string[];
  send(text: string): void;
  close(): void;
}

/** A server that echoes, after a time if asked to, a client, and the relay between them. */
async function ends(options: Omit<RelayOptions, "serverPort">, answerAfter = 0): Promise<Ends> {
  const heard: Ends["heard"] = [];
  const answers: string[] = [];
  const server = await Bun.udpSocket({
    hostname: "127.0.0.1",
    socket: {
      data: (socket, bytes, port, address) => {
        heard.push({ text: bytes.toString(), from: address });
        if (answerAfter === 0) socket.send(bytes, port, address);
        else setTimeout(() => socket.send(bytes, port, address), answerAfter);
      },
      error: () => {},
    },
  });
  const relay = await Relay.start({ ...options, serverPort: server.port });
  const client = await Bun.udpSocket({
    hostname: "127.0.0.1",
    socket: { data: (_socket, bytes) => void answers.push(bytes.toString()), error: () => {} },
  });
  return {
    relay,
    heard,
    answers,
    send: (text) => void client.send(text, relay.port, "127.0.0.1"),
    close: () => {
      relay.close();
      client.close();
      server.close();
    },
  };
}

/** Sends `count` numbered datagrams, few at a time, so that none is lost in a socket buffer. */
async function sendMany(e: Ends, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    e.send(String(i));
    if (i % 20 === 19) await until("the relay to take them", () => e.relay.passed("to-server").length > i);
  }
}

const fates = (relay: Relay, direction: Direction): Passage["fate"][] =>
  relay.passed(direction).map((passage) => passage.fate);

test("fair weather: everything passes, in order, both ways", async () => {
  const e = await ends({});
  await sendMany(e, 20);
  await until("the answers", () => e.answers.length === 20);
  expect(e.answers).toEqual(Array.from({ length: 20 }, (_, i) => String(i)));
  expect(e.heard.map((h) => h.text)).toEqual(e.answers);
  e.close();
});

test("loss: the share that was asked for, the same datagrams for the same seed", async () => {
  const runs: Passage["fate"][][] = [];
  for (const seed of [7, 7, 8]) {
    const e = await ends({ seed, weather: { loss: 0.2 } });
    await sendMany(e, 300);
    runs.push(fates(e.relay, "to-server"));
    const lost = runs.at(-1)!.filter((fate) => fate === "lost").length;
    await until("what was not lost", () => e.heard.length === 300 - lost);
    expect(lost).toBeGreaterThan(30);
    expect(lost).toBeLessThan(90);
    e.close();
  }
  expect(runs[1]).toEqual(runs[0]!);
  expect(runs[2]).not.toEqual(runs[0]!);
});

test("duplicates arrive twice, held-back datagrams behind later ones", async () => {
  const e = await ends({ seed: 3, weather: { duplicate: 0.3, reorder: 0.2, reorderBy: 15 } });
  await sendMany(e, 100);
  await until(
    "all, some of them twice",
    () => new Set(e.heard.map((h) => h.text)).size === 100 && e.heard.length > 110,
  );
  const first = [...new Set(e.heard.map((h) => Number(h.text)))];
  expect(first).not.toEqual([...first].sort((a, b) => a - b));
  e.close();
});

test("delay: nothing arrives earlier", async () => {
  const e = await ends({ weather: { delay: 30 } });
  const sent = performance.now();
  e.send("x");
  await until("the answer", () => e.answers.length === 1);
  expect(performance.now() - sent).toBeGreaterThanOrEqual(59);
  e.close();
});

test("blackout: nothing passes until it is over", async () => {
  const e = await ends({});
  e.relay.blackout(60);
  e.send("in the dark");
  await until("the relay to take it", () => e.relay.log.length === 1);
  await until("the light", () => {
    e.send("in the light");
    return e.heard.length > 0;
  });
  expect(e.heard[0]!.text).toBe("in the light");
  expect(fates(e.relay, "to-server")[0]).toBe("dark");
  e.close();
});

test("roaming: the server sees another address, and what goes to the old one is lost", async () => {
  const e = await ends({}, 50);
  e.send("from home");
  await until("it to arrive", () => e.heard.length === 1);
  await e.relay.roam("127.0.0.2");
  e.send("from abroad");
  await until("the answer to the second", () => e.answers.length === 1);
  expect(e.heard.map((h) => h.from)).toEqual(["127.0.0.1", "127.0.0.2"]);
  expect(e.answers).toEqual(["from abroad"]);
  expect(fates(e.relay, "to-client")).toEqual(["foreign", "sent"]);
  e.close();
});
