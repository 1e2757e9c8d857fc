/** When keys and answers are sent again early: the policy by itself, the sender that asks it, and whole lines. */
import { describe, expect, test } from "bun:test";
import { STOCK } from "../../bench/load/client.ts";
import { parseWeather } from "../../bench/load/impairment.ts";
import {
  ALL_LATE,
  ALL_OURS,
  ALL_STOCK,
  type Manners,
  type Outcome,
  runLine,
  type Setting,
} from "../../bench/loss/line.ts";
import { EarlyResend } from "../../ssp/early-resend.ts";
import { LossMeter } from "../../ssp/loss-meter.ts";
import { RttEstimator } from "../../ssp/rtt.ts";
import { Sender, type Update } from "../../ssp/sender.ts";
import { UserStream } from "../../ssp/user-stream.ts";
import { loadCore } from "../../wasm-core/load.ts";
import { Random } from "../simulation/random.ts";
import { Watcher } from "./bench.ts";
import { latin1 } from "./fakes.ts";

describe("loss meter", () => {
  test("one loss says nothing, a third of the datagrams does, and it is forgotten", () => {
    const meter = new LossMeter();
    meter.record(1, 1);
    expect(meter.share).toBeLessThan(0.04);
    const random = new Random(3);
    let lost = 0;
    let least = 1;
    let most = 0;
    for (let n = 0; n < 2000; n++) {
      if (random.chance(0.29)) {
        lost++;
        continue;
      }
      meter.record(lost, 1);
      lost = 0;
      if (n < 100) continue;
      least = Math.min(least, meter.share);
      most = Math.max(most, meter.share);
    }
    expect(least).toBeGreaterThan(0.1);
    expect(most).toBeLessThan(0.5);
    for (let n = 0; n < 300; n++) meter.record(0, 1);
    expect(meter.share).toBeLessThan(0.02);
  });

  test("what was late is not lost, and a blackout is not loss", () => {
    const meter = new LossMeter();
    for (let n = 0; n < 200; n++) {
      meter.record(1, 1);
      meter.found();
    }
    expect(meter.share).toBe(0);
    meter.record(500, 1);
    expect(meter.share).toBeLessThan(0.1);
  });
});

interface Bench {
  readonly early: EarlyResend;
  readonly inbound: LossMeter;
  readonly rtt: RttEstimator;
}

/** A line of the round trip `rtt` ms on which `share` of the datagrams were lost. */
function policy(rtt: number, share: number, answersOnly = false): Bench {
  const estimator = new RttEstimator();
  for (let n = 0; n < 400; n++) estimator.sample(rtt); // until RTTVAR is 0
  const inbound = new LossMeter();
  const random = new Random(1);
  for (let n = 0, lost = 0; n < 2000; n++) {
    if (random.chance(share)) lost++;
    else {
      inbound.record(lost, 1);
      lost = 0;
    }
  }
  return { early: new EarlyResend(estimator, inbound, answersOnly, 0), inbound, rtt: estimator };
}

/** Sends what is due until `until`; returns when. */
function copies({ early }: Bench, from: number, until: number): number[] {
  const times: number[] = [];
  for (let now = from; ; ) {
    now = Math.max(now, early.due(now));
    if (now > until) return times;
    early.copied(now);
    times.push(now - from);
  }
}

