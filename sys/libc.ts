/**
 * libc through bun:ffi, opened at first use so that `--version` and the tests of pure code never pay for it.
 *
 * Shared by client and server; add a function here when one of them needs it. Linux with glibc or musl.
 */
import { dlopen, read } from "bun:ffi";

const SYMBOLS = {
  ioctl: { args: ["i32", "u64", "ptr"], returns: "i32" },
  tcgetattr: { args: ["i32", "ptr"], returns: "i32" },
  tcsetattr: { args: ["i32", "i32", "ptr"], returns: "i32" },
  getsockopt: { args: ["i32", "i32", "i32", "ptr", "ptr"], returns: "i32" },
  cfmakeraw: { args: ["ptr"], returns: "void" },
  setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
  dup2: { args: ["i32", "i32"], returns: "i32" },
  poll: { args: ["ptr", "u64", "i32"], returns: "i32" },
  clock_gettime: { args: ["i32", "ptr"], returns: "i32" },
  getrlimit: { args: ["i32", "ptr"], returns: "i32" },
  setrlimit: { args: ["i32", "ptr"], returns: "i32" },
  prlimit: { args: ["i32", "i32", "ptr", "ptr"], returns: "i32" },
  getenv: { args: ["ptr"], returns: "ptr" },
  strerror: { args: ["i32"], returns: "cstring" },
  fcntl: { args: ["i32", "i32", "i64"], returns: "i32" },
  pipe2: { args: ["ptr", "i32"], returns: "i32" },
  read: { args: ["i32", "ptr", "u64"], returns: "i64" },
  open: { args: ["ptr", "i32"], returns: "i32" },
  close: { args: ["i32"], returns: "i32" },
  prctl: { args: ["i32", "u64", "u64", "u64", "u64"], returns: "i32" },
  setlocale: { args: ["i32", "ptr"], returns: "ptr" },
  nl_langinfo: { args: ["i32"], returns: "cstring" },
  setpriority: { args: ["i32", "u32", "i32"], returns: "i32" },
  /** For what some C libraries have no function; with these arguments only. */
  syscall: { args: ["i64", "i64", "ptr", "i64"], returns: "i64" },
  flock: { args: ["i32", "i32"], returns: "i32" },
  getuid: { args: [], returns: "u32" },
  getpwnam: { args: ["ptr"], returns: "ptr" },
  getspnam: { args: ["ptr"], returns: "ptr" },
  getgrgid: { args: ["u32"], returns: "ptr" },
  getgrouplist: { args: ["ptr", "u32", "ptr", "ptr"], returns: "i32" },
  getpwuid: { args: ["u32"], returns: "ptr" },
  getaddrinfo: { args: ["ptr", "ptr", "ptr", "ptr"], returns: "i32" },
  freeaddrinfo: { args: ["ptr"], returns: "void" },
  gai_strerror: { args: ["i32"], returns: "cstring" },
  getnameinfo: { args: ["ptr", "u32", "ptr", "u32", "ptr", "u32", "i32"], returns: "i32" },
  socket: { args: ["i32", "i32", "i32"], returns: "i32" },
  bind: { args: ["i32", "ptr", "u32"], returns: "i32" },
  sendmmsg: { args: ["i32", "ptr", "u32", "i32"], returns: "i32" },
  recvmmsg: { args: ["i32", "ptr", "u32", "i32", "ptr"], returns: "i32" },
  /** What these return fits 32 bits: nothing that long is written at once. */
  write: { args: ["i32", "ptr", "u64"], returns: "i32" },
  sendto: { args: ["i32", "ptr", "u64", "i32", "ptr", "u32"], returns: "i32" },
  __errno_location: { args: [], returns: "ptr" },
} as const;

function open() {
  for (const name of ["libc.so.6", "libc.musl-x86_64.so.1", "libc.musl-aarch64.so.1", "libc.so"]) {
    try {
      return dlopen(name, SYMBOLS).symbols;
    } catch {
      // Not this C library: try the next name.
    }
  }
  throw new Error("no C library found (tried glibc and musl)");
}

let library: ReturnType<typeof open> | undefined;

/** The C library's functions. @throws Error if none of the known libraries can be opened. */
export function libc(): ReturnType<typeof open> {
  library ??= open();
  return library;
}

/** errno of the last libc call on this thread. */
export function errno(): number {
  const location = libc().__errno_location();
  return location === null ? 0 : read.i32(location, 0);
}

/** The system's text for an errno, such as "Network is unreachable". */
export function errorText(number: number): string {
  return libc().strerror(number)?.toString() ?? `error ${number}`;
}
