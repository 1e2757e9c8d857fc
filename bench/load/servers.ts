/**
 * Servers under load: an operator's host of ours, or one stock mosh-server a session. Both give endpoints of sessions that
 * run the same program, and the process ids that are to be charged.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { connectHost } from "../../server/host/control-client.ts";
import type { HostConnection } from "../../server/host/messages.ts";
import { isCompiled, selfCommand } from "../../sys/self.ts";
import { Home } from "../../test/drivers/home.ts";
import { familyOf, kill, signal } from "../../test/drivers/processes.ts";
import { until } from "../../test/drivers/wait.ts";
import type { Endpoint } from "./client.ts";

export interface LoadServer {
  readonly name: string;
  /** A new session that runs `command`. */
  open(command: readonly string[]): Promise<Endpoint>;
  /** The processes that serve, not the programs in the sessions. */
  readonly pids: readonly number[];
  /** It goes on after the run: sessions must be ended as a client ends them. */
  readonly outlives: boolean;
  /** Ends all that was started here. */
  stop(): Promise<void>;
}

/** Homes of servers that have been started and not stopped. */
const inUse = new Set<Home>();

function newHome(): Home {
  const home = new Home();
  inUse.add(home);
  return home;
}

async function remove(home: Home): Promise<void> {
  await home.remove();
  inUse.delete(home);
}

/** An interrupt ends this process and its servers, for benchmarks that have nothing to report then. */
export function endTogether(): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => {
      killStarted();
      process.exit(130);
    });
}

/** Ends at once whatever is left of what was started here, for a generator that has to leave. */
export function killStarted(): void {
  for (const home of inUse) {
    for (const pid of home.processes()) signal(pid, "SIGKILL");
    rmSync(home.path, { recursive: true, force: true });
  }
}

export interface HostOptions {
  readonly shards?: number;
  /** As in the configuration file. */
  readonly ports?: string;
}

/** A host of ours: supervisor and shards, root's sessions without PAM, so that the same is started as by stock. */
export async function startHost({
  shards = 2,
  ports = "59000:59500",
}: HostOptions = {}): Promise<LoadServer> {
  const home = newHome();
  const directory = join(home.path, "run", "host");
  mkdirSync(directory, { mode: 0o700 });
  const log = join(home.path, "log");
  const config = join(home.path, "host.toml");
  const asRoot = process.getuid?.() === 0 ? 'start = "setpriv"\n[users]\nroot = true\n' : "";
  writeFileSync(config, `[host]\nlisten = ["127.0.0.1"]\nports = "${ports}"\nshards = ${shards}\n${asRoot}`);
  const child = Bun.spawn([...selfCommand("server"), "host", "--config", config, "--directory", directory], {
    env: { ...home.env },
    stdin: "ignore",
    stdout: "ignore",
    stderr: Bun.file(log),
    // An interrupt from the terminal is for the generator, which ends the host when it has reported.
    detached: true,
  });
  try {
    await until(
      "the host to start",
      () => readFileSync(log, "utf8").includes("host started") || child.exitCode !== null,
      undefined,
      () => readFileSync(log, "utf8"),
    );
    if (child.exitCode !== null)
      throw new Error(`the host did not start: ${readFileSync(log, "utf8").trim()}`);
  } catch (error) {
    await remove(home);
    throw error;
  }
  const connection = (await connectHost(join(directory, "host.sock"), process.getuid!())) as HostConnection;
  const shardPids = [...readFileSync(log, "utf8").matchAll(/shard started shard=\d+ pid=(\d+)/g)].map(
    (match) => Number(match[1]),
  );
  const environment = { ...home.env };
  return {
    name: "sterna host",
    pids: [child.pid, ...shardPids],
    outlives: false,
    open: async (command) => {
      const reply = await connection.request({ op: "new", colors: 256, command, environment });
      if (!reply.ok || !reply.endpoint) throw new Error(reply.ok ? "no endpoint" : reply.message);
      return reply.endpoint;
    },
    stop: async () => {
      connection.close();
      await kill(familyOf(child.pid));
      await remove(home);
    },
  };
}

/** Where to begin, so that two generators at one time hardly meet; below the ports that the system gives out. */
const FIRST_PORT = 10_000 + 1000 * (process.pid % 18);

/** Stock's way: a process for each session. */
export function startStock(): LoadServer {
  return startCommand({ name: "stock mosh-server", words: ["mosh-server"], firstPort: FIRST_PORT });
}

