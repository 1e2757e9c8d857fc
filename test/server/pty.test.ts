/** A child on a pseudo-terminal: what it sees, floods, children that do not read, and the end. Real processes. */
import { afterEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Pty, type PtyCommand, SpawnError } from "../../server/pty.ts";
import { type ExpectedDescriptors, expectDescriptors, PtyDevice } from "../../server/pty-device.ts";
import { INPUT_LIMIT, PtyInput } from "../../server/pty-input.ts";
import { until } from "../drivers/wait.ts";

const CTRL_C = Uint8Array.of(3);
const CTRL_S = Uint8Array.of(0x13);
const CTRL_Q = Uint8Array.of(0x11);
const [LETTER_S, LETTER_Q] = [Buffer.from("s"), Buffer.from("q")];

/** A child under test; hung up when the test ends. */
class Child {
  static readonly all: Child[] = [];
  readonly pty: Pty;
  /** All output if `keep`, else the last part of it. */
  output = "";
  bytes = 0;
  ended = false;
  readonly #decoder = new TextDecoder("latin1");

  constructor(script: string, options: Partial<PtyCommand> = {}, keep = true) {
    this.pty = new Pty(
      {
        command: ["sh", "-c", script],
        argv0: undefined,
        environment: { PATH: process.env.PATH ?? "" },
        directory: "/",
        cols: 100,
        rows: 30,
        ...options,
      },
      {
        data: (bytes) => {
          this.bytes += bytes.length;
          this.output += this.#decoder.decode(bytes.subarray(keep ? 0 : -4096));
          if (!keep) this.output = this.output.slice(-4096);
        },
        exit: () => {
          this.ended = true;
        },
      },
    );
    Child.all.push(this);
  }

  says(text: string | RegExp): Promise<unknown> {
    return until(
      `output ${text}`,
      () => (typeof text === "string" ? this.output.includes(text) : text.test(this.output)),
      undefined,
      () => this.output.slice(-500),
    );
  }

  end(): Promise<unknown> {
    return until(
      "the end",
      () => this.ended,
      undefined,
      () => this.output.slice(-500),
    );
  }
}

const directory = mkdtempSync(join(tmpdir(), "sterna-pty-"));
afterEach(() => {
  for (const child of Child.all.splice(0)) child.pty.close();
});
process.on("exit", () => rmSync(directory, { recursive: true, force: true }));

function script(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  chmodSync(path, 0o755);
  return path;
}

describe("what the child sees", () => {
  test("the kernel's terminal modes and IUTF8, the size, its own session, no descriptors of ours", async () => {
    // The first stty may run before the modes are set, which a shell's prompt never does.
    const child = new Child(
      "sleep 0.1; stty -a; ls -l /proc/self/fd; ps -o sid=,tpgid= -p $$; echo pid $$; echo done",
    );
    expect(child.pty.descriptor).toBeNumber();
    await child.says("done");
    const flags = new Set(child.output.split(/[\s;]+/));
    for (const flag of ["icrnl", "ixon", "iutf8", "opost", "onlcr", "isig", "icanon", "iexten", "echo"])
      expect([flag, flags.has(flag)]).toEqual([flag, true]);
    for (const flag of ["-ixany", "-imaxbel", "-brkint", "-ignbrk", "-istrip"])
      expect([flag, flags.has(flag)]).toEqual([flag, true]);
    expect(child.output).toMatch(/rows 30; columns 100/);
    expect(child.output.match(/ -> /g)!.length).toBe(4); // three of the terminal, one of ls itself
    const pid = /pid (\d+)/.exec(child.output)![1]!;
    expect(pid).toBe(String(child.pty.pid));
    expect(child.output).toMatch(new RegExp(`^\\s*${pid}\\s+${pid}\\r$`, "m"));
  });

  test("its name, environment and directory", async () => {
    const child = new Child("", {
      command: ["sh", "-c", 'echo "$0|$PWD|$ONLY"; tr "\\0" "\\n" </proc/$$/cmdline | head -1', "zero"],
      argv0: "-sh",
      environment: { PATH: process.env.PATH ?? "", ONLY: "this" },
      directory: "/usr",
    });
    await child.end();
    expect(child.output).toBe("zero|/usr|this\r\n-sh\r\n");
  });

  test("a new size, and SIGWINCH", async () => {
    const child = new Child("trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.02; done");
    await child.says("ready");
    child.pty.resize(132, 43);
    await child.says("43 132");
  });
});

