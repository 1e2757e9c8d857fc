/** The configuration file's text: what is accepted, and what is said about everything that is not. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Config, parseConfig } from "../../../client/config/parse-config.ts";
import { SETTINGS } from "../../../client/config/settings.ts";

function config(source: string): Config {
  const parsed = parseConfig(source);
  if (!("global" in parsed)) throw new Error(JSON.stringify(parsed));
  return parsed;
}

/** `line: message` of each fault. */
function faults(source: string): string[] {
  const parsed = parseConfig(source);
  if ("global" in parsed) throw new Error("was accepted");
  return parsed.map(({ line, message }) => `${line}: ${message}`);
}

const docs = readFileSync(join(import.meta.dir, "../../../docs/configuration.md"), "utf8");
const EXAMPLE = /```toml\n([\s\S]*?)```/.exec(docs)![1]!;

describe("accepted", () => {
  test("the example of the documentation, whose table has every key", () => {
    expect(config(EXAMPLE).hosts.map((host) => host.title)).toEqual([
      "*.example.org *.lan",
      "db.example.org",
      "work",
      "10.1.*",
    ]);
    expect([...docs.matchAll(/^\| `([a-z-]+)` \|/gm)].map((match) => match[1]!).sort()).toEqual(
      Object.keys(SETTINGS).sort(),
    );
  });

  test("nothing, and comments", () => expect(config("# nothing\n\n")).toEqual({ global: {}, hosts: [] }));

  test("every key, with its value as the options have it", () => {
    const values: Record<keyof typeof SETTINGS, [written: string, value: unknown]> = {
      server: ['"~/bin/mosh-server"', "~/bin/mosh-server"],
      port: ["60010", "60010"],
      "bind-server": ['"ANY"', "any"],
      ssh: ['"ssh -p 2222"', "ssh -p 2222"],
      "ssh-pty": ["false", false],
      "remote-ip": ['"remote"', "remote"],
      family: ['"prefer-inet6"', "prefer-inet6"],
      predict: ['"always"', "always"],
      "predict-overwrite": ["true", true],
      init: ["false", false],
      "title-prefix": ["false", false],
      "escape-key": ['"Ctrl-B"', "\x02"],
      attach: ['"work"', "work"],
      "attach-or-new": ['"main"', "main"],
      "read-only": ["true", true],
      client: ['"/usr/bin/mosh-client"', "/usr/bin/mosh-client"],
      hostname: ['"192.0.2.7"', "192.0.2.7"],
      user: ['"alice"', "alice"],
      command: ['["tmux", "new", "-A"]', ["tmux", "new", "-A"]],
    };
    const keys = Object.keys(values) as (keyof typeof SETTINGS)[];
    expect(keys.sort()).toEqual((Object.keys(SETTINGS) as typeof keys).sort());
    const lines = keys.map((key) => `${key} = ${values[key][0]}`);
    const [section] = config(`[host.box]\n${lines.join("\n")}`).hosts;
    expect(section!.settings as Record<string, unknown>).toEqual(
      Object.fromEntries(keys.map((key) => [key, values[key][1]])),
    );
    const global = lines.filter((_, index) => !SETTINGS[keys[index]!].hostOnly);
    expect(Object.keys(config(global.join("\n")).global).length).toBe(keys.length - 5);
  });

  test("patterns: several, in any letter case", () => {
    expect(config('[host."*.Example.org  ::1 10.0.?.*"]').hosts).toEqual([
      { title: "*.Example.org  ::1 10.0.?.*", patterns: ["*.example.org", "::1", "10.0.?.*"], settings: {} },
    ]);
  });

  test("escape keys", () => {
    const key = (text: string) => config(`escape-key = ${text}`).global["escape-key"];
    expect(['""', '"~"', '"^a"', '"Ctrl-^"', '"ctrl-_"', '"\\u0002"'].map(key)).toEqual([
      "",
      "~",
      "\x01",
      "\x1e",
      "\x1f",
      "\x02",
    ]);
  });
});

