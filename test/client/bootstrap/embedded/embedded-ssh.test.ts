/**
 * The embedded ssh against a real sshd, and against a server of the test's own for what an sshd without PAM cannot ask:
 * host keys, keys in files and agents, passphrases, questions, several factors, and what goes wrong.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server as TcpServer } from "node:net";
import { join } from "node:path";
import { type AuthContext, type ServerChannel, Server as SshServer, utils } from "ssh2";
import { runEmbeddedSsh } from "../../../../client/bootstrap/embedded/embedded-ssh.ts";
import { StartupReader } from "../../../../client/bootstrap/startup-reader.ts";
import { CommandError } from "../../../../client/cli/errors.ts";
import { Home } from "../../../drivers/home.ts";
import { Sshd } from "../../../drivers/sshd.ts";
import { peer } from "../../../peers.ts";

const KEY = "4NeCCgvZFe2RnPgrcU1PQw";
const SAY_CONNECT = `echo MOSH CONNECT 60001 ${KEY}`;
const home = new Home();
const file = (name: string): string => join(home.path, "ssh", name);
let sshd: Sshd;

interface Run {
  /** Words after `embedded`. */
  readonly options?: readonly string[];
  readonly destination?: string;
  readonly remote?: string;
  /** Answers to the questions, in turn; none: no terminal. */
  readonly answers?: string[];
  readonly agent?: string;
  readonly pty?: boolean;
}

/** One login. What came of it, what was asked, what was said. */
async function login(run: Run) {
  const asked: string[] = [];
  const notes: string[] = [];
  const printed: string[] = [];
  const reader = new StartupReader({
    program: "sterna",
    host: "h",
    portRange: false,
    print: (line) => printed.push(Buffer.from(line).toString()),
    warn: (text) => notes.push(text),
  });
  const answers = run.answers;
  const prompter =
    answers === undefined
      ? undefined
      : {
          ask: async (text: string, { echo }: { echo: boolean }) => {
            asked.push(`${text}${echo ? "" : "(hidden)"}`);
            return answers.shift();
          },
          tell: (text: string) => {
            asked.push(text);
          },
        };
  let error = "";
  let status = -1;
  let startup: unknown;
  try {
    status = await runEmbeddedSsh(
      {
        options: run.options ?? [],
        destination: run.destination ?? "127.0.0.1",
        family: "prefer-inet",
        pty: run.pty ?? false,
        remote: run.remote ?? SAY_CONNECT,
        tellAddress: true,
        program: "sterna",
        env: { ...home.env, SSH_AUTH_SOCK: run.agent },
        notify: (text) => notes.push(text),
        // Without answers there is no terminal, whatever the test runner has.
        prompter,
      },
      reader,
    );
    startup = reader.finish();
  } catch (reason) {
    if (!(reason instanceof CommandError)) throw reason;
    error = reason.message;
  }
  return { startup, status, error, asked: asked.join(""), notes, out: printed.join("") };
}

const CONNECTED = { ip: "127.0.0.1", port: 60001, key: KEY };

function keygen(name: string, ...args: string[]): string {
  const made = Bun.spawnSync(["ssh-keygen", "-q", "-N", "", ...args, "-f", file(name)]);
  if (made.exitCode !== 0) throw new Error(made.stderr.toString());
  return file(name);
}

function authorize(name: string): void {
  appendFileSync(file("authorized_keys"), readFileSync(`${file(name)}.pub`));
}

beforeAll(async () => {
  if (Bun.which("sshd", { PATH: home.env.PATH! })) sshd = await Sshd.start(home);
});
afterAll(async () => {
  await sshd?.stop();
  await home.remove();
});

