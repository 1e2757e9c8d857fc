/** What the child is and what a person logging in is told: plans, message of the day, records of who is here. */
import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loginNotices, type NoticeSources } from "../../server/notices.ts";
import { planChild } from "../../server/shell.ts";
import { readLogins, UtmpRecord } from "../../server/utmp.ts";

/** This process's user, as another program sees it. */
const [USER = "", , , , , USER_HOME = "", USER_SHELL = ""] = Bun.spawnSync([
  "sh",
  "-c",
  "getent passwd $(id -u)",
])
  .stdout.toString()
  .trim()
  .split(":");

const directory = mkdtempSync(join(tmpdir(), "sterna-login-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe("the child", () => {
  const account = () => ({ home: directory, shell: "/bin/database-shell" });
  const environment = {
    HOME: directory,
    SHELL: "/usr/bin/zsh",
    STY: "1.screen",
    PATH: "/bin",
    LANG: "C.UTF-8",
  };

  test("is the user's shell as a login shell, in the home directory", () => {
    expect(planChild(undefined, 256, environment, account)).toEqual({
      command: ["/usr/bin/zsh"],
      argv0: "-zsh",
      login: true,
      environment: {
        HOME: directory,
        SHELL: "/usr/bin/zsh",
        PATH: "/bin",
        LANG: "C.UTF-8",
        PWD: directory,
        TERM: "xterm-256color",
        NCURSES_NO_UTF8_ACS: "1",
      },
      directory,
      complaint: undefined,
    });
  });

  test("is a command as given, with no login", () => {
    const plan = planChild(["ls", "-l"], 8, environment, account);
    expect(plan).toMatchObject({ command: ["ls", "-l"], argv0: undefined, login: false, directory });
    expect(plan.environment.TERM).toBe("xterm");
  });

  test.each([-1, 0, 8, 255, 257, 16_777_216])("TERM is plain xterm with %p colors", (colors) => {
    expect(planChild(undefined, colors, environment, account).environment.TERM).toBe("xterm");
  });

  test("comes from the user database where the environment is silent", () => {
    const plan = planChild(undefined, 256, {}, account);
    expect(plan).toMatchObject({ command: ["/bin/database-shell"], argv0: "-database-shell", directory });
    expect(plan.environment).toMatchObject({ HOME: directory, SHELL: "/bin/database-shell" });
    expect(planChild(undefined, 256, { SHELL: "" }, account).command).toEqual(["/bin/sh"]);
    expect(planChild(undefined, 256, {}, () => undefined)).toMatchObject({
      command: ["/bin/sh"],
      directory: "/",
    });
  });

  test.each(["/proc/nowhere", "/dev/null", "/dev/null/home"])(
    "starts in / with a complaint if HOME is %s",
    (HOME) => {
      const plan = planChild(undefined, 256, { ...environment, HOME }, account);
      expect(plan.directory).toBe("/");
      expect(plan.environment).toMatchObject({ HOME, PWD: "/" });
      expect(plan.complaint).toBe(`Could not chdir to home directory ${HOME}`);
    },
  );

  test("this machine's user database is read", () => {
    const plan = planChild(undefined, 256, {});
    expect(plan.environment.HOME).toBe(USER_HOME);
    expect(plan.environment.SHELL).toBe(USER_SHELL);
  });
});

/** A file of utmp records as glibc lays them out. */
function utmpFile(...records: { type?: number; user?: string; line: string; host: string }[]): Uint8Array {
  const size = process.arch === "arm64" ? 400 : 384;
  return Buffer.concat(
    records.map(({ type = 7, user = USER, line, host }) => {
      const bytes = Buffer.alloc(size);
      bytes.writeInt16LE(type, 0);
      bytes.write(line, 8);
      bytes.write(user, 44);
      bytes.write(host, 76);
      return bytes;
    }),
  );
}

/** A machine with these files; names are paths below a fresh directory. */
function machine(files: Record<string, string | Uint8Array>): NoticeSources & { home: string } {
  const root = mkdtempSync(join(directory, "machine-"));
  for (const part of ["home", "dev/pts"]) mkdirSync(join(root, part), { recursive: true });
  for (const line of ["1", "2", "3"]) writeFileSync(join(root, "dev/pts", line), "");
  for (const [name, contents] of Object.entries(files)) writeFileSync(join(root, name), contents);
  return {
    home: join(root, "home"),
    dynamicMotd: [join(root, "motd.dynamic"), join(root, "motd.old")],
    motd: join(root, "motd"),
    utmp: join(root, "utmp"),
    devices: join(root, "dev"),
  };
}

