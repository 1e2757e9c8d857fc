/**
 * The doctor as a process: what works is said to work, each thing that can be wrong is named with its remedy, the status
 * fits, no server is left behind, and no key is shown. Through a real sshd, with stock's server and ours.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Home } from "../../drivers/home.ts";
import { commandOf } from "../../drivers/processes.ts";
import { Sshd } from "../../drivers/sshd.ts";
import { until } from "../../drivers/wait.ts";
import { peer } from "../../peers.ts";
import { SOURCE_WRAPPER } from "../bootstrap/stubs.ts";

const home = new Home();
const onSshd = peer("sshd", "mosh-server");
const SERVER = join(import.meta.dir, "..", "..", "..", "server.ts");
let sshd: Sshd;

beforeAll(async () => {
  if (Bun.which("sshd", { PATH: home.env.PATH! })) sshd = await Sshd.start(home);
});
afterAll(async () => {
  await sshd?.stop();
  await home.remove();
});

interface Said {
  readonly status: number;
  readonly out: string;
  /** `ok login`, `FAILED UDP`: verdict and the name of the check. */
  readonly verdicts: readonly string[];
}

async function doctor(args: readonly string[], env: Record<string, string> = {}): Promise<Said> {
  const child = Bun.spawn([...SOURCE_WRAPPER, "doctor", ...args], {
    cwd: home.path,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    env: { ...home.env, ...env },
  });
  const [out, err] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  const status = await child.exited;
  expect(err).toBe("");
  // Nothing but a verdict or a blank begins a line, and whoever pipes it gets no escapes.
  expect(out).toMatch(/^((ok|FAILED|skipped) .*\n( {9}\S.*\n)*)+$/);
  const verdicts = [...out.matchAll(/^(\w+) +([^:\n]+)/gm)].map((match) => `${match[1]} ${match[2]}`);
  return { status, out, verdicts };
}

/** An executable script in the home directory. */
function script(name: string, body: string): string {
  const path = join(home.path, name);
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}

/** No server that the doctor has started is still there. */
function noServers(): Promise<boolean> {
  return until("servers to end", () => !home.processes().some((pid) => /mosh-server/.test(commandOf(pid))));
}

const ALL_WELL = [
  "ok configuration",
  "ok terminal",
  "ok ssh program",
  "ok ssh login",
  "ok server program",
  "ok locale there",
  "ok server start",
  "ok UDP",
];

