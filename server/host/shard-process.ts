/**
 * A shard as a process of its own: waits for the supervisor's word, then serves. If the supervisor is gone it goes on
 * with the sessions it has, for the next one to take over, and ends with the last one. Called by host-command.ts.
 */
import { join } from "node:path";
import { forbidCoreDumps } from "../../sys/core-dumps.ts";
import { libc } from "../../sys/libc.ts";
import { USUAL_OPEN_FILES } from "../../sys/open-files.ts";
import { takePrecedence, takeShortSlices } from "../../sys/priority.ts";
import { loadCore } from "../../wasm-core/load.ts";
import { accountNamed } from "../account.ts";
import { ShardMetrics } from "../operator/metrics.ts";
import { labelProcess } from "../process-name.ts";
import { turns } from "../pty.ts";
import { type ChildPlan, planChild } from "../shell.ts";
import { hasPrlimit, underLimits } from "../users/limits.ts";
import { planAsRoot } from "../users/start-plan.ts";
import { systemUtmpWriter } from "../utmp.ts";
import { LeftShard } from "./left-shard.ts";
import type { SessionRequest } from "./messages.ts";
import { Shard } from "./shard.ts";
import type { FromShard, Owner, ShardSettings, ToShard } from "./shard-messages.ts";
import { removeSocketsOf, shardSocket } from "./shard-sockets.ts";
import { sharedNumber } from "./shared-number.ts";
import { Siblings } from "./siblings.ts";

const LOAD_INTERVAL_MS = 2000;
/** The engine starts threads when it wants to; they are found so often, ms. */
const PRECEDENCE_INTERVAL_MS = 10_000;
/** How often the event loop's punctuality is looked at, ms. */
const LAG_INTERVAL_MS = 500;

/** The next supervisor, once the first is gone. */
let next: LeftShard | undefined;

