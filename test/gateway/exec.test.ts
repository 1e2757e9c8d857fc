/** Commands in the user's shell, where the operator allows them: their ends, their pipes, and what a key forces. */
import { afterEach, expect } from "bun:test";
import type { Socket } from "node:net";
import type { Client, ClientChannel } from "ssh2";
import { runLine } from "../../server/host/run-line.ts";
import { alive } from "../drivers/processes.ts";
import { until } from "../drivers/wait.ts";
import { peer } from "../peers.ts";
import { Door } from "./door.ts";

const test = peer("ssh", "ssh-keygen");

const doors: Door[] = [];
afterEach(() => {
  for (const door of doors.splice(0)) door.close();
});
async function open(options = ""): Promise<Door> {
  const door = new Door();
  doors.push(door);
  door.authorize(options);
  door.context = {
    environment: { PATH: process.env.PATH! },
    runLine: (line, environment, channel) => runLine(door.user, line, environment, channel, undefined),
  };
  return door.open();
}

test("input, output, errors, statuses, signals", async () => {
  const door = await open();
  expect(await door.ssh(["cat; echo no >&2; exit 7"], [], new Blob(["yes\n"]))).toEqual({
    status: 7,
    out: "yes\n",
    err: "no\n",
  });
  const client = await door.client();
  const { promise, resolve } = Promise.withResolvers<unknown[]>();
  client.exec("kill -TERM $$", (_error, channel) => {
    channel.resume().on("exit", (...how: unknown[]) => resolve(how));
  });
  expect((await promise).slice(0, 2)).toEqual([null, "SIGTERM"]);
  client.end();
  expect((await door.ssh(["echo $SSH_CONNECTION; echo $SSH_CLIENT"])).out).toMatch(
    new RegExp(`^127\\.0\\.0\\.1 (\\d+) 127\\.0\\.0\\.1 ${door.port}\n127\\.0\\.0\\.1 \\1 ${door.port}\n$`),
  );
});

test("ten megabytes come through whole, both ways, also when the keys change meanwhile", async () => {
  const door = await open();
  const bytes = Buffer.alloc(10_000_000, "0123456789abcdef\n");
  const { out } = await door.ssh(["cat"], ["-o", "RekeyLimit=1M"], new Blob([bytes]));
  expect(Buffer.from(out).equals(bytes)).toBe(true);
});

test("a program that reads nothing of what it is sent ends as always, and the gateway goes on", async () => {
  const door = await open();
  const bytes = new Blob([Buffer.alloc(5_000_000)]);
  for (const line of ["true", "exec <&-; echo shut", "exit 3"]) await door.ssh([line], [], bytes);
  expect((await door.ssh(["exec <&-; sleep 0.1; echo shut"], [], bytes)).out).toBe("shut\n");
  expect((await door.ssh(["echo here"])).out).toBe("here\n");
});

test("input that nobody reads stops at the window; beyond it the client is shown out", async () => {
  const door = await open();
  const client = await door.client();
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  client.on("close", () => resolve()).on("error", () => {});
  const channel = await execute(client, "echo $$; exec sleep 1000");
  const pid = await firstNumber(channel);
  const { _protocol: protocol } = client as unknown as {
    _protocol: { channelData(number: number, data: Buffer): void };
  };
  const { outgoing } = channel as unknown as { outgoing: { id: number } };
  for (let i = 0; i < 2000; i++) protocol.channelData(outgoing.id, Buffer.alloc(30_000));
  await closed;
  await until("the end of the program", () => !alive(pid));
});

test("when the client goes, its program is hung up, also one that has its input full or its output unread", async () => {
  const door = await open();
  for (const line of ["echo $$; exec sleep 1000", "echo $$; exec yes"]) {
    const client = await door.client();
    const channel = await execute(client, line);
    const first = await firstNumber(channel);
    channel.pause();
    channel.write(Buffer.alloc(1_500_000));
    client.end();
    await until("the end of the program", () => !alive(first));
  }
});

