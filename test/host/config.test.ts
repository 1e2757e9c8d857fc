/** The configuration of an operator's host: every key documented, every fault said, what a reload can change. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  allSettings,
  keepingFixed,
  keyInFile,
  needsRestart,
  parseConfig,
  parseEndpoint,
  readConfig,
  withOptions,
} from "../../server/host/config.ts";
import { nearest } from "../../server/host/config-places.ts";

const root = join(import.meta.dir, "../..");
const defaults = parseConfig("", "x");

describe("the file", () => {
  test("the sample has every key with its default", () => {
    const sample = readFileSync(join(root, "packaging/host.toml"), "utf8");
    // Every setting stands there as a comment; without the marks the file says what holds anyway.
    const active = sample.replaceAll(/^# ?(?=[a-z-]+ = )/gm, "");
    expect(parseConfig(active, "host.toml")).toEqual(defaults);
    for (const { section, key } of allSettings()) {
      expect(sample).toContain(`[${section}]`);
      expect(active).toMatch(new RegExp(`^${key} = `, "m"));
    }
  });

  test("the page for operators explains every key", () => {
    const page = readFileSync(join(root, "docs/operating.md"), "utf8");
    const explained = [...page.matchAll(/^\| `\[([a-z]+)\] ([a-z-]+)` \| `(.+?)` \|(.*)\|$/gm)].map(
      ([, section, key, value, text]) => {
        const parsed = parseConfig(`[${section}]\n${key} = ${value}`, "docs");
        expect([key, parsed]).toEqual([key, defaults]);
        return { section, key, restart: text!.includes("○") };
      },
    );
    expect(explained).toEqual([...allSettings()] as never);
  });

  test("the unit for systemd gives draining its time", () => {
    const unit = readFileSync(join(root, "packaging/systemd/sterna.service"), "utf8");
    const stop = Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)![1]);
    expect(stop * 1000).toBeGreaterThan(defaults.host.drain + 30_000);
    expect(unit).toMatch(/^Type=notify$/m);
    // What users' shells would inherit.
    expect(unit).not.toMatch(
      /^(?:Protect|Private|Restrict|NoNewPrivileges|Capability|SystemCall|LimitCORE)/m,
    );
  });

  test("times are seconds, everything arrives", () => {
    const config = parseConfig(
      '[host]\nports = 60001\ndrain = 1.5\nquit-unnamed = "detach"\n[users]\nallow = ["a*"]\nroot = true\n[limits]\nidle = 60\n',
      "f",
    );
    expect(config.host).toMatchObject({
      ports: { low: 60001, high: 60001 },
      drain: 1500,
      quitUnnamed: "detach",
    });
    expect(config.users).toMatchObject({ allow: ["a*"], root: true });
    expect(config.limits.idle).toBe(60_000);
  });

  test.each([
    [
      "[host]\nports = 0",
      'f:2: [host] ports = 0: expected a UDP port such as 60000 or a range such as "60000:61000".',
    ],
    ['[host]\nlisten = ["example.org"]', "expected a list of numeric addresses"],
    ["[host]\nshards = -1", "expected a whole number from 0 to 256"],
    [
      "[host]\nshard = 2",
      "f:2: [host] has no key shard. Did you mean shards? Known keys: ports, listen, shards",
    ],
    ["[host]\nzzz = 2", "f:2: [host] has no key zzz. Known keys: ports"],
    ["\n\n[hosts]\n", "f:3: unknown section [hosts]. Did you mean [host]? There are: [host], [users]"],
    ["[constructor]\nx = 1", "f:1: unknown section [constructor]. There are"],
    ["[limits]\n# idle = 3\n\nsessions = 1\n  idle=-1", "f:5: [limits] idle = -1"],
    ["limits.idle = -1", "f: [limits] idle = -1"],
    ['[host]\nstart-shell = "login"', "expected a list of words such as"],
    ['[host]\nstart-shell = ["{user}"]', "its first word must be a program"],
    [
      '[host]\nstart-shell = ["x", "{name}"]',
      "it knows {user} {uid} {gid} {home} {shell} {from}, not {name}",
    ],
    ['[host]\nstart-command = ["x", "{user}"]', 'it must have the word "{command}"'],
    ["[limits]\nidle = -1", "expected seconds, 0 for no limit"],
    ["[host]\ndrain = 2592000", "expected seconds up to 2147483, 0 for no limit"],
    ["[ssh]\ngrace-time = 2592000", "expected seconds up to 2147483, 0 for no limit"],
    ['[ssh]\nlisten = ["2222"]', "expected a list such as"],
    [
      '[metrics]\nlisten = "0.0.0.0:9464"',
      'f:2: [metrics] listen = "0.0.0.0:9464": expected a loopback address and a port',
    ],
    ['[metrics]\nlisten = "localhost:9464"', "expected a loopback address and a port"],
    ['[log]\nlevel = "loud"', 'expected "debug" or "info" or "warn" or "error"'],
    ["ports = 1", "unknown section [ports]"],
    ["[host", "f:1: this is not TOML"],
  ])("%p is refused", (toml, message) => {
    expect(() => parseConfig(toml, "f")).toThrow(message);
  });

  test("all faults at once", () => {
    expect(() => parseConfig("[host]\nshards = -1\nx = 1\n[users]\nroot = 1", "f")).toThrow(
      /no key x[\s\S]*shards = -1[\s\S]*root = 1/,
    );
  });

  test("a file that is not there", () => {
    expect(() => readConfig("/nonexistent/host.toml")).toThrow("ENOENT");
  });
});

describe("options", () => {
  test("are stronger than the file", () => {
    const config = withOptions(defaults, {
      port: "61000:61010",
      shards: "3",
      ssh: "[::1]:2222,127.0.0.1:2222",
      metrics: "127.0.0.1:9464",
      listen: "127.0.0.1,::1",
    });
    expect(config.host).toMatchObject({
      ports: { low: 61000, high: 61010 },
      shards: 3,
      listen: ["127.0.0.1", "::1"],
    });
    expect(config.ssh.listen).toEqual(["[::1]:2222", "127.0.0.1:2222"]);
    expect(() => withOptions(defaults, { port: "x" })).toThrow("--port=x: expected a UDP port");
    expect(() => withOptions(defaults, { metrics: "192.0.2.1:9464" })).toThrow(
      "--metrics=192.0.2.1:9464: expected a loopback address",
    );
  });

  test("endpoints", () => {
    expect(parseEndpoint("[2001:db8::1]:22")).toEqual({ address: "2001:db8::1", port: 22 });
    for (const word of ["22", "host:22", "1.2.3.4:70000", "2001:db8::1:22", "[x]:1", "1.2.3.4:"])
      expect(parseEndpoint(word)).toBeUndefined();
  });
});

test("the nearest word is one slip in three letters away", () => {
  const known = ["sessions", "sessions-per-user", "idle", "cols"];
  for (const [word, meant] of [
    ["session", "sessions"],
    ["sesions", "sessions"],
    ["idel", "idle"],
    ["sessions-per-usr", "sessions-per-user"],
    ["columns", undefined],
    ["x", undefined],
    ["", undefined],
  ] as const)
    expect([word, nearest(word, known)]).toEqual([word, meant]);
});

test("a reload says what it cannot change", () => {
  const changed = withOptions(parseConfig("[limits]\nidle = 5", "f"), {
    port: "61000",
    metrics: "127.0.0.1:1",
  });
  expect(needsRestart(defaults, changed)).toEqual(["[host] ports", "[metrics] listen"]);
  const kept = keepingFixed(defaults, changed);
  expect(kept.limits.idle).toBe(5000);
  expect(kept).toEqual({ ...defaults, limits: changed.limits });
  expect(needsRestart(defaults, parseConfig("[host]\nnice = -1\n[ssh]\ngrace-time = 1", "f"))).toEqual([
    "[host] nice",
    "[ssh] grace-time",
  ]);
  expect(needsRestart(defaults, parseConfig("[users]\ndeny = ['x']", "f"))).toEqual([]);
  expect(keyInFile("sessionsPerUser")).toBe("sessions-per-user");
});
