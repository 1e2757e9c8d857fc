/**
 * Every client with every server, Sterna's and stock Mosh's: real programs in a session show what the same programs show
 * when run directly in the same terminal, text, attributes, cursor, title and mouse modes; and a session ends as it
 * should.
 */
import { afterAll, describe, expect } from "bun:test";
import { Home } from "../drivers/home.ts";
import { clientProgram, nameOf, PAIRS, type Pair, startClient, startServer } from "../drivers/peers-run.ts";
import { gone, signal } from "../drivers/processes.ts";
import { all, row, type Screen, some } from "../drivers/screen.ts";
import { Tmux } from "../drivers/tmux.ts";
import { Gate } from "../drivers/wait.ts";
import { peer } from "../peers.ts";
import { FIXTURES } from "./fixtures.ts";
import { connect, ends, play, recordDirectly, type Session, sizeOf } from "./play.ts";
import { FULL_SCREEN_SCENARIOS } from "./scenarios-full-screen.ts";
import { SHELL_SCENARIOS } from "./scenarios-shell.ts";

const home = new Home(FIXTURES);
const tmux = new Tmux();
const gate = new Gate(3);

afterAll(async () => {
  await tmux.stop();
  await home.remove();
});

/** Registers a test for each pair; a few run at a time. */
function forEachPair(programs: readonly string[], body: (pair: Pair) => Promise<void>): void {
  for (const pair of PAIRS) {
    const test = peer("tmux", "mosh-server", "mosh-client", ...programs);
    test.concurrent(nameOf(pair), () => gate.run(() => body(pair)));
  }
}

describe("the screen is that of the program run directly", () => {
  for (const scenario of [...SHELL_SCENARIOS, ...FULL_SCREEN_SCENARIOS]) {
    describe(scenario.name, () => {
      let reference: Promise<Screen[]> | undefined;
      forEachPair(scenario.programs, async (pair) => {
        reference ??= recordDirectly(tmux, home, scenario);
        const screens = await reference;
        const session = await connect(tmux, home, pair, scenario.command, sizeOf(scenario));
        await play(scenario, screens, session.pane, pair);
        await ends(session);
      });
    });
  }
});

describe("htop starts, draws, follows a resize and quits", () => {
  forEachPair(["htop"], async (pair) => {
    const session = await connect(tmux, home, pair, ["htop"]);
    const drawn = all(row(-1, /^F1Help .*F10Quit/), some(/^ *PID .*Command/), some(/Load average/));
    await session.pane.waitFor("htop's screen", drawn);
    await session.pane.resize(100, 30);
    await session.pane.waitFor(
      "htop's screen in the new size",
      (screen) => drawn(screen) && screen.cols === 100 && screen.rows === 30,
    );
    await session.pane.keys("F10");
    await ends(session);
  });
});

describe("over IPv6", () => {
  forEachPair(["cat"], async (pair) => {
    const server = await startServer(pair.server, home, { command: READY, bind: "::1" });
    const pane = await startClient(pair.client, tmux, home, server, { host: "::1" });
    await pane.waitForRow("ready");
    await pane.line("hello");
    await pane.waitForRow("hello");
    await pane.keys("C-d");
    await ends({ server, pane });
  });
});

describe("the escape key twice, or before another key, is typed", () => {
  forEachPair(["cat"], async (pair) => {
    const command = ["sh", "-c", "stty raw -echo; echo ready; exec cat -v"];
    const session = await connect(tmux, home, pair, command);
    await session.pane.waitForRow("ready");
    await session.pane.keys("C-^");
    await session.pane.waitForRow(/^mosh: Commands: Ctrl-Z suspends, "\." quits, "\^" gives literal Ctrl-\^/);
    await session.pane.keys("^");
    await session.pane.keys("C-^", "x");
    await session.pane.waitForRow(/^ *\^\^\^\^x$/);
    await session.pane.keys("C-^", ".");
    await ends(session);
  });
});

