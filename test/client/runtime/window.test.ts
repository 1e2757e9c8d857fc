/** The size of a window that changed without a signal: the terminal does not control the client, as behind some wrappers. */
import { afterAll, expect } from "bun:test";
import { join } from "node:path";
import { Home } from "../../drivers/home.ts";
import { startServer } from "../../drivers/peers-run.ts";
import { until } from "../../drivers/wait.ts";
import { peer } from "../../peers.ts";
import { PtyPair } from "./pty-pair.ts";

const home = new Home();
afterAll(() => home.remove());

peer("bash")("it is told before the next key", async () => {
  const server = await startServer("sterna", home, { command: ["bash", "--norc", "--noprofile", "-i"] });
  const pty = new PtyPair(80, 24);
  const client = Bun.spawn(
    [process.execPath, join(import.meta.dir, "run-client.ts"), "127.0.0.1", `${server.port}`],
    { env: { ...home.env, MOSH_KEY: server.key }, stdin: pty.slave, stdout: pty.slave, stderr: "inherit" },
  );
  let seen = "";
  const shows = (text: string) =>
    until(text, () => {
      seen += pty.read().toString();
      return seen.includes(text);
    });
  await shows("$ ");
  pty.write("stty size\r");
  await shows("24 80");
  pty.resize(100, 30);
  pty.write("stty size\r");
  await shows("30 100");
  pty.write("exit\r");
  expect(await client.exited).toBe(0);
  pty.close();
  await server.kill();
});
