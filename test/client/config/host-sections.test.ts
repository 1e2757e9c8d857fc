/** Which of several sections that match a host gives it a value. */
import { expect, test } from "bun:test";
import { settingsForHost } from "../../../client/config/host-sections.ts";
import { type Config, parseConfig } from "../../../client/config/parse-config.ts";

/** Sections named by their patterns, each with a server of the same name and, if told so, more. */
function config(...patterns: string[]): Config {
  const source = patterns.map((one) => `[host."${one}"]\nserver = "${one}"\n`).join("");
  return parseConfig(source) as Config;
}

function server(host: string, ...patterns: string[]): unknown {
  const found = settingsForHost(config(...patterns), host);
  return "key" in found ? found : found.settings.server;
}

test("exact before patterns, more letters before fewer, fewer stars before more; in any order of the file", () => {
  const cases: readonly (readonly [host: string, want: string | undefined, ...patterns: string[]])[] = [
    ["db.example.org", "db.example.org", "*", "db.example.*", "db.example.org"],
    ["db.example.org", "*.example.org", "*", "*.org", "*.example.org"],
    ["db1", "db?", "db*", "db?", "*"],
    ["DB.example.org", "db.Example.org", "*.example.org", "db.Example.org"],
    ["10", "10", "9", "10", "1*"],
    ["x", undefined, "y", "x.*"],
    ["a", "b a", "*", "b a"],
    ["a", "a", "a", "a* b*"],
    ["::1", "::1", "::1", "*:*"],
    ["[::1]", "::1", "::1"],
  ];
  for (const [host, want, ...patterns] of cases) {
    expect(server(host, ...patterns)).toBe(want);
    expect(server(host, ...patterns.toReversed())).toBe(want);
  }
});

test("each key comes from the most specific section that has it", () => {
  const parsed = parseConfig(
    '[host."*"]\nport = 1\nserver = "s"\ninit = false\n[host."*.lan"]\nport = 2\nserver = "t"\n[host."a.lan"]\nport = 3',
  ) as Config;
  expect(settingsForHost(parsed, "a.lan")).toEqual({
    settings: { port: "3", server: "t", init: false },
    titles: ["a.lan", "*.lan", "*"],
  });
});

test("two sections as specific as each other: an error only if they disagree", () => {
  expect(server("a.b", "a.*", "*.b")).toEqual({ key: "server", titles: ["a.*", "*.b"] });
  // A more specific one settles it.
  expect(server("a.b", "a.*", "*.b", "a.b")).toBe("a.b");
  const agreeing = parseConfig('[host."a.*"]\nport = 1\n[host."*.b"]\nport = "1"\ninit = false') as Config;
  expect(settingsForHost(agreeing, "a.b")).toMatchObject({ settings: { port: "1", init: false } });
});
