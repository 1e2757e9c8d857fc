/**
 * A session of the real program, seen through a client of the protocol: what the child finds, sizes, notices, input,
 * floods, and every way a session ends.
 */
import { afterAll, afterEach, describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Home } from "../drivers/home.ts";
import { run, serverProgram } from "../drivers/peers-run.ts";
import { alive, familyOf, gone, kill, signal } from "../drivers/processes.ts";
import { until } from "../drivers/wait.ts";
import { Probe, type ProbeOptions } from "./probe.ts";

const home = new Home();
const program = serverProgram("sterna");
const servers: number[] = [];

afterEach(async () => {
  Probe.closeAll();
  await kill(servers.splice(0));
});
afterAll(() => home.remove());

interface Session {
  readonly probe: Probe;
  readonly pid: number;
}

async function session(
  options: readonly string[],
  command: readonly string[] | undefined,
  env: Record<string, string | undefined> = {},
  probe?: ProbeOptions,
): Promise<Session> {
  const args = ["new", "-i", "127.0.0.1", "-p", "0", ...options, ...(command ? ["--", ...command] : [])];
  const merged = Object.entries({ ...home.env, ...env }).filter(([, value]) => value !== undefined);
  const { out, err } = await run(
    [...program, ...args],
    Object.fromEntries(merged) as Record<string, string>,
    home.path,
  );
  const connect = /^MOSH CONNECT (\d+) (\S{22})$/m.exec(out);
  const pid = Number(/pid = (\d+)\]/.exec(err)?.[1]);
  if (!connect || !pid) throw new Error(`${out}\n${err}`);
  servers.push(pid);
  return { pid, probe: await Probe.connect({ port: Number(connect[1]), key: connect[2]! }, probe) };
}

/** A session that runs a script of sh. */
const script = (
  text: string,
  env: Record<string, string | undefined> = {},
  probe?: ProbeOptions,
): Promise<Session> => session(["-c", "256"], ["sh", "-c", text], env, probe);

/** A file that a child writes, once it is there. */
const file = (name: string): Promise<string> => {
  const path = join(home.path, name);
  return until(
    `the file ${name}`,
    () => existsSync(path) && readFileSync(path, "utf8").endsWith("\n") && readFileSync(path, "utf8"),
  );
};

