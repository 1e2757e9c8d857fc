/** The command line as stock mosh-server 1.4.0 reads it: every message was recorded from the stock program. */
import { describe, expect, test } from "bun:test";
import { isNumericAddress, parsePortRange } from "../../server/address.ts";
import { HELP, parseCommandLine, type ServerOptions, USAGE } from "../../server/cli.ts";

const DEFAULTS: ServerOptions = {
  address: undefined,
  ports: undefined,
  colors: 0,
  locale: [],
  verbose: 0,
  command: undefined,
  name: undefined,
  standalone: false,
};

/** Parses a command line that is to serve: the options that differ from the defaults, and the warnings. */
function serving(
  args: readonly string[],
  sshConnection?: string,
): [Partial<ServerOptions>, readonly string[]] {
  const invocation = parseCommandLine(args, sshConnection);
  if (invocation.kind !== "serve") throw new Error(`${args.join(" ")}: ${JSON.stringify(invocation)}`);
  const changed = Object.entries(invocation.options).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(DEFAULTS[name as keyof ServerOptions]),
  );
  return [Object.fromEntries(changed), invocation.messages];
}

const port = (number: number) => ({ low: number, high: number });

describe("options of new", () => {
  test.each<[line: string, options: Partial<ServerOptions>]>([
    ["new", {}],
    ["new -i 127.0.0.1 -p 60010", { address: "127.0.0.1", ports: port(60010) }],
    ["new -p 60010:60020", { ports: { low: 60010, high: 60020 } }],
    ["new -p60010 -c256", { ports: port(60010), colors: 256 }],
    ["new -vvp 0", { verbose: 2, ports: port(0) }],
    ["new -l LANG=C.UTF-8 -lLC_ALL=x", { locale: ["LANG=C.UTF-8", "LC_ALL=x"] }],
    ["new -@ whatever -c 8", { colors: 8 }],
    ["new word -c 8 more", { colors: 8 }],
    ["new -c -1", { colors: -1 }],
    ["new -- ls -l", { command: ["ls", "-l"] }],
    ["new -- -- x", { command: ["--", "x"] }],
    ["new -- --help --version", { command: ["--help", "--version"] }],
    ["new --", {}],
    ["new -p 1 -p 2", { ports: port(2) }],
  ])("%s", (line, options) => {
    expect(serving(line.split(" "))).toEqual([options, []]);
  });

  test("the empty word and leading blanks are numbers to strtol", () => {
    expect(serving(["new", "-p", "", "-c", ""])).toEqual([{ ports: port(0) }, []]);
    expect(serving(["new", "-p", " 5", "-c", "\t+7"])).toEqual([{ ports: port(5), colors: 7 }, []]);
  });

  test.each<[line: string, messages: readonly string[], options: Partial<ServerOptions>]>([
    ["new -x", ["new: invalid option -- 'x'", USAGE], {}],
    ["new -vxv", ["new: invalid option -- 'x'", USAGE], { verbose: 2 }],
    ["new -p", ["new: option requires an argument -- 'p'", USAGE], {}],
    ["new -p -- sh", ["new: option requires an argument -- 'p'", USAGE], { command: ["sh"] }],
    ["new -@", ["new: option requires an argument -- '@'", USAGE], {}],
    [
      "new --fo -c 8",
      [..."-fo"].flatMap((letter) => [`new: invalid option -- '${letter}'`, USAGE]),
      { colors: 8 },
    ],
  ])("%s: getopt's message, then it goes on", (line, messages, options) => {
    expect(serving(line.split(" "))).toEqual([options, messages]);
  });
});

describe("-s takes the address that ssh was reached at", () => {
  const notFound = "Warning: SSH_CONNECTION not found; binding to any interface.";
  const notParsed = "Warning: Could not parse SSH_CONNECTION; binding to any interface.";
  test.each<[args: string, connection: string | undefined, address: string | undefined, warnings: string[]]>([
    ["new -s", "10.0.0.1 5000 10.0.0.2 22", "10.0.0.2", []],
    ["new -s", "::1 5000 ::FFFF:10.0.0.2 22", "10.0.0.2", []],
    ["new -s", "fe80::1%eth0 5000 fe80::2%eth0 22", "fe80::2%eth0", []],
    ["new -s -i 127.0.0.1", "a 1 10.0.0.2 22", "127.0.0.1", []],
    ["new -i 127.0.0.1 -s", "a 1 10.0.0.2 22", "10.0.0.2", []],
    ["new -i 127.0.0.1 -s", undefined, undefined, [notFound]],
    ["new -s", "", undefined, [notParsed]],
    ["new -s", "a b", undefined, [notParsed]],
  ])("%s with %p", (args, connection, address, warnings) => {
    const [options, messages] = serving(args.split(" "), connection);
    expect(options.address).toEqual(address);
    expect(messages).toEqual(warnings);
  });
});

