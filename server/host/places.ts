/**
 * Where hosts are found. The operator's: a fixed path. A user's own: a directory of theirs below /tmp, as tmux does it;
 * not XDG_RUNTIME_DIR, which is removed when the last login ends, and sessions outlive logins. Called by launch.ts,
 * commands.ts and user-host.ts.
 */
import { lstatSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Environment } from "../../sys/environment.ts";

/** Directory of the operator's host. */
const SYSTEM_DIRECTORY = "/run/sterna";
const CONTROL_SOCKET = "host.sock";

/** Where one host may be. */
export interface HostPlace {
  readonly directory: string;
  readonly socket: string;
  /** The user that the host must run as. */
  readonly uid: number;
}

/** `STERNA_HOST`: which hosts are asked. */
export interface HostChoice {
  readonly system: HostPlace | undefined;
  readonly own: HostPlace | undefined;
}

export function placeIn(directory: string, uid: number): HostPlace {
  return { directory, socket: join(directory, CONTROL_SOCKET), uid };
}

/**
 * What `STERNA_HOST` says: `none` (a process for each session), `own`, `system`, or the directory of a host; nothing: the
 * system's first, then one's own.
 */
export function chooseHosts(environment: Environment, uid: number): HostChoice {
  const choice = environment.STERNA_HOST ?? "";
  const own = placeIn(join(environment.STERNA_RUNTIME_DIR || "/tmp", `sterna-${uid}`), uid);
  const system = placeIn(SYSTEM_DIRECTORY, 0);
  if (choice === "none") return { system: undefined, own: undefined };
  if (choice === "own") return { system: undefined, own };
  if (choice === "system") return { system, own: undefined };
  if (choice.startsWith("/")) return { system: placeIn(choice, ownerOf(choice) ?? uid), own: undefined };
  return { system, own };
}

/** Makes the directory of a user's own host, or checks the one that is there. A string says what is wrong with it. */
export function ensureOwnDirectory(directory: string, uid: number): string | undefined {
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== "EEXIST") return `${directory}: ${message}`;
  }
  return directoryFault(directory, uid);
}

/** A string if somebody else could put a socket there. */
export function directoryFault(directory: string, uid: number): string | undefined {
  try {
    const found = lstatSync(directory);
    if (!found.isDirectory()) return `${directory}: not a directory`;
    if (found.uid !== uid) return `${directory}: belongs to user ${found.uid}, expected ${uid}`;
    if ((found.mode & 0o077) !== 0) return `${directory}: others may enter it; expected mode 0700`;
    return undefined;
  } catch (error) {
    return `${directory}: ${(error as Error).message}`;
  }
}

/** A string if others than `uid` could put a socket into a directory that everybody may enter. */
export function publicDirectoryFault(directory: string, uid: number): string | undefined {
  const found = statSync(directory);
  if (found.uid !== uid) return `${directory}: belongs to user ${found.uid}, expected ${uid}`;
  if ((found.mode & 0o022) !== 0) return `${directory}: others may write to it`;
  return undefined;
}

/** A host that was named is trusted as far as the owner of its directory is: root, or the user. */
function ownerOf(directory: string): number | undefined {
  try {
    return lstatSync(directory).uid;
  } catch {
    return undefined;
  }
}
