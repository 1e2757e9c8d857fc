/** What ssh and the server say at a start: every line of the protocol, well-formed and not, in any pieces. */
import { describe, expect, test } from "bun:test";
import { StartupReader, type StartupReaderOptions } from "../../../client/bootstrap/startup-reader.ts";
import { CommandError } from "../../../client/cli/errors.ts";

const KEY = "4NeCCgvZFe2RnPgrcU1PQw";
const CONNECT = `MOSH CONNECT 60001 ${KEY}\n`;

function reader(options: Partial<StartupReaderOptions> = {}) {
  const printed: Uint8Array[] = [];
  const warnings: string[] = [];
  const made = new StartupReader({
    program: "mosh",
    host: "h",
    portRange: false,
    print: (line) => printed.push(line.slice()),
    warn: (text) => warnings.push(text),
    ...options,
  });
  return { reader: made, warnings, out: () => Buffer.concat(printed).toString("latin1") };
}

/** Feeds a text and finishes; the result, or the error's message. */
function read(text: string, options: Partial<StartupReaderOptions> = {}) {
  const r = reader(options);
  try {
    r.reader.push(Buffer.from(text, "latin1"));
    return { result: r.reader.finish(), out: r.out(), warnings: r.warnings };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    expect(error.status).toBe(255);
    return { error: error.message, out: r.out(), warnings: r.warnings };
  }
}

describe("a session comes about", () => {
  const cases: readonly (readonly [name: string, text: string, ip: string, port: number])[] = [
    ["plain", `MOSH IP 192.0.2.1\n${CONNECT}`, "192.0.2.1", 60001],
    ["carriage returns of a remote terminal", `MOSH IP ::1\r\nMOSH CONNECT 1 ${KEY}\r\n`, "::1", 1],
    ["blanks at the end", `MOSH IP fe80::1%eth0 \t\nMOSH CONNECT 65535 ${KEY}  \n`, "fe80::1%eth0", 65535],
    ["no newline at the end", `MOSH IP 192.0.2.1\nMOSH CONNECT 60001 ${KEY}`, "192.0.2.1", 60001],
    [
      "an address said by ssh wins over SSH_CONNECTION",
      `MOSH SSH_CONNECTION 1.1.1.1 1 2.2.2.2 22\nMOSH IP 3.3.3.3\n${CONNECT}`,
      "3.3.3.3",
      60001,
    ],
  ];
  for (const [name, text, ip, port] of cases) {
    test(name, () => {
      expect(read(text)).toEqual({ result: { ip, port, key: KEY }, out: "", warnings: [] });
    });
  }

  test("from SSH_CONNECTION, with a warning", () => {
    expect(read(`\r\nMOSH SSH_CONNECTION 1.1.1.1 5 ::ffff:2.2.2.2 22\r\n${CONNECT}`)).toEqual({
      result: { ip: "2.2.2.2", port: 60001, key: KEY },
      out: "\r\n",
      warnings: ["mosh: Using remote IP address 2.2.2.2 from $SSH_CONNECTION for hostname h"],
    });
  });

  test("the address known before", () => {
    expect(read(CONNECT, { ip: "192.0.2.9" }).result?.ip).toBe("192.0.2.9");
  });

  test("other lines go to the user byte for byte, until MOSH CONNECT", () => {
    const before =
      "Warning: x\r\n\x1b[31mred\xff\x00\n\nxMOSH CONNECT 1 2\n MOSH IP 1.1.1.1\nMOSH IP\nMOSH CONNECT\n";
    const { out, result } = read(
      `${before}MOSH IP 1.1.1.1\n${CONNECT}\n[mosh-server detached, pid = 1]\nMOSH IP x\n`,
    );
    expect(result?.port).toBe(60001);
    expect(out).toBe(before);
  });

  test("in any pieces", () => {
    const text = Buffer.from(`hello\r\nMOSH IP 192.0.2.1\r\nMOSH CONNECT 60001 ${KEY}\r\nbye\r\n`);
    for (let size = 1; size < text.length; size++) {
      const r = reader();
      for (let at = 0; at < text.length; at += size) r.reader.push(text.subarray(at, at + size));
      expect(r.reader.done).toBe(true);
      expect(r.out()).toBe("hello\r\n");
      expect(r.reader.finish()).toEqual({ ip: "192.0.2.1", port: 60001, key: KEY });
    }
  });

  test("after a line without end of any length, which passes through", () => {
    const r = reader();
    const long = Buffer.alloc(50_000, "x");
    for (let i = 0; i < 40; i++) r.reader.push(long);
    r.reader.push(Buffer.from(`MOSH IP 9.9.9.9\nMOSH IP 192.0.2.1\n${CONNECT}`));
    // The first of the two is the tail of the long line.
    expect(r.reader.finish().ip).toBe("192.0.2.1");
    expect(r.out().length).toBe(40 * long.length + "MOSH IP 9.9.9.9\n".length);
  });
});

