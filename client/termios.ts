/**
 * The C library's `struct termios` as bytes, on Linux (the kernel's generic ABI), and what raw mode means in it.
 *
 * Pure functions on bytes; tty.ts and bootstrap/embedded/prompt.ts read and write them.
 */

/** termios: four 32-bit flag words (input, output, control, local), a line discipline byte, the control characters. */
export const TERMIOS_BYTES = 60;
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
const ECHO = 0o10;
const ECHONL = 0o100;
const CSIZE_PARENB = 0o60 | 0o400;
const CS8 = 0o60;

/** Turns echo off in place, but for the line end: for a question whose answer is secret. */
export function makeSilent(termios: Uint8Array): void {
  change(termios, LFLAG, ECHO, ECHONL);
}

/** Turns termios bytes into raw mode in place: cfmakeraw(3), one byte at a time, and UTF-8 aware erasing. */
export function makeRaw(termios: Uint8Array): void {
  change(termios, IFLAG, IGNBRK_BRKINT_PARMRK | ISTRIP_INLCR_IGNCR_ICRNL_IXON, IUTF8);
  change(termios, OFLAG, OPOST, 0);
  change(termios, CFLAG, CSIZE_PARENB, CS8);
  change(termios, LFLAG, ISIG_ICANON_ECHO_ECHONL_IEXTEN, 0);
  termios[CONTROL_CHARS + VMIN] = 1;
  termios[CONTROL_CHARS + VTIME] = 0;
}

/** Clears and sets bits of the flag word at byte `at`. */
function change(termios: Uint8Array, at: number, clear: number, set: number): void {
  const view = new DataView(termios.buffer, termios.byteOffset, termios.byteLength);
  view.setUint32(at, ((view.getUint32(at, true) & ~clear) | set) >>> 0, true);
}
