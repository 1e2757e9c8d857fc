/**
 * A person who types, a line, a server with a program that echoes: all in virtual time, all chance from a seed. Both ends
 * are real transports and real screens; what is measured is from a key to the frame that shows it, and what went over the
 * line. Used by bench/loss.ts and by the tests of ssp/early-resend.ts.
 */

import { OutputRun } from "../../server/output-run.ts";
import { EchoAck } from "../../ssp/echo-ack.ts";
import { TerminalState } from "../../ssp/terminal-state.ts";
import { Transport } from "../../ssp/transport.ts";
import { UserStream } from "../../ssp/user-stream.ts";
import { Clock } from "../../test/simulation/clock.ts";
import { Random } from "../../test/simulation/random.ts";
import type { Core, Terminal } from "../../wasm-core/core.ts";
import { Typist } from "../load/behaviour.ts";
import { type Manner, OURS, STOCK } from "../load/client.ts";
import { Path, type Weathers } from "../load/impairment.ts";
import { Quantiles } from "../load/quantiles.ts";

export interface Manners {
  readonly client: Manner;
  readonly server: Manner;
}

export const ALL_STOCK: Manners = { client: STOCK, server: STOCK };
export const ALL_OURS: Manners = { client: OURS, server: { ...OURS, answersHeartbeats: true } };
/** As our programs send, but for early copies. */
export const ALL_LATE: Manners = {
  client: { ...ALL_OURS.client, earlyResend: false },
  server: { ...ALL_OURS.server, earlyResend: false },
};

export interface Setting extends Manners {
  readonly core: Core;
  readonly seed: number;
  readonly weather: Weathers;
  /** Virtual seconds of typing; the first ten do not count. */
  readonly seconds: number;
  /** Keys a second. */
  readonly rate: number;
  /** The program prints a line by itself every so many ms, in the lower half of the screen; what is typed is in the upper. */
  readonly printsEvery?: number;
  /** Keys come so many at a time, 50 to 150 ms apart, and then nothing for 1.5 to 2.5 s; `rate` does not count. */
  readonly burst?: number;
  /** Sees each datagram as it is sent. */
  readonly tap?: (from: "client" | "server", datagram: Uint8Array, now: number) => void;
}

export interface Direction {
  datagrams: number;
  bytes: number;
}

export interface Outcome {
  readonly times: Quantiles;
  /** From the last key of a burst to the frame that says it has had its effect. */
  readonly echoAcks: Quantiles;
  readonly keys: number;
  /** Keys that no frame has shown ten seconds after the last. */
  readonly unanswered: number;
  readonly up: Direction;
  readonly down: Direction;
  /** New screens that the client saw. */
  readonly frames: number;
  readonly srtt: number;
  /** When the client had the first screen that shows anything, ms from the start. */
  readonly connected: number;
}

const KEY = Uint8Array.from({ length: 16 }, (_, i) => i * 7);
const WARM_UP_MS = 10_000;
const GRACE_MS = 10_000;
/** From a key to its echo in the program, ms. */
const PROGRAM_MS = 0.3;
/** What it says when it starts, and how soon after the client's first word, ms. */
const GREETING = "*";
const START_MS = 0.2;
/** Timers fire on whole milliseconds and up to this much late. */
const TIMER_SLACK_MS = 0.5;
/** Output so soon after a key is for it; as in server/attachment.ts. */
const ANSWER_MS = 250;
/** Each half of the screen scrolls by itself: to the end of the lower one, and back to where the cursor was in the upper. */
const LOWER_HALF = "\x1b7\x1b[13;24r\x1b[24;1H";
const UPPER_HALF = "\x1b[1;12r\x1b8";
const encoder = new TextEncoder();

/** Runs a pass of an end after each event, and when it asks for one. */
class Alarm {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #pass: (now: number) => number;
  #turn = 0;
  ended = false;

