/**
 * Finding and ending the processes a test has started, also those that have detached themselves: every environment made
 * by home.ts carries a token, and a process whose environment holds that token is the test's own. Linux only (/proc).
 */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { until } from "./wait.ts";

/** The variable that carries the token. */
export const TOKEN_VARIABLE = "STERNA_TEST_RUN";

function numbers(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch {
    return ""; // It has ended meanwhile.
  }
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

/** Processes whose environment holds the token, this one excepted. */
export function processesWith(token: string): number[] {
  const entry = `${TOKEN_VARIABLE}=${token}\0`;
  return numbers().filter((pid) => pid !== process.pid && read(pid, "environ").includes(entry));
}

/** The command line of a process, words joined by a space; empty if it has ended. */
export function commandOf(pid: number): string {
  return read(pid, "cmdline").replaceAll("\0", " ").trim();
}

/** True while the process exists and is not a zombie. */
export function alive(pid: number): boolean {
  const state = /\) (\S)/.exec(read(pid, "stat"))?.[1];
  return state !== undefined && state !== "Z";
}

/** The process and all that descend from it, parents first. */
export function familyOf(root: number): number[] {
  const parents = new Map(numbers().map((pid) => [pid, Number(/\) \S (\d+)/.exec(read(pid, "stat"))?.[1])]));
  const family = [root];
  for (const member of family) {
    for (const [pid, parent] of parents) if (parent === member) family.push(pid);
  }
  return family;
}

export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended meanwhile.
  }
}

/** Waits until none of the processes is alive. */
export async function gone(pids: readonly number[], deadlineMs?: number): Promise<void> {
  await until(
    "processes to end",
    () => !pids.some(alive),
    deadlineMs,
    () => pids.filter(alive).map(commandOf).join("\n"),
  );
}

/** Kills the processes outright and waits for their end. */
export async function kill(pids: readonly number[]): Promise<void> {
  for (const pid of pids) signal(pid, "SIGKILL");
  await gone(pids);
}

/** Local UDP ports (IPv4 and IPv6) on which a process has a socket. */
export function udpPortsOf(pid: number): Set<number> {
  const sockets = new Set<string>();
  for (const fd of list(`/proc/${pid}/fd`)) {
    const inode = /^socket:\[(\d+)\]$/.exec(link(`/proc/${pid}/fd/${fd}`))?.[1];
    if (inode) sockets.add(inode);
  }
  const ports = new Set<number>();
  for (const table of ["udp", "udp6"]) {
    for (const line of read(pid, `net/${table}`).split("\n").slice(1)) {
      const fields = line.trim().split(/\s+/);
      if (sockets.has(fields[9] ?? "")) ports.add(Number.parseInt(fields[1]!.split(":")[1]!, 16));
    }
  }
  return ports;
}
