/** Who runs this program, by the system's user database. Not node:os: under Bun that answers from the environment. */
import { CString, type Pointer, read } from "bun:ffi";
import { libc } from "./libc.ts";

/** Login name; the user's number where the database has none. */
export function loginName(): string {
  const uid = libc().getuid();
  const entry = libc().getpwuid(uid) as Pointer | null;
  // The name is the first member of struct passwd.
  return entry ? new CString(read.ptr(entry, 0) as Pointer).toString() : String(uid);
}
