/** A user's own host, the real program: sessions shared, left, taken up again, named, ended; and when it goes. */
import { afterAll, afterEach, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readdirSync, readlinkSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { run, serverProgram } from "../drivers/peers-run.ts";
import { alive, gone, kill, signal } from "../drivers/processes.ts";
import { until } from "../drivers/wait.ts";
import { Probe } from "../server/probe.ts";
import { OwnHost } from "./own.ts";

const root = join(import.meta.dir, "../..");
const hosts: OwnHost[] = [];
afterEach(async () => {
  Probe.closeAll();
  for (const host of hosts) await kill(host.home.processes());
});
afterAll(async () => {
  for (const host of hosts) await host.remove();
});

function ownHost(): OwnHost {
  const host = new OwnHost();
  hosts.push(host);
  return host;
}

const NEW = ["new", "-i", "127.0.0.1", "-p", "0"] as const;
const SHELL = ["--", "bash", "--norc", "--noprofile"] as const;

describe("sessions of one host", () => {
  test("share a process and a port, and each client sees its own", async () => {
    const host = ownHost();
    const first = await host.connect([...NEW, ...SHELL]);
    const second = await host.connect([...NEW, ...SHELL]);
    expect(second.port).toBe(first.port);
    expect(second.pid).toBe(first.pid);
    expect([first.session, second.session]).toEqual(["1", "2"]);
    const one = await Probe.connect(first);
    const two = await Probe.connect(second);
    one.type("echo $((20+1))\r");
    two.type("echo $((40+2))\r");
    await one.shows(/^21$/m);
    await two.shows(/^42$/m);
    expect(one.rows.join("\n")).not.toContain("42");
    await one.roam();
    one.type("echo $((60+3))\r");
    await one.shows(/^63$/m);
  });

  test("have the environment of whoever asked, not of whoever started the host", async () => {
    const host = ownHost();
    await host.connect([...NEW, ...SHELL], { WHO: "the first" });
    const second = await host.connect([...NEW, ...SHELL], { WHO: "the second" });
    const probe = await Probe.connect(second);
    probe.type("echo $WHO, $STERNA_LAUNCHER.\r");
    await probe.shows("the second, .");
  });

  test.each([["a host"], ["a process of its own", "--standalone"]])(
    "have the limit of open files of whoever asked, not the one that %s has raised for itself",
    async (_, ...standalone) => {
      const host = ownHost();
      const server = serverProgram("sterna")
        .map((word) => `'${word}'`)
        .join(" ");
      for (const soft of [777, 888]) {
        const line = `ulimit -Sn ${soft}; ${server} ${[...NEW, ...standalone, ...SHELL].join(" ")}; :`;
        const { out } = await run(["sh", "-c", line], host.env, host.home.path);
        const [, port, key] = /^MOSH CONNECT (\d+) (\S+)$/m.exec(out)!;
        const probe = await Probe.connect({ port: Number(port), key: key! });
        probe.type('echo "soft $(ulimit -Sn) raised $(ulimit -Sn $(ulimit -Hn) && echo yes)."\r');
        await probe.shows(new RegExp(`^soft ${soft} raised yes\\.`, "m"));
      }
    },
  );

  test("keep no descriptor of the host", async () => {
    const host = ownHost();
    await host.connect([...NEW, ...SHELL]);
    const probe = await Probe.connect(await host.connect([...NEW, ...SHELL]));
    probe.type("ls -l /proc/$$/fd | grep -v pts | grep -c '>'; echo done\r");
    await probe.shows(/^0\ndone$/m);
  });

  test("the host goes with the last one, and the next `new` starts another", async () => {
    const host = ownHost();
    const first = await host.connect([...NEW, ...SHELL]);
    const second = await host.connect([...NEW, ...SHELL]);
    const one = await Probe.connect(first);
    const two = await Probe.connect(second);
    one.type("exit\r");
    expect(await one.end()).toBe("clean");
    two.type("echo $((1+1))\r");
    await two.shows(/^2$/m);
    two.type("exit\r");
    expect(await two.end()).toBe("clean");
    await gone([first.pid]);
    expect(existsSync(`${host.env.STERNA_RUNTIME_DIR}/sterna-${process.getuid!()}/host.sock`)).toBe(false);
    const third = await host.connect([...NEW, ...SHELL]);
    expect(third.pid).not.toBe(first.pid);
  });

  test("ten at once with no host there make one host", async () => {
    const host = ownHost();
    const sessions = await Promise.all(Array.from({ length: 10 }, () => host.connect([...NEW, ...SHELL])));
    expect(new Set(sessions.map(({ pid }) => pid)).size).toBe(1);
    expect(sessions.map(({ session }) => Number(session)).toSorted((a, b) => a - b)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
    ]);
  });
});

