/** The load generator's command line. Pure but for reading the recording that is named. */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { parseRecording, type Recording } from "./behaviour.ts";
import { parseWeather } from "./impairment.ts";
import { parseMix } from "./mix.ts";
import type { LoadPlan } from "./run.ts";

export const HELP = `Usage: load [options]

Opens sessions on a server, lets them behave, and reports how long keys took.

  --server WHAT       stock       one mosh-server a session (default)
                      standalone  one "sterna-server new --standalone" a session
                      new         "sterna-server new", all in a host of one's own
                      host        an operator's host, asked through its control socket
                      or the words of a command that prints MOSH CONNECT when
                      "new … -- PROGRAM" is added: "ssh -p 2222 me@box mosh-server"
  --address ADDRESS   numeric address of the sessions of such a command (default 127.0.0.1)
  --pid PID,…         processes to charge for processor time and memory besides those
                      that servers name
  --shards N          of host (default 2)

  --sessions N        how many (default 50)
  --mix MIX           idle, typist, editor, pager, flood, replay, with weights:
                      idle=90,typist=9,flood=1 (default typist)
  --rate R            keys a second of typists, editors and pagers (default 4)
  --replay FILE       a recording of test/recordings/typing for "replay"
  --replay-command C  the program to type it into, if its name does not tell

  --ramp S            seconds over which sessions are opened (default 0: at once)
  --warmup S          seconds that do not count (default 5)
  --duration S        seconds that count (default 10)
  --limit MS          ends when three seconds running the 99th percentile is beyond
                      this, and says at how many sessions
  --compare A B       both of these servers by turns; prints ratios and their spread
  --rounds N          of --compare (default 3)
  --seed N            of all chance (default 1)

  --own-clients       clients send as those that come with the server: on a bad line
                      the client's part is as large as the server's
  --impair WEATHER    delay=MS,jitter=MS,loss=P,reorder=P,duplicate=P,rate=BITS,queue=MS,
                      each direction alike, or up.loss=30% for one; burst=MS: losses
                      come in a row; bulk=1: a download fills the queue, too
  --roam S            each session changes its address every S seconds
  --blackout AT:S     no datagram passes for S seconds, from AT seconds on

  --json FILE         the report; - is standard output
  --html FILE         the same as a page to read and to publish
  --help`;

/** The command line is wrong; the message says what was expected. */
export class OptionError extends Error {
  override readonly name = "OptionError";
}

export interface LoadOptions {
  readonly help: boolean;
  /** One, or two to compare. */
  readonly servers: readonly [string] | readonly [string, string];
  readonly rounds: number;
  readonly address?: string;
  readonly pids: readonly number[];
  readonly shards: number;
  readonly json?: string;
  readonly html?: string;
  /** Without the file that pagers show. */
  readonly plan: LoadPlan;
}

const MAX_SESSIONS = 10_000;

/** @throws OptionError */
export function parseOptions(args: readonly string[]): LoadOptions {
  try {
    return parse(args);
  } catch (error) {
    throw new OptionError((error as Error).message);
  }
}

function parse(args: readonly string[]): LoadOptions {
  const text = { type: "string" } as const;
  const { values, positionals } = parseArgs({
    args: [...args],
    strict: true,
    allowPositionals: true,
    options: {
      help: { type: "boolean" },
      server: text,
      address: text,
      pid: text,
      shards: text,
      sessions: text,
      mix: text,
      rate: text,
      replay: text,
      "replay-command": text,
      ramp: text,
      warmup: text,
      duration: text,
      limit: text,
      seed: text,
      impair: text,
      "own-clients": { type: "boolean" },
      roam: text,
      blackout: text,
      json: text,
      html: text,
      compare: text,
      rounds: text,
    },
  });
  const number = (name: keyof typeof values, standard: number, low: number, high: number): number => {
    const given = values[name];
    if (given === undefined) return standard;
    const value = Number(given);
    if (given === "" || !(value >= low && value <= high))
      throw new Error(`--${name}: "${given}" is not a number from ${low} to ${high}`);
    return value;
  };
  const whole = (name: keyof typeof values, standard: number, low: number, high: number): number => {
    const value = number(name, standard, low, high);
    if (!Number.isInteger(value)) throw new Error(`--${name}: ${value} is not a whole number`);
    return value;
  };
  const DAY = 86_400;
  const { compare } = values;
  if (compare === undefined && positionals.length > 0)
    throw new Error(`"${positionals[0]}" is no option; a server is named by --server`);
  if (compare !== undefined && (positionals.length !== 1 || values.server !== undefined))
    throw new Error("--compare takes two servers, and no --server");
  const mix = parseMix(values.mix ?? (values.replay === undefined ? "typist" : "replay"));
  const recording = values.replay === undefined ? undefined : readRecording(values.replay);
  if (mix.some(({ name }) => name === "replay") && !recording)
    throw new Error("--mix replay needs --replay FILE");
  const blackout = values.blackout === undefined ? undefined : parseBlackout(values.blackout);
  const command = values["replay-command"]?.split(" ").filter((word) => word !== "");
  return {
    help: values.help === true,
    servers: compare === undefined ? [values.server ?? "stock"] : [compare, positionals[0]!],
    rounds: whole("rounds", 3, 1, 1000),
    ...(values.address === undefined ? {} : { address: values.address }),
    pids: (values.pid ?? "").split(",").filter(Boolean).map(parsePid),
    shards: whole("shards", 2, 1, 64),
    ...(values.json === undefined ? {} : { json: values.json }),
    ...(values.html === undefined ? {} : { html: values.html }),
    plan: {
      sessions: whole("sessions", 50, 1, MAX_SESSIONS),
      mix,
      behaviour: {
        rate: number("rate", 4, 0.01, 1000),
        pagerFile: "",
        ...(recording ? { recording } : {}),
        ...(command ? { replayCommand: command } : {}),
      },
      ramp: number("ramp", 0, 0, DAY),
      warmup: number("warmup", 5, 0, DAY),
      duration: number("duration", 10, 0.1, DAY),
      seed: whole("seed", 1, 0, 2 ** 32 - 1),
      ownClients: values["own-clients"] === true,
      roam: number("roam", 0, 0, DAY),
      ...(values.impair === undefined ? {} : { weather: parseWeather(values.impair) }),
      ...(blackout ? { blackout } : {}),
      ...(values.limit === undefined ? {} : { limit: number("limit", 0, 0.01, 60_000) }),
    },
  };
}

function readRecording(file: string): Recording {
  return parseRecording(readFileSync(file, "utf8"));
}

function parseBlackout(text: string): { at: number; length: number } {
  const match = /^(\d+(?:\.\d+)?):(\d+(?:\.\d+)?)$/.exec(text);
  if (!match) throw new Error(`--blackout: "${text}" is not AT:SECONDS`);
  return { at: Number(match[1]), length: Number(match[2]) };
}

function parsePid(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`--pid: "${text}" is not a process id`);
  return Number(text);
}