describe("what the child finds", () => {
  test("environment and directory", async () => {
    home.write(".env", "FROM_DOTENV=1\n");
    const env = {
      STY: "12.screen",
      LANG: "C",
      LC_CTYPE: undefined,
      EXTRA: "kept=as it is",
      SSH_CONNECTION: "a b c d",
    };
    await session(
      ["-c", "256", "-l", "LANG=C.UTF-8"],
      ["sh", "-c", "pwd; env >environment.part; mv environment.part environment"],
      env,
    );
    const found = new Map(
      (await file("environment"))
        .trimEnd()
        .split("\n")
        .map((line) => line.split(/=(.*)/s) as [string, string]),
    );
    found.delete("_");
    found.delete("SHLVL");
    found.delete("OLDPWD");
    expect(Object.fromEntries(found)).toEqual({
      ...home.env,
      LANG: "C.UTF-8",
      EXTRA: "kept=as it is",
      SSH_CONNECTION: "a b c d",
      PWD: home.path,
      TERM: "xterm-256color",
      NCURSES_NO_UTF8_ACS: "1",
    });
  });

  test("a UTF-8 locale, whatever there was", async () => {
    const { probe } = await script("locale charmap; echo $LANG.$LC_ALL.", {
      LANG: undefined,
      LC_ALL: "xx_YY.UTF-8",
    });
    await probe.shows("UTF-8\nC.UTF-8..");
  });

  test("its login shell under the name of one, at the top of the screen", async () => {
    const { probe } = await session([], undefined, { SHELL: "/bin/sh" });
    await probe.shows(/^[$#]$/m);
    expect(probe.rows[0]).toMatch(/^[$#]$/);
    probe.type("echo $0 $TERM\r");
    await probe.shows("\n-sh xterm\n");
  });

  test("the size the client has said, before anything else", async () => {
    const { probe } = await script("stty size; cat", {}, { size: { cols: 97, rows: 33 } });
    await probe.shows("33 97");
    expect([probe.transport.latest.terminal.cols, probe.transport.latest.terminal.rows]).toEqual([97, 33]);
  });

  test("the starting terminal's size, if the client says none", async () => {
    let output = "";
    const launcher = Bun.spawn(
      [...program, "new", "-i", "127.0.0.1", "-p", "0", "--", "sh", "-c", "stty size; cat"],
      {
        env: { ...home.env },
        terminal: {
          cols: 101,
          rows: 37,
          data: (_terminal, bytes) => {
            output += new TextDecoder().decode(bytes);
          },
        },
      },
    );
    await launcher.exited;
    launcher.terminal!.close();
    servers.push(Number(/pid = (\d+)\]/.exec(output)![1]));
    const [, port, key] = /MOSH CONNECT (\d+) (\S{22})/.exec(output)!;
    const probe = await Probe.connect({ port: Number(port), key: key! }, { size: undefined });
    probe.type("x");
    await probe.shows("37 101");
  });

  test("no child before the first client", async () => {
    const { out, err } = await run(
      [...program, "new", "-i", "127.0.0.1", "-p", "0", "--", "sh", "-c", "echo x >too-early"],
      home.env,
    );
    const pid = Number(/pid = (\d+)\]/.exec(err)![1]);
    servers.push(pid);
    expect(out).toStartWith("MOSH CONNECT");
    await Bun.sleep(50);
    expect(familyOf(pid)).toEqual([pid]);
    expect(existsSync(join(home.path, "too-early"))).toBe(false);
  });
});

describe("the screen", () => {
  test("starts with the message of the day for a login, and without it for a command", async () => {
    if (!existsSync("/etc/motd")) return;
    const lines = readFileSync("/etc/motd", "utf8").trim().split("\n");
    const bare = new Home();
    try {
      Bun.spawnSync(["rm", join(bare.path, ".hushlogin")]);
      const login = await session([], undefined, { HOME: bare.path, SHELL: "/bin/sh" });
      await login.probe.shows(lines.at(-1)!.trimEnd());
      const command = await session([], ["sh"], { HOME: bare.path });
      await command.probe.shows(/^\$$/m);
      expect(command.probe.rows.join("\n").trim()).toBe("$");
    } finally {
      await bare.remove();
    }
  });

  test("follows the window, and of sizes that come together only the last counts", async () => {
    const { probe } = await script("trap 'stty size' WINCH; echo ready; while :; do sleep 0.02; done");
    await probe.shows("ready");
    probe.transport.current.pushResize(50, 10);
    probe.transport.current.pushResize(60, 11);
    probe.resize(70, 12);
    await probe.shows("12 70");
    expect(probe.rows.join("\n")).not.toMatch(/10 50|11 60/);
    expect(probe.transport.latest.terminal.rows).toBe(12);
  });

  test("a program's questions are answered, and keys translated to what it asked for", async () => {
    const { probe } = await script(
      "stty raw -echo; printf '\\033[6n'; head -c 6 | od -An -c; printf go; head -c 6 | od -An -c; cat",
    );
    await probe.shows("go");
    expect(probe.rows.join("\n")).toContain("033   [   1   ;   1   R");
    probe.type("\x1bOAabc"); // the cursor key as a client sends it; the program is in normal cursor mode
    await probe.shows("033   [   A   a   b   c");
  });

  test("says why a command cannot be run, for three seconds", async () => {
    const { probe, pid } = await session([], ["/nowhere/at/all"]);
    await probe.shows("mosh-server: execvp: /nowhere/at/all: No such file or directory");
    const shown = performance.now();
    expect(await probe.end()).toBe("clean");
    expect(performance.now() - shown).toBeGreaterThan(2000);
    await gone([pid]);
  });

  test("a missing home directory is named, and the session starts all the same", async () => {
    const { probe } = await session([], undefined, { HOME: "/dev/null/home", SHELL: "/bin/sh" });
    await probe.shows("Could not chdir to home directory /dev/null/home");
    probe.type("pwd\r");
    await probe.shows(/^(?:[#$] )?\/$/m);
  });
});

describe("the network", () => {
  test("a client that moves goes on where it was; garbage from others changes nothing", async () => {
    const { probe } = await script("cat");
    probe.type("one\r");
    await probe.shows("one\none");
    await probe.roam();
    const stranger = await Bun.udpSocket({ hostname: "127.0.0.1", socket: { data() {} } });
    for (let length = 0; length < 80; length++)
      stranger.send(new Uint8Array(length).fill(length), probe.port, "127.0.0.1");
    stranger.send(new Uint8Array(60_000), probe.port, "127.0.0.1");
    stranger.close();
    probe.type("two\r");
    await probe.shows("two\ntwo");
  });

  test("what was typed counts as echoed 50 ms later", async () => {
    const { probe } = await script("cat");
    probe.type("x");
    await probe.shows("x");
    const typed = probe.transport.sentStateLast;
    await until("the echo ack", () => probe.transport.latest.echoAck >= typed);
  });
});

describe("a program that floods", () => {
  test("is interrupted within moments, and the server stays small", async () => {
    const { probe, pid } = await script("trap : INT; echo start; yes; echo; echo stopped; cat");
    await probe.shows(/^y\ny\ny$/m);
    const memory = (): number =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) / 1000;
    await Bun.sleep(500);
    const before = memory();
    await Bun.sleep(1500);
    const grown = memory() - before;
    const pressed = performance.now();
    probe.type("\x03");
    await probe.shows(/^stopped$/m);
    const latency = performance.now() - pressed;
    console.log(
      `flood: Ctrl-C to prompt ${latency.toFixed(0)} ms, server ${before.toFixed(0)} MB, +${grown.toFixed(1)} MB`,
    );
    expect(latency).toBeLessThan(1000);
    expect(grown).toBeLessThan(40);
  });
});

describe("the end", () => {
  test("the child's: all it wrote is shown, the client is told, the server leaves", async () => {
    const { probe, pid } = await script("seq 1 2000; echo last words");
    expect(await probe.end()).toBe("clean");
    expect(probe.rows.filter((row) => row !== "").slice(-2)).toEqual(["2000", "last words"]);
    await gone([pid]);
  });

  test("the child's, with something of it left behind in the background", async () => {
    const { probe, pid } = await script("(trap '' HUP; sleep 20; echo never) & echo leaving");
    expect(await probe.end()).toBe("clean");
    expect(probe.rows[0]).toBe("leaving");
    await gone([pid]);
  });

  test("the client's: the child is hung up", async () => {
    const { probe, pid } = await script(
      "trap 'echo hung up >client-left; exit' HUP; echo ready; while :; do sleep 0.02; done",
    );
    await probe.shows("ready");
    probe.shutDown();
    expect(await probe.end()).toBe("clean");
    await gone([pid]);
    expect(await file("client-left")).toBe("hung up\n");
  });

  test.each(["SIGTERM", "SIGINT", "SIGUSR1"] as const)(
    "%s: the client is told, the child hung up",
    async (name) => {
      const { probe, pid } = await script(
        `trap 'echo hung up >${name}; exit' HUP; echo ready; while :; do sleep 0.02; done`,
      );
      await probe.shows("ready");
      signal(pid, "SIGHUP"); // ignored
      signal(pid, name);
      expect(await probe.end()).toBe("clean");
      await gone([pid]);
      expect(await file(name)).toBe("hung up\n");
    },
  );

  test("SIGUSR1 with a limit: not while the client is there", async () => {
    const { probe, pid } = await script("cat", { MOSH_SERVER_SIGNAL_TMOUT: "30" });
    signal(pid, "SIGUSR1");
    probe.type("still here\r");
    await probe.shows("still here\nstill here");
    expect(alive(pid)).toBe(true);
  });

  test("a client silent for the network limit: the session ends, the child is hung up", async () => {
    const { probe, pid } = await script(
      "trap 'echo hung up >silent; exit' HUP; echo ready; while :; do sleep 0.02; done",
      {
        MOSH_SERVER_NETWORK_TMOUT: "1",
      },
    );
    await probe.shows("ready");
    probe.close();
    await gone([pid]);
    expect(await file("silent")).toBe("hung up\n");
  });
});
