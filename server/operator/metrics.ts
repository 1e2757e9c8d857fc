/**
 * What a shard counts, and all shards together as Prometheus text (exposition format 0.0.4). Counting costs an addition;
 * everything else happens when somebody asks. Used by shard-process.ts, user-host.ts (counting) and supervisor.ts (text).
 */
import type { Outcome } from "../hub.ts";
import { Histogram, type HistogramData } from "./histogram.ts";

const OUTCOMES: readonly Outcome[] = ["accepted", "late", "forged", "no-session", "malformed", "budget"];

/** Figures of one shard; counters since it started. */
export interface ShardFigures {
  readonly shard: number;
  readonly pid: number;
  readonly sessions: number;
  readonly attachments: number;
  readonly datagrams: Readonly<Record<Outcome, number>>;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly datagramsOut: number;
  readonly frames: number;
  readonly ptyIn: number;
  readonly ptyOut: number;
  /** ms */
  readonly rtt: HistogramData;
  /** Share of the clients' datagrams that did not arrive, each attachment's at its end or now. */
  readonly loss: HistogramData;
  /** ms from a key to the frame that answers it. */
  readonly keyToFrame: HistogramData;
  /** ms that a timer came late. */
  readonly loopLag: HistogramData;
  /** Bytes. */
  readonly wasmInUse: number;
  readonly wasmReserved: number;
  readonly rss: number;
  /** Seconds of processor time. */
  readonly cpu: number;
}

/** The histograms, empty; all shards have the same bounds. */
export const HISTOGRAMS = {
  rtt: new Histogram(1, 14),
  loss: new Histogram(0.005, 8),
  keyToFrame: new Histogram(0.25, 14),
  loopLag: new Histogram(0.25, 13),
} as const;

/** What is counted as it happens. */
export class ShardMetrics {
  readonly #outcomes = new Map<Outcome, number>(OUTCOMES.map((outcome) => [outcome, 0]));
  readonly rtt = HISTOGRAMS.rtt.empty();
  readonly loss = HISTOGRAMS.loss.empty();
  readonly keyToFrame = HISTOGRAMS.keyToFrame.empty();
  readonly loopLag = HISTOGRAMS.loopLag.empty();
  bytesIn = 0;
  bytesOut = 0;
  datagramsOut = 0;
  frames = 0;
  ptyIn = 0;
  ptyOut = 0;

  datagram(outcome: Outcome, bytes: number): void {
    this.#outcomes.set(outcome, this.#outcomes.get(outcome)! + 1);
    this.bytesIn += bytes;
  }

