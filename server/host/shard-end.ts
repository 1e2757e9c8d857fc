/**
 * The supervisor's end of a shard, whatever carries its messages: questions and their answers, whether it hangs, what it
 * reports. Base of processes.ts (shards of this host) and taking-over.ts (those an earlier one has left).
 */
import type { Level } from "../operator/log.ts";
import type {
  FromShard,
  ShardLink,
  ShardReply,
  ShardRequest,
  ShardSettings,
  ToShard,
} from "./shard-messages.ts";

/** A shard that does not answer for so long is taken to be stuck, ms. Somebody waits for a list, so that waits less. */
const CALL_TIMEOUT_MS = 30_000;
const QUESTION_TIMEOUT_MS = 3000;
/** A shard says something every two seconds; this many {@link ShardEnd.tick}s of ten without a word, and it hangs. */
const SILENT_TICKS = 6;
const GONE: ShardReply = {
  ok: false,
  code: "failed",
  message: "That part of the host has failed and is being restarted; its sessions are lost.",
};

export interface ShardEvents {
  ended(id: number): void;
  died(status: string): void;
  log(level: Level, text: string): void;
}

export abstract class ShardEnd implements ShardLink {
  readonly number: number;
  readonly #events: ShardEvents;
  readonly #waiting = new Map<number, (reply: ShardReply) => void>();
  #nextCall = 1;
  #alive = true;
  #watched = false;
  #silentTicks = 0;
  load: number | undefined;

  protected constructor(number: number, events: ShardEvents) {
    this.number = number;
    this.#events = events;
  }

  abstract get pid(): number;

  abstract kill(): void;

  /** Never throws: whoever is gone is noticed elsewhere. */
  protected abstract send(message: ToShard): void;

  get alive(): boolean {
    return this.#alive;
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
      this.send({ kind: "call", id, request });
    });
  }

  /** New settings, for the sessions from now on. */
  reload(config: ShardSettings["config"]): void {
    if (this.#alive) this.send({ kind: "reload", config });
  }

  /**
   * Call every ten seconds. Counts calls rather than time: a machine that slept does so on both sides.
   * @returns true if the shard hangs: its sessions are as good as lost
   */
  tick(): boolean {
    if (this.#watched && this.#alive) this.#silentTicks++;
    return this.#silentTicks > SILENT_TICKS;
  }

  /** It serves: from now on it has to say something. */
  protected watch(): void {
    this.#watched = true;
  }

  /** A message came. */
  protected heard(message: FromShard): void {
    this.#silentTicks = 0;
    if (message.kind === "reply") this.#waiting.get(message.id)?.(message.reply);
    else if (message.kind === "ended") this.#events.ended(message.id);
    else if (message.kind === "load") this.load = message.load;
    else if (message.kind === "log") this.#events.log(message.level, message.text);
  }

  /** It is gone; whoever waits for an answer learns it. */
  protected gone(status: string): void {
    if (!this.#alive) return;
    this.#alive = false;
    for (const resolve of this.#waiting.values()) resolve(GONE);
    this.#waiting.clear();
    this.#events.died(status);
  }
}
