/**
 * The operator's host with real users: who a session's shell is, who may do what by every door there is, quota, rules,
 * reload, drain, a shard that dies under load, metrics. Root only.
 */
import { afterAll, afterEach, beforeAll, describe, expect } from "bun:test";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connectUnix } from "../../server/host/unix-socket.ts";
import { alive, gone, kill, signal } from "../drivers/processes.ts";
import { until } from "../drivers/wait.ts";
import { peer } from "../peers.ts";
import { Probe } from "../server/probe.ts";
import { parseExposition } from "./exposition.ts";
import { freePort, isRoot, OperatorHost, Place } from "./operator.ts";

const test = isRoot ? peer("useradd", "login", "su", "setpriv", "ssh-keygen") : peer("root, to make users");

let place: Place;
let host: OperatorHost;
let alice: string;
let bob: string;
const metricsPort = freePort();

beforeAll(async () => {
  if (!isRoot) return;
  place = new Place();
  alice = place.addUser("a");
  bob = place.addUser("b");
  host = await place.start(
    [
      "[host]",
      'listen = ["127.0.0.1"]',
      "shards = 2",
      "[limits]",
      "sessions-per-user = 6",
      "[metrics]",
      `listen = "127.0.0.1:${metricsPort}"`,
      "",
    ].join("\n"),
  );
}, 60_000);
afterEach(async () => {
  Probe.closeAll();
  if (!host) return;
  for (const user of [alice, bob]) {
    const { out } = await host.run("list", "--json", "--user", user);
    for (const { name } of JSON.parse(out)) await host.run("kill", name, "--user", user);
  }
  await until("no sessions", async () => (await host.run("list", "--all")).out === "No sessions.\n");
});
afterAll(() => place?.remove(), 60_000);

describe("a session's program", () => {
  test("is the user's login shell, on a terminal of theirs, with the environment of a login", async () => {
    const probe = await Probe.connect(
      await host.connect(alice, ["new", "-c", "256"], {
        LD_PRELOAD: "/nonexistent.so",
        BASH_ENV: "/etc/passwd",
        LC_TIME: "/tmp/evil",
        COLORTERM: "truecolor",
      }),
    );
    await probe.shows("$");
    probe.type(
      'echo "$(id -un):$0:$HOME:$TERM:$COLORTERM:$(env | grep -cE "^(LD_PRELOAD|BASH_ENV|LC_TIME)="):"\r',
    );
    await until("the whole line", () =>
      probe.rows.join("").includes(`${alice}:-bash:${place.path}/${alice}:xterm-256color:truecolor:0:`),
    );
    probe.type(
      "stat -c %U:%a $(tty); cut -d: -f1 /etc/group | head -1; ls -l /proc/self/fd | grep -c socket\r",
    );
    await probe.shows(new RegExp(`${alice}:6[02]0`));
    await probe.shows(/^0$/m);
  });

  test("is a command with its words as they were, through PAM", async () => {
    const words = [
      "bash",
      "-c",
      "printf '<%s>' \"$@\"; id -un; echo $SHELL; read x",
      "it's",
      "a  b",
      '$HOME `id` "q" \\',
      "",
      "*",
    ];
    const probe = await Probe.connect(await host.connect(alice, ["new", "--", ...words]));
    await until("the words", () => probe.rows.join("").includes('<a  b><$HOME `id` "q" \\><><*>'));
    await probe.shows(new RegExp(`${alice}$`, "m"));
    await probe.shows("/bin/bash");
  });

  test("starts where it can when PAM is not used", async () => {
    const plain = await place.start(
      '[host]\nlisten = ["127.0.0.1"]\nports = "61200:61300"\nshards = 1\nstart = "setpriv"\n[limits]\nfiles = 77\n',
    );
    const probe = await Probe.connect(await plain.connect(bob, ["new", "-c", "256"]));
    await probe.shows("$");
    probe.type("id -un; id -G | wc -w; pwd; stat -c %U $(tty); ulimit -n\r");
    await probe.shows(new RegExp(`^${bob}$`, "m"));
    await probe.shows(new RegExp(`^${place.path}/${bob}$`, "m"));
    await probe.shows(/^77$/m);
    await plain.stop();
  });
});

