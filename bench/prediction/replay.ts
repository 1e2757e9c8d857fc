/**
 * The replayer: a recorded session over a simulated line, in virtual time. Both transports are real, the network is
 * test/simulation's, the program is the recording: it answers each key as it did. Local echo sees what a client would.
 * Virtual time passes on the network and in the program only, so what is shown at once takes 0 ms.
 */
import { LocalEcho } from "../../client/local-echo.ts";
import type { PredictionMode } from "../../client/prediction/engine.ts";
import { Clock } from "../../test/simulation/clock.ts";
import { ClientEnd, type EndOptions, type Program, ServerEnd } from "../../test/simulation/ends.ts";
import { CALM, Network } from "../../test/simulation/network.ts";
import { Random } from "../../test/simulation/random.ts";
import type { Core, Terminal } from "../../wasm-core/core.ts";
import { Meter, type Score } from "./meter.ts";
import type { Picture, Recording } from "./recording.ts";

export interface Line {
  readonly name: string;
  /** Both ways together, ms. */
  readonly rtt: number;
  /** Each way, 0..1. */
  readonly loss: number;
}

/** The session before the first key: the client has connected and shows the program. ms */
const CONNECTED_MS = 5000;
/** After the last key everything has arrived, even over a bad line. ms */
const SETTLED_MS = 60_000;

/** The recorded program: answers keys in order, each after the time it took. */
export class RecordedProgram implements Program {
  readonly #recording: Recording;
  readonly #after: (ms: number, run: () => void) => void;
  readonly #output: (bytes: Uint8Array) => void;
  #step = 0;
  #missing = 0;
  #pending = 0;
  /** The reactions to all keys up to here have been planned until this time. */
  #free = 0;
  readonly #now: () => number;
  #dead = false;

  constructor(
    recording: Recording,
    clock: Pick<Clock, "now" | "after">,
    output: (bytes: Uint8Array) => void,
  ) {
    this.#recording = recording;
    this.#now = () => clock.now;
    this.#after = (ms, run) => clock.after(ms, run);
    this.#output = output;
  }

  get busy(): boolean {
    return this.#pending > 0;
  }

  start(): void {
    this.#react(0);
    this.#missing = this.#recording.steps[1]?.keys.length ?? 0;
  }

  /** Counts the keys: what was recorded is what is typed. */
  write(bytes: Uint8Array): void {
    for (let left = bytes.length; left > 0 && this.#missing > 0; left--) {
      if (--this.#missing > 0) continue;
      this.#step++;
      this.#react(this.#step);
      this.#missing = this.#recording.steps[this.#step + 1]?.keys.length ?? 0;
    }
  }

  kill(): void {
    this.#dead = true;
  }

  #react(step: number): void {
    const from = Math.max(this.#free, this.#now());
    for (const { after, output } of this.#recording.steps[step]?.reactions ?? []) {
      this.#pending++;
      this.#free = from + after;
      this.#after(this.#free - this.#now(), () => {
        this.#pending--;
        if (!this.#dead) this.#output(output);
      });
    }
  }
}

/** A client that draws with local echo, in every pass. */
class EchoingClient extends ClientEnd {
  readonly echo: LocalEcho;
  readonly #clock: Pick<Clock, "now" | "after">;
  #drawn: Terminal;
  onDrawn: ((picture: Picture) => void) | undefined;

  constructor(options: EndOptions, mode: PredictionMode, stock: boolean) {
    super(options);
    this.#clock = options.clock;
    this.#drawn = this.transport.latest.terminal.snapshot();
    this.echo = new LocalEcho({
      mode,
      overwrite: false,
      width: (codePoint) => this.transport.latest.terminal.width(codePoint),
      stock,
    });
  }

  override type(bytes: Uint8Array): void {
    this.echo.typed(bytes, {
      now: this.#clock.now,
      drawn: this.#drawn,
      remote: this.transport.latest.terminal,
      lastSent: this.transport.sentStateLast,
    });
    super.type(bytes);
  }

  protected override pass(now: number): number {
    const wait = super.pass(now);
    // The base class makes its first pass before this one is complete.
    if (this.ending !== undefined || this.echo === undefined) return wait;
    const { transport } = this;
    this.echo.received({
      now,
      newState: true,
      lastAckedTime: transport.lastSuccess,
      echoAck: transport.latest.echoAck,
      sendInterval: transport.sendInterval,
    });
    const target = transport.latest.terminal.snapshot();
    this.echo.apply(target, now);
    this.#drawn.free();
    this.#drawn = target;
    this.onDrawn?.(pictureOf(target));
    return Math.min(wait, this.echo.waitTime());
  }

  protected override release(): void {
    this.#drawn.free();
    super.release();
  }
}

export function pictureOf(terminal: Terminal): Picture {
  return {
    rows: terminal.text().map((row) => row.trimEnd()),
    row: terminal.cursorRow,
    col: terminal.cursorCol,
  };
}

/** Plays a recording over a line; `stock`: our engine as stock's. */
export function replay(
  recording: Recording,
  line: Line,
  options: { core: Core; seed: number; mode: PredictionMode; stock: boolean },
): Score {
  const clock = new Clock();
  const random = new Random(options.seed);
  const network = new Network(clock, random.fork());
  const weather = { ...CALM, delay: line.rtt / 2, loss: line.loss };
  network.weather = { toServer: weather, toClient: weather };
  const { cols, rows } = recording.header;
  const end = (): EndOptions => ({
    clock,
    network,
    random: random.fork(),
    core: options.core,
    key: new Uint8Array(16),
    family: "inet",
    cols,
    rows,
    minDelay: 0,
  });
  const server = new ServerEnd(end(), (output) => new RecordedProgram(recording, clock, output));
  const client = new EchoingClient(end(), options.mode, options.stock);
  const meter = new Meter(recording);
  client.onDrawn = (picture) => meter.drawn(picture, clock.now);
  client.wake();
  let at = CONNECTED_MS;
  recording.steps.forEach(({ keys, pause }, step) => {
    if (step === 0) return;
    // The first key comes when the program has been there for a while.
    if (step > 1) at += pause;
    clock.after(at, () => {
      meter.typed(step, clock.now);
      client.type(keys);
    });
  });
  clock.run(at + SETTLED_MS, () => clock.now > at + 1 && meter.complete && !server.busy);
  client.abandon();
  server.abandon();
  return meter.score();
}
