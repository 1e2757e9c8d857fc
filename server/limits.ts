/**
 * When a session that nobody uses ends: the two limits of the environment, the wait for a first client, and what
 * signals do. A pure judge: times come in, a verdict comes out. Called by launch.ts (messages) and standalone.ts.
 */
import type { Environment } from "../sys/environment.ts";

/** A server whose client never comes leaves after this many milliseconds [P 14.2]. */
const FIRST_CLIENT_LIMIT_MS = 60_000;

/** In milliseconds; 0 = off. */
export interface Limits {
  /** MOSH_SERVER_NETWORK_TMOUT: silence of the client that ends the session. */
  readonly network: number;
  /** MOSH_SERVER_SIGNAL_TMOUT: silence of the client after which SIGUSR1 ends the session. */
  readonly signal: number;
  /** Time without input that ends the session; set by a host's operator. */
  readonly idle?: number;
}

/** Reads both variables, in seconds. A number with something behind it counts, with a message, as in stock. */
export function parseLimits(environment: Environment): {
  readonly limits: Limits;
  readonly messages: readonly string[];
} {
  const messages: string[] = [];
  const limit = (name: string): number => {
    const text = environment[name] ?? "";
    const [, digits, rest] = /^[ \t-\r]*([-+]?\d+)?(.*)$/s.exec(text)!;
    if (rest !== "") messages.push(`${name} not a valid integer, ignoring`);
    const seconds = Number(digits ?? 0);
    if (seconds < 0) messages.push(`${name} is negative, ignoring`);
    return Math.max(0, seconds) * 1000;
  };
  const network = limit("MOSH_SERVER_NETWORK_TMOUT");
  const signal = limit("MOSH_SERVER_SIGNAL_TMOUT");
  return { limits: { network, signal }, messages };
}

/** `shutdown`: say goodbye to the client first. `exit`: there is nobody to say it to, or it was said already. */
export type Verdict = "stay" | "shutdown" | "exit";

/** What a verdict depends on. */
export interface SessionActivity {
  /** Time of the last new client state, or of the start. */
  readonly lastClientState: number;
  /** Time of the last key or change of the window, or of the start. */
  readonly lastInput: number;
  /** A client state has arrived. */
  readonly clientSeen: boolean;
  /** A client's address is known, so a shutdown can reach somebody. */
  readonly attached: boolean;
  readonly shuttingDown: boolean;
}

export class IdleJudge {
  readonly #limits: Limits;
  readonly #started: number;
  readonly #log: (message: string) => void;

  constructor(limits: Limits, started: number, log: (message: string) => void) {
    this.#limits = limits;
    this.#started = started;
    this.#log = log;
  }

  /** SIGTERM and SIGINT: goodbye, a second time at once. */
  onTerminate(activity: SessionActivity): Verdict {
    return activity.attached && !activity.shuttingDown ? "shutdown" : "exit";
  }

  /** SIGUSR1: as SIGTERM, unless a client was there within the limit. */
  onUserSignal(activity: SessionActivity, now: number): Verdict {
    const silent = now - activity.lastClientState;
    if (silent < this.#limits.signal) return "stay";
    this.#log(`Network idle for ${seconds(silent)} seconds when SIGUSR1 received`);
    return this.onTerminate(activity);
  }

  /** The passing of time. A shutdown that already runs has its own end. */
  onTime(activity: SessionActivity, now: number): Verdict {
    if (activity.shuttingDown) return "stay";
    const silent = now - activity.lastClientState;
    if (this.#limits.network > 0 && silent >= this.#limits.network) {
      this.#log(`Network idle for ${seconds(silent)} seconds.`);
      return this.onTerminate(activity);
    }
    const { idle = 0 } = this.#limits;
    if (idle > 0 && now - activity.lastInput >= idle) {
      this.#log(`No input for ${seconds(now - activity.lastInput)} seconds.`);
      return this.onTerminate(activity);
    }
    if (!activity.clientSeen && now - this.#started >= FIRST_CLIENT_LIMIT_MS) {
      this.#log(`No connection within ${FIRST_CLIENT_LIMIT_MS / 1000} seconds.`);
      return "exit";
    }
    return "stay";
  }

  /** Milliseconds until {@link onTime} may have something to say; Infinity = never. */
  waitTime(activity: SessionActivity, now: number): number {
    if (activity.shuttingDown) return Number.POSITIVE_INFINITY;
    const network =
      this.#limits.network > 0 ? activity.lastClientState + this.#limits.network : Number.POSITIVE_INFINITY;
    const { idle = 0 } = this.#limits;
    const input = idle > 0 ? activity.lastInput + idle : Number.POSITIVE_INFINITY;
    const first = activity.clientSeen ? Number.POSITIVE_INFINITY : this.#started + FIRST_CLIENT_LIMIT_MS;
    return Math.max(0, Math.min(network, input, first) - now);
  }
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
