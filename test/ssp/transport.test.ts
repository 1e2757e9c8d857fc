/** One endpoint against hand-made datagrams: what is dropped and counted, and that nothing else comes of it. */
import { afterEach, describe, expect, test } from "bun:test";
import { compress } from "../../ssp/compression.ts";
import { DROP_REASONS, type DropReason } from "../../ssp/drops.ts";
import { encodeFragment, split } from "../../ssp/fragment.ts";
import { encodeHostMessage } from "../../ssp/host-message.ts";
import { MAX_STATE } from "../../ssp/params.ts";
import { TerminalState } from "../../ssp/terminal-state.ts";
import { Forger, keys, newClient, newServer, Watcher } from "./bench.ts";
import { FakeScreen, hex, latin1, plainCipher, seededRandom } from "./fakes.ts";

const releases: (() => void)[] = [];
function kept<T extends { release(): void }>(thing: T): T {
  releases.push(() => thing.release());
  return thing;
}
afterEach(() => {
  for (const release of releases.splice(0)) release();
  expect(FakeScreen.alive).toBe(0);
});

describe("dropped and counted", () => {
  const forger = new Forger("server");
  const fragment = (number: number, final: boolean, text: string, id = 500): Uint8Array =>
    forger.payload(encodeFragment({ id, number, final, contents: latin1(text) }));
  const damaged = forger.instruction({});
  damaged[20]! ^= 4;
  /** Good but for the sequence number. */
  const counted = (sequence: bigint): Uint8Array => {
    const far = new Forger("server");
    far.sequence = sequence;
    return far.instruction({ diff: keys("k") });
  };
  /** Good but for the id, 2^53 + 1. */
  const strangeId = (final: boolean): Uint8Array => {
    const contents = compress(hex("08021801"));
    const payload = encodeFragment({ id: 1, number: 0, final, contents });
    payload.set(hex("0020000000000001"));
    return forger.payload(payload);
  };
  /** Good but for the number that follows, 2^53 + 1. */
  const strangeNumber = (before: string): Uint8Array =>
    forger.compressed(compress(hex(`0802${before}8180808080808010`)));

  const cases: [DropReason, string, () => Uint8Array[]][] = [
    ["oversize", "a datagram of 2049 bytes", () => [new Uint8Array(2049)]],
    ["short", "an empty datagram", () => [new Uint8Array(0)]],
    ["short", "one of 23 bytes", () => [new Uint8Array(23)]],
    ["integrity", "one of 24 zero bytes", () => [new Uint8Array(24)]],
    ["integrity", "a damaged one", () => [damaged]],
    ["plaintext", "an authentic one of 3 bytes", () => [forger.plaintext(new Uint8Array(3))]],
    ["direction", "one of our own", () => [new Forger("client").instruction({})]],
    ["sequence", "one beyond counting", () => [counted(2n ** 53n)]],
    ["sequence", "one with the largest sequence number", () => [counted(2n ** 63n - 1n)]],
    ["fragment-header", "no fragment header", () => [forger.payload(new Uint8Array(0))]],
    ["fragment-header", "a fragment header cut short", () => [forger.payload(new Uint8Array(9))]],
    ["fragment-header", "a whole instruction under an id that no double holds", () => [strangeId(true)]],
    ["fragment-header", "a piece of one", () => [strangeId(false)]],
    ["fragment-conflict", "a repeat that differs", () => [fragment(0, false, "a"), fragment(0, false, "b")]],
    [
      "fragment-conflict",
      "an end too early",
      () => [fragment(4, false, "a", 501), fragment(1, true, "b", 501)],
    ],
    ["compression", "no zlib stream", () => [forger.compressed(latin1("hello"))]],
    ["compression", "an empty stream", () => [forger.compressed(new Uint8Array(0))]],
    ["compression", "a stream that grows beyond 4 MiB", () => bomb(forger)],
    ["instruction", "no protobuf", () => [forger.compressed(compress(hex("0880")))]],
    ["instruction", "a state number that no double holds", () => [strangeNumber("18")]],
    ["instruction", "an acknowledgement of one", () => [strangeNumber("180120")]],
    ["version", "version 3", () => [forger.instruction({ protocolVersion: 3, ackNum: 1 })]],
    ["version", "no version", () => [forger.instruction({ protocolVersion: 0 })]],
    ["duplicate", "state 0 again", () => [forger.instruction({ newNum: 0 })]],
    ["unknown-reference", "a state nobody sent", () => [forger.instruction({ oldNum: 9, newNum: 10 })]],
    ["numbering", "a throwaway beyond the reference", () => [forger.instruction({ throwawayNum: 1 })]],
    ["diff", "a diff that is no message", () => [forger.instruction({ diff: hex("0a05") })]],
  ];

  for (const [reason, what, datagrams] of cases) {
    test(`${reason}: ${what}`, () => {
      const server = kept(newServer());
      let reception = server.receive(new Uint8Array(0), 5);
      for (const datagram of datagrams()) reception = server.receive(datagram, 5);
      expect(reception.reason).toBe(reason);
      expect(server.stats.drops[reason]).toBeGreaterThan(0);
      expect(server.latestNum).toBe(0);
      expect(server.sentStateAcked).toBe(0);
      const authentic = !["oversize", "short", "integrity", "plaintext", "direction", "sequence"].includes(
        reason,
      );
      expect(reception.ok).toBe(authentic);
      expect(server.attached).toBe(authentic); // an authentic datagram in order moves the peer, useful or not
      expect(server.lastHeard).toBe(authentic ? 5 : Number.NEGATIVE_INFINITY);

      // And the session goes on.
      const after = new Forger("server");
      after.sequence = 1000n;
      expect(server.receive(after.instruction({ diff: keys("k") }), 6)).toEqual({
        ok: true,
        inOrder: true,
        complete: true,
        newState: true,
        news: true,
      });
      expect(server.takeRemoteDiff().length).toBe(1);
    });
  }

  test("every reason has a case here or, if it takes a thousand datagrams or a full server, elsewhere", () => {
    const tested = new Set(cases.map(([reason]) => reason));
    expect(DROP_REASONS.filter((reason) => !tested.has(reason))).toEqual([
      "fragment-size",
      "quench",
      "no-room",
    ]);
  });

  test("a client drops what its screen cannot be told", () => {
    const client = kept(newClient());
    const server = new Forger("client");
    const send = (diff: Uint8Array): string | undefined =>
      client.receive(server.instruction({ diff }), 1).reason;
    expect(send(encodeHostMessage([{ kind: "resize", cols: 0, rows: 24 }]))).toBe("diff");
    expect(send(hex("0a061a0428001000"))).toBe("diff");
    expect(send(hex("0a0b3a09408180808080808010"))).toBe("diff"); // an echo ack of 2^53 + 1
    expect(
      client.receive(server.instruction({ diff: encodeHostMessage([{ kind: "echo-ack", num: 5 }]) }), 1).ok,
    ).toBe(true);
    expect(
      client.receive(
        server.instruction({
          oldNum: 1,
          newNum: 2,
          diff: encodeHostMessage([{ kind: "echo-ack", num: 4 }]),
        }),
        2,
      ).reason,
    ).toBe("diff");
    expect(client.latestNum).toBe(1);
    expect(client.latest.echoAck).toBe(5);
  });
});

