/**
 * One login by the embedded ssh with answers given beforehand: for the tests with a real sshd and those with a server of
 * their own.
 */
import { createServer, type Server } from "node:net";
import { runEmbeddedSsh } from "../../../../client/bootstrap/embedded/embedded-ssh.ts";
import { StartupReader } from "../../../../client/bootstrap/startup-reader.ts";
import { CommandError } from "../../../../client/cli/errors.ts";
import type { Environment } from "../../../drivers/home.ts";

export const KEY = "4NeCCgvZFe2RnPgrcU1PQw";
export const SAY_CONNECT = `echo MOSH CONNECT 60001 ${KEY}`;
export interface Run {
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
export async function login(env: Environment, run: Run) {
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
        env: { ...env, SSH_AUTH_SOCK: run.agent },
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

/** A login that found all it needs. */
export const CONNECTED = { ip: "127.0.0.1", port: 60001, key: KEY };

/** A TCP server of 127.0.0.1 on a free port. */
export async function listenTcp(
  onConnect: Parameters<typeof createServer>[1],
): Promise<{ server: Server; port: number }> {
  const server = createServer(onConnect);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, port: (server.address() as { port: number }).port };
}

/** A port that nobody listens on. */
export async function closedPort(): Promise<number> {
  const { server, port } = await listenTcp(() => {});
  await new Promise((resolve) => server.close(resolve));
  return port;
}