describe("a real sshd", () => {
  const onSshd = peer("sshd", "ssh-keygen", "ssh-agent");
  /** Options of every login there: its port, the host key known, no agent. */
  const base = (...more: string[]): string[] => [...["-F", sshd.configuration, ...more]];

  onSshd("a known host and an authorized key: no question", async () => {
    expect(await login({ options: base() })).toEqual({
      startup: CONNECTED,
      status: 0,
      error: "",
      asked: "",
      notes: [],
      out: "",
    });
  });

  onSshd("other output passes through, on a terminal and without one", async () => {
    const plain = await login({ options: base(), remote: "tty; echo err >&2; exit 3" });
    expect(plain.status).toBe(3);
    // Two streams: which comes first is not fixed.
    expect(plain.out.split("\n").sort()).toEqual(["", "err", "not a tty"]);
    const remote = `tty; echo err >&2; stty size; ${SAY_CONNECT}; echo late; exit 3`;
    const pty = await login({ options: base(), remote, pty: true });
    expect(pty).toMatchObject({ startup: CONNECTED, status: 3 });
    expect(pty.out).toMatch(/^\/dev\/\S+\r\nerr\r\n\d+ \d+\r\n$/);
  });

  onSshd("a missing program: the shell's status", async () => {
    const missing = await login({ options: base(), remote: "no-such-server new" });
    expect(missing).toMatchObject({
      status: 127,
      error: expect.stringContaining("Did not find mosh server startup"),
    });
  });

  onSshd("an unknown host is asked about, remembered, and known the next time", async () => {
    const known = join(home.path, "fresh", "known_hosts");
    const options = base(
      "-o",
      `UserKnownHostsFile=${known}`,
      "-o",
      "StrictHostKeyChecking=ask",
      "-o",
      "BatchMode=no",
    );
    const fingerprint = /SHA256:\S+/.exec(
      Bun.spawnSync(["ssh-keygen", "-l", "-f", file("host.pub")]).stdout.toString(),
    )![0];

    const refused = await login({ options, answers: ["maybe", "no"] });
    expect(refused.error).toBe("sterna: Host key verification failed.");
    expect(refused.asked).toContain(`ED25519 key fingerprint is ${fingerprint}.`);
    expect(existsSync(known)).toBe(false);

    const accepted = await login({ options, answers: [fingerprint] });
    expect(accepted.startup).toEqual(CONNECTED);
    expect(accepted.notes).toEqual([
      "Warning: Permanently added 'sterna-test' (ED25519) to the list of known hosts.",
    ]);
    expect(await login({ options, answers: [] })).toMatchObject({ startup: CONNECTED, asked: "" });
    // And OpenSSH agrees with what was written.
    const ssh = Bun.spawnSync(
      ["ssh", "-F", sshd.configuration, "-o", `UserKnownHostsFile=${known}`, "127.0.0.1", "echo", "fine"],
      { env: { ...home.env } },
    );
    expect(ssh.stdout.toString()).toBe("fine\n");
  });

  onSshd("a changed host is refused", async () => {
    keygen("other-host", "-t", "ed25519");
    const known = file("changed");
    writeFileSync(known, `sterna-test ${readFileSync(`${file("other-host")}.pub`, "utf8")}`);
    const changed = await login({ options: base("-o", `UserKnownHostsFile=${known}`), answers: ["yes"] });
    expect(changed.error).toContain("REMOTE HOST IDENTIFICATION HAS CHANGED!");
    expect(changed.error).toContain(`${known}:1`);
    expect(changed.asked).toBe("");
  });

  onSshd("a key the host does not know: what it wants and what was tried", async () => {
    const wrong = keygen("wrong", "-t", "ed25519");
    const denied = await login({ options: ["-i", wrong, ...base()], answers: [] });
    // The configuration's own key would be right: it is offered after the one of the command line.
    expect(denied.startup).toEqual(CONNECTED);
    const config = file("wrong-config");
    writeFileSync(
      config,
      readFileSync(sshd.configuration, "utf8").replace(
        `IdentityFile ${file("user")}`,
        `IdentityFile ${wrong}`,
      ),
    );
    const user = Bun.spawnSync(["id", "-un"]).stdout.toString().trim();
    expect((await login({ options: ["-F", config] })).error).toBe(
      `${user}@127.0.0.1: Permission denied (publickey).\n` +
        `sterna: The host accepted none of what was tried: key ~/ssh/wrong.`.replace("~", home.path),
    );
  });

  for (const [type, ...args] of [
    ["rsa", "-b", "2048"],
    ["ecdsa", "-b", "256"],
    ["ecdsa", "-b", "521"],
    ["rsa", "-b", "2048", "-m", "PEM"],
  ] as const) {
    onSshd(`a key of type ${[type, ...args].join(" ")}`, async () => {
      const name = `key-${[type, ...args].join("")}`;
      keygen(name, "-t", type, ...args);
      authorize(name);
      const config = file(`${name}-config`);
      writeFileSync(config, readFileSync(sshd.configuration, "utf8").replace(file("user"), file(name)));
      expect(await login({ options: ["-F", config] })).toMatchObject({ startup: CONNECTED, error: "" });
    });
  }

  describe("a key with a passphrase", () => {
    const options = (name: string, ...more: string[]): string[] => {
      const config = file(`${name}-config`);
      const text = readFileSync(sshd.configuration, "utf8");
      writeFileSync(config, text.replace(file("user"), file(name)).replace("BatchMode yes", "BatchMode no"));
      return ["-F", config, ...more];
    };

    onSshd("is unlocked when the host takes it; a wrong answer is asked again", async () => {
      keygen("locked", "-t", "ed25519", "-a", "1", "-N", "sesame");
      authorize("locked");
      const opened = await login({ options: options("locked"), answers: ["wrong", "sesame"] });
      expect(opened).toMatchObject({ startup: CONNECTED, notes: [] });
      expect(opened.asked).toBe(`Enter passphrase for key '${file("locked")}': (hidden)`.repeat(2));
      // Also without its .pub file: the public half stands in clear in the file itself.
      rmSync(`${file("locked")}.pub`);
      expect((await login({ options: options("locked"), answers: ["sesame"] })).startup).toEqual(CONNECTED);
    });

    onSshd("in the old format", async () => {
      keygen("locked-pem", "-t", "rsa", "-b", "2048", "-m", "PEM", "-a", "1", "-N", "sesame");
      authorize("locked-pem");
      expect((await login({ options: options("locked-pem"), answers: ["sesame"] })).startup).toEqual(
        CONNECTED,
      );
      rmSync(`${file("locked-pem")}.pub`);
      expect((await login({ options: options("locked-pem"), answers: ["sesame"] })).startup).toEqual(
        CONNECTED,
      );
    });

    onSshd("is not asked for if the host does not know the key, nor in batch mode", async () => {
      keygen("locked-unknown", "-t", "ed25519", "-a", "1", "-N", "sesame");
      const unknown = await login({ options: options("locked-unknown"), answers: ["sesame"] });
      expect(unknown.error).toContain("Permission denied (publickey)");
      expect(unknown.asked).toBe("");
      const batch = await login({ options: options("locked", "-o", "BatchMode=yes"), answers: ["sesame"] });
      expect(batch.error).toContain("Permission denied (publickey)");
      expect(batch.asked).toBe("");
    });

    onSshd("three wrong answers", async () => {
      const denied = await login({ options: options("locked"), answers: ["a", "b", "c", "sesame"] });
      expect(denied.notes.join()).toContain("incorrect passphrase supplied to decrypt private key");
      expect(denied.error).toContain("Permission denied (publickey)");
      expect(denied.notes.join() + denied.error).not.toContain("sesame");
    });
  });

  onSshd("a key file that others can read is not used", async () => {
    keygen("open", "-t", "ed25519");
    authorize("open");
    chmodSync(file("open"), 0o644);
    const config = file("open-config");
    writeFileSync(config, readFileSync(sshd.configuration, "utf8").replace(file("user"), file("open")));
    const denied = await login({ options: ["-F", config] });
    expect(denied.notes[0]).toStartWith(`Permissions of ${file("open")} are too open`);
    expect(denied.error).toContain("Permission denied");
  });

  onSshd("keys of an agent, all of them or only the named one", async () => {
    const socket = file("agent.sock");
    const agent = Bun.spawn(["ssh-agent", "-D", "-a", socket], { stdout: "ignore", stderr: "ignore" });
    try {
      for (let i = 0; i < 200 && !existsSync(socket); i++) await Bun.sleep(10);
      const add = (name: string) =>
        expect(
          Bun.spawnSync(["ssh-add", "-q", file(name)], { env: { ...home.env, SSH_AUTH_SOCK: socket } })
            .exitCode,
        ).toBe(0);
      keygen("agent-wrong", "-t", "rsa", "-b", "2048");
      keygen("agent-good", "-t", "rsa", "-b", "2048");
      authorize("agent-good");
      add("agent-wrong");
      add("agent-good");
      const text = readFileSync(sshd.configuration, "utf8").replace(
        "IdentityAgent none",
        `IdentityAgent ${socket}`,
      );
      const config = file("agent-config");

      writeFileSync(
        config,
        text.replace(file("user"), file("nowhere")).replace("IdentitiesOnly yes", "IdentitiesOnly no"),
      );
      expect((await login({ options: ["-F", config] })).startup).toEqual(CONNECTED);
      // Only the public half on disk: the agent signs.
      rmSync(file("agent-good"));
      writeFileSync(config, text.replace(file("user"), file("agent-good")));
      expect(await login({ options: ["-F", config] })).toMatchObject({ startup: CONNECTED, notes: [] });
      // IdentitiesOnly with another key: the agent's good one is not offered.
      writeFileSync(config, text.replace(file("user"), file("agent-wrong")));
      expect((await login({ options: ["-F", config] })).error).toContain("Permission denied (publickey)");
      // SSH_AUTH_SOCK, if the configuration does not say.
      writeFileSync(
        config,
        text.replace(/ {2}IdentityAgent .*\n/, "").replace(file("user"), file("agent-good")),
      );
      expect((await login({ options: ["-F", config], agent: socket })).startup).toEqual(CONNECTED);
      expect((await login({ options: ["-F", config], agent: file("no-agent") })).error).toContain(
        "Permission denied",
      );
    } finally {
      agent.kill();
      await agent.exited;
    }
  });

  onSshd("nobody listens, no such host", async () => {
    const port = await closedPort();
    expect((await login({ options: ["-F", "none", "-p", String(port)] })).error).toBe(
      "sterna: Could not connect to 127.0.0.1, last tried 127.0.0.1: Connection refused",
    );
    expect((await login({ options: ["-F", "none"], destination: "name.invalid" })).error).toStartWith(
      "sterna: could not get canonical name for name.invalid: ",
    );
  });
});

