/** What a client may cost: before it has logged in, and what one that has may do to the others. */
import { afterEach, describe, expect } from "bun:test";
import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { join } from "node:path";
import { Client, type ParsedKey, utils } from "ssh2";
import type { SessionStream } from "../../server/host/messages.ts";
import { until } from "../drivers/wait.ts";
import { peer } from "../peers.ts";
import { Door } from "./door.ts";

const test = peer("ssh", "ssh-keygen");

let door: Door;
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});
async function open(options: Parameters<Door["open"]>[0] = {}, context: Door["context"] = {}): Promise<Door> {
  door = new Door();
  door.context = context;
  closing.push(() => door.close());
  return door.open(options);
}

describe("before a login", () => {
  test("who connects and says nothing is shown out, also who does not hang up then", async () => {
    await open({ graceTime: 200 });
    for (const said of ["", "SSH-2.0-half\r\n", "SSH-2.0-slow"]) {
      const { socket, closed } = door.socket();
      socket.write(said);
      await closed;
    }
    await until("none", () => door.gateway.connections === 0);
    await until("a penalty", async () => {
      const { closed, text } = door.socket();
      await closed;
      return text().startsWith("Not allowed at this time");
    });
    expect(door.reasons("connection refused")).toContain("penalty");
  });

  test("silent connections count among all and among the unfinished logins", async () => {
    await open({ maxConnections: 3 });
    const silent = [1, 2, 3].map(() => door.socket());
    await until("three", () => door.gateway.connections === 3);
    const { closed } = door.socket();
    await closed;
    expect(door.reasons("connection refused")).toEqual(["too many connections"]);
    for (const { socket } of silent) socket.destroy();
    await until("none", () => door.gateway.connections === 0);
    expect((await door.ssh(["sterna-server list"])).out).toBe("No sessions.\n");
  });

  test("beyond a hundred unfinished logins nobody is let in", async () => {
    await open({ random: () => 0.999 });
    const silent = Array.from({ length: 100 }, () => door.socket());
    await until("a hundred", () => door.gateway.connections === 100);
    const { closed } = door.socket();
    await closed;
    expect(door.reasons("connection refused")).toEqual(["too many logins at once"]);
    for (const { socket } of silent) socket.destroy();
  });

  test("of those that are refused, only some are told, so that they cannot be too many either", async () => {
    await open({ maxConnections: 0 });
    const refused = Array.from({ length: 150 }, () => door.socket());
    await Promise.all(refused.map(({ closed }) => closed));
    expect(refused.filter(({ text }) => text() === "Not allowed at this time\r\n").length).toBe(100);
    expect(refused.filter(({ text }) => text() === "").length).toBe(50);
    for (const { socket } of refused) socket.destroy();
    await until("places", async () => {
      const { closed, text } = door.socket();
      await closed;
      return text() !== "";
    });
  });

  test("garbage instead of a banner, and a banner that does not end", async () => {
    await open({ graceTime: 1000 });
    for (const said of [
      Buffer.alloc(10_000, 0xa5),
      Buffer.from("GET / HTTP/1.0\r\n\r\n"),
      Buffer.alloc(100_000, 0x41),
    ]) {
      const { socket, closed } = door.socket();
      socket.write(said);
      await closed;
    }
    await until("none", () => door.gateway.connections === 0);
  });

  test("who asks without an end and does not read the answers is not read any more", async () => {
    await open();
    const client = await handshaken();
    const socket = socketOf(client);
    socket.pause();
    let before = -1;
    let still = 0;
    // As long as the gateway reads, this queue gets empty again and again.
    await until("the queue to stand still", async () => {
      while (socket.writableLength < 1_000_000) {
        for (let i = 0; i < 500; i++) protocolOf(client).ping();
        await Bun.sleep(0);
      }
      still = socket.writableLength === before ? still + 1 : 0;
      before = socket.writableLength;
      return still >= 10;
    });
    client.destroy();
    await until("the end", () => door.gateway.connections === 0);
  }, 30_000);

  test("a name without an end, and more requests at once than anybody needs", async () => {
    await open();
    // Failures are counted by address.
    let last = 1;
    for (const name of ["x".repeat(30_000), "\u0000", "al\u0000ice", "-alice", "alice\u001b[31m", ""]) {
      const localAddress = `127.0.0.${++last}`;
      await expect(door.client({ username: name, localAddress })).rejects.toThrow();
    }
    for (const { fields } of door.events) expect(String(fields.user ?? "")).toMatch(/^[\x20-\x7e]{0,64}$/);
    const client = await handshaken();
    const closed = Promise.withResolvers<void>();
    client.on("close", () => closed.resolve());
    for (let i = 0; i < 100; i++) protocolOf(client).authNone("alice");
    await closed.promise;
  });

  test("ten refusals and no more, whatever the method", async () => {
    await open();
    let tried = 0;
    await expect(
      door.client({
        username: "alice",
        authHandler: () => {
          tried++;
          return { type: "none", username: "alice" } as never;
        },
      }),
    ).rejects.toThrow();
    // The first one only asks which methods there are.
    expect(tried).toBe(11);
  });

  test("passwords are not even looked at, and are in no line of the log", async () => {
    await open();
    await expect(door.client({ privateKey: undefined, password: "s3cret-word" } as never)).rejects.toThrow();
    await expect(
      door.client({ privateKey: undefined, password: "s3cret-word", tryKeyboard: true } as never),
    ).rejects.toThrow();
    expect(JSON.stringify(door.events)).not.toContain("s3cret-word");
  });

  test("who has tried to log in and then sends garbage has failed to log in", async () => {
    await open();
    for (let i = 0; i < 4; i++) {
      const client = await handshaken();
      const refused = Promise.withResolvers<void>();
      let count = 0;
      protocolOf(client)._handlers.USERAUTH_FAILURE = () => {
        if (++count === 2) refused.resolve();
      };
      for (let n = 0; n < 2; n++) protocolOf(client).authNone("alice");
      await refused.promise;
      socketOf(client).write(Buffer.alloc(1000, 0xff));
      await until("the end", () => door.gateway.connections === 0);
    }
    const { closed } = door.socket();
    await closed;
    expect(door.reasons("connection refused")).toEqual(["penalty"]);
  });

  test("keys are agreed on once before a login", async () => {
    await open();
    const client = await handshaken();
    const closed = Promise.withResolvers<void>();
    client.on("close", () => closed.resolve());
    protocolOf(client).rekey();
    await closed.promise;
  });

  test("a good key can be asked about some times, not for ever", async () => {
    await open();
    const client = await handshaken();
    const closed = Promise.withResolvers<void>();
    client.on("close", () => closed.resolve());
    const protocol = protocolOf(client);
    let yes = 0;
    const key = utils.parseKey(readFileSync(join(door.path, "id"))) as ParsedKey;
    protocol._handlers.USERAUTH_PK_OK = () => {
      yes++;
      protocol.authPK("alice", key, undefined);
    };
    protocol.authPK("alice", key, undefined);
    await closed.promise;
    expect(yes).toBe(32);
  });

  test("a refusal takes its time, whether there is such a user or not", async () => {
    await open();
    for (const user of ["alice", "nobody"]) {
      const client = await handshaken();
      const done = Promise.withResolvers<void>();
      let refusals = 0;
      protocolOf(client)._handlers.USERAUTH_FAILURE = () => {
        if (++refusals === 9) done.resolve();
        else protocolOf(client).authNone(user);
      };
      const begun = performance.now();
      protocolOf(client).authNone(user);
      await done.promise;
      // At least five each; a timer may be early by a part of one.
      expect(performance.now() - begun).toBeGreaterThan(9 * 4);
      client.destroy();
    }
  });

  test("connections that come to nothing are penalized in the end", async () => {
    await open();
    for (let i = 0; i < 16; i++) {
      const { socket, closed } = door.socket();
      socket.end("SSH-2.0-scan\r\n");
      await closed;
    }
    const { closed } = door.socket();
    await closed;
    expect(door.reasons("connection refused")).toEqual(["penalty"]);
  });
});

