/**
 * Sessions over a bad network, through the relay in this process: loss, delay, reordering and duplicates; a blackout in
 * which the user goes on typing; a client that changes its address while output flows. Every client with every server.
 * Each session ends with the screen of the same work done directly.
 */
import { afterAll, describe, expect } from "bun:test";
import { Home } from "../drivers/home.ts";
import { nameOf, PAIRS, type Pair, startClient, startServer } from "../drivers/peers-run.ts";
import { Relay, type Weather } from "../drivers/relay.ts";
import { all, row, type Screen, some, textOf } from "../drivers/screen.ts";
import { type Pane, Tmux } from "../drivers/tmux.ts";
import { until } from "../drivers/wait.ts";
import { peer } from "../peers.ts";
import { FIXTURES } from "./fixtures.ts";
import { ends, play, recordDirectly, type Session } from "./play.ts";
import { cleared, type Scenario, SHELL } from "./scenario.ts";

const home = new Home(FIXTURES);
const tmux = new Tmux();
/** Between keystrokes, so that most travel in a datagram of their own. */
const KEY_PAUSE_MS = 40;
/** Lost datagrams cost time-outs of up to a second each, one after the other. */
const SLOW_MS = 60_000;

afterAll(async () => {
  await tmux.stop();
  await home.remove();
});

const WORK: Scenario = {
  name: "typing, output, a full-screen editor",
  programs: ["bash", "seq", "vim"],
  command: SHELL,
  steps: [
    cleared,
    {
      does: "type a command with a mistake in it",
      act: async (pane) => {
        await pane.type("echo helo", KEY_PAUSE_MS);
        await pane.keys("BSpace");
        await pane.type("lo é漢", KEY_PAUSE_MS);
        await pane.keys("Enter");
      },
      until: all(row(1, "hello é漢"), row(2, "$")),
    },
    {
      does: "long output",
      act: (pane) => pane.line("seq 1 4000"),
      until: all(row(-2, "4000"), row(-1, "$")),
    },
    {
      does: "edit a file",
      act: async (pane) => {
        await pane.line("vim -u vimrc -n -i NONE sample.c");
        await pane.waitFor("the editor", all(row(0, /Greatest/), row(-1, /1,1 +Top$/)), SLOW_MS);
        await pane.type("5jOint x; // 完", KEY_PAUSE_MS);
        await pane.keys("Escape", "G");
      },
      until: all(some(/^ 87 }$/), row(-1, /87,1 +Bot$/)),
    },
    {
      does: "leave it and show colours",
      act: async (pane) => {
        await pane.line(":q!");
        await pane.waitForRow("$", SLOW_MS);
        await pane.type("clear; cat colours.txt", KEY_PAUSE_MS);
        await pane.keys("Enter");
      },
      until: some(/^END\$$/),
    },
  ],
  quit: (pane) => pane.line("exit"),
};

let reference: Promise<Screen[]> | undefined;

interface Weathered extends Session {
  readonly relay: Relay;
}

async function connectThroughRelay(
  pair: Pair,
  command: readonly string[],
  seed: number,
  weather: Partial<Weather> = {},
): Promise<Weathered> {
  const server = await startServer(pair.server, home, { command });
  const relay = await Relay.start({ serverPort: server.port, seed, weather });
  const pane = await startClient(pair.client, tmux, home, { port: relay.port, key: server.key });
  return { server, relay, pane };
}

function forEachPair(programs: readonly string[], body: (pair: Pair, seed: number) => Promise<void>): void {
  for (const [i, pair] of PAIRS.entries()) {
    const seed = 1000 + i;
    const test = peer("tmux", "mosh-server", "mosh-client", ...programs);
    test.concurrent(`${nameOf(pair)} (seed ${seed})`, () => body(pair, seed));
  }
}

async function typeAndSee(pane: Pane, word: string): Promise<void> {
  await pane.type(`echo ${word}`);
  await pane.keys("Enter");
  await pane.waitForRow(word, SLOW_MS);
}

describe("20 % loss each way, delay, reordering, duplicates", () => {
  forEachPair(WORK.programs, async (pair, seed) => {
    reference ??= recordDirectly(tmux, home, WORK);
    const screens = await reference;
    const weather = { loss: 0.2, delay: 10, jitter: 20, reorder: 0.1, reorderBy: 60, duplicate: 0.1 };
    const session = await connectThroughRelay(pair, WORK.command, seed, weather);
    await play(WORK, screens, session.pane, pair, SLOW_MS);
    await ends(session);
    for (const direction of ["to-server", "to-client"] as const) {
      const fates = session.relay.passed(direction).map((passage) => passage.fate);
      expect(fates.filter((fate) => fate === "lost").length).toBeGreaterThan(fates.length / 20);
    }
    session.relay.close();
  });
});

describe("a blackout in which the user goes on typing", () => {
  forEachPair(["bash", "seq"], async (pair, seed) => {
    const session = await connectThroughRelay(pair, SHELL, seed);
    const { pane, relay } = session;
    await cleared.act?.(pane);
    await pane.waitFor("an empty screen", cleared.until);
    // Longer than the 10 s after which a client that hears nothing tries another port of its own [P 5.5].
    relay.blackout(12_000);
    await pane.type("seq 1 300; echo seen in the dark");
    await pane.keys("Enter");
    await until("the client to try another port", () => senders(relay).size > 1, SLOW_MS);
    await pane.waitFor(
      "what was typed",
      all(row(-4, "299"), row(-3, "300"), row(-2, "seen in the dark"), row(-1, "$")),
      SLOW_MS,
    );
    expect(relay.passed("to-server").some((passage) => passage.fate === "dark")).toBe(true);
    await pane.waitFor("no notice", (s) => !textOf(s)[0]!.startsWith("mosh:"));
    await pane.line("exit");
    await ends(session);
    relay.close();
  });
});

/** Client addresses from which the relay has heard. */
function senders(relay: Relay): Set<string> {
  return new Set(relay.passed("to-server").map((passage) => passage.from));
}

describe("the client's address changes", () => {
  forEachPair(["bash", "seq"], async (pair, seed) => {
    const session = await connectThroughRelay(pair, SHELL, seed, { delay: 5 });
    const { pane, relay } = session;
    await cleared.act?.(pane);
    await pane.waitFor("an empty screen", cleared.until);
    await typeAndSee(pane, "first");
    for (const [word, address] of [
      ["second", "127.0.0.2"],
      ["third", "127.0.0.1"],
      ["fourth", "127.0.0.2"],
    ] as const) {
      await relay.roam(address);
      await typeAndSee(pane, word);
    }
    // And in the middle of output, with nothing typed that would tell the server at once.
    await pane.line("for i in 1 2 3 4 5; do seq $i 400; sleep 0.2; done; echo at last");
    await pane.waitForRow("400", SLOW_MS);
    await relay.roam("127.0.0.2");
    await pane.waitFor(
      "the end of the output",
      all(row(-4, "399"), row(-3, "400"), row(-2, "at last"), row(-1, "$")),
      SLOW_MS,
    );
    await pane.line("exit");
    await ends(session);
    relay.close();
  });
});