async function listenTcp(
  onConnect: Parameters<typeof createServer>[1],
): Promise<{ server: TcpServer; port: number }> {
  const server = createServer(onConnect);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, port: (server.address() as { port: number }).port };
}

async function closedPort(): Promise<number> {
  const { server, port } = await listenTcp(() => {});
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe("a server of our own", () => {
  const hostKey = utils.generateKeyPairSync("ed25519");
  let server: SshServer | undefined;
  afterAll(() => {
    server?.close();
  });

  /** Starts a server that judges logins so, and runs commands so; returns the options that reach it. */
  async function serve(
    authenticate: (context: AuthContext) => void,
    options: { banner?: string; keys?: string[]; exec?: (channel: ServerChannel) => void } = {},
  ): Promise<string[]> {
    server?.close();
    const made = new SshServer(
      { hostKeys: [hostKey.private], ...(options.banner === undefined ? {} : { banner: options.banner }) },
      (client) => {
        client.on("error", () => {});
        client.on("authentication", authenticate);
        client.on("session", (accept) => {
          const session = accept();
          session.on("exec", (acceptExec) => {
            const channel = acceptExec();
            if (options.exec) options.exec(channel);
            else {
              channel.write(`MOSH CONNECT 60001 ${KEY}\r\n`);
              channel.exit(0);
              channel.end();
            }
          });
        });
      },
    );
    await new Promise<void>((resolve) => made.listen(0, "127.0.0.1", resolve));
    server = made;
    const known = join(home.path, "own_known_hosts");
    writeFileSync(known, `* ${hostKey.public}\n`);
    return [
      ...["-F", "none", "-p", String((made.address() as { port: number }).port), "-l", "bob"],
      ...["-o", `UserKnownHostsFile=${known}`, "-o", "IdentityAgent=none"],
      ...(options.keys ?? ["none"]).flatMap((key) => ["-i", key]),
    ];
  }

  test("keyboard-interactive: instructions, questions shown and hidden, cleaned of control characters", async () => {
    let got: string[] = [];
    const options = await serve((context) => {
      if (context.method !== "keyboard-interactive") return context.reject(["keyboard-interactive"]);
      const prompts = [
        { prompt: "Pass\x1b[2Jword: ", echo: false },
        { prompt: "Code: ", echo: true },
      ];
      context.prompt(prompts, "Title", "Say\r\nit", (answers) => {
        got = answers;
        context.accept();
      });
    });
    const { startup, asked } = await login({ options, answers: ["secret", "123"] });
    expect(startup).toEqual(CONNECTED);
    expect(got).toEqual(["secret", "123"]);
    expect(asked).toBe("Title\nSay\nit\n(bob@127.0.0.1) Pass?[2Jword: (hidden)(bob@127.0.0.1) Code: ");
  });

  test("a password, after a wrong one", async () => {
    const options = await serve((context) => {
      if (context.method !== "password") return context.reject(["password"]);
      if (context.password === "right") context.accept();
      else context.reject(["password"]);
    });
    const { startup, asked } = await login({ options, answers: ["wrong", "right"] });
    expect(startup).toEqual(CONNECTED);
    expect(asked).toBe(
      "bob@127.0.0.1's password: (hidden)Permission denied, please try again.\nbob@127.0.0.1's password: (hidden)",
    );
    const denied = await login({ options, answers: ["1", "2", "3", "right"] });
    expect(denied.error).toBe(
      "bob@127.0.0.1: Permission denied (password).\n" +
        "sterna: The host accepted none of what was tried: password.",
    );
    const nobody = await login({ options });
    expect(nobody.error).toEndWith("nothing (no key, and no terminal to ask on).");
  });

  test("an interactive method that asks nothing is tried once, then the next", async () => {
    let interactive = 0;
    const options = await serve((context) => {
      if (context.method === "password") return context.accept();
      if (context.method === "keyboard-interactive") interactive++;
      context.reject(["keyboard-interactive", "password"]);
    });
    expect((await login({ options, answers: ["x"] })).startup).toEqual(CONNECTED);
    expect(interactive).toBe(1);
  });

  test("two factors: a key, then a code; other keys are not tried in between", async () => {
    mkdirSync(join(home.path, "two"), { recursive: true });
    const keys = ["a", "b", "c"].map((name) => {
      const pair = utils.generateKeyPairSync("ed25519");
      const path = join(home.path, "two", name);
      writeFileSync(path, pair.private, { mode: 0o600 });
      return {
        path,
        blob: (utils.parseKey(pair.public) as { getPublicSSH(): Buffer }).getPublicSSH().toString("base64"),
      };
    });
    const offered: string[] = [];
    const judge = (context: AuthContext): void => {
      if (context.method === "keyboard-interactive") {
        context.prompt([{ prompt: "Code: ", echo: false }], (answers) => {
          if (answers[0] === "7") context.accept();
          else context.reject();
        });
      } else if (context.method === "publickey") {
        const blob = context.key.data.toString("base64");
        if (!context.signature) offered.push(blob);
        if (blob !== keys[1]!.blob) context.reject(["publickey"]);
        else if (context.signature) context.reject(["keyboard-interactive"], true);
        else context.accept();
      } else context.reject(["publickey"]);
    };
    const options = await serve(judge, { keys: keys.map((key) => key.path) });
    const { startup, asked } = await login({ options, answers: ["7"] });
    expect(startup).toEqual(CONNECTED);
    expect(asked).toBe("(bob@127.0.0.1) Code: (hidden)");
    expect(offered).toEqual([keys[0]!.blob, keys[1]!.blob]);
  });

  test("the banner is shown, cleaned", async () => {
    const options = await serve((context) => context.accept(), { banner: "Hello\x1b]0;x\x07 there\n" });
    expect((await login({ options })).notes).toEqual(["Hello?]0;x? there"]);
  });

  test("a channel that stays open after MOSH CONNECT, and a connection that breaks", async () => {
    const options = await serve((context) => context.accept(), {
      exec: (channel) => {
        channel.write("MOSH CONNECT 60001 ");
        setTimeout(() => channel.destroy(), 50);
      },
    });
    const cut = await login({ options });
    expect(cut.error).toStartWith("Bad MOSH CONNECT string: MOSH CONNECT 60001");
    expect(cut.status).toBe(255);
  });

  test("something that is not ssh", async () => {
    const { server: tcp, port } = await listenTcp((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    try {
      const { error } = await login({ options: ["-F", "none", "-p", String(port)] });
      expect(error).toContain("127.0.0.1");
      expect(error).toStartWith("sterna: ");
    } finally {
      tcp.close();
    }
  });

  test("a host that never answers", async () => {
    const { server: tcp, port } = await listenTcp(() => {});
    try {
      const { error } = await login({
        options: ["-F", "none", "-p", String(port), "-o", "ConnectTimeout=1"],
      });
      expect(error).toBe("sterna: 127.0.0.1 accepted the connection, but does not answer as ssh.");
    } finally {
      tcp.close();
    }
  });
});