describe("refused, with the line, what was expected, and what was probably meant", () => {
  const cases: readonly (readonly [source: string, ...messages: string[]])[] = [
    ['predct = "always"', "1: unknown key predct. Did you mean predict?"],
    ["\n\npredictOverwrite = true", "3: unknown key predictOverwrite. Did you mean predict-overwrite?"],
    ['experimental-remote-ip = "proxy"', "1: unknown key experimental-remote-ip. Did you mean remote-ip?"],
    [
      "zzz = 1",
      "1: unknown key zzz. Known keys: server, port, bind-server, ssh, ssh-pty, remote-ip, family, predict, " +
        "predict-overwrite, init, title-prefix, escape-key, attach-or-new, client.",
    ],
    [
      '# predict\n[host.box] # predict\npredict = "alway"',
      '3: predict in [host."box"]: expected "adaptive", "always", "never", "experimental"; came the string "alway". Did you mean "always"?',
    ],
    ['init = "yes"', '1: init: expected true or false (without quotes); came the string "yes".'],
    ["server = 5", '1: server: expected a command such as "~/bin/mosh-server"; came the number 5.'],
    ['ssh = " "', '1: ssh: expected a command such as "ssh -p 2222"; came the string " ".'],
    [
      "port = 70000",
      '1: port: expected a UDP port such as 60010 or a range such as "60010:60020"; came the number 70000.',
    ],
    [
      'port = "6:5"',
      '1: port: expected a UDP port such as 60010 or a range such as "60010:60020"; came the string "6:5".',
    ],
    [
      "[host.a]\ncommand = 'tmux a'",
      '2: command in [host."a"]: expected an array of words such as ["tmux", "new", "-A"]; came the string "tmux a".',
    ],
    [
      "[host.a]\nport = [\n1,\n2]",
      '2: port in [host."a"]: expected a UDP port such as 60010 or a range such as "60010:60020"; came the array [1,2].',
    ],
    ['user = "alice"', '1: user belongs in a host section: [host."NAME"], for all hosts [host."*"].'],
    [
      "[host.example.org]\nport = 1",
      '1: [host.example.org]: a name with dots needs quotes: [host."example.org"].',
    ],
    ["[hosts.box]", '1: unknown section [hosts]. Did you mean [host."NAME"]?'],
    ["[box]", '1: unknown section [box]. Host sections are written [host."NAME"].'],
    ["host = 1", '1: host: expected sections such as [host."*.example.org"], came the number 1.'],
    ['[host."!a"]', '1: [host."!a"]: "!a": there is no "not" here; a more specific section wins.'],
    ['[host."u@a"]', '1: [host."u@a"]: "u@a": patterns are for the host alone, without the user.'],
    ['[host."a;b"]', '1: [host."a;b"]: "a;b" has characters that no host name has.'],
    ['[host." "]', '1: [host." "]: it is empty.'],
    [
      "init = true\ninit = false",
      "2: this is not TOML: trying to redefine an already defined table or value.",
    ],
    ["a = \nb", "1: this is not TOML: "],
    [
      'init = 1\n[host.b]\nserver = 2\n"x y" = 1979-05-27',
      "1: init: expected true or false (without quotes); came the number 1.",
      '3: server in [host."b"]: expected a command such as "~/bin/mosh-server"; came the number 2.',
      '4: unknown key "x y" in [host."b"]. Known keys: ',
    ],
  ];
  for (const [source, ...messages] of cases) {
    test(JSON.stringify(source), () => {
      const said = faults(source);
      expect(said.length).toBe(messages.length);
      // Where it ends in an ellipsis of ours, the rest is the parser's own or a list shown before.
      said.forEach((one, index) => {
        expect(one).toStartWith(messages[index]!);
        if (messages[index]!.endsWith(".")) expect(one).toBe(messages[index]!);
      });
    });
  }

  test("escape keys that can be none", () => {
    for (const key of ["Ctrl-C", "^j", "\\r", "é", "ab", "\\u0000"]) {
      expect(faults(`escape-key = "${key}"`)[0]).toStartWith("1: escape-key: expected one ASCII character");
    }
  });

  test("the line of a key that also stands in a text of several lines, and in other sections", () => {
    const source = [
      "[host.a]",
      "server = '''",
      "init = 3",
      "[host.b]",
      "'''",
      "init = true",
      "[host.b]",
      "init = 4",
    ];
    expect(faults(source.join("\n"))).toEqual([
      '8: init in [host."b"]: expected true or false (without quotes); came the number 4.',
    ]);
  });

  test("names from the object's prototype are unknown keys like others", () => {
    expect(faults("constructor = 1\n__proto__ = 2").length).toBe(2);
  });
});

test("any text is either read or complained about", () => {
  const seed = Number(process.env.STERNA_SEED ?? Date.now() % 1_000_000);
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const pieces = [
    "[",
    "]",
    '"',
    "'",
    "\n",
    "=",
    ".",
    "host",
    "init",
    "{",
    "}",
    "#",
    "\\u12",
    "1979-05-27",
    "-inf",
    "\0",
    "é",
  ];
  for (let round = 0; round < 1500; round++) {
    let text = EXAMPLE;
    for (let edits = 1 + random(4); edits > 0; edits--) {
      const at = random(text.length);
      text = text.slice(0, at) + pieces[random(pieces.length)] + text.slice(at + random(6));
    }
    try {
      const parsed = parseConfig(text);
      if (!("global" in parsed)) for (const { message } of parsed) expect(message).toMatch(/\S[.?]$/);
    } catch (error) {
      throw new Error(`seed ${seed}, round ${round}: ${JSON.stringify(text)}`, { cause: error });
    }
  }
  expect(faults(`x = ${"[".repeat(100_000)}`).length).toBe(1);
});
