/** The embedded ssh against a real sshd: host keys, keys in files and agents, passphrases, output and statuses. */
import { afterAll, beforeAll, describe, expect } from "bun:test";
import { appendFileSync, chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Home } from "../../../drivers/home.ts";
import { Sshd } from "../../../drivers/sshd.ts";
import { until } from "../../../drivers/wait.ts";
import { peer } from "../../../peers.ts";
import { CONNECTED, closedPort, login as loginWith, type Run, SAY_CONNECT } from "./login.ts";

const home = new Home();
const login = (run: Run) => loginWith(home.env, run);
const file = (name: string): string => join(home.path, "ssh", name);
let sshd: Sshd;

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
      await until("the agent to listen", () => existsSync(socket));
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
