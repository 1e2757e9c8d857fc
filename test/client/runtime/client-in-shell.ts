/**
 * Runs our client below a shell in a real terminal, against a stock server, and looks at the terminal before and after.
 * For the tests of this folder that need a real process; the matrix of peers is test/interop.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Home } from "../../drivers/home.ts";
import { type Server, startServer } from "../../drivers/peers-run.ts";
import { commandOf } from "../../drivers/processes.ts";
import type { Pane, Tmux } from "../../drivers/tmux.ts";
import { until } from "../../drivers/wait.ts";

const bun = process.execPath;

export interface ClientInShell {
  readonly server: Server;
  readonly pane: Pane;
  /** Everything the pane's program has written, raw. */
  readonly written: () => string;
  /** Process id of the client itself. */
  readonly clientPid: () => Promise<number>;
  /** Waits until the shell has its terminal back: the client's status, and `stty -a` before and after. */
  readonly over: () => Promise<{ status: number; before: string; after: string }>;
}

let runs = 0;

/**
 * Starts a session in a new pane. The shell around the client records the terminal's mode before and after; then it
 * waits, so that the screen can be looked at.
 */
export async function clientInShell(
  tmux: Tmux,
  home: Home,
  options: {
    readonly remote?: readonly string[];
    readonly script?: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly key?: (key: string) => string;
    readonly bind?: string;
    /** A shell command that is run before the client, on its terminal. */
    readonly before?: string;
    /** Run below an interactive bash with job control instead of a script. */
    readonly interactive?: boolean;
  } = {},
): Promise<ClientInShell> {
  const id = ++runs;
  const server = await startServer("stock", home, {
    command: options.remote ?? ["bash", "--norc", "--noprofile", "-i"],
    bind: options.bind ?? "127.0.0.1",
  });
  const file = (name: string) => join(home.path, `${name}-${id}`);
  const script = options.script ?? "run-client.ts";
  const client = `${bun} ${join(import.meta.dir, script)} ${options.bind ?? "127.0.0.1"} ${server.port}`;
  // A mode of its own, so that a default one set by the client would be noticed.
  const sequence = [
    `until [ -e ${file("recording")} ]; do sleep 0.01; done`,
    "stty erase ^H -ixany echok",
    options.before ?? ":",
    `stty -a > ${file("before")}`,
    client,
    `echo $? > ${file("status")}`,
    `stty -a > ${file("after")}`,
    `touch ${file("over")}`,
  ].join("; ");
  const command = options.interactive
    ? ["bash", "--norc", "--noprofile", "-i"]
    : ["bash", "-c", `${sequence}; exec sleep infinity`];
  const key = options.key?.(server.key) ?? server.key;
  const env = { ...home.env, MOSH_KEY: key, PS1: "local$ ", ...options.env };
  const pane = await tmux.open({ command, env, cwd: home.path });
  await pane.tmux("pipe-pane", "-t", "=program:", `touch ${file("recording")}; cat > ${file("written")}`);
  if (options.interactive) {
    await pane.waitForRow(/^local\$/);
    await pane.line(client);
  }
  const read = (name: string) => readFileSync(file(name), "latin1");
  return {
    server,
    pane,
    written: () => (existsSync(file("written")) ? read("written") : ""),
    clientPid: () =>
      until("the client's process", () =>
        home.processes().find((pid) => {
          const command = commandOf(pid);
          return (
            command.includes(script) && command.endsWith(` ${server.port}`) && !command.startsWith("bash")
          );
        }),
      ),
    over: async () => {
      await until("the shell to have its terminal back", () => existsSync(file("over")));
      return { status: Number(read("status")), before: read("before"), after: read("after") };
    },
  };
}