describe("the window title is marked unless the user objects", () => {
  forEachPair(["cat"], async (pair) => {
    const { MOSH_TITLE_NOPREFIX: _, ...env } = home.env;
    const command = ["sh", "-c", "printf '\\033]0;a title\\007'; exec cat"];
    const server = await startServer(pair.server, home, { command });
    const pane = await tmux.open({
      command: [...clientProgram(pair.client), "127.0.0.1", String(server.port)],
      env: { ...env, MOSH_KEY: server.key },
    });
    await pane.waitFor("the marked title", (screen) => screen.title === "[mosh] a title");
    await pane.keys("C-d");
    await ends({ server, pane });
  });
});

describe("a session ends", () => {
  describe("when its program ends, whatever the program's status", () => {
    forEachPair(["sh"], async (pair) => ends(await connect(tmux, home, pair, ["sh", "-c", "exit 7"])));
  });

  describe("with the program's last words on the screen", () => {
    forEachPair(["sh", "seq"], async (pair) => {
      const command = ["sh", "-c", "stty -echo; echo ready; read x; seq 1 5000; echo the last words"];
      // Without the switch to the alternate screen the client's last frame stays where it can be read.
      const session = await connect(tmux, home, pair, command, { env: { MOSH_NO_TERM_INIT: "1" } });
      await session.pane.waitForRow("ready");
      await session.pane.keys("Enter");
      const { text } = await session.pane.exit();
      expect(text).toContain("\n4999\n5000\nthe last words\n[mosh is exiting.]");
      await ends(session);
    });
  });

  describe("by the escape key and a full stop", () => {
    forEachPair(["cat"], async (pair) => {
      const session = await connectReady(pair);
      await session.pane.keys("C-^", ".");
      await ends(session);
    });
  });

  for (const name of ["SIGTERM", "SIGHUP", "SIGINT"] as const) {
    describe(`by ${name} to the client`, () => {
      forEachPair(["cat"], async (pair) => {
        const session = await connectReady(pair);
        signal(await session.pane.pid(), name);
        await ends(session);
      });
    });
  }

  describe("by SIGTERM to the server", () => {
    forEachPair(["cat"], async (pair) => {
      const session = await connectReady(pair);
      signal(session.server.pid, "SIGTERM");
      await ends(session);
    });
  });
});

/** Says something and then waits. */
const READY = ["sh", "-c", "echo ready; exec cat"];

/** A session of a program that says something and then waits: seen, it shows that both ends are up. */
async function connectReady(pair: Pair): Promise<Session> {
  const session = await connect(tmux, home, pair, READY);
  await session.pane.waitForRow("ready");
  return session;
}

describe("suspend by the escape key and Ctrl-Z, resume by fg", () => {
  forEachPair(["bash", "cat"], async (pair) => {
    const server = await startServer(pair.server, home, { command: ["bash", "--norc", "--noprofile", "-i"] });
    const env = { ...home.env, PS1: "outer: ", MOSH_KEY: server.key };
    const pane = await tmux.open({ command: ["bash", "--norc", "--noprofile", "-i"], env, cwd: home.path });
    await pane.line([...clientProgram(pair.client), "127.0.0.1", server.port].join(" "));
    await pane.waitForRow("$");
    await pane.line("clear; echo in the session");
    const before = await pane.waitFor("output", all(row(0, "in the session"), row(1, "$")));
    await pane.keys("C-^", "C-z");
    await pane.waitForRow("[mosh is suspended.]");
    await pane.line("echo $((6 * 7))");
    await pane.waitForRow("42");
    await pane.line("fg");
    await pane.waitForScreen(before);
    await pane.line("exit");
    await pane.waitForRow("[mosh is exiting.]");
    await pane.line("echo status $?");
    await pane.waitForRow("status 0");
    await gone([server.pid]);
    await pane.close();
  });
});