describe("taking a session up again", () => {
  test("shows its screen, and both clients type into it; the size follows the one who typed last", async () => {
    const host = ownHost();
    const first = await Probe.connect(await host.connect([...NEW, "--name", "work", ...SHELL]), {
      size: { cols: 80, rows: 24 },
    });
    first.type("echo be$((0))fore\r");
    await first.shows("be0fore");
    const again = await host.connect(["attach", "work", "-i", "127.0.0.1", "-p", "0"]);
    expect(again.session).toBe("work");
    const second = await Probe.connect(again, { size: { cols: 60, rows: 20 } });
    await second.shows("be0fore");
    second.type("stty size\r");
    await second.shows(/^20 60$/m);
    await first.shows(/^20 60$/m);
    first.type("stty size\r");
    await first.shows(/^24 80$/m);
    await second.shows(/^24 80$/m);
    expect(second.transport.latest.terminal.cols).toBe(60);
    expect(first.transport.latest.terminal.cols).toBe(80);
  });

  test("a named session outlives its client's goodbye; an unnamed one does not", async () => {
    const host = ownHost();
    const named = await Probe.connect(await host.connect([...NEW, "--name", "stays", ...SHELL]));
    const unnamed = await Probe.connect(await host.connect([...NEW, ...SHELL]));
    named.type("echo left$((1))\r");
    await named.shows("left1");
    await unnamed.shows("$");
    named.shutDown();
    unnamed.shutDown();
    await Promise.all([named.end(), unnamed.end()]);
    await until("one session", async () => (await host.list()).length === 1);
    const back = await Probe.connect(await host.connect(["attach", "-i", "127.0.0.1", "-p", "0"]));
    await back.shows("left1");
  });

  test("read-only sees everything and changes nothing", async () => {
    const host = ownHost();
    const worker = await Probe.connect(await host.connect([...NEW, "--name", "w", ...SHELL]));
    await worker.shows("$");
    const endpoint = await host.connect(["attach", "w", "--read-only", "-i", "127.0.0.1", "-p", "0"]);
    const watcher = await Probe.connect(endpoint, { size: { cols: 40, rows: 10 } });
    watcher.type("echo no$((1))\r");
    worker.type("stty size; echo yes$((1))\r");
    await watcher.shows("yes1");
    await worker.shows(/^24 80\nyes1$/m);
    expect(worker.rows.join("\n")).not.toContain("no1");
    watcher.shutDown();
    await watcher.end();
    worker.type("echo still$((1))\r");
    await worker.shows("still1");
  });

  test("attach --or-new makes it once", async () => {
    const host = ownHost();
    const words = ["attach", "--or-new", "desk", "-i", "127.0.0.1", "-p", "0", ...SHELL];
    const first = await host.run(words);
    expect(first.err).toContain("[session desk created, host pid = ");
    const second = await host.run(words);
    expect(second.err).toContain("[session desk taken up again, host pid = ");
    expect((await host.list()).map(({ name }) => name)).toEqual(["desk"]);
  });
});

test("a session has 32 viewers at the most, the one who works included", async () => {
  const host = ownHost();
  const probe = await Probe.connect(await host.connect([...NEW, "--name", "full", ...SHELL]));
  await probe.shows("$");
  const attach = () => host.run(["attach", "full", "-i", "127.0.0.1", "-p", "0"]);
  const results = await Promise.all(Array.from({ length: 31 }, attach));
  expect(results.map(({ status }) => status)).toEqual(results.map(() => 0));
  expect((await attach()).err).toContain("32 clients look at that session already");
  probe.type("echo fine$((1))\r");
  await probe.shows("fine1");
});

describe("list, rename, detach, kill", () => {
  test("do what they say", async () => {
    const host = ownHost();
    const probe = await Probe.connect(await host.connect([...NEW, "--name", "old", ...SHELL]));
    await probe.shows("$");
    probe.type("sleep 1000\r");
    await until("the foreground program", async () => (await host.run(["list"])).out.includes("sleep"));
    expect((await host.run(["rename", "old", "new-name"])).status).toBe(0);
    const table = (await host.run(["list"])).out;
    expect(table).toMatch(/^NAME +RUNS +SIZE +CREATED +LAST SEEN +CLIENTS/);
    expect(table).toMatch(/^new-name +sleep +80x24 +\d+ s ago +now +127\.0\.0\.1:\d+$/m);
    expect((await host.run(["detach", "new-name"])).status).toBe(0);
    expect(await probe.end()).toBe("clean");
    expect((await host.list())[0]!.attachments).toEqual([]);
    const shells = host.home.processes().length;
    expect((await host.run(["kill", "new-name"])).status).toBe(0);
    await until("everything to end", () => host.home.processes().length === 0);
    expect(shells).toBeGreaterThan(1);
    expect((await host.run(["list"])).out).toBe("No sessions.\n");
  });

  test("say what is wrong", async () => {
    const host = ownHost();
    await host.connect([...NEW, "--name", "here", ...SHELL]);
    const err = async (...args: string[]) => {
      const { status, err: text } = await host.run(args);
      expect(status).toBe(1);
      return text;
    };
    expect(await err("kill", "nobody")).toBe(
      'sterna-server: You have no session "nobody" here; list shows those you have.\n',
    );
    expect(await err("rename", "here", "../up")).toContain("cannot be a session's name");
    expect(await err(...NEW, "--name", "here")).toContain('There is a session "here" already');
    expect(await err("list", "--user", "daemon")).toContain("This host serves only");
    expect(await err("kill")).toContain("one name is wanted");
    expect(await err("attach", "--or-new")).toContain("--or-new wants the name");
    expect(await err("detach", "here", "--force")).toContain('unknown option "--force"');
  });
});

