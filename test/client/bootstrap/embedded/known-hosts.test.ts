/** known_hosts: which lines are meant, what they say of a key, what is asked, what is written. ssh-keygen is the oracle. */
import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HostKeyCheck } from "../../../../client/bootstrap/embedded/host-key.ts";
import {
  fingerprint,
  hostFieldMatches,
  judgeHostKey,
  keyType,
  knownHostName,
  knownHostsEntry,
  knownKeyTypes,
  parseKnownHosts,
} from "../../../../client/bootstrap/embedded/known-hosts.ts";
import type { Prompter } from "../../../../client/bootstrap/embedded/prompt.ts";
import { CommandError } from "../../../../client/cli/errors.ts";
import { matchPattern, matchPatternList } from "../../../../sys/patterns.ts";
import { peer } from "../../../peers.ts";

const directory = mkdtempSync(join(tmpdir(), "sterna-known-"));
afterAll(() => rmSync(directory, { recursive: true }));

/** A public key of a type, made of a seed: only its shape matters here. */
function key(type: string, seed: number): Buffer {
  const name = Buffer.from(type);
  const body = Buffer.alloc(32, seed);
  const length = (n: number) => Buffer.from([0, 0, 0, n]);
  return Buffer.concat([length(name.length), name, length(body.length), body]);
}
const ED = "ssh-ed25519";
const RSA = "ssh-rsa";
const line = (hosts: string, type: string, seed: number, marker = "") =>
  `${marker === "" ? "" : `${marker} `}${hosts} ${type} ${key(type, seed).toString("base64")}`;

describe("patterns", () => {
  const cases: readonly (readonly [text: string, pattern: string, matches: boolean])[] = [
    ["a", "a", true],
    ["a", "b", false],
    ["abc", "a*c", true],
    ["abc", "a?c", true],
    ["ac", "a?c", false],
    ["", "*", true],
    ["", "?", false],
    ["abcabc", "*abc", true],
    ["abcab", "*abc", false],
    ["a.b.example.org", "*.example.org", true],
    ["example.org", "*.example.org", false],
    ["a[b", "a[b", true],
  ];
  for (const [text, pattern, matches] of cases) {
    test(`${text} ~ ${pattern}`, () => expect(matchPattern(text, pattern)).toBe(matches));
  }
  test("no pattern takes long", () => {
    const started = performance.now();
    expect(matchPattern("a".repeat(5000), `${"*a".repeat(40)}*b`)).toBe(false);
    expect(performance.now() - started).toBeLessThan(1000);
  });
  test("lists and negation", () => {
    expect(matchPatternList("a.x", ["*.x", "!b.x"])).toBe(true);
    expect(matchPatternList("b.x", ["*.x", "!b.x"])).toBe(false);
    expect(matchPatternList("c.y", ["!b.x"])).toBe(false);
  });
});

