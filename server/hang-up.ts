/**
 * The hang-up of a session whose leader does not hear the kernel's: su(1) blocks SIGHUP while it waits for the user's
 * program, which would go on for ever with no terminal. Linux: /proc. Called by pty.ts.
 */
import { readFileSync, statSync } from "node:fs";

/** Passes the hang-up on to what a leader of root's waits for; one that has become the user's hears it by itself. */
export function hangUpChildren(leader: number): void {
  if (!isRoots(leader)) return;
  const children = childrenOf(leader);
  // It has started nothing yet, or we cannot see what: it takes down whatever it has or will have.
  if (children.length === 0) signal(leader, "SIGTERM");
  for (const child of children) {
    signal(child, "SIGHUP");
    // One that is stopped hears it only when it goes on.
    signal(child, "SIGCONT");
  }
}

function isRoots(pid: number): boolean {
  try {
    return statSync(`/proc/${pid}`).uid === 0;
  } catch {
    return false;
  }
}

function childrenOf(pid: number): number[] {
  try {
    return (readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").match(/\d+/g) ?? []).map(Number);
  } catch {
    return [];
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has just ended.
  }
}
