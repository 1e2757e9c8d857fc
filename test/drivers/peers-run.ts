/**
 * Starts clients and servers of either make, Sterna from this checkout or stock Mosh from PATH, by the interfaces a user
 * has: `mosh-server new …` and its `MOSH CONNECT` line, `mosh-client IP PORT`, and the wrapper with everything in
 * between. Used by test/interop and bench.
 */
import { join } from "node:path";
import type { Environment, Home } from "./home.ts";
import { alive, kill } from "./processes.ts";
import type { Pane, Tmux } from "./tmux.ts";

export type Make = "sterna" | "stock";

export const MAKES: readonly Make[] = ["stock", "sterna"];

export interface Pair {
  readonly client: Make;
  readonly server: Make;
}

/** Every client with every server. */
export const PAIRS: readonly Pair[] = [
  { client: "stock", server: "stock" },
  { client: "sterna", server: "stock" },
  { client: "stock", server: "sterna" },
  { client: "sterna", server: "sterna" },
];

export function nameOf(pair: Pair): string {
  return `${pair.client} client, ${pair.server} server`;
}

const root = join(import.meta.dir, "..", "..");
const bun = process.execPath;

/** Command words, to which `new …` is added. */
export function serverProgram(make: Make): string[] {
  return make === "stock" ? ["mosh-server"] : [bun, join(root, "server.ts")];
}

/** Command words, to which the address and the port are added. */
export function clientProgram(make: Make): string[] {
  return make === "stock" ? ["mosh-client"] : [bun, join(root, "client.ts"), "client"];
}

/** Command words of the `mosh` wrapper. */
export function wrapperProgram(make: Make): string[] {
  return make === "stock" ? ["mosh"] : [bun, join(root, "client.ts")];
}

export interface Finished {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a program that ends by itself, without a terminal. */
export async function run(command: readonly string[], env: Environment, cwd = "/"): Promise<Finished> {
  const child = Bun.spawn([...command], {
    env: { ...env },
    cwd,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  return { status: await child.exited, out, err };
}

export interface ServerOptions {
  readonly command?: readonly string[];
  readonly bind?: string;
  /** As for `-p`; 0 = any free port. */
  readonly port?: string;
  readonly env?: Environment;
}

/** A detached server, one session. */
export class Server {
  readonly make: Make;
  readonly port: number;
  readonly key: string;
  readonly pid: number;

  constructor(make: Make, port: number, key: string, pid: number) {
    this.make = make;
    this.port = port;
    this.key = key;
    this.pid = pid;
  }

  get running(): boolean {
    return alive(this.pid);
  }

  async kill(): Promise<void> {
    await kill([this.pid]);
  }
}

/** Starts a server as the wrapper would and reads what it prints (bootstrap-and-cli.md 3.4). */
export async function startServer(make: Make, home: Home, options: ServerOptions = {}): Promise<Server> {
  const command = [
    ...serverProgram(make),
    ...["new", "-i", options.bind ?? "127.0.0.1", "-p", options.port ?? "0", "-c", "256"],
    ...(options.command ? ["--", ...options.command] : []),
  ];
  const { status, out, err } = await run(command, { ...home.env, ...options.env }, home.path);
  const connect = /^MOSH CONNECT (\d+) ([A-Za-z0-9/+]{22})$/m.exec(out);
  const detached = /^\[mosh-server detached, pid = (\d+)\]$/m.exec(err);
  if (status !== 0 || !connect || !detached) {
    throw new Error(`${command.join(" ")}: status ${status}\n${out}\n${err}`);
  }
  return new Server(make, Number(connect[1]), connect[2]!, Number(detached[1]));
}

export interface ClientOptions {
  readonly cols?: number;
  readonly rows?: number;
  readonly env?: Environment;
  readonly host?: string;
  readonly port?: number;
  readonly key?: string;
}

/** Starts a client of a running server in a pane. */
export async function startClient(
  make: Make,
  tmux: Tmux,
  home: Home,
  server: Pick<Server, "port" | "key">,
  options: ClientOptions = {},
): Promise<Pane> {
  const { host = "127.0.0.1", port = server.port, key = server.key, cols = 80, rows = 24 } = options;
  const command = [...clientProgram(make), host, String(port)];
  return tmux.open({
    command,
    env: { ...home.env, MOSH_KEY: key, ...options.env },
    cols,
    rows,
    cwd: home.path,
  });
}
