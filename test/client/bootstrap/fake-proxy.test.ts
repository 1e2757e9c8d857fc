/** What ssh runs as its proxy: the address it says, every byte both ways, both ends in either order. */
import { afterAll, describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import { SOURCE_WRAPPER, Stubs } from "./stubs.ts";

const stubs = new Stubs();
const servers: Server[] = [];

afterAll(() => {
  for (const server of servers) server.close();
  stubs.remove();
});

async function listen(onConnect: (socket: Socket) => void, host = "127.0.0.1"): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, onConnect);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return (server.address() as { port: number }).port;
}

function proxy(host: string, port: number, family = "prefer-inet") {
  return Bun.spawn([...SOURCE_WRAPPER, `--family=${family}`, "--fake-proxy", "--", host, String(port)], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
  });
}

const SIZE = 16 << 20;

describe("the proxy", () => {
  test("copies both ways at once, says the address, ends when both ends have ended", async () => {
    const up = randomBytes(SIZE);
    const down = randomBytes(SIZE);
    const received: Buffer[] = [];
    const port = await listen((socket) => {
      socket.on("data", (chunk: Buffer) => received.push(Buffer.from(chunk)));
      socket.end(down);
    });
    const child = proxy("localhost", port);
    const reading = child.stdout.bytes();
    child.stdin.write(up);
    await child.stdin.end();
    expect(Buffer.from(await reading).equals(down)).toBe(true);
    expect(await child.exited).toBe(0);
    expect(Buffer.concat(received).equals(up)).toBe(true);
    expect(await child.stderr.text()).toBe("MOSH IP 127.0.0.1\n");
  });

  test("a host that ends first: our side stays open until ssh ends it", async () => {
    const received: Buffer[] = [];
    const port = await listen((socket) => {
      socket.on("data", (chunk: Buffer) => received.push(Buffer.from(chunk)));
      socket.end("bye");
    });
    const child = proxy("127.0.0.1", port);
    // End of file on its output, while its input is still open.
    expect(await child.stdout.text()).toBe("bye");
    child.stdin.write("late");
    await child.stdin.end();
    expect(await child.exited).toBe(0);
    expect(Buffer.concat(received).toString()).toBe("late");
  });

  test("ssh that ends first: the host's answer still arrives", async () => {
    const port = await listen((socket) => {
      const chunks: Buffer[] = [];
      socket.on("data", (chunk: Buffer) => chunks.push(Buffer.from(chunk)));
      socket.on("end", () => socket.end(`answer to ${Buffer.concat(chunks)}`));
    });
    const child = proxy("127.0.0.1", port);
    child.stdin.write("question");
    await child.stdin.end();
    expect(await child.stdout.text()).toBe("answer to question");
    expect(await child.exited).toBe(0);
  });

  test("a hang-up does not end it", async () => {
    const port = await listen((socket) => {
      socket.on("data", (chunk) => socket.write(chunk));
      socket.on("end", () => socket.end());
    });
    const child = proxy("127.0.0.1", port);
    const output = child.stdout.getReader();
    child.stdin.write("one");
    await child.stdin.flush();
    expect(Buffer.from((await output.read()).value!).toString()).toBe("one");
    child.kill("SIGHUP");
    child.stdin.write("two");
    await child.stdin.end();
    expect(Buffer.from((await output.read()).value!).toString()).toBe("two");
    expect(await child.exited).toBe(0);
  });

  test("a reader that goes away ends it", async () => {
    const port = await listen((socket) => {
      socket.on("error", () => {});
      const fill = () => {
        while (socket.writable && socket.write(Buffer.alloc(65536)));
      };
      socket.on("drain", fill);
      fill();
    });
    const child = proxy("127.0.0.1", port);
    const output = child.stdout.getReader();
    await output.read();
    await output.cancel();
    await child.stdin.end();
    expect(await child.exited).toBe(0);
  });

  test("a host that resets the connection ends it", async () => {
    const port = await listen((socket) => socket.resetAndDestroy());
    const child = proxy("127.0.0.1", port);
    await child.stdin.end();
    await child.exited;
    expect(await child.stdout.text()).toBe("");
  });

  test("IPv6, by number", async () => {
    const port = await listen((socket) => socket.end("six"), "::1");
    const child = proxy("::1", port, "all");
    expect(await child.stdout.text()).toBe("six");
    await child.stdin.end();
    expect(await child.stderr.text()).toBe("MOSH IP ::1\n");
  });
});

describe("the proxy says why it cannot", () => {
  test("nobody listens", async () => {
    const port = await listen(() => {});
    await new Promise((resolve) => servers.pop()!.close(resolve));
    const child = proxy("localhost", port, "inet");
    expect(await child.exited).toBe(111);
    expect(await child.stderr.text()).toBe(
      "sterna: Could not connect to localhost, last tried 127.0.0.1: Connection refused\n",
    );
  });

  test("no such host, no such family", async () => {
    const none = proxy("name.invalid", 22);
    expect(await none.stderr.text()).toStartWith("sterna: could not get canonical name for name.invalid: ");
    expect(await none.exited).toBe(255);
    const family = proxy("127.0.0.1", 22, "inet6");
    expect(await family.stderr.text()).toBe(
      "sterna: could not get canonical name for 127.0.0.1: Address family for hostname not supported\n",
    );
    const preferred = proxy("127.0.0.1", 22, "prefer-foo");
    expect(await preferred.stderr.text()).toBe("sterna: Invalid preferred family prefer-foo\n");
  });
});