/** Four datagrams that would become more than 4 MiB. */
function bomb(forger: Forger): Uint8Array[] {
  const stream = compress(new Uint8Array(4_194_305));
  return split(stream, 900, 1214).map((fragment) => forger.payload(encodeFragment(fragment)));
}

test("30,000 random and damaged datagrams, a third of them authentic, neither throw nor disturb", () => {
  const random = seededRandom(11);
  const server = kept(newServer());
  const forger = new Forger("server");
  const pick = (below: number): number => ((random(1)[0]! << 8) | random(1)[0]!) % below;
  const number = (): number => [0, 1, 2, pick(50), MAX_STATE, 2 ** 63][pick(6)]!;
  for (let n = 0; n < 30_000; n++) {
    let datagram: Uint8Array;
    if (n % 3 === 0) {
      datagram = random(pick(60));
    } else if (n % 3 === 1) {
      datagram = forger.payload(random(pick(40)));
    } else {
      const diff = pick(3) === 0 ? random(pick(20)) : keys("x".repeat(pick(4)), [pick(100) + 1, 24]);
      datagram = forger.instruction({
        protocolVersion: pick(20) === 0 ? pick(5) : 2,
        oldNum: number(),
        newNum: number(),
        ackNum: number(),
        throwawayNum: number(),
        diff,
      });
    }
    if (pick(4) === 0 && datagram.length > 0) datagram[pick(datagram.length)]! ^= 1 << pick(8);
    const reception = server.receive(datagram, n / 30);
    if (reception.ok && reception.newState) server.takeRemoteDiff();
    if (n % 50 === 0) {
      server.tick(n / 100, () => {});
      expect(server.waitTime(n / 30)).toBeGreaterThanOrEqual(0);
      expect(server.statesKept.received).toBeLessThanOrEqual(1026);
    }
  }
  const drops = Object.values(server.stats.drops).reduce((sum, count) => sum + count, 0);
  expect(drops).toBeGreaterThan(18_000);
}, 60_000);

