/**
 * Watches the servers' processes during a run, in a thread of its own: reading /proc of a thousand processes takes tens of
 * milliseconds, in which no key would be struck. Tells the last figures when asked.
 */
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { isCompiled } from "../../sys/self.ts";
import { cpuSeconds, privateBytes, serversAmong } from "./processes.ts";

/** What the servers used lately. */
export interface Usage {
  /** Processor time over wall time; not known yet at the first look. */
  readonly cores?: number;
  readonly privateBytes: number;
}

const INTERVAL_MS = 1000;
/** With more processes than this, looks are rarer, so that looking costs little. */
const MANY = 100;
const INTERVAL_MANY_MS = 5000;
/** Processes whose memory is read at a look; the rest is taken to be like them. */
const MEMORY_SAMPLE = 40;

const SAMPLER_IN_EXECUTABLE = "./bench/load/sampler.ts";

export class Sampler {
  readonly #worker: Worker;
  latest: Usage | undefined;

  constructor() {
    // An executable has its threads' modules below its root, under the paths of the sources (tools/build.ts).
    this.#worker = new Worker(
      isCompiled() ? SAMPLER_IN_EXECUTABLE : new URL("./sampler.ts", import.meta.url),
    );
    this.#worker.on("message", (usage: Usage) => {
      this.latest = usage;
    });
  }

  /** From now on these, and their children that are servers. */
  watch(pids: readonly number[]): void {
    this.#worker.postMessage(pids);
  }

  stop(): void {
    void this.#worker.terminate();
  }
}

/** Evenly spread over `pids`, scaled to all of them. */
function estimatedMemory(pids: readonly number[]): number {
  const step = Math.max(1, pids.length / MEMORY_SAMPLE);
  const sample: number[] = [];
  for (let at = 0; at < pids.length; at += step) sample.push(pids[Math.floor(at)]!);
  return sample.length === 0 ? 0 : (privateBytes(sample) * pids.length) / sample.length;
}

function work(port: NonNullable<typeof parentPort>): void {
  let watched: readonly number[] = [];
  let before: { readonly at: number; readonly cpu: number; readonly of: number } | undefined;
  port.on("message", (pids: readonly number[]) => {
    watched = pids;
  });
  const look = (): void => {
    const found = serversAmong(watched);
    const now = { at: performance.now(), cpu: cpuSeconds(found), of: found.length };
    const memory = { privateBytes: estimatedMemory(found) };
    // What has ended takes its time with it; what is new brings all of it.
    const isSame = before !== undefined && before.of <= now.of;
    const usage: Usage = isSame
      ? { cores: (1000 * (now.cpu - before!.cpu)) / (now.at - before!.at), ...memory }
      : memory;
    if (found.length > 0) port.postMessage(usage);
    before = now;
    setTimeout(look, found.length > MANY ? INTERVAL_MANY_MS : INTERVAL_MS);
  };
  look();
}

if (!isMainThread && parentPort) work(parentPort);
