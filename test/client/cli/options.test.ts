/** The wrapper's command line as data: defaults, the last of several, every refusal and their order. */
import { describe, expect, test } from "bun:test";
import { CommandError } from "../../../client/cli/errors.ts";
import { type Invocation, resolveInvocation } from "../../../client/cli/invocation.ts";
import { parseCommandLine } from "../../../client/cli/options.ts";
import { clientArguments, doctorArguments } from "../../../client/main.ts";

function invocation(line: string, env: Record<string, string> = {}): Invocation {
  const parsed = parseCommandLine(line.split(" "), env, "mosh");
  if (parsed.kind !== "session") throw new Error(`parsed as ${parsed.kind}`);
  return resolveInvocation(parsed.request, { env, host: {}, global: {} }, "mosh");
}

function refusal(
  words: readonly string[],
  env: Record<string, string> = {},
): { first: string; status: number; all: string } {
  try {
    parseCommandLine(words, env, "mosh");
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return { first: error.message.split("\n")[0]!, status: error.status, all: error.message };
  }
  throw new Error("was accepted");
}

describe("what is asked for", () => {
  test("defaults", () => {
    expect(invocation("alice@example.org")).toEqual({
      client: undefined,
      server: undefined,
      ssh: undefined,
      predict: "adaptive",
      predictOverwrite: false,
      family: "prefer-inet",
      port: undefined,
      bindServer: "ssh",
      sshPty: true,
      init: true,
      escapeKey: undefined,
      titlePrefix: true,
      local: false,
      remoteIp: undefined,
      attach: undefined,
      host: "alice@example.org",
      command: [],
      commandLine: "alice@example.org",
      afterHost: [],
    });
  });

  const cases: readonly (readonly [line: string, want: Partial<Invocation>])[] = [
    ["-a h", { predict: "always" }],
    ["-n h", { predict: "never" }],
    ["-a -n h", { predict: "never" }],
    ["h --attach work", { attach: { name: "work", orNew: false, readOnly: false } }],
    ["--attach=work --read-only h", { attach: { name: "work", orNew: false, readOnly: true } }],
    [
      "--attach-or-new main h tmux",
      { attach: { name: "main", orNew: true, readOnly: false }, command: ["tmux"] },
    ],
    ["--attach a --attach-or-new b h", { attach: { name: "b", orNew: true, readOnly: false } }],
    ["--attach-or-new b --attach a h", { attach: { name: "a", orNew: false, readOnly: false } }],
    ["-n --predict=experimental h", { predict: "experimental" }],
    ["--predict experimental -a h", { predict: "always" }],
    ["-o h", { predictOverwrite: true }],
    ["-o --no-o h", { predictOverwrite: false }],
    ["-4 h", { family: "inet" }],
    ["-4 -6 h", { family: "inet6" }],
    ["-6 --family=ALL h", { family: "all" }],
    ["--family=whatever h", { family: "whatever" }],
    ["-p 60010 h", { port: "60010" }],
    ["-p 0 h", { port: "0" }],
    ["-p 05:10 h", { port: "05:10" }],
    ["-p 60010:60010 h", { port: "60010:60010" }],
    ["--bind-server=ANY h", { bindServer: "any" }],
    ["--bind-server=Ssh h", { bindServer: "ssh" }],
    ["--bind-server=FE80::1 h", { bindServer: "FE80::1" }],
    ["--no-ssh-pty h", { sshPty: false }],
    ["--noinit h", { init: false }],
    ["--experimental=remote h", { remoteIp: "remote" }],
    ["--server=a --client=b --ssh=c h", { server: "a", client: "b", ssh: "c" }],
    ["--local", { local: true, host: "127.0.0.1", command: [] }],
    ["--local ::1 -- top -b", { local: true, host: "::1", command: ["top", "-b"] }],
    ["h -- ls -l", { host: "h", command: ["ls", "-l"], afterHost: [], local: false }],
    ["h ls -l", { host: "h", command: ["ls"], afterHost: ["local"], local: true }],
    ["-4 h a -o", { commandLine: "-4 h a -o", afterHost: ["predict-overwrite"] }],
  ];
  for (const [line, want] of cases) {
    test(line, () => expect(invocation(line)).toMatchObject(want));
  }

  test("the environment's mode holds unless an option says otherwise", () => {
    expect(invocation("h", { MOSH_PREDICTION_DISPLAY: "never" }).predict).toBe("never");
    expect(invocation("-a h", { MOSH_PREDICTION_DISPLAY: "never" }).predict).toBe("always");
    expect(invocation("-a h", { MOSH_PREDICTION_DISPLAY: "nonsense" }).predict).toBe("always");
  });

  test("help, version, proxy", () => {
    expect(parseCommandLine(["-h"], {}, "mosh").kind).toBe("help");
    expect(parseCommandLine(["--version", "--help"], {}, "mosh").kind).toBe("help");
    expect(parseCommandLine(["--version", "-p", "x"], {}, "mosh").kind).toBe("version");
    expect(parseCommandLine(["--help", "--predict=x"], {}, "mosh").kind).toBe("help");
    expect(parseCommandLine(["--family=inet", "--fake-proxy", "--", "h", "22"], {}, "mosh")).toEqual({
      kind: "fake-proxy",
      family: "inet",
      host: "h",
      port: "22",
    });
  });
});

