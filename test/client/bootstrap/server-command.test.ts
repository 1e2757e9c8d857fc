/** The words that other programs parse: the server's command line, the ssh call, the quoting between them. */
import { describe, expect, test } from "bun:test";
import { serverArguments, serverCommandLine } from "../../../client/bootstrap/server-command.ts";
import { remoteCommand, sshWords, startupEnvironment } from "../../../client/bootstrap/ssh-command.ts";
import { selfCommand } from "../../../sys/self.ts";
import { shellQuote, shellQuoteAll, splitShellWords } from "../../../sys/shell-words.ts";

describe("--ssh=COMMAND is split as a shell would", () => {
  const cases: readonly (readonly [text: string, words: string[] | undefined])[] = [
    ["ssh", ["ssh"]],
    ["  ssh  -p\t2222 ", ["ssh", "-p", "2222"]],
    ['"./ssh1" -x "a\\b\\"c" \'d\\e\' f\\ g\\\\h', ["./ssh1", "-x", 'ab"c', "d\\e", "f g\\h"]],
    ["a''b \"\" ''", ["ab", "", ""]],
    [`-o"Proxy Command"='x "y"'`, ['-oProxy Command=x "y"']],
    ["a\\", undefined],
    ['"a', undefined],
    ["'a", undefined],
    ["", []],
    [" ", []],
    ["$HOME `id` ~", ["$HOME", "`id`", "~"]],
  ];
  for (const [text, words] of cases) {
    test(JSON.stringify(text), () => expect(splitShellWords(text)).toEqual(words as string[]));
  }
});

describe("quoting", () => {
  test("a single quote inside", () => expect(shellQuote("it's")).toBe("'it'\\''s'"));

  test("a real shell gives every word back", () => {
    const words = ["", " ", "it's", "''", "a\nb", "$HOME", "`id`", "\\", '"', "*", "ü€𝄞", "-n", "!x"];
    const shell = Bun.spawnSync(["/bin/sh", "-c", `printf '%s\\0' ${shellQuoteAll(words)}`]);
    expect(shell.stdout.toString().split("\0").slice(0, -1)).toEqual(words);
  });

  test("our own splitter gives every word back", () => {
    const words = ["", "it's", "a\\b", 'c"d', "e f"];
    expect(splitShellWords(shellQuoteAll(words))).toEqual(words);
  });
});

describe("the server's command line", () => {
  const ENV = { LC_ALL: "", LANG: "C.UTF-8", LC_TIME: "de_DE", PATH: "/bin", LC_FOO: "x" };

  test("everything, in its order", () => {
    const words = serverArguments(
      { colors: 256, bind: "ssh", port: "60010:60020", command: ["ls", "-l", "it's"] },
      ENV,
    );
    expect(serverCommandLine("env X=1 mosh-server", words)).toBe(
      "env X=1 mosh-server 'new' '-c' '256' '-s' '-p' '60010:60020' '-l' 'LANG=C.UTF-8' '-l' 'LC_TIME=de_DE' " +
        "'-l' 'LC_ALL=' '--' 'ls' '-l' 'it'\\''s'",
    );
  });

  test("taking a session up again", () => {
    const words = (orNew: boolean, readOnly: boolean) =>
      serverArguments(
        {
          colors: 256,
          bind: "ssh",
          port: "60010",
          command: ["tmux"],
          attach: { name: "my desk", orNew, readOnly },
        },
        {},
      ).join(" ");
    expect(words(false, false)).toBe("attach my desk -c 256 -s -p 60010");
    expect(words(false, true)).toBe("attach --read-only my desk -c 256 -s -p 60010");
    expect(words(true, false)).toBe("attach --or-new my desk -c 256 -s -p 60010 -- tmux");
  });

  test("the ways to bind", () => {
    const line = (bind: "ssh" | "any" | { address: string }) =>
      serverCommandLine(
        "mosh-server",
        serverArguments({ colors: 0, bind, port: undefined, command: [] }, {}),
      );
    expect(line("ssh")).toBe("mosh-server 'new' '-c' '0' '-s'");
    expect(line("any")).toBe("mosh-server 'new' '-c' '0'");
    expect(line({ address: "::1" })).toBe("mosh-server 'new' '-c' '0' '-i' '::1'");
  });
});

describe("the ssh call", () => {
  const base = {
    ssh: ["ssh", "-p", "2222"],
    family: "prefer-inet",
    pty: true,
    host: "u@h",
    remote: "R",
  } as const;
  const self = shellQuoteAll(selfCommand("client")).replaceAll("%", "%%");

  test("proxy", () => {
    expect(sshWords({ ...base, method: "proxy" })).toEqual([
      ...["ssh", "-p", "2222", "-n", "-tt", "-S", "none", "-o"],
      `ProxyCommand=${self} '--family=prefer-inet' --fake-proxy -- %h %p`,
      ...["u@h", "--", "R"],
    ]);
  });

  test("remote: the family is ssh's to restrict", () => {
    const words = (family: string) => sshWords({ ...base, method: "remote", family, pty: false }).slice(3);
    expect(words("inet")).toEqual(["-n", "-4", "u@h", "--", "R"]);
    expect(words("inet6")).toEqual(["-n", "-6", "u@h", "--", "R"]);
    expect(words("prefer-inet6")).toEqual(["-n", "u@h", "--", "R"]);
  });

  test("local", () =>
    expect(sshWords({ ...base, method: "local" }).slice(3)).toEqual(["-n", "-tt", "u@h", "--", "R"]));

  test("remote asks for SSH_CONNECTION first, and a shell answers so", () => {
    const line = remoteCommand("echo server", "remote");
    expect(remoteCommand("echo server", "proxy")).toBe("echo server");
    const shell = Bun.spawnSync(["/bin/sh", "-c", line], { env: { SSH_CONNECTION: "1.1.1.1 5 2.2.2.2 22" } });
    expect(shell.stdout.toString()).toBe("\nMOSH SSH_CONNECTION 1.1.1.1 5 2.2.2.2 22\nserver\n");
    const without = Bun.spawnSync(["/bin/sh", "-c", line], { env: {} });
    expect(without.stdout.toString()).toBe("server\n");
  });

  test("its environment", () => {
    const env = { SHELL: "/bin/fish", MOSH_PREDICTION_DISPLAY: "always", A: "1" };
    expect(startupEnvironment(env, { predictOverwrite: true, method: "proxy" })).toEqual({
      A: "1",
      SHELL: "/bin/sh",
      MOSH_CLIENT_PID: String(process.pid),
      MOSH_PREDICTION_OVERWRITE: "yes",
    });
    expect(startupEnvironment(env, { predictOverwrite: false, method: "remote" })).toEqual({
      A: "1",
      SHELL: "/bin/fish",
      MOSH_CLIENT_PID: String(process.pid),
    });
  });
});
