/** The stock client in a real terminal with our server. The full matrix of peers and programs is test/interop. */
import { afterAll, describe, expect } from "bun:test";
import { Home } from "../drivers/home.ts";
import { startClient, startServer } from "../drivers/peers-run.ts";
import { gone } from "../drivers/processes.ts";
import { textOf } from "../drivers/screen.ts";
import { Tmux } from "../drivers/tmux.ts";
import { peer } from "../peers.ts";

const home = new Home();
const tmux = new Tmux();
afterAll(async () => {
  await tmux.stop();
  await home.remove();
});

async function session(command: readonly string[]) {
  const server = await startServer("sterna", home, { command });
  return { server, pane: await startClient("stock", tmux, home, server, { cols: 90, rows: 20 }) };
}

describe("the stock client", () => {
  peer("mosh-client", "tmux")("shows a shell from its first row on, and its window's size", async () => {
    const { server, pane } = await session(["bash", "--norc", "--noprofile"]);
    const first = await pane.waitForRow("$");
    expect(textOf(first)[0]).toBe("$");
    await pane.line("stty size; echo $TERM");
    await pane.waitForRow("20 90");
    await pane.waitForRow("xterm-256color");
    await pane.resize(70, 15);
    // The key strokes may overtake the new size.
    await pane.line('while [ "$(stty size)" != "15 70" ]; do sleep 0.02; done; echo followed');
    await pane.waitForRow("followed");
    await pane.line("exit");
    expect(await pane.exit()).toMatchObject({
      status: 0,
      text: expect.stringContaining("[mosh is exiting.]"),
    });
    await gone([server.pid]);
  });

  peer("mosh-client", "tmux")("interrupts a flood, and shows what comes after it", async () => {
    const { server, pane } = await session(["sh", "-c", "trap : INT; yes; clear; echo over; cat"]);
    await pane.waitForRow("y");
    await pane.keys("C-c");
    await pane.waitForRow("over");
    await pane.keys("C-d");
    expect((await pane.exit()).status).toBe(0);
    await gone([server.pid]);
  });
});
