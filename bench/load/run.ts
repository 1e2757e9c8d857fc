/**
 * One run of load: opens the sessions along the ramp, lets them warm up, measures, waits for the last echoes, and
 * reports. Called by bench/load.ts and compare.ts. What is measured is described in docs/load.md.
 */
import { arch, cpus, release, totalmem, type } from "node:os";
import type { Wheel } from "../../sys/wheel.ts";
import { Random } from "../../test/simulation/random.ts";
import type { Core } from "../../wasm-core/core.ts";
import { OURS, STOCK } from "./client.ts";
import { CLEAR, Path, type Weathers } from "./impairment.ts";
import { Meter, sumOf } from "./meter.ts";
import { type BehaviourName, type BehaviourOptions, makeBehaviour, type Share, shareOut } from "./mix.ts";
import { cpuByProcess, privateBytes, serversAmong } from "./processes.ts";
import { Quantiles } from "./quantiles.ts";
import {
  type LoadReport,
  type Machine,
  type Moment,
  type Phase,
  type Spread,
  spreadOf,
  type Traffic,
} from "./report.ts";
import { Sampler } from "./sampler.ts";
import type { LoadServer } from "./servers.ts";
import { LoadSession } from "./session.ts";
import { Reality, type Surroundings } from "./surroundings.ts";
import { impaired } from "./wire.ts";

export interface LoadPlan {
  readonly sessions: number;
  readonly mix: readonly Share[];
  readonly behaviour: BehaviourOptions;
  /** Over how long sessions are opened, s; 0: as fast as the server makes them. */
  readonly ramp: number;
  /** After the last session is there, s; does not count. */
  readonly warmup: number;
  /** What counts, s. */
  readonly duration: number;
  readonly seed: number;
  readonly weather?: Weathers;
  /** Clients send as those do that come with the server. */
  readonly ownClients: boolean;
  /** Each session changes its address every so many seconds; 0: never. */
  readonly roam: number;
  /** The network is dark from `at` for `length` seconds of the measured time. */
  readonly blackout?: { readonly at: number; readonly length: number };
  /**
   * Stops when the 99th percentile of a second is beyond this three times running, ms. All counts from the first session on,
   * but the first `warmup` seconds are not held against this.
   */
  readonly limit?: number;
}

/** Sessions that are created at one time. */
const PARALLEL = 8;
/** A session whose server says nothing for so long is given up. */
const CONNECT_TIMEOUT_MS = 15_000;
/** Once no key was answered for so long, the rest is given up; */
const SILENCE_MS = 3000;
/** after this in any case. */
const GRACE_MS = 20_000;
/** How long servers have to end their sessions. */
const LEAVE_MS = 5000;
/** Seconds beyond the limit after which a run with `limit` stops. */
const BROKEN_SECONDS = 3;
/** Share of a core beyond which the generator may have been what was slow. */
const BUSY_SHARE = 0.8;
/** 99th percentile of its timers' lateness beyond which it certainly added to the figures, ms. */
const LATE_MS = 5;

export class LoadRun {
  readonly #core: Core;
  readonly #server: LoadServer;
  readonly #plan: LoadPlan;
  readonly #progress: (moment: Moment) => void;
  readonly #random: Random;
  readonly #reality = new Reality();
  readonly #wheel: Wheel = this.#reality.wheel;
  readonly #surroundings: Surroundings;
  readonly #meters = new Map<BehaviourName, Meter>();
  readonly #sessions: LoadSession[] = [];
  readonly #failures = new Map<string, number>();
  readonly #creation = new Quantiles();
  readonly #paths: Path[] = [];
  readonly #moments: Moment[] = [];
  readonly #started = performance.now();
  readonly #date = new Date().toISOString();
  #dark: readonly [from: number, to: number] = [0, 0];
  #stopped = false;
  #phase: Phase = "open";
  #phaseBegan = this.#started;
  #brokenSeconds = 0;
  #brokeAt: number | undefined;