describe("policy", () => {
  test("a quarter of a round trip after the key, then each time twice as long, three times at most", () => {
    const bench = policy(200, 0.45);
    bench.early.sent(1000);
    expect(copies(bench, 1000, 60_000)).toEqual([50, 150, 350]);
  });

  test("fewer where less is lost, and none below 4 %", () => {
    for (const [share, count] of [
      [0, 0],
      [0.005, 0],
      [0.1, 1],
    ] as const) {
      const bench = policy(100, share);
      bench.early.sent(1000);
      expect(copies(bench, 1000, 60_000).length).toBe(count);
    }
  });

  test("three also where everything is lost the first time", () => {
    const bench = policy(200, 0.45);
    const { early } = bench;
    for (let now = 0; now < 200_000; now += 2000) {
      early.sent(now);
      copies(bench, now, now + 299);
      early.repeated(now + 300);
      expect(copies(bench, now + 300, now + 900).length).toBeGreaterThan(0);
      early.acked(now + 300, now + 1000);
    }
    expect(early.loss).toBe(1);
  });

  test("not sooner than 20 ms, however short the line", () => {
    const bench = policy(2, 0.45);
    bench.early.sent(1000);
    expect(copies(bench, 1000, 60_000)).toEqual([20, 60, 140]);
  });

  test("none once it is acknowledged; an older acknowledgement says nothing", () => {
    const bench = policy(100, 0.45);
    bench.early.sent(1000);
    bench.early.acked(990, 1010);
    expect(bench.early.due(1010)).toBe(1025);
    bench.early.acked(1000, 1020);
    expect(bench.early.due(1020)).toBe(Number.POSITIVE_INFINITY);
  });

  test("a server copies what answers a key, not what a program prints by itself", () => {
    const bench = policy(100, 0.45, true);
    bench.early.sent(1000);
    expect(copies(bench, 1000, 2000)).toEqual([]);
    bench.early.asked(3000);
    bench.early.sent(3001);
    bench.early.sent(3051); // the echo ack repeats the echo
    bench.early.sent(3101);
    expect(copies(bench, 3101, 5000).length).toBe(1);
    bench.early.sent(5500);
    expect(copies(bench, 5500, 8000)).toEqual([]);
  });

  test("none while the round trip says that a queue is filling, nor on a line of seconds", () => {
    const bench = policy(50, 0.45);
    for (let n = 0; n < 10; n++) bench.rtt.sample(400);
    bench.early.sent(1000);
    expect(bench.early.due(1000)).toBe(Number.POSITIVE_INFINITY);
    for (let n = 0; n < 30; n++) bench.rtt.sample(50);
    expect(bench.early.due(1000)).toBeLessThan(1030);

    const slow = policy(900, 0.45);
    slow.early.sent(1000);
    expect(slow.early.due(1000)).toBe(Number.POSITIVE_INFINITY);
  });

  test("what the peer does not acknowledge is lost, too: the way there may be worse than the way back", () => {
    const bench = policy(100, 0);
    const limit = bench.rtt.rto + 100;
    for (let n = 0; n < 40; n++) {
      const at = n * 1000;
      bench.early.sent(at);
      if (n % 3 === 0) bench.early.repeated(at + limit);
      bench.early.acked(at + limit, at + limit + 150);
    }
    expect(bench.early.loss).toBeGreaterThan(0.1);
    expect(bench.early.loss).toBeLessThan(0.5);
  });

  test("an acknowledgement that is only late is no loss", () => {
    const bench = policy(100, 0);
    const limit = bench.rtt.rto + 100;
    for (let n = 0; n < 40; n++) {
      const at = n * 1000;
      bench.early.sent(at);
      bench.early.repeated(at + limit);
      bench.early.acked(at + limit, at + limit + 20);
    }
    expect(bench.early.loss).toBe(0);
  });

  test("a blackout alone brings one copy at most", () => {
    const bench = policy(100, 0);
    const limit = bench.rtt.rto + 100;
    bench.early.sent(0);
    for (let n = 1; n < 50; n++) bench.early.repeated(n * limit);
    bench.early.acked(49 * limit, 49 * limit + 110);
    bench.early.sent(20_000);
    expect(copies(bench, 20_000, 60_000).length).toBeLessThanOrEqual(1);
  });
});

describe("sender", () => {
  function typing(share: number, text: string) {
    const bench = policy(100, share);
    const sender = new Sender(new UserStream(), 0, bench.rtt, 0, { early: bench.early });
    const sent: (Update & { readonly at: number })[] = [];
    const run = (from: number, until: number): void => {
      for (let now = from; now <= until; ) {
        sender.tick(now, (update) => sent.push({ ...update, at: now }));
        const wait = sender.waitTime(now);
        expect(wait).toBeGreaterThan(0);
        now += wait;
      }
    };
    run(0, 0);
    sender.acked(1);
    sender.received(1, false, 1000);
    sent.length = 0;
    sender.current.pushBytes(latin1(text));
    run(1000, 1500);
    return { sender, sent, run };
  }

  test("a copy has the number and the contents of its state, stands on the front, and moves no timer", () => {
    const late = typing(0, "a").sent;
    expect(late.map(({ at }) => at)).toEqual([1000, 1200, 1400]);
    const { sent } = typing(0.45, "a");
    const copied = sent.filter(({ at }) => !late.some((update) => update.at === at));
    expect(copied.map(({ at }) => at)).toEqual([1025, 1075, 1175]);
    // RTO + 100 ms after the first and after each retransmission, as without copies.
    expect(sent.length).toBe(late.length + 3);
    for (const { oldNum, newNum, throwawayNum, diff } of sent) {
      expect([oldNum, newNum, throwawayNum]).toEqual([1, 2, 1]);
      expect(diff).toEqual(late[0]!.diff);
    }
  });

  test("one of 100 bytes and more still is copied, one that needs a second datagram is not", () => {
    expect(typing(0.45, "x".repeat(500)).sent.filter(({ at }) => at < 1200).length).toBe(4);
    expect(typing(0.45, "x".repeat(1100)).sent.filter(({ at }) => at < 1200).length).toBe(1);
  });

  test("a new key takes the place of the copies of the one before", () => {
    const { sender, sent, run } = typing(0.45, "a");
    sent.length = 0;
    sender.acked(2);
    sender.current.pushBytes(latin1("b"));
    run(2000, 2030);
    sender.current.pushBytes(latin1("c"));
    run(2050, 2080);
    expect(sent.map(({ at, newNum }) => [at, newNum])).toEqual([
      [2000, 3],
      [2025, 3],
      [2050, 4],
      [2075, 4],
    ]);
  });

  test("saying goodbye has its own pace", () => {
    const { sender, sent } = typing(0.45, "a");
    sent.length = 0;
    sender.startShutdown(2000);
    for (let now = 2000; !sender.shutdownTimedOut(now); now += sender.waitTime(now))
      sender.tick(now, (update) => sent.push({ ...update, at: now }));
    expect(sent.map(({ at }) => at)).toEqual(Array.from({ length: 16 }, (_, n) => 2000 + 50 * n));
  });
});