describe("what is refused, each with status 255", () => {
  const cases: readonly (readonly [words: string[], message: string])[] = [
    [["--predict=Always", "h"], 'mosh: Unknown mode "Always".'],
    [
      ["--experimental=x", "h"],
      "Unknown parameter x at --experimental-remote-ip: expected proxy, local, remote.",
    ],
    [["-p", "1:2:3", "h"], "mosh: Server-side port or range (1:2:3) is not valid."],
    [["-p", "", "h"], "mosh: Server-side port or range () is not valid."],
    [["-p", " 5", "h"], "mosh: Server-side port or range ( 5) is not valid."],
    [["-p", "5\n", "h"], "mosh: Server-side port or range (5\n) is not valid."],
    [["-p", "٣", "h"], "mosh: Server-side port or range (٣) is not valid."],
    [["-p", "-1", "h"], "mosh: Server-side port or range (-1) is not valid."],
    [["-p", "65536", "h"], "mosh: Server-side (low) port (65536) must be within valid range [0..65535]."],
    [
      ["-p", "99999999999999999999", "h"],
      "mosh: Server-side (low) port (99999999999999999999) must be within valid range [0..65535].",
    ],
    [["-p", "5:0", "h"], "mosh: Server-side high port (0) must be within valid range [1..65535]."],
    [["-p", "5:70000", "h"], "mosh: Server-side high port (70000) must be within valid range [1..65535]."],
    [["-p", "0:5", "h"], "mosh: Server-side port ranges may not be used with starting port 0 (0:5)."],
    [["-p", "6:5", "h"], "mosh: Server-side port range (6:5): low port greater than high port."],
    [
      ["--", "-oProxyCommand=id"],
      'mosh: Host "-oProxyCommand=id" begins with a dash, which ssh takes for an option.',
    ],
    [["u@"], "mosh: The host name is empty. Expected [user@]host."],
    [[""], "mosh: The host name is empty. Expected [user@]host."],
    [["u@h;id"], 'mosh: Host "u@h;id" has characters that no host name has.'],
    [["$(id)"], 'mosh: Host "$(id)" has characters that no host name has.'],
    [["a b"], 'mosh: Host "a b" has characters that no host name has.'],
    [["u\n@h"], 'mosh: Host "u\\n@h" has characters that no host name has.'],
    [["--fake-proxy"], "mosh: --fake-proxy needs a host and a port (ssh gives them)."],
    [["--fake-proxy", "h"], "mosh: --fake-proxy needs a host and a port (ssh gives them)."],
    [[], "Usage: mosh [options] [--] [user@]host [command...]"],
    [["--bogus", "h"], "Unknown option: bogus"],
  ];
  for (const [words, message] of cases) {
    test(JSON.stringify(words), () => {
      const { all, status } = refusal(words);
      expect(all.startsWith(message)).toBe(true);
      expect(status).toBe(255);
    });
  }

  test("the environment's mode is named as such, with a blank line and the usage", () => {
    for (const mode of ["foo", ""]) {
      expect(refusal(["h"], { MOSH_PREDICTION_DISPLAY: mode }).all).toStartWith(
        `mosh: Unknown mode "${mode}" (MOSH_PREDICTION_DISPLAY in environment).\n\nUsage: mosh`,
      );
    }
  });

  test("a bad option comes with the usage, and before help", () => {
    expect(refusal(["--help", "--bogus", "-p"]).all).toStartWith(
      "Unknown option: bogus\nOption p requires an argument\nUsage: mosh",
    );
  });

  test("the order: mode, remote-ip method, port, host", () => {
    expect(refusal(["--predict=x", "--experimental=y", "-p", "z"]).first).toBe('mosh: Unknown mode "x".');
    expect(refusal(["--experimental=y", "-p", "z"]).first).toStartWith("Unknown parameter y");
    expect(refusal(["-p", "z"]).first).toBe("mosh: Server-side port or range (z) is not valid.");
    expect(refusal(["-p", "z", "--fake-proxy"]).first).toBe(
      "mosh: Server-side port or range (z) is not valid.",
    );
  });

  test("names that a host may have are not refused", () => {
    for (const host of [
      "DOMAIN\\user@host",
      "fe80::1%eth0",
      "a@b@c",
      "host_1.example.org",
      "-u@h".slice(1),
    ]) {
      expect(invocation(host).host).toBe(host);
    }
  });
});

