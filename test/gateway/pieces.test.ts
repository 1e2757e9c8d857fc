/** The gateway's smaller pieces: what a command line asks for, penalties, the menu, host keys. */
import { afterAll, describe, expect, test } from "bun:test";
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { planExec } from "../../server/gateway/exec-line.ts";
import { loadHostKeys } from "../../server/gateway/host-keys.ts";
import { choose, menuText } from "../../server/gateway/menu.ts";
import { Penalties } from "../../server/gateway/penalties.ts";
import { EscapeFilter } from "../../server/host/escape-filter.ts";
import type { SessionInfo } from "../../server/host/messages.ts";
import { shellQuoteAll } from "../../sys/shell-words.ts";

const CONNECTION = "192.0.2.7 50000 198.51.100.1 2222";

describe("what a command line asks for", () => {
  const options = (line: string) => {
    const plan = planExec(line, CONNECTION);
    return plan.kind === "new" ? plan.invocation.options : plan.kind;
  };

  test("as stock's wrapper and ours write it", () => {
    const words = ["new", "-c", "256", "-s", "-l", "LANG=C.UTF-8", "--", "vim", "it's"];
    expect(options(`mosh-server ${shellQuoteAll(words)}`)).toMatchObject({
      colors: 256,
      address: "198.51.100.1",
      locale: ["LANG=C.UTF-8"],
      command: ["vim", "it's"],
    });
  });

  test("with assignments, env, exec, a path and the question for the address", () => {
    const question =
      'sh -c \'[ -n "$SSH_CONNECTION" ] && printf "\\nMOSH SSH_CONNECTION %s\\n" "$SSH_CONNECTION"\' ; ';
    const plan = planExec(
      `${question}exec env MOSH_SERVER_NETWORK_TMOUT=600 LD_PRELOAD=/x LC_ALL=C.UTF-8 /usr/bin/mosh-server new -p 60001`,
      CONNECTION,
    );
    if (plan.kind !== "new") throw new Error(plan.kind);
    expect(plan.tellConnection).toBe(true);
    expect(plan.environment).toEqual({ MOSH_SERVER_NETWORK_TMOUT: "600", LC_ALL: "C.UTF-8" });
    expect(plan.invocation.options.ports).toEqual({ low: 60001, high: 60001 });
  });

  test("commands of the host", () => {
    const plan = planExec("sterna-server attach --or-new desk -- top", CONNECTION);
    if (plan.kind !== "command" || plan.command.kind !== "attach") throw new Error(plan.kind);
    expect(plan.command).toMatchObject({ name: "desk", orNew: true, options: { command: ["top"] } });
  });

  test.each([
    "uptime",
    "",
    "mosh-server new; rm -rf /",
    "mosh-server new && id",
    "mosh-server new | cat",
    "sh -c 'mosh-server new'",
    "scp -t /tmp",
    "mosh-server 'new",
    "notmosh-server new",
    "mosh-server new -- vim ~/notes",
    'mosh-server new -- echo "$HOME"',
    'mosh-server new -- echo "`id`"',
    "mosh-server new # that is all",
  ])("%p is for a shell", (line) => {
    expect(planExec(line, CONNECTION).kind).toBe("other");
  });

  test("quoted, the same words are nobody's business but the program's", () => {
    for (const line of ["-- vim '~/notes' '# x' '$HOME'", '-- vim "~/notes" "# x" "\\$HOME"'])
      expect(options(`mosh-server new ${line}`)).toMatchObject({
        command: ["vim", "~/notes", "# x", "$HOME"],
      });
  });

  test("--help and --version are the program's", () => {
    expect(planExec("sterna-server --version", CONNECTION)).toMatchObject({
      kind: "text",
      out: expect.stringMatching(/^sterna-server \d/),
    });
    expect(planExec("mosh-server --help", CONNECTION)).toMatchObject({
      kind: "text",
      out: expect.stringMatching(/^Usage: /),
    });
  });

  test("mistakes are answered as the program answers them", () => {
    const plan = planExec("mosh-server new -p 99999", CONNECTION);
    expect(plan).toMatchObject({ kind: "text", status: 1 });
    expect(plan.kind === "text" && plan.err).toContain("outside valid range");
  });
});

describe("penalties", () => {
  test("a few mistakes are forgiven, more are not, and time heals", () => {
    const penalties = new Penalties();
    for (let i = 0; i < 3; i++) {
      penalties.add("192.0.2.1", "failed", 0);
      expect(penalties.refuses("192.0.2.1", 0)).toBe(false);
    }
    penalties.add("192.0.2.1", "failed", 0);
    expect(penalties.refuses("192.0.2.1", 0)).toBe(true);
    expect(penalties.refuses("::ffff:192.0.2.1", 0)).toBe(true);
    expect(penalties.refuses("192.0.2.2", 0)).toBe(false);
    expect(penalties.refuses("192.0.2.1", 5_001)).toBe(false);
  });

  test("they never last longer than ten minutes", () => {
    const penalties = new Penalties();
    for (let i = 0; i < 10_000; i++) penalties.add("192.0.2.1", "broken", 0);
    expect(penalties.refuses("192.0.2.1", 600_000)).toBe(false);
  });

  test("an IPv6 network is one source", () => {
    const penalties = new Penalties();
    for (let i = 0; i < 5; i++) penalties.add(`2001:db8:1:2::${i}`, "failed", 0);
    expect(penalties.refuses("2001:db8:1:2:ffff::1", 0)).toBe(true);
    expect(penalties.refuses("2001:db8:1:3::1", 0)).toBe(false);
  });

  test("the table is bounded", () => {
    const penalties = new Penalties();
    for (let i = 0; i < 70_000; i++) penalties.add(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, "failed", 0);
    expect(penalties.size).toBeLessThanOrEqual(65_536);
    penalties.add("10.1.1.1", "failed", 5_001);
    expect(penalties.size).toBe(1);
  });

  test("whoever has many IPv6 networks cannot push out what IPv4 sources did", () => {
    const penalties = new Penalties();
    for (let i = 0; i < 4; i++) penalties.add("192.0.2.1", "failed", 0);
    for (let i = 0; i < 70_000; i++)
      penalties.add(`2001:db8:${(i >> 16).toString(16)}:${(i & 65535).toString(16)}::1`, "failed", 0);
    expect(penalties.refuses("192.0.2.1", 0)).toBe(true);
  });
});

