/**
 * The embedded ssh against a server of the test's own: what an sshd without PAM cannot ask (questions, passwords, several
 * factors), banners, and hosts that break off or are no ssh at all.
 */
import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type AuthContext, type ServerChannel, Server as SshServer, utils } from "ssh2";
import { Home } from "../../../drivers/home.ts";
import { CONNECTED, KEY, listenTcp, login as loginWith, type Run } from "./login.ts";

const home = new Home();
const login = (run: Run) => loginWith(home.env, run);
afterAll(() => home.remove());

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

  test("what the host says it would take is cleaned of control characters", async () => {
    const options = await serve((context) => context.reject(["none\x1b]0;title\x07" as never]));
    const { error } = await login({ options, answers: [] });
    expect(error).toStartWith("bob@127.0.0.1: Permission denied (none?]0;title?).\n");
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
