/**
 * The configuration file through the whole program: which file is read, which source wins, how a setting reaches ssh,
 * the server and the client.
 */
import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { clientEnvironment, type Invocation, resolveInvocation } from "../../../client/cli/invocation.ts";
import { parseCommandLine } from "../../../client/cli/options.ts";
import type { Settings } from "../../../client/config/settings.ts";
import { selfCommand } from "../../../sys/self.ts";
import { type Ran, SOURCE_WRAPPER, Stubs } from "../bootstrap/stubs.ts";

const stubs = new Stubs();
afterAll(() => stubs.remove());

const directory = join(stubs.directory, ".config", "sterna");
const file = join(directory, "config.toml");
const client = stubs.script(
  "all-client",
  '[ "$1" = -c ] && { echo 256; exit 0; }\nenv | grep "^MOSH_" | grep -a -v -e KEY= -e PID= | sort\necho "key $MOSH_ESCAPE_KEY"',
);
const ssh = stubs.ssh('echo "MOSH IP 192.0.2.1" >&2; echo MOSH CONNECT 60001 4NeCCgvZFe2RnPgrcU1PQw');

beforeEach(() => {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
});

const run = (args: readonly string[], env: Record<string, string> = {}): Promise<Ran> =>
  stubs.run(SOURCE_WRAPPER, args, env);
const write = (text: string, path = file): void => writeFileSync(path, text);

/** The invocation of a line with settings for all hosts and for this one. */
function resolved(
  line: string,
  settings: { env?: Record<string, string>; host?: Settings; global?: Settings },
): Invocation {
  const env = settings.env ?? {};
  const parsed = parseCommandLine(line.split(" "), env, "sterna");
  if (parsed.kind !== "session") throw new Error(parsed.kind);
  const sources = { env, host: settings.host ?? {}, global: settings.global ?? {} };
  return resolveInvocation(parsed.request, sources, "sterna");
}

describe("precedence", () => {
  test("command line, environment, host section, global, default", () => {
    const global: Settings = { predict: "never", port: "1", server: "g", "title-prefix": false };
    const host: Settings = { predict: "always", port: "2" };
    const env = { MOSH_PREDICTION_DISPLAY: "experimental" };
    expect(resolved("h", {}).predict).toBe("adaptive");
    expect(resolved("h", { global })).toMatchObject({ predict: "never", port: "1", titlePrefix: false });
    expect(resolved("h", { global, host })).toMatchObject({ predict: "always", port: "2", server: "g" });
    expect(resolved("h", { global, host, env })).toMatchObject({ predict: "experimental", port: "2" });
    expect(resolved("-n -p 3 --title-prefix h", { global, host, env })).toMatchObject({
      predict: "never",
      port: "3",
      titlePrefix: true,
    });
  });

  test("switches can be set back by each stronger source", () => {
    const on: Settings = { "predict-overwrite": true, init: false, "ssh-pty": false, "escape-key": "\x02" };
    expect(resolved("--no-o --init --ssh-pty --escape-key= h", { host: on })).toMatchObject({
      predictOverwrite: false,
      init: true,
      sshPty: true,
      escapeKey: "",
    });
    expect(
      resolved("h", { host: on, env: { MOSH_PREDICTION_OVERWRITE: "no", MOSH_ESCAPE_KEY: "~" } }),
    ).toMatchObject({ predictOverwrite: false, escapeKey: "~" });
    const off: Settings = { init: true, "title-prefix": true };
    expect(
      resolved("h", { host: off, env: { MOSH_NO_TERM_INIT: "", MOSH_TITLE_NOPREFIX: "" } }),
    ).toMatchObject({ init: false, titlePrefix: false });
  });

  test("the client's environment says what was settled", () => {
    const env = {
      MOSH_PREDICTION_OVERWRITE: "yes",
      MOSH_NO_TERM_INIT: "x",
      MOSH_TITLE_NOPREFIX: "x",
      A: "b",
    };
    expect(clientEnvironment(env, resolved("--no-o --init --title-prefix -a h", { env }))).toEqual({
      A: "b",
      MOSH_PREDICTION_DISPLAY: "always",
    });
    expect(clientEnvironment(env, resolved("h", { env }))).toEqual({
      ...env,
      MOSH_PREDICTION_DISPLAY: "adaptive",
    });
  });

  test("host name, user and command", () => {
    const host: Settings = { hostname: "192.0.2.7", user: "alice", command: ["tmux", "a"] };
    expect(resolved("box", { host })).toMatchObject({ host: "alice@192.0.2.7", command: ["tmux", "a"] });
    expect(resolved("bob@box -- ls", { host })).toMatchObject({ host: "bob@192.0.2.7", command: ["ls"] });
    expect(resolved("--local", { host: { user: "alice" } }).host).toBe("127.0.0.1");
    for (const bad of [{ hostname: "a;b" }, { user: "-oProxyCommand=id" }, { hostname: "-x" }]) {
      expect(() => resolved("box", { host: bad })).toThrow(
        "The configuration file says so, by hostname or user for box.",
      );
    }
  });
});

