/** What a run has found: the shape of `--json`, and the same for people to read. Times in ms unless the name says else. */
import type { Path } from "./impairment.ts";
import type { Quantiles } from "./quantiles.ts";

/** A distribution; each figure within 0.5 %. */
export interface Spread {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  /** [share, value], for a curve. */
  readonly curve: readonly (readonly [number, number])[];
}

/** Shares of a latency curve: eight a decade of what is beyond them. */
const CURVE = Array.from({ length: 8 * 5 + 1 }, (_, i) => 1 - 10 ** (-i / 8));

export function spreadOf(values: Quantiles): Spread {
  return {
    count: values.count,
    mean: values.mean,
    p50: values.at(0.5),
    p90: values.at(0.9),
    p99: values.at(0.99),
    p999: values.at(0.999),
    max: values.max,
    curve: CURVE.filter((share) => values.count * (1 - share) >= 0.999).map(
      (share) => [share, values.at(share)] as const,
    ),
  };
}

/** Sessions are being opened, are warming up, or it counts. */
export type Phase = "open" | "warm" | "run";

/** One second. Latencies are key to screen. */
export interface Moment {
  /** Since the start of the run. */
  readonly second: number;
  readonly phase: Phase;
  /** Of the phase, s; planned 0: as long as it takes. */
  readonly elapsed: number;
  readonly planned: number;
  readonly sessions: number;
  /** Sessions there should be in the end. */
  readonly asked: number;
  readonly keys: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly failed: number;
  /** Of the servers: cores in use, and bytes. */
  readonly cores?: number;
  readonly privateBytes?: number;
}

/** As the clients count it. Bytes of datagrams, without IP and UDP headers. */
export interface Traffic {
  readonly datagramsOut: number;
  readonly datagramsIn: number;
  readonly bytesOut: number;
  readonly bytesIn: number;
  readonly retransmissions: number;
  readonly repeatsIn: number;
}

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly system: string;
}

export interface LoadReport {
  readonly format: "sterna load 1";
  readonly server: string;
  /** When it began, ISO 8601. */
  readonly date: string;
  readonly machine: Machine;
  readonly plan: Readonly<Record<string, unknown>>;
  /** What was measured, without ramp and warming up. */
  readonly seconds: number;
  readonly sessions: {
    readonly asked: number;
    readonly live: number;
    readonly failures: Readonly<Record<string, number>>;
    /** That did not say they ended when told, and may still be on a server that outlives the run. */
    readonly left: number;
  };
  /** From asking for a session to its key. */
  readonly creation: Spread;
  /** From the first datagram to the first frame. */
  readonly connect: Spread;
  readonly keyToScreen: Spread;
  readonly keyToAck: Spread;
  readonly behaviours: Readonly<
    Record<
      string,
      {
        readonly keys: number;
        readonly held: number;
        readonly frames: number;
        readonly keyToScreen: Spread;
        readonly keyToAck: Spread;
      }
    >
  >;
  readonly keys: number;
  /** Keys whose echo never came. */
  readonly unanswered: number;
  readonly traffic: Traffic;
  readonly network: Path["counts"];
  readonly processes: {
    readonly count: number;
    readonly cpuSeconds: number;
    /** µs. */
    readonly cpuPerKey: number;
    readonly privateBytes: number;
    readonly privateBytesPerSession: number;
  };
  readonly generator: {
    /** Of one core. */
    readonly cpuShare: number;
    readonly lateness: Spread;
    /** Why the figures may be the generator's own, if so. */
    readonly bottleneck?: string;
  };
  /** Sessions when the limit was first exceeded. */
  readonly brokeAt?: number;
  readonly timeline: readonly Moment[];
}

export function ms(value: number): string {
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
}

export function byteText(count: number): string {
  for (const [unit, size] of [
    ["GB", 1e9],
    ["MB", 1e6],
    ["kB", 1e3],
  ] as const)
    if (count >= size) return `${(count / size).toFixed(1)} ${unit}`;
  return `${Math.round(count)} B`;
}

function row(name: string, spread: Spread): string {
  const cells = [spread.mean, spread.p50, spread.p90, spread.p99, spread.p999, spread.max].map((value) =>
    ms(value).padStart(9),
  );
  return `${name.padEnd(30)}${String(spread.count).padStart(9)}${cells.join("")}`;
}

