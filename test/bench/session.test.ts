/** Whole sessions of the load generator in virtual time, against a server of ours and a network that can be bad. */
import { expect, test } from "bun:test";
import { type Behaviour, Typist } from "../../bench/load/behaviour.ts";
import { CLEAR, Path, type Weather } from "../../bench/load/impairment.ts";
import { Meter } from "../../bench/load/meter.ts";
import { LoadSession } from "../../bench/load/session.ts";
import { impaired, type OpenWire } from "../../bench/load/wire.ts";
import { printKey } from "../../ssp/key.ts";
import { Wheel } from "../../sys/wheel.ts";
import { loadCore } from "../../wasm-core/load.ts";
import { Clock } from "../simulation/clock.ts";
import { ServerEnd } from "../simulation/ends.ts";
import { Network, SERVER } from "../simulation/network.ts";
import { Random } from "../simulation/random.ts";

const core = await loadCore();
const KEY = Uint8Array.from({ length: 16 }, (_, i) => i * 3);
/** From a key to its echo in the program, ms. */
const PROGRAM_MS = 3;

interface Setting {
  readonly seed?: number;
  readonly weather?: Partial<Weather>;
  readonly dark?: readonly [number, number];
  readonly roam?: number;
  readonly behaviour?: Behaviour;
  readonly seconds?: number;
}

interface Outcome {
  readonly meter: Meter;
  readonly session: LoadSession;
  /** What the server's program was given. */
  readonly typed: string;
  readonly retransmissions: number;
}

/** One session, `seconds` of it, and ten more for the last echoes. */
async function live({
  seed = 1,
  weather = {},
  dark,
  roam = 0,
  behaviour = new Typist(5),
  seconds = 60,
}: Setting): Promise<Outcome> {
  const clock = new Clock();
  const random = new Random(seed);
  const network = new Network(clock, random.fork());
  network.weather = {
    toServer: { ...network.weather.toServer, delay: 0 },
    toClient: { ...network.weather.toClient, delay: 0 },
  };
  let turn = 0;
  const wheel = new Wheel({
    now: () => clock.now,
    sleep: (ms, wake) => {
      const mine = ++turn;
      clock.after(ms, () => mine === turn && wake());
    },
  });
  let line = "";
  const cat = (output: (bytes: Uint8Array) => void) => ({
    start: () => {},
    busy: false,
    kill: () => {},
    write: (bytes: Uint8Array) => {
      for (const byte of bytes) {
        const key = String.fromCharCode(byte);
        const echo = key === "\r" ? `\r\n${line}\r\n` : key;
        line = key === "\r" ? "" : line + key;
        clock.after(PROGRAM_MS, () => output(new TextEncoder().encode(echo)));
      }
    },
  });
  const server = new ServerEnd(
    { clock, network, random: random.fork(), core, key: KEY, family: "inet", cols: 80, rows: 24 },
    cat,
  );
  let ports = 0;
  const wire: OpenWire = async (_endpoint, receive) => {
    const address = `client:${++ports}`;
    network.attach(address, ({ datagram }) => receive(datagram, clock.now));
    return {
      send: (datagram) => network.send(address, SERVER, datagram),
      close: () => network.detach(address),
    };
  };
  const chances = random.fork();
  const path = (): Path => new Path({ ...CLEAR, ...weather }, chances.fork());
  const openWire = impaired(
    wire,
    wheel,
    () => ({ up: path(), down: path() }),
    (now) => dark !== undefined && now >= dark[0] && now < dark[1],
  );
  const meter = new Meter("typist");
  const surroundings = { wheel, openWire };
  const session = new LoadSession(behaviour, meter, random.fork(), surroundings);
  if (roam > 0) session.roamEvery(roam);
  await session.open(core, { port: 1, key: printKey(KEY) }, surroundings);
  // A new socket comes with the next turn of the event loop, so that time goes in small steps.
  const go = async (until: number): Promise<void> => {
    while (clock.now < until) {
      clock.run(Math.min(until, clock.now + 5), () => false);
      await Promise.resolve();
      await Promise.resolve();
    }
  };
  await go(seconds * 1000);
  session.rest(clock.now);
  await go(seconds * 1000 + 10_000);
  session.giveUp(clock.now);
  const typed = server.delivered
    .map((event) => (event.kind === "keys" ? new TextDecoder().decode(event.bytes) : ""))
    .join("");
  const retransmissions = session.client?.retransmissions ?? 0;
  expect(session.client?.roams).toBe(ports - 1);
  session.close();
  server.abandon();
  return { meter, session, typed, retransmissions };
}