describe("the first field", () => {
  test("names, ports, wildcards, letter case", () => {
    expect(knownHostName("Host", 22)).toBe("host");
    expect(knownHostName("Host", 2222)).toBe("[host]:2222");
    expect(knownHostName("::1", 2222)).toBe("[::1]:2222");
    expect(hostFieldMatches("a,Host,b", "host")).toBe(true);
    expect(hostFieldMatches("[host]:2222", "[host]:2222")).toBe(true);
    expect(hostFieldMatches("host", "[host]:2222")).toBe(false);
    expect(hostFieldMatches("*.x,!b.x", "b.x")).toBe(false);
  });

  test("hashed names", () => {
    const entry = knownHostsEntry("Host", 2222, ED, key(ED, 1), { hash: true });
    const field = entry.split(" ")[0]!;
    expect(field).toMatch(/^\|1\|[A-Za-z0-9+/]{27}=\|[A-Za-z0-9+/]{27}=$/);
    expect(hostFieldMatches(field, "[host]:2222")).toBe(true);
    expect(hostFieldMatches(field, "host")).toBe(false);
    for (const bad of ["|1|", "|1|x", "|1||", "|1|AAAA|AAAA", "|2|AAAA|AAAA"]) {
      expect(hostFieldMatches(bad, "host")).toBe(false);
    }
  });

  peer("ssh-keygen")("ssh-keygen finds what we write, we find what it hashes", () => {
    const file = join(directory, "written");
    const find = (name: string) => Bun.spawnSync(["ssh-keygen", "-F", name, "-f", file]).exitCode;
    const made = Bun.spawnSync(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", join(directory, "k")]);
    expect(made.exitCode).toBe(0);
    const real = Buffer.from(readFileSync(join(directory, "k.pub"), "utf8").split(" ")[1]!, "base64");
    expect(keyType(real)).toBe(ED);
    writeFileSync(
      file,
      `${knownHostsEntry("plain", 22, ED, real, { hash: false })}\n` +
        `${knownHostsEntry("ported", 2222, ED, real, { hash: true })}\n`,
    );
    expect(find("plain")).toBe(0);
    expect(find("[ported]:2222")).toBe(0);
    expect(find("ported")).toBe(1);
    expect(Bun.spawnSync(["ssh-keygen", "-H", "-f", file]).exitCode).toBe(0);
    const lines = parseKnownHosts(readFileSync(file, "utf8"), file);
    expect(lines.length).toBe(2);
    expect(lines.every((entry) => entry.hosts.startsWith("|1|"))).toBe(true);
    expect(judgeHostKey(lines, "plain", 22, ED, real).kind).toBe("known");
    expect(judgeHostKey(lines, "PORTED", 2222, ED, real).kind).toBe("known");
    const listed = Bun.spawnSync(["ssh-keygen", "-l", "-f", join(directory, "k.pub")]).stdout.toString();
    expect(listed).toContain(` ${fingerprint(real)} `);
  });
});

describe("verdicts", () => {
  const judge = (text: string, host = "h", port = 22, type = ED, seed = 1) =>
    judgeHostKey(parseKnownHosts(text, "kh"), host, port, type, key(type, seed));

  test("known", () => {
    expect(judge(line("h", ED, 1)).kind).toBe("known");
    expect(judge(`${line("h", ED, 2)}\n${line("h", ED, 1)}`).kind).toBe("known");
    expect(judge(line("*", ED, 1)).kind).toBe("known");
  });
  test("changed: another key of the type, with the place", () => {
    expect(judge(`# comment\n\n${line("h", ED, 2)}`)).toMatchObject({
      kind: "changed",
      line: { place: "kh:3" },
    });
  });
  test("another type only: unknown, but said", () => {
    expect(judge(line("h", RSA, 2))).toMatchObject({ kind: "unknown", otherTypes: [{ type: RSA }] });
  });
  test("the key under other names: unknown, but said", () => {
    expect(judge(line("other", ED, 1))).toMatchObject({ kind: "unknown", otherNames: [{ hosts: "other" }] });
  });
  test("revoked wins over known", () => {
    expect(judge(`${line("h", ED, 1)}\n${line("*", ED, 1, "@revoked")}`).kind).toBe("revoked");
    expect(judge(line("h", ED, 2, "@revoked")).kind).toBe("unknown");
  });
  test("an authority's line is no key of the host", () => {
    expect(judge(line("h", ED, 1, "@cert-authority")).kind).toBe("authority");
    expect(judge(`${line("h", ED, 2, "@cert-authority")}\n${line("h", ED, 1)}`).kind).toBe("known");
    expect(judge(line("x", ED, 1, "@cert-authority")).kind).toBe("unknown");
  });
  test("on another port the plain name's key is good, a different one means nothing", () => {
    expect(judge(line("h", ED, 1), "h", 2222).kind).toBe("known");
    expect(judge(line("h", ED, 2), "h", 2222).kind).toBe("unknown");
    expect(judge(line("[h]:2222", ED, 2), "h", 2222).kind).toBe("changed");
    expect(judge(line("[h]:2222", ED, 1)).kind).toBe("unknown");
    expect(judge(line("h", ED, 1, "@revoked"), "h", 2222).kind).toBe("revoked");
  });
  test("lines that are none", () => {
    for (const bad of ["h", `h ${ED}`, "h 1024 35 123456", "@new h x y", `h ${ED} !!!`, "#h x y"]) {
      expect(parseKnownHosts(bad, "kh")).toEqual([]);
    }
  });
  test("the types to ask for first", () => {
    const lines = parseKnownHosts(`${line("h", RSA, 1)}\n${line("[h]:99", "ecdsa-sha2-nistp256", 1)}`, "kh");
    expect(knownKeyTypes(lines, "h", 22)).toEqual([RSA]);
    expect(knownKeyTypes(lines, "h", 99)).toEqual(["ecdsa-sha2-nistp256", RSA]);
  });
  test("malformed keys have no type", () => {
    for (const bad of [[], [0, 0, 0, 9, 1], [0, 0, 0, 0], [255, 255, 255, 255, 1]]) {
      expect(keyType(Uint8Array.from(bad))).toBeUndefined();
    }
  });
});

describe("the check", () => {
  const file = join(directory, "known_hosts");
  const config = {
    originalHost: "h",
    hostName: "h",
    port: 22,
    hostKeyAlias: undefined,
    userKnownHosts: [file],
    globalKnownHosts: [join(directory, "none")],
    strictHostKeyChecking: "ask",
    hashKnownHosts: false,
    batchMode: false,
  } as const;

  /** Runs a check against a file's text, answering questions in turn. */
  async function check(
    text: string | undefined,
    answers: string[],
    options: Partial<typeof config> | object = {},
  ) {
    rmSync(file, { force: true });
    if (text !== undefined) writeFileSync(file, text);
    const said: string[] = [];
    const prompter: Prompter = {
      ask: async (question, { echo }) => {
        said.push(question);
        expect(echo).toBe(true);
        return answers.shift();
      },
      tell: (told) => said.push(told),
    };
    const notes: string[] = [];
    const made = new HostKeyCheck({ ...config, ...options } as typeof config, "sterna", (note) =>
      notes.push(note),
    );
    const error = await made.verify(key(ED, 1), "192.0.2.1", answers.length > 0 ? prompter : undefined).then(
      () => undefined,
      (reason: unknown) => {
        if (!(reason instanceof CommandError)) throw reason;
        return reason.message;
      },
    );
    return {
      error,
      said: said.join(""),
      notes,
      algorithms: made.algorithms(),
      after: existsSync(file) ? readFileSync(file, "utf8") : undefined,
    };
  }
  const print = fingerprint(key(ED, 1));
  const entry = `${line("h", ED, 1)}\n`;

  test("known: nothing is asked", async () => {
    expect(await check(entry, [])).toMatchObject({ error: undefined, said: "", notes: [], after: entry });
  });

  test("unknown: asked with the fingerprint, remembered with mode 0600", async () => {
    const { error, said, notes, after } = await check(undefined, ["yes"]);
    expect(error).toBeUndefined();
    expect(said).toBe(
      "The authenticity of host 'h (192.0.2.1)' can't be established.\n" +
        `ED25519 key fingerprint is ${print}.\nThis key is not known by any other names.\n` +
        "Are you sure you want to continue connecting (yes/no/[fingerprint])? ",
    );
    expect(notes).toEqual(["Warning: Permanently added 'h' (ED25519) to the list of known hosts."]);
    expect(after).toBe(entry);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test("the fingerprint is an answer, too; another one and nonsense are asked again", async () => {
    const { error, said } = await check("", ["y", `${print}x`, print]);
    expect(error).toBeUndefined();
    expect(said.split("Please type 'yes', 'no' or the fingerprint: ").length).toBe(3);
  });

  test("no, or no answer: nothing is written", async () => {
    expect(await check("", ["no"])).toMatchObject({
      error: "sterna: Host key verification failed.",
      after: "",
    });
    const silent: Prompter = { ask: async () => undefined, tell: () => {} };
    const made = new HostKeyCheck(config, "sterna", () => {});
    await expect(made.verify(key(ED, 1), "1.1.1.1", silent)).rejects.toThrow("Host key verification failed.");
  });

  test("a last line without newline is not run into", async () => {
    const { after } = await check(line("x", ED, 3), ["yes"]);
    expect(after).toBe(`${line("x", ED, 3)}\n${entry}`);
  });

  test("hashed if so configured", async () => {
    const { after } = await check("", ["yes"], { hashKnownHosts: true, port: 2222 });
    expect(after).toStartWith("|1|");
    expect(judgeHostKey(parseKnownHosts(after!, "x"), "h", 2222, ED, key(ED, 1)).kind).toBe("known");
  });

  test("changed: refused without a question, whatever StrictHostKeyChecking says; what to do", async () => {
    for (const strictHostKeyChecking of ["ask", "yes", "no", "accept-new"]) {
      const text = `${line("h", ED, 2)}\n`;
      const { error, said, after } = await check(text, ["yes"], { strictHostKeyChecking });
      expect(error).toContain("REMOTE HOST IDENTIFICATION HAS CHANGED!");
      expect(error).toContain(`${print}.\nThe key expected for h is in ${file}:1.`);
      expect(error).toContain(`ssh-keygen -f '${file}' -R 'h'`);
      expect(error).toEndWith("sterna: Host key verification failed.");
      expect(said).toBe("");
      expect(after).toBe(text);
    }
  });

  test("revoked, and vouched for by an authority only: refused", async () => {
    expect((await check(line("h", ED, 1, "@revoked"), ["yes"])).error).toContain("is marked as revoked in");
    expect((await check(line("h", ED, 1, "@cert-authority"), ["yes"])).error).toContain(
      "certificate authority",
    );
  });

  test("nobody to ask, or batch mode: refused with the fingerprint", async () => {
    expect((await check("", [])).error).toContain(print);
    expect((await check("", ["yes"], { batchMode: true })).error).toContain("no terminal to ask on");
  });

  test("StrictHostKeyChecking: yes refuses, accept-new and no remember", async () => {
    expect((await check("", ["yes"], { strictHostKeyChecking: "yes" })).error).toContain("strict checking");
    for (const strictHostKeyChecking of ["accept-new", "no"]) {
      expect(await check("", [], { strictHostKeyChecking })).toMatchObject({
        error: undefined,
        after: entry,
      });
    }
  });

  test("HostKeyAlias is the name, without port", async () => {
    expect(
      (await check(line("alias", ED, 1), [], { hostKeyAlias: "alias", port: 2222 })).error,
    ).toBeUndefined();
  });

  test("keys of other types and other names are mentioned", async () => {
    const { said } = await check(`${line("h", RSA, 1)}\n${line("twin", ED, 1)}`, ["yes"]);
    expect(said).toContain(`but keys of different type are already known for this host (${file}:1).`);
    expect(said).toContain(`known by the following other names/addresses:\n    ${file}:2: twin\n`);
  });

  test("the types we know are asked for first, SHA-1 never", async () => {
    const { algorithms } = await check(line("h", RSA, 1), ["yes"]);
    expect(algorithms.slice(0, 3)).toEqual(["rsa-sha2-512", "rsa-sha2-256", "ssh-ed25519"]);
    expect(algorithms).not.toContain("ssh-rsa");
  });

  test("a file that cannot be written: a warning, and the session goes on", async () => {
    const blocker = join(directory, "blocker");
    writeFileSync(blocker, "");
    chmodSync(blocker, 0o600);
    const { error, notes } = await check("", ["yes"], { userKnownHosts: [join(blocker, "known_hosts")] });
    expect(error).toBeUndefined();
    expect(notes[0]).toStartWith("Failed to add the host to the list of known hosts");
  });
});