interface CommandOptions {
  readonly name: string;
  /** To which `new …` is added; ssh with its arguments is as good as a server's name. */
  readonly words: readonly string[];
  /** Each session asks for one port, counted from here; undefined: the server chooses. */
  readonly firstPort?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** The name that an executable of many names is called by. */
  readonly calledAs?: string;
  /** Somebody's own server with their own environment, which goes on after the run. */
  readonly isForeign?: boolean;
  /** Where the sessions are; undefined: here, bound to 127.0.0.1, and the processes that are named are charged. */
  readonly address?: string;
  /** Processes to charge besides those that a server names on standard error. */
  readonly pids?: readonly number[];
}

/** How often another port is tried. */
const PORT_TRIES = 20;

/** Anything that prints `MOSH CONNECT`: mosh-server, `sterna-server new` (alone or asking a host), either through ssh. */
function startCommand(options: CommandOptions): LoadServer {
  const home = newHome();
  const env = options.isForeign
    ? { LANG: "C.UTF-8", TERM: "xterm-256color", ...process.env }
    : { ...home.env, STERNA_RUNTIME_DIR: join(home.path, "run"), ...options.env };
  const pids = new Set(options.pids);
  let port = options.firstPort;
  const openOnce = async (command: readonly string[]): Promise<Endpoint | string> => {
    const words = [...options.words, "new", "-c", "256"];
    if (options.address === undefined) words.push("-i", "127.0.0.1");
    // Without a word a server listens on IPv4 only.
    else if (options.address.includes(":")) words.push("-i", "::");
    if (port !== undefined) words.push("-p", String(port++));
    const child = Bun.spawn([...words, "--", ...command], {
      env,
      cwd: "/",
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      ...(options.calledAs === undefined ? {} : { argv0: options.calledAs }),
      // As with the host: an interrupt is not for servers.
      detached: true,
    });
    const [out, err] = await Promise.all([child.stdout.text(), child.stderr.text()]);
    const connect = /^MOSH CONNECT (\d+) ([A-Za-z0-9/+]{22})\s*$/m.exec(out);
    if (!connect) return firstLine(err) || firstLine(out) || `status ${await child.exited}, no MOSH CONNECT`;
    const pid = /(?:detached,|host) pid = (\d+)\]/.exec(err)?.[1];
    // Through ssh it is a process of another machine, or of another name here.
    if (pid !== undefined && options.address === undefined) pids.add(Number(pid));
    const { address } = options;
    return { port: Number(connect[1]), key: connect[2]!, ...(address === undefined ? {} : { address }) };
  };
  return {
    name: options.name,
    get pids() {
      return [...pids];
    },
    open: async (command) => {
      let said = "";
      for (let i = 0; i < (port === undefined ? 1 : PORT_TRIES); i++) {
        const endpoint = await openOnce(command);
        if (typeof endpoint !== "string") return endpoint;
        said = endpoint;
      }
      throw new Error(`no session: ${said}`);
    },
    outlives: options.isForeign === true,
    stop: () => remove(home),
  };
}

function firstLine(text: string): string {
  return (
    text
      .split("\n")
      .find((line) => line.trim() !== "")
      ?.trim() ?? ""
  );
}

/** `sterna-server new` of this checkout: each session a process of its own, or all in the user's own host. */
function startNew(how: "standalone" | "own-host"): LoadServer {
  const words = selfCommand("server");
  const called = isCompiled() ? { calledAs: "sterna-server" } : {};
  if (how === "standalone")
    return startCommand({ name: "sterna new, standalone", words, firstPort: FIRST_PORT, ...called });
  // A host of the user's own; its directory is in the home that startCommand makes.
  return startCommand({ name: "sterna new, own host", words, env: { STERNA_HOST: "own" }, ...called });
}

/** Servers that are started here, by name; other names are commands. */
export const OWN: readonly string[] = ["stock", "standalone", "new", "host"];

export function isOwn(what: string): boolean {
  return OWN.includes(what);
}

/** What `--server` names. */
export async function startServer(
  what: string,
  options: { readonly address?: string; readonly pids: readonly number[]; readonly shards: number },
): Promise<LoadServer> {
  if (what === "stock") return startStock();
  if (what === "standalone") return startNew("standalone");
  if (what === "new") return startNew("own-host");
  if (what === "host") return startHost({ shards: options.shards });
  const words = what.split(" ").filter((word) => word !== "");
  if (words.length === 0) throw new Error("--server: no name and no command");
  const isElsewhere = options.address !== undefined || basename(words[0]!) === "ssh";
  return startCommand({
    name: what,
    words,
    isForeign: true,
    pids: options.pids,
    ...(isElsewhere ? { address: options.address ?? "127.0.0.1" } : {}),
  });
}
