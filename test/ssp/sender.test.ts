/** The sender's decisions, rule by rule, in virtual time. The states are user streams; the peer is the test. */
import { describe, expect, test } from "bun:test";
import { MAX_STATE } from "../../ssp/params.ts";
import { RttEstimator } from "../../ssp/rtt.ts";
import { Sender, type Update } from "../../ssp/sender.ts";
import { TerminalState } from "../../ssp/terminal-state.ts";
import { UserStream } from "../../ssp/user-stream.ts";
import { FakeScreen, latin1 } from "./fakes.ts";

const MIN_DELAY = 1;

interface Bench {
  readonly sender: Sender<UserStream>;
  readonly sent: (Update & { readonly at: number })[];
  readonly rtt: RttEstimator;
  type(text: string): void;
  /** Runs the timers until `until`, as a loop would. */
  run(from: number, until: number): void;
  /** The last update, as "3 -> 4 ack 1". */
  last(): string;
}

function bench(rtt: number | undefined = undefined): Bench {
  const estimator = new RttEstimator();
  if (rtt !== undefined) for (let n = 0; n < 3000; n++) estimator.sample(rtt); // until RTTVAR is 0
  const sender = new Sender(new UserStream(), MIN_DELAY, estimator, 0);
  const sent: (Update & { at: number })[] = [];
  return {
    sender,
    sent,
    rtt: estimator,
    type: (text) => sender.current.pushBytes(latin1(text)),
    run(from, until) {
      for (let now = from; now <= until; ) {
        sender.tick(now, (update) => sent.push({ ...update, at: now }));
        const wait = sender.waitTime(now);
        expect(wait).toBeGreaterThan(0); // a loop that is told to wake at once again would spin
        now += wait;
      }
    },
    last() {
      const { oldNum, newNum, ackNum } = sent.at(-1)!;
      return `${oldNum} -> ${newNum === MAX_STATE ? "MAX" : newNum} ack ${ackNum}`;
    },
  };
}

const times = (b: Bench): number[] => b.sent.map((update) => update.at);

test("the first packet goes at once, and a peer that never answers is tried every 3 s", () => {
  const b = bench();
  b.type("a");
  b.run(0, 12_500);
  expect(times(b)).toEqual([0, 3000, 6000, 9000, 12_000]);
  expect(b.sent.map((update) => `${update.oldNum} -> ${update.newNum}`)).toEqual(Array(5).fill("0 -> 1"));
});

test("idle sides send an empty state each 3 s, each with a number of its own", () => {
  const b = bench(100);
  b.run(0, 100);
  for (let n = 1; n <= 3; n++) {
    b.sender.acked(n);
    b.run(Number(n) * 3000, Number(n) * 3000 + 100);
  }
  expect(times(b)).toEqual([0, 3000, 6000, 9000]);
  expect(b.last()).toBe("3 -> 4 ack 0");
  expect(b.sent.every((update) => update.diff.length === 0)).toBe(true);
});

describe("a sender that answers heartbeats", () => {
  const answering = (): Sender<UserStream> => {
    const sender = new Sender(new UserStream(), MIN_DELAY, new RttEstimator(), 0, {
      answersHeartbeats: true,
    });
    expect(sender.tick(0, () => {})).toBe(true);
    return sender;
  };

  test("waits a little longer for the peer's, and goes with it", () => {
    const sender = answering();
    expect(sender.waitTime(0)).toBe(3250);
    sender.received(1, false, 3010);
    expect(sender.waitTime(3010)).toBe(0);
    expect(sender.tick(3010, () => {})).toBe(true);
    expect(sender.waitTime(3010)).toBe(3250);
  });

  test("does not answer one that comes long before its own is due: two of them would never end", () => {
    const sender = answering();
    sender.received(1, false, 500);
    expect(sender.waitTime(500)).toBe(2750);
  });

  test("goes on alone when the peer is silent", () => {
    const sender = answering();
    expect(sender.tick(3250, () => {})).toBe(true);
    expect(sender.waitTime(3250)).toBe(3250);
  });
});