describe("after a login", () => {
  test("packets of no or hardly any data are not served", async () => {
    await open();
    for (const packetSize of [0, 1]) {
      const client = await door.client();
      const closed = Promise.withResolvers<void>();
      client.on("close", () => closed.resolve());
      openChannel(client, packetSize, 2 ** 31);
      await closed.promise;
    }
    expect(door.reasons("connection failed")).toContain("the packets it takes are too small");
    expect((await door.ssh(["sterna-server list"])).status).toBe(0);
  });

  test("channels that are closed before they came to a command do not count any more, and are forgotten", async () => {
    await open();
    const client = await door.client();
    const protocol = protocolOf(client);
    let closed = 0;
    protocol._handlers.CHANNEL_CLOSE = () => {
      closed++;
    };
    for (let i = 0; i < 30; i++) {
      const opened = openChannel(client, 32_768, 2 ** 21, i);
      protocol.channelClose(await opened);
      await until("the end of the channel", () => closed === i + 1);
    }
    client.end();
  });

  test("ten channels at once, and another one when one has ended", async () => {
    await open();
    const client = await door.client();
    const numbers = await Promise.all(
      Array.from({ length: 10 }, (_, i) => openChannel(client, 32_768, 2 ** 21, i)),
    );
    await expect(openChannel(client, 32_768, 2 ** 21, 10)).rejects.toBe("refused");
    protocolOf(client).channelClose(numbers[0]!);
    expect(await openChannel(client, 32_768, 2 ** 21, 11)).toBeNumber();
    client.end();
  });

  test("variables are few and short", async () => {
    let seen: Record<string, string> = {};
    await open(
      {},
      {
        runLine: (_line, environment, channel) => {
          seen = environment;
          channel.exit(0);
          channel.end();
        },
      },
    );
    const client = await door.client();
    const letter = (i: number): string => String.fromCharCode(65 + (i % 26));
    const env: Record<string, string> = { LD_PRELOAD: "/x", LC_ALL: "C.UTF-8" };
    for (let i = 0; i < 500; i++) env[`LC_${letter(i / 26)}${letter(i)}`] = "C";
    env[`LC_${"A".repeat(100)}`] = "C";
    const done = Promise.withResolvers<void>();
    client.exec("env", { env }, (error, channel) => {
      if (error) done.reject(error);
      else channel.resume().on("close", () => done.resolve());
    });
    await done.promise;
    client.end();
    expect(seen.LC_ALL).toBe("C.UTF-8");
    expect(Object.keys(seen).filter((name) => !name.startsWith("SSH_")).length).toBe(32);
    expect(Object.keys(seen)).not.toContain("LD_PRELOAD");
  });

  test("a client with an endless window that does not read holds the session back", async () => {
    const { stream, client } = await endless();
    const socket = socketOf(client);
    socket.pause();
    stream.flood();
    await until("a pause", () => stream.paused);
    // What the kernel holds for a socket, and what the gateway may.
    expect(stream.sent).toBeLessThan(32 * 1024 * 1024);
    socket.resume();
    await until("more", () => !stream.paused);
    client.end();
    await until("the end", () => stream.closed);
  });

  test("stock ssh, whose keys change all the time, gets everything of a long output", async () => {
    const total = 20_000_000;
    const stream = new EndlessStream();
    await open({}, contextWith(stream));
    const shown = door.ssh(["sterna-server attach --here"], ["-o", "RekeyLimit=500K"]);
    await until("the stream", () => stream.started);
    await until("all of it", () => {
      while (!stream.paused && stream.sent < total) stream.write();
      return stream.sent >= total;
    });
    stream.close();
    const { out, status } = await shown;
    expect([out.length, status]).toEqual([stream.sent, 0]);
  });

  test("so does one that begins to agree on new keys and leaves it at that", async () => {
    const { stream, client } = await endless();
    const socket = socketOf(client);
    protocolOf(client).rekey();
    const answered = Promise.withResolvers<void>();
    socket.once("data", () => answered.resolve());
    socket.write = () => true;
    // The gateway has begun, too.
    await answered.promise;
    stream.flood();
    expect(stream.paused).toBe(true);
    expect(stream.sent).toBeLessThan(1_000_000);
    client.destroy();
    await until("the end", () => stream.closed);
  });
});

