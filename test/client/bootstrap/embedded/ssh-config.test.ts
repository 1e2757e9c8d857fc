/** What the embedded ssh understands of ssh_config and of its own options; OpenSSH's `ssh -G` is the oracle. */
import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseConfigLine } from "../../../../client/bootstrap/embedded/config-file.ts";
import {
  parseEmbeddedOptions,
  readSshConfig,
  type SshConfig,
} from "../../../../client/bootstrap/embedded/ssh-config.ts";
import { askSshRoute } from "../../../../client/bootstrap/ssh-route.ts";
import { CommandError } from "../../../../client/cli/errors.ts";
import { peer } from "../../../peers.ts";

const home = mkdtempSync(join(tmpdir(), "sterna-config-"));
mkdirSync(join(home, ".ssh", "conf.d"), { recursive: true });
afterAll(() => rmSync(home, { recursive: true }));
const account = { home, user: "me", agentSocket: "/agent" };

/** The configuration for a destination under a file's text and the words of --ssh="embedded ...". */
function config(text: string, destination = "h", words: readonly string[] = []): SshConfig {
  const file = join(home, ".ssh", "config");
  writeFileSync(file, text);
  return readSshConfig(
    destination,
    parseEmbeddedOptions(["-F", file, ...words], "sterna"),
    account,
    "sterna",
  );
}

function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof CommandError) return error.message;
    throw error;
  }
  throw new Error("was accepted");
}

describe("lines", () => {
  const cases: readonly (readonly [text: string, keyword: string | undefined, ...words: string[]])[] = [
    ["  HostName  example.org  ", "hostname", "example.org"],
    ["HostName=example.org", "hostname", "example.org"],
    ["HostName = example.org", "hostname", "example.org"],
    ['IdentityFile "~/my key"', "identityfile", "~/my key"],
    ["IdentityFile '~/my key'", "identityfile", "~/my key"],
    ['User "a\\"b"', "user", 'a"b'],
    ["Host a b !c # comment", "host", "a", "b", "!c"],
    ["Port", "port"],
    ["# comment", undefined],
    ["", undefined],
    ["\tUser x\r", "user", "x"],
  ];
  for (const [text, keyword, ...words] of cases) {
    test(JSON.stringify(text), () => {
      const parsed = parseConfigLine(text, "f:1");
      expect(parsed?.keyword).toBe(keyword as string);
      if (keyword !== undefined) expect(parsed?.words).toEqual(words);
    });
  }
});

