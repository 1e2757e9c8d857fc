/**
 * The process behind one `mosh-server new`: one session, one attachment, one hub, until the session ends. Puts the
 * parts together and owns what is left: time, signals, and the end. Called by main.ts.
 */
import { ptr } from "bun:ffi";
import { printKey } from "../ssp/key.ts";
import { KEY_BYTES } from "../ssp/params.ts";
import { forbidCoreDumps } from "../sys/core-dumps.ts";
import { libc } from "../sys/libc.ts";
import type { Core } from "../wasm-core/core.ts";
import { loadCore } from "../wasm-core/load.ts";
import { Attachment } from "./attachment.ts";
import type { ServerOptions } from "./cli.ts";
import { type Handover, reportReady } from "./handover.ts";
import { Hub } from "./hub.ts";
import { IdleJudge, parseLimits, type Verdict } from "./limits.ts";
import { Session } from "./session.ts";
import { releaseStandardDescriptors, STDERR, STDOUT, writeText } from "./stdio.ts";
import { BindError } from "./udp.ts";
import { systemUtmpWriter, UtmpRecord } from "./utmp.ts";

/** Until the client says how large its window is, if we were not started from a terminal. */
const DEFAULT_SIZE = { cols: 80, rows: 24 };
/** The longest sleep: a timer must not overflow because a limit is set to years. */
const MAX_SLEEP_MS = 60_000;

const PR_SET_NAME = 15;
/** How process lists show this process, whatever runs it. */
const PROCESS_NAME = "mosh-server";

type Log = (message: string) => void;

/** Serves one session to its end. Returns the exit status. */
export async function serveStandalone(options: ServerOptions, handover: Handover): Promise<number> {
  labelProcess();
  forbidCoreDumps();
  const report: Log = (message) => void writeText(STDERR, `${message}\n`);
  const core = await loadCore();
  const key = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  let server: StandaloneServer | undefined;
  let hub: Hub;
  try {
    hub = await Hub.open(
      options.address,
      options.ports,
      clock,
      {
        received: (attachment) => attachment && server?.onReceived(),
        error: (failure) => server?.onSocketError(failure.kind, failure.text),
      },
      report,
    );
  } catch (error) {
    if (error instanceof BindError) return 1;
    throw error;
  }
  server = new StandaloneServer(options, handover, core, hub, key, options.verbose > 0 ? report : () => {});
  const reported = reportReady(hub.port, printKey(key));
  key.fill(0);
  if (!reported) return 1;
  if (options.verbose === 0) releaseStandardDescriptors();
  await server.finished;
  writeText(STDOUT, "\n[mosh-server is exiting.]\n");
  return 0;
}

function labelProcess(): void {
  const name = Buffer.from(`${PROCESS_NAME}\0`);
  libc().prctl(PR_SET_NAME, BigInt(ptr(name)), 0n, 0n, 0n);
}

function clock(): number {
  return performance.now();
}

class StandaloneServer {
  readonly #hub: Hub;
  readonly #session: Session;
  readonly #attachment: Attachment;
  readonly #judge: IdleJudge;
  readonly #utmpWriter = systemUtmpWriter();
  #utmp: UtmpRecord | undefined;
  #timer: Timer | undefined;
  #finished = false;
  readonly #completion = Promise.withResolvers<void>();

  constructor(options: ServerOptions, handover: Handover, core: Core, hub: Hub, key: Uint8Array, log: Log) {
    const now = clock();
    const { environment } = handover;
    const size = handover.size ?? DEFAULT_SIZE;
    this.#hub = hub;
    this.#judge = new IdleJudge(parseLimits(environment).limits, now, log);
    this.#session = new Session(
      {
        command: options.command,
        colors: options.colors,
        environment,
        terminal: core.createTerminal(size.cols, size.rows, "host"),
      },
      { changed: () => this.#onScreenChanged(), ended: () => this.#obey("shutdown"), log },
    );
    this.#attachment = new Attachment({
      core,
      key,
      session: this.#session,
      family: hub.family,
      now,
      send: (datagram, peer) => hub.send(datagram, peer),
      log,
    });
    hub.add(this.#attachment);
    this.#listenForSignals();
    this.#pass();
  }

  /** Resolves when the session has ended and everything is released. */
  get finished(): Promise<void> {
    return this.#completion.promise;
  }

  /** A datagram was taken. */
  onReceived(): void {
    this.#pass();
  }

  onSocketError(kind: "emsgsize" | "other", text: string): void {
    this.#attachment.onSendError({ kind, text });
  }

  #onScreenChanged(): void {
    this.#attachment.screenChanged(clock());
    this.#pass();
  }

  #listenForSignals(): void {
    const terminate = (): void => this.#obey(this.#judge.onTerminate(this.#attachment));
    process.on("SIGTERM", terminate);
    process.on("SIGINT", terminate);
    process.on("SIGUSR1", () => this.#obey(this.#judge.onUserSignal(this.#attachment, clock())));
    // The line that ssh started us from goes away; that is what we are for.
    process.on("SIGHUP", () => {});
  }

  #obey(verdict: Verdict): void {
    if (this.#finished || verdict === "stay") return;
    if (verdict === "shutdown") {
      this.#attachment.startShutdown(clock());
      this.#pass();
    } else {
      this.#finish();
    }
  }

  /** What follows every event: verdicts, then what is due to be sent, then sleep until something is due again. */
  #pass(): void {
    if (this.#finished) return;
    const now = clock();
    const attachment = this.#attachment;
    const verdict = this.#judge.onTime(attachment, now);
    if (verdict === "exit" || attachment.ended(now)) {
      this.#finish();
      return;
    }
    if (verdict === "shutdown") attachment.startShutdown(now);
    attachment.tick(now);
    this.#keepUtmp(now);
    this.#sleep();
  }

  #sleep(): void {
    const now = clock();
    const silent = now - this.#attachment.lastClientState;
    const wait = Math.min(
      MAX_SLEEP_MS,
      this.#attachment.waitTime(now),
      this.#judge.waitTime(this.#attachment, now),
      this.#utmp?.waitTime(silent) ?? MAX_SLEEP_MS,
    );
    clearTimeout(this.#timer);
    // Timers count whole milliseconds; rounding down would wake us before anything is due.
    this.#timer = setTimeout(() => this.#pass(), Math.ceil(wait));
  }

  #keepUtmp(now: number): void {
    const { descriptor } = this.#session;
    const { peer, lastClientState } = this.#attachment;
    if (!this.#utmpWriter || descriptor === undefined || !peer) return;
    this.#utmp ??= new UtmpRecord(this.#utmpWriter, descriptor, process.pid);
    this.#utmp.update(peer.address, now - lastClientState);
  }

  #finish(): void {
    this.#finished = true;
    clearTimeout(this.#timer);
    this.#utmp?.remove();
    this.#session.close();
    this.#attachment.release();
    this.#hub.close();
    this.#completion.resolve();
  }
}
