/**
 * What the system's user database says of this process's user. Not node:os: under Bun that answers from the
 * environment. Called by shell.ts and notices.ts.
 */
import { CString, type Pointer, read } from "bun:ffi";
import { libc } from "../sys/libc.ts";

export interface Account {
  readonly name: string;
  readonly home: string;
  readonly shell: string;
}

/** Offsets in struct passwd of 64-bit glibc and musl. */
const NAME = 0;
const HOME = 32;
const SHELL = 40;

/** Login name of a user; the number where the database has none. */
export function accountName(uid: number): string {
  const entry = libc().getpwuid(uid);
  if (entry === null) return String(uid);
  const pointer = read.ptr(entry, NAME) as Pointer;
  return pointer ? new CString(pointer).toString() : String(uid);
}

/** Undefined if the user is not in the database. */
export function systemAccount(): Account | undefined {
  const entry = libc().getpwuid(libc().getuid());
  if (entry === null) return undefined;
  const text = (offset: number): string => {
    const pointer = read.ptr(entry, offset) as Pointer;
    return pointer ? new CString(pointer).toString() : "";
  };
  return { name: text(NAME), home: text(HOME), shell: text(SHELL) };
}
