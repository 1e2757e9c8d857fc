/**
 * The standard descriptors and one pipe, by system calls. Not process.stdout: its first use costs 10 ms, which here is
 * time a person waits for a shell. Called by launch.ts, handover.ts and standalone.ts.
 */
import { errno, libc } from "../sys/libc.ts";

const STDIN = 0;
export const STDOUT = 1;
export const STDERR = 2;

const F_GETFD = 1;
const F_SETFD = 2;
const FD_CLOEXEC = 1;
const O_RDWR = 2;
const O_CLOEXEC = 0o2000000;
const TIOCGWINSZ = 0x5413;
const EINTR = 4;
const NEWLINE = 10;

export interface Size {
  readonly cols: number;
  readonly rows: number;
}

/** Writes all of `text`. False if the descriptor takes no more (closed pipe, full disk): nobody is left to tell. */
export function writeText(fd: number, text: string): boolean {
  let bytes: Uint8Array = new TextEncoder().encode(text);
  while (bytes.length > 0) {
    const written = libc().write(fd, bytes, bytes.length as never);
    if (written <= 0) return false;
    bytes = bytes.subarray(written);
  }
  return true;
}

/** True if standard input is a terminal; `size` is its size if it has one. */
export function inputTerminal(): { readonly terminal: boolean; readonly size: Size | undefined } {
  const window = new Uint16Array(4);
  if (libc().ioctl(STDIN, BigInt(TIOCGWINSZ), window) !== 0) return { terminal: false, size: undefined };
  const [rows, cols] = window;
  return { terminal: true, size: rows && cols ? { cols, rows } : undefined };
}

/** A pipe that no child inherits unless it is passed on. @throws Error if the process has no descriptors left. */
export function openPipe(): { readonly reader: number; readonly writer: number } {
  const fds = new Int32Array(2);
  if (libc().pipe2(fds, O_CLOEXEC) !== 0) throw new Error("no pipe: too many open files");
  return { reader: fds[0]!, writer: fds[1]! };
}

/** Blocks until the pipe's other end wrote a line or is gone; the line without its end, undefined if there was none. */
export function readLine(fd: number): string | undefined {
  const bytes = new Uint8Array(512);
  let length = 0;
  while (length < bytes.length) {
    const count = Number(libc().read(fd, bytes.subarray(length), BigInt(bytes.length - length)));
    if (count < 0 && errno() === EINTR) continue;
    if (count <= 0) return undefined;
    length += count;
    const end = bytes.subarray(0, length).indexOf(NEWLINE);
    if (end >= 0) return new TextDecoder().decode(bytes.subarray(0, end));
  }
  return undefined;
}

export function closeDescriptor(fd: number): void {
  libc().close(fd);
}

/** Keeps a descriptor from the children. */
export function closeOnExec(fd: number): void {
  const flags = libc().fcntl(fd, F_GETFD, 0n);
  if (flags >= 0) libc().fcntl(fd, F_SETFD, BigInt(flags | FD_CLOEXEC));
}

/** Lets go of whoever started us: standard input, output and error become /dev/null. */
export function releaseStandardDescriptors(): void {
  const path = Buffer.from("/dev/null\0");
  const fd = libc().open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  for (const standard of [STDIN, STDOUT, STDERR]) libc().dup2(fd, standard);
  if (fd > STDERR) libc().close(fd);
}