describe("new data", () => {
  test("waits to collect, from the first change on", () => {
    const b = bench(100);
    b.run(0, 0);
    b.sender.acked(1);
    b.type("a");
    expect(b.sender.waitTime(1000)).toBe(MIN_DELAY);
    b.type("b");
    expect(b.sender.waitTime(1000.5)).toBe(0.5);
    b.run(1001, 1001);
    expect(b.last()).toBe("1 -> 2 ack 0");
    expect(b.sender.sentLast).toBe(2);
  });

  test("waits one send interval after the last state", () => {
    const b = bench(100); // send interval 50
    b.run(0, 0);
    b.sender.acked(1);
    b.sender.received(1, false, 0);
    b.type("a");
    b.run(1000, 1001);
    b.type("b");
    b.run(1001.5, 1060);
    expect(times(b)).toEqual([0, 1001, 1051]);
    expect(b.last()).toBe("1 -> 3 ack 1"); // prospective resend: all since the acknowledged state
  });
});

describe("retransmission", () => {
  test("RTO + 100 ms after each send, until 10 s of silence", () => {
    const b = bench(100); // RTO 100, send interval 50
    expect(b.rtt.rto).toBe(100);
    b.run(0, 0);
    b.sender.acked(1);
    b.sender.received(1, false, 1000);
    b.type("a");
    b.run(1000, 16_000);
    const first = 1001;
    expect(times(b).slice(1, 4)).toEqual([first, first + 200, first + 400]);
    const after = times(b).filter((at) => at > 11_001);
    expect(after.length).toBeLessThanOrEqual(2);
    expect(after.every((at, n) => n === 0 || at - after[n - 1]! === 3000)).toBe(true);
    expect(b.sent.slice(1).every((update) => update.newNum === 2)).toBe(true);
  });

  test("an acknowledgement ends it", () => {
    const b = bench(100);
    b.run(0, 0);
    b.sender.acked(1);
    b.sender.received(1, false, 1000);
    b.type("a");
    b.run(1000, 1001);
    b.sender.acked(2);
    expect(b.sender.waitTime(1100)).toBe(3000 - 99);
  });

  test("one sent state that is too old ends the walk, though later ones are recent", () => {
    const b = bench(100);
    b.run(0, 0);
    b.sender.acked(1);
    b.sender.received(1, false, 1000);
    b.type("x".repeat(2000)); // too large for a prospective resend
    b.run(1000, 1001);
    b.type("y");
    b.run(1002, 1051);
    expect(b.last()).toBe("2 -> 3 ack 1"); // 2 is 50 ms old, so the peer may have it
    b.type("z");
    b.run(1202, 1203);
    expect(b.last()).toBe("1 -> 4 ack 1"); // 2 is 202 ms old: back to what is sure, though 3 is only 152 ms old
  });
});

describe("acknowledging", () => {
  test("a data-bearing state within 100 ms, together with data if there is some", () => {
    const b = bench(100);
    b.run(0, 0);
    b.sender.acked(1);
    b.sender.received(1, true, 500);
    expect(b.sender.waitTime(500)).toBe(100);
    b.type("a");
    expect(b.sender.waitTime(510)).toBe(MIN_DELAY);
    b.run(511, 511);
    expect(b.last()).toBe("1 -> 2 ack 1");
    expect(b.sender.waitTime(511)).toBe(200); // no other ack is due; RTO + 100
  });

  test("an empty state without hurry", () => {
    const b = bench(100);
    b.run(0, 0);
    b.sender.received(1, false, 500);
    expect(b.sender.waitTime(500)).toBe(2500);
  });

  test("an unknown or older number changes nothing", () => {
    const b = bench(100);
    b.run(0, 0);
    b.sender.acked(1);
    for (const number of [0, 2, 77, MAX_STATE]) b.sender.acked(number);
    expect(b.sender.sentAcked).toBe(1);
    expect(b.sender.sentStates).toBe(1);
  });
});

test("at most 32 states are kept: the front, the 15 newest, and those in between thinned out", () => {
  const b = bench(40);
  b.run(0, 0);
  b.sender.acked(1);
  for (let n = 0; n < 100; n++) {
    b.type("k");
    b.run(1000 + n * 50, 1000 + n * 50 + 30);
    expect(b.sender.sentStates).toBeLessThanOrEqual(32);
  }
  expect(b.sender.sentLast).toBe(101);
  // The removed ones cannot be acknowledged, the newest 15 and the oldest can.
  b.sender.acked(60);
  expect(b.sender.sentAcked).toBe(1);
  b.sender.acked(87);
  expect(b.sender.sentAcked).toBe(87);
});

