/** What runs in the foreground of a session's terminal, as `list` shows it. Linux: /proc. Called by shard.ts. */
import { readFileSync } from "node:fs";

/** Longest name shown. */
const MAX_LENGTH = 60;
const LOGIN_PROGRAMS: ReadonlySet<string> = new Set(["login", "su"]);
const MAX_STEPS = 3;

/**
 * Name of the program in the foreground of the terminal whose session leader is `pid`; undefined if it is gone.
 * The name comes from a program: control characters are left out.
 */
export function foregroundCommand(pid: number): string | undefined {
  const leader = statOf(pid);
  const group = Number(leader?.[5]);
  let found = group > 0 ? group : pid;
  let name = nameOf(found) ?? nameOf(pid);
  // Programs that log somebody in wait in the foreground for the one that matters.
  for (let i = 0; i < MAX_STEPS && name !== undefined && LOGIN_PROGRAMS.has(name); i++) {
    const child = childOf(found);
    if (child === undefined) break;
    // Where login gave its child a session of its own, that one's foreground counts.
    const group = Number(statOf(child)?.[5]);
    found = group > 0 && group !== found ? group : child;
    name = nameOf(found) ?? name;
  }
  return name?.replaceAll(/[\x00-\x1f\x7f]/g, "").slice(0, MAX_LENGTH);
}

/** The fields of /proc/PID/stat behind the name: state, parent, group, session, terminal, foreground group, … */
function statOf(pid: number): readonly string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}

function nameOf(pid: number): string | undefined {
  return wordsOf(pid)?.[0]?.split("/").at(-1);
}

function childOf(pid: number): number | undefined {
  try {
    const [first] = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ");
    return first ? Number(first) : undefined;
  } catch {
    return undefined;
  }
}

function wordsOf(pid: number): readonly string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/cmdline`, "utf8");
    return text === "" ? undefined : text.split("\0");
  } catch {
    return undefined;
  }
}
