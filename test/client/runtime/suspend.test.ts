/** Suspending and resuming below a shell with job control: our client, a stock server, a real terminal. */
import { afterAll, expect } from "bun:test";
import { Home } from "../../drivers/home.ts";
import { clientProgram, startServer } from "../../drivers/peers-run.ts";
import { signal } from "../../drivers/processes.ts";
import { type Screen, textOf } from "../../drivers/screen.ts";
import { Tmux } from "../../drivers/tmux.ts";
import { DEADLINE_MS, until } from "../../drivers/wait.ts";
import { peer } from "../../peers.ts";
import { type ClientInShell, clientInShell } from "./client-in-shell.ts";

const home = new Home();
const tmux = new Tmux();
afterAll(async () => {
  await tmux.stop();
  await home.remove();
});

const START = "\x1b[?1h";
const shows = (row: string) => (screen: Screen) => textOf(screen).includes(row);
const count = (text: string, part: string) => text.split(part).length - 1;

/** What a screen shows may not have reached the recording yet, which another process writes. */
async function written(made: ClientInShell, part: string, times = 1): Promise<void> {
  const seen = () => count(made.written(), part);
  await until(`${JSON.stringify(part)} ${times} times`, () => seen() >= times);
  expect(seen()).toBe(times);
}

/** A session below an interactive shell, with something on its screen. */
async function session(env: Record<string, string> = {}): Promise<ClientInShell> {
  const made = await clientInShell(tmux, home, { interactive: true, env });
  await made.pane.waitForRow(/^\$/);
  await made.pane.line("echo remote; stty size");
  await made.pane.waitFor("the remote shell", shows("24 80"));
  return made;
}

async function atLocalShell(made: ClientInShell): Promise<void> {
  await made.pane.waitFor("the local shell", (screen) => !screen.alternate && /^local\$/m.test(last(screen)));
  await made.pane.line("echo local; stty -a | tr ' ' '\\n' | grep -cx -e icanon -e opost");
  await made.pane.waitFor("a cooked terminal", (screen) => shows("local")(screen) && shows("2")(screen));
}

function last(screen: Screen): string {
  return textOf(screen).findLast((row) => row !== "") ?? "";
}

peer("tmux", "mosh-server", "bash")(
  "Ctrl-^ Ctrl-Z gives the shell its terminal, fg brings the session back once and whole",
  async () => {
    const made = await session();
    await made.pane.keys("C-^", "C-z");
    await made.pane.waitFor("the notice", shows("[mosh is suspended.]"));
    await atLocalShell(made);
    // The notice is white on blue.
    await written(made, "\n\x1b[37;44m[mosh is suspended.]\x1b[m\r\n");
    await written(made, START);
    await made.pane.line("fg");
    const back = await made.pane.waitFor("the session", (s) => s.alternate === true && shows("24 80")(s));
    expect(textOf(back)).toContain("remote");
    await made.pane.line("echo still here");
    await made.pane.waitFor("the session to answer", shows("still here"));
    await written(made, START, 2);

    // And once more: the second time is like the first.
    await made.pane.keys("C-^", "C-z");
    await made.pane.waitFor("the local shell again", (s) => !s.alternate);
    await made.pane.line("fg");
    await made.pane.waitFor("the session again", (s) => s.alternate === true && shows("still here")(s));
    await written(made, START, 3);

    await made.pane.line("exit");
    await made.pane.waitFor("its end", (s) => !s.alternate && shows("[mosh is exiting.]")(s));
    await atLocalShell(made);
    await made.pane.close();
  },
  60_000,
);