describe("shutdown", () => {
  test("MAX each send interval, given up after 16", () => {
    const b = bench(100);
    b.run(0, 0);
    b.sender.startShutdown(1000);
    for (let now = 1000; !b.sender.shutdownTimedOut(now); now += b.sender.waitTime(now))
      b.sender.tick(now, (update) => b.sent.push({ ...update, at: now }));
    expect(times(b).slice(1)).toEqual(Array.from({ length: 16 }, (_, n) => 1000 + 50 * n));
    expect(b.sent.slice(1).every((update) => update.newNum === MAX_STATE && update.oldNum === 0)).toBe(true);
  });

  test("the last state carries what was not sent yet, and nothing that changed after", () => {
    const b = bench(100);
    b.run(0, 0);
    b.sender.acked(1);
    b.type("a");
    b.sender.startShutdown(1000);
    b.type("b");
    b.run(1000, 1000);
    expect(b.last()).toBe("1 -> MAX ack 0");
    expect(Buffer.from(b.sent.at(-1)!.diff).toString("latin1").endsWith("a")).toBe(true);
    b.sender.acked(MAX_STATE);
    expect(b.sender.shutdownAcknowledged).toBe(true);
  });

  test("is given up after 10 s if nothing can be sent", () => {
    const b = bench(100);
    b.sender.startShutdown(1000);
    expect(b.sender.shutdownTimedOut(10_999)).toBe(false);
    expect(b.sender.shutdownTimedOut(11_000)).toBe(true);
    expect(b.sender.shutdownDeadline).toBe(11_000);
  });

  test("the other side acknowledges MAX one send interval after its last packet", () => {
    const b = bench(100);
    b.run(0, 0);
    b.sender.acked(1);
    b.sender.received(MAX_STATE, false, 20);
    expect(b.sender.counterpartyShutdownAcknowledged).toBe(false);
    expect(b.sender.waitTime(20)).toBe(30);
    b.sender.tick(50, (update) => b.sent.push({ ...update, at: 50 }));
    expect(b.sent.at(-1)!.ackNum).toBe(MAX_STATE);
    expect(b.sender.counterpartyShutdownAcknowledged).toBe(true);
  });
});

describe("a state that differs in what is not transmitted", () => {
  function screens(): { sender: Sender<TerminalState<FakeScreen>>; live: FakeScreen; sent: Update[] } {
    const rtt = new RttEstimator();
    for (let n = 0; n < 40; n++) rtt.sample(40);
    const sender = new Sender(TerminalState.initial(new FakeScreen()), 8, rtt, 0);
    return { sender, live: new FakeScreen(), sent: [] };
  }

  test("does not make the sender spin, is registered by the next empty state, and hides no loss", () => {
    const { sender, live, sent } = screens();
    const publish = (): void => sender.setCurrent(TerminalState.of(live.clone(), 0));
    const run = (from: number, until: number): number => {
      let wakes = 0;
      for (let now = from; now <= until; now += sender.waitTime(now), wakes++) {
        sender.tick(now, (update) => sent.push(update));
        expect(sender.waitTime(now)).toBeGreaterThan(0);
      }
      return wakes;
    };
    publish();
    run(0, 10);
    sender.acked(1);
    sender.received(1, false, 100);

    live.feed(latin1("x".repeat(2000)));
    publish();
    run(100, 110); // state 2, with contents, is on its way
    live.untransmitted++;
    publish();
    expect(run(120, 150)).toBeLessThan(4);
    expect(sent.at(-1)!.newNum).toBe(2);

    // State 2 is lost. It goes out again, in time, although the newest change has nothing to say to it.
    run(150, 300);
    expect(sent.at(-1)!.newNum).toBe(3);
    expect(sent.at(-1)!.diff.length).toBeGreaterThan(2000);
    sender.acked(sent.at(-1)!.newNum);
    const before = sent.length;
    const wakes = run(610, 7000);
    expect(wakes).toBeLessThan(8);
    expect(sent.slice(before).every((update) => update.diff.length === 0)).toBe(true);
    sender.release();
    live.free();
    expect(FakeScreen.alive).toBe(0);
  });
});
