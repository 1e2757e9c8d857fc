/** What a client may cost: before it has logged in, and what one that has may do to the others. */
import { afterEach, describe, expect } from "bun:test";
import { peer } from "../peers.ts";
import { until } from "../drivers/wait.ts";
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
