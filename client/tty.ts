/**
 * The person's terminal device: raw mode, size, and the two directions of bytes.
 *
 * Raw mode is cfmakeraw through the C library, because Bun's setRawMode leaves output processing on. It knows nothing
 * of what is drawn (screen.ts) nor of the session; session.ts owns the one Tty of a client and restores it on every
 * way out. Linux: the layout of termios and the request numbers are those of the kernel's generic ABI.
 */
import { errno, errorText, libc } from "../sys/libc.ts";
import { TtyOutput } from "./tty-output.ts";

export interface WindowSize {
  readonly cols: number;
  readonly rows: number;
}

/** One read of typed bytes is handed on in blocks of at most this many (state-objects 1.2). */
const INPUT_BLOCK_BYTES = 16_384;

/** termios: four 32-bit flag words (input, output, control, local), a line discipline byte, the control characters. */
const TERMIOS_BYTES = 60;
const IFLAG = 0;
const OFLAG = 4;
const CFLAG = 8;
const LFLAG = 12;
const CONTROL_CHARS = 17;
const VTIME = 5;
const VMIN = 6;
const IGNBRK_BRKINT_PARMRK = 0o1 | 0o2 | 0o10;
const ISTRIP_INLCR_IGNCR_ICRNL_IXON = 0o40 | 0o100 | 0o200 | 0o400 | 0o2000;
const IUTF8 = 0o40000;
const OPOST = 0o1;
const ISIG_ICANON_ECHO_ECHONL_IEXTEN = 0o1 | 0o2 | 0o10 | 0o100 | 0o100000;
const CSIZE_PARENB = 0o60 | 0o400;
const CS8 = 0o60;
const TCSANOW = 0;
const TIOCGWINSZ = 0x5413n;

/** Turns termios bytes into raw mode in place: cfmakeraw(3), one byte at a time, and UTF-8 aware erasing. */
export function makeRaw(termios: Uint8Array): void {
  const view = new DataView(termios.buffer, termios.byteOffset, termios.byteLength);
  const change = (at: number, clear: number, set: number) =>
    view.setUint32(at, ((view.getUint32(at, true) & ~clear) | set) >>> 0, true);
  change(IFLAG, IGNBRK_BRKINT_PARMRK | ISTRIP_INLCR_IGNCR_ICRNL_IXON, IUTF8);
  change(OFLAG, OPOST, 0);
  change(CFLAG, CSIZE_PARENB, CS8);
  change(LFLAG, ISIG_ICANON_ECHO_ECHONL_IEXTEN, 0);
  termios[CONTROL_CHARS + VMIN] = 1;
  termios[CONTROL_CHARS + VTIME] = 0;
}

/** Standard input is no terminal, or does not answer. The message is the one of bootstrap-and-cli 4.2. */
export class TtyError extends Error {}

export class Tty {
  readonly output: TtyOutput;
  readonly #inputFd: number;
  readonly #cooked: Uint8Array;
  #raw = false;
  #onData: ((chunk: Uint8Array) => void) | undefined;
  #onEnd: (() => void) | undefined;

  /**
   * Remembers the terminal's present mode, to which {@link restore} goes back.
   *
   * @param inputFd must be a terminal
   * @throws TtyError if it is not
   */
  constructor(inputFd = 0, outputFd = 1) {
    this.#inputFd = inputFd;
    this.#cooked = readTermios(inputFd);
    this.output = new TtyOutput(outputFd);
  }

  /** Raw mode on. Keys already typed stay readable. */
  makeRaw(): void {
    const termios = this.#cooked.slice();
    makeRaw(termios);
    // Before the call: if it is interrupted half way there is something to restore.
    this.#raw = true;
    writeTermios(this.#inputFd, termios);
  }

  /** The mode of the start. Harmless to call twice; never throws, since the terminal may be gone. */
  restore(): void {
    if (!this.#raw) return;
    this.#raw = false;
    try {
      writeTermios(this.#inputFd, this.#cooked);
    } catch {
      // Hung up: nothing is left to restore.
    }
  }

  /** The window's size; undefined if it cannot be read. A dimension the terminal does not know is 0. */
  size(): WindowSize | undefined {
    const size = new Uint16Array(4);
    if (libc().ioctl(this.#inputFd, TIOCGWINSZ, size) !== 0) return undefined;
    return { rows: size[0]!, cols: size[1]! };
  }

  /** Starts reading. `onEnd` is called once, for the end of input and for any error of it. */
  listen(onInput: (block: Uint8Array) => void, onEnd: () => void): void {
    this.#onData = (chunk) => {
      for (let at = 0; at < chunk.length; at += INPUT_BLOCK_BYTES) {
        onInput(chunk.subarray(at, at + INPUT_BLOCK_BYTES));
      }
    };
    let ended = false;
    this.#onEnd = () => {
      if (ended) return;
      ended = true;
      onEnd();
    };
    process.stdin.on("data", this.#onData);
    process.stdin.on("end", this.#onEnd);
    process.stdin.on("error", this.#onEnd);
    process.stdin.on("close", this.#onEnd);
  }

  /** Stops reading for a while, or goes on. What is typed meanwhile waits in the kernel. */
  hold(held: boolean): void {
    if (held) process.stdin.pause();
    else process.stdin.resume();
  }

  /** Stops reading, so that the process can end and the shell gets what is typed from now on. */
  close(): void {
    if (this.#onData) process.stdin.off("data", this.#onData);
    if (this.#onEnd) {
      for (const event of ["end", "close"]) process.stdin.off(event, this.#onEnd);
      // An error that comes while closing concerns nobody any more.
      process.stdin.off("error", this.#onEnd).on("error", () => {});
    }
    process.stdin.pause();
    process.stdin.unref();
    this.output.close();
  }
}

function readTermios(fd: number): Uint8Array {
  const termios = new Uint8Array(TERMIOS_BYTES);
  if (libc().tcgetattr(fd, termios) !== 0) throw new TtyError(`tcgetattr: ${errorText(errno())}`);
  return termios;
}

function writeTermios(fd: number, termios: Uint8Array): void {
  if (libc().tcsetattr(fd, TCSANOW, termios) !== 0) throw new TtyError(`tcsetattr: ${errorText(errno())}`);
}