test("what the program does not read stays with the client", async () => {
  const stream = new EndlessStream();
  await open({}, contextWith(stream));
  const client = await door.client();
  const total = 16 * 1024 * 1024;
  client.exec("sterna-server attach --here", (_error, channel) => channel.write(Buffer.alloc(total, 0x61)));
  await until("the first of it", () => stream.typed > 0);
  // The window of the channel goes on for a while.
  let before = -1;
  await until("an end of that", async () => {
    const same = stream.typed === before;
    before = stream.typed;
    await door.ssh(["sterna-server list"]);
    return same;
  });
  expect(stream.typed).toBeLessThan(total / 2);
  await until("all of it", () => {
    stream.read();
    return stream.typed === total;
  });
  client.destroy();
});

/** A host whose only session is that stream. */
function contextWith(stream: EndlessStream): Door["context"] {
  const reply = { ok: true, session: "1", attached: false, pid: 1, stream: { path: "", token: "" } };
  return {
    connectHost: () => Promise.resolve({ request: () => Promise.resolve(reply as never), close: () => {} }),
    openStream: () => Promise.resolve(stream),
  };
}

/** A client that looks on at a session, with the largest window there is. */
async function endless(): Promise<{ stream: EndlessStream; client: Client }> {
  const stream = new EndlessStream();
  await open({}, contextWith(stream));
  const client = await door.client();
  const number = await openChannel(client, 32_768, 2 ** 32 - 1);
  protocolOf(client).exec(number, "sterna-server attach --here", false);
  await until("the stream", () => stream.started);
  return { stream, client };
}