describe("the menu", () => {
  const session = (name: string, lastSeen: number): SessionInfo => ({
    name,
    user: "alice",
    created: 0,
    lastSeen,
    size: { cols: 80, rows: 24 },
    title: "\x1b]0;evil\x07",
    attachments: [],
    shard: 0,
  });
  const sessions = [session("old", 1000), session("new", 2000)];

  test("shows the last one first, and nothing that a program wrote as it is", () => {
    const text = menuText(sessions, 3000);
    expect(text).toMatch(/ {2}1 {2}new .*\r\n {2}2 {2}old /s);
    expect(text).not.toContain("\x1b");
  });

  test("keys", () => {
    const key = (text: string) => choose(text.charCodeAt(0), sessions);
    expect(key("1")).toEqual({ kind: "attach", name: "new" });
    expect(key("2")).toEqual({ kind: "attach", name: "old" });
    expect(key("3")).toBeUndefined();
    expect(key("\r")).toEqual({ kind: "attach", name: "new" });
    expect(choose(13, [])).toEqual({ kind: "new" });
    expect(key("n")).toEqual({ kind: "new" });
    expect(key("p")).toEqual({ kind: "plain" });
    for (const quit of ["q", "\x03", "\x04"]) expect(key(quit)).toEqual({ kind: "quit" });
    expect(key("\x1b")).toBeUndefined();
  });
});

describe("the escape key of a stream", () => {
  const filter = (...blocks: string[]) => {
    const keys = new EscapeFilter();
    return blocks.map((block) => {
      const { pass, leave } = keys.filter(Buffer.from(block));
      return [Buffer.from(pass).toString(), leave];
    });
  };
  test("leaves, is sent literally, or was meant for the program", () => {
    expect(filter("ab\x1e.cd")).toEqual([["ab", true]]);
    expect(filter("a\x1e", ".")).toEqual([
      ["a", false],
      ["", true],
    ]);
    expect(filter("\x1e^x\x1e\x1e")).toEqual([["\x1ex\x1e", false]]);
    expect(filter("\x1eq")).toEqual([["\x1eq", false]]);
  });
});

describe("host keys", () => {
  const directory = join(mkdtempSync(join(tmpdir(), "sterna-hostkeys-")), "keys");
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test("are made once, for the owner's eyes only, and stay the same", () => {
    const first = loadHostKeys(directory);
    expect(first.length).toBe(2);
    for (const name of readdirSync(directory).filter((file) => !file.endsWith(".pub")))
      expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);
    expect(loadHostKeys(directory)).toEqual(first);
    const checked = Bun.spawnSync(["ssh-keygen", "-l", "-f", join(directory, "ssh_host_ed25519_key.pub")]);
    expect(checked.stdout.toString()).toContain("(ED25519)");
  });

  test("a draft that a start has left behind, readable by all, is not written into", () => {
    const other = mkdtempSync(join(tmpdir(), "sterna-hostkeys-"));
    writeFileSync(join(other, "elsewhere"), "", { mode: 0o644 });
    symlinkSync(join(other, "elsewhere"), join(other, "ssh_host_ed25519_key.new"));
    expect(loadHostKeys(other).length).toBe(2);
    expect(readFileSync(join(other, "elsewhere"), "utf8")).toBe("");
    rmSync(other, { recursive: true });
  });

  test("what is no private key is named", () => {
    const other = mkdtempSync(join(tmpdir(), "sterna-hostkeys-"));
    loadHostKeys(other);
    const path = join(other, "ssh_host_ed25519_key");
    const shown = readFileSync(`${path}.pub`);
    for (const [contents, fault] of [
      [shown, "a public key; expected the private one"],
      ["", "Unsupported key format"],
    ] as const) {
      writeFileSync(path, contents);
      expect(() => loadHostKeys(other)).toThrow(`${path}: ${fault}`);
    }
    rmSync(path);
    symlinkSync("/dev/zero", path);
    // Its mode is looked at first.
    expect(() => loadHostKeys(other)).toThrow(path);
    rmSync(other, { recursive: true });
  });

  test("a key that others can read is refused", () => {
    const path = join(directory, "ssh_host_ed25519_key");
    chmodSync(path, 0o644);
    expect(() => loadHostKeys(directory)).toThrow("others may read this key (mode 0644); expected 0600");
    chmodSync(path, 0o600);
    expect(readFileSync(path, "utf8")).toContain("PRIVATE KEY");
  });
});
