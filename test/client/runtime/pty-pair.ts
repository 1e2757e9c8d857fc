/** A pseudo-terminal pair inside the test process, for tests of terminal modes and output. Test folder's own. */
import { closeSync, constants, openSync, readSync, writeSync } from "node:fs";
import { libc } from "../../../sys/libc.ts";

const TIOCSPTLCK = 0x40045431n;
const TIOCGPTN = 0x80045430n;
const TIOCSWINSZ = 0x5414n;

export class PtyPair {
  readonly master: number;
  readonly slave: number;
  readonly path: string;

  constructor(cols = 80, rows = 24) {
    this.master = openSync("/dev/ptmx", constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
    const word = new Int32Array([0]);
    libc().ioctl(this.master, TIOCSPTLCK, word);
    libc().ioctl(this.master, TIOCGPTN, word);
    this.path = `/dev/pts/${word[0]}`;
    this.slave = openSync(this.path, constants.O_RDWR | constants.O_NOCTTY);
    this.resize(cols, rows);
  }

  resize(cols: number, rows: number): void {
    libc().ioctl(this.master, TIOCSWINSZ, new Uint16Array([rows, cols, 0, 0]));
  }

  /** Everything the terminal side has now. */
  read(): Buffer {
    const parts: Buffer[] = [];
    const chunk = Buffer.alloc(65_536);
    for (;;) {
      try {
        const count = readSync(this.master, chunk);
        if (count === 0) break;
        parts.push(Buffer.from(chunk.subarray(0, count)));
      } catch {
        break;
      }
    }
    return Buffer.concat(parts);
  }

  /** Types. */
  write(text: string): void {
    writeSync(this.master, text);
  }

  close(): void {
    closeSync(this.slave);
    closeSync(this.master);
  }
}
