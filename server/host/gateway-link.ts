/** The supervisor's end of the gateway's process, and what they say to each other. */
import type { Fields, Level } from "../operator/log.ts";
import type { HostConfig } from "./config.ts";
import { startOwn } from "./processes.ts";

export interface GatewaySettings {
  /** The host's control socket. */
  readonly socket: string;
  readonly ssh: HostConfig["ssh"];
  readonly users: HostConfig["users"];
  readonly limits: HostConfig["limits"];
}

export type ToGateway =
  | { readonly kind: "start"; readonly settings: GatewaySettings }
  | { readonly kind: "reload"; readonly settings: Omit<GatewaySettings, "socket"> }
  | { readonly kind: "drain" };

export type FromGateway =
  | { readonly kind: "ready" }
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "log"; readonly level: Level; readonly event: string; readonly fields: Fields };

export class GatewayProcess {
  readonly #process: Bun.Subprocess;
  readonly #ready = Promise.withResolvers<void>();

  constructor(
    settings: GatewaySettings,
    events: {
      readonly log: (level: Level, event: string, fields: Fields) => void;
      readonly died: (status: string) => void;
    },
  ) {
    this.#process = startOwn("gateway", (raw) => {
      const message = raw as FromGateway;
      if (message.kind === "ready") this.#ready.resolve();
      else if (message.kind === "failed") this.#ready.reject(new Error(message.message));
      else events.log(message.level, message.event, message.fields);
    });
    this.#ready.promise.catch(() => {});
    this.#send({ kind: "start", settings });
    this.#process.exited.then(() => {
      this.#ready.reject(new Error("the gateway did not start"));
      const { exitCode, signalCode } = this.#process;
      events.died(signalCode === null ? `status ${exitCode}` : String(signalCode));
    });
  }

  /** Resolves when it listens. @throws Error that says why it does not */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  reload(settings: Omit<GatewaySettings, "socket">): void {
    this.#send({ kind: "reload", settings });
  }

  drain(): void {
    this.#send({ kind: "drain" });
  }

  kill(): void {
    this.#process.kill("SIGKILL");
  }

  #send(message: ToGateway): void {
    try {
      this.#process.send(message);
    } catch {
      // It has just died: its end is reported by itself.
    }
  }
}