const nobody = (): void => {};

/** A session that writes as long as it may. */
class EndlessStream implements SessionStream {
  onOutput: (bytes: Uint8Array) => void = nobody;
  onEnded: (reason: string) => void = () => {};
  onDrained: () => void = () => {};
  backlog = 0;
  typed = 0;
  paused = false;
  closed = false;
  sent = 0;

  /** Its output has a taker. */
  get started(): boolean {
    return this.onOutput !== nobody;
  }

  flood(): void {
    while (!this.paused && this.sent < 256 * 1024 * 1024) this.write();
  }
  write(): void {
    this.onOutput(new Uint8Array(16_384).fill(0x61));
    this.sent += 16_384;
  }
  keys(bytes: Uint8Array): void {
    this.typed += bytes.length;
    this.backlog += bytes.length;
  }
  /** Reads what was typed. */
  read(): void {
    this.backlog = 0;
    this.onDrained();
  }
  resize(): void {}
  pause(): void {
    this.paused = true;
  }
  resume(): void {
    this.paused = false;
  }
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.onEnded("");
  }
}

interface Protocol {
  _kexinit: unknown;
  ping(): void;
  rekey(): void;
  authNone(user: string): void;
  authPK(user: string, key: ParsedKey, algorithm: string | undefined): void;
  readonly _handlers: Record<string, (...words: never[]) => void>;
  channelClose(number: number): void;
  session(sender: number, window: number, packetSize: number): void;
  exec(number: number, line: string, wantReply: boolean): void;
}

function socketOf(client: Client): Socket {
  return (client as unknown as { _sock: Socket })._sock;
}

/** A client that has keys and does not begin to log in. */
async function handshaken(): Promise<Client> {
  const client = new Client();
  const { promise, resolve } = Promise.withResolvers<void>();
  client.on("handshake", () => resolve()).on("error", () => {});
  client.connect({ host: "127.0.0.1", port: door.port, username: "alice", authHandler: () => {} } as never);
  await promise;
  return client;
}

function protocolOf(client: Client): Protocol {
  return (client as unknown as { _protocol: Protocol })._protocol;
}

/** Opens a channel without the library's own care. Resolves with the gateway's number for it. */
function openChannel(client: Client, packetSize: number, window: number, sender = 0): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const protocol = protocolOf(client);
  const { CHANNEL_OPEN_CONFIRMATION: opened, CHANNEL_OPEN_FAILURE: failed } = protocol._handlers;
  protocol._handlers.CHANNEL_OPEN_CONFIRMATION = ((
    from: unknown,
    info: { recipient: number; sender: number },
  ) => {
    if (info.recipient === sender) resolve(info.sender);
    else (opened as (...words: unknown[]) => void)(from, info);
  }) as never;
  protocol._handlers.CHANNEL_OPEN_FAILURE = ((from: unknown, recipient: number, ...words: unknown[]) => {
    if (recipient === sender) reject("refused");
    else (failed as (...words: unknown[]) => void)(from, recipient, ...words);
  }) as never;
  protocol.session(sender, window, packetSize);
  return promise;
}
