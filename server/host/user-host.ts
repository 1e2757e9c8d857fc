/**
 * A user's own host: one process, no root, no daemon to set up. The first `new` that finds no host becomes it; it serves
 * all sessions of its user and goes when the last one ends, as tmux's server does. Called by main.ts in the process that
 * launch.ts has started.
 */
import { closeSync } from "node:fs";
import { join } from "node:path";
import { forbidCoreDumps } from "../../sys/core-dumps.ts";
import { libc } from "../../sys/libc.ts";
import { USUAL_OPEN_FILES } from "../../sys/open-files.ts";
import { takeShortSlices } from "../../sys/priority.ts";
import { loadCore } from "../../wasm-core/load.ts";
import { accountName } from "../account.ts";
import { report } from "../handover.ts";
import { ShardMetrics } from "../operator/metrics.ts";
import { labelProcess } from "../process-name.ts";
import { planChild } from "../shell.ts";
import { releaseStandardDescriptors, STDERR, writeText } from "../stdio.ts";
import { systemUtmpWriter } from "../utmp.ts";
import { ControlServer } from "./control-server.ts";
import { Host, type HostPolicy, type Identity } from "./host.ts";
import { removeStale, takeLock } from "./lock.ts";
import { ensureOwnDirectory, placeIn } from "./places.ts";
import { Shard } from "./shard.ts";

/** A host that nobody gives a session leaves after this many milliseconds. */
const UNUSED_MS = 60_000;

/** Serves until the last session has ended. Returns the exit status. */
export async function serveUserHost(directory: string): Promise<number> {
  const place = placeIn(directory, libc().getuid());
  labelProcess("sterna-host");
  forbidCoreDumps();
  takeShortSlices();
  // It outlives the directory it was started in.
  process.chdir("/");
  const fault = ensureOwnDirectory(place.directory, place.uid);
  if (fault !== undefined) {
    writeText(STDERR, `sterna-server: ${fault}\n`);
    return 1;
  }
  const lock = takeLock(join(place.directory, "lock"));
  // Another host is there, or is just starting: whoever started us asks that one.
  if (lock === undefined) return report("busy") ? 0 : 1;
  const own = { name: accountName(place.uid), uid: place.uid };
  const completion = Promise.withResolvers<void>();
  const streamPath = join(place.directory, "stream.sock");
  removeStale(place.socket, streamPath);
  const shard = new Shard({
    core: await loadCore(),
    clock: () => performance.now(),
    number: 0,
    metrics: new ShardMetrics(),
    hubs: undefined,
    streamPath,
    streamMode: 0o600,
    plan: (_owner, request) =>
      planChild(
        request.command,
        request.colors,
        request.environment,
        undefined,
        request.openFiles ?? USUAL_OPEN_FILES,
      ),
    utmp: systemUtmpWriter(),
    log: () => {},
    ended: (id) => host.ended(id),
  });
  const policy = ownPolicy(own);
  let unused: Timer | undefined;
  const host = new Host({
    policy: () => policy,
    shards: [{ number: 0, pid: process.pid, alive: true, call: (request) => shard.handle(request) }],
    log: () => {},
    idle: () => leaveIfUnused(),
  });
  await shard.start();
  const control = new ControlServer(place.socket, 0o600, (request, credentials) => {
    clearTimeout(unused);
    return host.handle(request, credentials);
  });
  /** Goes if nobody has a session and nobody is asking for one. */
  const leaveIfUnused = (): void => {
    if (host.sessions === 0 && control.pending === 0) completion.resolve();
  };
  control.onQuiet = leaveIfUnused;
  unused = setTimeout(leaveIfUnused, UNUSED_MS);
  const end = (): void => {
    host.drain();
    if (host.sessions === 0) completion.resolve();
    else void shard.handle({ op: "end-all" });
  };
  process.on("SIGTERM", end);
  process.on("SIGINT", end);
  process.on("SIGUSR1", () => void shard.handle({ op: "user-signal" }));
  process.on("SIGHUP", () => {});
  const reported = report("ready");
  releaseStandardDescriptors();
  if (!reported) return 1;
  await completion.promise;
  control.close();
  shard.close();
  closeSync(lock);
  return 0;
}

/** The user, and root, who sees all. */
function ownPolicy(own: { readonly name: string; readonly uid: number }): HostPolicy {
  return {
    identify: ({ uid }): Identity | string => {
      if (uid === own.uid) return { ...own, root: uid === 0 };
      if (uid === 0) return { ...own, root: false };
      return `This host is ${own.name}'s own.`;
    },
    account: (name) => (name === own.name ? own : `This host serves only ${own.name}.`),
    admit: () => undefined,
    limits: {},
    single: true,
    maxSize: undefined,
    quit: { named: "detach", unnamed: "end" },
  };
}
