/**
 * What the user's ssh would do with a host, asked of ssh itself (`ssh -G`), where that decides how a session starts:
 * does it go through another machine, is `localhost` really this machine's port 22. Asked only when it can matter,
 * since it costs a process.
 */
import { homedir } from "node:os";
import { basename } from "node:path";
import { walkConfigFile } from "./embedded/config-file.ts";

/** The answer of `ssh -G`: keyword in lower case to its first value. */
export type SshRoute = ReadonlyMap<string, string>;

/** `ssh -G` reads files only, unless `Match exec` runs something slow. */
const ASK_TIMEOUT_MS = 5_000;
/** Options of ssh that take no value. */
const FLAGS = "1246AaCfGgKkMNnqsTtVvXxYy";
const SYSTEM_CONFIG = "/etc/ssh/ssh_config";

/**
 * Could ssh reach some host through a proxy? True if its words or any configuration file name one.
 *
 * @param words the ssh command, split
 */
export function mayUseProxy(words: readonly string[], home: string = homedir()): boolean {
  if (words.some((word) => /proxy(jump|command)/i.test(word))) return true;
  if (optionValue(words, "J") !== undefined) return true;
  const given = optionValue(words, "F");
  const files = given === undefined ? [`${home}/.ssh/config`, SYSTEM_CONFIG] : [given];
  let found = false;
  for (const file of files) {
    walkConfigFile(file, home, (line) => {
      if (line.keyword === "proxyjump" || line.keyword === "proxycommand") found = true;
      return !found;
    });
  }
  return found;
}

/** The value of one of ssh's options: in the next word, or behind the letter, which may follow others (`-4J jump`). */
function optionValue(words: readonly string[], letter: string): string | undefined {
  for (const [at, word] of words.entries()) {
    const value = new RegExp(`^-[${FLAGS}]*${letter}(.*)$`, "s").exec(word)?.[1];
    if (value !== undefined) return value || (words[at + 1] ?? "none");
  }
  return undefined;
}

/** Asks ssh. Undefined if the command is not OpenSSH, or gives no answer. */
export async function askSshRoute(
  words: readonly string[],
  host: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<SshRoute | undefined> {
  if (basename(words[0] ?? "") !== "ssh") return undefined;
  try {
    const child = Bun.spawn([...words, "-G", host], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "ignore",
      env: { ...env },
      timeout: ASK_TIMEOUT_MS,
    });
    const [text, status] = await Promise.all([new Response(child.stdout).text(), child.exited]);
    return status === 0 ? parseRoute(text) : undefined;
  } catch {
    return undefined;
  }
}

/** @returns undefined if the text is not what `ssh -G` prints */
export function parseRoute(text: string): SshRoute | undefined {
  const route = new Map<string, string>();
  for (const line of text.split("\n")) {
    const match = /^([a-z0-9]+) (.*)$/.exec(line);
    if (match !== null && !route.has(match[1]!)) route.set(match[1]!, match[2]!);
  }
  return route.has("hostname") && route.has("port") ? route : undefined;
}

/** `ProxyJump bastion`, `ProxyCommand nc ...`; undefined if the route is direct. */
export function proxyOf(route: SshRoute): string | undefined {
  for (const [keyword, name] of [
    ["proxyjump", "ProxyJump"],
    ["proxycommand", "ProxyCommand"],
  ] as const) {
    const value = route.get(keyword);
    if (value !== undefined && value.toLowerCase() !== "none") return `${name} ${value}`;
  }
  return undefined;
}
