/**
 * Real clients of both makes on pseudo-terminals, in real time, typing recorded sessions through the relay of
 * test/drivers. The server is ours, in this process, with the recorded program; so both clients meet the same answers
 * after the same delays. What a client draws is read by a terminal of ours.
 */
import type { PredictionMode } from "../../client/prediction/engine.ts";
import { Home } from "../../test/drivers/home.ts";
import { clientProgram, type Make } from "../../test/drivers/peers-run.ts";
import { Relay } from "../../test/drivers/relay.ts";
import { ServerEnd } from "../../test/simulation/ends.ts";
import { type Receive, SERVER } from "../../test/simulation/network.ts";
import { Random } from "../../test/simulation/random.ts";
import type { Core } from "../../wasm-core/core.ts";
import { Meter, type Score } from "./meter.ts";
import type { Recording } from "./recording.ts";
import { type Line, pictureOf, RecordedProgram } from "./replay.ts";

/** The client shows the program before the first key. ms */
const CONNECTED_MS = 4000;
const SETTLED_MS = 20_000;
/** Sessions at the same time. */
const TOGETHER = 4;

/** The clock of this process, as the simulation's ends want it. */
const realClock = {
  get now(): number {
    return performance.now();
  },
  after: (delay: number, run: () => void): void => void setTimeout(run, delay),
};

/** One UDP socket as the simulation's network, for the server. */
async function realNetwork(): Promise<{
  readonly port: number;
  readonly network: {
    attach(address: string, receive: Receive): void;
    detach(address: string): void;
    send(from: string, to: string, datagram: Uint8Array): boolean;
  };
  close(): void;
}> {
  let receive: Receive | undefined;
  const socket = await Bun.udpSocket({
    hostname: "127.0.0.1",
    port: 0,
    binaryType: "buffer",
    socket: {
      data: (_socket, bytes, port, address) =>
        receive?.({ datagram: Uint8Array.from(bytes), from: `${address}:${port}`, ce: false }),
      error: () => {},
    },
  });
  return {
    port: socket.port,
    network: {
      attach: (address, taker) => {
        if (address === SERVER) receive = taker;
      },
      detach: () => {
        receive = undefined;
      },
      send: (_from, to, datagram) => {
        const [address, port] = to.split(":");
        socket.send(datagram, Number(port), address!);
        return true;
      },
    },
    close: () => socket.close(),
  };
}

async function playOne(
  make: Make,
  recording: Recording,
  line: Line,
  home: Home,
  { core, mode }: { core: Core; mode: PredictionMode },
): Promise<Score> {
  const key = crypto.getRandomValues(new Uint8Array(16));
  const { port, network, close } = await realNetwork();
  const { cols, rows } = recording.header;
  const random = new Random(1);
  const server = new ServerEnd(
    { clock: realClock, network, random, core, key, family: "inet", cols, rows },
    (output) => new RecordedProgram(recording, realClock, output),
  );
  const weather = { delay: line.rtt / 2, loss: line.loss };
  const relay = await Relay.start({ serverPort: port, seed: 7, weather });
  const meter = new Meter(recording);
  const screen = core.createTerminal(cols, rows, "host");
  const child = Bun.spawn([...clientProgram(make), "127.0.0.1", String(relay.port)], {
    cwd: home.path,
    env: {
      ...home.env,
      MOSH_KEY: Buffer.from(key).toString("base64").slice(0, 22),
      MOSH_PREDICTION_DISPLAY: mode,
    },
    terminal: {
      cols,
      rows,
      data: (_terminal, bytes) => {
        screen.feed(bytes);
        screen.takeReplies();
        meter.drawn(pictureOf(screen), performance.now());
      },
    },
  });
  await Bun.sleep(CONNECTED_MS);
  let due = performance.now();
  for (const [step, { keys, pause }] of recording.steps.entries()) {
    if (step === 0) continue;
    if (step > 1) due += pause;
    await Bun.sleep(Math.max(0, due - performance.now()));
    meter.typed(step, performance.now());
    child.terminal!.write(keys);
  }
  const deadline = performance.now() + SETTLED_MS;
  while (!meter.complete && performance.now() < deadline) await Bun.sleep(50);
  child.kill("SIGKILL");
  await child.exited;
  server.abandon();
  relay.close();
  close();
  const score = meter.score();
  screen.free();
  return score;
}

/** All recordings with one make of client. */
export async function playLive(
  make: Make,
  recordings: readonly Recording[],
  line: Line,
  options: { core: Core; mode: PredictionMode },
): Promise<[Recording, Score][]> {
  const home = new Home();
  try {
    const left = [...recordings];
    const scores: [Recording, Score][] = [];
    const work = async (): Promise<void> => {
      for (let next = left.shift(); next; next = left.shift())
        scores.push([next, await playOne(make, next, line, home, options)]);
    };
    await Promise.all(Array.from({ length: TOGETHER }, work));
    return scores;
  } finally {
    await home.remove();
  }
}
