/** The server's socket on loopback: port search, its messages, options, errors, congestion marks. */
import { afterEach, describe, expect, test } from "bun:test";
import { type SendFailure, UdpSocket } from "../../server/udp.ts";
import { libc } from "../../sys/libc.ts";
import { until } from "../drivers/wait.ts";

const IPPROTO_IP = 0;
const IPPROTO_IPV6 = 41;
const IP_TOS = 1;
const IPV6_TCLASS = 67;

interface Received {
  readonly text: string;
  readonly address: string;
  readonly port: number;
  readonly congested: boolean;
}

/** A network of its own, for a command. */
const NAMESPACE = ["unshare", "--map-root-user", "--net"];

/** Not everywhere may a user have one. */
function hasNamespaces(): boolean {
  if (!Bun.which("unshare") || !Bun.which("ip")) return false;
  return Bun.spawnSync([...NAMESPACE, "ip", "link", "add", "cable0", "type", "veth"]).exitCode === 0;
}

const open: { close(): void }[] = [];
afterEach(() => {
  for (const socket of open.splice(0)) socket.close();
});

async function server(address: string | undefined, low: number, high = low) {
  const received: Received[] = [];
  const errors: SendFailure[] = [];
  const lines: string[] = [];
  const socket = await UdpSocket.open(
    address,
    { low, high },
    {
      datagram: (bytes, from, port, congested) =>
        received.push({ text: new TextDecoder().decode(bytes), address: from, port, congested }),
      error: (failure) => errors.push(failure),
    },
    (line) => lines.push(line),
  );
  open.push(socket);
  return { socket, received, errors, lines };
}

/** A socket of some other program. */
async function other(address: string) {
  const socket = (await Bun.udpSocket({
    hostname: address,
    socket: { data() {}, error() {} },
  })) as unknown as {
    fd: number;
    port: number;
    send(data: string, port: number, address: string): boolean;
    close(): void;
  };
  open.push(socket);
  return socket;
}

describe("port search", () => {
  test("the first free port of the range", async () => {
    const taken = await other("127.0.0.1");
    const { socket, lines } = await server("127.0.0.1", taken.port, Math.min(65_535, taken.port + 50));
    expect(socket.port).toBeGreaterThan(taken.port);
    expect(lines).toEqual([]);
  });

  test("port 0 lets the system choose", async () => {
    expect((await server("127.0.0.1", 0)).socket.port).toBeGreaterThan(1023);
  });

  test("an address that cannot be bound: said, then any interface", async () => {
    const free = await other("127.0.0.1");
    const { port } = free;
    free.close();
    const { socket, lines } = await server("192.0.2.1", port);
    expect(lines).toEqual([
      `Failed binding to 192.0.2.1:${port}`,
      "Error binding to IP 192.0.2.1: bind: Cannot assign requested address",
    ]);
    const sender = await other("127.0.0.1");
    expect([socket.port, socket.family]).toEqual([port, "inet"]);
    expect(sender.send("x", port, "127.0.0.1")).toBe(true);
  });

  test("a name is no address, and is not looked up", async () => {
    const { lines } = await server("localhost", 0);
    expect(lines).toEqual([
      "Error binding to IP localhost: Bad IP address (localhost): Name or service not known: Success",
    ]);
  });

  test("a taken port stays taken, also for one that shares its port with its own second socket", async () => {
    const first = await server("127.0.0.1", 0);
    const { port } = first.socket;
    const lines: string[] = [];
    const attempt = UdpSocket.open(
      "127.0.0.1",
      { low: port, high: port },
      { datagram() {}, error() {} },
      (line) => lines.push(line),
    );
    expect(await attempt.then(String, (error) => error.name)).toBe("BindError");
    expect(lines).toEqual([
      `Failed binding to 127.0.0.1:${port}`,
      "Error binding to IP 127.0.0.1: bind: Address already in use",
      `Failed binding to 0.0.0.0:${port}`,
      "Error binding to any interface: bind: Address already in use",
      "Network exception: bind: Address already in use",
    ]);
  });
});

