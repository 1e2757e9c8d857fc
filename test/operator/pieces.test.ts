/** Logs, admission, the plan of a user's program, systemd's messages, histograms: the operator's smaller pieces. */

import { dlopen } from "bun:ffi";
import { afterAll, describe, expect, test } from "bun:test";
import { closeSync, existsSync, fstatSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { accountNamed, accountOf, groupsOf, isLoginShell } from "../../server/account.ts";
import { Histogram } from "../../server/operator/histogram.ts";
import { isJournal, type Level, Log } from "../../server/operator/log.ts";
import { serveMetrics } from "../../server/operator/metrics-server.ts";
import { SystemdNotifier } from "../../server/operator/sd-notify.ts";
import { closedNotice, refusalFor } from "../../server/users/admission.ts";
import { confined, passingEnvironment, planAsRoot } from "../../server/users/start-plan.ts";

describe("the log", () => {
  const log = (level: Level, format: "json" | "text", journal = false) => {
    const lines: string[] = [];
    const clock = { now: Date.UTC(2026, 10, 27) };
    const it = new Log({ level, format, journal, write: (line) => lines.push(line), now: () => clock.now });
    return { it, lines, clock };
  };

  test("a line an event, for people or for programs", () => {
    const text = log("info", "text");
    text.it.event("info", "login", { user: "alice", from: "::1", reason: 'a "b"\nc' });
    text.it.event("debug", "not shown");
    expect(text.lines).toEqual([
      '2026-11-27T00:00:00.000Z info  login user=alice from=::1 reason="a \\"b\\"\\nc"\n',
    ]);
    const json = log("debug", "json", true);
    json.it.event("warn", "x", { line: 1 });
    expect(json.lines[0]!.slice(0, 3)).toBe("<4>");
    expect(JSON.parse(json.lines[0]!.slice(3))).toEqual({
      time: "2026-11-27T00:00:00.000Z",
      level: "warn",
      event: "x",
      line: 1,
    });
  });

  test("a flood of one event is counted, and hides no other", () => {
    const { it, lines, clock } = log("info", "text");
    for (let i = 0; i < 1000; i++) it.event("info", "refused", { line: i });
    it.event("info", "login");
    expect(lines.length).toBe(51);
    clock.now += 10_000;
    it.event("info", "refused", { line: 1000 });
    expect(lines.slice(51).map((line) => line.slice(25))).toEqual([
      "info  refused: not logged lines=950\n",
      "info  refused line=1000\n",
    ]);
  });
});

test("what was left out of a flood is said when it is over, once", () => {
  const lines: string[] = [];
  const clock = { now: 0 };
  const log = new Log({
    level: "info",
    format: "text",
    journal: false,
    write: (line) => lines.push(line.slice(25)),
    now: () => clock.now,
  });
  for (let i = 0; i < 60; i++) log.event("warn", "refused");
  log.event("warn", "seldom");
  log.flush();
  expect(lines.length).toBe(51);
  clock.now += 10_000;
  log.flush();
  log.flush();
  expect(lines.slice(51)).toEqual(["info  refused: not logged lines=10\n"]);
});

test("standard error is the journal's if it is the stream that systemd names", () => {
  const directory = mkdtempSync(join(tmpdir(), "sterna-journal-"));
  const fd = openSync(join(directory, "stream"), "w");
  const { dev, ino } = fstatSync(fd, { bigint: true });
  expect(isJournal(`${dev}:${ino}`, fd)).toBe(true);
  // A host whose standard error was led elsewhere inherits the variable.
  for (const stream of [`${dev}:${ino + 1n}`, `${dev + 1n}:${ino}`, "", "x", undefined])
    expect(isJournal(stream, fd)).toBe(false);
  closeSync(fd);
  expect(isJournal(`${dev}:${ino}`, fd)).toBe(false);
  rmSync(directory, { recursive: true });
});

describe("admission", () => {
  const rules = { allow: [], deny: [], allowGroups: [], denyGroups: [], root: false };
  const alice = {
    name: "alice",
    uid: 1000,
    groups: ["alice", "dev"],
    shell: true,
    expired: false,
    closed: undefined,
  };
  test.each<[object, object, boolean]>([
    [{}, {}, true],
    [{ allow: ["al*"] }, {}, true],
    [{ allow: ["b?b"] }, {}, false],
    [{ allow: ["b?b"], allowGroups: ["dev"] }, {}, true],
    [{ allow: ["alice"], deny: ["*"] }, {}, false],
    [{ denyGroups: ["dev"] }, {}, false],
    [{}, { shell: false }, false],
    [{}, { uid: 0, name: "root" }, false],
    [{ root: true }, { uid: 0, name: "root" }, true],
    [{ allow: ["a.ice"] }, {}, false],
    [{ allow: ["*", "!alice"] }, {}, false],
    [{ allow: [`${"a*".repeat(40)}x`] }, { name: "a".repeat(200) }, false],
    [{}, { expired: true }, false],
    [{}, { closed: "Back at noon." }, false],
    [{ root: true }, { uid: 0, name: "root", closed: "Back at noon." }, true],
  ])("%p lets %p in: %p", (rule, who, admitted) => {
    expect(refusalFor({ ...alice, ...who }, { ...rules, ...rule }) === undefined).toBe(admitted);
  });

  test("says what the person can do something about, and nothing about the rules", () => {
    expect(refusalFor({ ...alice, expired: true }, rules)).toBe("The account of user alice has expired.");
    expect(refusalFor({ ...alice, closed: "Back at noon." }, rules)).toBe("Back at noon.");
    const no = "User alice may not have sessions on this host.";
    for (const rule of [{ deny: ["alice"] }, { denyGroups: ["dev"] }, { allow: ["bob"] }])
      expect(refusalFor({ ...alice, expired: true, closed: "x" }, { ...rules, ...rule })).toBe(no);
  });

  test("reads nologin(5), on one line that a terminal can bear", () => {
    const path = join(mkdtempSync(join(tmpdir(), "sterna-nologin-")), "nologin");
    expect(closedNotice([path])).toBeUndefined();
    writeFileSync(path, "Back at\nnoon.\x1b[2J\n");
    expect(closedNotice(["/nonexistent/nologin", path])).toBe("Back at noon. [2J");
    writeFileSync(path, "");
    expect(closedNotice([path])).toBe("This system takes no logins now.");
    rmSync(join(path, ".."), { recursive: true });
  });

  test("accounts are those of the C library", () => {
    const root = accountOf(0)!;
    expect(root).toMatchObject({ name: "root", uid: 0, gid: 0 });
    expect(accountNamed("root")).toEqual(root);
    expect(groupsOf(root)).toContain("root");
    for (const name of ["", "-x", "a:b", "a\0b", "no-such-user-here", "root\n", "/root", "../root"])
      expect(accountNamed(name)).toBeUndefined();
    expect(isLoginShell("/usr/sbin/nologin")).toBe(false);
    expect(isLoginShell("/bin/false", "/nonexistent")).toBe(false);
    expect(isLoginShell("/opt/shell", "/nonexistent")).toBe(true);
  });
});

describe("the plan of a user's program", () => {
  const account = { name: "alice", uid: 1000, gid: 1000, home: "/home/alice", shell: "/bin/zsh" };
  const pam = { start: "pam", startShell: [], startCommand: [] } as const;
  const setpriv = { ...pam, start: "setpriv" } as const;
  const request = { command: undefined, colors: 256, environment: {}, from: "192.0.2.1" };

  test("what passes from the request is a short list of plain words", () => {
    expect(
      passingEnvironment(
        {
          LANG: "de_DE.UTF-8",
          LC_ALL: "../../evil",
          LC_TIME: "C",
          LD_PRELOAD: "/x.so",
          BASH_ENV: "x",
          PATH: "/evil",
          TERM: "x;y",
          SSH_AUTH_SOCK: "/tmp/ssh-1/agent.2",
          SSH_CONNECTION: "1.2.3.4 5 6.7.8.9 10",
          COLORTERM: "a".repeat(300),
        },
        8,
      ),
    ).toEqual({
      LANG: "de_DE.UTF-8",
      LC_TIME: "C",
      SSH_AUTH_SOCK: "/tmp/ssh-1/agent.2",
      SSH_CONNECTION: "1.2.3.4 5 6.7.8.9 10",
      TERM: "xterm",
      NCURSES_NO_UTF8_ACS: "1",
    });
  });

  test("a login, with an address only if it is one", () => {
    expect(planAsRoot(account, request, pam).command).toEqual([
      ...["login", "-p", "-h", "192.0.2.1", "-f", "alice"],
    ]);
    expect(planAsRoot(account, { ...request, from: "x y" }, pam).command).toEqual([
      "login",
      "-p",
      "-f",
      "alice",
    ]);
  });

  test("limits stand in front, before the change of user", () => {
    const plan = planAsRoot(account, request, setpriv);
    expect(plan.command.slice(0, 2)).toEqual(["setpriv", "--reuid=1000"]);
    expect(plan.terminalOwner).toEqual({ uid: 1000, gid: 1000 });
    const limited = confined(plan, { files: 100, processes: undefined, memory: 5 }, 20_000);
    expect(limited.command.slice(0, 4)).toEqual(["prlimit", "--nofile=100", "--as=5", "--"]);
    // Without a limit of the operator's: the usual soft one, and the hard one as it is.
    const none = { files: undefined, processes: undefined, memory: undefined };
    expect(confined(plan, none, 20_000).command.slice(0, 3)).toEqual(["prlimit", "--nofile=1024:", "--"]);
    expect(confined(plan, none, 512).command[1]).toBe("--nofile=512:");
  });

  test("the operator's words: what they name is put in, and nothing is split", () => {
    const own = {
      start: "pam",
      startShell: ["enter", "--as={uid}:{gid}", "{user}", "{from}", "{home}", "{shell}"],
      startCommand: ["enter", "{user}", "--", "{command}", "end"],
    } as const;
    const shell = planAsRoot({ ...account, home: "/home/a b{uid}" }, request, own);
    expect(shell.command).toEqual([
      ...["enter", "--as=1000:1000", "alice", "192.0.2.1", "/home/a b{uid}", "/bin/zsh"],
    ]);
    expect(shell.terminalOwner).toEqual({ uid: 1000, gid: 1000 });
    const words = ["x y", "{user}", "", "$(id)"];
    expect(planAsRoot(account, { ...request, command: words }, own).command).toEqual([
      ...["enter", "alice", "--", ...words, "end"],
    ]);
    expect(planAsRoot(account, { ...request, from: "-x" }, own).command[3]).toBe("localhost");
  });
});

describe("systemd", () => {
  const directory = mkdtempSync(join(tmpdir(), "sterna-notify-"));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test("hears what the host says, on a path and on an abstract name", () => {
    const { symbols } = dlopen("libc.so.6", {
      socket: { args: ["i32", "i32", "i32"], returns: "i32" },
      bind: { args: ["i32", "ptr", "u32"], returns: "i32" },
      recv: { args: ["i32", "ptr", "u64", "i32"], returns: "i64" },
      close: { args: ["i32"], returns: "i32" },
    });
    for (const name of [join(directory, "notify"), `@sterna-test-${process.pid}`]) {
      const path = Buffer.from(name.replace(/^@/, "\0"));
      const address = Buffer.concat([Buffer.from([1, 0]), path]);
      const fd = symbols.socket(1, 2, 0);
      expect(symbols.bind(fd, address, address.length)).toBe(0);
      const notifier = new SystemdNotifier({ NOTIFY_SOCKET: name, WATCHDOG_USEC: "30000000" });
      expect(notifier.watchdogMs).toBe(30_000);
      notifier.ready("2 shards");
      notifier.alive();
      notifier.reloading(17n);
      const bytes = Buffer.alloc(200);
      const received = Array.from({ length: 3 }, () => {
        const length = Number(symbols.recv(fd, bytes, 200n, 0x40));
        return bytes.toString("utf8", 0, length);
      });
      expect(received).toEqual(["READY=1\nSTATUS=2 shards", "WATCHDOG=1", "RELOADING=1\nMONOTONIC_USEC=17"]);
      symbols.close(fd);
    }
  });

  test("is not spoken to where there is none", () => {
    const notifier = new SystemdNotifier({ WATCHDOG_USEC: "1000" });
    expect(notifier.watchdogMs).toBeUndefined();
    notifier.ready("x");
    new SystemdNotifier({ NOTIFY_SOCKET: "relative" }).ready("x");
    new SystemdNotifier({ NOTIFY_SOCKET: "/nonexistent/socket" }).ready("x");
    expect(existsSync("relative")).toBe(false);
    expect(
      new SystemdNotifier({ NOTIFY_SOCKET: "/x", WATCHDOG_USEC: "1", WATCHDOG_PID: "1" }).watchdogMs,
    ).toBeUndefined();
  });
});

test("a histogram's buckets double, and nothing is lost beyond the last", () => {
  const histogram = new Histogram(1, 3);
  for (const value of [0, 1, 1.5, 4, 4.1, 1e9]) histogram.record(value);
  expect(histogram.bounds).toEqual([1, 2, 4]);
  expect(histogram.data).toEqual({ counts: [2, 1, 1, 2], sum: 1e9 + 10.6 });
});

test("metrics are for this machine only", () => {
  for (const address of ["0.0.0.0", "192.0.2.1", "::"])
    expect(() => serveMetrics({ address, port: 0 }, async () => "")).toThrow("expected 127.0.0.1 or ::1");
});
