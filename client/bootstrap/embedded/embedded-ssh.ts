/**
 * An ssh client for machines without one: logs in with the ssh2 library and runs the one command that starts the
 * server. It does what a first login needs and no more: no ProxyJump, no certificates, no hardware keys, no shared
 * connections; the configuration it reads is listed in ssh-config.ts, and what it cannot follow it refuses.
 */
import { homedir } from "node:os";
import { Client, type ClientChannel, type ConnectConfig } from "ssh2";
import { loginName } from "../../../sys/login-name.ts";
import { CommandError } from "../../cli/errors.ts";
import { connectFirst } from "../connect.ts";
import { resolveHost } from "../resolve.ts";
import type { StartupReader } from "../startup-reader.ts";
import { Authenticator } from "./authenticate.ts";
import { HostKeyCheck } from "./host-key.ts";
import { findIdentities } from "./identities.ts";
import { type Prompter, printable } from "./prompt.ts";
import { parseEmbeddedOptions, readSshConfig, type SshConfig } from "./ssh-config.ts";

export interface EmbeddedCall {
  /** The words after `embedded` in `--ssh`. */
  readonly options: readonly string[];
  /** `[user@]host`. */
  readonly destination: string;
  readonly family: string;
  readonly pty: boolean;
  /** What the remote shell runs. */
  readonly remote: string;
  /** Is the address we connect to the one for UDP (and not the one the host tells)? */
  readonly tellAddress: boolean;
  readonly program: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Takes what is worth a line to the person, without newline. */
  readonly notify: (text: string) => void;
  /** Who answers questions; undefined: nobody. */
  readonly prompter: Prompter | undefined;
}

/** Longest wait for the host's part of the handshake, when ConnectTimeout does not say. People's answers do not count. */
const HANDSHAKE_TIMEOUT_MS = 30_000;
const KEEPALIVE_MS = 15_000;
/** How long a host may take to close the channel after `MOSH CONNECT`. The server has detached by then. */
const CLOSE_GRACE_MS = 5_000;

/** Without SHA-1, without what Bun's crypto lacks (chacha20-poly1305); the fast and common ones first. */
const KEY_EXCHANGES = [
  "curve25519-sha256",
  "curve25519-sha256@libssh.org",
  "ecdh-sha2-nistp256",
  "ecdh-sha2-nistp384",
  "ecdh-sha2-nistp521",
  "diffie-hellman-group16-sha512",
  "diffie-hellman-group14-sha256",
] as const;
const CIPHERS = [
  "aes128-gcm@openssh.com",
  "aes256-gcm@openssh.com",
  "aes128-ctr",
  "aes192-ctr",
  "aes256-ctr",
] as const;
const MACS = [
  "hmac-sha2-256-etm@openssh.com",
  "hmac-sha2-512-etm@openssh.com",
  "hmac-sha2-256",
  "hmac-sha2-512",
] as const;

/**
 * Logs in, runs the command, feeds what it says to the reader.
 *
 * @returns the remote command's exit status (255 if it ended without one)
 * @throws CommandError that says what the host wanted and what to do
 */
export async function runEmbeddedSsh(call: EmbeddedCall, reader: StartupReader): Promise<number> {
  const account = {
    home: call.env.HOME || homedir(),
    user: loginName(),
    agentSocket: call.env.SSH_AUTH_SOCK,
  };
  const options = parseEmbeddedOptions(call.options, call.program);
  const config = readSshConfig(call.destination, options, account, call.program);
  for (const warning of config.warnings) call.notify(warning);

  const family = config.addressFamily === "any" ? call.family : config.addressFamily;
  const identities = config.pubkeyAuthentication
    ? await findIdentities(config, call.prompter, call.notify)
    : [];
  const authenticator = new Authenticator(config, identities, call.prompter);
  const addresses = resolveHost(config.hostName, String(config.port), family, call.program);
  const timeoutMs = config.connectTimeout === undefined ? undefined : config.connectTimeout * 1000;
  const { socket, address } = await connectFirst(addresses, config.hostName, call.program, { timeoutMs });
  socket.setNoDelay(true);
  // A person may take long to answer; a host that has gone meanwhile is to be noticed.
  socket.setKeepAlive(true, KEEPALIVE_MS);
  if (call.tellAddress) reader.push(Buffer.from(`MOSH IP ${address.address}\n`));

  const client = new Client();
  try {
    await logIn(client, config, call, authenticator, { sock: socket, address: address.address, timeoutMs });
    return await runCommand(client, call, reader);
  } finally {
    client.destroy();
  }
}