describe("order and acknowledgement", () => {
  test("a late datagram does not move the peer, but its state counts", () => {
    const server = kept(newServer());
    const forger = new Forger("server");
    const [first, second] = [
      forger.instruction({ diff: keys("a") }),
      forger.instruction({ oldNum: 0, newNum: 2, diff: keys("ab") }),
    ];
    const third = forger.instruction({ oldNum: 1, newNum: 3, diff: keys("bc") });
    expect(server.receive(second, 1)).toMatchObject({ inOrder: true, newState: true, news: true });
    expect(server.receive(first, 2)).toMatchObject({ inOrder: false, complete: true, newState: false });
    expect(server.receive(first, 2)).toMatchObject({ inOrder: false, reason: "duplicate" });
    expect(server.receive(third, 3)).toMatchObject({ inOrder: true, newState: true, news: true });
    expect(server.takeRemoteDiff().length).toBe(3);
  });

  test("a duplicate still acknowledges", () => {
    const client = kept(newClient());
    client.current.pushBytes(latin1("a"));
    client.tick(0, () => {});
    const forger = new Forger("client");
    client.receive(forger.instruction({ newNum: 1 }), 1);
    expect(client.sentStateAcked).toBe(0);
    expect(client.receive(forger.instruction({ newNum: 1, ackNum: 1 }), 2).reason).toBe("duplicate");
    expect(client.sentStateAcked).toBe(1);
    expect(client.lastSuccess).toBe(0);
  });

  test("last success is never before the first answer, then the send time of the newest acknowledged state", () => {
    const client = kept(newClient(100));
    expect(client.lastSuccess).toBe(Number.NEGATIVE_INFINITY);
    client.current.pushBytes(latin1("a"));
    client.tick(250, () => {});
    const forger = new Forger("client");
    client.receive(forger.instruction({}), 300);
    expect(client.lastSuccess).toBe(100); // state 0
    client.receive(forger.instruction({ newNum: 2, ackNum: 1 }), 300);
    expect(client.lastSuccess).toBe(250);
  });
});