peer("tmux", "mosh-server", "bash")(
  "a size that changed while suspended is sent on return; the notice has no color with NO_COLOR",
  async () => {
    const made = await session({ NO_COLOR: "1" });
    await made.pane.keys("C-^", "C-z");
    await made.pane.waitFor("the local shell", (s) => !s.alternate && shows("[mosh is suspended.]")(s));
    await written(made, "\n[mosh is suspended.]\r\n");
    await made.pane.resize(100, 30);
    await made.pane.line("fg");
    await made.pane.waitFor("the session", (s) => s.alternate === true && shows("24 80")(s));
    await made.pane.line("stty size");
    await made.pane.waitFor("the new size", shows("30 100"));
    await made.pane.line("exit");
    await made.pane.waitFor("its end", (s) => !s.alternate);
    await made.pane.close();
  },
  60_000,
);

peer("tmux", "mosh-server", "bash")(
  "stopped and continued from outside: raw mode and picture come back by themselves",
  async () => {
    const made = await session();
    const pid = await made.clientPid();
    signal(pid, "SIGSTOP");
    await made.pane.waitFor("the shell to notice", (screen) => /Stopped/.test(textOf(screen).join("\n")));
    await made.pane.line("fg");
    await made.pane.waitFor(
      "the session",
      (s) => s.alternate === true && shows("24 80")(s) && last(s) === "$",
    );
    await made.pane.line("echo and on");
    await made.pane.waitFor("the session to answer", shows("and on"));
    signal(pid, "SIGTSTP");
    await made.pane.waitFor("the suspension", (s) => !s.alternate && shows("[mosh is suspended.]")(s));
    await made.pane.line("fg");
    await made.pane.waitFor("the session again", (s) => s.alternate === true && shows("and on")(s));
    await made.pane.keys("C-^", ".");
    await made.pane.waitFor("its end", (s) => !s.alternate && shows("[mosh is exiting.]")(s));
    await atLocalShell(made);
    await made.pane.close();
  },
  60_000,
);

/**
 * A shell with job control on a terminal of this process: nothing lies between a byte and what is done about it, so that
 * `fg` is typed while the client is still stopping.
 */
class ShellOnTerminal {
  readonly #child: Bun.Subprocess;
  #output = "";
  #look: (() => void) | undefined;

  constructor(env: Readonly<Record<string, string>>) {
    this.#child = Bun.spawn(["bash", "--norc", "--noprofile", "-i"], {
      env: { ...env },
      cwd: home.path,
      terminal: {
        cols: 80,
        rows: 24,
        data: (_terminal, bytes) => {
          this.#output += Buffer.from(bytes).toString("latin1");
          this.#look?.();
        },
      },
    });
  }

  write(text: string): void {
    this.#child.terminal!.write(text);
  }

  /** Resolves when `text` is written after what was seen last. */
  async see(text: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(
      () => reject(new Error(`no ${JSON.stringify(text)} in ${JSON.stringify(this.#output)}`)),
      DEADLINE_MS,
    );
    this.#look = () => {
      const at = this.#output.indexOf(text);
      if (at < 0) return;
      this.#output = this.#output.slice(at + text.length);
      this.#look = undefined;
      clearTimeout(timer);
      resolve();
    };
    this.#look();
    await promise;
  }

  async close(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }
}

peer("mosh-server", "bash")(
  "fg is typed the moment the notice shows, many times in a row: the session always answers",
  async () => {
    const remote = ["bash", "--norc", "--noprofile", "-i"];
    const server = await startServer("stock", home, { command: remote });
    const shell = new ShellOnTerminal({ ...home.env, MOSH_KEY: server.key, PS1: "local$ " });
    await shell.see("local$ ");
    shell.write(`${[...clientProgram("sterna"), "127.0.0.1", String(server.port)].join(" ")}\r`);
    await shell.see(START);
    await shell.see("$ ");
    for (let round = 0; round < 40; round++) {
      shell.write("\x1e\x1a");
      await shell.see("is suspended.]");
      shell.write("fg\r");
      await shell.see(START);
      // Not in the words that are typed, so it is the remote shell's answer.
      shell.write(`echo $((${1_000_000 + round} + 1))\r`);
      await shell.see(String(1_000_001 + round));
    }
    shell.write("exit\r");
    await shell.see("[mosh is exiting.]");
    await shell.close();
  },
  60_000,
);
