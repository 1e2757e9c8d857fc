/**
 * The loop of a session in virtual time, with its real attachments and its real alarm: whether it wakes up in time for
 * everybody, and sleeps between. Its program cannot be started, so that nothing here takes real time; what would be its
 * output is a notice of the host.
 */
import { afterEach, describe, expect, test } from "bun:test";
import { Attachment, type Peer } from "../../server/attachment.ts";
import type { Limits } from "../../server/limits.ts";
import { type Quit, type Seat, SessionLoop, type Viewer } from "../../server/session-loop.ts";
import { TerminalState } from "../../ssp/terminal-state.ts";
import { Transport } from "../../ssp/transport.ts";
import { UserStream } from "../../ssp/user-stream.ts";
import { type TimeSource, Wheel } from "../../sys/wheel.ts";
import { loadCore } from "../../wasm-core/load.ts";
import { Random } from "../simulation/random.ts";

const core = await loadCore();
const KEY = new Uint8Array(16).fill(7);

/** Time that goes where the wheel or the test wants it, in between {@link Virtual.at} things. */
class Virtual implements TimeSource {
  time = 1000;
  /** When the wheel is woken. */
  wakeAt = Number.POSITIVE_INFINITY;
  wakes = 0;
  #wake: () => void = () => {};
  readonly #plans: { readonly at: number; readonly what: () => void }[] = [];

  readonly now = (): number => this.time;

  sleep(ms: number, wake: () => void): void {
    this.wakeAt = this.time + ms;
    this.#wake = wake;
  }

  at(time: number, what: () => void): void {
    const behind = this.#plans.findLastIndex((plan) => plan.at <= time);
    this.#plans.splice(behind + 1, 0, { at: time, what });
  }

  /** Runs all that happens until then; `after` each thing, be it a wake-up or not. */
  run(until: number, after: (woken: boolean) => void = () => {}): void {
    for (;;) {
      const plan = this.#plans[0];
      const next = Math.min(plan?.at ?? Number.POSITIVE_INFINITY, this.wakeAt);
      if (next > until) break;
      this.time = Math.max(this.time, next);
      const woken = !plan || this.wakeAt < plan.at;
      if (woken) {
        this.wakeAt = Number.POSITIVE_INFINITY;
        this.wakes++;
        this.#wake();
      } else {
        this.#plans.shift();
        plan.what();
      }
      after(woken);
    }
    this.time = until;
  }
}

class World {
  static open: World | undefined;
  readonly time = new Virtual();
  /** When it was over. */
  finished: number | undefined;
  readonly loop: SessionLoop;
  readonly clients: Client[] = [];
  /** Nothing is delivered to them any more. */
  readonly left = new Set<Viewer>();
  /** Whom the last thing that happened was told: their times may have changed. */
  touched: readonly Viewer[] = [];

  constructor(limits: Limits = { network: 0, signal: 0 }) {
    World.open = this;
    this.loop = new SessionLoop({
      plan: () => ({
        command: ["/nonexistent/program"],
        argv0: undefined,
        login: false,
        environment: {},
        directory: "/",
        complaint: undefined,
      }),
      notices: () => new Uint8Array(0),
      terminal: core.createTerminal(80, 24, "host"),
      clock: this.time.now,
      wheel: new Wheel(this.time, () => {
        this.touched = this.loop.viewers;
      }),
      limits,
      utmp: undefined,
      log: () => {},
      finished: () => {
        this.finished = this.time.now();
      },
      left: (viewer) => this.left.add(viewer),
    });
  }

  client(quit: Quit = "detach"): Client {
    const client = new Client(this, this.clients.length, quit);
    this.clients.push(client);
    return client;
  }

  close(): void {
    this.loop.obey("exit");
    for (const client of this.clients.splice(0)) client.transport.release();
  }
}

/** A client of ours, its attachment, and the line between them. */
class Client {
  readonly transport: Transport<UserStream, TerminalState>;
  readonly attachment: Attachment;
  /** When what the server sent was sent. */
  readonly heard: number[] = [];
  latency = 0;
  loss = () => false;
  /** It does nothing any more. */
  gone = false;
  readonly #world: World;
  readonly #at: Peer;
  #planned = Number.POSITIVE_INFINITY;

  constructor(world: World, number: number, quit: Quit) {
    this.#world = world;
    this.#at = { address: `10.0.0.${number + 1}`, port: 1000 };
    const { time } = world;
    const random = (length: number) => new Uint8Array(length);
    this.transport = new Transport<UserStream, TerminalState>({
      core,
      key: KEY,
      side: "client",
      local: new UserStream(),
      remote: TerminalState.initial(core.createTerminal(80, 24, "replica")),
      now: time.now(),
      random,
      minDelay: 0,
    });
    this.attachment = world.loop.add(
      quit,
      (seat) =>
        new Attachment({
          core,
          key: KEY,
          session: seat,
          family: "inet",
          now: time.now(),
          send: (datagram) => {
            this.heard.push(time.now());
            this.#carry(() => this.transport.receive(datagram, time.now()));
            return undefined;
          },
          received: () => seat.received(),
          log: () => {},
        }),
    );
  }

