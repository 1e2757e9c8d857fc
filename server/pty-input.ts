/**
 * Input on its way to a child: bounded, never blocking, and with Ctrl-C that gets past a child that does not read.
 * Called by pty.ts.
 */
import type { LineModes, PtyDevice } from "./pty-device.ts";

/**
 * Input that may wait for a child to read it, bytes; more is dropped. From INPUT_FULL on a client keeps what it has
 * [P 9.11]; the rest of the room is for the message that was accepted before, 1 MiB from our clients.
 */
export const INPUT_LIMIT = 3 * 1024 * 1024;
const INPUT_FULL = 1024 * 1024;
/** How soon a full terminal is offered the waiting input again, ms: while the child reads, and while it does not. */
const RETRY_READING_MS = 1;
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

const SPECIAL = [VINTR, VQUIT, VSUSP, VSTART, VSTOP];
/** More than so many bytes at once are no keys but a paste, which will have control characters. */
const KEYS = 32;

/** What some input does to the terminal's output by Ctrl-S and Ctrl-Q. */
type FlowKey = "stop" | "start" | undefined;

export class PtyInput {
  readonly #device: PtyDevice;
  readonly #onFlowKey: (key: "stop" | "start") => void;
  #waiting: Uint8Array[] = [];
  #bytes = 0;
  #retry: Timer | undefined;
  /**
   * The terminal had only control characters for what is looked for here, when it was asked last. Since then it may have got others
   * (stty stop x); but as long as nothing waits and nothing is paused, it does not matter who sees them.
   */
  #plainIsPlain = false;
  /** By Ctrl-S; then any character may start it again. */
  #stopped = false;
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
    const modes = this.#isPlain(bytes) ? undefined : this.#device.modes();
    if (modes) {
      this.#plainIsPlain = SPECIAL.every((index) => isControl(modes.characters[index]!));
      const key = flowKey(rest, modes);
      if (key) {
        this.#stopped = key === "stop";
        this.#onFlowKey(key);
      }
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

  /** The child's output is about to be paused, which uses the switch that stopping it uses: every key is looked at again. */
  beforePause(): void {
    this.#plainIsPlain = false;
  }

  /** Nothing in this input can do more than be read, so the terminal need not be asked for its modes: a system call. */
  #isPlain(bytes: Uint8Array): boolean {
    if (!this.#plainIsPlain || this.#stopped || this.#waiting.length > 0 || bytes.length > KEYS) return false;
    for (let at = 0; at < bytes.length; at++) if (isControl(bytes[at]!)) return false;
    return true;
  }

  /** More had better not come. */
  get full(): boolean {
    return this.#bytes >= INPUT_FULL;
  }

  /** Whether there is a key in this input that gets past what waits. */
  interrupts(bytes: Uint8Array): boolean {
    const modes = this.#device.modes();
    return modes !== undefined && signalIn(bytes, modes) !== undefined;
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
    const found = signalIn(bytes, modes);
    if (!found) return bytes;
    if (!(modes.localFlags & NOFLSH)) {
      this.#waiting = [];
      this.#bytes = 0;
      this.#device.flushInput();
    }
    this.#device.signal(found.signal);
    return bytes.subarray(found.at + 1);
  }

  #retryLater(ms = RETRY_MS): void {
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined;
      const before = this.#bytes;
      while (this.#waiting.length > 0) {
        const next = this.#waiting[0]!;
        const rest = this.#device.write(next);
        this.#bytes -= next.length - rest.length;
        if (rest.length > 0) {
          this.#waiting[0] = rest;
          this.#retryLater(this.#bytes < before ? RETRY_READING_MS : RETRY_MS);
          return;
        }
        this.#waiting.shift();
      }
    }, ms);
  }
}

/** The last character that sends a signal, and which; undefined: there is none. */
function signalIn(bytes: Uint8Array, modes: LineModes): { at: number; signal: number } | undefined {
  if (!(modes.localFlags & ISIG)) return undefined;
  let at = -1;
  let signal = 0;
  for (const [index, number] of SIGNALS) {
    const last = lastOf(bytes, modes.characters[index]);
    if (last > at) [at, signal] = [last, number];
  }
  return at < 0 ? undefined : { at, signal };
}

/** With IXON: what the last stop or start character does; with IXANY any character starts. */
function flowKey(bytes: Uint8Array, modes: LineModes): FlowKey {
  if (!(modes.inputFlags & IXON)) return undefined;
  const stop = lastOf(bytes, modes.characters[VSTOP]);
  const start = modes.inputFlags & IXANY ? bytes.length - 1 : lastOf(bytes, modes.characters[VSTART]);
  if (stop > start || (stop >= 0 && stop === bytes.length - 1)) return "stop";
  return start >= 0 ? "start" : undefined;
}

/** 0, no character at all, is one too. */
function isControl(character: number): boolean {
  return character < 0x20 || character === 0x7f;
}

/** Position of the last `character`, -1 if there is none; 0 means that the terminal has no such character. */
function lastOf(bytes: Uint8Array, character: number | undefined): number {
  return character === undefined || character === 0 ? -1 : bytes.lastIndexOf(character);
}
