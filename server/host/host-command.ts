/** `sterna-server host`: reads its options and becomes the operator's host, or one of its processes. Called by main.ts. */
import { existsSync } from "node:fs";
import { libc } from "../../sys/libc.ts";
import { STDERR, STDOUT, writeText } from "../stdio.ts";
import { ConfigError, type HostConfig, readConfig, withOptions } from "./config.ts";
import { chooseHosts } from "./places.ts";

export const HOST_HELP = `Usage: sterna-server host [--config FILE] [options]

Serves a whole machine: one process supervises, the others (shards) have the sessions. As root for all its users, each
shell as its user; otherwise for yourself alone.

  --config FILE      settings (default: /etc/sterna/host.toml if it is there); docs/operating.md
  --port PORT[:PORT2]  one UDP port for everything, or a range of which each shard takes one (default: 60000:61000)
  --listen ADDRESS[,ADDRESS]  where to listen for UDP (default: 0.0.0.0)
  --shards N         processes for sessions (default: one a core)
  --ssh ADDRESS:PORT[,…]      ssh gateway (default: none)
  --metrics ADDRESS:PORT      Prometheus text over HTTP, on this machine only (default: none)
  --directory DIR    where its sockets are (default: /run/sterna; without root the directory of your own host)

SIGTERM stops it once its sessions have ended or the time for it is over, SIGHUP reads the settings again, SIGUSR2 ends it
and leaves the sessions to the next one (status 75).`;

const DEFAULT_CONFIG = "/etc/sterna/host.toml";
const OPTIONS = new Set(["config", "port", "listen", "shards", "ssh", "metrics", "directory"]);

/** @param args the words after `host` @returns exit status */
export async function runHost(args: readonly string[]): Promise<number> {
  if (process.send && args[0] === "shard") {
    const { runShard } = await import("./shard-process.ts");
    return runShard();
  }
  if (process.send && args[0] === "gateway") {
    const { runGateway } = await import("./gateway-process.ts");
    return runGateway();
  }
  const options: Record<string, string> = {};
  for (let i = 0; i < args.length; i++) {
    const word = args[i]!;
    if (word === "--help" || word === "-h") {
      writeText(STDOUT, `${HOST_HELP}\n`);
      return 0;
    }
    const match = /^--([a-z]+)(?:=(.*))?$/s.exec(word);
    const value = match?.[2] ?? args[i + 1];
    if (!match || !OPTIONS.has(match[1]!) || value === undefined) {
      writeText(STDERR, `sterna-server: host: what is "${word}"?\n${HOST_HELP.split("\n")[0]}\n`);
      return 1;
    }
    if (match[2] === undefined) i++;
    options[match[1]!] = value;
  }
  const path = options.config ?? (existsSync(DEFAULT_CONFIG) ? DEFAULT_CONFIG : undefined);
  const read = (): HostConfig => withOptions(readConfig(path), options);
  try {
    const config = read();
    const { runSupervisor } = await import("./supervisor.ts");
    return await runSupervisor({ config, reread: read, directory: options.directory ?? defaultDirectory() });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    writeText(STDERR, `${error.message}\n`);
    return 1;
  }
}

function defaultDirectory(): string {
  const uid = libc().getuid();
  const { system, own } = chooseHosts({ STERNA_RUNTIME_DIR: process.env.STERNA_RUNTIME_DIR ?? "" }, uid);
  return (uid === 0 ? system : own)!.directory;
}