  type(text: string): void {
    this.transport.current.pushBytes(new TextEncoder().encode(text));
    this.pass();
  }

  resize(cols: number, rows: number): void {
    this.transport.current.pushResize(cols, rows);
    this.pass();
  }

  pass(): void {
    if (this.gone) return;
    const { time } = this.#world;
    this.transport.tick(time.now(), (datagram) => {
      this.#carry(() => {
        if (this.#world.left.has(this.attachment)) return;
        this.attachment.receive(datagram, this.#at, time.now(), false);
        this.#world.touched = [this.attachment];
      });
    });
    const due = time.now() + Math.max(this.transport.waitTime(time.now()), 0.1);
    if (due >= this.#planned && this.#planned > time.now()) return;
    this.#planned = due;
    time.at(due, () => this.pass());
  }

  #carry(arrive: () => void): void {
    if (this.loss()) return;
    const { time } = this.#world;
    time.at(time.now() + this.latency, () => {
      arrive();
      this.pass();
    });
  }
}

afterEach(() => {
  World.open?.close();
  World.open = undefined;
  expect(core.memory().bytesInUse).toBe(0);
});

/** A viewer that has something to do at times of its own. */
class Appointments implements Viewer {
  readonly readOnly = false;
  readonly size = undefined;
  readonly lastInput = 0;
  readonly clientSeen = true;
  readonly lastClientState = 0;
  readonly attached = true;
  readonly shuttingDown = false;
  readonly origin = undefined;
  readonly kept: number[] = [];
  readonly seat: Seat;
  due = Number.POSITIVE_INFINITY;

  constructor(seat: Seat) {
    this.seat = seat;
  }

  screenChanged(now: number): void {
    this.due = Math.min(this.due, now + 1);
  }

  tick(now: number): void {
    if (now < this.due) return;
    this.kept.push(now);
    this.due = Number.POSITIVE_INFINITY;
  }

  waitTime(now: number): number {
    return Math.max(0, this.due - now);
  }

  startShutdown(): void {}

  ended(): undefined {
    return undefined;
  }

  release(): void {}
}

describe("a session wakes up", () => {
  test("a little late from a long sleep, but not when something else is due", () => {
    const { time, loop } = new World();
    const viewers = [0, 1].map(() => loop.add("detach", (seat) => new Appointments(seat)));
    const [one, other] = viewers as [Appointments, Appointments];
    // Far from a multiple of 64.
    one.due = 64 * 100 + 1;
    one.seat.received();
    for (const [at, due] of [
      [64 * 100 - 3, 64 * 100 + 4],
      [64 * 100 + 10, 64 * 100 + 15],
    ] as const) {
      time.at(at, () => {
        other.due = due;
        other.seat.received();
      });
    }
    time.run(20_000);
    expect(other.kept).toEqual([64 * 100 + 4, 64 * 100 + 15]);
    expect(one.kept).toHaveLength(1);
    expect(one.kept[0]! - (64 * 100 + 1)).toBeLessThan(64);
  });

  test("for all viewers when the input of one may have changed the screen", () => {
    const { time, loop } = new World();
    const [one, other] = [0, 1].map(() => loop.add("detach", (seat) => new Appointments(seat))) as [
      Appointments,
      Appointments,
    ];
    time.at(5000, () => {
      one.seat.input([{ kind: "resize", cols: 100, rows: 30 }]);
      one.seat.received();
    });
    time.run(6000);
    expect(other.kept).toEqual([5001]);
  });
});

