/**
 * Every way out of a session gives the terminal back as it was: mode, alternate screen, mouse, and says what it should.
 * Our client, a stock server, a real terminal.
 */
import { afterAll, describe, expect } from "bun:test";
import { readFileSync } from "node:fs";
import { Home } from "../../drivers/home.ts";
import { alive, gone, signal } from "../../drivers/processes.ts";
import { textOf } from "../../drivers/screen.ts";
import { Tmux } from "../../drivers/tmux.ts";
import { until } from "../../drivers/wait.ts";
import { peer } from "../../peers.ts";
import { type ClientInShell, clientInShell } from "./client-in-shell.ts";

const home = new Home();
const tmux = new Tmux();
afterAll(async () => {
  await tmux.stop();
  await home.remove();
});

/** A program that turns on all the modes a client forwards, then shows what is typed. */
const MODES = "\\033[?1002h\\033[?1006h\\033[?2004h\\033[?1004h\\033[?1h\\033[?25l\\033[1;31mREADY\\r\\n";
const NOISY = ["sh", "-c", `printf '${MODES}'; cat`];
const EXITING = "[mosh is exiting.]";

interface WayOut {
  readonly name: string;
  readonly leave: (session: ClientInShell) => Promise<void>;
  readonly status: number;
  /** What the person reads afterwards, besides nothing at all. */
  readonly says: RegExp;
  readonly script?: string;
  readonly crash?: string;
}

const bySignal = (name: NodeJS.Signals) => async (session: ClientInShell) =>
  signal(await session.clientPid(), name);
const CLEAN = /^\[mosh is exiting\.\]$/;

const waysOut: WayOut[] = [
  { name: "the remote program ends", leave: (s) => s.pane.keys("C-d"), status: 0, says: CLEAN },
  { name: "Ctrl-^ .", leave: (s) => s.pane.keys("C-^", "."), status: 0, says: CLEAN },
  { name: "SIGTERM", leave: bySignal("SIGTERM"), status: 0, says: CLEAN },
  { name: "SIGINT", leave: bySignal("SIGINT"), status: 0, says: CLEAN },
  { name: "SIGHUP", leave: bySignal("SIGHUP"), status: 0, says: CLEAN },
  { name: "SIGPIPE", leave: bySignal("SIGPIPE"), status: 0, says: CLEAN },
  { name: "SIGQUIT", leave: bySignal("SIGQUIT"), status: 131, says: /^$/ },
  {
    name: "an uncaught exception",
    leave: bySignal("SIGUSR2"),
    script: "crashing-client.ts",
    crash: "throw",
    status: 1,
    says: /thrown on purpose[\s\S]*\[mosh is exiting\.\]$/,
  },
  {
    name: "an unhandled rejection",
    leave: bySignal("SIGUSR2"),
    script: "crashing-client.ts",
    crash: "reject",
    status: 1,
    says: /rejected on purpose[\s\S]*\[mosh is exiting\.\]$/,
  },
  {
    name: "process.exit in the middle",
    leave: bySignal("SIGUSR2"),
    script: "crashing-client.ts",
    crash: "exit",
    status: 7,
    says: /^$/,
  },
  {
    name: "the server is killed, then Ctrl-^ .",
    leave: async (session) => {
      await session.server.kill();
      await session.pane.keys("C-^", ".");
    },
    status: 1,
    says: /^mosh did not shut down cleanly\. Please note that the\nmosh-server process may still be running on the server\.\n\[mosh is exiting\.\]$/,
  },
];

