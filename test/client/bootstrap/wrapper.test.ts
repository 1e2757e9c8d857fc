/**
 * The wrapper as a process, with stub programs for ssh and the client: what they are given, every message, every status.
 * Where stock Mosh is installed, the same command lines go through both and must come to the same.
 */
import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { alive } from "../../drivers/processes.ts";
import { until } from "../../drivers/wait.ts";
import { peer } from "../../peers.ts";
import { type Ran, SOURCE_WRAPPER, Stubs } from "./stubs.ts";

const stubs = new Stubs();
const KEY = "4NeCCgvZFe2RnPgrcU1PQw";
const CONNECT = `printf 'MOSH CONNECT 60001 ${KEY}\\r\\n'`;
const GOOD = `echo "MOSH IP 192.0.2.1" >&2; ${CONNECT}; echo never shown`;

afterAll(() => stubs.remove());

const client = stubs.client();
const ours = (args: readonly string[], env: Record<string, string> = {}): Promise<Ran> =>
  stubs.run(SOURCE_WRAPPER, args, env);

/** Runs ours with an ssh that says something. */
function withSsh(says: string, args: readonly string[] = ["host"], status = 0): Promise<Ran> {
  return ours([`--client=${client}`, `--ssh=${stubs.ssh(says, status)}`, ...args]);
}