const notices = (sources: NoticeSources & { home: string }) =>
  new TextDecoder().decode(loginNotices(sources.home, 100, sources));

describe("the message of the day", () => {
  test("dynamic, then static; line feeds also return the carriage; other bytes as they are", () => {
    const sources = machine({ "motd.dynamic": "dynamic\n", "motd.old": "old\n", motd: "grüße\n\nlast" });
    expect(notices(sources)).toBe("dynamic\r\ngrüße\r\n\r\nlast");
  });

  test("the second dynamic place only if the first cannot be read", () => {
    expect(notices(machine({ "motd.old": "old\n" }))).toBe("old\r\n");
    expect(notices(machine({}))).toBe("");
  });

  test("nothing at all with .hushlogin", () => {
    const detached = { line: "pts/1", host: "mosh [7]" };
    expect(notices(machine({ motd: "x\n", utmp: utmpFile(detached), "home/.hushlogin": "" }))).toBe("");
  });
});

describe("sessions that wait for their client", () => {
  const via = { line: "pts/2", host: "10.0.0.1 via mosh [8]" };

  test("one, in stock's words", () => {
    const utmp = utmpFile(via, { line: "pts/1", host: "mosh [7]" }, { line: "tty1", host: "" });
    expect(notices(machine({ utmp }))).toBe(
      "\x1b[37;44mMosh: You have a detached Mosh session on this server (mosh [7]).\x1b[m\r\n\r\n",
    );
  });

  test("several", () => {
    const utmp = utmpFile({ line: "pts/1", host: "mosh [7]" }, via, { line: "pts/3", host: "mosh [9]" });
    expect(notices(machine({ utmp }))).toBe(
      "\x1b[37;44mMosh: You have 2 detached Mosh sessions on this server, with PIDs:\r\n" +
        "        - mosh [7]\r\n        - mosh [9]\r\n\x1b[m\r\n",
    );
  });

  test("not our own, not another user's, not one whose terminal is gone, not one that is no login", () => {
    const utmp = utmpFile(
      { line: "pts/1", host: "mosh [100]" },
      { line: "pts/1", host: "mosh [7]", user: "somebody" },
      { line: "pts/77", host: "mosh [7]" },
      { line: "pts/1", host: "mosh [7]", type: 8 },
      { line: "pts/1", host: "mosh 7" },
      { line: "pts/1", host: "a mosh [7]" },
    );
    expect(notices(machine({ utmp }))).toBe("");
  });

  test("a file that is cut off in a record, or no such file at all", () => {
    const utmp = utmpFile({ line: "pts/1", host: "mosh [7]" }, { line: "pts/2", host: "x".repeat(256) });
    const path = join(directory, "cut");
    writeFileSync(path, utmp.subarray(0, -1));
    expect(readLogins(path).map(({ host }) => host)).toEqual(["mosh [7]"]);
    writeFileSync(path, utmp);
    expect(readLogins(path)[1]).toEqual({ user: USER, line: "pts/2", host: "x".repeat(256) });
    expect(readLogins(join(directory, "missing"))).toEqual([]);
  });
});

test("our own record says who is connected, and after 30 s of silence that nobody is", () => {
  const calls: string[] = [];
  const record = new UtmpRecord(
    {
      add: (master, host) => calls.push(`+${master} ${host}`),
      remove: (master) => calls.push(`-${master}`),
    },
    5,
    100,
  );
  const after = (silent: number, host = "10.0.0.1"): string[] => {
    record.update(host, silent);
    return calls.splice(0);
  };
  expect(after(0)).toEqual(["+5 10.0.0.1 via mosh [100]"]);
  expect(after(29_000)).toEqual([]);
  expect(record.waitTime(29_000)).toBe(1001);
  expect(after(30_001)).toEqual(["-5", "+5 mosh [100]"]);
  expect(after(90_000)).toEqual([]);
  expect(record.waitTime(90_000)).toBe(Number.POSITIVE_INFINITY);
  expect(after(0, "::ffff:10.0.0.2")).toEqual(["-5", "+5 10.0.0.2 via mosh [100]"]);
  record.remove();
  record.remove();
  expect(calls).toEqual(["-5"]);
});