async function logIn(
  client: Client,
  config: SshConfig,
  call: EmbeddedCall,
  authenticator: Authenticator,
  link: { sock: NonNullable<ConnectConfig["sock"]>; address: string; timeoutMs: number | undefined },
): Promise<void> {
  const { prompter } = call;
  const hostKey = new HostKeyCheck(config, call.program, call.notify);

  await new Promise<void>((resolve, reject) => {
    let failed: Error | undefined;
    const fail = (error: Error): void => {
      failed ??= error;
      clearTimeout(timer);
      reject(failed);
      client.destroy();
    };
    const timer = setTimeout(
      () =>
        fail(
          new CommandError(
            `${call.program}: ${config.hostName} accepted the connection, but does not answer as ssh.`,
          ),
        ),
      link.timeoutMs ?? HANDSHAKE_TIMEOUT_MS,
    );
    client.on("error", (error) => {
      // A key that cannot sign (locked, refused by the agent) is passed over; the next method follows.
      if (error.level === "agent") call.notify(`sign_and_send_pubkey: signing failed: ${error.message}`);
      else fail(explain(error, config, call.program, authenticator));
    });
    client.on("close", () =>
      fail(new CommandError(`${call.program}: Connection closed by ${link.address} port ${config.port}.`)),
    );
    client.on("banner", (text) => call.notify(printable(text).trimEnd()));
    client.on("change password", () =>
      fail(
        new CommandError(
          `${call.program}: The password of ${config.user} has expired. Change it by logging in with ssh once.`,
        ),
      ),
    );
    client.on("ready", () => {
      clearTimeout(timer);
      client.removeAllListeners();
      client.on("error", () => {});
      resolve();
    });
    client.connect({
      sock: link.sock,
      username: config.user,
      readyTimeout: 0,
      algorithms: {
        kex: [...KEY_EXCHANGES],
        cipher: [...CIPHERS],
        hmac: [...MACS],
        compress: ["none"],
        serverHostKey: hostKey.algorithms() as NonNullable<ConnectConfig["algorithms"]>["serverHostKey"] &
          string[],
      },
      hostVerifier: (key: Buffer, verified: (good: boolean) => void) => {
        clearTimeout(timer);
        hostKey.verify(key, link.address, prompter).then(
          () => verified(true),
          (error: Error) => {
            fail(error);
            verified(false);
          },
        );
      },
      authHandler: (_left, _partial, next) => {
        authenticator.next().then((method) => next(method as never), fail);
      },
      debug: (line) => authenticator.noteDebug(line),
    });
  });
}

/** ssh2's error in words that say what to do. */
function explain(
  error: Error & { level?: string },
  config: SshConfig,
  program: string,
  authenticator: Authenticator,
): CommandError {
  switch (error.level) {
    case "client-authentication":
      return new CommandError(authenticator.failureText(program));
    case "handshake":
      return new CommandError(
        `${program}: Unable to negotiate with ${config.hostName} port ${config.port}: ${printable(error.message)}\n` +
          "The system's ssh (--ssh=ssh) may know more algorithms.",
      );
    default:
      return new CommandError(
        `${program}: ssh to ${config.hostName} port ${config.port}: ${printable(error.message)}`,
      );
  }
}

async function runCommand(client: Client, call: EmbeddedCall, reader: StartupReader): Promise<number> {
  const pty = {
    term: call.env.TERM ?? "vt100",
    rows: process.stdout.rows ?? 24,
    cols: process.stdout.columns ?? 80,
  };
  const channel = await new Promise<ClientChannel>((resolve, reject) => {
    client.exec(call.remote, call.pty ? { pty } : {}, (error, opened) => {
      if (error) {
        reject(
          new CommandError(`${call.program}: The host does not run commands: ${printable(error.message)}`),
        );
      } else resolve(opened);
    });
  });
  return new Promise<number>((resolve, reject) => {
    let status = 255;
    let grace: ReturnType<typeof setTimeout> | undefined;
    const push = (chunk: Buffer): void => {
      if (reader.done) return;
      try {
        reader.push(chunk);
      } catch (error) {
        reject(error);
      }
      if (reader.done) grace = setTimeout(() => resolve(status), CLOSE_GRACE_MS);
    };
    channel.on("data", push);
    channel.stderr.on("data", push);
    channel.on("exit", (code: number | null) => {
      status = code ?? 255;
    });
    const done = (): void => {
      clearTimeout(grace);
      resolve(status);
    };
    channel.on("close", done);
    client.on("close", done);
    channel.end();
  });
}
