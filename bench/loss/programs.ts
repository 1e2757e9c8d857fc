/**
 * Real programs on a bad line, every client with every server: several sessions of each pair at once, each through a relay
 * of its own, one key under way at a time. Real time, loopback, prediction off.
 */
import { Home } from "../../test/drivers/home.ts";
import { clientProgram, nameOf, PAIRS, type Pair, startServer } from "../../test/drivers/peers-run.ts";
import { PtyClient } from "../../test/drivers/pty-client.ts";
import { Relay } from "../../test/drivers/relay.ts";
import { Quantiles } from "../load/quantiles.ts";

export interface ProgramSetting {
  /** One way, ms. */
  readonly delay: number;
  readonly loss: number;
  readonly sessions: number;
  readonly seconds: number;
  readonly keysPerSecond: number;
}

export interface ProgramOutcome {
  readonly name: string;
  readonly times: Quantiles;
  readonly bytes: number;
  readonly datagrams: number;
}

/** Letters that occur in no control sequence a client draws with. */
const LETTERS = "QWYVNOIUEG";
/** After the first screen, while the round trip and the loss are learnt, ms. */
const WARM_UP_MS = 5000;

export async function runPrograms(setting: ProgramSetting): Promise<ProgramOutcome[]> {
  const home = new Home();
  try {
    return await Promise.all(PAIRS.map((pair) => runPair(pair, home, setting)));
  } finally {
    await home.remove();
  }
}

async function runPair(pair: Pair, home: Home, setting: ProgramSetting): Promise<ProgramOutcome> {
  const outcome = { name: nameOf(pair), times: new Quantiles(), bytes: 0, datagrams: 0 };
  await Promise.all(
    Array.from({ length: setting.sessions }, async (_, seed) => {
      const server = await startServer(pair.server, home, {
        command: ["sh", "-c", "stty raw -echo; echo ready; exec cat"],
      });
      const { delay, loss } = setting;
      const relay = await Relay.start({ serverPort: server.port, seed: seed + 1, weather: { delay, loss } });
      const words = [...clientProgram(pair.client), "127.0.0.1", String(relay.port)];
      const client = new PtyClient(words, { ...home.env, MOSH_KEY: server.key });
      await client.see("ready");
      await type(client, setting, WARM_UP_MS, seed);
      const before = relay.log.length;
      await type(client, setting, setting.seconds * 1000, seed, outcome.times);
      const passages = relay.log.slice(before);
      outcome.datagrams += passages.length;
      for (const { bytes } of passages) outcome.bytes += bytes.length;
      // Without loss the goodbye is quick.
      for (const weather of Object.values(relay.weather)) weather.loss = 0;
      await client.quit();
      relay.close();
      await server.kill();
    }),
  );
  return outcome;
}

/** A key that is due while the one before is under way is struck when that is seen. */
async function type(
  client: PtyClient,
  { keysPerSecond }: ProgramSetting,
  ms: number,
  seed: number,
  times?: Quantiles,
): Promise<void> {
  const pause = 1000 / keysPerSecond;
  const start = performance.now() + (pause * ((seed * 7) % 10)) / 10;
  for (let n = 0; n * pause < ms; n++) {
    await Bun.sleep(Math.max(0, start + n * pause - performance.now()));
    const key = LETTERS[n % LETTERS.length]!;
    const seen = client.see(key);
    const struck = performance.now();
    client.write(key);
    await seen;
    times?.record(performance.now() - struck);
  }
}
