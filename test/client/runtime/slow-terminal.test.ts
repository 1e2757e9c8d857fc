/** A terminal that stops reading: the session lives on, shows the present when it reads again, and can still be ended. */
import { afterAll, expect } from "bun:test";
import { join } from "node:path";
import { Terminal as Xterm } from "@xterm/headless";
import { Home } from "../../drivers/home.ts";
import { startServer } from "../../drivers/peers-run.ts";
import { Relay } from "../../drivers/relay.ts";
import { until } from "../../drivers/wait.ts";
import { peer } from "../../peers.ts";
import { PtyPair } from "./pty-pair.ts";

/** A screenful in which every cell has its own colors: some 40 kB to draw, more with each frame than a tty buffers. */
function colorful(shift: number): string {
  const cell = (n: number) => `\x1b[38;5;${(n * 7 + shift) % 256};48;5;${(n * 11 + shift) % 256}m${n % 10}`;
  return `\x1b[H${Array.from({ length: 80 * 23 }, (_, n) => cell(n)).join("")}\x1b[0m\r\n`;
}

const home = new Home({ one: colorful(0), two: colorful(128), three: colorful(77) });
const FLOOD = "while :; do cat one two three; done\r";
afterAll(() => home.remove());

/** Our client on a pseudo-terminal whose other side is read only when the test says so. */
async function start() {
  const server = await startServer("stock", home, { command: ["bash", "--norc", "--noprofile", "-i"] });
  const relay = await Relay.start({ serverPort: server.port });
  const pty = new PtyPair(80, 24);
  const client = Bun.spawn(
    [process.execPath, join(import.meta.dir, "run-client.ts"), "127.0.0.1", `${relay.port}`],
    {
      env: { ...home.env, MOSH_KEY: server.key },
      stdin: pty.slave,
      stdout: pty.slave,
      stderr: "inherit",
    },
  );
  const screen = new Xterm({ cols: 80, rows: 24, scrollback: 0, allowProposedApi: true });
  const read = () => new Promise<void>((resolve) => screen.write(pty.read(), resolve));
  const rows = () =>
    Array.from({ length: 24 }, (_, row) => screen.buffer.active.getLine(row)!.translateToString().trimEnd());
  return {
    server,
    relay,
    pty,
    client,
    read,
    rows,
    shows: (what: string, row: string) =>
      until(what, async () => {
        await read();
        return rows().includes(row);
      }),
    close: async () => {
      client.kill("SIGKILL");
      await client.exited;
      relay.close();
      pty.close();
      screen.dispose();
      await server.kill();
    },
  };
}

peer("mosh-server", "bash")(
  "heartbeats and acknowledgements go on, and one frame shows the present",
  async () => {
    const session = await start();
    await session.shows("the prompt", "$");
    session.pty.write(FLOOD);
    const before = session.relay.passed("to-server").length;
    await until(
      "forty answers while nobody reads",
      () => session.relay.passed("to-server").length > before + 40,
    );
    const alive = session.relay.passed("to-client").length;
    await until("news at the same time", () => session.relay.passed("to-client").length > alive + 20);
    session.pty.write("\x03");
    session.pty.write("clear; echo the present\r");
    await until("the present", async () => {
      await session.read();
      return session.rows().join("|") === `the present|$${"|".repeat(22)}`;
    });
    session.pty.write("exit\r");
    await until("the end", async () => {
      await session.read();
      return session.client.exitCode !== null;
    });
    expect(session.client.exitCode).toBe(0);
    await session.close();
  },
  40_000,
);

peer("mosh-server", "bash")(
  "a session on a terminal that never reads again can be ended",
  async () => {
    const session = await start();
    await session.shows("the prompt", "$");
    session.pty.write(FLOOD);
    const before = session.relay.passed("to-server").length;
    await until("answers", () => session.relay.passed("to-server").length > before + 15);
    session.client.kill("SIGTERM");
    expect(await session.client.exited).toBe(0);
    await session.close();
  },
  40_000,
);
