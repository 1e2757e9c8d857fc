/**
 * The whole start as a user does it: the wrapper, the system's ssh, a real sshd, the server found and started by it, the
 * client. Every wrapper with every server, with and without a remote terminal, and all three ways to learn the address.
 */
import { afterAll, beforeAll, describe, expect } from "bun:test";
import { Home } from "../drivers/home.ts";
import { nameOf, PAIRS, type Pair, serverProgram, wrapperProgram } from "../drivers/peers-run.ts";
import { familyOf, gone, udpPortsOf } from "../drivers/processes.ts";
import { all, row, textOf } from "../drivers/screen.ts";
import { HOST_ALIAS, Sshd } from "../drivers/sshd.ts";
import { type Pane, Tmux } from "../drivers/tmux.ts";
import { Gate, until } from "../drivers/wait.ts";
import { peer } from "../peers.ts";

const home = new Home({ ".bash_profile": "PS1='$ '\n" });
const tmux = new Tmux();
const gate = new Gate(3);
let sshd: Sshd;

beforeAll(async () => {
  if (Bun.which("sshd", { PATH: home.env.PATH! })) sshd = await Sshd.start(home);
});

afterAll(async () => {
  await tmux.stop();
  await sshd?.stop();
  await home.remove();
});

interface Start {
  readonly options?: readonly string[];
  readonly host?: string;
  readonly command?: readonly string[];
}

function start(pair: Pair, { options = [], host = HOST_ALIAS, command = [] }: Start): Promise<Pane> {
  return tmux.open({
    command: [
      ...wrapperProgram(pair.client),
      `--ssh=${sshd.command}`,
      `--server=${serverProgram(pair.server).join(" ")}`,
      ...options,
      host,
      ...(command.length > 0 ? ["--", ...command] : []),
    ],
    env: home.env,
    cwd: home.path,
  });
}

/** Process id of the session's server, asked of the shell in the session. */
async function serverOf(pane: Pane): Promise<number> {
  await pane.line("clear; echo server $PPID");
  const screen = await pane.waitFor("the server's process id", all(row(0, /^server \d+$/), row(1, "$")));
  return Number(/\d+/.exec(textOf(screen)[0]!)![0]);
}

/** The session works, ssh has gone, the session still works, and it ends cleanly on both sides. */
async function livesWithoutSsh(pane: Pane): Promise<void> {
  await pane.waitForRow("$");
  const server = await serverOf(pane);
  const client = await pane.pid();
  await until("ssh to have returned", () => familyOf(client).length === 1);
  await until("sshd to serve no connection any more", () => sshd.connections().length === 0);
  await pane.line("clear; echo still here");
  await pane.waitFor("an answer after ssh has gone", all(row(0, "still here"), row(1, "$")));
  await pane.line("exit");
  const end = await pane.exit();
  expect(end.text).toEndWith("[mosh is exiting.]");
  expect(end.status).toBe(0);
  await gone([server]);
  await pane.close();
}

const WAYS: readonly {
  readonly name: string;
  readonly options: readonly string[];
  readonly host?: string;
}[] = [
  { name: "with a remote terminal, address from the proxy", options: [] },
  { name: "without a remote terminal, address from the proxy", options: ["--no-ssh-pty"] },
  { name: "address from SSH_CONNECTION", options: ["--experimental-remote-ip=remote"] },
  { name: "address looked up here", options: ["--experimental-remote-ip=local"], host: "127.0.0.1" },
  {
    name: "address looked up here, without a remote terminal",
    options: ["--experimental-remote-ip=local", "--no-ssh-pty"],
    host: "localhost",
  },
];

function forEachPair(body: (pair: Pair) => Promise<void>): void {
  for (const pair of PAIRS) {
    const test = peer("tmux", "mosh", "mosh-server", "ssh", "sshd");
    test.concurrent(nameOf(pair).replace("client", "wrapper"), () => gate.run(() => body(pair)));
  }
}

for (const { name, options, host = HOST_ALIAS } of WAYS) {
  describe(`a login shell, ${name}`, () => {
    forEachPair(async (pair) => {
      const pane = await start(pair, { options, host });
      await pane.waitForRow("$");
      await pane.line("clear; shopt login_shell; echo $0 $TERM; pwd");
      await pane.waitFor(
        "a login shell's answers",
        all(row(0, /^login_shell\s+on$/), row(1, "-bash xterm-256color"), row(2, home.path)),
      );
      await livesWithoutSsh(pane);
    });
  });
}

describe("a command's words arrive as they were typed", () => {
  forEachPair(async (pair) => {
    const words = ["it's", 'a "test"', "$HOME", "*", "two  spaces", "back\\slash", "end;"];
    const script = 'clear; for word; do echo "[$word]"; done; read line';
    const pane = await start(pair, { command: ["sh", "-c", script, "sh", ...words] });
    await pane.waitFor("the words", (screen) => {
      const shown = textOf(screen);
      return words.every((word, i) => shown[i] === `[${word}]`);
    });
    await pane.keys("Enter");
    expect((await pane.exit()).status).toBe(0);
    await pane.close();
  });
});

describe("the server binds the port of the range that was asked for", () => {
  forEachPair(async (pair) => {
    const low = 61_000 + 10 * (process.pid % 400) + PAIRS.indexOf(pair);
    const pane = await start(pair, { options: ["-p", `${low}:${low + 3}`] });
    await pane.waitForRow("$");
    const server = await serverOf(pane);
    const ports = udpPortsOf(server);
    expect(ports.size).toBe(1);
    const [port] = ports;
    expect(port).toBeGreaterThanOrEqual(low);
    expect(port).toBeLessThanOrEqual(low + 3);
    await livesWithoutSsh(pane);
  });
});

describe("--local needs no ssh", () => {
  forEachPair(async (pair) => {
    const pane = await tmux.open({
      command: [
        ...wrapperProgram(pair.client),
        "--local",
        `--server=${serverProgram(pair.server).join(" ")}`,
        "127.0.0.1",
        ...["--", "sh", "-c", "echo ready; exec cat"],
      ],
      env: home.env,
    });
    await pane.waitForRow("ready");
    await pane.keys("C-d");
    const { status, text } = await pane.exit();
    expect(text).toEndWith("[mosh is exiting.]");
    expect(status).toBe(0);
  });

  peer("tmux").concurrent("Sterna alone, without a host", async () => {
    const pane = await tmux.open({ command: [...wrapperProgram("sterna"), "--local"], env: home.env });
    await pane.waitForRow("$");
    await livesWithoutSsh(pane);
  });
});