describe("limits of the system", () => {
  test("when descriptors run out a new session is refused with a sentence, and the others go on", async () => {
    const host = ownHost();
    const command = [
      "prlimit",
      "--nofile=90:90",
      process.execPath,
      join(root, "server.ts"),
      ...NEW,
      ...SHELL,
    ];
    const probes: Probe[] = [];
    let refusal = "";
    for (let i = 0; i < 30 && refusal === ""; i++) {
      const { status, out, err } = await run(command, host.env, host.home.path);
      const match = /^MOSH CONNECT (\d+) (\S+)$/m.exec(out);
      if (status !== 0 || !match) {
        refusal = err;
        break;
      }
      const probe = await Probe.connect({ port: Number(match[1]), key: match[2]! });
      await probe.shows("$");
      probes.push(probe);
    }
    expect(refusal).toContain("at its limit of 90 open files (RLIMIT_NOFILE)");
    expect(probes.length).toBeGreaterThanOrEqual(3);
    for (const [i, probe] of probes.entries()) {
      probe.type(`echo fine$((${i}))\r`);
      await probe.shows(`fine${i}`);
    }
    // One leaves, and there is room again.
    probes[0]!.type("exit\r");
    await probes[0]!.end();
    await until("room", async () => (await run(command, host.env, host.home.path)).status === 0);
  });
});

describe("signals", () => {
  test("SIGTERM says goodbye to all", async () => {
    const host = ownHost();
    const first = await host.connect([...NEW, ...SHELL]);
    const one = await Probe.connect(first);
    const two = await Probe.connect(await host.connect([...NEW, ...SHELL]));
    await one.shows("$");
    await two.shows("$");
    signal(first.pid, "SIGTERM");
    expect(await one.end()).toBe("clean");
    expect(await two.end()).toBe("clean");
    await gone([first.pid]);
  });

  test("a host that was killed leaves nothing that stops the next", async () => {
    const host = ownHost();
    const first = await host.connect([...NEW, ...SHELL]);
    await kill([first.pid]);
    const second = await host.connect([...NEW, ...SHELL]);
    expect(second.pid).not.toBe(first.pid);
    expect(alive(second.pid)).toBe(true);
  });
});

describe("where the host is not trusted", () => {
  test("a directory that others may enter is refused, and the session gets a process of its own", async () => {
    const host = ownHost();
    const directory = `${host.env.STERNA_RUNTIME_DIR}/sterna-${process.getuid!()}`;
    mkdirSync(directory);
    chmodSync(directory, 0o755);
    const { status, out, err } = await host.run([...NEW, ...SHELL]);
    expect(status).toBe(0);
    expect(err).toContain("others may enter it; expected mode 0700");
    expect(err).toContain("[mosh-server detached, pid = ");
    expect(out).toContain("MOSH CONNECT ");
  });

  test("a link in its place is refused", async () => {
    const host = ownHost();
    mkdirSync(`${host.home.path}/elsewhere`, { mode: 0o700 });
    symlinkSync(`${host.home.path}/elsewhere`, `${host.env.STERNA_RUNTIME_DIR}/sterna-${process.getuid!()}`);
    const { err } = await host.run([...NEW, ...SHELL]);
    expect(err).toContain("not a directory");
    expect(readdirSync(`${host.home.path}/elsewhere`)).toEqual([]);
  });

  test("its sockets are the user's alone, and it holds nothing of whoever started it", async () => {
    const host = ownHost();
    const { pid } = await host.connect([...NEW, ...SHELL]);
    const directory = `${host.env.STERNA_RUNTIME_DIR}/sterna-${process.getuid!()}`;
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(directory))
      expect(statSync(`${directory}/${name}`).mode & 0o777).toBe(0o600);
    expect(["0", "1", "2"].map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`))).toEqual([
      "/dev/null",
      "/dev/null",
      "/dev/null",
    ]);
  });
});