test("a client with an endless window that does not read stops the program, not the gateway", async () => {
  const door = await open();
  const client = await door.client();
  const channel = await execute(client, "echo $$; exec yes");
  const pid = await firstNumber(channel);
  const { _sock: socket, _protocol: protocol } = client as unknown as {
    _sock: Socket;
    _protocol: { channelWindowAdjust(number: number, amount: number): void };
  };
  const { outgoing } = channel as unknown as { outgoing: { id: number } };
  protocol.channelWindowAdjust(outgoing.id, 2 ** 32 - 1);
  socket.pause();
  const written = async (): Promise<number> =>
    Number(/wchar: (\d+)/.exec(await Bun.file(`/proc/${pid}/io`).text())![1]);
  let before = -1;
  await until("the program to stand still", async () => {
    const now = await written();
    const still = now === before && now > 0;
    before = now;
    return still;
  });
  expect(before).toBeLessThan(64 * 1024 * 1024);
  client.destroy();
  await until("the end of the program", () => !alive(pid));
});

test("ten commands at once over one connection, again and again, leave nothing behind", async () => {
  const door = await open();
  const warnings: string[] = [];
  const warn = (warning: Error): void => void warnings.push(warning.message);
  process.on("warning", warn);
  const client = await door.client();
  client.setMaxListeners(0);
  for (let round = 0; round < 5; round++) {
    const outputs = await Promise.all(
      Array.from({ length: 10 }, async (_, i) => {
        const channel = await execute(client, `echo ${i}; sleep 0.05`);
        let out = "";
        channel.on("data", (bytes: Buffer) => {
          out += bytes;
        });
        await new Promise((done) => channel.on("close", done));
        return out;
      }),
    );
    expect(outputs).toEqual(Array.from({ length: 10 }, (_, i) => `${i}\n`));
  }
  client.end();
  await until("the end", () => door.gateway.connections === 0);
  process.off("warning", warn);
  expect(warnings).toEqual([]);
});

test("a key's command runs instead, and is told what was asked for", async () => {
  const door = await open('command="echo \\"<$SSH_ORIGINAL_COMMAND>\\""');
  expect((await door.ssh(["rm -rf 'a  b'; $(id)"])).out).toBe("<rm -rf 'a  b'; $(id)>\n");
  expect((await door.ssh([], ["-T"])).out).toBe("<>\n");
  expect((await door.ssh(["sterna-server list"])).out).toBe("<sterna-server list>\n");
  door.authorize('command=""');
  expect((await door.ssh(["echo free"])).out).toBe("");
});

test("the operator's limits hold for commands, too", async () => {
  const door = await open();
  expect((await door.ssh(["ulimit -Sn"])).out).toBe("1024\n");
  if (door.user.uid !== 0) return;
  const limits = { files: 300, processes: 0, memory: 4 * 1024 ** 3 };
  door.context = {
    runLine: (line, environment, channel) => runLine(door.user, line, environment, channel, limits),
  };
  expect((await door.ssh(["ulimit -Sn; ulimit -Hn; ulimit -v"])).out).toBe(`300\n300\n${4 * 1024 ** 2}\n`);
});

test("the login's answer to --version and --help is the program's", async () => {
  const door = await open();
  expect((await door.ssh(["mosh-server --version"])).out).toMatch(/^mosh-server \(mosh 1\.4\.0\) \[sterna /);
  expect((await door.ssh(["/usr/bin/sterna-server --help"])).out).toMatch(/^Usage: mosh-server new /);
});

test("the menu ends with its input", async () => {
  const door = await open();
  const { status, out } = await door.ssh([], ["-tt"]);
  expect(out).toContain("n: new session");
  expect(status).toBe(0);
});

function execute(client: Client, line: string): Promise<ClientChannel> {
  const { promise, resolve, reject } = Promise.withResolvers<ClientChannel>();
  client.exec(line, (error, channel) => (error ? reject(error) : resolve(channel)));
  return promise;
}

/** What `echo $$` says. */
async function firstNumber(channel: ClientChannel): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  channel.once("data", resolve);
  return Number.parseInt((await promise).toString(), 10);
}
