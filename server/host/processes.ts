/**
 * The host's own processes: a supervisor starts shards and the gateway as further runs of this program and talks to them
 * over Bun's IPC. Called by supervisor.ts and gateway-link.ts.
 */
import { selfCommand } from "../../sys/self.ts";
import { ShardEnd, type ShardEvents } from "./shard-end.ts";
import type { FromShard, ShardSettings, ToShard } from "./shard-messages.ts";

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

/** A shard that this supervisor has started. */
export class ShardProcess extends ShardEnd {
  readonly #process: Bun.Subprocess;
  readonly #ready = Promise.withResolvers<void>();

  constructor(settings: ShardSettings, events: ShardEvents) {
    super(settings.number, events);
    this.#process = startOwn("shard", (message) => this.#receive(message as FromShard));
    this.#ready.promise.catch(() => {});
    this.send({ kind: "start", settings });
    this.#process.exited.then(() => {
      this.#ready.reject(new Error(`shard ${this.number} did not start`));
      const { exitCode, signalCode } = this.#process;
      this.gone(signalCode === null ? `status ${exitCode}` : String(signalCode));
    });
  }

  override get pid(): number {
    return this.#process.pid;
  }

  /** Resolves when it serves. @throws Error that says why not */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  override kill(): void {
    this.#process.kill("SIGKILL");
  }

  protected override send(message: ToShard): void {
    try {
      this.#process.send(message);
    } catch {
      // It has just died: its end is reported by itself.
    }
  }

  #receive(message: FromShard): void {
    if (message.kind === "ready") {
      this.watch();
      this.#ready.resolve();
    } else if (message.kind === "failed") this.#ready.reject(new Error(message.message));
    this.heard(message);
  }
}