describe("starting", () => {
  test("a program in the PATH of the child's environment", async () => {
    script("only-there", "#!/bin/sh\necho found\n");
    const child = new Child("", { command: ["only-there"], environment: { PATH: directory } });
    await child.end();
    expect(child.output).toBe("found\r\n");
  });

  test("a script without an interpreter line, with its arguments", async () => {
    const path = script("bare", 'echo "bare $1"\n');
    const child = new Child("", { command: [path, "argument"] });
    await child.end();
    expect(child.output).toBe("bare argument\r\n");
    const found = new Child("", { command: ["bare", "again"], environment: { PATH: directory } });
    await found.end();
    expect(found.output).toBe("bare again\r\n");
  });

  test.each([
    ["nowhere-to-be-found", "No such file or directory"],
    ["/nowhere/to/be/found", "No such file or directory"],
    ["/etc/passwd", "Permission denied"],
    ["/etc", "Permission denied"],
    ["", "No such file or directory"],
  ])("%p cannot be run, in the system's words", (program, reason) => {
    expect(() => new Child("", { command: [program] })).toThrow(new SpawnError(reason));
  });
});

describe("the end", () => {
  test("comes after all output, and leaves no process behind", async () => {
    for (let run = 0; run < 8; run++) {
      const child = new Child("head -c 700000 /dev/zero | tr '\\0' a; echo END", {}, false);
      await child.end();
      expect([run, child.bytes, child.output.endsWith("END\r\n")]).toEqual([run, 700_005, true]);
      expect(existsSync(`/proc/${child.pty.pid}`)).toBe(false);
    }
  });

  test("closing hangs up the child's session", async () => {
    const mark = join(directory, "hangup");
    const child = new Child(
      `trap 'echo hung up >${mark}; exit' HUP; echo ready; while :; do sleep 0.02; done`,
    );
    await child.says("ready");
    child.pty.close();
    await until("the hang-up", () => existsSync(mark) && readFileSync(mark, "utf8") === "hung up\n");
    expect(child.ended).toBe(false);
  });
});

describe("a child that floods", () => {
  test("leaves the event loop its turns, stays small, and can be interrupted", async () => {
    const child = new Child("trap : INT; yes; echo stopped", {}, false);
    await until("the flood", () => child.bytes > 1_000_000);
    let most = 0;
    let turns = 0;
    let last = child.bytes;
    const before = process.memoryUsage().rss;
    const start = child.bytes;
    const end = performance.now() + 1500;
    while (performance.now() < end || turns < 20) {
      await new Promise((resolve) => setImmediate(resolve));
      turns++;
      most = Math.max(most, child.bytes - last);
      last = child.bytes;
    }
    const grown = (process.memoryUsage().rss - before) / 1e6;
    const rate = (child.bytes - start) / 1.5e6;
    const pressed = performance.now();
    child.pty.write(CTRL_C);
    await child.says("stopped");
    console.log(
      `yes: ${rate.toFixed(1)} MB/s, ${turns} turns, the longest of ${(most / 1e3).toFixed(0)} kB, Ctrl-C ${(performance.now() - pressed).toFixed(1)} ms, memory +${grown.toFixed(1)} MB`,
    );
    // A turn is the budget and what the kernel still held; without the pause it would be all of it.
    expect(most).toBeLessThan(1_000_000);
    expect(grown).toBeLessThan(60);
  });

  test("with ixany the letter after Ctrl-S lets it go on", () => {
    const characters = new Uint8Array(19);
    [characters[8], characters[9]] = [0x11, 0x13];
    const device = {
      modes: () => ({ inputFlags: 0o6000, localFlags: 0, characters }),
      write: () => new Uint8Array(0),
    };
    const keys: string[] = [];
    const input = new PtyInput(device as unknown as PtyDevice, (key) => keys.push(key));
    const letter = new TextEncoder().encode("a");
    input.write(CTRL_S);
    input.write(letter);
    expect(keys).toEqual(["stop", "start"]);
    input.close();
  });

  const YES = "yes 0123456789012345678901234567890123456789";
  for (const { name, script, stop, go } of [
    { name: "Ctrl-S", script: YES, stop: CTRL_S, go: CTRL_Q },
    { name: "a letter in its place", script: `stty stop s start q; ${YES}`, stop: LETTER_S, go: LETTER_Q },
  ])
    test(`${name} holds although the server pauses and resumes the same switch; its counterpart lets it go on`, async () => {
      const child = new Child(`read line; ${script}`, {}, false);
      // The terminal as it is now is looked at.
      child.pty.write(Buffer.from("\r"));
      for (let round = 0; round < 3; round++) {
        const start = child.bytes;
        await until("the flood", () => child.bytes > start + 3_000_000);
        child.pty.write(stop);
        let seen = -1;
        await until("silence", async () => {
          if (child.bytes === seen) return true;
          seen = child.bytes;
          await Bun.sleep(100);
          return false;
        });
        child.pty.write(go);
      }
    });
});