test("old style: address, port, nothing else", () => {
  expect(serving([])).toEqual([{}, []]);
  expect(serving(["--", "true"])).toEqual([{ command: ["true"] }, []]);
  expect(serving(["::1", "60005"])).toEqual([{ address: "::1", ports: port(60005) }, []]);
  expect(parseCommandLine(["127.0.0.1", "1", "2"], undefined)).toEqual({ kind: "error", messages: [USAGE] });
  expect(parseCommandLine(["list"], undefined)).toEqual({
    kind: "error",
    messages: ["mosh-server: Unknown command (list)", USAGE],
  });
});

test("help and version anywhere before --, even as an argument", () => {
  for (const line of ["--help", "-h", "new -p --help", "127.0.0.1 -h"]) {
    expect(parseCommandLine(line.split(" "), undefined)).toEqual({ kind: "help" });
  }
  expect(parseCommandLine(["new", "--version"], undefined)).toEqual({ kind: "version" });
  expect(HELP.startsWith(`${USAGE}\n`)).toBe(true);
  for (const option of ["-s", "-i", "-p", "-c", "-l", "-v", "--"]) expect(HELP).toContain(`\n  ${option} `);
});

describe("what ends the start, with status 1", () => {
  test.each<[argument: string, reason: string]>([
    ["7x", "Invalid (low) port number (7x)"],
    ["7x:5", "Invalid (low) port number (7x:5)"],
    ["5 ", "Invalid (low) port number (5 )"],
    ["99999999999999999999", "Invalid (low) port number (99999999999999999999)"],
    ["9223372036854775807", "(Low) port number 9223372036854775807 outside valid range [0..65535]"],
    ["-5:x", "(Low) port number -5 outside valid range [0..65535]"],
    ["70000", "(Low) port number 70000 outside valid range [0..65535]"],
    ["5:x", "Invalid high port number (x)"],
    ["1:2:3", "Invalid high port number (2:3)"],
    ["5:70000", "High port number 70000 outside valid range [0..65535]"],
    ["5:-1", "High port number -1 outside valid range [0..65535]"],
    ["7:5", "Low port 7 greater than high port 5"],
    ["5:", "Low port 5 greater than high port 0"],
    [":", "Low port 0 incompatible with port ranges"],
    ["0:5", "Low port 0 incompatible with port ranges"],
  ])("-p %p", (argument, reason) => {
    const messages = [reason, `mosh-server: Bad UDP port range (${argument})`, USAGE];
    expect(parseCommandLine(["new", "-p", argument], undefined)).toEqual({ kind: "error", messages });
    expect(parseCommandLine(["127.0.0.1", argument], undefined)).toEqual({ kind: "error", messages });
  });

  test.each(["5x", "0x10", "5 ", "+", "1.5"])("-c %p", (argument) => {
    expect(parseCommandLine(["new", "-c", argument, "-p", "x"], undefined)).toEqual({
      kind: "error",
      messages: [`mosh-server: Bad number of colors (${argument})`, USAGE],
    });
  });

  test("warnings that came before stay", () => {
    const invocation = parseCommandLine(["new", "-x", "-s", "-p", "x"], undefined);
    expect(invocation).toMatchObject({ kind: "error" });
    expect((invocation as unknown as { messages: string[] }).messages.slice(0, 3)).toEqual([
      "new: invalid option -- 'x'",
      USAGE,
      "Warning: SSH_CONNECTION not found; binding to any interface.",
    ]);
  });
});

test("port ranges that are fine", () => {
  expect(parsePortRange("60001:60999")).toEqual({ low: 60001, high: 60999 });
  expect(parsePortRange("+61991:61993")).toEqual({ low: 61991, high: 61993 });
  expect(parsePortRange("65535")).toEqual(port(65535));
});

test("numeric addresses", () => {
  for (const text of [
    "127.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1%eth0",
    "::ffff:1.2.3.4",
    "2001:db8::1",
  ])
    expect([text, isNumericAddress(text)]).toEqual([text, true]);
  for (const text of [
    "",
    "localhost",
    "256.1.1.1",
    "1.2.3",
    "127.0.0.1:80",
    "1:2",
    ":::",
    "::1]",
    "::g",
    "-v",
    "60001",
  ])
    expect([text, isNumericAddress(text)]).toEqual([text, false]);
});