describe("the same as stock", () => {
  const lines: readonly (readonly [words: string[], env?: Record<string, string>])[] = [
    [["host"]],
    [["u@host", "--", "ls", "-l", "it's", ""], { LANG: "C.UTF-8", LC_ALL: "", LC_TIME: "C.UTF-8" }],
    [["-p", "60010:60020", "-a", "host"]],
    [["-p=5", "--no-ssh-pty", "-n", "host"]],
    [["-4", "--bind-server=any", "host"]],
    [["-6", "--experimental-remote-ip=remote", "--bind-server=192.0.2.2", "host"]],
    [["--experimental=remote", "--family=foo", "host", "a", "b"]],
    [["--family=INET6", "-o", "--no-init", "host"], { MOSH_PREDICTION_DISPLAY: "experimental" }],
    [["--server=env X=1 mosh-server", "host", "--", "x", "--", "y"]],
    [["host", "x", "-p", "7"]],
    [["host", "-l", "x"], { POSIXLY_CORRECT: "1" }],
  ];
  for (const [words, env] of lines) {
    peer("mosh")(words.join(" "), async () => {
      const args = [`--client=${client}`, `--ssh=${stubs.ssh(GOOD)} -x 'a b'`, ...words];
      const [mine, stock] = await Promise.all([ours(args, env), stubs.run(["mosh"], args, env)]);
      // Only the program that ssh is to run as its proxy may differ.
      const without = (text: string) =>
        text.replace(/ProxyCommand=.*? '--family/, "ProxyCommand=SELF '--family");
      expect(without(mine.out)).toBe(without(stock.out));
      expect(mine.err).toBe(stock.err);
      expect(mine.status).toBe(7);
      expect(stock.status).toBe(7);
    });
  }

  const failures: readonly (readonly [says: string, ...words: string[]])[] = [
    ["echo hello"],
    ["echo hello; exit 3"],
    ["echo MOSH IP 192.0.2.1"],
    ["echo MOSH IP 192.0.2.1; echo Bad UDP port", "-p", "1:2"],
    ["echo MOSH IP 192.0.2.1; echo MOSH IP 192.0.2.1"],
    ["echo MOSH SSH_CONNECTION 1.1.1.1 1 2.2.2.2 22"],
    ["echo MOSH SSH_CONNECTION 1 2 3"],
    ["echo MOSH IP a b"],
    ["echo MOSH CONNECT 1 x"],
    ["printf 'no newline'"],
  ];
  for (const [says, ...words] of failures) {
    peer("mosh")(`failure: ${says}`, async () => {
      const args = [`--client=${client}`, `--ssh=${stubs.ssh(says)}`, ...words, "host"];
      const [mine, stock] = await Promise.all([ours(args), stubs.run(["mosh"], args)]);
      const proxy = /ProxyCommand=.*? '--family/;
      expect(mine.out.replace(proxy, "")).toBe(stock.out.replace(proxy, ""));
      // Ours may say more, but begins with the same, under its own name.
      const stockLines = stock.err.replaceAll("/usr/bin/mosh", "sterna").trimEnd();
      expect(mine.err).toStartWith(stockLines);
      expect(mine.status).toBe(255);
      expect(stock.status).not.toBe(0);
    });
  }
});

test("a -- as the first word of all is the program's, and not the runtime's", async () => {
  // ssh is found by its name: an option would stand before the two dashes.
  const path = `${stubs.directory}/first`;
  mkdirSync(path);
  symlinkSync(stubs.ssh(GOOD), join(path, "ssh"));
  const { out } = await ours(["--", "doctor", "ls", "-l"], { PATH: `${path}:${process.env.PATH}` });
  expect(out).toContain("[doctor] [--] [mosh-server 'new' '-c' '256' '-s' '--' 'ls' '-l']");
});

describe("a session", () => {
  test("the client gets address, port and key, and its status is the wrapper's", async () => {
    const ssh = stubs.ssh(GOOD);
    const { out, err, status } = await ours([
      `--client=${client}`,
      `--ssh=${ssh}`,
      "-o",
      "--noinit",
      "-a",
      "u@host",
    ]);
    expect(out).toContain(
      `client [-# --client=${client} --ssh=${ssh} -o --noinit -a u@host |] [192.0.2.1] [60001]\n`,
    );
    expect(out).toEndWith(
      `MOSH_KEY=${KEY}\nMOSH_NO_TERM_INIT=1\nMOSH_PREDICTION_DISPLAY=always\nMOSH_PREDICTION_OVERWRITE=yes\n`,
    );
    expect(out).not.toContain("never shown");
    expect(err).toBe("");
    expect(status).toBe(7);
  });

  test("a client ended by a signal", async () => {
    const killed = stubs.script("killed", '[ "$1" = -c ] && exec echo 256; kill -TERM $$');
    const { status } = await ours([`--client=${killed}`, `--ssh=${stubs.ssh(GOOD)}`, "host"]);
    expect(status).toBe(128 + 15);
  });

  test("output that a background process keeps open does not keep us", async () => {
    const { status } = await withSsh(`${GOOD}; sleep 60 &`);
    expect(status).toBe(7);
    const failed = await withSsh("echo hello; sleep 60 &");
    expect(failed.out).toEndWith("hello\n");
    expect(failed.status).toBe(255);
  });

  test("a great deal of output before the start", async () => {
    const { out, status } = await withSsh(`seq 1 200000; ${GOOD}`);
    expect(status).toBe(7);
    expect(out).toContain("\n199999\n200000\nclient ");
  });
});

describe("messages", () => {
  const NO_IP = "sterna: Did not find remote IP address (is SSH ProxyCommand disabled?).\n";

  test("the server's program is missing: what to do", async () => {
    const { err, status } = await withSsh(
      "echo MOSH IP 192.0.2.1; echo 'sh: mosh-server: not found'",
      ["h"],
      127,
    );
    expect(err).toBe(
      "sterna: Did not find mosh server startup message. (Have you installed mosh on your server?)\n" +
        'The shell on h did not find "mosh-server" (status 127). Install mosh or sterna there, or name the server ' +
        "program: --server=/path/to/mosh-server, or --server=sterna-server.\n",
    );
    expect(status).toBe(255);
  });

  test("ssh is missing", async () => {
    const { err, status, out } = await ours([`--client=${client}`, "--ssh=/nowhere/ssh -p 22", "h"]);
    expect([out, err]).toEqual(["", "Cannot exec /nowhere/ssh: No such file or directory\n"]);
    expect(status).toBe(255);
    const directory = await ours([`--client=${client}`, `--ssh=${stubs.directory}`, "h"]);
    expect(directory.err).toBe(`Cannot exec ${stubs.directory}: Permission denied\n`);
  });

  const cases: readonly (readonly [args: string[], err: string, status: number])[] = [
    [["--ssh='ssh", "h"], "sterna: A quote in --ssh='ssh is not closed.\n", 255],
    [
      ["--ssh= ", "h"],
      'sterna: --ssh names no program. Expected a command, e.g. --ssh="ssh -p 2222".\n',
      255,
    ],
    [
      ["--ssh=-x", "h"],
      'sterna: --ssh names no program. Expected a command, e.g. --ssh="ssh -p 2222".\n',
      255,
    ],
    [
      ["--experimental=local", `--ssh=${stubs.ssh("")}`, "name.invalid"],
      "sterna: could not get canonical name for name.invalid: ",
      255,
    ],
    [
      ["--experimental=local", `--ssh=${stubs.ssh("")}`, "u@127.0.0.1"],
      "sterna: Did not find mosh server startup message.",
      255,
    ],
    [["-p", "x", "h"], "sterna: Server-side port or range (x) is not valid.\n", 255],
    [["--local", "name.invalid"], "sterna: could not get canonical name for name.invalid: ", 255],
    [
      ["--local", "--experimental=local", "127.0.0.1"],
      "sterna error: detected attempt to redefine MOSH IP.\n",
      255,
    ],
  ];
  for (const [args, err, status] of cases) {
    test(args.join(" "), async () => {
      const ran = await ours([`--client=${client}`, ...args]);
      expect(ran.err).toStartWith(err);
      expect(ran.status).toBe(status);
    });
  }

  test("a command where --local wants an address", async () => {
    const { err, status } = await ours(["--local", `--client=${client}`, "--", "name.invalid", "-x"]);
    expect(err).toContain("sterna --local 127.0.0.1 -- name.invalid -x\n");
    expect(status).toBe(255);
  });

  test("standard input that is no terminal", async () => {
    const { err, status } = await ours([`--ssh=${stubs.ssh(GOOD)}`, "h"]);
    expect(err).toContain("Standard input is no terminal, and a session needs one.");
    expect(status).toBe(1);
  });

  test("the client program for colors", async () => {
    const clients: readonly (readonly [string, string, number])[] = [
      ["/nowhere/client", "Can't count colors: No such file or directory\n", 2],
      [stubs.directory, "Can't count colors: Permission denied\n", 13],
      [stubs.script("fails", "exit 5"), "Can't count colors: ", 5],
    ];
    for (const [path, err, status] of clients) {
      const ran = await ours([`--client=${path}`, `--ssh=${stubs.ssh(GOOD)}`, "h"]);
      expect(ran.err).toStartWith(err);
      expect(ran.out).toBe("");
      expect(ran.status).toBe(status);
    }
  });

  test("colors that are no number count as none", async () => {
    for (const says of ["abc", "-1", "8\\n9"]) {
      const odd = stubs.script("odd", `printf -- '${says}\\n'`);
      const ran = await ours([`--client=${odd}`, `--ssh=${stubs.ssh(GOOD)}`, "h"]);
      expect(ran.out).toContain("mosh-server 'new' '-c' '0' '-s'");
    }
  });

  test("the terminal, without another client: its colors, or why they are not known", async () => {
    const ssh = `--ssh=${stubs.ssh("")}`;
    expect((await ours([ssh, "h"], { TERM: "xterm-256color" })).out).toContain("'-c' '256'");
    expect((await ours([ssh, "h"], { TERM: "vt100" })).out).toContain("'-c' '0'");
    const unknown = await ours([ssh, "h"], { TERM: "no-such-terminal" });
    expect(unknown.err).toStartWith("'no-such-terminal': unknown terminal type.\n");
    expect([unknown.status, unknown.out]).toEqual([1, ""]);
    expect((await ours([ssh, "h"], { TERM: "" })).err).toStartWith("TERM environment variable not set.\n");
  });

  test("no key in any message", async () => {
    const { out, err } = await withSsh(`echo MOSH IP 192.0.2.1; echo MOSH CONNECT 60001 ${KEY}x`);
    expect(err).toStartWith("Bad MOSH CONNECT string: MOSH CONNECT 60001 <23 characters>\n");
    expect(out + err).not.toContain(KEY);
  });

  test("an ssh that never ends is ended when its output is refused", async () => {
    const pid = join(stubs.directory, "pid");
    const ran = await withSsh(`echo $$ > ${pid}; echo MOSH IP x y; exec sleep 600`);
    expect(ran.status).toBe(255);
    const child = Number(await Bun.file(pid).text());
    await until("the ssh program to end", () => !alive(child));
  });

  test("help and version", async () => {
    const help = await ours(["--help"]);
    expect(help.status).toBe(0);
    expect(help.err).toBe("");
    expect(help.out).toStartWith("A shell on another machine");
    const version = await ours(["--version"]);
    expect(version.out).toMatch(/^sterna \d+\.\d+\.\d+ /);
    expect([version.status, version.err]).toEqual([0, ""]);
    expect(NO_IP).toContain("sterna");
  });
});

describe("a proxy of ssh's own", () => {
  /** An ssh program called ssh, that answers -G as OpenSSH does for a host behind a bastion. */
  function jumping(): string {
    return stubs.script(
      "ssh",
      `for word; do [ "$word" = -G ] && { printf 'hostname h\\nport 22\\nproxyjump bastion\\n'; exit 0; }; done
printf '%s\\n' "$*" | grep -o ProxyCommand; echo MOSH SSH_CONNECTION 1.1.1.1 1 192.0.2.2 22; ${CONNECT}`,
    );
  }

  test("the host is asked for its address instead of replacing the proxy", async () => {
    const { out, err, status } = await ours([`--client=${client}`, `--ssh=${jumping()} -J bastion`, "h"]);
    expect(err).toBe(
      "sterna: ssh reaches h by ProxyJump bastion: asking the host for its address (--experimental-remote-ip=remote). " +
        "UDP goes there directly.\nsterna: Using remote IP address 192.0.2.2 from $SSH_CONNECTION for hostname h\n",
    );
    expect(out).not.toContain("ProxyCommand");
    expect(out).toContain("[192.0.2.2] [60001]");
    expect(status).toBe(7);
  });

  test("unless the user chose a method", async () => {
    const { out } = await ours([
      `--client=${client}`,
      `--ssh=${jumping()} -J b`,
      "--experimental=proxy",
      "h",
    ]);
    expect(out).toContain("ProxyCommand");
  });
});

describe("local mode", () => {
  const says =
    'echo "$SSH_CONNECTION|$PWD|$#|$MOSH_PREDICTION_DISPLAY"; for word; do printf "<%s>" "$word"; done; echo';

  test("the server is run by a shell in the home directory, without SSH_CONNECTION", async () => {
    const server = stubs.script("server", `${says}\n${CONNECT}`);
    const { out, err, status } = await ours(
      [`--client=${client}`, `--server=${server}`, "--local", "-p", "60005", "127.0.0.1", "--", "it's"],
      { SSH_CONNECTION: "1 2 3 4", MOSH_PREDICTION_DISPLAY: "never" },
    );
    expect(err).toBe("");
    expect(out).toStartWith(`|${stubs.directory}|9|\n<new><-c><256><-i><127.0.0.1><-p><60005><--><it's>`);
    expect(out).toContain("[127.0.0.1] [60001]");
    expect(status).toBe(7);
  });

  test("a home directory that cannot be entered does not keep the server from starting", async () => {
    const server = stubs.script("server", `${says}\n${CONNECT}`);
    for (const home of ["/proc/nowhere", server]) {
      const { out, err } = await ours([`--client=${client}`, `--server=${server}`, "--local"], {
        HOME: home,
      });
      expect(err).toBe("");
      expect(out).toStartWith("|/|");
    }
  });

  test("a name becomes its address", async () => {
    const server = stubs.script("server", `${says}\n${CONNECT}`);
    const { out } = await ours([`--client=${client}`, `--server=${server}`, "--local", "-4", "localhost"]);
    expect(out).toContain("<-i><127.0.0.1>");
    expect(out).toContain("[127.0.0.1] [60001]");
  });

  test("an option of the command that switched it on is explained", async () => {
    const { err } = await ours([`--client=${client}`, "name.invalid", "ls", "-l"]);
    expect(err).toContain('needs "--" before it: sterna name.invalid -- ls -l');
  });

  test("a session that is not there: no talk of an installation, and where the names are", async () => {
    const args = [`--client=${client}`, "--local", "--attach=desk", "127.0.0.1"];
    const refused = await ours([`--server=echo no such session >&2; exit 1;`, ...args]);
    expect(refused.out).toBe("no such session\n");
    expect(refused.err).toBe(
      'sterna: The server did not give the session "desk".\n' +
        '"sterna-server list" on 127.0.0.1 has the names. Mosh\'s server has no such sessions.\n',
    );
    expect(refused.status).toBe(255);
    const missing = await ours(["--server=/nowhere/sterna-server", ...args]);
    expect(missing.err).toContain("Only Sterna's server takes sessions up again: install it there");
  });

  test("a session to take up again: the words to the server, its stub answers", async () => {
    const server = stubs.script("server", `${says}\n${CONNECT}`);
    const args = [`--client=${client}`, `--server=${server}`, "--local", "-p", "60005"];
    const attach = await ours([...args, "--attach=desk", "--read-only", "127.0.0.1"]);
    expect(attach.out).toContain("<attach><--read-only><desk><-c><256><-i><127.0.0.1><-p><60005>\n");
    expect(attach.status).toBe(7);
    const orNew = await ours([...args, "--attach-or-new", "desk", "127.0.0.1", "--", "top"]);
    expect(orNew.out).toContain("<attach><--or-new><desk><-c><256><-i><127.0.0.1><-p><60005><--><top>\n");
  });

  test("a server that fails", async () => {
    const { out, err, status } = await ours([
      `--client=${client}`,
      "--server=echo oops >&2; exit 3;",
      "--local",
    ]);
    expect(out).toBe("oops\n");
    expect(err).toStartWith("sterna: Did not find mosh server startup message.");
    expect(status).toBe(255);
  });
});
