/**
 * A bad network in the generator's own process: what becomes of each datagram of one direction. Pure: lengths and times
 * in, times of arrival out; all chance from the caller's seed, and always the same number of draws a datagram, so that
 * two runs with one seed lose the same ones.
 *
 *   delay=50,jitter=10,loss=0.29,reorder=0.01,duplicate=0.01,rate=1M,queue=1000     each direction alike
 *   delay=20,up.loss=0.3                                                             one of them otherwise
 *   delay=50,loss=10%,burst=40                                                       what is lost is lost in a row
 *   delay=25,rate=1M,queue=1000,bulk=1                                               a download fills the queue, too
 */
import type { Random } from "../../test/simulation/random.ts";
import { BulkFlow } from "./bulk-flow.ts";

export interface Weather {
  /** One way, ms. */
  readonly delay: number;
  /** Up to this much more, ms, evenly spread; keeps the order. */
  readonly jitter: number;
  /** Probabilities, 0 to 1. */
  readonly loss: number;
  /** Losses come in bursts of this mean length, ms, in which nothing passes; 0: each for itself. */
  readonly burst: number;
  readonly reorder: number;
  readonly duplicate: number;
  /** Bits a second; Infinity: no limit. */
  readonly rate: number;
  /** What the bottleneck holds before it drops, ms at `rate`. */
  readonly queue: number;
  /** 1: a download competes for the bottleneck (bulk-flow.ts). */
  readonly bulk: number;
}

export const CLEAR: Weather = {
  delay: 0,
  jitter: 0,
  loss: 0,
  burst: 0,
  reorder: 0,
  duplicate: 0,
  rate: Number.POSITIVE_INFINITY,
  queue: 1000,
  bulk: 0,
};

/** A datagram that is overtaken comes this much later than it would, ms. */
const OVERTAKEN_MS = 30;
/** The bursts of a longer time without datagrams are not gone through, ms. */
const LONGEST_SILENCE_MS = 60_000;
/** IPv4 and UDP headers, which a bottleneck carries, too. */
const HEADER_BYTES = 28;
/** Of the datagrams that meet a queue which a download has just filled, so many find no room. */
const FULL_LOSS = 0.5;

export class Path {
  readonly #weather: Weather;
  readonly #random: Random;
  readonly #bulk: BulkFlow | undefined;
  readonly #bursts: Bursts | undefined;
  /** When the bottleneck has sent all it holds. */
  #busyUntil = 0;
  #lastArrival = 0;
  readonly counts = { sent: 0, lost: 0, overflowed: 0, duplicated: 0, reordered: 0, dark: 0 };

  constructor(weather: Weather, random: Random) {
    this.#weather = weather;
    this.#random = random;
    const { bulk, rate, queue, delay, loss, burst } = weather;
    if (burst > 0 && loss > 0) this.#bursts = new Bursts(loss, burst, random.fork());
    if (bulk > 0 && rate !== Number.POSITIVE_INFINITY) this.#bulk = new BulkFlow(rate, queue, 2 * delay);
  }

  /** When the copies of a datagram of `length` bytes arrive, ms; none: it is lost. */
  arrivals(length: number, now: number): number[] {
    const { delay, jitter, loss, reorder, duplicate, rate, queue } = this.#weather;
    const random = this.#random;
    const chance = random.unit();
    const isLost = this.#bursts ? this.#bursts.dark(now) : chance < loss;
    const isOvertaken = random.unit() < reorder;
    const isTwice = random.unit() < duplicate;
    const spread = random.unit() * jitter;
    const isSqueezed = this.#bulk !== undefined && random.unit() < FULL_LOSS;
    this.counts.sent++;
    if (isLost) {
      this.counts.lost++;
      return [];
    }
    let leaves = now;
    if (rate !== Number.POSITIVE_INFINITY) {
      const start = Math.max(now + (this.#bulk?.waiting(now) ?? 0), this.#busyUntil);
      if (start - now > queue || (isSqueezed && this.#bulk?.full)) {
        this.counts.overflowed++;
        return [];
      }
      leaves = start + ((length + HEADER_BYTES) * 8000) / rate;
      this.#busyUntil = leaves;
    }
    let at = leaves + delay + spread;
    if (isOvertaken) {
      this.counts.reordered++;
      at += OVERTAKEN_MS;
    } else {
      at = Math.max(at, this.#lastArrival);
      this.#lastArrival = at;
    }
    if (!isTwice) return [at];
    this.counts.duplicated++;
    return [at, at];
  }
}

/** Times in which nothing passes, of exponential length, as are those between: Gilbert's model in continuous time. */
class Bursts {
  readonly #random: Random;
  /** Mean lengths, ms. */
  readonly #lengths: { readonly dark: number; readonly clear: number };
  #isDark = false;
  #until = 0;

  constructor(loss: number, burst: number, random: Random) {
    this.#random = random;
    this.#lengths = { dark: burst, clear: (burst * (1 - loss)) / loss };
  }

  dark(now: number): boolean {
    while (this.#until <= now) {
      this.#isDark = !this.#isDark;
      const mean = this.#isDark ? this.#lengths.dark : this.#lengths.clear;
      this.#until =
        Math.max(this.#until, now - LONGEST_SILENCE_MS) - mean * Math.log(1 - this.#random.unit());
    }
    return this.#isDark;
  }
}

export interface Weathers {
  readonly up: Weather;
  readonly down: Weather;
}

const PROBABILITIES: ReadonlySet<string> = new Set(["loss", "reorder", "duplicate"]);
const MULTIPLIERS: Readonly<Record<string, number>> = { k: 1e3, M: 1e6, G: 1e9 };

/** Reads the text above. Throws Error with what was expected. */
export function parseWeather(text: string): Weathers {
  const both: Record<"up" | "down", Record<string, number>> = { up: { ...CLEAR }, down: { ...CLEAR } };
  for (const part of text.split(",").filter((word) => word !== "")) {
    const match = /^(?:(up|down)\.)?([a-z]+)=([0-9.]+)([kMG%]?)$/.exec(part);
    const [, side, name = "", digits = "", unit = ""] = match ?? [];
    if (!match || !(name in CLEAR))
      throw new Error(`impairment: "${part}" is none of ${Object.keys(CLEAR).join(", ")}=NUMBER`);
    if ((unit === "%" && !PROBABILITIES.has(name)) || (unit !== "" && unit !== "%" && name !== "rate"))
      throw new Error(`impairment: "${part}": ${name} has no unit "${unit}"`);
    const value = Number(digits) * (unit === "%" ? 0.01 : (MULTIPLIERS[unit] ?? 1));
    if (!Number.isFinite(value) || (PROBABILITIES.has(name) && value > 1) || (name === "rate" && value === 0))
      throw new Error(`impairment: "${part}" is out of range`);
    for (const direction of side ? [side as "up" | "down"] : (["up", "down"] as const))
      both[direction][name] = value;
  }
  return both as unknown as Weathers;
}
