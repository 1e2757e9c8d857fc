/** The generator's shared sockets against a real server on loopback. */
import { afterEach, expect, test } from "bun:test";
import { isLoopback, Loopback } from "../../bench/load/loopback.ts";
import { Reality } from "../../bench/load/surroundings.ts";
import { until } from "../drivers/wait.ts";

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** Answers each datagram with the same bytes, and remembers who sent what. */
async function echoServer() {
  const heard: { from: string; text: string; at: number }[] = [];
  const socket = await Bun.udpSocket({
    hostname: "127.0.0.1",
    socket: {
      data: (self, bytes, port, address) => {
        heard.push({ from: address, text: bytes.toString(), at: performance.now() });
        self.send(bytes, port, address);
      },
    },
  });
  ends.push(() => socket.close());
  return { port: socket.port, heard };
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (datagram: Uint8Array): string => new TextDecoder().decode(datagram);
const endpoint = (port: number) => ({ port, key: "" });
const ignore = (): void => {};

test("sessions of one socket have addresses of their own, and each gets what is for it", async () => {
  const server = await echoServer();
  const loopback = new Loopback();
  ends.push(() => loopback.close());
  const received: string[][] = [];
  for (let i = 0; i < 200; i++) {
    const mine: string[] = [];
    received.push(mine);
    const wire = await loopback.open(endpoint(server.port), (datagram) => mine.push(text(datagram)), ignore);
    // More than one batch waits until the pump is told.
    if (i === 0) loopback.hold();
    expect(wire.send(bytes(`session ${i}`))).toBe(true);
    if (i === 150) loopback.pump();
  }
  await until("all echoes", () => {
    loopback.pump();
    return received.every((mine) => mine.length > 0);
  });
  expect(received).toEqual(received.map((_, i) => [`session ${i}`]));
  expect(new Set(server.heard.map(({ from }) => from)).size).toBe(200);
  expect(loopback.overflowed).toBe(0);
});

test("the time of arrival is the kernel's, not when somebody looked", async () => {
  const server = await echoServer();
  const loopback = new Loopback();
  ends.push(() => loopback.close());
  const arrivals: number[] = [];
  const wire = await loopback.open(endpoint(server.port), (_datagram, at) => arrivals.push(at), ignore);
  const sent = performance.now();
  wire.send(bytes("key"));
  await until("the server to hear it", () => server.heard.length > 0);
  // It answered before the test went on; now time passes in which nobody looks.
  const answered = performance.now();
  while (performance.now() < answered + 30);
  loopback.pump();
  expect(arrivals.length).toBe(1);
  expect(arrivals[0]!).toBeGreaterThan(sent - 0.5);
  expect(arrivals[0]!).toBeLessThan(answered + 0.5);
});

test("a closed wire is deaf, and what is too long for a datagram of the protocol is not sent", async () => {
  const server = await echoServer();
  const loopback = new Loopback();
  ends.push(() => loopback.close());
  let received = 0;
  const wire = await loopback.open(endpoint(server.port), () => received++, ignore);
  expect(wire.send(new Uint8Array(4000))).toBe(false);
  wire.send(bytes("before"));
  await until("the server to hear it", () => server.heard.length > 0);
  expect(loopback.isNeeded).toBe(true);
  wire.close();
  wire.close();
  expect(loopback.isNeeded).toBe(false);
  expect(wire.send(bytes("after"))).toBe(false);
  loopback.pump();
  expect(received).toBe(0);
  expect(server.heard.map((one) => one.text)).toEqual(["before"]);
});

test("what must not wait for the pump does not", async () => {
  const server = await echoServer();
  const loopback = new Loopback();
  ends.push(() => loopback.close());
  const wire = await loopback.open(endpoint(server.port), ignore, ignore);
  loopback.hold();
  wire.send(bytes("key"));
  wire.flush!();
  await until("the server to hear it", () => server.heard.length > 0);
  loopback.pump();
  expect(server.heard.map((one) => one.text)).toEqual(["key"]);
});

test("in real time echoes come by themselves", async () => {
  const server = await echoServer();
  const reality = new Reality();
  const received: string[] = [];
  const wire = await reality.openWire(
    endpoint(server.port),
    (datagram) => received.push(text(datagram)),
    ignore,
  );
  ends.push(() => {
    wire.close();
    reality.close();
  });
  wire.send(bytes("hello"));
  await until("the echo", () => received.length > 0);
  expect(received).toEqual(["hello"]);
});

test("addresses that are reached through shared sockets, and others", () => {
  for (const address of [undefined, "127.0.0.1", "127.3.2.1"]) expect(isLoopback(address)).toBe(true);
  for (const address of ["192.0.2.1", "::1", "1127.0.0.1"]) expect(isLoopback(address)).toBe(false);
});
