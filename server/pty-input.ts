/**
 * Input on its way to a child: bounded, never blocking, and with Ctrl-C that gets past a child that does not read.
 * Called by pty.ts.
 */
import type { LineModes, PtyDevice } from "./pty-device.ts";

/** Input that may wait for a child to read it, bytes; more is dropped. */
export const INPUT_LIMIT = 1024 * 1024;
/** How soon a full terminal is offered the waiting input again, ms. */
const RETRY_MS = 10;

// Indices of control characters, flags and signals of Linux.
const VINTR = 0;
const VQUIT = 1;
const VSTART = 8;
const VSTOP = 9;
const VSUSP = 10;
const IXON = 0o2000;
const IXANY = 0o4000;
const ISIG = 0o1;
const NOFLSH = 0o200;
const SIGNALS: readonly (readonly [index: number, signal: number])[] = [
  [VINTR, 2],
  [VQUIT, 3],
  [VSUSP, 20],
];

/** What some input does to the terminal's output by Ctrl-S and Ctrl-Q. */
type FlowKey = "stop" | "start" | undefined;

export class PtyInput {
  readonly #device: PtyDevice;
  readonly #onFlowKey: (key: "stop" | "start") => void;
  #waiting: Uint8Array[] = [];
  #bytes = 0;
  #retry: Timer | undefined;
  #closed = false;

  /** @param onFlowKey called before input that stops or starts the output is written */
  constructor(device: PtyDevice, onFlowKey: (key: "stop" | "start") => void) {
    this.#device = device;
    this.#onFlowKey = onFlowKey;
  }

  /** Writes now what the terminal takes, the rest later. Returns the number of bytes dropped for want of room. */
  write(bytes: Uint8Array): number {
    if (this.#closed) return 0;
    let rest = bytes;
    const modes = this.#device.modes();
    if (modes) {
      const key = flowKey(rest, modes);
      if (key) this.#onFlowKey(key);
      if (this.#waiting.length > 0) rest = this.#overtake(rest, modes);
    }
    if (this.#waiting.length === 0) rest = this.#device.write(rest);
    if (rest.length === 0) return 0;
    const kept = rest.slice(0, INPUT_LIMIT - this.#bytes);
    if (kept.length > 0) {
      this.#waiting.push(kept);
      this.#bytes += kept.length;
      this.#retryLater();
    }
    return rest.length - kept.length;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
  }

  /**
   * Interrupt, quit and suspend would wait behind input that the child does not read. So the signal is sent at once and
   * the waiting input dropped, as the kernel does with what it holds itself. Returns the input after that character.
   */
  #overtake(bytes: Uint8Array, modes: LineModes): Uint8Array {
    if (!(modes.localFlags & ISIG)) return bytes;
    let last = -1;
    let signal = 0;
    for (const [index, number] of SIGNALS) {
      const at = lastOf(bytes, modes.characters[index]);
      if (at > last) [last, signal] = [at, number];
    }
    if (last < 0) return bytes;
    if (!(modes.localFlags & NOFLSH)) {
      this.#waiting = [];
      this.#bytes = 0;
      this.#device.flushInput();
    }
    this.#device.signal(signal);
    return bytes.subarray(last + 1);
  }

  #retryLater(): void {
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined;
      while (this.#waiting.length > 0) {
        const next = this.#waiting[0]!;
        const rest = this.#device.write(next);
        this.#bytes -= next.length - rest.length;
        if (rest.length > 0) {
          this.#waiting[0] = rest;
          this.#retryLater();
          return;
        }
        this.#waiting.shift();
      }
    }, RETRY_MS);
  }
}

/** With IXON: what the last stop or start character does; with IXANY any character starts. */
function flowKey(bytes: Uint8Array, modes: LineModes): FlowKey {
  if (!(modes.inputFlags & IXON)) return undefined;
  const stop = lastOf(bytes, modes.characters[VSTOP]);
  const start = modes.inputFlags & IXANY ? bytes.length - 1 : lastOf(bytes, modes.characters[VSTART]);
  if (stop > start || (stop >= 0 && stop === bytes.length - 1)) return "stop";
  return start >= 0 ? "start" : undefined;
}

/** Position of the last `character`, -1 if there is none; 0 means that the terminal has no such character. */
function lastOf(bytes: Uint8Array, character: number | undefined): number {
  return character === undefined || character === 0 ? -1 : bytes.lastIndexOf(character);
}