const core = await loadCore();
const SEEDS = [1, 2, 3];

const known = new Map<string, Outcome[]>();

/** One line for each seed. */
function lines(weather: string, setting: Partial<Setting> = {}): Outcome[] {
  const key = `${weather} ${JSON.stringify(setting)}`;
  const outcomes = known.get(key) ?? runLines(weather, setting);
  known.set(key, outcomes);
  return outcomes;
}

function runLines(weather: string, setting: Partial<Setting>): Outcome[] {
  return SEEDS.map((seed) => {
    const outcome = runLine({
      core,
      seed,
      weather: parseWeather(weather),
      ...ALL_OURS,
      seconds: 100,
      rate: 4,
      ...setting,
    });
    expect([seed, outcome.unanswered]).toEqual([seed, 0]);
    return outcome;
  });
}

const mean = (outcomes: readonly Outcome[]): number =>
  outcomes.reduce((sum, { times }) => sum + times.mean, 0) / outcomes.length;
const bytes = (outcomes: readonly Outcome[]): number =>
  outcomes.reduce((sum, { up, down }) => sum + up.bytes + down.bytes, 0);
const datagrams = (outcomes: readonly Outcome[]): number =>
  outcomes.reduce((sum, { up, down }) => sum + up.datagrams + down.datagrams, 0);

