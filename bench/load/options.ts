/** The load generator's command line. Pure but for reading the recording that is named. */
import { accessSync, constants, existsSync, readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { noProgram, parseRecording, type Recording } from "./behaviour.ts";
import { parseWeather } from "./impairment.ts";
import { parseMix } from "./mix.ts";
import type { LoadPlan } from "./run.ts";
import { isOwn, OWN } from "./servers.ts";

export const HELP = `Usage: sterna-bench [options]      (in a checkout: bun bench/load.ts)

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
  --replay FILE       a recording for "replay": of test/recordings/typing, or an
                      asciicast with its input (asciinema rec --stdin)
  --replay-command C  the program to type it into, if it does not tell

  --ramp S            seconds over which sessions are opened (default 0: at once)
  --warmup S          seconds that do not count (default 5)
  --duration S        seconds that count (default 10)
  --limit MS          ends when three seconds running the 99th percentile is beyond
                      this, and says at how many sessions; all counts, but the first
                      --warmup seconds are not held against it
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
  --help, --version

An interrupt ends the run early, which still reports; a second one ends at once.
Status: 0, or 1 if no session could be had or the command line is wrong, or 130.
Recipes, and what is measured how: docs/load.md`;

/** The command line is wrong; the message says what was expected. */
export class OptionError extends Error {
  override readonly name = "OptionError";
}

export interface LoadOptions {
  readonly help: boolean;
  readonly version: boolean;
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
const DAY = 86_400;

/** @throws OptionError */
export function parseOptions(args: readonly string[]): LoadOptions {
  try {
    return parse(args);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // The parser's own sentence goes on about positional arguments, of which there are none here.
    const unknown = code === "ERR_PARSE_ARGS_UNKNOWN_OPTION" ? /'(-[^']*)'/.exec(message)?.[1] : undefined;
    throw new OptionError(unknown === undefined ? message : `there is no option ${unknown}`);
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
      version: { type: "boolean" },
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
  const { compare } = values;
  if (compare === undefined && positionals.length > 0)
    throw new Error(`"${positionals[0]}" is no option; a server is named by --server`);
  if (compare !== undefined && (positionals.length !== 1 || values.server !== undefined))
    throw new Error("--compare takes two servers, and no --server");
  const servers = compare === undefined ? [values.server ?? "stock"] : [compare, positionals[0]!];
  for (const name of servers) checkProgram(name);
  for (const name of ["address", "pid"] as const)
    if (values[name] !== undefined && servers.every(isOwn))
      throw new Error(`--${name} is for a server that is named by its command`);
  for (const name of ["json", "html"] as const) checkWritable(name, values[name]);
  const duration = number("duration", 10, 0.1, DAY);
  const mix = parseMix(values.mix ?? (values.replay === undefined ? "typist" : "replay"));
  const recording = values.replay === undefined ? undefined : readRecording(values.replay);
  if (mix.some(({ name }) => name === "replay") && !recording)
    throw new Error("--mix replay needs --replay FILE");
  const problem = recording && values["replay-command"] === undefined ? noProgram(recording) : undefined;
  if (problem !== undefined) throw new Error(problem);
  const blackout = values.blackout === undefined ? undefined : parseBlackout(values.blackout);
  if (blackout !== undefined && blackout.at >= duration)
    throw new Error(`--blackout: at ${blackout.at} s the measured ${duration} s are over`);
  const command = values["replay-command"]?.split(" ").filter((word) => word !== "");
  return {
    help: values.help === true,
    version: values.version === true,
    servers: servers as [string],
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
      duration,
      seed: whole("seed", 1, 0, 2 ** 32 - 1),
      ownClients: values["own-clients"] === true,
      roam: number("roam", 0, 0, DAY),
      ...(values.impair === undefined ? {} : { weather: parseWeather(values.impair) }),
      ...(blackout ? { blackout } : {}),
      ...(values.limit === undefined ? {} : { limit: number("limit", 0, 0.01, 60_000) }),
    },
  };
}

/** A name that is mistyped would else be a failure of each session. */
function checkProgram(server: string): void {
  const isStock = server === "stock";
  if (isOwn(server) && !isStock) return;
  const program = isStock ? "mosh-server" : (server.trim().split(" ")[0] ?? "");
  if (Bun.which(program) !== null) return;
  throw new Error(
    isStock
      ? 'the server "stock" needs mosh-server in PATH'
      : `no server: "${server}" is none of ${OWN.join(", ")}, and no command`,
  );
}

/** Known before the run and not after it. */
function checkWritable(option: string, file: string | undefined): void {
  if (file === undefined || (option === "json" && file === "-")) return;
  try {
    if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) throw new Error("it is a directory");
    accessSync(existsSync(file) ? file : dirname(file), constants.W_OK);
  } catch (error) {
    throw new Error(`--${option}: cannot write "${file}": ${(error as Error).message}`);
  }
}

function readRecording(file: string): Recording {
  try {
    return parseRecording(readFileSync(file, "utf8"));
  } catch (error) {
    throw new Error(`--replay: "${file}": ${(error as Error).message}`);
  }
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
