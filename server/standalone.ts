/**
 * The process behind one `mosh-server new --standalone`: one session, one attachment, one hub, until the session ends.
 * Puts the parts together and owns what is left: signals, and the end. Called by main.ts.
 */
import { printKey } from "../ssp/key.ts";
import { KEY_BYTES } from "../ssp/params.ts";
import { forbidCoreDumps } from "../sys/core-dumps.ts";
import { USUAL_OPEN_FILES } from "../sys/open-files.ts";
import { takeShortSlices } from "../sys/priority.ts";
import { Wheel } from "../sys/wheel.ts";
import { loadCore } from "../wasm-core/load.ts";
import { Attachment } from "./attachment.ts";
import type { ServerOptions } from "./cli.ts";
import { type Handover, report as reportReady } from "./handover.ts";
import { Hub } from "./hub.ts";
import { parseLimits } from "./limits.ts";
import { loginNotices } from "./notices.ts";
import { labelProcess } from "./process-name.ts";
import { SessionLoop } from "./session-loop.ts";
import { planChild } from "./shell.ts";
import { releaseStandardDescriptors, STDERR, STDOUT, writeText } from "./stdio.ts";
import { BindError } from "./udp.ts";
import { systemUtmpWriter } from "./utmp.ts";

/** Until the client says how large its window is, if we were not started from a terminal. */
const DEFAULT_SIZE = { cols: 80, rows: 24 };

/** How process lists show this process, whatever runs it. */
const PROCESS_NAME = "mosh-server";

/** Serves one session to its end. Returns the exit status. */
export async function serveStandalone(options: ServerOptions, handover: Handover): Promise<number> {
  labelProcess(PROCESS_NAME);
  forbidCoreDumps();
  takeShortSlices();
  const report = (message: string): void => void writeText(STDERR, `${message}\n`);
  const log = options.verbose > 0 ? report : () => {};
  const core = await loadCore();
  const key = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  let hub: Hub;
  try {
    const events = { fault: (error: Error) => log(`a datagram: ${error.stack ?? error}`) };
    hub = await Hub.open({ address: options.address, ports: options.ports, clock, report, events });
  } catch (error) {
    if (error instanceof BindError) return 1;
    throw error;
  }
  const { environment, task } = handover;
  const { size = DEFAULT_SIZE, openFiles } = task.kind === "session" ? task : {};
  const completion = Promise.withResolvers<void>();
  const loop = new SessionLoop({
    plan: () =>
      planChild(options.command, options.colors, environment, undefined, openFiles ?? USUAL_OPEN_FILES),
    notices: (plan) => loginNotices(plan.environment.HOME ?? "/", process.pid),
    terminal: core.createTerminal(size.cols, size.rows, "host"),
    clock,
    wheel: new Wheel(),
    limits: parseLimits(environment).limits,
    utmp: systemUtmpWriter(),
    log,
    finished: () => completion.resolve(),
  });
  const attachment = loop.add(
    "end",
    (seat) =>
      new Attachment({
        core,
        key,
        session: seat,
        family: hub.family,
        now: clock(),
        send: (datagram, peer) => hub.send(datagram, peer),
        received: () => seat.received(),
        log,
      }),
  );
  hub.add(attachment);
  listenForSignals(loop);
  const reported = reportReady(`${hub.port} ${printKey(key)}`);
  key.fill(0);
  if (!reported) return 1;
  if (options.verbose === 0) releaseStandardDescriptors();
  await completion.promise;
  hub.close();
  writeText(STDOUT, "\n[mosh-server is exiting.]\n");
  return 0;
}

function listenForSignals(loop: SessionLoop): void {
  process.on("SIGTERM", () => loop.terminate());
  process.on("SIGINT", () => loop.terminate());
  process.on("SIGUSR1", () => loop.userSignal());
  // The line that ssh started us from goes away; that is what we are for.
  process.on("SIGHUP", () => {});
}

function clock(): number {
  return performance.now();
}
