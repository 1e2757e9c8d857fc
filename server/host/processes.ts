/**
 * The host's own processes: a supervisor starts shards and the gateway as further runs of this program and talks to them
 * over Bun's IPC. Messages and both ends are here. Called by supervisor.ts, shard-process.ts and gateway-process.ts.
 */
import { selfCommand } from "../../sys/self.ts";
import type { Level } from "../operator/log.ts";
import type { HostConfig } from "./config.ts";
import type { FixedHubs } from "./hub-pool.ts";
import type { ShardLink, ShardReply, ShardRequest } from "./shard-messages.ts";

/** What a shard needs to begin. */
export interface ShardSettings {
  readonly number: number;
  readonly count: number;
  readonly hubs: FixedHubs;
  /** Where the shards' sockets are. */
  readonly directory: string;
  /** Children are started for their users, by root. */
  readonly asRoot: boolean;
  readonly config: Pick<HostConfig, "limits" | "host">;
}

export type ToShard =
  | { readonly kind: "start"; readonly settings: ShardSettings }
  | { readonly kind: "reload"; readonly config: ShardSettings["config"] }
  | { readonly kind: "call"; readonly id: number; readonly request: ShardRequest };

export type FromShard =
  | { readonly kind: "ready" }
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "reply"; readonly id: number; readonly reply: ShardReply }
  | { readonly kind: "ended"; readonly id: number }
  /** Share of a core that it used lately, 0 … 1. */
  | { readonly kind: "load"; readonly load: number }
  | { readonly kind: "log"; readonly level: Level; readonly text: string };

/** A shard that does not answer for so long is taken to be stuck, ms. Somebody waits for a list, so that waits less. */
const CALL_TIMEOUT_MS = 30_000;
const QUESTION_TIMEOUT_MS = 3000;
/** A shard says something every two seconds; this many {@link ShardProcess.tick}s of ten without a word, and it hangs. */
const SILENT_TICKS = 6;
const GONE: ShardReply = {
  ok: false,
  code: "failed",
  message: "That part of the host has failed and is being restarted; its sessions are lost.",
};

/** Starts this program again as one of the host's processes. */
export function startOwn(
  role: "shard" | "gateway",
  onMessage: (message: unknown) => void,
): Bun.Subprocess<"ignore", "inherit", "inherit"> {
  return Bun.spawn({
    cmd: [...selfCommand("server"), "host", role],
    cwd: "/",
    env: cleanEnvironment(process.env),
    stdio: ["ignore", "inherit", "inherit"],
    serialization: "json",
    ipc: onMessage,
  });
}

/** Nothing of the operator's shell or of systemd's concerns shards. */
function cleanEnvironment(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const clean: Record<string, string> = {
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  };
  for (const name of ["PATH", "LANG", "HOME", "STERNA_TEST_RUN"]) {
    const value = environment[name];
    if (value !== undefined) clean[name] = value;
  }
  return clean;
}

export interface ShardEvents {
  ended(id: number): void;
  died(status: string): void;
  log(level: Level, text: string): void;
}

/** The supervisor's end of a shard that runs as a process. */
export class ShardProcess implements ShardLink {
  readonly number: number;
  readonly #process: Bun.Subprocess;
  readonly #waiting = new Map<number, (reply: ShardReply) => void>();
  readonly #ready = Promise.withResolvers<void>();
  #nextCall = 1;
  #alive = true;
  #started = false;
  #silentTicks = 0;
  load: number | undefined;

  constructor(settings: ShardSettings, events: ShardEvents) {
    this.number = settings.number;
    this.#process = startOwn("shard", (message) => this.#receive(message as FromShard, events));
    this.#ready.promise.catch(() => {});
    this.#send({ kind: "start", settings });
    this.#process.exited.then(() => {
      this.#alive = false;
      this.#ready.reject(new Error(`shard ${this.number} did not start`));
      for (const resolve of this.#waiting.values()) resolve(GONE);
      this.#waiting.clear();
      const { exitCode, signalCode } = this.#process;
      events.died(signalCode === null ? `status ${exitCode}` : String(signalCode));
    });
  }

  get pid(): number {
    return this.#process.pid;
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Resolves when it serves. @throws Error that says why not */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  call(request: ShardRequest): Promise<ShardReply> {
    if (!this.#alive) return Promise.resolve(GONE);
    const id = this.#nextCall++;
    return new Promise((resolve) => {
      const question = request.op === "info" || request.op === "stats";
      const timer = setTimeout(() => settle(GONE), question ? QUESTION_TIMEOUT_MS : CALL_TIMEOUT_MS);
      const settle = (reply: ShardReply): void => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(reply);
      };
      this.#waiting.set(id, settle);
      this.#send({ kind: "call", id, request });
    });
  }

  /** New settings, for the sessions from now on. */
  reload(config: ShardSettings["config"]): void {
    if (this.#alive) this.#send({ kind: "reload", config });
  }

  /**
   * Call every ten seconds. Counts calls rather than time: a machine that slept does so on both sides.
   * @returns true if the shard hangs: its sessions are as good as lost
   */
  tick(): boolean {
    if (this.#started && this.#alive) this.#silentTicks++;
    return this.#silentTicks > SILENT_TICKS;
  }

  kill(): void {
    this.#process.kill("SIGKILL");
  }

  #send(message: ToShard): void {
    try {
      this.#process.send(message);
    } catch {
      // It has just died: its end is reported by itself.
    }
  }

  #receive(message: FromShard, events: ShardEvents): void {
    this.#silentTicks = 0;
    if (message.kind === "ready") {
      this.#started = true;
      this.#ready.resolve();
    } else if (message.kind === "failed") this.#ready.reject(new Error(message.message));
    else if (message.kind === "reply") this.#waiting.get(message.id)?.(message.reply);
    else if (message.kind === "ended") events.ended(message.id);
    else if (message.kind === "load") this.load = message.load;
    else events.log(message.level, message.text);
  }
}