describe("a session does not come about", () => {
  const NO_IP = "mosh: Did not find remote IP address (is SSH ProxyCommand disabled?).";
  const NO_SERVER =
    "mosh: Did not find mosh server startup message. (Have you installed mosh on your server?)";
  const TWICE = "mosh error: detected attempt to redefine MOSH IP.";
  const cases: readonly (readonly [text: string, message: string])[] = [
    ["", NO_IP],
    ["hello\n", NO_IP],
    [CONNECT, NO_IP],
    [`${CONNECT}MOSH IP 1.1.1.1\n`, NO_IP],
    ["MOSH IP 1.1.1.1\n", NO_SERVER],
    ["MOSH IP 1.1.1.1\nBad UDP port\n", NO_SERVER],
    ["MOSH SSH_CONNECTION 1.1.1.1 1 2.2.2.2 22\n", NO_SERVER],
    ["MOSH IP 1.1.1.1\nMOSH IP 1.1.1.1\n", TWICE],
    ["MOSH IP \n", "Bad MOSH IP string: MOSH IP "],
    ["MOSH IP a b\n", "Bad MOSH IP string: MOSH IP a b"],
    ["MOSH IP example.org\n", "Bad MOSH IP string: MOSH IP example.org"],
    ["MOSH IP 1.1.1.1;id\n", "Bad MOSH IP string: MOSH IP 1.1.1.1;id"],
    ["MOSH IP \x1b]0;x\x07\n", "Bad MOSH IP string: MOSH IP ?]0;x?"],
    ["MOSH SSH_CONNECTION 1 2 3\n", "Bad MOSH SSH_CONNECTION string: MOSH SSH_CONNECTION 1 2 3"],
    [
      "MOSH SSH_CONNECTION 1.1.1.1 1 2.2.2.2 22 x\n",
      "Bad MOSH SSH_CONNECTION string: MOSH SSH_CONNECTION 1.1.1.1 1 2.2.2.2 22 x",
    ],
    [
      "MOSH SSH_CONNECTION 1.1.1.1 1 name 22\n",
      "Bad MOSH SSH_CONNECTION string: MOSH SSH_CONNECTION 1.1.1.1 1 name 22",
    ],
    ["MOSH CONNECT 1 x\n", "Bad MOSH CONNECT string: MOSH CONNECT 1 x"],
    ["MOSH CONNECT \n", "Bad MOSH CONNECT string: MOSH CONNECT "],
    [`MOSH CONNECT 0 ${KEY}\n`, "Bad MOSH CONNECT string: MOSH CONNECT 0 <22 characters>"],
    [`MOSH CONNECT 65536 ${KEY}\n`, "Bad MOSH CONNECT string: MOSH CONNECT 65536 <22 characters>"],
    [`MOSH CONNECT  60001 ${KEY}\n`, "Bad MOSH CONNECT string: MOSH CONNECT  60001 <22 characters>"],
    [`MOSH CONNECT 60001 ${KEY}==\n`, "Bad MOSH CONNECT string: MOSH CONNECT 60001 <24 characters>"],
    [`MOSH CONNECT 60001 ${KEY.slice(1)}\n`, "Bad MOSH CONNECT string: MOSH CONNECT 60001 <21 characters>"],
    [`MOSH CONNECT 60001 ${KEY} x\n`, "Bad MOSH CONNECT string: MOSH CONNECT 60001 <22 characters> x"],
    [
      `MOSH CONNECT 60001 ${KEY.slice(0, 21)}-\n`,
      "Bad MOSH CONNECT string: MOSH CONNECT 60001 <21 characters>-",
    ],
  ];
  for (const [text, message] of cases) {
    test(JSON.stringify(text), () => {
      const { error } = read(text);
      expect(error?.split("\n")[0]).toBe(message);
      expect(error).not.toContain(KEY.slice(0, 11));
    });
  }

  test("an old server that knows no port ranges", () => {
    const text = "MOSH IP 1.1.1.1\nmosh-server: Bad UDP port (1:2)\n";
    const { error, out } = read(text, { portRange: true });
    expect(error).toBe("mosh: Server does not support UDP port range option.");
    expect(out).toBe("mosh-server: Bad UDP port (1:2)\n");
  });

  test("an address that is known before is not to be said again", () => {
    expect(read("MOSH IP 1.1.1.1\n", { ip: "1.1.1.1" }).error).toBe(TWICE);
  });

  test("random bytes never do anything but pass or be refused", () => {
    const seed = Number(process.env.SEED ?? 1);
    let state = seed;
    const random = (n: number) => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return (state >>> 8) % n;
    };
    const pieces = [
      "MOSH ",
      "CONNECT ",
      "IP ",
      "SSH_CONNECTION ",
      "60001 ",
      KEY,
      "\n",
      "\r\n",
      " ",
      "::1",
      "\0",
      "\xff",
    ];
    for (let round = 0; round < 3000; round++) {
      const text = Array.from({ length: random(12) }, () => pieces[random(pieces.length)]!).join("");
      const { result, error, out } = read(text);
      const context = `seed ${seed} round ${round}: ${JSON.stringify(text)}`;
      if (result) expect([result.port, result.key], context).toEqual([60001, KEY]);
      else expect(error!.includes(KEY), context).toBe(false);
      expect(text.includes(out) || out.split("\n").every((line) => text.includes(line)), context).toBe(true);
    }
  });
});