export function runShard(): Promise<number> {
  const completion = Promise.withResolvers<number>();
  let shard: Shard | undefined;
  let settings: ShardSettings | undefined;
  let config: ShardSettings["config"] | undefined;
  let answering = 0;
  const finish = (): void => {
    next?.close();
    if (settings) removeSocketsOf(settings.directory, [process.pid]);
    completion.resolve(0);
  };
  // Whoever has ended the last session is told so first.
  const finishIfLeft = (): void => {
    if (!process.connected && answering === 0 && shard?.sessions === 0) finish();
  };
  const receive = (message: ToShard): void => {
    if (message.kind === "start") {
      ({ settings } = message);
      ({ config } = settings);
      labelProcess(`sterna-shard-${settings.number}`);
      start(settings, () => config!, finishIfLeft)
        .then((started) => {
          shard = started;
          tell({ kind: "ready" });
        })
        .catch((error: unknown) => {
          tell({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
          completion.resolve(1);
        });
    } else if (message.kind === "reload") ({ config } = message);
    else if (message.kind === "call" && shard) {
      answering++;
      void shard.handle(message.request).then((reply) => {
        tell({ kind: "reply", id: message.id, reply });
        answering--;
        finishIfLeft();
      });
    }
  };
  process.on("message", receive);
  process.on("disconnect", () => {
    const left = shard;
    if (!settings || !left || left.sessions === 0) {
      finish();
      return;
    }
    next = new LeftShard({
      path: join(settings.directory, shardSocket("left", settings.number, process.pid)),
      uid: libc().getuid(),
      kept: () => left.kept(),
      receive: (message) => {
        if (message.kind !== "start") receive(message);
      },
      alone: finishIfLeft,
    });
    try {
      next.listen();
    } catch {
      // Somebody has tidied the directory away: the sessions go on, out of every host's reach.
    }
  });
  // Whoever stops the host tells the supervisor; a terminal's Ctrl-C reaches all of us.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
  return completion.promise;
}

/** To the supervisor, whichever there is. */
function tell(message: FromShard): void {
  if (process.connected) process.send?.(message);
  else next?.tell(message);
}

/**
 * @param current settings as they are now; those that count at the start are in `settings`
 * @param ended called after the end of each session
 */
async function start(
  settings: ShardSettings,
  current: () => ShardSettings["config"],
  ended: () => void,
): Promise<Shard> {
  forbidCoreDumps();
  takeShortSlices();
  const clock = (): number => performance.now();
  const metrics = new ShardMetrics();
  const { number, count, hubs, directory, config } = settings;
  if (count > 1) shareKeys(join(directory, "keys"));
  const siblings = hubs.shared
    ? new Siblings({
        directory,
        number,
        count,
        clock,
        offer: (datagram, from, congested) =>
          shard.hubs.some((hub) => hub.offer(datagram, from, clock(), congested)),
      })
    : undefined;
  const shard: Shard = new Shard({
    core: await loadCore(),
    clock,
    number,
    hubs,
    metrics,
    ...(siblings ? { stray: (bytes, from, congested) => siblings.stray(bytes, from, congested) } : {}),
    streamPath: join(directory, shardSocket("stream", number, process.pid)),
    // Whoever has the token may use it: it was told to them alone.
    streamMode: settings.asRoot ? 0o666 : 0o600,
    plan: (owner, request) => planFor(owner, request, settings.asRoot, current()),
    // login(1) keeps the records for users.
    utmp: settings.asRoot ? undefined : systemUtmpWriter(),
    log: (text) => tell({ kind: "log", level: "debug", text }),
    fault: (error) => tell({ kind: "log", level: "error", text: `a datagram: ${error.stack ?? error}` }),
    ended: (id) => {
      tell({ kind: "ended", id });
      ended();
    },
  });
  await shard.start();
  if (settings.asRoot && !hasPrlimit())
    tell({
      kind: "log",
      level: "warn",
      text: "there is no prlimit(1): [limits] files, processes and memory do not hold",
    });
  siblings?.start();
  watchLoop(metrics, clock);
  reportLoad();
  if (settings.asRoot && config.host.nice < 0) {
    if (takePrecedence(config.host.nice)) {
      setInterval(() => takePrecedence(config.host.nice), PRECEDENCE_INTERVAL_MS).unref();
    } else tell({ kind: "log", level: "warn", text: "the system gives no precedence (nice)" });
  }
  return shard;
}

/** A host serves without it, too. */
function shareKeys(path: string): void {
  try {
    turns.share(sharedNumber(path));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    tell({
      kind: "log",
      level: "warn",
      text: `keys do not slow what floods in other shards: ${reason}`,
    });
  }
}

function planFor(
  owner: Owner,
  request: SessionRequest,
  asRoot: boolean,
  { limits, host }: ShardSettings["config"],
): ChildPlan {
  if (!asRoot)
    return planChild(
      request.command,
      request.colors,
      request.environment,
      undefined,
      request.openFiles ?? USUAL_OPEN_FILES,
    );
  const account = accountNamed(owner.name);
  if (!account || account.uid !== owner.uid) throw new Error(`user ${owner.name} is not in the database`);
  const plan = planAsRoot(
    account,
    {
      command: request.command,
      colors: request.colors,
      environment: request.environment,
      from: request.from,
    },
    host,
  );
  return underLimits(plan, limits);
}

/** How late a timer is, is how long everybody may have had to wait. */
function watchLoop(metrics: ShardMetrics, clock: () => number): void {
  let due = clock() + LAG_INTERVAL_MS;
  setInterval(() => {
    const now = clock();
    metrics.loopLag.record(Math.max(0, now - due));
    due = now + LAG_INTERVAL_MS;
  }, LAG_INTERVAL_MS).unref();
}

function reportLoad(): void {
  let before = process.cpuUsage();
  setInterval(() => {
    const { user, system } = process.cpuUsage(before);
    before = process.cpuUsage();
    tell({ kind: "load", load: Math.min(1, (user + system) / 1000 / LOAD_INTERVAL_MS) });
  }, LOAD_INTERVAL_MS).unref();
}
