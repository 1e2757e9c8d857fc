/**
 * Local echo of stock's client with either server: it stands or falls with the server's echo acknowledgements. What is
 * typed shows at once although nothing passes the network, marked as unconfirmed; confirmed, it looks like anything
 * else; a guess that was wrong goes away.
 */
import { afterAll, describe, expect } from "bun:test";
import { Home } from "../drivers/home.ts";
import { MAKES, startClient, startServer } from "../drivers/peers-run.ts";
import { Relay } from "../drivers/relay.ts";
import { all, type Condition, cellAt, row, type Screen } from "../drivers/screen.ts";
import { type Pane, Tmux } from "../drivers/tmux.ts";
import { until } from "../drivers/wait.ts";
import { peer } from "../peers.ts";
import { ends } from "./play.ts";
import { cleared, SHELL } from "./scenario.ts";

const home = new Home();
const tmux = new Tmux();
const DARK_MS = 2_000;
const ATTEMPTS = 6;

afterAll(async () => {
  await tmux.stop();
  await home.remove();
});

const UNDERLINED = "4";

/** Styles of the first `count` cells of row `n`. */
const styles = (screen: Screen, n: number, count: number): (string | undefined)[] =>
  Array.from({ length: count }, (_, col) => cellAt(screen, n, col)?.style);

/**
 * Types digits, first with the network and then without, until one shows without it, underlined. A guess is shown only
 * after an earlier one was confirmed within the 50 ms that a server gives a program to echo: on a busy machine that may
 * take more than one try. Returns all digits.
 */
async function typeInTheDark(pane: Pane, relay: Relay, prompt: string): Promise<string> {
  let typed = "";
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    typed += attempt;
    await pane.type(String(attempt));
    await pane.waitFor("an echo", plain(prompt + typed));
    // The screen comes first, the acknowledgement that the guess was right some 50 ms later.
    await until("the line to be idle", () => performance.now() - relay.log.at(-1)!.at > 500);
    relay.blackout(DARK_MS);
    typed += "x";
    await pane.type("x");
    const dark = await pane
      .waitFor("the echo without the network", row(0, prompt + typed), DARK_MS / 2)
      .catch(() => undefined);
    if (dark) {
      const confirmed = Array(prompt.length + typed.length - 1).fill("");
      expect(styles(dark, 0, prompt.length + typed.length)).toEqual([...confirmed, UNDERLINED]);
    }
    await pane.waitFor("the confirmation", plain(prompt + typed));
    if (dark) return typed;
  }
  throw new Error(`nothing was predicted in ${ATTEMPTS} attempts`);
}

/** Row 0 holds the text, and nothing of it is marked. */
const plain =
  (text: string): Condition =>
  (screen) =>
    row(0, text)(screen) && styles(screen, 0, text.length).every((style) => style === "");

describe("stock's client predicts, the server confirms", () => {
  for (const make of MAKES) {
    peer("tmux", "mosh-client", "bash").concurrent(`${make} server`, async () => {
      const server = await startServer(make, home, { command: SHELL });
      const relay = await Relay.start({ serverPort: server.port, weather: { delay: 100 } });
      const pane = await startClient(
        "stock",
        tmux,
        home,
        { port: relay.port, key: server.key },
        {
          env: { MOSH_PREDICTION_DISPLAY: "always" },
        },
      );
      await cleared.act?.(pane);
      await pane.waitFor("an empty screen", cleared.until);
      await pane.type("echo ");
      await pane.waitFor(
        "the echo",
        all(row(0, "$ echo"), (screen) => screen.cursor.col === 7),
      );
      const typed = await typeInTheDark(pane, relay, "$ echo ");
      await pane.keys("Enter");
      await pane.waitFor("the answer", all(row(1, typed), row(2, "$")));

      // A guess that is wrong: the program does not show what is typed.
      await pane.line("stty -echo; cat >/dev/null");
      await pane.waitFor("cat to run", (screen) => screen.cursor.row === 3 && screen.cursor.col === 0);
      await pane.type("secret");
      await pane.keys("C-d", "C-d");
      await pane.waitFor(
        "nothing of it",
        all(row(2, "$ stty -echo; cat >/dev/null"), row(3, "$"), row(4, "")),
      );
      await pane.line("exit");
      await ends({ server, pane });
      relay.close();
    });
  }
});
