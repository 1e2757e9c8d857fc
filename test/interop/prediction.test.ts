/**
 * Local echo of stock's client with either server: it stands or falls with the server's echo acknowledgements. What is
 * typed shows at once although nothing passes the network, marked as unconfirmed; confirmed, it looks like anything
 * else; a guess that was wrong goes away.
 */
import { afterAll, describe, expect } from "bun:test";
import { Home } from "../drivers/home.ts";
import { PAIRS, startClient, startServer } from "../drivers/peers-run.ts";
import { Relay } from "../drivers/relay.ts";
import { all, cellAt, row, type Screen } from "../drivers/screen.ts";
import { Tmux } from "../drivers/tmux.ts";
import { peer } from "../peers.ts";
import { ends } from "./play.ts";
import { cleared, SHELL } from "./scenarios.ts";

const home = new Home();
const tmux = new Tmux();
const DARK_MS = 2_500;

afterAll(async () => {
  await tmux.stop();
  await home.remove();
});

const UNDERLINED = "4";

/** Styles of the first `count` cells of row `n`. */
const styles = (screen: Screen, n: number, count: number): (string | undefined)[] =>
  Array.from({ length: count }, (_, col) => cellAt(screen, n, col)?.style);

describe("stock's client predicts, the server confirms", () => {
  for (const { client, server: make } of PAIRS) {
    if (client !== "stock") continue;
    peer("tmux", "mosh-client", "bash").concurrent(`${make} server`, async () => {
      const server = await startServer(make, home, { command: SHELL });
      const relay = await Relay.start({ serverPort: server.port, weather: { delay: 50 } });
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
      await pane.type("12");
      await pane.waitFor(
        "a confirmed echo",
        (screen) => row(0, "$ echo 12")(screen) && styles(screen, 0, 9).every((s) => s === ""),
      );

      relay.blackout(DARK_MS);
      await pane.type("345");
      const dark = await pane.waitFor("the echo without the network", row(0, "$ echo 12345"), DARK_MS - 500);
      expect(styles(dark, 0, 12)).toEqual([...Array(9).fill(""), ...Array(3).fill(UNDERLINED)]);
      await pane.waitFor("the confirmation", (screen) => styles(screen, 0, 12).every((s) => s === ""));
      await pane.keys("Enter");
      await pane.waitFor("the answer", all(row(1, "12345"), row(2, "$")));

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
