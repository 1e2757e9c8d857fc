/** authorized_keys: the lines sshd understands, what each option does here, and which files are trusted. */
import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addressMatches, inNetwork, parseAuthorizedKeys } from "../../server/gateway/authorized-keys.ts";
import { readKeyFiles } from "../../server/gateway/key-file.ts";

const blob = (type: string): string => {
  const bytes = Buffer.alloc(4 + type.length + 36, 7);
  bytes.writeUInt32BE(type.length, 0);
  bytes.write(type, 4);
  return bytes.toString("base64");
};
const ED = `ssh-ed25519 ${blob("ssh-ed25519")}`;

describe("lines", () => {
  const one = (line: string) => parseAuthorizedKeys(`# comment\n\n${line}\n`);
  test("a key alone, with comment, with blanks around", () => {
    for (const line of [ED, `${ED} alice@example.org`, `  ${ED}\tx y z  `]) {
      const { keys, skipped } = one(line);
      expect(skipped).toEqual([]);
      expect(keys).toEqual([
        {
          type: "ssh-ed25519",
          blob: keys[0]!.blob,
          command: undefined,
          from: undefined,
          pty: true,
          expires: undefined,
        },
      ]);
    }
  });

  test.each<[string, object]>([
    ["no-pty", { pty: false }],
    ["restrict", { pty: false }],
    ["restrict,pty", { pty: true }],
    ["RESTRICT,PTY", { pty: true }],
    ['command="echo \\"a, b\\" # c"', { command: 'echo "a, b" # c' }],
    ['command="printf \\\\n"', { command: "printf \\\\n" }],
    ['expiry-time="20300102Z",expiry-time="20400102Z"', { expires: Date.UTC(2030, 0, 2) }],
    ['from="10.0.0.0/8,!10.1.*,::1",no-agent-forwarding', { from: ["10.0.0.0/8", "!10.1.*", "::1"] }],
    ['expiry-time="20300102Z"', { expires: Date.UTC(2030, 0, 2) }],
    ['expiry-time="203001020304Z"', { expires: Date.UTC(2030, 0, 2, 3, 4) }],
    ['environment="A=b",permitopen="h:1",user-rc', {}],
  ])("%s", (options, expected) => {
    expect(one(`${options} ${ED}`).keys[0]).toMatchObject(expected);
  });

  test.each([
    ["frobnicate", "its option frobnicate is not known"],
    ["cert-authority", "certificates are not supported"],
    ['expiry-time="soon"', "its expiry-time is no time"],
    ['command="open', "a quote in its options is not closed"],
    // sshd takes the second backslash and the quote for an escaped quote.
    ['command="x\\\\"', "a quote in its options is not closed"],
    ['command="a",command="b"', "it has command twice"],
    ['from="10.0.0.0/8",FROM="*"', "it has from twice"],
    ['from="10.0.0.0/8,!10.2.0.0/40"', "in its from=, !10.2.0.0/40 is no network"],
    ['from="*,!10.2.0.0/255.255.0.0"', "in its from=, !10.2.0.0/255.255.0.0 is no network"],
    ['from="10.2.3.4/8"', "in its from=, 10.2.3.4/8 is no network"],
    ['expiry-time="20301301Z"', "its expiry-time is no time"],
    ['expiry-time="203001022400Z"', "its expiry-time is no time"],
  ])("%s: the line is not used", (options, reason) => {
    const { keys, skipped } = one(`${options} ${ED}`);
    expect(keys).toEqual([]);
    expect(skipped).toEqual([{ line: 3, reason }]);
  });

  test("keys of other kinds, and damaged ones", () => {
    expect(one("ssh-dss AAAA").skipped[0]!.reason).toBe("no key of a known type");
    expect(one("sk-ssh-ed25519@openssh.com AAAA").skipped[0]!.reason).toContain("security keys");
    expect(one("ssh-ed25519 AAAA").skipped[0]!.reason).toBe("the key is damaged");
    expect(one(`ssh-rsa ${blob("ssh-ed25519")}`).skipped[0]!.reason).toBe("the key is damaged");
    expect(one("ssh-ed25519 ///\x1b[31m").keys).toEqual([]);
  });
});