for (const viewers of [1, 3]) {
  test(`whatever happens, the alarm of ${viewers} is set for what is due first, and nothing spins`, () => {
    for (let seed = 0; seed < 15; seed++) {
      const random = new Random(seed);
      const world = new World();
      const { time, loop } = world;
      for (let i = 0; i < viewers; i++) {
        const client = world.client();
        client.latency = random.unit() < 0.5 ? 0 : random.unit() * 300;
        const lost = random.unit() < 0.5 ? 0 : random.unit() * 0.4;
        client.loss = () => random.unit() < lost;
        client.resize(80 + i, 24);
      }
      const end = time.now() + 60_000;
      for (let at = time.now(); at < end; ) {
        // Bursts and long silences.
        at = Math.min(end, at + random.unit() * (random.unit() < 0.7 ? 40 : 8000));
        const client = world.clients[Math.floor(random.unit() * viewers)]!;
        const dice = random.unit();
        time.at(at, () => {
          if (dice < 0.45) client.type("x");
          else if (dice < 0.5) client.resize(60 + Math.floor(random.unit() * 60), 20);
          else {
            loop.setNotice(random.unit() < 0.1 ? undefined : `output ${at}`);
            world.touched = loop.viewers;
          }
        });
      }
      let idle = 0;
      let before = Number.POSITIVE_INFINITY;
      time.run(end, (woken) => {
        const now = time.now();
        const waits = world.touched.map((viewer) => viewer.waitTime(now));
        world.touched = [];
        for (const wait of waits) {
          const late = time.wakeAt - (now + Math.ceil(wait));
          const slack = wait > 1000 ? 65 : 2;
          if (late > slack) throw new Error(`seed ${seed}, ${now}: due in ${wait}, woken ${late} late`);
        }
        // Who was told nothing is not forgotten either. An alarm with slack may be moved within it.
        if (waits.length < viewers && !woken && time.wakeAt > before + 65)
          throw new Error(`seed ${seed}, ${now}: alarm put off`);
        before = time.wakeAt;
        if (woken) idle = waits.some((wait) => wait <= 0) ? idle + 1 : 0;
        if (idle > 5) throw new Error(`seed ${seed}, ${now}: woken in vain again and again`);
      });
      // Then all is quiet: a wake-up for each heartbeat, and little more.
      loop.setNotice(undefined);
      time.run(time.now() + 20_000);
      const { wakes } = time;
      time.run(time.now() + 30_000);
      if (time.wakes - wakes > viewers * 25) throw new Error(`seed ${seed}: ${time.wakes - wakes} in 30 s`);
      const shown = world.clients.map(({ transport }) => transport.latest.terminal.text()[0]!.slice(0, 40));
      expect(shown).toEqual(Array(viewers).fill(loop.session.terminal.text()[0]!.slice(0, 40)));
      expect(shown[0]).toContain("mosh-server: execvp");
      world.close();
    }
    World.open = undefined;
  });
}

describe("a session ends", () => {
  test("after the time of silence that is allowed, not before", () => {
    const { time, world, client } = heard({ network: 10_000, signal: 0 });
    time.run(60_000);
    expect(world.finished).toBeUndefined();
    client.gone = true;
    const { lastClientState } = client.attachment;
    time.run(65_000);
    expect(world.finished).toBeUndefined();
    time.run(90_000);
    // Then it says goodbye for 10 s at most.
    expect(world.finished! - lastClientState).toBeGreaterThanOrEqual(10_000);
    expect(world.finished! - lastClientState).toBeLessThanOrEqual(20_200);
  });

  test("after the time without input that is allowed", () => {
    const { time, world, client } = heard({ network: 0, signal: 0, idle: 20_000 });
    for (let at = 5000; at <= 50_000; at += 15_000) time.at(at, () => client.type("x"));
    time.run(69_000);
    expect(world.finished).toBeUndefined();
    time.run(75_000);
    expect(world.finished! - 50_000).toBeGreaterThanOrEqual(20_000);
    expect(world.finished! - 50_000).toBeLessThan(20_500);
    expect(client.transport.ended(time.now())).toBe("clean");
  });

  test("when the client that started it quits, and for the others, too", () => {
    const { time, world, client } = heard();
    const other = world.client();
    other.resize(80, 24);
    time.run(10_000);
    client.transport.startShutdown(time.now());
    client.pass();
    time.run(12_000);
    expect(world.finished).toBeLessThan(11_000);
    expect(other.transport.ended(time.now())).toBe("clean");
  });

  test("not when one leaves that was let in later", () => {
    const { time, world, client } = heard();
    const other = world.client();
    other.resize(80, 24);
    time.run(10_000);
    other.transport.startShutdown(time.now());
    other.pass();
    time.run(12_000);
    expect([world.finished, world.loop.viewers]).toEqual([undefined, [client.attachment]]);
  });

  test("if nobody comes; and who does not come to one that others use is forgotten", () => {
    const empty = new World();
    empty.client();
    empty.time.run(60_900);
    expect(empty.finished).toBeUndefined();
    empty.time.run(61_100);
    expect(empty.finished).toBeDefined();
    empty.close();

    const { time, world, client } = heard();
    time.at(5000, () => world.client());
    time.run(64_900);
    expect(world.loop.viewers).toHaveLength(2);
    time.run(65_200);
    expect([world.finished, world.loop.viewers]).toEqual([undefined, [client.attachment]]);
  });
});

/** A session with its first client there. */
function heard(limits?: Limits): { world: World; time: Virtual; client: Client } {
  const world = new World(limits);
  const client = world.client("end");
  client.resize(80, 24);
  world.time.run(2000);
  return { world, time: world.time, client };
}