/** Stops and starts a flood at its terminal, three times. */
async function stopsAndGoesOn(command: readonly string[], expected?: ExpectedDescriptors): Promise<void> {
  const guess = expected ?? expectDescriptors();
  let bytes = 0;
  const child = Bun.spawn([...command], {
    env: { PATH: process.env.PATH ?? "" },
    terminal: {
      cols: 80,
      rows: 24,
      data: (_, data) => {
        bytes += data.length;
      },
    },
  });
  const device = PtyDevice.find(guess, child.pid)!;
  expect(device.line).toMatch(/^pts\/\d+$/);
  for (let round = 0; round < 3; round++) {
    const before = bytes;
    await until("the flood", () => bytes > before + 100_000);
    device.setOutput(false);
    // What was on its way arrives; then nothing more does.
    let seen = -1;
    await until("silence", async () => {
      if (bytes === seen) return true;
      seen = bytes;
      await Bun.sleep(100);
      return false;
    });
    device.setOutput(true);
  }
  child.terminal!.close();
  child.kill("SIGKILL");
  await child.exited;
  device.close();
}

describe("the terminal's descriptors", () => {
  const asRoot = process.getuid?.() === 0 ? test : test.skip;

  test("are found though another thread took the numbers that were expected", async () => {
    const [reader, writer] = [openSync("/dev/null", "r"), openSync("/dev/null", "r")];
    await stopsAndGoesOn(["yes"], { master: reader, slave: writer });
    closeSync(reader);
    closeSync(writer);
    const child = Bun.spawn(["true"]);
    expect(PtyDevice.find({ master: -1, slave: -1 }, child.pid)).toBeUndefined();
    await child.exited;
    expect(PtyDevice.find({ master: -1, slave: -1 }, child.pid)).toBeUndefined();
  });

  asRoot("still work after the terminal was hung up and opened anew, as login does", async () => {
    await stopsAndGoesOn([process.execPath, join(import.meta.dir, "../drivers/vhangup.ts"), "yes"]);
  });
});

describe("a child that does not read", () => {
  test("has a bounded amount of input kept for it, and gets that in order", async () => {
    const child = new Child(
      "stty raw -echo; echo ready; sleep 0.5; echo reading; head -c 1000000 | cksum; sleep 5",
    );
    await child.says("ready");
    const input = Buffer.alloc(3 * INPUT_LIMIT);
    for (let i = 0; i < input.length; i++) input[i] = 97 + (i % 23);
    let dropped = 0;
    for (let at = 0; at < input.length; at += 65_536)
      dropped += child.pty.write(input.subarray(at, at + 65_536));
    expect(dropped).toBeGreaterThan(input.length - INPUT_LIMIT - 200_000);
    expect(dropped).toBeLessThan(input.length - INPUT_LIMIT);
    const expected = Bun.spawnSync(["cksum"], { stdin: input.subarray(0, 1_000_000) })
      .stdout.toString()
      .trim();
    await child.says("reading");
    await child.says(expected);
  });

  test("says when more had better not come, and which keys may come all the same", async () => {
    const child = new Child(
      "trap '' INT; stty -echo; echo ready; sleep 0.7; stty raw; echo reading; head -c 1200000 | wc -c; sleep 5",
    );
    await child.says("ready");
    const lines = Buffer.alloc(1_200_000, "0123456789abcde\n");
    expect(child.pty.write(lines.subarray(0, 1_000_000))).toBe(0);
    expect(child.pty.inputFull).toBe(false);
    expect(child.pty.write(lines.subarray(1_000_000))).toBe(0);
    expect(child.pty.inputFull).toBe(true);
    expect(child.pty.interrupts(Buffer.from("abc"))).toBe(false);
    expect(child.pty.interrupts(Buffer.from("a\x03c"))).toBe(true);
    await child.says("reading");
    expect(child.pty.interrupts(Buffer.from("a\x03c"))).toBe(false);
    await child.says("1200000");
    expect(child.pty.inputFull).toBe(false);
  });

  test("is interrupted by Ctrl-C at once, behind whatever waits, and what waited is dropped", async () => {
    const child = new Child(
      "trap 'echo interrupted; cat; exit' INT; echo ready; while :; do sleep 0.02; done",
    );
    await child.says("ready");
    // Whole lines, so that the terminal holds them for the reader instead of dropping what it has no room for.
    const lines = Buffer.from("echo too late\n".repeat(40_000));
    expect(child.pty.write(lines)).toBe(0);
    const started = performance.now();
    child.pty.write(Buffer.concat([CTRL_C, Buffer.from("marker\n")]));
    await child.says("interrupted");
    expect(performance.now() - started).toBeLessThan(1000);
    await child.says(/interrupted.*marker\r\n/s);
    // `cat` repeats each line it read: nothing but the marker.
    const after = child.output.slice(child.output.indexOf("interrupted"));
    expect(after).not.toMatch(/too late/);
  });

  test("a program that takes Ctrl-C as input gets it as input", async () => {
    const child = new Child("stty raw -echo; echo ready; sleep 0.3; head -c 100001 | od -An -c | tail -2");
    await child.says("ready");
    child.pty.write(Buffer.alloc(100_000, "x"));
    child.pty.write(CTRL_C);
    await child.says("003");
  });
});