describe("from", () => {
  test.each<[string, string[], boolean]>([
    ["10.2.3.4", ["10.0.0.0/8"], true],
    ["11.2.3.4", ["10.0.0.0/8"], false],
    ["10.2.3.4", ["10.0.0.0/8", "!10.2.*"], false],
    ["10.2.3.4", ["10.0.0.0/8", "!10.2.0.0/16"], false],
    ["10.2.3.4", ["10.2.3.?"], true],
    ["::ffff:10.2.3.4", ["10.2.3.4"], true],
    ["2001:db8::7", ["2001:db8::/32"], true],
    ["2001:db9::7", ["2001:db8::/32"], false],
    ["10.2.3.4", ["*.example.org"], false],
    // However an address is written, it is the same one.
    ["2001:db8::7", ["2001:DB8:0:0::7"], true],
    ["2001:db8::7", ["2001:db8::/32", "!2001:0db8::0007"], false],
    ["2001:db8::7", ["2001:db8::/32", "!2001:DB8:*"], false],
    ["2001:db8::7", ["1::2::3"], false],
    ["10.2.3.4", [], false],
  ])("%s by %p: %p", (address, patterns, expected) => {
    expect(addressMatches(address, patterns)).toBe(expected);
  });

  test("networks that are none let nobody in", () => {
    for (const network of ["10.0.0.0/33", "10.0.0/8", "x/8", "10.0.0.0/-1", "10.0.0.0/", "::/0"])
      expect(inNetwork("10.0.0.1", network)).toBe(false);
  });
});

describe("files", () => {
  const root = mkdtempSync(join(tmpdir(), "sterna-keys-"));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  const owner = (home: string) => ({ uid: process.getuid!(), home });

  function home(name: string): string {
    const path = join(root, name);
    mkdirSync(join(path, ".ssh"), { recursive: true, mode: 0o700 });
    chmodSync(path, 0o755);
    writeFileSync(join(path, ".ssh", "authorized_keys"), ED, { mode: 0o600 });
    return path;
  }

  test("as they should be", () => {
    expect(readKeyFiles(owner(home("good")))).toEqual({ text: `${ED}\n`, faults: [] });
  });

  test("none at all is no fault", () => {
    expect(readKeyFiles(owner(join(root, "nobody")))).toEqual({ text: "", faults: [] });
  });

  test.each([
    ["the file", ".ssh/authorized_keys", 0o666],
    ["its directory", ".ssh", 0o777],
    ["the home", ".", 0o775],
  ])("%s can be written by others", (_what, path, mode) => {
    const there = home(`loose-${mode}`);
    chmodSync(join(there, path), mode);
    const { text, faults } = readKeyFiles(owner(there));
    expect(text).toBe("");
    expect(faults[0]).toContain("can be written by others");
  });

  test("a directory or a device in its place", () => {
    const there = home("device");
    rmSync(join(there, ".ssh", "authorized_keys"));
    symlinkSync("/dev/zero", join(there, ".ssh", "authorized_keys"));
    const { text, faults } = readKeyFiles(owner(there));
    expect(text).toBe("");
    expect(faults[0]).toContain("not a regular file");
  });

  test("a pipe, and a file that is too large", () => {
    const there = home("odd");
    const path = join(there, ".ssh", "authorized_keys");
    writeFileSync(path, `${ED}\n`.repeat(20_000));
    expect(readKeyFiles(owner(there)).faults[0]).toContain("larger than 1048576 bytes");
    rmSync(path);
    Bun.spawnSync(["mkfifo", "-m", "600", path]);
    expect(readKeyFiles(owner(there)).faults[0]).toContain("not a regular file");
  });

  test("a home behind a link is its user's home", () => {
    const there = join(root, "link");
    symlinkSync(home("behind"), there);
    expect(readKeyFiles(owner(there))).toEqual({ text: `${ED}\n`, faults: [] });
  });

  test("a file elsewhere counts only if nobody else could have put it there, up to the root", () => {
    const there = home("away");
    const loose = join(root, "loose");
    mkdirSync(join(loose, "safe"), { recursive: true, mode: 0o755 });
    writeFileSync(join(loose, "safe", "keys"), ED, { mode: 0o600 });
    rmSync(join(there, ".ssh", "authorized_keys"));
    symlinkSync(join(loose, "safe", "keys"), join(there, ".ssh", "authorized_keys"));
    chmodSync(loose, 0o777);
    expect(readKeyFiles(owner(there)).faults[0]).toContain(`${loose} can be written by others`);
    // /tmp itself is everybody's, sticky or not.
    chmodSync(loose, 0o755);
    expect(readKeyFiles(owner(there)).text).toBe("");
  });

  test("another user's secret file is not read for somebody who could not read it", () => {
    const there = home("thief");
    const secret = join(root, "secret");
    writeFileSync(secret, ED, { mode: 0o600 });
    rmSync(join(there, ".ssh", "authorized_keys"));
    symlinkSync(secret, join(there, ".ssh", "authorized_keys"));
    // Root's file, looked at for user 4242.
    const { text, faults } = readKeyFiles({ uid: 4242, home: there });
    expect(text).toBe("");
    expect(faults[0]).toMatch(/could not read it|belongs to user/);
  });
});
