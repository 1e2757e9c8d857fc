/**
 * The ssh gateway of a real host with stock OpenSSH, stock mosh and our client in front of it; and the same host reached
 * through a real sshd. Root only, for the users.
 */
import { afterAll, afterEach, beforeAll, describe, expect } from "bun:test";
import { chmodSync, readFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { Home } from "../drivers/home.ts";
import { wrapperProgram } from "../drivers/peers-run.ts";
import { textOf } from "../drivers/screen.ts";
import { Sshd } from "../drivers/sshd.ts";
import { Tmux } from "../drivers/tmux.ts";
import { until } from "../drivers/wait.ts";
import { peer } from "../peers.ts";
import { Probe } from "../server/probe.ts";
import { freePort, isRoot, type OperatorHost, Place } from "./operator.ts";

const peers = ["useradd", "login", "su", "ssh", "ssh-keygen", "ssh-keyscan", "mosh", "tmux", "sshd"];
const test = isRoot ? peer(...peers) : peer("root, to make users");

let place: Place;
let host: OperatorHost;
let alice: string;
let forced: string;
const port = freePort();
const home = new Home();
const tmux = new Tmux();

beforeAll(async () => {
  if (!isRoot) return;
  place = new Place();
  alice = place.addUser("g");
  forced = place.addUser("f", 'command="sterna-server list",no-pty');
  host = await place.start(
    [
      "[host]",
      'listen = ["127.0.0.1"]',
      'ports = "61800:61900"',
      "shards = 2",
      "[ssh]",
      `listen = ["127.0.0.1:${port}"]`,
      `host-keys = "${place.path}/keys"`,
      "grace-time = 2",
      "",
    ].join("\n"),
  );
}, 60_000);
afterEach(async () => {
  Probe.closeAll();
  if (!host) return;
  const { out } = await host.run("list", "--json", "--user", alice);
  for (const { name } of JSON.parse(out)) await host.run("kill", name, "--user", alice);
});
afterAll(async () => {
  await tmux.stop();
  await place?.remove();
  await home.remove();
}, 60_000);

/** ssh's words up to the host; no file of this machine's user takes part. */
function ssh(...options: string[]): string[] {
  return [
    ...["ssh", "-F", "none", "-p", String(port), "-i", join(place.path, "id"), "-o", "IdentitiesOnly=yes"],
    ...["-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=accept-new", "-o", "LogLevel=ERROR"],
    ...["-o", `UserKnownHostsFile=${place.path}/known_hosts`, "-o", "PreferredAuthentications=publickey"],
    ...options,
  ];
}

/** Failures count against the address they come from: each test that fails on purpose has one of its own. */
const fromAddress = (last: number): string[] => ["-b", `127.0.0.${last}`];

async function run(user: string, line: string[], options: string[] = []) {
  const child = Bun.spawn([...ssh(...options), `${user}@127.0.0.1`, ...line], {
    env: { PATH: process.env.PATH!, LANG: "C.UTF-8" },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  return { status: await child.exited, out, err };
}

describe("commands over ssh", () => {
  test("`mosh-server new` gives a session of the user's, and ssh returns", async () => {
    const { status, out } = await run(alice, [
      "LC_ALL=C.UTF-8 exec mosh-server 'new' '-c' '256' '-s' '-l' 'LANG=C.UTF-8'",
    ]);
    expect(status).toBe(0);
    const match = /^\nMOSH CONNECT (\d+) ([A-Za-z0-9/+]{22})\n$/.exec(out);
    expect(Number(match?.[1])).toBeGreaterThanOrEqual(61800);
    const probe = await Probe.connect({ port: Number(match![1]), key: match![2]! });
    await probe.shows("$");
    probe.type("id -un; echo $SSH_CONNECTION\r");
    await probe.shows(new RegExp(`^${alice}$`, "m"));
    await probe.shows(new RegExp(`^127\\.0\\.0\\.1 \\d+ 127\\.0\\.0\\.1 ${port}$`, "m"));
  });

  test("list, attach, kill; other commands and mistakes are refused with a sentence", async () => {
    await run(alice, ["sterna-server new --name work"]);
    expect((await run(alice, ["sterna-server list"])).out).toContain("work");
    expect((await run(alice, ["sterna-server attach work"])).out).toContain("MOSH CONNECT");
    expect(await run(alice, ["sterna-server kill nothing"])).toMatchObject({ status: 1 });
    expect((await run(alice, ["sterna-server kill work"])).status).toBe(0);
    expect(await run(alice, ["uptime"])).toMatchObject({ status: 127, out: "" });
    expect((await run(alice, ["uptime"])).err).toContain("it runs no other commands");
    expect((await run(alice, ["mosh-server new -p 99999"])).err).toContain("outside valid range");
    expect((await run(alice, ["sterna-server list --all"])).err).toContain("you see your own sessions");
    expect((await run(alice, [], ["-T"])).out).toMatch(/^(?:NAME +RUNS|No sessions\.\n$)/);
  });

  test("`command=` runs whatever was asked for, and no-pty gives none", async () => {
    expect((await run(forced, ["mosh-server new"])).out).toBe("No sessions.\n");
    expect((await run(forced, [], ["-tt"])).err + (await run(forced, [], ["-tt"])).out).toMatch(
      /PTY allocation request failed|No sessions/,
    );
  });

  test("forwarding and sftp are refused", async () => {
    const forward = await run(
      alice,
      ["sterna-server list"],
      ["-R", "0:127.0.0.1:1", "-o", "ExitOnForwardFailure=yes"],
    );
    expect(forward.status).toBe(255);
    expect((await run(alice, ["sftp"], ["-s"])).status).not.toBe(0);
  });

  test("fifteen at once", async () => {
    const results = await Promise.all(Array.from({ length: 15 }, () => run(alice, ["sterna-server list"])));
    expect(results.map(({ status }) => status)).toEqual(results.map(() => 0));
  });
});

describe("who is not let in", () => {
  test("a key that is not authorized, and a user who does not exist, look the same", async () => {
    const stranger = await run("nobody-here", ["sterna-server list"], fromAddress(11));
    const root = await run("root", ["sterna-server list"], fromAddress(12));
    for (const { status, err } of [stranger, root]) {
      expect(status).toBe(255);
      expect(err).toContain("Permission denied (publickey).");
    }
    await until("the log", () => host.log().includes("there is no such user"));
  });

  test("from= and loose modes", async () => {
    const key = readFileSync(join(place.path, "id.pub"), "utf8");
    const list = async (last: number) => (await run(alice, ["sterna-server list"], fromAddress(last))).status;
    place.authorize(alice, `from="192.0.2.0/24" ${key}`);
    expect(await list(13)).toBe(255);
    place.authorize(alice, `from="127.0.0.0/8,!127.0.0.14" ${key}`);
    expect(await list(14)).toBe(255);
    expect(await list(15)).toBe(0);
    Bun.spawnSync(["chmod", "o+w", join(place.path, alice, ".ssh")]);
    expect(await list(16)).toBe(255);
    Bun.spawnSync(["chmod", "o-w", join(place.path, alice, ".ssh")]);
    place.authorize(alice, key);
    expect(await list(16)).toBe(0);
    expect(host.log()).toContain("the key may not come from there");
    expect(host.log()).toContain("can be written by others");
  });

  test("the host's keys stay the same and are OpenSSH's", () => {
    const scan = Bun.spawnSync(["ssh-keyscan", "-p", String(port), "127.0.0.1"]).stdout.toString();
    expect(scan).toContain("ssh-ed25519 ");
    expect(scan).toContain("ecdsa-sha2-nistp256 ");
    expect(scan).toContain(
      readFileSync(join(place.path, "keys/ssh_host_ed25519_key.pub"), "utf8").split(" ")[1]!,
    );
  });
});

describe("clients through the gateway", () => {
  test("stock mosh, with neither sshd nor mosh-server on the machine", async () => {
    const pane = await tmux.open({
      command: ["mosh", `--ssh=${ssh().join(" ")}`, `${alice}@127.0.0.1`],
      env: home.env,
      cwd: home.path,
    });
    await pane.waitForRow(/^\$/);
    await pane.line("id -un");
    await pane.waitFor("the user", (screen) => textOf(screen).includes(alice));
    await pane.line("exit");
    expect((await pane.exit()).status).toBe(0);
    await pane.close();
  });

  test("our client: a named session, left and taken up again by stock's and read-only", async () => {
    const options = ["--ssh", ssh().join(" "), `${alice}@127.0.0.1`];
    const first = await tmux.open({
      command: [...wrapperProgram("sterna"), ...options, "--attach-or-new", "desk"],
      env: home.env,
      cwd: home.path,
    });
    await first.waitForRow(/^\$/);
    await first.line("echo mark$((40+2))");
    await first.waitFor("the mark", (screen) => textOf(screen).includes("mark42"));
    await first.keys("C-^", ".");
    expect((await first.exit()).status).toBe(0);
    const again = await tmux.open({
      command: [
        "mosh",
        `--ssh=${ssh().join(" ")}`,
        "--server=sterna-server attach desk",
        `${alice}@127.0.0.1`,
      ],
      env: home.env,
      cwd: home.path,
    });
    await again.waitFor("the mark", (screen) => textOf(screen).includes("mark42"));
    const watcher = await tmux.open({
      command: [...wrapperProgram("sterna"), ...options, "--attach", "desk", "--read-only"],
      env: home.env,
      cwd: home.path,
    });
    await watcher.waitFor("the mark", (screen) => textOf(screen).includes("mark42"));
    await again.line("echo seen$((1))");
    await watcher.waitFor("what was typed", (screen) => textOf(screen).includes("seen1"));
    await again.keys("C-^", ".");
    await watcher.keys("C-^", ".");
    await again.exit();
    await watcher.exit();
    expect((await run(alice, ["sterna-server list"])).out).toContain("desk");
    for (const pane of [first, again, watcher]) await pane.close();
  });

  test("ssh alone: the menu, a session over the stream with vim in it, leaving it, a plain shell", async () => {
    const pane = await tmux.open({
      command: [...ssh(), `${alice}@127.0.0.1`],
      env: home.env,
      cwd: home.path,
    });
    await pane.waitFor("the menu", (screen) => textOf(screen).some((row) => row.startsWith("Enter or n:")));
    await pane.keys("n");
    await pane.waitForRow(/^\$/);
    await pane.line("stty size");
    await pane.waitFor("the size", (screen) => textOf(screen).includes("24 80"));
    await pane.line("vim -u NONE -c 'set laststatus=2' /etc/passwd");
    await pane.waitFor("vim", (screen) => textOf(screen).some((row) => row.startsWith("root:x:0:0")));
    await pane.resize(100, 30);
    await pane.waitFor("vim in the new size", (screen) => /passwd/.test(textOf(screen)[28] ?? ""));
    await pane.keys("C-^", ".");
    const menu = await pane.waitFor("the menu again", (screen) =>
      textOf(screen).some((row) => /^ {2}1 {2}ssh-1 +vim /.test(row)),
    );
    expect(menu.alternate).toBe(false);
    await pane.keys("Enter");
    await pane.waitFor("vim again", (screen) => textOf(screen).some((row) => row.startsWith("root:x:0:0")));
    await pane.keys("C-^", ".");
    await pane.waitFor("the menu", (screen) => screen.alternate === false);
    await pane.keys("p");
    await pane.waitForRow(/^\$/);
    await pane.line("exit");
    await pane.exit();
    await pane.close();
    const { out } = await run(alice, ["sterna-server list --json"]);
    expect(JSON.parse(out).map(({ name }: { name: string }) => name)).toEqual(["ssh-1"]);
  });

  test("through a real sshd: `mosh --server=sterna-server` asks the same host", async () => {
    const sshd = await Sshd.start(home);
    // sshd reads the keys as the user who logs in.
    for (const path of [home.path, join(home.path, "ssh")]) chmodSync(path, 0o711);
    chmodSync(join(home.path, "ssh", "authorized_keys"), 0o644);
    const pane = await tmux.open({
      command: [
        "mosh",
        `--ssh=${sshd.command} -l ${alice}`,
        `--server=env STERNA_HOST=${host.directory} ${place.server}`,
        "sterna-test",
      ],
      env: home.env,
      cwd: home.path,
    });
    await pane.waitForRow(/^\$/);
    await pane.line("id -un; ps -o args= -p $PPID");
    await pane.waitFor("the user, below login", (screen) =>
      textOf(screen).join("\n").includes(`${alice}\nlogin -p`),
    );
    await pane.line("exit");
    await pane.exit();
    await pane.close();
    await sshd.stop();
  });
});

describe("what the network may send", () => {
  test("garbage, silence and half a login cost nobody else anything, and are penalized in the end", async () => {
    const closed = Array.from({ length: 8 }, (_, i) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const socket = createConnection({ host: "127.0.0.1", port, localAddress: "127.0.0.17" });
      socket.on("connect", () => {
        socket.write(i % 2 === 0 ? crypto.getRandomValues(new Uint8Array(2000)) : "SSH-2.0-half\r\n");
      });
      socket.on("error", () => {}).on("data", () => {});
      socket.on("close", () => resolve());
      return promise;
    });
    await Promise.all(closed);
    const list = async (last: number) => (await run(alice, ["sterna-server list"], fromAddress(last))).status;
    await until("a penalty", async () => (await list(17)) === 255);
    expect(await list(18)).toBe(0);
    expect(host.log()).toContain("reason=penalty");
    expect((await host.run("list", "--all")).status).toBe(0);
  });
});
