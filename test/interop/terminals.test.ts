/**
 * The client on terminals that can do less than xterm: no erasing with a background, no erasing of characters, no 256
 * colours in terminfo. What the user sees is the same. The multiplexer understands everything in any case; what is
 * tested is that the client draws by the capabilities of TERM and still draws the same picture.
 */
import { afterAll, describe } from "bun:test";
import { Home } from "../drivers/home.ts";
import { nameOf, PAIRS } from "../drivers/peers-run.ts";
import type { Screen } from "../drivers/screen.ts";
import { Tmux } from "../drivers/tmux.ts";
import { Gate } from "../drivers/wait.ts";
import { peer } from "../peers.ts";
import { FIXTURES } from "./fixtures.ts";
import { connect, ends, play, recordDirectly, sizeOf } from "./play.ts";
import { SHELL_SCENARIOS } from "./scenarios-shell.ts";

const home = new Home(FIXTURES);
const tmux = new Tmux();
const gate = new Gate(3);

afterAll(async () => {
  await tmux.stop();
  await home.remove();
});

const DRAWN = SHELL_SCENARIOS.filter(({ name }) => name.startsWith("colours") || name.startsWith("UTF-8"));

for (const term of ["screen-256color", "tmux-256color", "linux", "rxvt-unicode-256color", "vt100"]) {
  describe(`TERM=${term}`, () => {
    for (const scenario of DRAWN) {
      let reference: Promise<Screen[]> | undefined;
      for (const pair of PAIRS) {
        peer("tmux", "mosh-server", "mosh-client").concurrent(`${scenario.name}: ${nameOf(pair)}`, () =>
          gate.run(async () => {
            reference ??= recordDirectly(tmux, home, scenario);
            const screens = await reference;
            const options = { ...sizeOf(scenario), env: { TERM: term } };
            const session = await connect(tmux, home, pair, scenario.command, options);
            await play(scenario, screens, session.pane, pair);
            await ends(session);
          }),
        );
      }
    }
  });
}