describe("wrapper or mosh-client", () => {
  const KEY = { MOSH_KEY: "AAAAAAAAAAAAAAAAAAAAAA" };
  test("by name", () => expect(clientArguments(["-c"], "mosh-client", {})).toEqual(["-c"]));
  test("by the first word, with a key", () =>
    expect(clientArguments(["client", "::1", "60001"], "sterna", KEY)).toEqual(["::1", "60001"]));
  test("by the first word and the shape of the rest", () => {
    expect(clientArguments(["client", "-c"], "sterna", {})).toEqual(["-c"]);
    expect(clientArguments(["client", "-#", "x |", "1.2.3.4", "60001"], "sterna", {})).toBeDefined();
  });
  test("a host called client", () => {
    expect(clientArguments(["client"], "sterna", {})).toBeUndefined();
    expect(clientArguments(["client", "ls", "-l"], "sterna", {})).toBeUndefined();
    expect(clientArguments(["--", "client"], "sterna", KEY)).toBeUndefined();
  });
});

test("doctor or a host called so", () => {
  expect(doctorArguments(["doctor"], "sterna")).toEqual([]);
  expect(doctorArguments(["doctor", "-p", "5", "h"], "sterna")).toEqual(["-p", "5", "h"]);
  expect(doctorArguments(["--", "doctor"], "sterna")).toBeUndefined();
  expect(doctorArguments(["-4", "doctor"], "sterna")).toBeUndefined();
  expect(doctorArguments(["doctor", "h"], "mosh")).toBeUndefined();
});

describe("taking a session up again", () => {
  const resolve = (line: string, host = {}) => {
    const parsed = parseCommandLine(line.split(" "), {}, "mosh");
    if (parsed.kind !== "session") throw new Error(parsed.kind);
    return resolveInvocation(parsed.request, { env: {}, host, global: { "attach-or-new": "main" } }, "mosh");
  };

  test("the file's wish, and how a command line overrules it", () => {
    expect(resolve("h").attach).toEqual({ name: "main", orNew: true, readOnly: false });
    expect(resolve("h", { attach: "work" }).attach).toEqual({ name: "work", orNew: false, readOnly: false });
    expect(resolve("--attach=x h").attach).toEqual({ name: "x", orNew: false, readOnly: false });
    expect(resolve("--attach-or-new= h").attach).toBeUndefined();
  });

  test("what makes no sense is said", () => {
    expect(() => resolve("--attach=x h vim")).toThrow("so it takes no command. --attach-or-new does");
    expect(() => resolve("--attach-or-new= --read-only h")).toThrow("--read-only wants --attach=NAME");
    expect(() => resolve("--attach=--here h")).toThrow('Session "--here" begins with a dash');
  });
});
