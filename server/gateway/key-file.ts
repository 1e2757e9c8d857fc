/**
 * Reads a user's authorized_keys as sshd's StrictModes does: only if nobody else can have written it. The gateway may be
 * root, so it must not read for a user what the user could not read. Called by login.ts.
 */
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";

/** Files in the home directory, as sshd's default has them. */
const FILES = [".ssh/authorized_keys", ".ssh/authorized_keys2"];
const MAX_BYTES = 1024 * 1024;
const WRITABLE_BY_OTHERS = 0o022;

export interface KeyOwner {
  readonly uid: number;
  readonly home: string;
}

export interface KeyFileText {
  readonly text: string;
  /** Why a file that is there was not read. */
  readonly faults: readonly string[];
}

/** The contents of all files that are there and can be trusted. */
export function readKeyFiles(owner: KeyOwner): KeyFileText {
  let text = "";
  const faults: string[] = [];
  for (const name of FILES) {
    const path = join(owner.home, name);
    try {
      text += `${readTrusted(path, owner)}\n`;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== "ENOENT" && code !== "ENOTDIR") faults.push(`${path}: ${message}`);
    }
  }
  return { text, faults };
}

function readTrusted(path: string, owner: KeyOwner): string {
  const real = realpathSync(path);
  // What was checked must be what is read: no link can be put in its place any more.
  const fd = openSync(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const found = fstatSync(fd);
    if (!found.isFile()) throw new Error("not a regular file");
    checkOwner("file", found, owner);
    if (found.uid !== owner.uid && (found.mode & 0o004) === 0) throw new Error("its user could not read it");
    if (found.size > MAX_BYTES) throw new Error(`larger than ${MAX_BYTES} bytes`);
    checkDirectories(real, owner);
    const bytes = Buffer.alloc(found.size);
    const length = readSync(fd, bytes, 0, found.size, 0);
    return bytes.toString("utf8", 0, length);
  } finally {
    closeSync(fd);
  }
}

/** Every directory from the file up to the home, or to the root if the file is elsewhere. */
function checkDirectories(real: string, owner: KeyOwner): void {
  const home = realpathSync(owner.home);
  for (let directory = dirname(real); ; directory = dirname(directory)) {
    checkOwner(directory, lstatSync(directory), owner);
    if (directory === home || directory === "/") return;
  }
}

function checkOwner(
  what: string,
  { uid, mode }: { readonly uid: number; readonly mode: number },
  owner: KeyOwner,
): void {
  if (uid !== 0 && uid !== owner.uid) throw new Error(`${what} belongs to user ${uid}`);
  if ((mode & WRITABLE_BY_OTHERS) !== 0)
    throw new Error(`${what} can be written by others (mode 0${(mode & 0o777).toString(8)})`);
}
