/** The client's sockets on loopback: options, errors, hopping, replacement. */
import { dlopen } from "bun:ffi";
import { afterEach, describe, expect, test } from "bun:test";
import { readdirSync, readlinkSync } from "node:fs";
import { addressFamily, createSocket, Sockets, type UdpSocket } from "../../../client/sockets.ts";

describe("addresses", () => {
  const table: [string, string | undefined][] = [
    ["127.0.0.1", "inet"],
    ["::1", "inet6"],
    ["fe80::1%lo", "inet6"],
    ["::ffff:127.0.0.1", "inet6"],
    ["localhost", undefined],
    ["256.1.1.1", undefined],
    ["", undefined],
    ["127.0.0.1:22", undefined],
  ];
  for (const [ip, family] of table) {
    test(JSON.stringify(ip), () => expect(addressFamily(ip)).toBe(family as "inet"));
  }
});

describe("sockets on loopback", () => {
  const open: { close(): void }[] = [];
  afterEach(() => {
    for (const item of open.splice(0)) item.close();
  });

  /** A server that remembers who sent what and can answer. */
  async function server(hostname = "127.0.0.1") {
    const heard: { port: number; text: string }[] = [];
    const socket = await Bun.udpSocket({
      hostname,
      socket: { data: (_s, data, port) => void heard.push({ port, text: data.toString() }), error() {} },
    });
    open.push(socket);
    return { heard, port: socket.port, send: (text: string, to: number) => socket.send(text, to, hostname) };
  }
  async function client(ip: string, port: number, now = 0) {
    const got: string[] = [];
    const errors: string[] = [];
    const events = {
      datagram: (bytes: Uint8Array) => void got.push(Buffer.from(bytes).toString()),
      error: (text: string) => void errors.push(text),
    };
    const sockets = await Sockets.open(ip, port, events, now);
    open.push(sockets);
    return { sockets, got, errors };
  }
  async function until(what: () => boolean) {
    for (let tries = 0; tries < 2000 && !what(); tries++) await Bun.sleep(1);
    expect(what()).toBe(true);
  }
  const bytes = (text: string) => new Uint8Array(Buffer.from(text));

  for (const ip of ["127.0.0.1", "::1"]) {
    test(`datagrams go both ways over ${ip}`, async () => {
      const peer = await server(ip);
      const { sockets, got } = await client(ip, peer.port);
      expect(sockets.family).toBe(ip === "::1" ? "inet6" : "inet");
      expect(sockets.send(bytes("hello"), 0)).toBeUndefined();
      await until(() => peer.heard.length === 1);
      expect(peer.heard[0]).toEqual({ port: sockets.ports[0]!, text: "hello" });
      peer.send("answer", sockets.ports[0]!);
      await until(() => got.length === 1);
      expect(got).toEqual(["answer"]);
    });
  }

  test("a hop sends from a new port, hears on both, and forgets the old one in time", async () => {
    const peer = await server();
    const { sockets, got } = await client("127.0.0.1", peer.port);
    const [first] = sockets.ports;
    sockets.afterSend(10_000, Number.NEGATIVE_INFINITY);
    expect(sockets.ports).toEqual([first!]);
    sockets.afterSend(10_001, Number.NEGATIVE_INFINITY);
    await until(() => sockets.ports.length === 2);
    const second = sockets.ports[1]!;
    sockets.send(bytes("moved"), 10_002);
    await until(() => peer.heard.length === 1);
    expect(peer.heard[0]!.port).toBe(second);
    peer.send("to the old port", first!);
    peer.send("to the new port", second);
    await until(() => got.length === 2);
    sockets.prune(70_001);
    expect(sockets.ports.length).toBe(2);
    sockets.prune(70_002);
    expect(sockets.ports).toEqual([second]);
  });

  test("a dead server does not make sockets pile up", async () => {
    const { sockets } = await client("127.0.0.1", 1);
    for (let hop = 1; hop <= 14; hop++) {
      const before = sockets.ports.at(-1);
      sockets.afterSend(hop * 10_001, Number.NEGATIVE_INFINITY);
      await until(() => sockets.ports.at(-1) !== before);
      expect(sockets.ports.length).toBe(Math.min(hop + 1, 10));
    }
  });

  test("an ICMP answer is reported in the system's words and costs no datagram", async () => {
    const gone = await Bun.udpSocket({ hostname: "127.0.0.1" });
    const port = gone.port;
    gone.close();
    const { sockets, errors } = await client("127.0.0.1", port);
    expect(sockets.send(bytes("x"), 0)).toBeUndefined();
    await until(() => errors.length > 0);
    expect(errors[0]).toBe("recvmsg: Connection refused");
    const back = await Bun.udpSocket({
      hostname: "127.0.0.1",
      port,
      socket: { data: (_s, data) => void heard.push(data.toString()) },
    });
    open.push(back);
    const heard: string[] = [];
    // Right after an ICMP answer the next send would carry its error.
    expect(sockets.send(bytes("y"), 1)).toBeUndefined();
    await until(() => heard.length === 1);
  });

  test("send errors are told apart and never thrown", async () => {
    const { sockets } = await client("127.0.0.1", 9);
    expect(sockets.send(new Uint8Array(70_000), 0)).toEqual({
      kind: "emsgsize",
      text: "sendto: Message too long",
    });
    const broadcast = await client("255.255.255.255", 9);
    expect(broadcast.sockets.send(bytes("x"), 0)).toEqual({
      kind: "other",
      text: "sendto: Permission denied",
    });
  });

  test("a socket that broke is replaced", async () => {
    const peer = await server();
    const made: UdpSocket[] = [];
    const events = { datagram() {}, error() {} };
    const sockets = await Sockets.open("127.0.0.1", peer.port, events, 0, async (...words) => {
      const socket = await createSocket(...words);
      made.push(socket);
      return socket;
    });
    open.push(sockets);
    const [port] = sockets.ports;
    made[0]!.close();
    expect(sockets.send(bytes("lost"), 0)).toBeUndefined();
    await until(() => sockets.ports.length === 1 && sockets.ports[0] !== port);
    sockets.send(bytes("found"), 1);
    await until(() => peer.heard.length === 1);
    expect(peer.heard[0]!.text).toBe("found");
  });

  test("an address that is not numeric is refused with the stock text", async () => {
    await expect(client("nonsense", 60001)).rejects.toThrow(
      "Bad IP address (nonsense): Name or service not known: Success",
    );
  });

  test("options: routers may fragment, ECT(0) on IPv4", async () => {
    const c = dlopen("libc.so.6", {
      getsockopt: { args: ["i32", "i32", "i32", "ptr", "ptr"], returns: "i32" },
    }).symbols;
    const option = (fd: number, level: number, name: number) => {
      const value = new Int32Array(1);
      expect(c.getsockopt(fd, level, name, value, new Uint32Array([4]))).toBe(0);
      return value[0];
    };
    const before = socketFds();
    await client("127.0.0.1", 9);
    const [inet] = socketFds().filter((fd) => !before.includes(fd));
    expect(option(inet!, 0, 10)).toBe(0);
    expect(option(inet!, 0, 1)).toBe(2);
    const between = socketFds();
    await client("::1", 9);
    const [inet6] = socketFds().filter((fd) => !between.includes(fd));
    expect(option(inet6!, 41, 23)).toBe(0);
  });
});

function socketFds(): number[] {
  return readdirSync("/proc/self/fd")
    .map(Number)
    .filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`).startsWith("socket:");
      } catch {
        return false;
      }
    });
}