describe("datagrams", () => {
  test("arrive with their source, and answers go there", async () => {
    const { socket, received } = await server("127.0.0.1", 0);
    const answers: string[] = [];
    const client = await Bun.udpSocket({
      hostname: "127.0.0.1",
      socket: { data: (_socket, bytes) => void answers.push(bytes.toString()) },
    });
    open.push(client);
    client.send("ping", socket.port, "127.0.0.1");
    const from = await until("the datagram", () => received[0]);
    expect(from).toEqual({ text: "ping", address: "127.0.0.1", port: client.port, congested: false });
    expect(socket.send(Buffer.from("pong"), { address: from.address, port: from.port })).toBeUndefined();
    await until("the answer", () => answers[0] === "pong");
    // To the same address, but another port, and back.
    const second = await other("127.0.0.1");
    const [to, elsewhere] = [client.port, second.port].map((port) => ({ address: "127.0.0.1", port }));
    for (const peer of [to!, elsewhere!, to!])
      expect(socket.send(Buffer.from("again"), peer)).toBeUndefined();
    await until("both", () => answers.length === 3);
  });

  test("what taking one throws is told, and the next is taken", async () => {
    const faults: Error[] = [];
    const taken: string[] = [];
    const socket = await UdpSocket.open(
      "127.0.0.1",
      { low: 0, high: 0 },
      {
        datagram: (bytes) => {
          taken.push(new TextDecoder().decode(bytes));
          if (taken.length === 1) throw new TypeError("a mistake");
        },
        error: () => {},
        fault: (error) => void faults.push(error),
      },
      () => {},
    );
    open.push(socket);
    const client = await other("127.0.0.1");
    for (const text of ["one", "two"]) client.send(text, socket.port, "127.0.0.1");
    await until("both", () => taken.length === 2);
    expect(faults.map(({ message }) => message)).toEqual(["a mistake"]);
  });

  test("a peer that has gone (ICMP) neither throws nor ends anything", async () => {
    const { socket, errors, received } = await server("127.0.0.1", 0);
    const gone = await other("127.0.0.1");
    const { port } = gone;
    gone.close();
    const peer = { address: "127.0.0.1", port };
    await until("the report", () => {
      expect(socket.send(Buffer.from("x"), peer)?.kind).not.toBe("emsgsize");
      return errors.length > 0;
    });
    expect(errors[0]).toEqual({ kind: "other", text: "recvmsg: Connection refused" });
    const client = await other("127.0.0.1");
    client.send("still here", socket.port, "127.0.0.1");
    await until("a datagram after the error", () => received.length > 0);
  });

  test.skipIf(!hasNamespaces())("a link-local peer is reached again when its interface comes back", () => {
    const { stdout, stderr } = Bun.spawnSync([
      ...NAMESPACE,
      process.execPath,
      `${import.meta.dir}/link-local.ts`,
    ]);
    expect(stderr.toString()).toBe("");
    const [before, unplugged, ...after] = stdout.toString().trim().split("\n");
    expect([before, after.at(-1)]).toEqual(["sent", "sent"]);
    expect(unplugged).toStartWith("sendto: ");
  });

  test("one that is too long is reported as such", async () => {
    const { socket } = await server("127.0.0.1", 0);
    expect(socket.send(new Uint8Array(65_600), { address: "127.0.0.1", port: socket.port })).toEqual({
      kind: "emsgsize",
      text: "sendto: Message too long",
    });
  });
});

test("an address of another family is refused in words", async () => {
  const { socket } = await server("127.0.0.1", 0);
  expect(socket.send(new Uint8Array(30), { address: "::1", port: 60001 })).toEqual({
    kind: "other",
    text: "sendto: ::1 is no inet address",
  });
});

describe("congestion marks (ECN)", () => {
  /** Sends one datagram for each TOS or traffic class byte and returns which were seen as marked. */
  async function marks(bind: string, from: string, to: string, option: readonly [number, number]) {
    const { socket, received } = await server(bind, 0);
    expect(socket.seesCongestion).toBe(true);
    const client = await other(from);
    const bytes = [0x00, 0x01, 0x02, 0x03, 0xfc, 0xff, 0x02];
    for (const byte of bytes) {
      libc().setsockopt(client.fd, ...option, new Int32Array([byte]), 4);
      client.send(String(byte), socket.port, to);
    }
    await until("all datagrams", () => received.length === bytes.length);
    expect(new Set(received.map(({ port }) => port)).size).toBe(1);
    return received.filter(({ congested }) => congested).map(({ text }) => Number(text));
  }

  test("IPv4", async () => {
    expect(await marks("127.0.0.1", "127.0.0.1", "127.0.0.1", [IPPROTO_IP, IP_TOS])).toEqual([0x03, 0xff]);
  });

  test("IPv6", async () => {
    expect(await marks("::1", "::1", "::1", [IPPROTO_IPV6, IPV6_TCLASS])).toEqual([0x03, 0xff]);
  });

  test("IPv4 on a socket bound to ::", async () => {
    expect(await marks("::", "127.0.0.1", "127.0.0.1", [IPPROTO_IP, IP_TOS])).toEqual([0x03, 0xff]);
  });
});