const PHASE_NAMES: Readonly<Record<Phase, string>> = {
  open: "opening",
  warm: "warming up",
  run: "measuring",
};

/** A second in one line of less than 100 columns. */
export function momentLine(moment: Moment): string {
  const { phase, elapsed, planned, sessions, asked, keys, cores, privateBytes } = moment;
  const parts = [
    `${PHASE_NAMES[phase].padStart(10)} ${String(elapsed).padStart(3)}${planned > 0 ? `/${planned}` : ""} s`,
    sessions < asked ? `${sessions} of ${asked} sessions` : `${sessions} sessions`,
  ];
  if (moment.failed > 0) parts.push(`${moment.failed} FAILED`);
  parts.push(`${keys} keys/s`);
  if (keys > 0) parts.push(`p50 ${ms(moment.p50)} p99 ${ms(moment.p99)} max ${ms(moment.max)} ms`);
  if (cores !== undefined) parts.push(`${(cores * 100).toFixed(0)} %`);
  if (privateBytes !== undefined) parts.push(byteText(privateBytes));
  return parts.join("  ");
}

export function reportText(report: LoadReport): string {
  const { traffic, processes, generator, sessions, seconds, keys, network } = report;
  const lines = [
    `${report.server}: ${sessions.live} of ${sessions.asked} sessions, ${seconds.toFixed(1)} s measured`,
    `${"ms".padEnd(30)}${["count", "mean", "p50", "p90", "p99", "p99.9", "max"].map((name) => name.padStart(9)).join("")}`,
    row("key to screen", report.keyToScreen),
    row("key to echo ack", report.keyToAck),
  ];
  const behaviours = Object.entries(report.behaviours);
  if (behaviours.length > 1)
    for (const [name, { keyToScreen }] of behaviours)
      if (keyToScreen.count > 0) lines.push(row(`  ${name}, key to screen`, keyToScreen));
  lines.push(
    row("first datagram to first frame", report.connect),
    row("asked for to created", report.creation),
  );
  for (const [name, { frames }] of behaviours)
    if (name === "flood") lines.push(`flood: ${(frames / seconds).toFixed(0)} frames/s in all`);
  const held = behaviours.reduce((sum, [, behaviour]) => sum + behaviour.held, 0);
  lines.push(
    `(a server waits 50 ms before it gives an echo ack)`,
    `keys: ${keys} typed, ${report.unanswered} without an echo${held > 0 ? `, ${held} put off because too many had none` : ""}`,
    `sent: ${byteText(traffic.bytesOut)} in ${traffic.datagramsOut} datagrams, ${traffic.retransmissions} retransmissions`,
    `received: ${byteText(traffic.bytesIn)} in ${traffic.datagramsIn} datagrams, ${traffic.repeatsIn} with nothing new`,
  );
  if (network.sent > 0)
    lines.push(
      `network: ${network.lost} lost, ${network.overflowed} dropped by the queue, ${network.duplicated} doubled, ${network.reordered} overtaken${network.dark > 0 ? `, ${network.dark} swallowed by the blackout` : ""} of ${network.sent}`,
    );
  lines.push(
    `servers: ${processes.count} processes, ${processes.cpuSeconds.toFixed(2)} s of processor time${keys > 0 ? `, ${processes.cpuPerKey.toFixed(0)} µs a key` : ""}, ${byteText(processes.privateBytes)} of private memory, ${byteText(processes.privateBytesPerSession)} a session`,
    `generator: ${(generator.cpuShare * 100).toFixed(0)} % of a core, timers late by ${ms(generator.lateness.p50)} ms (median), ${ms(generator.lateness.p99)} ms (99 %)`,
  );
  if (generator.bottleneck !== undefined)
    lines.push(`CAUTION: ${generator.bottleneck}; figures above are not the server's alone`);
  for (const [reason, count] of Object.entries(sessions.failures)) lines.push(`failed: ${count} × ${reason}`);
  if (sessions.left > 0)
    lines.push(`${sessions.left} sessions did not say that they ended; they may still be on the server`);
  if (report.brokeAt !== undefined) lines.push(`the limit was exceeded at ${report.brokeAt} sessions`);
  else if (report.plan.limit !== undefined)
    lines.push(`the limit was not exceeded by ${sessions.live} sessions`);
  return lines.join("\n");
}