describe("all is well", () => {
  const servers: readonly (readonly [name: string, command: string, version: string])[] = [
    ["stock", "mosh-server", "mosh-server (mosh 1.4.0)"],
    ["sterna", `${process.execPath} ${SERVER}`, "sterna-server 0.1.0 (protocol of mosh 1.4.0)"],
  ];
  for (const [name, command, version] of servers) {
    onSshd(`${name} server; it ends with the doctor, and its key is nowhere`, async () => {
      const said = join(home.path, `said-${name}`);
      const wrapped = script(`server-${name}`, `${command} "$@" | tee -a ${said}`);
      const { status, out, verdicts } = await doctor([`--server=${wrapped}`, `--ssh=${sshd.command}`, "box"]);
      expect(verdicts).toEqual(ALL_WELL);
      expect(out).toContain(`server program: ${version}`);
      expect(out).toMatch(/UDP: 127\.0\.0\.1 port 60\d+ answers, round trip \d+(\.\d)? ms\n$/);
      expect(status).toBe(0);
      const key = /^MOSH CONNECT \d+ (\S{22})/m.exec(readFileSync(said, "utf8"))?.[1];
      expect(key).toBeDefined();
      expect(out).not.toContain(key!);
      await noServers();
    });
  }

  onSshd("the embedded ssh; options from the configuration file", async () => {
    const directory = join(home.path, ".config", "sterna");
    mkdirSync(directory, { recursive: true });
    writeFileSync(
      join(directory, "config.toml"),
      `[host."bo?"]\nssh = "embedded -F ${sshd.configuration}"\nport = "60700:60799"\ncommand = ["false"]`,
    );
    const { status, out, verdicts } = await doctor(["box"]);
    rmSync(directory, { recursive: true });
    expect(verdicts).toEqual(ALL_WELL);
    expect(out).toContain(`configuration: ${directory}/config.toml, [host."bo?"]`);
    expect(out).toContain("ssh program: the built-in one");
    expect(out).toMatch(/UDP: 127\.0\.0\.1 port 607\d\d answers/);
    expect(status).toBe(0);
    await noServers();
  });

  onSshd("by a jump host: the host is asked for its address, and that is said", async () => {
    const { status, out, verdicts } = await doctor([`--ssh=${sshd.command} -J jump`, "box"]);
    expect(verdicts).toEqual(ALL_WELL);
    expect(out).toContain(
      "ssh login: box\n         sterna: ssh reaches box by ProxyJump jump: asking the host for its",
    );
    expect(status).toBe(0);
    await noServers();
  });

  test("--local: our own server, no ssh", async () => {
    const { status, verdicts } = await doctor(["--local"]);
    expect(verdicts).toEqual(ALL_WELL.map((one) => one.replace(/ok (ssh .*)/, "skipped $1")));
    expect(status).toBe(0);
    await noServers();
  });

  test("a session that the settings would take up again is left alone, and none of its name is made", async () => {
    const asked = join(home.path, "asked");
    const server = script("asked-server", `echo "$@" >> ${asked}\nexec ${process.execPath} ${SERVER} "$@"`);
    for (const option of ["--attach=main", "--attach-or-new=main"]) {
      const { status } = await doctor(["--local", `--server=${server}`, option]);
      expect(status).toBe(0);
    }
    const started = readFileSync(asked, "utf8")
      .split("\n")
      .filter((line) => !line.startsWith("--version"));
    expect(started.map((line) => line.split(" ")[0])).toEqual(["new", "new", ""]);
    await noServers();
  });

  onSshd(
    "a session to take up again needs sterna's server there, and that is the one looked at",
    async () => {
      const { out } = await doctor(["--attach=main", `--ssh=${sshd.command}`, "box"], {
        PATH: "/usr/bin:/bin",
      });
      expect(out).toMatch(/server program: sterna-server/);
    },
  );

  test("without a host: this machine only", async () => {
    const { status, verdicts } = await doctor([]);
    expect(verdicts).toEqual(["ok configuration", "ok terminal", "ok ssh program", "skipped host"]);
    expect(status).toBe(0);
  });
});

