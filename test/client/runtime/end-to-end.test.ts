/** What a person sees and sets: our client with a stock server in a real terminal. Programs and screens: test/interop. */
import { afterAll, expect } from "bun:test";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Home } from "../../drivers/home.ts";
import { type Screen, textOf } from "../../drivers/screen.ts";
import { Tmux } from "../../drivers/tmux.ts";
import { peer } from "../../peers.ts";
import { type ClientInShell, clientInShell } from "./client-in-shell.ts";

const home = new Home();
const tmux = new Tmux();
afterAll(async () => {
  await tmux.stop();
  await home.remove();
});

const session = peer("tmux", "mosh-server", "bash");
const DEADLINE = 40_000;
const shows = (row: string) => (screen: Screen) => textOf(screen).includes(row);

async function leave(made: ClientInShell): Promise<number> {
  await made.pane.line("exit");
  const { status } = await made.over();
  await made.pane.close();
  return status;
}

for (const bind of ["127.0.0.1", "::1"]) {
  session(
    `typing, UTF-8, a new size, the end, over ${bind}`,
    async () => {
      const made = await clientInShell(tmux, home, { bind });
      await made.pane.waitForRow(/^\$/);
      await made.pane.line("echo grüße 漢字 | tr a-z A-Z; stty size");
      await made.pane.waitFor("the answer", (s) => shows("GRüßE 漢字")(s) && shows("24 80")(s));
      await made.pane.resize(100, 30);
      await made.pane.waitFor("the larger screen", (screen) => screen.cols === 100);
      await made.pane.line("stty size");
      await made.pane.waitFor("the new size", shows("30 100"));
      expect(await leave(made)).toBe(0);
    },
    DEADLINE,
  );
}

session(
  "the title has its prefix, unless the person does not want it",
  async () => {
    for (const [wanted, title] of [
      [true, "[mosh] at work"],
      [false, "at work"],
    ] as const) {
      // The tests' environment switches the prefix off; env -u needs a command, so it is unset in the shell.
      const made = await clientInShell(tmux, home, wanted ? { before: "unset MOSH_TITLE_NOPREFIX" } : {});
      await made.pane.waitForRow(/^\$/);
      await made.pane.line("printf '\\033]0;at work\\007'");
      await made.pane.waitFor("the title", (screen) => screen.title === title);
      expect(await leave(made)).toBe(0);
    }
  },
  DEADLINE,
);

session(
  "MOSH_NO_TERM_INIT: the session is drawn on the main screen and stays there",
  async () => {
    const made = await clientInShell(tmux, home, { env: { MOSH_NO_TERM_INIT: "" } });
    const screen = await made.pane.waitForRow(/^\$/);
    expect(screen.alternate).toBe(false);
    await made.pane.line("echo stays");
    await made.pane.waitFor("the answer", shows("stays"));
    expect(await leave(made)).toBe(0);
    expect(made.written()).not.toContain("\x1b[?1049");
  },
  DEADLINE,
);

session(
  "MOSH_ESCAPE_KEY=~ works after Return only; ~~ is a tilde",
  async () => {
    const made = await clientInShell(tmux, home, { env: { MOSH_ESCAPE_KEY: "~" } });
    await made.pane.waitForRow(/^\$/);
    await made.pane.type("echo a~.b");
    await made.pane.keys("Enter");
    await made.pane.waitFor("the tilde in the middle of a line", shows("a~.b"));
    await made.pane.text("~");
    await made.pane.waitForRow('mosh: Commands: Ctrl-Z suspends, "." quits, "~" gives literal "~", "i" info');
    await made.pane.text("~");
    await made.pane.waitForRow(/^\$ ~$/);
    await made.pane.keys("C-u", "Enter");
    await made.pane.text("~.");
    expect((await made.over()).status).toBe(0);
    await made.pane.close();
  },
  DEADLINE,
);