describe("the file", () => {
  test("reaches ssh, the server and the client, for the host's sections", async () => {
    write(
      [
        `client = "${client}"`,
        'predict = "never"',
        'escape-key = "Ctrl-B"',
        '[host."*.example.org"]',
        `ssh = "${ssh} -p 2222"`,
        'server = "sterna-server"',
        'port = "60010:60020"',
        'bind-server = "any"',
        "ssh-pty = false",
        'remote-ip = "remote"',
        'family = "inet6"',
        "init = false",
        "title-prefix = false",
        "predict-overwrite = true",
        'user = "alice"',
        'command = ["tmux", "a b"]',
      ].join("\n"),
    );
    const { out, err, status } = await run(["db.example.org"]);
    expect(err).toBe("");
    expect(status).toBe(0);
    expect(out).toContain("ssh [-p] [2222] [-n] [-6] [alice@db.example.org] [--] [");
    expect(out).toContain("sterna-server 'new' '-c' '256' '-p' '60010:60020' '--' 'tmux' 'a b']");
    expect(out).toEndWith(
      "MOSH_NO_TERM_INIT=1\nMOSH_PREDICTION_DISPLAY=never\nMOSH_PREDICTION_OVERWRITE=yes\n" +
        "MOSH_TITLE_NOPREFIX=1\nkey \x02\n",
    );
    const elsewhere = await run([`--ssh=${ssh}`, "other"]);
    expect(elsewhere.out).toContain("[other] [--] [mosh-server 'new' '-c' '256' '-s']");
  });

  test("where it is: XDG_CONFIG_HOME, --config, --no-config", async () => {
    const words = [`--client=${client}`, `--ssh=${ssh}`, "h"];
    const served = async (args: string[], env: Record<string, string> = {}): Promise<string | undefined> =>
      /\[--\] \[(\S+) 'new'/.exec((await run([...args, ...words], env)).out)?.[1];
    const xdg = join(stubs.directory, "xdg");
    mkdirSync(join(xdg, "sterna"), { recursive: true });
    write('server = "usual"');
    write('server = "xdg"', join(xdg, "sterna", "config.toml"));
    write('server = "named"', join(stubs.directory, "named.toml"));
    expect(await served([])).toBe("usual");
    expect(await served([], { XDG_CONFIG_HOME: xdg })).toBe("xdg");
    expect(await served([], { XDG_CONFIG_HOME: "relative" })).toBe("usual");
    expect(await served(["--config=named.toml"], { XDG_CONFIG_HOME: xdg })).toBe("named");
    expect(await served(["--no-config"])).toBe("mosh-server");
    expect(await served(["--no-config", "--config", "named.toml"])).toBe("named");
    rmSync(file);
    expect(await served([])).toBe("mosh-server");
  });

  test("is not chosen by a .env file in the folder one is in, nor is a program, nor anything of Bun's own", async () => {
    const evil = join(stubs.directory, "evil");
    mkdirSync(join(evil, "sterna"), { recursive: true });
    write('server = "evil"', join(evil, "sterna", "config.toml"));
    write(`XDG_CONFIG_HOME=${evil}\nMOSH_PREDICTION_DISPLAY=always\n`, join(stubs.directory, ".env"));
    write('preload = ["./evil.ts"]', join(stubs.directory, "bunfig.toml"));
    write('console.log("preloaded");', join(stubs.directory, "evil.ts"));
    const words = [`--client=${client}`, `--ssh=${ssh}`, "h"];
    const ours = [process.execPath, "--config=/dev/null", SOURCE_WRAPPER[1]!];
    const { out, err } = await stubs.run(ours, words);
    expect(err).toBe("");
    expect(out).toContain("[mosh-server 'new'");
    expect(out).toContain("MOSH_PREDICTION_DISPLAY=adaptive\n");
    // How the program runs itself, and how an installed one is started.
    const [, option, name] = /^#!\/usr\/bin\/env -S bun (\S+) (\S+)\n/.exec(
      readFileSync(SOURCE_WRAPPER[1]!, "utf8"),
    )!;
    expect(selfCommand("client")).toEqual([process.execPath, option!, name!, SOURCE_WRAPPER[1]!]);
    expect((await stubs.run(selfCommand("client"), words)).out).toBe(out);
    for (const left of [".env", "bunfig.toml", "evil.ts"]) rmSync(join(stubs.directory, left));
  });

  test("what is wrong with it is said with its name, all at once, before anything is started", async () => {
    write('predct = "never"\n[host.h]\ninit = 1\n');
    const { out, err, status } = await run([`--ssh=${ssh}`, "h"]);
    expect([out, status]).toEqual(["", 255]);
    expect(err).toBe(
      `sterna: ${file}:1: unknown key predct. Did you mean predict?\n` +
        `sterna: ${file}:3: init in [host."h"]: expected true or false (without quotes); came the number 1.\n` +
        "(--no-config starts without the file.)\n",
    );
    // Not of these programs' business.
    expect((await run(["--help"])).status).toBe(0);
    expect((await run(["--fake-proxy", "name.invalid", "1"])).err).not.toContain("predct");
  });

  test("a file that cannot be or must not be read", async () => {
    const said = async (...args: string[]): Promise<string> => {
      const { err, status } = await run([...args, `--ssh=${ssh}`, `--client=${client}`, "h"]);
      if (status !== 0) expect(status).toBe(255);
      return err;
    };
    expect(await said("--config=nowhere.toml")).toStartWith(
      "sterna: nowhere.toml: cannot be read: no such file",
    );
    expect(await said(`--config=${directory}`)).toContain("cannot be read: illegal operation on a directory");
    write("init = true");
    chmodSync(file, 0o666);
    expect(await said()).toBe(
      `sterna: ${file}: others may write it. It names programs to run, so it is not read. chmod go-w ${file}\n`,
    );
    expect(await said(`--config=${file}`)).toBe("");
    chmodSync(file, 0o664);
    expect(await said()).toBe("");
    write(`# ${"x".repeat(1_100_000)}`);
    expect(await said()).toContain("it is larger than 1048576 bytes.");
    write('[host."h*"]\nport = 1\n[host."*h"]\nport = 2');
    expect(await said()).toContain(
      '[host."h*"] and [host."*h"] are equally specific for this host and set port',
    );
  });
});