  constructor(clock: Clock, random: Random, pass: (now: number) => number) {
    this.#clock = clock;
    this.#random = random;
    this.#pass = pass;
  }

  wake(): void {
    if (this.ended) return;
    const wait = this.#pass(this.#clock.now);
    const turn = ++this.#turn;
    if (wait === Number.POSITIVE_INFINITY) return;
    const late = this.#random.unit() * TIMER_SLACK_MS;
    this.#clock.after(wait > 0 ? Math.ceil(wait) + late : 0.01, () => {
      if (turn === this.#turn) this.wake();
    });
  }
}

export function runLine(setting: Setting): Outcome {
  const { core, seed, weather, seconds } = setting;
  const clock = new Clock();
  const random = new Random(seed);
  const [upPath, downPath] = [new Path(weather.up, random.fork()), new Path(weather.down, random.fork())];
  const [up, down]: Direction[] = [
    { datagrams: 0, bytes: 0 },
    { datagrams: 0, bytes: 0 },
  ] as const;
  const times = new Quantiles();
  const echoAcks = new Quantiles();
  let frames = 0;
  let isCounting = false;
  const travel = (
    direction: Direction,
    path: Path,
    from: "client" | "server",
    arrive: (d: Uint8Array) => void,
  ) => {
    return (datagram: Uint8Array): void => {
      setting.tap?.(from, datagram, clock.now);
      if (isCounting) {
        direction.datagrams++;
        direction.bytes += datagram.length;
      }
      for (const at of path.arrivals(datagram.length, clock.now))
        clock.after(at - clock.now, () => arrive(datagram));
    };
  };
  const common = { core, key: KEY, now: 0 };
  const [clientChaff, serverChaff] = [random.fork(), random.fork()];

  // ---- the server
  const live = core.createTerminal(80, 24, "host");
  const echo = new EchoAck();
  const run = new OutputRun();
  let isAsked = false;
  let lastInput = Number.NEGATIVE_INFINITY;
  const server = new Transport<TerminalState<Terminal>, UserStream>({
    ...common,
    ...setting.server,
    side: "server",
    local: TerminalState.initial(live.snapshot()),
    remote: new UserStream(),
    random: (length) => serverChaff.bytes(length),
  });
  const publish = (paced: boolean): void =>
    server.setCurrent(TerminalState.of(live.snapshot(), echo.value), paced ? "paced" : "awaited");
  const toClient = travel(down!, downPath, "server", (datagram) => {
    if (client.receive(datagram, clock.now).ok) show();
    clientAlarm.wake();
  });
  const serverAlarm = new Alarm(clock, random.fork(), (now) => {
    if (echo.update(now)) server.setCurrent(server.current.withEchoAck(echo.value), "echo-ack");
    server.tick(now, toClient);
    return Math.min(server.waitTime(now), echo.waitTime(now));
  });
  const print = (bytes: Uint8Array): void => {
    live.feed(bytes);
    run.changed(clock.now, bytes.length, isAsked);
    isAsked = false;
    publish(run.paces(clock.now) || clock.now - lastInput > ANSWER_MS);
    serverAlarm.wake();
  };
  const deliver = (): void => {
    const news = server.takeRemoteDiff();
    const events = news.events();
    news.release();
    for (const event of events) {
      if (event.kind === "resize") live.resize(event.cols, event.rows);
      else clock.after(PROGRAM_MS, () => print(event.bytes));
    }
    if (events.length === 0) return;
    if (lastInput === Number.NEGATIVE_INFINITY)
      clock.after(START_MS, () => print(encoder.encode(`${GREETING}\r\n`)));
    lastInput = clock.now;
    isAsked = true;
    run.asked();
    echo.register(server.latestNum, clock.now);
  };

  // ---- the client
  const client = new Transport<UserStream, TerminalState<Terminal>>({
    ...common,
    ...setting.client,
    side: "client",
    local: new UserStream(),
    remote: TerminalState.initial(core.createTerminal(80, 24, "replica")),
    random: (length) => clientChaff.bytes(length),
  });
  const toServer = travel(up!, upPath, "client", (datagram) => {
    const reception = server.receive(datagram, clock.now);
    if (reception.ok && reception.newState) deliver();
    serverAlarm.wake();
  });
  const clientAlarm = new Alarm(clock, random.fork(), (now) => {
    client.tick(now, toServer);
    if (lastStruck !== undefined && client.sentStateLast > sentBefore) {
      unconfirmed.push({ number: client.sentStateLast, struck: lastStruck });
      lastStruck = undefined;
    }
    return client.waitTime(now);
  });
  /** When the last key of a burst was struck that has not been sent, and the number of the state before it. */
  let lastStruck: number | undefined;
  let sentBefore = 0;
  /** The states that brought such keys. */
  const unconfirmed: { readonly number: number; readonly struck: number }[] = [];
  const typist = new Typist(setting.rate);
  const hand = random.fork();
  const marks: number[] = [];
  const struck: number[] = [];
  const isReturn: boolean[] = [];
  let keys = 0;
  let shownNum = 0;
  let connected = Number.POSITIVE_INFINITY;
  const show = (): void => {
    if (client.latestNum === shownNum) return;
    shownNum = client.latestNum;
    if (connected === Number.POSITIVE_INFINITY && client.latest.terminal.cell(0, 0).text === GREETING)
      connected = clock.now;
    if (isCounting) frames++;
    while (unconfirmed.length > 0 && unconfirmed[0]!.number <= client.latest.echoAck) {
      const { struck: at } = unconfirmed.shift()!;
      if (isCounting) echoAcks.record(clock.now - at);
    }
    const shown = typist.shown(client.latest.terminal, marks);
    // A Return shows by the line that follows it only.
    for (let i = 0; i < shown; i++) if (isCounting && !isReturn[i]!) times.record(clock.now - struck[i]!);
    isReturn.splice(0, shown);
    marks.splice(0, shown);
    struck.splice(0, shown);
  };
  const strike = (): void => {
    if (clock.now > seconds * 1000) return;
    const stroke = typist.next(hand);
    const { burst } = setting;
    const isFirst = burst !== undefined && keys % burst === 0;
    const wait =
      burst === undefined ? stroke.wait : isFirst ? 1500 + 1000 * hand.unit() : 50 + 100 * hand.unit();
    clock.after(wait, () => {
      keys++;
      if (burst !== undefined && keys % burst === 0) {
        lastStruck = clock.now;
        sentBefore = client.sentStateLast;
      }
      marks.push(stroke.mark!);
      struck.push(clock.now);
      isReturn.push(stroke.keys[0] === 13);
      client.current.pushBytes(stroke.keys);
      clientAlarm.wake();
      strike();
    });
  };

  client.current.pushResize(80, 24);
  clientAlarm.wake();
  clock.after(1000, strike);
  if (setting.printsEvery !== undefined) {
    const every = setting.printsEvery;
    let printed = 0;
    const tick = (): void => {
      if (clock.now > seconds * 1000) return;
      const text = `${++printed} waves the tern flew over, and the pole is as far away as before`;
      print(encoder.encode(`${LOWER_HALF}\r\n${text}${UPPER_HALF}`));
      clock.after(every, tick);
    };
    clock.after(1000, tick);
  }
  clock.run(WARM_UP_MS, () => false);
  isCounting = true;
  clock.run(seconds * 1000, () => false);
  clock.run(seconds * 1000 + GRACE_MS, () => struck.length === 0);
  isCounting = false;
  clientAlarm.ended = true;
  serverAlarm.ended = true;
  const { srtt } = server;
  const unanswered = struck.length;
  client.release();
  server.release();
  live.free();
  return { times, echoAcks, keys, unanswered, up: up!, down: down!, frames, srtt, connected };
}