describe("what is wrong, and what to do", () => {
  /** The doctor on the sshd; the lines below the failed check. */
  async function failing(check: string, args: readonly string[], env: Record<string, string> = {}) {
    const { status, out, verdicts } = await doctor(args, env);
    expect(verdicts.filter((one) => one.startsWith("FAILED"))).toEqual([`FAILED ${check}`]);
    expect(status).toBe(1);
    return out.slice(out.indexOf("FAILED"));
  }
  const ssh = (...more: string[]): string => `--ssh=${[sshd.command, ...more].join(" ")}`;

  onSshd("UDP goes nowhere: said within seconds, with the ports to open", async () => {
    const hole = await Bun.udpSocket({ hostname: "127.0.0.1" });
    const server = script("hole", `echo MOSH CONNECT ${hole.port} 4NeCCgvZFe2RnPgrcU1PQw`);
    const started = performance.now();
    const text = await failing("UDP", [`--server=${server}`, ssh(), "box"]);
    expect(performance.now() - started).toBeLessThan(15_000);
    hole.close();
    expect(text).toStartWith(`FAILED   UDP: 127.0.0.1 port ${hole.port}: no answer in 6 s\n`);
    expect(text).toContain("Open 60001-60999/udp");
    expect(text).toContain("ufw allow 60001:60999/udp), or use a port that is open: -p PORT.");
    expect(text).not.toContain("4NeCC");
  });

  onSshd("UDP is refused, or answered by something else: that is said, too", async () => {
    const other = await Bun.udpSocket({
      hostname: "127.0.0.1",
      socket: {
        data: (socket, _bytes, port, address) => void socket.send("hello there, no server", port, address),
      },
    });
    const closed = await Bun.udpSocket({ hostname: "127.0.0.1" });
    const ports = [closed.port, other.port];
    closed.close();
    const [refused, answered] = await Promise.all(
      ports.map((port) => {
        const server = script(`echo-${port}`, `echo MOSH CONNECT ${port} 4NeCCgvZFe2RnPgrcU1PQw`);
        return failing("UDP", [`--server=${server}`, "-p", "60010:60020", ssh(), "box"]);
      }),
    );
    other.close();
    expect(refused).toContain("The network says: Connection refused.");
    expect(refused).toContain("Open 60010-60020/udp");
    expect(answered).toMatch(/ {9}\d+ datagrams came that are not this server's/);
  });

  onSshd("the server's program is not in the PATH there, but elsewhere", async () => {
    mkdirSync(join(home.path, "bin"));
    writeFileSync(join(home.path, "bin", "mosh-server"), "");
    chmodSync(join(home.path, "bin", "mosh-server"), 0o755);
    const text = await failing("server program", ["--server=nowhere-server", ssh(), "box"]);
    expect(text).toStartWith("FAILED   server program: nowhere-server was not found there\n");
    expect(text).toContain(`Name it: --server=${home.path}/bin/mosh-server`);
    expect(text).toContain("skipped  UDP");
    rmSync(join(home.path, "bin"), { recursive: true });
  });

  onSshd(
    "the program is there, but does not start; anything like a key in its words is left out",
    async () => {
      const server = script(
        "broken",
        'if [ "$1" = --version ]; then echo "mosh-server (mosh 1.3.2)"; exit; fi\n' +
          "echo 'Network exception: bind: Address already in use'; echo ' MOSH CONNECT 1 4NeCCgvZFe2RnPgrcU1PQw'",
      );
      const text = await failing("server start", [`--server=${server}`, ssh(), "box"]);
      expect(text).toContain("| Network exception: bind: Address already in use");
      expect(text).toContain("The UDP ports asked for are taken there");
      expect(text).not.toContain("4NeCC");
    },
  );

  onSshd("no locale for UTF-8: stock's server fails, ours does without", async () => {
    const env = { LANG: "C", LC_ALL: "C" };
    const text = await failing("locale there", [ssh(), "box"], env);
    expect(text).toMatch(
      /locale there: ANSI_X3\.4-1968, but mosh-server needs UTF-8\n {9}The host has .*: LC_ALL=/,
    );
    const ours = await doctor([`--server=${process.execPath} ${SERVER}`, ssh(), "box"], env);
    expect([ours.verdicts, ours.status]).toEqual([ALL_WELL, 0]);
    expect(ours.out).toContain("locale there: none for UTF-8; the server needs none");
    await noServers();
  });

  onSshd("ssh: refused login, changed key, nobody listening, no such name, no program", async () => {
    const none = join(home.path, "none");
    writeFileSync(none, "");
    const cases: readonly (readonly [args: string[], said: string, ...advice: string[]])[] = [
      [[ssh("-o", "PubkeyAuthentication=no"), "box"], "| .*Permission denied", "The host refuses this login"],
      [
        [ssh("-o", `UserKnownHostsFile=${none}`), "box"],
        "| Host key verification",
        "The host's key is not the one",
      ],
      [
        [ssh("-p", "1"), "box"],
        "| sterna: Could not connect.*refused",
        "Nothing takes ssh connections there.",
      ],
      [["--ssh=ssh -F none", "name.invalid"], "| sterna: could not get canonical", "The name is not known"],
    ];
    for (const [args, said, ...advice] of cases) {
      const text = await failing("ssh login", args);
      expect(text).toMatch(new RegExp(said.replace("|", "\\|")));
      for (const line of advice) expect(text).toContain(line);
      expect(text).toContain("By itself: ssh -F ");
      expect(text).toContain("skipped  server program, locale");
    }
    expect(await failing("ssh program", ["--ssh=/nowhere/ssh", "box"])).toContain(
      "/nowhere/ssh: No such file",
    );
  });

  test("the terminal and the configuration; the rest is looked at all the same", async () => {
    expect(await failing("terminal", [], { TERM: "no-such-terminal" })).toContain(
      "Install its terminfo entry",
    );
    expect(await failing("terminal", [], { TERM: "" })).toContain("for example TERM=xterm-256color");
    const file = join(home.path, "wrong.toml");
    writeFileSync(file, "predict = 3");
    const text = await failing("configuration", [`--config=${file}`, "--local"]);
    expect(text).toContain(`${file}:1: predict: expected`);
    expect(text).toContain("ok       UDP");
  });

  test("a command line that cannot be meant", async () => {
    const child = Bun.spawn([...SOURCE_WRAPPER, "doctor", "box", "ls"], { stderr: "pipe", stdout: "pipe" });
    expect(await child.stderr.text()).toBe('sterna doctor: one host at most; what is "ls"?\n');
    expect([await child.exited, await child.stdout.text()]).toEqual([255, ""]);
  });
});
