/**
 * Datagrams that are not what they should be, thrown at live sessions: garbage, truncated, altered, replayed and
 * reflected ones, from the peer's address and from elsewhere; and a client with the wrong key. They are dropped and the
 * session goes on as if nothing had come. Every client with every server.
 */
import { afterAll, describe, expect } from "bun:test";
import { Home } from "../drivers/home.ts";
import { MAKES, nameOf, PAIRS, type Pair, startClient, startServer } from "../drivers/peers-run.ts";
import { Relay, seededRandom } from "../drivers/relay.ts";
import { all, row, some, textOf } from "../drivers/screen.ts";
import { type Pane, Tmux } from "../drivers/tmux.ts";
import { Gate } from "../drivers/wait.ts";
import { peer } from "../peers.ts";
import { connect, ends } from "./play.ts";
import { cleared, SHELL } from "./scenario.ts";

const home = new Home();
const tmux = new Tmux();
const gate = new Gate(3);
const SEED = 20_121;

afterAll(async () => {
  await tmux.stop();
  await home.remove();
});

function forEachPair(body: (pair: Pair) => Promise<void>): void {
  for (const pair of PAIRS) {
    const test = peer("tmux", "mosh-server", "mosh-client", "bash");
    test.concurrent(`${nameOf(pair)} (seed ${SEED})`, () => gate.run(() => body(pair)));
  }
}

const random = seededRandom(SEED);

function randomBytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, () => Math.floor(random() * 256));
}

/** Nothing, less than a nonce, a nonce without a tag, the smallest legal length, a full datagram, more than one holds. */
const GARBAGE = [0, 1, 7, 8, 9, 23, 24, 25, 38, 100, 1252, 1500, 2048, 2049, 9000, 60_000].map(randomBytes);

/** Every way to spoil a real datagram that a network or an attacker without the key has. */
function spoiled(datagram: Uint8Array): Uint8Array[] {
  const flip = (at: number): Uint8Array => {
    const copy = Uint8Array.from(datagram);
    copy[at]! ^= 1;
    return copy;
  };
  return [
    ...[0, 7, 8, 9, datagram.length - 17, datagram.length - 1].map(flip),
    ...[8, 23, 24, 28, datagram.length - 1].map((length) => datagram.subarray(0, length)),
    Uint8Array.from([...datagram, 0]),
    Uint8Array.from([...datagram, ...datagram]),
  ];
}

async function answers(pane: Pane, word: string): Promise<void> {
  await pane.line(`clear; echo ${word}`);
  await pane.waitFor(
    `"${word}" and nothing else`,
    (screen) => textOf(screen).join("\n").trim() === `${word}\n$`,
  );
}

describe("spoiled, replayed and reflected datagrams are dropped", () => {
  forEachPair(async (pair) => {
    const server = await startServer(pair.server, home, { command: SHELL });
    const relay = await Relay.start({ serverPort: server.port });
    const pane = await startClient(pair.client, tmux, home, { port: relay.port, key: server.key });
    await cleared.act?.(pane);
    await pane.waitFor("an empty screen", cleared.until);
    await answers(pane, "before");

    const toServer = relay.passed("to-server").map((passage) => passage.bytes);
    const toClient = relay.passed("to-client").map((passage) => passage.bytes);
    const attack = [
      ...GARBAGE,
      ...toServer,
      ...toClient,
      ...[toServer, toClient].flatMap((d) => spoiled(d.at(-1)!)),
    ];
    for (const [i, bytes] of attack.entries()) {
      relay.injectToServer(bytes);
      relay.injectToClient(bytes);
      await relay.injectFromStranger(bytes);
      // A burst would only test the sizes of socket buffers; a moment lets both ends take each datagram.
      if (i % 8 === 7) await Bun.sleep(2);
    }

    // Replayed keystrokes must not be typed again, nor old screens come back.
    await answers(pane, "after");
    // No answer goes to a stranger, and the client has not been moved to one.
    expect(relay.log.filter((passage) => passage.fate === "foreign")).toEqual([]);
    await pane.line("exit");
    await ends({ server, pane });
    relay.close();
  });
});

describe("a client with another key gets nothing and the session goes on", () => {
  forEachPair(async (pair) => {
    const { server, pane } = await connect(tmux, home, pair, SHELL);
    await cleared.act?.(pane);
    await pane.waitFor("an empty screen", cleared.until);

    const wrong = await startClient(pair.client, tmux, home, {
      port: server.port,
      key: "AAAAAAAAAAAAAAAAAAAAAA",
    });
    await wrong.waitForRow(new RegExp(`^mosh: Nothing received from server on UDP port ${server.port}\\.`));
    await answers(pane, "meanwhile");
    await wrong.text("echo typed without the key\r");
    await wrong.keys("C-^", ".");
    const end = await wrong.exit();
    expect(end.text).toContain(`mosh did not make a successful connection to 127.0.0.1:${server.port}.`);
    expect(end.text).toEndWith("[mosh is exiting.]");
    expect(end.status).toBe(1);

    await answers(pane, "afterwards");
    await pane.line("exit");
    await ends({ server, pane });
  });
});

describe("a client of a port where nobody listens says so and gives up", () => {
  for (const client of MAKES) {
    peer("tmux", "mosh-client").concurrent(`${client} client`, () =>
      gate.run(async () => {
        const socket = await Bun.udpSocket({ hostname: "127.0.0.1", port: 0 });
        const port = socket.port;
        socket.close();
        const pane = await startClient(client, tmux, home, { port, key: "AAAAAAAAAAAAAAAAAAAAAA" });
        await pane.waitFor(
          "a notice",
          all(row(0, /^mosh: .*\[To quit: Ctrl-\^ \.\]$/), some(/Nothing received from server|refused/)),
        );
        await pane.keys("C-^", ".");
        const { status, text } = await pane.exit();
        expect(text).toContain(`mosh did not make a successful connection to 127.0.0.1:${port}.`);
        expect(status).toBe(1);
      }),
    );
  }
});
