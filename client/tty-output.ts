/**
 * Bytes to the person's terminal, without ever waiting for it.
 *
 * A terminal that does not read (a stopped tmux client, a paused serial line, a slow ssh) would block the process, and
 * with it the session's heartbeat. So a terminal is written through an open file description of its own in
 * non-blocking mode; what does not fit waits here, and whoever draws looks at `backlog` and skips frames meanwhile.
 * The flags of the shared standard output are never touched: the shell that started us keeps using it.
 */
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { libc } from "../sys/libc.ts";
import { TERMIOS_BYTES } from "./termios.ts";

const RETRY_MIN_MS = 2;
const RETRY_MAX_MS = 50;

export class TtyOutput {
  readonly #fd: number;
  readonly #own: boolean;
  #waiting: Uint8Array[] = [];
  #backlog = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #retryMs = RETRY_MIN_MS;
  #gone = false;
  /** Called when everything waiting has been written. */
  onDrained: (() => void) | undefined;

  constructor(fd: number) {
    // Asked of libc: node:tty costs milliseconds to load.
    const isTerminal = libc().tcgetattr(fd, new Uint8Array(TERMIOS_BYTES)) === 0;
    const own = isTerminal ? openNonBlocking(fd) : undefined;
    this.#own = own !== undefined;
    this.#fd = own ?? fd;
  }

  /** Bytes accepted and not yet taken by the terminal. */
  get backlog(): number {
    return this.#backlog;
  }

  /** Writes now what the terminal takes and keeps the rest, in order. Takes ownership. Never throws, never blocks. */
  write(bytes: Uint8Array): void {
    if (this.#gone || bytes.length === 0) return;
    this.#waiting.push(bytes);
    this.#backlog += bytes.length;
    if (this.#waiting.length === 1) this.#push();
  }

  /**
   * Waits, blocking, until all is written: for the last frame and the stop sequence on the way out.
   *
   * @returns false if the terminal did not take it within `ms`; the rest is dropped then
   */
  flush(ms: number): boolean {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    const end = performance.now() + ms;
    while (this.#backlog > 0 && !this.#gone) {
      this.#writeWaiting();
      if (this.#backlog === 0 || this.#gone) break;
      if (performance.now() >= end) {
        this.#drop();
        return false;
      }
      Bun.sleepSync(RETRY_MIN_MS);
    }
    return true;
  }

  close(): void {
    clearTimeout(this.#retry);
    this.#drop();
    this.#gone = true;
    if (this.#own) closeSync(this.#fd);
  }

  #push(): void {
    this.#retry = undefined;
    const before = this.#backlog;
    this.#writeWaiting();
    if (this.#backlog === 0) {
      this.#retryMs = RETRY_MIN_MS;
      return;
    }
    this.#retryMs = this.#backlog < before ? RETRY_MIN_MS : Math.min(this.#retryMs * 2, RETRY_MAX_MS);
    this.#retry = setTimeout(() => {
      this.#push();
      if (this.#backlog === 0) this.onDrained?.();
    }, this.#retryMs);
  }

  #writeWaiting(): void {
    while (this.#waiting.length > 0) {
      const bytes = this.#waiting[0]!;
      let count: number;
      try {
        count = writeSync(this.#fd, bytes, 0, bytes.length);
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code;
        if (code === "EAGAIN") return;
        if (code === "EINTR") continue;
        // Hung up (EIO) or closed: the session ends by its other signs, the input's end or SIGHUP.
        this.#gone = true;
        this.#drop();
        return;
      }
      this.#backlog -= count;
      if (count < bytes.length) this.#waiting[0] = bytes.subarray(count);
      else this.#waiting.shift();
    }
  }

  #drop(): void {
    this.#waiting = [];
    this.#backlog = 0;
  }
}

/** A second description of the same terminal; undefined where it cannot be had (a terminal of another user). */
function openNonBlocking(fd: number): number | undefined {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return undefined;
  }
}
