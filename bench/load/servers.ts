/**
 * Servers under load: an operator's host of ours, or one stock mosh-server a session. Both give endpoints of sessions that
 * run the same program, and the process ids that are to be charged.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connectHost } from "../../server/host/control-client.ts";
import type { HostConnection } from "../../server/host/messages.ts";
import { Home } from "../../test/drivers/home.ts";
import { serverProgram } from "../../test/drivers/peers-run.ts";
import { familyOf, kill } from "../../test/drivers/processes.ts";
import { until } from "../../test/drivers/wait.ts";
import type { Endpoint } from "./client.ts";

export interface LoadServer {
  readonly name: string;
  /** A new session that runs `command`. */
  open(command: readonly string[]): Promise<Endpoint>;
  /** The processes that serve, not the programs in the sessions. */
  readonly pids: readonly number[];
  stop(): Promise<void>;
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
  const home = new Home();
  const directory = join(home.path, "run", "host");
  mkdirSync(directory, { mode: 0o700 });
  const log = join(home.path, "log");
  const config = join(home.path, "host.toml");
  const asRoot = process.getuid?.() === 0 ? 'start = "setpriv"\n[users]\nroot = true\n' : "";
  writeFileSync(config, `[host]\nlisten = ["127.0.0.1"]\nports = "${ports}"\nshards = ${shards}\n${asRoot}`);
  const child = Bun.spawn(
    [...serverProgram("sterna"), "host", "--config", config, "--directory", directory],
    {
      env: { ...home.env },
      stdin: "ignore",
      stdout: "ignore",
      stderr: Bun.file(log),
    },
  );
  await until(
    "the host to start",
    () => readFileSync(log, "utf8").includes("host started"),
    undefined,
    () => readFileSync(log, "utf8"),
  );
  const connection = (await connectHost(join(directory, "host.sock"), process.getuid!())) as HostConnection;
  const shardPids = [...readFileSync(log, "utf8").matchAll(/shard started shard=\d+ pid=(\d+)/g)].map(
    (match) => Number(match[1]),
  );
  const environment = { ...home.env };
  return {
    name: "sterna host",
    pids: [child.pid, ...shardPids],
    open: async (command) => {
      const reply = await connection.request({ op: "new", colors: 256, command, environment });
      if (!reply.ok || !reply.endpoint) throw new Error(reply.ok ? "no endpoint" : reply.message);
      return reply.endpoint;
    },
    stop: async () => {
      connection.close();
      await kill(familyOf(child.pid));
      await home.remove();
    },
  };
}

/** Stock's way: a process for each session. */
export function startStock(firstPort = 10_000): LoadServer {
  const home = new Home();
  const pids: number[] = [];
  let next = firstPort;
  return {
    name: "stock mosh-server",
    pids,
    open: async (command) => {
      const child = Bun.spawn(
        ["mosh-server", "new", "-i", "127.0.0.1", "-p", String(next++), "-c", "256", "--", ...command],
        { env: { ...home.env }, cwd: "/", stdin: "ignore", stdout: "pipe", stderr: "pipe" },
      );
      const [out, err] = await Promise.all([child.stdout.text(), child.stderr.text()]);
      const connect = /^MOSH CONNECT (\d+) (\S+)$/m.exec(out);
      const detached = /^\[mosh-server detached, pid = (\d+)\]$/m.exec(err);
      if (!connect || !detached) throw new Error(`mosh-server: ${out}${err}`);
      pids.push(Number(detached[1]));
      return { port: Number(connect[1]), key: connect[2]! };
    },
    stop: async () => {
      await kill(pids.flatMap((pid) => familyOf(pid)));
      await home.remove();
    },
  };
}