session(
  "an empty MOSH_ESCAPE_KEY leaves every key to the remote program",
  async () => {
    const made = await clientInShell(tmux, home, { env: { MOSH_ESCAPE_KEY: "" }, remote: ["cat", "-v"] });
    await made.pane.waitFor("the session", (screen) => screen.alternate === true);
    await made.pane.keys("C-^");
    await made.pane.text(".");
    await made.pane.keys("Enter");
    await made.pane.waitFor("the key itself", (s) => textOf(s).filter((row) => row === "^^.").length === 2);
    await made.pane.keys("C-d");
    expect((await made.over()).status).toBe(0);
    await made.pane.close();
  },
  DEADLINE,
);

session(
  "Ctrl-L mends a screen that something else has written to",
  async () => {
    const made = await clientInShell(tmux, home);
    await made.pane.waitForRow(/^\$/);
    // Keys typed before the program has its terminal would meet the shell's key modes.
    await made.pane.line("stty echo; echo ready; cat -v");
    await made.pane.waitFor("the program", shows("ready"));
    await made.pane.line("before");
    await made.pane.waitFor("the line", (s) => textOf(s).filter((row) => row === "before").length === 2);
    const tty = (await made.pane.tmux("display-message", "-p", "-t", "=program:", "#{pane_tty}")).trim();
    await Bun.write(Bun.file(tty), "\x1b[7;20Hwreckage\x1b[12;1Hmore wreckage");
    await made.pane.waitFor("the wreckage", (s) => textOf(s).some((row) => row.includes("wreckage")));
    await made.pane.keys("C-l");
    const mended = await made.pane.waitFor(
      "the mended screen",
      (s) => !textOf(s).some((row) => row.includes("wreckage")),
    );
    expect(textOf(mended).filter((row) => row === "before").length).toBe(2);
    // The key is the program's as well.
    await made.pane.keys("Enter");
    await made.pane.waitFor("the key", (s) => textOf(s).filter((row) => row === "^L").length === 2);
    await made.pane.keys("C-d");
    expect(await leave(made)).toBe(0);
  },
  DEADLINE,
);

session(
  "a terminal that does not know its size counts as 80 by 24",
  async () => {
    const made = await clientInShell(tmux, home, { before: "stty rows 0 cols 0" });
    await made.pane.waitForRow(/^\$/);
    await made.pane.line("stty size");
    await made.pane.waitFor("the size", shows("24 80"));
    expect(await leave(made)).toBe(0);
  },
  DEADLINE,
);

session(
  "a locale that is not UTF-8 is no reason to refuse",
  async () => {
    const made = await clientInShell(tmux, home, { env: { LC_ALL: "C" } });
    await made.pane.waitForRow(/^\$/);
    await made.pane.line("echo grüße");
    await made.pane.waitFor("the answer", shows("grüße"));
    expect(await leave(made)).toBe(0);
  },
  DEADLINE,
);

session(
  "200,000 pasted bytes arrive whole and in order",
  async () => {
    const data = createHash("sha512").update("paste").digest("base64url").repeat(2500).slice(0, 200_000);
    home.write("paste.txt", data);
    const made = await clientInShell(tmux, home);
    await made.pane.waitForRow(/^\$/);
    await made.pane.line(
      "stty raw -echo; printf 'ready\\r\\n'; head -c 200000 > pasted.txt; stty sane; md5sum < pasted.txt",
    );
    await made.pane.waitFor("the command to run", shows("ready"));
    await made.pane.tmux(
      "load-buffer",
      join(home.path, "paste.txt"),
      ";",
      "paste-buffer",
      "-r",
      "-t",
      "=program:",
    );
    const sum = createHash("md5").update(data).digest("hex");
    await made.pane.waitFor("the sum", shows(`${sum}  -`));
    expect(readFileSync(join(home.path, "pasted.txt"), "latin1")).toBe(data);
    expect(await leave(made)).toBe(0);
  },
  DEADLINE,
);
