/**
 * `sterna-server host`: the operator's daemon. It takes over the shards that an earlier one has left, starts its own and the
 * ssh gateway, answers the control socket, restarts what dies, reloads on SIGHUP, drains on SIGTERM, leaves its shards to
 * the next one on SIGUSR2. It touches no session's data. Called by host-command.ts.
 */
import { closeSync, mkdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { libc } from "../../sys/libc.ts";
import { accountName, accountNamed, accountOf } from "../account.ts";
import { isJournal, type Level, Log } from "../operator/log.ts";
import { exposition, type ShardFigures } from "../operator/metrics.ts";
import { serveMetrics } from "../operator/metrics-server.ts";
import { SystemdNotifier } from "../operator/sd-notify.ts";
import { labelProcess } from "../process-name.ts";
import { STDERR, writeText } from "../stdio.ts";
import { candidateOf, refusalFor } from "../users/admission.ts";
import { ConfigError, type HostConfig, keepingFixed, needsRestart, parseEndpoint } from "./config.ts";
import { ControlServer } from "./control-server.ts";
import { GatewayProcess } from "./gateway-link.ts";
import { Host, type HostPolicy, type Identity } from "./host.ts";
import { removeStale, takeLock } from "./lock.ts";
import { publicDirectoryFault } from "./places.ts";
import { ShardProcess } from "./processes.ts";
import type { ShardEnd } from "./shard-end.ts";
import type { Owner, ShardLink, ShardSettings } from "./shard-messages.ts";
import { removeSocketsOf, shardSockets } from "./shard-sockets.ts";
import { Silent, TakenShard } from "./taking-over.ts";

/** A shard that dies again at once is given more and more time. */
const RESTART_MS = { least: 200, most: 30_000 };
/** After a goodbye to everybody, the host waits so long for the sessions to end. */
const END_MS = 15_000;
/** How often the log says what it left out, and shards are looked after. */
const TICK_MS = 10_000;
/** How often it is looked for shards that an earlier host has left: one that did not answer may do so later, ms. */
const LOOK_MS = 2000;
/** A scrape does not wait longer for a shard. */
const SCRAPE_MS = 2000;
/** Up for so long, a shard is taken to be well. */
const WELL_AFTER_MS = 60_000;
/** Before it goes it answers what was asked, for at most so long. */
const ANSWER_MS = 2000;
/** Exit status after SIGUSR2 (EX_TEMPFAIL): start the next one. */
const LEFT_TO_THE_NEXT = 75;

export interface SupervisorOptions {
  readonly config: HostConfig;
  /** Reads the configuration again. @throws ConfigError */
  readonly reread: () => HostConfig;
  /** Where its sockets are. */
  readonly directory: string;
}

/** Serves until it is told to stop and the last session has ended. Returns the exit status. */
export async function runSupervisor(options: SupervisorOptions): Promise<number> {
  labelProcess("sterna-host");
  const supervisor = new Supervisor(options);
  return supervisor.run();
}

class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #uid = libc().getuid();
  readonly #log: Log;
  readonly #systemd = new SystemdNotifier(process.env);
  readonly #shards: (ShardProcess | undefined)[] = [];
  /** Those of earlier supervisors by their sockets' names; undefined: being asked, or in vain. */
  readonly #taken = new Map<string, TakenShard | undefined>();
  #nextTaken = 0;
  readonly #completion = Promise.withResolvers<number>();
  readonly #host: Host;
  #config: HostConfig;
  #policy: HostPolicy;
  #gateway: GatewayProcess | undefined;
  #control: ControlServer | undefined;
  #restarts = 0;
  #lost = 0;
  #stopping = false;
  /** The line over every screen. */
  #notice: string | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#config = options.config;
    const { level, format } = options.config.log;
    this.#log = new Log({
      level,
      format,
      journal: isJournal(process.env.JOURNAL_STREAM, STDERR),
      write: (line) => void writeText(STDERR, line),
      now: () => Date.now(),
    });
    this.#policy = policyOf(options.config, this.#uid);
    const supervisor = this;
    this.#host = new Host({
      policy: () => this.#policy,
      get shards(): readonly ShardLink[] {
        return supervisor.#allShards;
      },
      log: (event, fields) => this.#log.event("info", event, fields),
      idle: () => {
        if (this.#stopping) this.#stop(0);
      },
    });
  }

  async run(): Promise<number> {
    const { directory, config } = this.#options;
    // Root's host is for all, so its sockets must be reachable; who connects is known from the kernel.
    mkdirSync(directory, { recursive: true, mode: this.#uid === 0 ? 0o755 : 0o700 });
    const fault = publicDirectoryFault(directory, this.#uid);
    if (fault !== undefined) {
      this.#log.event("error", "the host could not be started", { reason: fault });
      return 1;
    }
    const lock = takeLock(join(directory, "lock"));
    if (lock === undefined) {
      this.#log.event("error", "another host is running", { directory });
      return 1;
    }
    const socket = join(directory, "host.sock");
    removeStale(socket);
    const count = config.host.shards || availableParallelism();
    this.#nextTaken = count;
    const [, ...starts] = await Promise.allSettled([
      this.#takeOver(),
      ...Array.from({ length: count }, (_, number) => this.#startShard(number, count)),
    ]);
    const failed = starts.find((start) => start.status === "rejected");
    if (failed) {
      this.#log.event("error", "a shard could not be started", { reason: (failed.reason as Error).message });
      // Shards of old may have the ports, and their sessions need this host. It is tried again, as after a shard's death.
      if (shardSockets(directory, "left").length === 0) {
        for (const shard of this.#shards) shard?.kill();
        return 1;
      }
    }
    const control = new ControlServer(socket, this.#uid === 0 ? 0o666 : 0o600, (request, credentials) =>
      this.#host.handle(request, credentials),
    );
    this.#control = control;
    let metrics: ReturnType<typeof serveMetrics> | undefined;
    try {
      metrics = this.#serveMetrics();
      await this.#startGateway(socket);
    } catch (error) {
      this.#log.event("error", "the host could not be started", { reason: (error as Error).message });
      for (const shard of this.#shards) shard?.kill();
      control.close();
      return 1;
    }
    this.#listenForSignals();
    const watchdog = this.#watch();
    const tick = setInterval(() => this.#tick(), TICK_MS);
    const look = setInterval(() => void this.#takeOver(), LOOK_MS);
    this.#log.event("info", "host started", {
      pid: process.pid,
      shards: count,
      directory,
      ports: `${config.host.ports.low}:${config.host.ports.high}`,
      ...(this.#gateway ? { ssh: config.ssh.listen.join(",") } : {}),
      ...(metrics ? { metrics: config.metrics.listen } : {}),
    });
    this.#systemd.ready(`${count} shards`);
    const status = await this.#completion.promise;
    clearInterval(watchdog);
    clearInterval(tick);
    clearInterval(look);
    control.close();
    metrics?.stop();
    this.#gateway?.kill();
    if (status !== LEFT_TO_THE_NEXT) {
      for (const shard of this.#allShards) shard.kill();
      removeSocketsOf(
        directory,
        this.#allShards.map(({ pid }) => pid),
      );
    }
    closeSync(lock);
    this.#log.event("info", "host stopped");
    return status;
  }

  /** Those of this host, and those of earlier ones. */
  get #allShards(): ShardEnd[] {
    return [...this.#shards, ...this.#taken.values()].filter((shard) => shard !== undefined);
  }

  /** Looks for shards that an earlier supervisor has left. */
  async #takeOver(): Promise<void> {
    const names = shardSockets(this.#options.directory, "left").filter((name) => !this.#taken.has(name));
    await Promise.all(names.map((name) => this.#take(name)));
  }

  async #take(name: string): Promise<void> {
    this.#taken.set(name, undefined);
    const number = this.#nextTaken++;
    let pid: number | undefined;
    try {
      const shard = await TakenShard.take(join(this.#options.directory, name), number, this.#uid, {
        kept: (taken, sessions) => {
          ({ pid } = taken);
          this.#taken.set(name, taken);
          const count = this.#host.take(taken, sessions);
          this.#log.event("info", "shard taken over", { shard: number, pid, sessions: count });
          // The host before may have been about to stop, and this one may be by now.
          void taken.call({ op: "notice", ...(this.#notice === undefined ? {} : { text: this.#notice }) });
        },
        ended: (id) => this.#host.ended(id),
        log: (level, text) => this.#log.event(level, "shard says", { shard: number, text }),
        died: () => {
          this.#taken.delete(name);
          const lost = this.#host.lost(number);
          this.#lost += lost;
          if (lost > 0) this.#log.event("error", "shard died", { shard: number, pid, sessions: lost });
          else this.#log.event("info", "shard ended", { shard: number, pid });
        },
      });
      // It has just ended.
      if (!shard) this.#taken.delete(name);
    } catch (error) {
      const { message } = error as Error;
      this.#log.event("error", "shard not taken over", { shard: number, reason: `${name}: ${message}` });
      if (error instanceof Silent) this.#taken.delete(name);
    }
  }

  async #startShard(number: number, count: number, before = RESTART_MS.least): Promise<void> {
    const started = performance.now();
    const { host, limits } = this.#config;
    const settings: ShardSettings = {
      number,
      count,
      hubs: {
        addresses: host.listen,
        ports: host.ports,
        // Also by one shard: another that an earlier host has left behind may have it.
        shared: host.ports.low === host.ports.high,
      },
      directory: this.#options.directory,
      asRoot: this.#uid === 0,
      config: { host, limits },
    };
    const shard = new ShardProcess(settings, {
      ended: (id) => this.#host.ended(id),
      log: (level: Level, text) => this.#log.event(level, "shard says", { shard: number, text }),
      died: (status) => {
        if (this.#shards[number] !== shard) return;
        this.#shards[number] = undefined;
        const lost = this.#host.lost(number);
        this.#lost += lost;
        this.#restarts++;
        this.#log.event("error", "shard died", { shard: number, status, sessions: lost });
        if (this.#stopping) return;
        const well = performance.now() - started > WELL_AFTER_MS;
        const wait = well ? RESTART_MS.least : Math.min(RESTART_MS.most, before * 2);
        setTimeout(() => {
          this.#startShard(number, count, wait).catch((error: Error) =>
            this.#log.event("error", "shard not restarted", { shard: number, reason: error.message }),
          );
        }, before);
      },
    });
    this.#shards[number] = shard;
    await shard.ready;
    this.#log.event("info", "shard started", { shard: number, pid: shard.pid });
  }

  #serveMetrics(): ReturnType<typeof serveMetrics> | undefined {
    const endpoint = parseEndpoint(this.#config.metrics.listen);
    return endpoint && serveMetrics(endpoint, () => this.#exposition());
  }

  async #exposition(): Promise<string> {
    const shards: ShardFigures[] = [];
    const up = new Map([...this.#shards.keys()].map((number) => [number, false]));
    await Promise.all(
      this.#allShards.map(async (shard) => {
        const { number } = shard;
        up.set(number, false);
        const reply = await Promise.race([shard.call({ op: "stats" }), Bun.sleep(SCRAPE_MS)]);
        if (!reply?.ok || !reply.stats) return;
        up.set(number, true);
        shards.push({ ...(reply.stats as ShardFigures), shard: number });
      }),
    );
    return exposition(
      shards.toSorted((a, b) => a.shard - b.shard),
      {
        shardsUp: up,
        sessions: this.#host.sessions,
        shardRestarts: this.#restarts,
        sessionsLost: this.#lost,
        draining: this.#stopping,
      },
    );
  }

  async #startGateway(socket: string): Promise<void> {
    const { ssh, users, limits } = this.#config;
    if (ssh.listen.length === 0) return;
    this.#gateway = new GatewayProcess(
      { socket, ssh, users, limits },
      {
        log: (level, event, fields) => this.#log.event(level, event, fields),
        died: (status) => {
          if (this.#stopping) return;
          this.#log.event("error", "gateway died", { status });
          setTimeout(() => {
            if (this.#stopping) return;
            this.#startGateway(socket).catch((error: Error) =>
              this.#log.event("error", "gateway not restarted", { reason: error.message }),
            );
          }, RESTART_MS.least * 5);
        },
      },
    );
    await this.#gateway.ready;
  }

  #tick(): void {
    this.#log.flush();
    for (const shard of this.#allShards) {
      if (!shard.tick()) continue;
      this.#log.event("error", "shard hangs", { shard: shard.number, pid: shard.pid });
      shard.kill();
    }
  }

  #watch(): Timer | undefined {
    const { watchdogMs } = this.#systemd;
    return watchdogMs === undefined ? undefined : setInterval(() => this.#systemd.alive(), watchdogMs / 2);
  }

  // ---- signals

  #listenForSignals(): void {
    process.on("SIGTERM", () => this.#drain());
    process.on("SIGINT", () => this.#drain());
    process.on("SIGHUP", () => this.#reload());
    process.on("SIGUSR2", () => this.#leave());
  }

  /** No new sessions; the old ones go on until they end or the deadline comes. A second signal ends them now. */
  #drain(): void {
    if (this.#stopping) {
      this.#endAll();
      return;
    }
    this.#stopping = true;
    this.#host.drain();
    this.#gateway?.drain();
    const { drain } = this.#config.host;
    this.#log.event("info", "draining", { sessions: this.#host.sessions, seconds: drain / 1000 });
    this.#systemd.stopping(`draining ${this.#host.sessions} sessions`);
    if (this.#host.sessions === 0) {
      this.#stop(0);
      return;
    }
    const deadline = new Date(Date.now() + drain).toTimeString().slice(0, 5);
    this.#notice = `sterna: This host is about to stop. Please end this session${drain > 0 ? ` before ${deadline}` : ""}.`;
    this.#tellShards({ op: "notice", text: this.#notice });
    // 0: no limit.
    if (drain > 0) setTimeout(() => this.#endAll(), drain);
  }

  /** For an update: the shards go on with their sessions until the next supervisor takes them over. */
  #leave(): void {
    this.#log.event("info", "leaving the sessions to the next host", { sessions: this.#host.sessions });
    this.#systemd.stopping("the next one takes the sessions over");
    this.#host.drain();
    this.#stop(LEFT_TO_THE_NEXT);
  }

  /** Once what was asked is answered: it may be that which ended the last session. */
  #stop(status: number): void {
    const stop = (): void => this.#completion.resolve(status);
    if (!this.#control || this.#control.pending === 0) {
      stop();
      return;
    }
    this.#control.onQuiet = stop;
    setTimeout(stop, ANSWER_MS);
  }

  #endAll(): void {
    this.#log.event("info", "ending all sessions", { sessions: this.#host.sessions });
    if (this.#host.sessions === 0) this.#completion.resolve(0);
    this.#tellShards({ op: "end-all" });
    // A shard that hangs must not keep the host.
    setTimeout(() => this.#completion.resolve(0), END_MS);
  }

  #tellShards(request: Parameters<ShardLink["call"]>[0]): void {
    for (const shard of this.#allShards) void shard.call(request);
  }

  #reload(): void {
    this.#systemd.reloading(process.hrtime.bigint() / 1000n);
    try {
      const config = this.#options.reread();
      const later = needsRestart(this.#config, config);
      if (later.length > 0) this.#log.event("warn", "needs a restart to change", { keys: later.join(", ") });
      this.#config = keepingFixed(this.#config, config);
      this.#policy = policyOf(this.#config, this.#uid);
      const { host, limits, ssh, users } = this.#config;
      for (const shard of this.#allShards) shard.reload({ host, limits });
      this.#log.reload(config.log);
      this.#gateway?.reload({ ssh, users, limits });
      this.#log.event("info", "configuration reloaded");
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.#log.event("error", "configuration not reloaded", { reason: error.message });
    }
    this.#systemd.ready("reloaded");
  }
}

/** Root serves everybody whom the rules admit, anybody else themselves. */
function policyOf(config: HostConfig, uid: number): HostPolicy {
  const { limits, host, users } = config;
  const common = {
    single: uid !== 0,
    limits: { network: limits.detached, idle: limits.idle },
    maxSize: { cols: limits.cols, rows: limits.rows },
    quit: { named: host.quitNamed, unnamed: host.quitUnnamed },
  };
  const counted = (ofOwner: number, inAll: number): string | undefined => {
    if (limits.sessions > 0 && inAll >= limits.sessions)
      return "This host has as many sessions as it may have.";
    if (limits.sessionsPerUser > 0 && ofOwner >= limits.sessionsPerUser)
      return `You have ${ofOwner} sessions, which is as many as you may have; list shows them, kill ends one.`;
    return undefined;
  };
  if (uid !== 0) {
    const own = { name: accountName(uid), uid };
    return {
      ...common,
      identify: (peer): Identity | string => {
        if (peer.uid === uid) return { ...own, root: false };
        return peer.uid === 0 ? { ...own, root: false } : `This host serves only ${own.name}.`;
      },
      account: (name) => (name === own.name ? own : `This host serves only ${own.name}.`),
      admit: (_owner, ofOwner, inAll) => counted(ofOwner, inAll),
    };
  }
  return {
    ...common,
    identify: (peer): Identity | string => {
      const account = accountOf(peer.uid);
      if (!account) return `User ${peer.uid} is not in this system's database.`;
      return { name: account.name, uid: account.uid, root: account.uid === 0 };
    },
    account: (name): Owner | string => {
      const account = accountNamed(name);
      return account ? { name: account.name, uid: account.uid } : "There is no such user.";
    },
    admit: ({ name, uid: ofUser }, ofOwner, inAll) => {
      const account = accountNamed(name);
      if (!account || account.uid !== ofUser) return "There is no such user.";
      return refusalFor(candidateOf(account), users) ?? counted(ofOwner, inAll);
    },
  };
}