  figures(
    now: Pick<
      ShardFigures,
      "shard" | "pid" | "sessions" | "attachments" | "wasmInUse" | "wasmReserved" | "rss" | "cpu"
    >,
  ): ShardFigures {
    return {
      ...now,
      datagrams: Object.fromEntries(this.#outcomes) as Record<Outcome, number>,
      bytesIn: this.bytesIn,
      bytesOut: this.bytesOut,
      datagramsOut: this.datagramsOut,
      frames: this.frames,
      ptyIn: this.ptyIn,
      ptyOut: this.ptyOut,
      rtt: this.rtt.data,
      loss: this.loss.data,
      keyToFrame: this.keyToFrame.data,
      loopLag: this.loopLag.data,
    };
  }
}

/** What the supervisor itself knows. */
export interface HostFigures {
  /** By the shard's number: whether it answers. */
  readonly shardsUp: ReadonlyMap<number, boolean>;
  readonly sessions: number;
  readonly shardRestarts: number;
  readonly sessionsLost: number;
  readonly draining: boolean;
}

/** The page that a scraper reads. */
export function exposition(shards: readonly ShardFigures[], host: HostFigures): string {
  const page = new Page();
  page.metric("sterna_up", "gauge", "1 while the host takes new sessions, 0 while it drains.", [
    ["", host.draining ? 0 : 1],
  ]);
  page.metric("sterna_host_sessions", "gauge", "Sessions of the host.", [["", host.sessions]]);
  page.metric(
    "sterna_shard_up",
    "gauge",
    "1 if the shard answers; the figures of one that does not are missing.",
    [...host.shardsUp].map(([shard, up]) => [`shard="${shard}"`, up ? 1 : 0]),
  );
  page.metric("sterna_shard_restarts_total", "counter", "Shards that died and were started again.", [
    ["", host.shardRestarts],
  ]);
  page.metric("sterna_sessions_lost_total", "counter", "Sessions that went with a shard that died.", [
    ["", host.sessionsLost],
  ]);
  const each = (
    name: string,
    type: "gauge" | "counter",
    help: string,
    value: (shard: ShardFigures) => number,
  ): void =>
    page.metric(
      name,
      type,
      help,
      shards.map((shard) => [`shard="${shard.shard}"`, value(shard)]),
    );
  each("sterna_sessions", "gauge", "Sessions of a shard.", (shard) => shard.sessions);
  each("sterna_attachments", "gauge", "Attachments of a shard.", (shard) => shard.attachments);
  page.metric(
    "sterna_datagrams_received_total",
    "counter",
    "Datagrams by what became of them.",
    shards.flatMap((shard) =>
      OUTCOMES.map(
        (outcome) =>
          [`shard="${shard.shard}",outcome="${outcome}"`, shard.datagrams[outcome]] as [string, number],
      ),
    ),
  );
  each("sterna_received_bytes_total", "counter", "Bytes of datagrams received.", (shard) => shard.bytesIn);
  each("sterna_sent_bytes_total", "counter", "Bytes of datagrams sent.", (shard) => shard.bytesOut);
  each("sterna_datagrams_sent_total", "counter", "Datagrams sent.", (shard) => shard.datagramsOut);
  each("sterna_frames_total", "counter", "Instructions sent to clients.", (shard) => shard.frames);
  each("sterna_pty_input_bytes_total", "counter", "Bytes typed into programs.", (shard) => shard.ptyIn);
  each("sterna_pty_output_bytes_total", "counter", "Bytes that programs wrote.", (shard) => shard.ptyOut);
  each("sterna_wasm_in_use_bytes", "gauge", "Memory of all screens of a shard.", (shard) => shard.wasmInUse);
  each(
    "sterna_wasm_reserved_bytes",
    "gauge",
    "Memory that the core has taken from the system.",
    (shard) => shard.wasmReserved,
  );
  each("sterna_resident_bytes", "gauge", "Resident memory of a shard's process.", (shard) => shard.rss);
  each("sterna_cpu_seconds_total", "counter", "Processor time of a shard.", (shard) => shard.cpu);
  const spread = (name: string, kind: keyof typeof HISTOGRAMS, help: string, scale: number): void =>
    page.histogram(name, help, HISTOGRAMS[kind].bounds, scale, shards, (shard) => shard[kind]);
  spread("sterna_rtt_seconds", "rtt", "Smoothed round trip at each heartbeat.", 1000);
  spread(
    "sterna_loss_ratio",
    "loss",
    "Share of an attachment's datagrams that were lost on the way here.",
    1,
  );
  spread("sterna_key_to_frame_seconds", "keyToFrame", "From a key to the frame that answers it.", 1000);
  spread("sterna_loop_lag_seconds", "loopLag", "How late timers of the event loop are.", 1000);
  return page.text;
}

/** The text as it grows. */
class Page {
  text = "";

  metric(
    name: string,
    type: "gauge" | "counter",
    help: string,
    values: readonly (readonly [labels: string, value: number])[],
  ): void {
    this.text += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
    for (const [labels, value] of values) this.text += `${name}${labels ? `{${labels}}` : ""} ${value}\n`;
  }

  histogram(
    name: string,
    help: string,
    bounds: readonly number[],
    scale: number,
    shards: readonly ShardFigures[],
    of: (shard: ShardFigures) => HistogramData,
  ): void {
    this.text += `# HELP ${name} ${help}\n# TYPE ${name} histogram\n`;
    for (const shard of shards) {
      const { counts, sum } = of(shard);
      let total = 0;
      counts.forEach((count, i) => {
        total += count;
        const bound = i < bounds.length ? String(bounds[i]! / scale) : "+Inf";
        this.text += `${name}_bucket{shard="${shard.shard}",le="${bound}"} ${total}\n`;
      });
      this.text += `${name}_sum{shard="${shard.shard}"} ${sum / scale}\n`;
      this.text += `${name}_count{shard="${shard.shard}"} ${total}\n`;
    }
  }
}