test("every key is measured twice, by the screen and by the echo ack 50 ms later", async () => {
  const { meter, session, typed } = await live({ weather: { delay: 20 } });
  expect(meter.keys).toBeGreaterThan(270);
  expect(typed.length).toBe(meter.keys);
  expect([meter.screen.count, meter.ack.count]).toEqual([meter.keys, meter.keys]);
  expect([session.pending, session.unshown, session.failure]).toEqual([0, 0, undefined]);
  // Two ways, the program, the server's 8 ms of collecting; whole milliseconds and its late timers.
  const least = 2 * 20 + PROGRAM_MS;
  expect(meter.screen.at(0)).toBeGreaterThanOrEqual(least * 0.985);
  expect(meter.screen.at(0.5)).toBeLessThan(least + 8 + 8);
  expect(meter.ack.at(0.5) - meter.screen.at(0.5)).toBeGreaterThan(30);
  expect(meter.ack.at(0.5) - meter.screen.at(0.5)).toBeLessThan(60);
});

test("nothing is lost and everything is answered under loss, doubling and reordering; the tail shows it", async () => {
  for (let seed = 1; seed <= 6; seed++) {
    const { meter, session, typed, retransmissions } = await live({
      seed,
      weather: { delay: 50, jitter: 10, loss: 0.29, duplicate: 0.05, reorder: 0.05 },
    });
    expect([seed, typed.length, meter.screen.count, meter.ack.count]).toEqual([
      seed,
      meter.keys,
      meter.keys,
      meter.keys,
    ]);
    expect([session.pending, session.unshown]).toEqual([0, 0]);
    expect(retransmissions).toBeGreaterThan(10);
    expect(meter.screen.at(0.99)).toBeGreaterThan(250);
  }
});

test("a key typed into a blackout is charged for all of it", async () => {
  const { meter } = await live({ weather: { delay: 10 }, dark: [20_000, 25_000] });
  expect(meter.screen.count).toBe(meter.keys);
  expect(meter.screen.max).toBeGreaterThan(4700);
  // All keys of these five seconds waited, each less than the one before, not only the first.
  const waited = meter.screen.count - Math.round(meter.screen.count * shareBelow(meter, 500));
  expect(waited).toBeGreaterThan(17);
  expect(waited).toBeLessThan(35);
});

function shareBelow(meter: Meter, ms: number): number {
  let [low, high] = [0, 1];
  for (let i = 0; i < 30; i++) {
    const middle = (low + high) / 2;
    if (meter.screen.at(middle) < ms) low = middle;
    else high = middle;
  }
  return low;
}

test("a session that roams every second loses nothing", async () => {
  const { meter, session, typed } = await live({ weather: { delay: 15 }, roam: 1000 });
  expect(session.client!.roams).toBeGreaterThan(50);
  expect(typed.length).toBe(meter.keys);
  expect([meter.screen.count, session.unshown]).toEqual([meter.keys, 0]);
});

test("keys are struck on time until too many are without an answer; those are counted as put off", async () => {
  const { meter } = await live({ behaviour: new Typist(40), dark: [10_000, 20_000], seconds: 30 });
  expect(meter.held).toBeGreaterThan(200);
  expect(meter.screen.count).toBe(meter.keys);
});

test("one seed is one run, another seed another", async () => {
  const figures = async (seed: number): Promise<unknown> => {
    const { meter, typed } = await live({ seed, weather: { delay: 30, loss: 0.1 }, seconds: 20 });
    return [typed, meter.keys, meter.screen.mean, meter.ack.mean];
  };
  expect(await figures(9)).toEqual(await figures(9));
  expect(await figures(9)).not.toEqual(await figures(10));
});
