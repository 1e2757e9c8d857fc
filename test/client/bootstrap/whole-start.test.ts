/**
 * From the command line to a shell and back, on a real terminal: without ssh (local mode, localhost), and by the embedded
 * ssh with its question about an unknown host. The system's ssh is the interop suite's.
 */
import { afterAll, beforeAll, describe, expect } from "bun:test";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { Home } from "../../drivers/home.ts";
import { serverProgram } from "../../drivers/peers-run.ts";
import { textOf } from "../../drivers/screen.ts";
import { Sshd } from "../../drivers/sshd.ts";
import { type Pane, Tmux } from "../../drivers/tmux.ts";
import { peer } from "../../peers.ts";
import { SOURCE_WRAPPER } from "./stubs.ts";

const home = new Home({ ".bash_profile": "PS1='$ '\n" });
const tmux = new Tmux();
let sshd: Sshd;

beforeAll(async () => {
  if (Bun.which("sshd", { PATH: home.env.PATH! })) sshd = await Sshd.start(home);
});
afterAll(async () => {
  await tmux.stop();
  await sshd?.stop();
  await home.remove();
});

const open = (args: readonly string[], env: Record<string, string> = {}): Promise<Pane> =>
  tmux.open({ command: [...SOURCE_WRAPPER, ...args], env: { ...home.env, ...env }, cwd: home.path });

/** The shell answers, ends, and so does the client, cleanly. */
async function shellWorks(pane: Pane): Promise<string> {
  await pane.waitForRow("$");
  await pane.line("clear; echo $((6 * 7)) $PWD");
  await pane.waitForRow(`42 ${home.path}`);
  await pane.line("exit");
  const end = await pane.exit();
  expect(end.text).toEndWith("[mosh is exiting.]");
  expect(end.status).toBe(0);
  await pane.close();
  return end.text;
}

/** A PATH with what the tests need and without ssh. */
function pathWithoutSsh(): string {
  const directory = join(home.path, "bin");
  if (existsSync(directory)) return directory;
  mkdirSync(directory);
  for (const name of ["sh", "bash", "env", "clear", "cat", "rm"]) {
    const program = Bun.which(name);
    if (program !== null) symlinkSync(program, join(directory, name));
  }
  return directory;
}

/** Does something listen where ssh would? Then localhost means that. */
function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: "127.0.0.1", port });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

describe("without ssh", () => {
  const onTerminal = peer("tmux");

  onTerminal("--local: our own server, a login shell", async () => {
    await shellWorks(await open(["--local", "--no-init"]));
  });

  onTerminal("--local with a command, on IPv6", async () => {
    const pane = await open([
      "--local",
      "--no-init",
      "::1",
      "--",
      "sh",
      "-c",
      'echo "<$1>"; read x',
      "sh",
      "it's",
    ]);
    await pane.waitForRow("<it's>");
    await pane.keys("Enter");
    expect((await pane.exit()).status).toBe(0);
    await pane.close();
  });

  onTerminal("localhost where no ssh server listens, and no ssh program either", async () => {
    if (await listens(22)) return; // This machine has an ssh server: then it is asked, and that is another test.
    const pane = await open(["localhost"], { PATH: pathWithoutSsh() });
    const text = await shellWorks(pane);
    expect(text).toContain("no ssh server on 127.0.0.1: starting the session here");
  });
});

describe("by the embedded ssh", () => {
  const onSshd = peer("tmux", "sshd", "mosh-server");

  for (const make of ["stock", "sterna"] as const) {
    onSshd(`${make} server; the unknown host is asked about on the terminal`, async () => {
      const directory = join(home.path, `embedded-${make}`);
      mkdirSync(directory);
      const config = join(directory, "config");
      const known = join(directory, "known_hosts");
      writeFileSync(
        config,
        readFileSync(sshd.configuration, "utf8")
          .replace(/UserKnownHostsFile .*/, `UserKnownHostsFile ${known}`)
          .replace("StrictHostKeyChecking yes", "StrictHostKeyChecking ask")
          .replace("BatchMode yes", "BatchMode no"),
      );
      const args = [
        `--ssh=embedded -F ${config}`,
        `--server=${serverProgram(make).join(" ")}`,
        ...["--no-init", "somehost"],
      ];
      const pane = await open(args);
      const asked = await pane.waitFor("the question", (screen) =>
        textOf(screen).some((row) => row.startsWith("Are you sure you want to continue connecting")),
      );
      expect(textOf(asked).join("\n")).toContain("ED25519 key fingerprint is SHA256:");
      await pane.line("yes");
      await shellWorks(pane);
      expect(readFileSync(known, "utf8")).toStartWith("sterna-test ssh-ed25519 ");
      // The second time nothing is asked.
      await shellWorks(await open(args));
    });
  }

  onSshd("no ssh program in PATH: it is taken by itself", async () => {
    const directory = join(home.path, ".ssh");
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    writeFileSync(join(directory, "config"), readFileSync(sshd.configuration, "utf8"));
    const pane = await open(["--server=mosh-server", "somehost"], { PATH: pathWithoutSsh() });
    const text = await shellWorks(pane);
    expect(text).toContain("no ssh program in PATH: using the embedded one (--ssh=embedded).");
  });
});
