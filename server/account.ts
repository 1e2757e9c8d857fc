/**
 * What the system's user database says (through the C library, so LDAP and the like count). Not node:os: under Bun that
 * answers from the environment. Called by shell.ts, notices.ts and the host.
 */
import { CString, type Pointer, read } from "bun:ffi";
import { readFileSync } from "node:fs";
import { libc } from "../sys/libc.ts";

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
}

/** Offsets in struct passwd of 64-bit glibc and musl. */
const PASSWD = { name: 0, uid: 16, gid: 20, home: 32, shell: 40 };
/** Offsets in struct spwd of 64-bit glibc and musl; days, -1 = not set. */
const SHADOW = { changed: 16, longest: 32, inactive: 48, expires: 56 };
const DAY_MS = 86_400_000;
/** More groups than a person has. */
const MAX_GROUPS = 4096;

/** Of this process's user; undefined if they are not in the database. */
export function systemAccount(): Account | undefined {
  return accountOf(libc().getuid());
}

/** By user number. */
export function accountOf(uid: number): Account | undefined {
  return readAccount(libc().getpwuid(uid));
}

/** By login name. A name that no user can have is not asked for. */
export function accountNamed(name: string): Account | undefined {
  if (!/^[^\s:/\0-][^\s:/\0]{0,255}$/.test(name)) return undefined;
  const account = readAccount(libc().getpwnam(Buffer.from(`${name}\0`)));
  // A database that ignores letter case must not give one person two names.
  return account?.name === name ? account : undefined;
}

/** Login name of a user; the number where the database has none. */
export function accountName(uid: number): string {
  return accountOf(uid)?.name ?? String(uid);
}

/** Names of all groups the user is in. */
export function groupsOf({ name, gid }: Account): string[] {
  const groups = new Uint32Array(MAX_GROUPS);
  const count = new Int32Array([MAX_GROUPS]);
  if (libc().getgrouplist(Buffer.from(`${name}\0`), gid, groups, count) < 0) return [];
  const names: string[] = [];
  for (const group of groups.subarray(0, count[0])) {
    const entry = libc().getgrgid(group);
    if (entry !== null) names.push(textAt(entry, 0));
  }
  return names;
}

/** Whether somebody can log in with that shell: one of /etc/shells where there is such a file. */
export function isLoginShell(shell: string, list = "/etc/shells"): boolean {
  let text: string;
  try {
    text = readFileSync(list, "utf8");
  } catch {
    return !/\/(?:nologin|false|true|sync|halt|shutdown)$/.test(shell);
  }
  const shells = text.split("\n").map((line) => line.replace(/#.*/, "").trim());
  return shells.includes(shell === "" ? "/bin/sh" : shell);
}

/**
 * Whether the account's time is over: its own date, or a password that nobody has changed for too long (shadow(5)). What
 * PAM says beyond that, it says when the session starts. Root only: nobody else may read it. A locked password is no
 * matter here: it closes only that way in.
 * @param now ms since the epoch
 */
export function hasExpired(name: string, now: number): boolean {
  const entry = libc().getspnam(Buffer.from(`${name}\0`)) as Pointer | null;
  if (entry === null) return false;
  const [changed, longest, inactive, expires] = [
    SHADOW.changed,
    SHADOW.longest,
    SHADOW.inactive,
    SHADOW.expires,
  ].map((offset) => Number(read.i64(entry, offset))) as [number, number, number, number];
  const today = Math.floor(now / DAY_MS);
  if (expires >= 0 && today >= expires) return true;
  return changed > 0 && longest >= 0 && inactive >= 0 && today - changed > longest + inactive;
}

function readAccount(entry: Pointer | bigint | null): Account | undefined {
  if (entry === null) return undefined;
  return {
    name: textAt(entry, PASSWD.name),
    uid: read.u32(entry as Pointer, PASSWD.uid),
    gid: read.u32(entry as Pointer, PASSWD.gid),
    home: textAt(entry, PASSWD.home),
    shell: textAt(entry, PASSWD.shell),
  };
}

function textAt(entry: Pointer | bigint, offset: number): string {
  const pointer = read.ptr(entry as Pointer, offset) as Pointer;
  return pointer ? new CString(pointer).toString() : "";
}