describe("size of datagrams", () => {
  for (const [family, full] of [
    ["inet", 1252],
    ["inet6", 1216],
  ] as const) {
    test(`${family}: ${full} bytes, and 500 once one was refused`, () => {
      const client = kept(newClient(0, { family }));
      client.current.pushBytes(seededRandom(12)(5000));
      const lengths: number[] = [];
      client.tick(0, (datagram) => lengths.push(datagram.length));
      expect(lengths.slice(0, -1).every((length) => length === full)).toBe(true);
      expect(lengths.length).toBe(5);
      client.onSendError("emsgsize", "sendto: Message too long");
      expect(client.sendError).toBe("sendto: Message too long");
      lengths.length = 0;
      client.tick(3000, (datagram) => lengths.push(datagram.length));
      expect(lengths.slice(0, -1).every((length) => length === 500)).toBe(true);
      expect(lengths.length).toBe(11);
      expect(client.sendError).toBeUndefined();
    });
  }

  test("of several fragments only the first replies to a timestamp", () => {
    const client = kept(newClient());
    client.receive(new Forger("client").instruction({}, 40), 50);
    client.current.pushBytes(seededRandom(13)(3000));
    const replies: number[] = [];
    client.tick(60, (datagram) => replies.push((datagram[10]! << 8) | datagram[11]!));
    expect(replies).toEqual([50, 0xffff, 0xffff]);
  });
});

describe("a server without a peer", () => {
  test("is silent and wants no timer until an authentic datagram comes", () => {
    const server = kept(newServer());
    server.tick(10, () => expect.unreachable());
    expect(server.waitTime(10)).toBe(Number.POSITIVE_INFINITY);
    server.receive(new Forger("server").instruction({ diff: keys("", [80, 24]) }), 20);
    expect(server.waitTime(20)).toBe(0);
    const watcher = new Watcher();
    server.tick(20, (datagram) => watcher.watch(datagram));
    expect(watcher.last).toMatchObject({ oldNum: 0, newNum: 1, ackNum: 1 });
  });

  test("goes quiet with the first send after 40 s of silence, and comes back", () => {
    const server = kept(newServer());
    const forger = new Forger("server");
    server.receive(forger.instruction({}), 1000);
    const sends: number[] = [];
    let now = 1000;
    while (now < 200_000 && Number.isFinite(now)) {
      server.tick(now, () => sends.push(now));
      now += server.waitTime(now);
    }
    expect(sends.at(-1)).toBe(43_000); // 40 s are over at 41 s; the next send is the heartbeat at 43 s
    expect(server.attached).toBe(false);
    server.receive(forger.instruction({ newNum: 2, oldNum: 1 }), 100_000);
    expect(server.attached).toBe(true);
    server.tick(100_000, () => sends.push(100_000));
    expect(sends.at(-1)).toBe(100_000);
  });
});

test("a key that is used up ends the session without a word on the wire", () => {
  class FatalCryptoError extends Error {
    override readonly name = "FatalCryptoError";
  }
  const core = {
    ...plainCipher,
    createSealer: () => ({
      seal: (): Uint8Array => {
        throw new FatalCryptoError("Encrypted 2^47 blocks.");
      },
      free: () => {},
    }),
  };
  const client = kept(newClient(0, { core }));
  client.tick(0, () => expect.unreachable());
  expect(client.failure).toBe("Encrypted 2^47 blocks.");
  expect(client.ended(0)).toBe("failed");
  client.tick(5000, () => expect.unreachable());
});

test("a congestion mark makes the peer measure half a second more", () => {
  const client = kept(newClient());
  client.receive(new Forger("client").instruction({}, 2000), 2000, { ce: true });
  const watcher = new Watcher();
  client.tick(2010, (datagram) => watcher.watch(datagram));
  expect(watcher.last.timestampReply).toBe(1510);
});

test("replacing the current state frees the old one, also during shutdown", () => {
  const server = kept(newServer());
  server.receive(new Forger("server").instruction({}), 0);
  for (let n = 0; n < 10; n++) {
    server.setCurrent(TerminalState.of(new FakeScreen(80, 24, "x".repeat(n)), 0));
    if (n === 5) server.startShutdown(0);
  }
  const watcher = new Watcher();
  server.tick(250, (datagram) => watcher.watch(datagram)); // one send interval after state 0
  expect(watcher.last.newNum).toBe(MAX_STATE);
  expect(Buffer.from(watcher.last.diff).toString("latin1")).toEndWith("xxxxx");
  expect(Buffer.from(watcher.last.diff).toString("latin1")).not.toContain("xxxxxx");
});
