/** Terminal modes against the C library's cfmakeraw, sizes, and output that never blocks. */
import { dlopen } from "bun:ffi";
import { afterEach, expect, test } from "bun:test";
import { closeSync, openSync } from "node:fs";
import { makeRaw } from "../../../client/termios.ts";
import { Tty, TtyError } from "../../../client/tty.ts";
import { TtyOutput } from "../../../client/tty-output.ts";
import { libc } from "../../../sys/libc.ts";
import { peer } from "../../peers.ts";
import { PtyPair } from "./pty-pair.ts";

const open: { close(): void }[] = [];
afterEach(() => {
  for (const item of open.splice(0)) item.close();
});
function pair(cols?: number, rows?: number): PtyPair {
  const made = new PtyPair(cols, rows);
  open.push(made);
  return made;
}
function stty(path: string): string {
  return Bun.spawnSync(["stty", "-a", "-F", path]).stdout.toString();
}
function termios(fd: number): Uint8Array {
  const bytes = new Uint8Array(60);
  expect(libc().tcgetattr(fd, bytes)).toBe(0);
  return bytes;
}

test("makeRaw is cfmakeraw plus IUTF8, whatever the mode before", () => {
  const c = dlopen("libc.so.6", { cfmakeraw: { args: ["ptr"], returns: "void" } }).symbols;
  let state = 12345;
  for (let round = 0; round < 200; round++) {
    const bytes = new Uint8Array(60).map(() => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return state >>> 16;
    });
    const expected = bytes.slice();
    c.cfmakeraw(expected);
    new DataView(expected.buffer).setUint32(
      0,
      new DataView(expected.buffer).getUint32(0, true) | 0o40000,
      true,
    );
    makeRaw(bytes);
    expect(bytes).toEqual(expected);
  }
});

peer("stty")("raw mode and back leaves the terminal as it was", () => {
  const { slave, path } = pair();
  Bun.spawnSync(["stty", "-F", path, "erase", "^H", "-ixany", "-iutf8", "echok"]);
  const before = stty(path);
  const tty = new Tty(slave, slave);
  tty.makeRaw();
  const raw = stty(path);
  for (const flag of ["-icanon", "-isig", "-echo ", "-opost", "-icrnl", "-ixon", "-iexten", "iutf8"]) {
    expect(raw).toContain(flag);
  }
  tty.restore();
  expect(stty(path)).toBe(before);
  tty.restore();
  expect(stty(path)).toBe(before);
  tty.output.close();
});

test("raw mode again after a stop goes back to the first mode, not to the raw one", () => {
  const { slave } = pair();
  const before = termios(slave);
  const tty = new Tty(slave, slave);
  tty.makeRaw();
  tty.makeRaw();
  tty.restore();
  expect(termios(slave)).toEqual(before);
  tty.output.close();
});

test("no terminal: the system's reason, and what is wrong", () => {
  const fd = openSync("/dev/null", "r");
  expect(() => new Tty(fd, fd)).toThrow(
    new TtyError(
      "tcgetattr: Inappropriate ioctl for device\nStandard input is no terminal, and a session needs one. For a command without a terminal use ssh.",
    ),
  );
  closeSync(fd);
});

test("the size is read when asked", () => {
  const made = pair(100, 30);
  const tty = new Tty(made.slave, made.slave);
  expect(tty.size()).toEqual({ cols: 100, rows: 30 });
  made.resize(7, 3);
  expect(tty.size()).toEqual({ cols: 7, rows: 3 });
  tty.output.close();
});

test("a terminal that does not read blocks nobody, and gets everything in order later", async () => {
  const { slave, read } = bound(pair());
  const output = new TtyOutput(slave);
  const sent = Buffer.alloc(300_000, 0).map((_, index) => 0x20 + (index % 90));
  const start = performance.now();
  for (let at = 0; at < sent.length; at += 100_000) output.write(sent.subarray(at, at + 100_000));
  expect(performance.now() - start).toBeLessThan(500);
  expect(output.backlog).toBeGreaterThan(200_000);

  const drained = new Promise<void>((resolve) => {
    output.onDrained = resolve;
  });
  let received = Buffer.alloc(0);
  const reader = setInterval(() => {
    received = Buffer.concat([received, read()]);
  }, 1);
  await drained;
  clearInterval(reader);
  received = Buffer.concat([received, read()]);
  expect(output.backlog).toBe(0);
  expect(received.equals(sent)).toBe(true);
  output.close();
});

test("the shared description stays blocking", () => {
  const { slave } = pair();
  const c = dlopen("libc.so.6", { fcntl: { args: ["i32", "i32", "i32"], returns: "i32" } }).symbols;
  const output = new TtyOutput(slave);
  output.write(new Uint8Array(100).fill(65));
  expect(c.fcntl(slave, 3, 0) & 0o4000).toBe(0);
  output.close();
});

test("flush waits for a slow terminal, and gives up on a dead one", () => {
  const { slave } = pair();
  const output = new TtyOutput(slave);
  output.write(new Uint8Array(200_000).fill(65));
  const start = performance.now();
  expect(output.flush(50)).toBe(false);
  expect(performance.now() - start).toBeGreaterThanOrEqual(50);
  expect(output.backlog).toBe(0);
  output.close();
});

test("a terminal that hung up swallows output instead of throwing", () => {
  const made = new PtyPair();
  const output = new TtyOutput(made.slave);
  closeSync(made.master);
  output.write(new Uint8Array(10).fill(65));
  expect(output.backlog).toBe(0);
  output.close();
  closeSync(made.slave);
});

function bound(made: PtyPair) {
  return { slave: made.slave, read: () => made.read() };
}