describe("values", () => {
  test("without any", () => {
    expect(config("")).toMatchObject({
      hostName: "h",
      port: 22,
      user: "me",
      identityFiles: ["id_ed25519", "id_ecdsa", "id_rsa"].map((name) => `${home}/.ssh/${name}`),
      identityFilesNamed: false,
      identitiesOnly: false,
      agent: "/agent",
      userKnownHosts: [`${home}/.ssh/known_hosts`, `${home}/.ssh/known_hosts2`],
      strictHostKeyChecking: "ask",
      passwordPrompts: 3,
      warnings: [],
    });
  });

  test("the first one wins, per block; IdentityFile collects", () => {
    const text = [
      "Host h",
      "  Port 2222",
      "  IdentityFile ~/a",
      "Host other",
      "  User wrong",
      "Host *",
      "  Port 3333",
      "  User right",
      "  IdentityFile %d/%h-%p-%r-%u-%%",
    ].join("\n");
    expect(config(text)).toMatchObject({
      port: 2222,
      user: "right",
      identityFiles: [`${home}/a`, `${home}/h-2222-right-me-%`],
      identityFilesNamed: true,
    });
  });

  test("the command line wins over the file", () => {
    const words = [
      "-p",
      "99",
      "-lbob",
      "-i",
      "/key",
      "-o",
      "HostName=x.org",
      "-oStrictHostKeyChecking=yes",
      "-4",
    ];
    expect(config("Host *\n Port 1\n User c\n HostName y\n", "h", words)).toMatchObject({
      port: 99,
      user: "bob",
      identityFiles: ["/key"],
      hostName: "x.org",
      strictHostKeyChecking: "yes",
      addressFamily: "inet",
    });
    expect(config("Host *\n User c\n", "a@b@H", ["-l", "bob"])).toMatchObject({
      user: "a@b",
      originalHost: "h",
    });
  });

  test("Match, as far as it is understood", () => {
    const text = [
      "Host h",
      " HostName real.example",
      "Match host real.* user me",
      " Port 10",
      "Match originalhost h,x !user you",
      " HostKeyAlias yes",
      "Match final",
      " User no",
      "Match exec true",
      " User no",
      "Match all",
      " ConnectTimeout 7",
    ].join("\n");
    const read = config(text);
    expect(read).toMatchObject({ port: 10, hostKeyAlias: "yes", user: "me", connectTimeout: 7 });
    expect(read.warnings).toEqual([
      `${home}/.ssh/config:9: "Match exec true" is not understood; its lines are skipped`,
    ]);
  });

  test("Include, relative, with wildcards, only in blocks that apply, and not for ever", () => {
    writeFileSync(join(home, ".ssh", "conf.d", "1"), "Port 5\n");
    writeFileSync(join(home, ".ssh", "conf.d", "2"), "Port 6\nUser six\nInclude conf.d/*\n");
    expect(config("Include conf.d/*\n")).toMatchObject({ port: 5, user: "six" });
    expect(config("Host x\nInclude conf.d/*\n")).toMatchObject({ port: 22, user: "me" });
  });

  test("a zone of the typed address is no token", () => {
    expect(config("", "fe80::1%hme0").hostName).toBe("fe80::1%hme0");
    expect(config("HostName %h.x%%y", "h").hostName).toBe("h.x%y");
  });

  test("agents", () => {
    expect(config("IdentityAgent none").agent).toBeUndefined();
    expect(config("IdentityAgent SSH_AUTH_SOCK").agent).toBe("/agent");
    expect(config("IdentityAgent ~/sock").agent).toBe(`${home}/sock`);
  });

  test("known_hosts files", () => {
    expect(config("UserKnownHostsFile ~/a /b\nGlobalKnownHostsFile none")).toMatchObject({
      userKnownHosts: [`${home}/a`, "/b"],
      globalKnownHosts: [],
    });
  });

  peer("ssh")("as OpenSSH reads the same file", async () => {
    const text = [
      "Host a*",
      ' HostName "%h.example.org"',
      " Port=2200",
      "Host !abc *",
      " User u",
      " IdentitiesOnly yes",
      " HashKnownHosts yes",
      "Host abc",
      " StrictHostKeyChecking accept-new",
      " NumberOfPasswordPrompts 5",
      "Match originalhost def",
      " ConnectTimeout 9",
      " BatchMode yes",
      "Host *",
      " Port 1234",
      " IdentityFile /k1",
      " IdentityFile /k2",
    ].join("\n");
    const file = join(home, ".ssh", "config");
    for (const host of ["abc", "def", "a", "zzz"]) {
      const mine = config(text, host);
      const theirs = (await askSshRoute(["ssh", "-F", file], host, process.env))!;
      expect({
        hostname: mine.hostName,
        port: String(mine.port),
        user: mine.user === "me" ? theirs.get("user") : mine.user,
        identitiesonly: mine.identitiesOnly ? "yes" : "no",
        hashknownhosts: mine.hashKnownHosts ? "yes" : "no",
        stricthostkeychecking: mine.strictHostKeyChecking,
        numberofpasswordprompts: String(mine.passwordPrompts),
        connecttimeout: String(mine.connectTimeout ?? "none"),
        batchmode: mine.batchMode ? "yes" : "no",
        identityfile: mine.identityFiles[0],
      }).toEqual(
        Object.fromEntries(
          "hostname port user identitiesonly hashknownhosts stricthostkeychecking numberofpasswordprompts connecttimeout batchmode identityfile"
            .split(" ")
            .map((k) => [
              k,
              theirs.get(k)?.replace(/^true$/, k === "stricthostkeychecking" ? "yes" : "true"),
            ]),
        ) as never,
      );
    }
  });
});

describe("what is refused", () => {
  const words: readonly (readonly [words: string[], message: string])[] = [
    [["-J", "b"], 'sterna: The embedded ssh does not know "-J". Its options are'],
    [["-x"], 'sterna: The embedded ssh does not know "-x".'],
    [["host"], 'sterna: The embedded ssh does not know "host".'],
    [["-p"], 'sterna: The embedded ssh does not know "-p".'],
    [["-o", "=x"], 'sterna: -o wants NAME=VALUE, not "=x".'],
  ];
  for (const [list, message] of words) {
    test(list.join(" "), () => {
      expect(refusal(() => parseEmbeddedOptions(list, "sterna"))).toStartWith(message);
    });
  }

  const files: readonly (readonly [text: string, message: string])[] = [
    [
      "ProxyJump bastion",
      `sterna: ${home}/.ssh/config:1 reaches h by ProxyJump, which the embedded ssh cannot do.`,
    ],
    ["Host h\nProxyCommand nc %h %p", `sterna: ${home}/.ssh/config:2 reaches h by ProxyCommand,`],
    ["Port x", `sterna: ${home}/.ssh/config:1: expected a number from 1 to 65535, not "x".`],
    ["Port 65536", `sterna: ${home}/.ssh/config:1: expected a number from 1 to 65535, not "65536".`],
    [
      "StrictHostKeyChecking maybe",
      `sterna: ${home}/.ssh/config:1: StrictHostKeyChecking is yes, ask, accept-new or no.`,
    ],
  ];
  for (const [text, message] of files) {
    test(text, () => expect(refusal(() => config(text))).toStartWith(message));
  }

  test("but not ProxyJump none, nor one of another host", () => {
    expect(config("ProxyJump none").port).toBe(22);
    expect(config("Host x\nProxyJump b").port).toBe(22);
  });
});