describe("the terminal is given back", () => {
  for (const way of waysOut) {
    peer("tmux", "mosh-server", "stty")(
      way.name,
      async () => {
        const session = await clientInShell(tmux, home, {
          remote: NOISY,
          ...(way.script === undefined ? {} : { script: way.script }),
          ...(way.crash === undefined ? {} : { env: { CRASH: way.crash } }),
        });
        const during = await session.pane.waitFor(
          "the remote program",
          (screen) => textOf(screen).includes("READY") && screen.mouse !== "",
        );
        expect(during.alternate).toBe(true);
        expect(during.cursorVisible).toBe(false);
        await way.leave(session);
        const { status, before, after } = await session.over();
        expect(after).toBe(before);
        expect(status).toBe(way.status);
        const screen = await session.pane.waitFor("the main screen", (s) => !s.alternate && s.cursorVisible);
        expect(screen.mouse).toBe("");
        expect(textOf(screen).join("\n").trim()).toMatch(way.says);
        // Stock leaves these on.
        const last = session.written();
        for (const mode of ["?2004", "?1004", "?1006", "?1002", "?1"]) {
          expect(last.lastIndexOf(`\x1b[${mode}l`)).toBeGreaterThan(last.lastIndexOf(`\x1b[${mode}h`));
        }
        await session.pane.close();
      },
      40_000,
    );
  }

  peer("tmux", "mosh-server")(
    "the terminal window is closed: no process stays behind",
    async () => {
      const session = await clientInShell(tmux, home);
      await session.pane.waitForRow(/^\$/);
      const pid = await session.clientPid();
      await session.pane.close();
      await gone([pid]);
      await until("the server to end too", () => !session.server.running);
    },
    40_000,
  );
});

describe("what is said", () => {
  peer("tmux", "mosh-server")(
    "a wrong key: nothing is ever received, and the person may quit",
    async () => {
      const session = await clientInShell(tmux, home, { key: () => "AAAAAAAAAAAAAAAAAAAAAA" });
      await session.pane.waitForRow(
        `mosh: Nothing received from server on UDP port ${session.server.port}. [To quit: Ctrl-^ .]`,
      );
      await session.pane.keys("C-^");
      await session.pane.waitForRow(
        'mosh: Commands: Ctrl-Z suspends, "." quits, "^" gives literal Ctrl-^, "i" info',
      );
      await session.pane.keys(".");
      await session.pane.waitForRow("mosh: Exiting on user request... [To quit: Ctrl-^ .]");
      const { status, before, after } = await session.over();
      expect(status).toBe(1);
      expect(after).toBe(before);
      const text = textOf(await session.pane.screen())
        .join("\n")
        .trim();
      expect(text).toStartWith(
        `mosh did not make a successful connection to 127.0.0.1:${session.server.port}.\n`,
      );
      expect(text).toEndWith(EXITING);
      await session.pane.close();
      await session.server.kill();
    },
    40_000,
  );

  peer("tmux", "mosh-server")(
    "a malformed key is refused before anything is sent, and not shown",
    async () => {
      const session = await clientInShell(tmux, home, { key: (key) => key.slice(0, 21) });
      const { status, before, after } = await session.over();
      expect(status).toBe(1);
      expect(after).toBe(before);
      const text = textOf(await session.pane.screen())
        .join("\n")
        .trim();
      expect(text).toBe(`Crypto exception: Key must be 22 letters long.\n${EXITING}`);
      expect(session.written()).not.toContain(session.server.key.slice(0, 21));
      await session.pane.close();
      await session.server.kill();
    },
    40_000,
  );

  peer("tmux", "mosh-server")(
    "TERM unknown: told before the screen is touched",
    async () => {
      const session = await clientInShell(tmux, home, { env: { TERM: "no-such-terminal" } });
      const { status } = await session.over();
      expect(status).toBe(1);
      const text = textOf(await session.pane.screen())
        .join("\n")
        .trim();
      expect(text).toBe(`Error: Unknown terminal type.\n${EXITING}`);
      await session.pane.close();
      await session.server.kill();
    },
    40_000,
  );
});

describe("the key", () => {
  peer("tmux", "mosh-server")(
    "cannot be read from the process once it runs",
    async () => {
      const session = await clientInShell(tmux, home);
      await session.pane.waitForRow(/^\$/);
      const pid = await session.clientPid();
      expect(alive(pid)).toBe(true);
      const environment = readFileSync(`/proc/${pid}/environ`, "latin1");
      expect(environment).toContain("HOME=");
      expect(environment).not.toContain(session.server.key);
      expect(readFileSync(`/proc/${pid}/cmdline`, "latin1")).not.toContain(session.server.key);
      expect(readFileSync(`/proc/${pid}/limits`, "latin1")).toMatch(/Max core file size +0 +0/);
      await session.pane.keys("C-^", ".");
      await session.over();
      await session.pane.close();
    },
    40_000,
  );
});