  constructor(core: Core, server: LoadServer, plan: LoadPlan, progress: (moment: Moment) => void = () => {}) {
    this.#core = core;
    this.#server = server;
    this.#plan = plan;
    this.#progress = progress;
    this.#random = new Random(plan.seed);
    const { weather } = plan;
    const isImpaired = weather !== undefined || plan.blackout !== undefined;
    this.#surroundings = {
      ...(plan.ownClients ? { manner: server.name.startsWith("stock") ? STOCK : OURS } : {}),
      wheel: this.#wheel,
      openWire: isImpaired
        ? impaired(
            this.#reality.openWire,
            this.#wheel,
            () => this.#newPaths(),
            (now) => now >= this.#dark[0] && now < this.#dark[1],
          )
        : this.#reality.openWire,
    };
  }

  /** Ends the run early; it still reports. */
  stop(): void {
    this.#stopped = true;
  }

  async run(): Promise<LoadReport> {
    const plan = this.#plan;
    const sampler = new Sampler();
    const ticker = setInterval(() => this.#tick(sampler), 1000);
    try {
      if (plan.limit !== undefined) {
        // The breaking point is looked for while sessions are added, so that all of it counts.
        const before = this.#begin();
        await this.#open();
        if (!this.#stopped) await this.#wait(plan.duration);
        clearInterval(ticker);
        return await this.#finish(before);
      }
      await this.#open();
      this.#enter("warm");
      await this.#wait(plan.warmup);
      const before = this.#begin();
      await this.#wait(plan.duration);
      clearInterval(ticker);
      return await this.#finish(before);
    } finally {
      clearInterval(ticker);
      sampler.stop();
      for (const session of this.#sessions) session.close();
      this.#reality.close();
    }
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.#phaseBegan = performance.now();
  }

  /** How long the phase is going to take, s; 0: nobody knows. */
  #planned(): number {
    const { ramp, warmup, duration, limit } = this.#plan;
    if (this.#phase === "open") return ramp;
    if (this.#phase === "warm") return warmup;
    return limit === undefined ? duration : ramp + duration;
  }

  /** From here on it counts. */
  #begin(): Snapshot {
    this.#enter("run");
    const now = performance.now();
    for (const meter of this.#meters.values()) meter.restart(now);
    this.#reality.lateness = new Quantiles();
    const { blackout } = this.#plan;
    if (blackout) {
      const from = now + blackout.at * 1000;
      this.#dark = [from, from + blackout.length * 1000];
    }
    return this.#snapshot();
  }

  #newPaths(): { up: Path; down: Path } {
    const { up, down } = this.#plan.weather ?? {};
    const made = {
      up: new Path(up ?? CLEAR, this.#random.fork()),
      down: new Path(down ?? CLEAR, this.#random.fork()),
    };
    this.#paths.push(made.up, made.down);
    return made;
  }

  #fail(reason: string): void {
    this.#failures.set(reason, (this.#failures.get(reason) ?? 0) + 1);
  }

  /** Opens all sessions and waits until each is ready or has failed. */
  async #open(): Promise<void> {
    const { sessions: count, ramp, mix } = this.#plan;
    const names = shareOut(mix, count);
    // Drawn here, in order, whatever order the sessions come in.
    const chances = names.map(() => this.#random.fork());
    const begin = performance.now();
    let next = 0;
    const one = async (): Promise<void> => {
      while (next < count && !this.#stopped) {
        const index = next++;
        const due = begin + (ramp * 1000 * index) / count;
        await this.#until(due);
        if (!this.#stopped) await this.#openOne(names[index]!, chances[index]!);
      }
    };
    await Promise.all(Array.from({ length: Math.min(PARALLEL, count) }, one));
    const deadline = performance.now() + CONNECT_TIMEOUT_MS;
    const waiting = (): LoadSession[] => this.#sessions.filter((s) => !s.ready && s.failure === undefined);
    while (waiting().length > 0 && performance.now() < deadline && !this.#stopped) await Bun.sleep(20);
    if (this.#stopped) return;
    if (this.#sessions.length === 0) this.#stopped = true;
    for (const session of waiting()) {
      session.failure = session.connected
        ? `${session.behaviour.name}: its program was not ready in ${CONNECT_TIMEOUT_MS / 1000} s`
        : "no answer to the first datagrams";
      session.close();
    }
  }

  async #openOne(name: BehaviourName, random: Random): Promise<void> {
    let meter = this.#meters.get(name);
    if (!meter) {
      meter = new Meter(name);
      this.#meters.set(name, meter);
    }
    try {
      const behaviour = makeBehaviour(name, this.#plan.behaviour);
      const asked = performance.now();
      const endpoint = await this.#server.open(behaviour.command);
      this.#creation.record(performance.now() - asked);
      const session = new LoadSession(behaviour, meter, random, this.#surroundings);
      this.#sessions.push(session);
      if (this.#plan.roam > 0) session.roamEvery(this.#plan.roam * 1000);
      await session.open(this.#core, endpoint, this.#surroundings).catch((error) => {
        session.failure = (error as Error).message;
      });
    } catch (error) {
      this.#fail((error as Error).message);
    }
  }

  #wait(seconds: number): Promise<void> {
    return this.#until(performance.now() + seconds * 1000);
  }

  /** Or until it is stopped. */
  async #until(end: number): Promise<void> {
    while (!this.#stopped && performance.now() < end)
      await Bun.sleep(Math.min(100, Math.max(1, end - performance.now())));
  }

  /** What a second was like. */
  #tick(sampler: Sampler): void {
    if (this.#stopped) return;
    sampler.watch(this.#server.pids);
    const recent = sumOf([...this.#meters.values()].map((meter) => meter.takeRecent()));
    const sessions = this.#sessions.filter(
      (session) => session.ready && session.failure === undefined,
    ).length;
    const moment: Moment = {
      second: Math.round((performance.now() - this.#started) / 1000),
      phase: this.#phase,
      elapsed: Math.round((performance.now() - this.#phaseBegan) / 1000),
      planned: this.#planned(),
      sessions,
      asked: this.#plan.sessions,
      keys: recent.count,
      p50: recent.at(0.5),
      p99: recent.at(0.99),
      max: recent.max,
      failed: this.#failed(),
      ...sampler.latest,
    };
    this.#moments.push(moment);
    this.#progress(moment);
    const { limit } = this.#plan;
    // The engine of a young server is not the size of a machine.
    if (limit === undefined || recent.count === 0 || moment.elapsed <= this.#plan.warmup) return;
    this.#brokenSeconds = moment.p99 > limit ? this.#brokenSeconds + 1 : 0;
    if (this.#brokenSeconds < BROKEN_SECONDS) return;
    this.#brokeAt ??= this.#moments.at(-BROKEN_SECONDS)!.sessions;
    this.#stopped = true;
  }

  /** Waits for the answers that are still under way. */
  async #lastEchoes(): Promise<void> {
    const outstanding = (): number =>
      this.#sessions.reduce((n, session) => n + session.pending + session.unshown, 0);
    const end = performance.now() + GRACE_MS;
    let least = outstanding();
    let silence = performance.now() + SILENCE_MS;
    while (least > 0 && performance.now() < Math.min(end, silence)) {
      await Bun.sleep(20);
      const left = outstanding();
      if (left === least) continue;
      least = left;
      silence = performance.now() + SILENCE_MS;
    }
    const now = performance.now();
    for (const session of this.#sessions) session.giveUp(now);
  }

  /** Ends the sessions on a server that goes on without us; returns how many did not say that they ended. */
  async #leave(): Promise<number> {
    const end = performance.now() + LEAVE_MS;
    for (const session of this.#sessions) session.leave(performance.now());
    while (this.#sessions.some(({ client }) => client?.closed === false) && performance.now() < end)
      await Bun.sleep(20);
    return this.#sessions.filter((session) => !session.isOver).length;
  }

  #failed(): number {
    let failed = this.#sessions.filter((session) => session.failure !== undefined).length;
    for (const count of this.#failures.values()) failed += count;
    return failed;
  }

  #snapshot(): Snapshot {
    const pids = serversAmong(this.#server.pids);
    const { user, system } = process.cpuUsage();
    return {
      at: performance.now(),
      cpu: cpuByProcess(pids),
      own: (user + system) / 1e6,
      traffic: this.#traffic(),
    };
  }

  #traffic(): Traffic {
    const sum = {
      datagramsOut: 0,
      datagramsIn: 0,
      bytesOut: 0,
      bytesIn: 0,
      retransmissions: 0,
      repeatsIn: 0,
    };
    for (const { client } of this.#sessions) {
      if (!client) continue;
      const { stats } = client.transport;
      sum.datagramsOut += stats.datagramsOut;
      sum.datagramsIn += stats.datagramsIn;
      sum.bytesOut += stats.bytesOut;
      sum.bytesIn += stats.bytesIn;
      sum.retransmissions += client.retransmissions;
      sum.repeatsIn += client.repeatsIn;
    }
    return sum;
  }

  async #finish(before: Snapshot): Promise<LoadReport> {
    const after = this.#snapshot();
    const { lateness } = this.#reality;
    const seconds = (after.at - before.at) / 1000;
    for (const session of this.#sessions) session.rest(after.at);
    await this.#lastEchoes();
    const memory = privateBytes([...after.cpu.keys()]);
    const left = this.#server.outlives ? await this.#leave() : 0;

    for (const { failure } of this.#sessions) if (failure !== undefined) this.#fail(failure);
    const meters = [...this.#meters.values()];
    const keys = meters.reduce((sum, meter) => sum + meter.keys, 0);
    // Of those that have ended nobody knows any more.
    let serverCpu = 0;
    for (const [pid, seconds] of after.cpu) serverCpu += seconds - (before.cpu.get(pid) ?? 0);
    const ownCpu = (after.own - before.own) / seconds;
    const live = this.#sessions.filter((session) => session.failure === undefined).length;
    const late = spreadOf(lateness);
    return {
      format: "sterna load 1",
      server: this.#server.name,
      date: this.#date,
      machine: thisMachine(),
      plan: describePlan(this.#plan),
      seconds,
      sessions: { asked: this.#plan.sessions, live, failures: Object.fromEntries(this.#failures), left },
      creation: spreadOf(this.#creation),
      connect: spreadOf(sumOf(meters.map((meter) => meter.connect))),
      keyToScreen: spreadOf(sumOf(meters.map((meter) => meter.screen))),
      keyToAck: spreadOf(sumOf(meters.map((meter) => meter.ack))),
      behaviours: Object.fromEntries(
        meters.map((meter) => [
          meter.name,
          {
            keys: meter.keys,
            held: meter.held,
            frames: meter.frames,
            keyToScreen: spreadOf(meter.screen),
            keyToAck: spreadOf(meter.ack),
          },
        ]),
      ),
      keys,
      unanswered: meters.reduce((sum, meter) => sum + meter.unanswered, 0),
      traffic: difference(after.traffic, before.traffic),
      network: sumOfPaths(this.#paths),
      processes: {
        count: after.cpu.size,
        cpuSeconds: serverCpu,
        cpuPerKey: keys > 0 ? (serverCpu * 1e6) / keys : 0,
        privateBytes: memory,
        privateBytesPerSession: live > 0 ? memory / live : 0,
      },
      generator: { cpuShare: ownCpu, lateness: late, ...bottleneck(ownCpu, late, this.#reality.overflowed) },
      ...(this.#brokeAt === undefined ? {} : { brokeAt: this.#brokeAt }),
      timeline: this.#moments,
    };
  }
}

interface Snapshot {
  readonly at: number;
  /** Of each server, s. */
  readonly cpu: ReadonlyMap<number, number>;
  /** Of this process, s. */
  readonly own: number;
  readonly traffic: Traffic;
}

/** Why figures may be the generator's and not the server's, if so. */
function bottleneck(cpuShare: number, lateness: Spread, overflowed: number): { bottleneck?: string } {
  if (overflowed > 0)
    return { bottleneck: `the generator lost ${overflowed} datagrams that it did not take in time` };
  if (cpuShare > BUSY_SHARE)
    return { bottleneck: `the generator used ${Math.round(cpuShare * 100)} % of a core` };
  if (lateness.p99 > LATE_MS)
    return {
      bottleneck: `the generator’s own timers were ${lateness.p99.toFixed(1)} ms late (99th percentile): it, or its machine, was too busy`,
    };
  return {};
}

function difference(after: Traffic, before: Traffic): Traffic {
  const names = Object.keys(after) as (keyof Traffic)[];
  return Object.fromEntries(names.map((name) => [name, after[name] - before[name]])) as unknown as Traffic;
}

function sumOfPaths(paths: readonly Path[]): Path["counts"] {
  const sum = { sent: 0, lost: 0, overflowed: 0, duplicated: 0, reordered: 0, dark: 0 };
  for (const { counts } of paths)
    for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += counts[name];
  return sum;
}

function thisMachine(): Machine {
  return {
    processor: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryBytes: totalmem(),
    system: `${type()} ${release()} ${arch()}`,
  };
}

function describePlan(plan: LoadPlan): Record<string, unknown> {
  const { behaviour, ...rest } = plan;
  return { ...rest, rate: behaviour.rate };
}
