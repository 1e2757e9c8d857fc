/**
 * The two ends of a child's pseudo-terminal, by ioctl: what Bun.Terminal cannot do. Bun does not tell the descriptors;
 * they are found by what the kernel would number next, and verified, or by the terminal that the child has. Linux. Called
 * by pty.ts and pty-input.ts.
 */
import { type Pointer, ptr } from "bun:ffi";
import { chownSync, closeSync, openSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { errno, libc } from "../sys/libc.ts";

const TCFLSH = 0x540b;
const TCIFLUSH = 0;
const TCXONC = 0x540a;
const TCOOFF = 0;
const TCOON = 1;
const TIOCGPTN = 0x8004_5430;
const TIOCSIG = 0x4004_5436;
const TIOCGPTPEER = 0x5441;
/** O_RDWR | O_NOCTTY | O_CLOEXEC */
const PEER_FLAGS = 0o2_000_402;
const F_DUPFD_CLOEXEC = 1030;
const EAGAIN = 11;
/** Device number of pseudo-terminals. */
const PTS_MAJOR = 136;

/** struct termios of the kernel: four words of flags, the line discipline, then the control characters. */
const TERMIOS_BYTES = 60;
const INPUT_FLAGS = 0;
const LOCAL_FLAGS = 3;
const CONTROL_CHARACTERS = 17;

/** Where every terminal's settings are read to: asked for before each key, so nothing is made for it. */
const termios = new Uint8Array(TERMIOS_BYTES);
const termiosFlags = new Uint32Array(termios.buffer, 0, LOCAL_FLAGS + 1);
const termiosCharacters = termios.subarray(CONTROL_CHARACTERS);
const NOTHING = new Uint8Array(0);

/** How the terminal treats input now, as the child or its user has set it; valid until the next one is asked for. */
export interface LineModes {
  readonly inputFlags: number;
  readonly localFlags: number;
  /** Control characters by the kernel's index; 0 = none. */
  readonly characters: Uint8Array;
}

/** No descriptor. */
const NONE = -1;

/** Number of the terminal whose server's end a descriptor is. */
function numberOf(descriptor: number): number | undefined {
  const number = new Uint32Array(1);
  return libc().ioctl(descriptor, BigInt(TIOCGPTN), ptr(number)) === 0 ? number[0] : undefined;
}

function isChildsEnd(descriptor: number, number: number): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`) === `/dev/pts/${number}`;
  } catch {
    return false;
  }
}

/** Number of the pseudo-terminal that controls a process: proc(5), tty_nr. */
function terminalOf(pid: number): number | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    const device = Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[4]);
    if (((device >> 8) & 0xfff) !== PTS_MAJOR) return undefined;
    return (device & 0xff) | ((device >> 12) & 0xfff00);
  } catch {
    return undefined;
  }
}

/** Descriptor numbers that a terminal opened right now would get. */
export interface ExpectedDescriptors {
  readonly master: number;
  readonly slave: number;
}

/** Call right before the terminal is made: the kernel always gives the lowest free numbers. */
export function expectDescriptors(): ExpectedDescriptors {
  const master = openSync("/dev/null", "r");
  const slave = openSync("/dev/null", "r");
  closeSync(slave);
  closeSync(master);
  return { master, slave };
}

export class PtyDevice {
  /** Our own copy of the server's end. */
  readonly master: number;
  /** The child's end, as Bun holds it. */
  readonly #slave: number;

  /** Below /dev/pts. */
  readonly #number: number;

  private constructor(master: number, slave: number, number: number) {
    this.master = master;
    this.#slave = slave;
    this.#number = number;
  }

  /**
   * @param child the process whose terminal it is
   * @returns undefined if there is no such terminal, say because the child has ended already
   */
  static find({ master, slave }: ExpectedDescriptors, child: number): PtyDevice | undefined {
    const number = numberOf(master);
    return number !== undefined && isChildsEnd(slave, number)
      ? PtyDevice.#copyOf(master, slave, number)
      : PtyDevice.#search(child);
  }

  /** Another thread of the engine's took or gave back a descriptor in between: asks which terminal the child has. */
  static #search(child: number): PtyDevice | undefined {
    const number = terminalOf(child);
    if (number === undefined) return undefined;
    let names: readonly string[];
    try {
      names = readdirSync("/proc/self/fd");
    } catch {
      // No descriptor left to read it with: the child goes on without what takes its device.
      return undefined;
    }
    for (const name of names) {
      if (numberOf(Number(name)) === number) return PtyDevice.#copyOf(Number(name), NONE, number);
    }
    return undefined;
  }

  static #copyOf(master: number, slave: number, number: number): PtyDevice | undefined {
    const copy = libc().fcntl(master, F_DUPFD_CLOEXEC, 3n);
    return copy < 0 ? undefined : new PtyDevice(copy, slave, number);
  }

  /** Makes it another user's terminal, as login(1) does: who may open it, and whose messages it shows. */
  giveTo(uid: number): void {
    const path = `/dev/pts/${this.#number}`;
    try {
      chownSync(path, uid, statSync(path).gid);
    } catch {
      // Not root, or the child is gone already.
    }
  }

  /** Its name below /dev. */
  get line(): string {
    return `pts/${this.#number}`;
  }

  /** Stops or starts the child's output. Only while Bun holds the child's end, so not once the child has exited. */
  setOutput(running: boolean): void {
    this.#atChildsEnd(TCXONC, running ? TCOON : TCOOFF);
  }

  /** Drops input that the child has not read. The same restriction holds. */
  flushInput(): void {
    this.#atChildsEnd(TCFLSH, TCIFLUSH);
  }

  /** Sends a signal to the foreground process group, as if its key had been typed. */
  signal(signal: number): void {
    libc().ioctl(this.master, BigInt(TIOCSIG), signal as Pointer);
  }

  modes(): LineModes | undefined {
    if (libc().tcgetattr(this.master, termios) !== 0) return undefined;
    return {
      inputFlags: termiosFlags[INPUT_FLAGS]!,
      localFlags: termiosFlags[LOCAL_FLAGS]!,
      characters: termiosCharacters,
    };
  }

  /** Writes input without waiting. Returns what the terminal did not take; an error (the child is gone) takes all. */
  write(bytes: Uint8Array): Uint8Array {
    let rest = bytes;
    while (rest.length > 0) {
      const written = libc().write(this.master, rest, rest.length as never);
      if (written === rest.length) return NOTHING;
      if (written < 0) return errno() === EAGAIN ? rest : NOTHING;
      rest = rest.subarray(written);
    }
    return rest;
  }

  close(): void {
    libc().close(this.master);
  }

  #atChildsEnd(request: number, argument: number): void {
    if (libc().ioctl(this.#slave, BigInt(request), argument as Pointer) === 0) return;
    // We do not know Bun's. Or: the login(1) of util-linux hangs the terminal up to have it for itself (vhangup): what was opened before is dead.
    const fresh = libc().ioctl(this.master, BigInt(TIOCGPTPEER), PEER_FLAGS as Pointer);
    if (fresh < 0) return;
    libc().ioctl(fresh, BigInt(request), argument as Pointer);
    libc().close(fresh);
  }
}
