/**
 * How root starts a program for a user, with the real login(1), su(1) and setpriv(1) on a real terminal: who it is, what
 * it gets, and that nothing is left of it after the hang-up. Root only.
 */
import { afterAll, afterEach, beforeAll, describe, expect } from "bun:test";
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Account, accountNamed, groupsOf, hasExpired } from "../../server/account.ts";
import { parseConfig } from "../../server/host/config.ts";
import { Pty } from "../../server/pty.ts";
import { candidateOf } from "../../server/users/admission.ts";
import { confined, planAsRoot, type StartMethod } from "../../server/users/start-plan.ts";
import { readLogins } from "../../server/utmp.ts";
import { alive, commandOf, familyOf, gone, kill } from "../drivers/processes.ts";
import { until } from "../drivers/wait.ts";
import { removeUser } from "../host/operator.ts";
import { peer } from "../peers.ts";

const isRoot = process.getuid?.() === 0;
const test = isRoot
  ? peer("useradd", "groupadd", "chage", "login", "su", "setpriv", "prlimit", "runuser")
  : peer("root, to make users");

const pam: StartMethod = { start: "pam", startShell: [], startCommand: [] };
const setpriv: StartMethod = { ...pam, start: "setpriv" };
/** The example of docs/operating.md. */
const own: StartMethod = parseConfig(
  /```toml\n(\[host\]\nstart-shell[^`]+)```/.exec(
    readFileSync(join(import.meta.dir, "../../docs/operating.md"), "utf8"),
  )![1]!,
  "docs/operating.md",
).host;
const name = `sternas${process.pid % 100_000}`;
const group = `${name}g`;
const home = mkdtempSync(join(tmpdir(), "sterna-start-"));
let account: Account;

function must(...command: string[]): void {
  const { exitCode, stderr } = Bun.spawnSync(command);
  if (exitCode !== 0) throw new Error(`${command.join(" ")}: ${stderr}`);
}

beforeAll(() => {
  if (!isRoot) return;
  must("groupadd", group);
  must("useradd", "-M", "-d", join(home, "h"), "-s", "/bin/bash", "-p", "*", "-G", group, name);
  account = accountNamed(name)!;
  mkdirSync(account.home);
  writeFileSync(join(account.home, ".hushlogin"), "");
  writeFileSync(join(account.home, ".inputrc"), "set enable-bracketed-paste off\n");
  writeFileSync(join(account.home, ".bash_profile"), ". ~/.bashrc\n");
  writeFileSync(join(account.home, ".bashrc"), "PS1='$ '\n");
  chownSync(account.home, account.uid, account.gid);
  Bun.spawnSync(["chmod", "755", home]);
});
afterEach(async () => {
  for (const session of Session.all.splice(0)) await session.remove();
});
afterAll(async () => {
  if (isRoot) {
    await kill(processesOf(name));
    await removeUser(name);
    must("groupdel", group);
  }
  rmSync(home, { recursive: true, force: true });
});

function processesOf(user: string): number[] {
  const { stdout } = Bun.spawnSync(["ps", "-U", user, "-o", "pid="]);
  return stdout.toString().split(/\s+/).filter(Boolean).map(Number).filter(alive);
}

/** Waits until a process of the user has become that program: before that it is still the shell. */
function runs(command: string): Promise<unknown> {
  return until(command, () => processesOf(name).some((pid) => commandOf(pid) === command));
}

class Session {
  static readonly all: Session[] = [];
  readonly pty: Pty;
  output = "";

  constructor(method: StartMethod, command?: readonly string[], environment: Record<string, string> = {}) {
    const plan = planAsRoot(account, { command, colors: 256, environment, from: "192.0.2.7" }, method);
    const none = { files: undefined, processes: undefined, memory: undefined };
    this.pty = new Pty(
      { ...confined(plan, none, hardFiles()), cols: 100, rows: 40 },
      { data: (bytes) => (this.output += Buffer.from(bytes).toString("latin1")), exit: () => {} },
    );
    Session.all.push(this);
  }

  async says(what: RegExp): Promise<RegExpExecArray> {
    return until(
      `output ${what}`,
      () => what.exec(this.output) ?? undefined,
      undefined,
      () => this.output.slice(-800),
    );
  }

  type(text: string): void {
    this.pty.write(Buffer.from(text));
  }

  async remove(): Promise<void> {
    const family = familyOf(this.pty.pid).filter(alive);
    this.pty.close();
    await kill(family);
  }
}

function hardFiles(): number {
  return Number(/^Max open files +\d+ +(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))![1]);
}

/** A script that says what it sees, one word a line; its end is marked by what no echo shows. */
const LOOK = [
  "id -un; id -Gn; tty; stat -c %U $(tty); pwd; ulimit -Sn; ulimit -Hn;",
  'env | grep -E "^(TERM|LANG|COLORTERM|HOME|USER|LOGNAME|SHELL|LD_PRELOAD|BASH_ENV|ENV|IFS|NLSPATH)=" | sort;',
  'echo "end$((1))end"',
].join(" ");

const REQUEST = {
  LANG: "C.UTF-8",
  COLORTERM: "truecolor",
  LD_PRELOAD: "/nonexistent/evil.so",
  BASH_ENV: "/nonexistent/evil",
  ENV: "/nonexistent/evil",
  IFS: "x",
  NLSPATH: "/nonexistent/%N",
  PATH: "/nonexistent",
};

describe.each<[string, StartMethod, string[] | undefined]>([
  ["a login shell through login", pam, undefined],
  ["a command through su", pam, ["bash", "-i"]],
  ["a login shell by setpriv", setpriv, undefined],
  ["a command by setpriv", setpriv, ["bash", "-i"]],
])("%s", (what, method, command) => {
  test("is the user's: groups, terminal, limits, environment", async () => {
    const session = new Session(method, command, REQUEST);
    await session.says(/\$ $/);
    // What root ran, and may still be running, has nothing of the request but the plain words.
    const environ = readFileSync(`/proc/${session.pty.pid}/environ`, "latin1");
    for (const entry of ["LD_PRELOAD", "BASH_ENV", "ENV=", "IFS", "NLSPATH", "/nonexistent"])
      expect([what, environ.includes(entry)]).toEqual([what, false]);
    session.type(`${LOOK}\r`);
    const [, text] = await session.says(/"end\$\(\(1\)\)end"\r\n([\s\S]*)end1end/);
    const [user, groups, tty, owner, directory, soft, hard, ...variables] = text!.trim().split("\r\n");
    expect([user, owner]).toEqual([name, name]);
    expect(groups!.split(" ").sort()).toEqual([name, group]);
    expect(tty).toMatch(/^\/dev\/pts\/\d+$/);
    expect(directory).toBe(account.home);
    // The usual soft limit, not the one that this process has raised for itself.
    expect(Number(soft)).toBe(Math.min(1024, hardFiles()));
    expect(Number(hard)).toBe(hardFiles());
    expect(variables).toEqual([
      "COLORTERM=truecolor",
      `HOME=${account.home}`,
      "LANG=C.UTF-8",
      `LOGNAME=${name}`,
      "SHELL=/bin/bash",
      "TERM=xterm-256color",
      `USER=${name}`,
    ]);
  });

  test("has job control, and leaves nothing behind when it is hung up", async () => {
    const session = new Session(method, command);
    await session.says(/\$ $/);
    session.type("sleep 1000\r");
    await runs("sleep 1000");
    session.type("\x1a");
    await session.says(/Stopped +sleep 1000/);
    session.type("sleep 2000 & sleep 3000\r");
    await runs("sleep 2000");
    await runs("sleep 3000");
    const family = familyOf(session.pty.pid);
    expect(family.length).toBeGreaterThanOrEqual(4);
    session.pty.close();
    await gone(family);
    expect(processesOf(name)).toEqual([]);
  });
});

describe("the records of a login", () => {
  const UTMP = "/var/run/utmp";
  const missing = isRoot && !existsSync(UTMP);
  beforeAll(() => {
    // A container has none; what is written only goes where there is one.
    if (missing) writeFileSync(UTMP, "", { mode: 0o664 });
  });
  afterAll(() => {
    if (missing) rmSync(UTMP);
  });
  const here = () => readLogins(UTMP).filter(({ user }) => user === name);

  test.each([["exit"], ["hang-up"]])("are there, and end with its %s", async (end) => {
    const session = new Session(pam);
    await session.says(/\$ $/);
    expect(here()).toMatchObject([{ host: "192.0.2.7" }]);
    if (end === "exit") {
      session.type("exit\r");
      await gone([session.pty.pid]);
    }
    session.pty.close();
    expect(here()).toEqual([]);
  });
});

describe("the operator's words", () => {
  test("a shell, and a command with its words as they were", async () => {
    const shell = new Session(own);
    await shell.says(/\$ $/);
    shell.type('echo "$(id -un) $0 $(stat -c %U $(tty)) $(pwd)"\r');
    await shell.says(new RegExp(`\n${name} -bash ${name} ${account.home}\r`));
    const command = new Session(own, [
      "bash",
      "-c",
      'printf "<%s>" "$@"; id -un; echo $HOME',
      "a",
      "b  c",
      "$(id)",
      "",
    ]);
    await command.says(new RegExp(`<b  c><\\$\\(id\\)><>${name}\r\n${account.home}\r`));
  });
});

describe("a command without a shell", () => {
  test.each<[string, StartMethod]>([
    ["pam", pam],
    ["setpriv", setpriv],
    ["the operator's words", own],
  ])("%s: is hung up, though it never looks at its terminal", async (_, method) => {
    const session = new Session(method, ["sleep", "1000"]);
    await runs("sleep 1000");
    session.pty.close();
    await until("its end", () => processesOf(name).length === 0);
    await gone([session.pty.pid]);
  });

  test("ends at once when it is hung up before it has begun", async () => {
    const session = new Session(pam, ["sleep", "1000"]);
    session.pty.close();
    await gone([session.pty.pid]);
    expect(processesOf(name)).toEqual([]);
  });

  test("keeps what was told to stay", async () => {
    const session = new Session(pam, ["bash", "-c", "nohup sleep 1000 >/dev/null 2>&1 & read x"]);
    // Not before nohup has become it: until then it has not been told.
    const running = (): number[] => processesOf(name).filter((pid) => commandOf(pid) === "sleep 1000");
    await until("the program", () => running().length === 1);
    const stays = running();
    session.pty.close();
    await gone([session.pty.pid]);
    await until("the shell's end", () => processesOf(name).length === 1);
    expect(running()).toEqual(stays);
    await kill(stays);
  });
});

describe("the account", () => {
  test("is known with its groups", () => {
    expect(groupsOf(account).toSorted()).toEqual([name, group]);
    expect(candidateOf(account)).toMatchObject({ name, uid: account.uid, shell: true, expired: false });
  });

  test("expires by its date and by a password that nobody changed, but not by a locked one", () => {
    const now = Date.now();
    must("passwd", "-q", "-l", name);
    expect(hasExpired(name, now)).toBe(false);
    must("chage", "-E", "2026-01-10", name);
    expect(hasExpired(name, Date.UTC(2026, 0, 9, 23))).toBe(false);
    expect(hasExpired(name, Date.UTC(2026, 0, 10))).toBe(true);
    must("chage", "-E", "-1", "-d", "2026-01-01", "-M", "10", "-I", "5", name);
    expect(hasExpired(name, Date.UTC(2026, 0, 16))).toBe(false);
    expect(hasExpired(name, Date.UTC(2026, 0, 17))).toBe(true);
    must("chage", "-M", "99999", "-I", "-1", name);
    expect(hasExpired(name, now)).toBe(false);
    expect(hasExpired("nobody-of-that-name", now)).toBe(false);
  });
});