describe(`lines of 90 seconds, seeds ${SEEDS.join(", ")}`, () => {
  for (const weather of ["delay=0", "delay=50", "delay=50,jitter=30", "delay=20,jitter=40,reorder=2%"]) {
    test(`without loss not a byte more: ${weather}`, () => {
      expect(bytes(lines(weather))).toBe(bytes(lines(weather, ALL_LATE)));
    });
  }

  test("on a long line no key waits for acknowledgements, as it does in stock", () => {
    const weather = "delay=200";
    expect(mean(lines(weather))).toBeLessThan(402);
    expect(mean(lines(weather, ALL_STOCK))).toBeGreaterThan(500);
  });

  test("the first screen comes sooner where the first datagrams are lost", () => {
    const connected = (ends: Manners): number => {
      let sum = 0;
      for (let seed = 1; seed <= 40; seed++) {
        const weather = parseWeather("delay=50,loss=29%");
        sum += runLine({ core, seed, weather, ...ends, seconds: 30, rate: 0.01 }).connected / 40;
      }
      return sum;
    };
    expect(connected(ALL_OURS)).toBeLessThan(0.5 * connected(ALL_LATE));
  });

  test("one datagram in a hundred lost costs 5 % more at most", () => {
    expect(datagrams(lines("delay=50,loss=1%"))).toBeLessThan(
      1.05 * datagrams(lines("delay=50,loss=1%", ALL_LATE)),
    );
  });

  test("29 % lost each way, 100 ms: a key takes 200 ms at most in the mean, at twice the bytes at most", () => {
    const weather = "delay=50,loss=29%";
    const ours = lines(weather);
    const stock = lines(weather, ALL_STOCK);
    expect(mean(ours)).toBeLessThan(150);
    expect(mean(ours)).toBeLessThan(0.75 * mean(stock));
    expect(bytes(ours)).toBeLessThan(2 * bytes(stock));
  });

  for (const weather of ["delay=50,up.loss=29%", "delay=50,down.loss=29%", "delay=50,loss=10%"]) {
    test(`better than without copies: ${weather}`, () => {
      expect(mean(lines(weather))).toBeLessThan(0.95 * mean(lines(weather, ALL_LATE)));
    });
  }

  for (const [name, ends] of [
    ["our client with a stock server", { ...ALL_OURS, server: STOCK }],
    ["a stock client with our server", { ...ALL_OURS, client: STOCK }],
  ] as const) {
    test(`${name}: everything is answered, sooner than by stock alone`, () => {
      const weather = "delay=50,loss=29%";
      expect(mean(lines(weather, ends))).toBeLessThan(0.9 * mean(lines(weather, ALL_STOCK)));
    });
  }

  for (const weather of [
    "delay=25,rate=1M,queue=1000,bulk=1",
    "delay=25,down.rate=1M,down.queue=1000,down.bulk=1",
    "delay=25,up.rate=1M,up.queue=1000,up.bulk=1,down.loss=2%",
  ]) {
    test(`behind a download's queue there are no copies, and it is not slower than stock: ${weather}`, () => {
      const ours = lines(weather);
      // Two copies at the start, while the round trip is not known, shift what follows.
      expect(datagrams(ours)).toBeLessThanOrEqual(1.005 * datagrams(lines(weather, ALL_LATE)));
      expect(mean(ours)).toBeLessThanOrEqual(mean(lines(weather, ALL_STOCK)));
    });
  }

  for (const weather of ["delay=50,loss=29%", "delay=50", "delay=25,rate=1M,queue=1000,bulk=1"]) {
    test(`a program that prints without end gets no more frames than from stock: ${weather}`, () => {
      const setting = { printsEvery: 5, rate: 0.1 };
      const [ours, stock] = [lines(weather, setting), lines(weather, { ...setting, ...ALL_STOCK })];
      const down = (outcomes: readonly Outcome[]): number =>
        outcomes.reduce((sum, outcome) => sum + outcome.down.datagrams, 0);
      // An interval is half of what was measured in whole milliseconds, so that it may differ by one.
      expect(down(ours)).toBeLessThanOrEqual(down(stock) * 1.02);
    });
  }
});

test("the frame rate follows the round trip: four a second behind a full queue, forty on a short line", () => {
  const frames = (weather: string): number => {
    const seconds = 90;
    const outcomes = lines(weather, { printsEvery: 5, rate: 0.1 });
    return outcomes.reduce((sum, outcome) => sum + outcome.frames, 0) / (outcomes.length * seconds);
  };
  expect(frames("delay=25,rate=1M,queue=1000,bulk=1")).toBeLessThan(4.5);
  expect(frames("delay=25")).toBeGreaterThan(35);
});

test("what is sent is what any peer may be sent: ids and sequence rise, a number has one content", () => {
  for (const seed of [4, 5, 6]) {
    const opener = core.createOpener(Uint8Array.from({ length: 16 }, (_, i) => i * 7));
    const watchers = { client: new Watcher(), server: new Watcher() };
    const ids = { client: 0, server: 0 };
    const contents = new Map<string, string>();
    let copied = 0;
    runLine({
      core,
      seed,
      weather: parseWeather("delay=50,loss=29%"),
      ...ALL_OURS,
      seconds: 60,
      rate: 4,
      tap(from, datagram, now) {
        const open = new Uint8Array(datagram.length);
        open.set(datagram.subarray(0, 8));
        open.set(opener.open(datagram)!, 8);
        const id = Number(new DataView(open.buffer).getBigUint64(12));
        expect(id).toBe(ids[from] + 1); // all of them fit one datagram
        ids[from] = id;
        const before = watchers[from].seen.at(-1);
        watchers[from].watch(open);
        const { oldNum, newNum, throwawayNum, sequence, timestamp, diff } = watchers[from].last;
        expect(sequence).toBe(before ? before.sequence + 1 : 0);
        expect(timestamp).toBe(Math.floor(now) % 65_536);
        expect(oldNum).toBeGreaterThanOrEqual(throwawayNum);
        expect(newNum).toBeGreaterThan(oldNum);
        if (!before) return;
        expect(newNum).toBeGreaterThanOrEqual(before.newNum);
        expect(throwawayNum).toBeGreaterThanOrEqual(before.throwawayNum);
        if (newNum === before.newNum) copied++;
        const key = `${from} ${oldNum} ${newNum}`;
        const content = contents.get(key) ?? String(diff);
        contents.set(key, content);
        expect([seed, key, String(diff)]).toEqual([seed, key, content]);
      },
    });
    expect(copied).toBeGreaterThan(100);
    opener.free();
  }
});