describe("another user's sessions", () => {
  const sterna = (user: string, ...args: string[]) => place.as(user, [place.server, ...args], host.env);

  test("cannot be seen, attached to, renamed, detached or ended", async () => {
    const mine = await host.connect(alice, ["new", "--name", "mine"]);
    const probe = await Probe.connect(mine);
    await probe.shows("$");
    expect((await sterna(bob, "list")).out).toBe("No sessions.\n");
    for (const args of [
      ["attach", "mine"],
      ["attach", "mine", "--read-only"],
      ["attach", "mine", "--here"],
      ["kill", "mine"],
      ["detach", "mine"],
      ["rename", "mine", "stolen"],
    ]) {
      const { status, out, err } = await sterna(bob, ...args);
      expect([args, status, out]).toEqual([args, 1, ""]);
      expect(err).toContain('You have no session "mine" here');
    }
    for (const args of [
      ["list", "--all"],
      ["list", "--user", alice],
      ["kill", "mine", "--user", alice],
      ["attach", "mine", "--user", alice],
    ]) {
      const { status, out, err } = await sterna(bob, ...args);
      expect([args, status, out]).toEqual([args, 1, ""]);
      expect(err).toMatch(/Only root/);
    }
    probe.type("echo still $((1))\r");
    await probe.shows("still 1");
    expect((await sterna(alice, "list")).out).toContain("mine");
    expect((await host.run("list", "--all")).out).toMatch(new RegExp(`^${alice} +mine `, "m"));
  });

  test("cannot be reached by the system either: signals, memory, terminal, sockets", async () => {
    const probe = await Probe.connect(await host.connect(alice, ["new", "--name", "mine"]));
    await probe.shows("$");
    probe.type("echo pid=$$ tty=$(tty)=\r");
    await probe.shows(/pid=\d+ tty=\/dev\/pts\/\d+=/);
    const [, pid, tty] = /pid=(\d+) tty=(\S+)=/.exec(probe.rows.join("\n").replace(/echo.*/, ""))!;
    const shards = host.shards();
    for (const target of [pid!, ...shards, host.pid].map(String)) {
      const { status } = await place.as(bob, ["kill", "-TERM", target]);
      expect(status).not.toBe(0);
    }
    for (const command of [
      ["cat", tty!],
      ["sh", "-c", `echo x > ${tty}`],
      ["cat", `/proc/${pid}/environ`],
      ["cat", `/proc/${shards[0]}/environ`],
      ["cat", `/proc/${shards[0]}/mem`],
      ["ls", `/proc/${shards[0]}/fd`],
    ]) {
      const { status, err } = await place.as(bob, command);
      expect([command, status === 0]).toEqual([command, false]);
      expect(err).toMatch(/denied|not permitted|cannot open/i);
    }
    probe.type("echo alive $((1))\r");
    await probe.shows("alive 1");
  });

  test("are not opened by a stream without its token, nor the host by garbage", async () => {
    const [first, second] = readdirSync(host.directory)
      .filter((name) => /^stream-[01]-\d+\.sock$/.test(name))
      .toSorted();
    for (const [name, bytes] of [
      [first!, Buffer.from("t\0\0\0\x14\0\x50\0\x18aaaaaaaaaaaaaaaa")],
      [second!, Buffer.from("k\0\0\0\x03abc")],
      [second!, Buffer.alloc(100, 0xff)],
    ] as const) {
      const connection = await connectUnix(join(host.directory, name));
      const { promise, resolve } = Promise.withResolvers<void>();
      let answer = 0;
      connection.onData = (data) => {
        answer += data.length;
      };
      connection.onClosed = resolve;
      connection.write(bytes);
      await promise;
      expect(answer).toBe(0);
    }
    const ask = async (text: string): Promise<string> => {
      const connection = await connectUnix(join(host.directory, "host.sock"));
      const { promise, resolve } = Promise.withResolvers<string>();
      connection.onData = (data) => resolve(Buffer.from(data).toString());
      connection.onClosed = () => resolve("closed");
      connection.write(Buffer.from(text));
      const answer = await promise;
      connection.close();
      return answer;
    };
    for (const text of [
      "\n",
      "nonsense\n",
      "{}\n",
      '{"v":2,"op":"list"}\n',
      '{"v":1,"op":"kill"}\n',
      '{"v":1,"op":"new","colors":1,"environment":{"A":1}}\n',
      '{"v":1,"op":"new","colors":1,"environment":{},"command":[]}\n',
      '{"v":1,"op":"list","extra":1}\n',
      `${"x".repeat(1_100_000)}`,
    ]) {
      expect(await ask(text)).toMatch(/^\{"ok":false,"code":"bad-request"/);
    }
    expect((await host.run("list", "--all")).status).toBe(0);
  });
});

describe("rules", () => {
  test("a quota refuses with a sentence, and what is there stays", async () => {
    const probe = await Probe.connect(await host.connect(bob, ["new"]));
    await probe.shows("$");
    for (let i = 1; i < 6; i++) await host.connect(bob, ["new"]);
    const { status, out, err } = await place.as(bob, [place.server, "new"], host.env);
    expect([status, out]).toEqual([1, ""]);
    expect(err).toContain("You have 6 sessions, which is as many as you may have");
    probe.type("echo fine$((1))\r");
    await probe.shows("fine1");
    // Alice has her own.
    await host.connect(alice, ["new"]);
  });

  test("root, and whoever is denied after a reload, get none", async () => {
    const { err } = await host.run("new");
    expect(err).toContain("User root may not have sessions on this host.");
    const before = readFileSync(host.config, "utf8");
    writeFileSync(host.config, `${before}\n[users]\ndeny = ["${bob}"]\n`);
    host.signal("SIGHUP");
    await until("the reload", () => host.log().includes("configuration reloaded"));
    const refused = await place.as(bob, [place.server, "new"], host.env);
    expect(refused.err).toContain(`User ${bob} may not have sessions on this host.`);
    await host.connect(alice, ["new"]);
    writeFileSync(host.config, "[hots]\n");
    host.signal("SIGHUP");
    await until("the complaint", () => host.log().includes("configuration not reloaded"));
    expect((await place.as(bob, [place.server, "new"], host.env)).status).toBe(1);
    writeFileSync(host.config, before);
    host.signal("SIGHUP");
    await until("the second reload", () => host.log().split("configuration reloaded").length === 3);
    await host.connect(bob, ["new"]);
  });

  test("the limits of new sessions follow a reload", async () => {
    const host = await place.start('[host]\nlisten = ["127.0.0.1"]\nports = "61900:62000"\nshards = 1\n');
    const look = async (): Promise<Probe> => {
      const probe = await Probe.connect(await host.connect(alice, ["new"]));
      await probe.shows("$");
      probe.type('echo "soft $(ulimit -Sn)."\r');
      await probe.shows(/^soft \d+\./m);
      return probe;
    };
    // Not the limit that the host has raised for itself.
    await (await look()).shows(/^soft 1024\./m);
    writeFileSync(host.config, `${readFileSync(host.config, "utf8")}[limits]\nfiles = 77\n`);
    host.signal("SIGHUP");
    await until("the reload", () => host.log().includes("configuration reloaded"));
    expect(host.log()).not.toContain("needs a restart");
    await (await look()).shows(/^soft 77\./m);
    await host.stop();
  });

  test("an account whose time is over gets no session, and the person is told", async () => {
    const spent = place.addUser("x");
    await host.connect(spent, ["new", "--name", "early"]);
    Bun.spawnSync(["chage", "-E", "2026-01-01", spent]);
    const { status, err } = await place.as(spent, [place.server, "new"], host.env);
    expect(status).toBe(1);
    expect(err).toContain(`The account of user ${spent} has expired.`);
    await host.run("kill", "early", "--user", spent);
  });

  test("the host's sockets: everybody may ask, only root may change them", () => {
    expect(statSync(host.directory).mode & 0o777).toBe(0o755);
    expect(statSync(join(host.directory, "host.sock")).mode & 0o777).toBe(0o666);
    expect(statSync(join(host.directory, "lock")).mode & 0o777).toBe(0o600);
  });
});

describe("when things go wrong", () => {
  test("a shard killed under load takes only its sessions, and is replaced", async () => {
    const probes: Probe[] = [];
    for (let i = 0; i < 4; i++) {
      const probe = await Probe.connect(
        await host.connect(i % 2 ? alice : bob, ["new", "--", "bash", "--norc"]),
      );
      probe.type("while :; do echo $((i++)) of it; sleep 0.01; done\r");
      probes.push(probe);
    }
    for (const probe of probes) await probe.shows(/^\d+ of it$/m);
    const info: { name: string; user: string; shard: number }[] = JSON.parse(
      (await host.run("list", "--all", "--json")).out,
    );
    const lost = info.filter(({ shard }) => shard === 0);
    expect(lost.length).toBe(2);
    const [victim, other] = host.shards();
    await kill([victim!]);
    await until("the news", () => host.log().includes("shard died"));
    expect(host.log()).toContain("shard died shard=0 status=SIGKILL sessions=2");
    await until(
      "two sessions",
      async () => JSON.parse((await host.run("list", "--all", "--json")).out).length === 2,
    );
    expect(alive(other!)).toBe(true);
    // The others go on: their screens still change.
    const survivors = await Promise.all(
      probes.map(async (probe) => {
        const seen = probe.rows.join();
        try {
          await until("a change", () => probe.rows.join() !== seen, 3000);
          return 1;
        } catch {
          return 0;
        }
      }),
    );
    expect(survivors.reduce<number>((sum, one) => sum + one, 0)).toBe(2);
    await until("a new shard", () => host.shards()[0] !== victim);
    const next = await Probe.connect(await host.connect(alice, ["new"]));
    await next.shows("$");
    expect((await host.run("list", "--all")).out).not.toContain("undefined");
  });

  test("draining: told on the screen, nothing new, and the end when the last one is gone", async () => {
    const draining = await place.start(
      '[host]\nlisten = ["127.0.0.1"]\nports = "61400:61500"\nshards = 1\ndrain = 600\n',
    );
    const probe = await Probe.connect(await draining.connect(alice, ["new"]));
    await probe.shows("$");
    draining.signal("SIGTERM");
    await probe.shows(/^sterna: This host is about to stop\. Please end this session before \d\d:\d\d\./m);
    const refused = await place.as(alice, [place.server, "new"], {
      ...draining.env,
      STERNA_HOST: draining.directory,
    });
    expect(refused.err + refused.out).not.toContain("[session");
    probe.type("echo goes on $((1))\r");
    await probe.shows("goes on 1");
    probe.type("exit\r");
    expect(await probe.end()).toBe("clean");
    await gone([draining.pid]);
    expect(draining.log()).toContain("host stopped");
  });

  test("drain = 0: sessions go on until a second SIGTERM, which ends everything with a goodbye", async () => {
    const stopping = await place.start(
      '[host]\nlisten = ["127.0.0.1"]\nports = "61600:61700"\nshards = 1\ndrain = 0\n',
    );
    const probe = await Probe.connect(await stopping.connect(alice, ["new"]));
    await probe.shows("$");
    stopping.signal("SIGTERM");
    await probe.shows(/about to stop\. Please end this session\.$/m);
    probe.type("echo goes on $((1))\r");
    await probe.shows("goes on 1");
    stopping.signal("SIGTERM");
    expect(await probe.end()).toBe("clean");
    await gone([stopping.pid]);
  });

  test("a shard that dies while the host drains does not keep it", async () => {
    const draining = await place.start(
      '[host]\nlisten = ["127.0.0.1"]\nports = "61700:61800"\nshards = 1\ndrain = 600\n',
    );
    const probe = await Probe.connect(await draining.connect(alice, ["new"]));
    await probe.shows("$");
    draining.signal("SIGTERM");
    await probe.shows("about to stop");
    await kill(draining.shards());
    await gone([draining.pid]);
    expect(draining.log()).toContain("sessions=1");
    expect(draining.log()).toContain("host stopped");
  });

  test("a shard that hangs costs a scrape two seconds, not its page", async () => {
    const port = freePort();
    const hanging = await place.start(
      `[host]\nlisten = ["127.0.0.1"]\nports = "61800:61900"\nshards = 2\n[metrics]\nlisten = "127.0.0.1:${port}"\n`,
    );
    const read = async () => parseExposition(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text());
    expect((await read()).sum("sterna_shard_up")).toBe(2);
    const [first] = hanging.shards();
    signal(first!, "SIGSTOP");
    const page = await read();
    expect(page.sum("sterna_shard_up", 'shard="0"')).toBe(0);
    expect(page.sum("sterna_shard_up", 'shard="1"')).toBe(1);
    expect(page.sum("sterna_resident_bytes", 'shard="1"')).toBeGreaterThan(1e6);
    signal(first!, "SIGCONT");
    expect((await read()).sum("sterna_shard_up")).toBe(2);
    await hanging.stop();
  });

  test("a supervisor killed alone: its sessions go on, and a new host takes its place", async () => {
    const config = '[host]\nlisten = ["127.0.0.1"]\nports = "62100:62200"\nshards = 1\n';
    const first = await place.start(config);
    const probe = await Probe.connect(await first.connect(alice, ["new"]));
    await probe.shows("$");
    const shards = first.shards();
    await kill([first.pid]);
    const second = await place.start(config, ["--directory", first.directory]);
    probe.type("echo goes on $((1))\r");
    await probe.shows("goes on 1");
    const env = { ...second.env, STERNA_HOST: first.directory };
    // The new host has them, under their owners' names.
    expect((await place.as(alice, [place.server, "list"], env)).out).toMatch(/^1 /m);
    expect((await place.as(bob, [place.server, "list"], env)).out).not.toMatch(/^1 /m);
    const back = await Probe.connect(await second.connect(alice, ["attach", "1"], env));
    await back.shows("goes on 1");
    back.close();
    const { status, out } = await place.as(alice, [place.server, "new"], env);
    expect([status, /^MOSH CONNECT /m.test(out)]).toEqual([0, true]);
    expect(alive(shards[0]!)).toBe(true);
    probe.type("exit\r");
    expect(await probe.end()).toBe("clean");
    // The old shard goes with its last session.
    await gone(shards);
    await second.stop();
  });

  test("a second host in the same directory is refused; a port that is taken is named", async () => {
    const second = new OperatorHost(
      place,
      '[host]\nlisten = ["127.0.0.1"]\n',
      ["--directory", host.directory],
      90,
    );
    await until("its end", () => !second.running);
    expect(second.log()).toContain("another host is running");
    const holder = await Bun.udpSocket({ hostname: "127.0.0.1", port: 0, socket: { data() {}, error() {} } });
    const third = new OperatorHost(
      place,
      `[host]\nlisten = ["127.0.0.1"]\nports = ${holder.port}\nshards = 1\n`,
      [],
      91,
    );
    await until("its end", () => !third.running);
    expect(third.log()).toContain("Address already in use");
    holder.close();
  });
});

describe("metrics", () => {
  test("are Prometheus text that a strict reader takes, and count what happens", async () => {
    const probe = await Probe.connect(await host.connect(alice, ["new"]));
    await probe.shows("$");
    for (let i = 0; i < 10; i++) {
      probe.type("x");
      await probe.shows("x".repeat(i + 1));
    }
    const noise = await Bun.udpSocket({ hostname: "127.0.0.1", port: 0, socket: { data() {}, error() {} } });
    for (let i = 0; i < 20; i++)
      noise.send(crypto.getRandomValues(new Uint8Array(80)).fill(1, 0, 1), probe.port, "127.0.0.1");
    const read = async () => {
      const response = await fetch(`http://127.0.0.1:${metricsPort}/metrics`);
      expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
      return parseExposition(await response.text());
    };
    const values = await until("the noise to be counted", async () => {
      const page = await read();
      return (page.sum("sterna_datagrams_received_total", 'outcome="no-session"') ?? 0) >= 20 && page;
    });
    expect(values.sum("sterna_sessions")).toBeGreaterThanOrEqual(1);
    expect(values.sum("sterna_datagrams_received_total", 'outcome="accepted"')).toBeGreaterThan(10);
    expect(values.sum("sterna_pty_input_bytes_total")).toBeGreaterThanOrEqual(10);
    expect(values.sum("sterna_key_to_frame_seconds_count")).toBeGreaterThan(5);
    expect(values.sum("sterna_wasm_in_use_bytes")).toBeGreaterThan(1000);
    expect((await fetch(`http://127.0.0.1:${metricsPort}/healthz`)).status).toBe(200);
    expect((await fetch(`http://127.0.0.1:${metricsPort}/`)).status).toBe(404);
    noise.close();
  });
});
