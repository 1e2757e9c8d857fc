/**
 * A child process on a pseudo-terminal of its own. Adds to Bun's what a server needs: a child that floods is paused, so
 * that the event loop keeps turning and memory stays flat, and input is bounded. Knows nothing of screens or protocols.
 * Called by session.ts.
 */
import { withCoreDumps } from "../sys/core-dumps.ts";
import { errorText } from "../sys/libc.ts";
import { setOpenFiles } from "../sys/open-files.ts";
import { hangUpChildren } from "./hang-up.ts";
import { OutputTurns } from "./output-turns.ts";
import { expectDescriptors, PtyDevice } from "./pty-device.ts";
import { PtyInput } from "./pty-input.ts";
import { endLogin } from "./utmp.ts";

/**
 * Output that a child may write in one turn of the event loop. Together with what the kernel still holds when the child
 * is paused this makes turns of at most about 300 kB, 5 ms.
 */
const OUTPUT_BUDGET = 64 * 1024;
/** More output than the kernel holds: so much after Ctrl-S, and something else has started the output again. */
const STOPPED_OUTPUT_LIMIT = 256 * 1024;

// Flags of c_iflag.
const BRKINT = 0o2;
const IXANY = 0o4000;
const IMAXBEL = 0o20000;

/** Of all children of this process. */
export const turns = new OutputTurns();

export interface PtyCommand {
  /** Program and arguments; a program without a slash is looked up in the PATH of `environment`. */
  readonly command: readonly string[];
  /** What the program sees as its name, `-bash` for a login shell. */
  readonly argv0: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
  /** Must exist. */
  readonly directory: string;
  /** Whom the terminal is given to; undefined: it stays this process's user's. */
  readonly terminalOwner?: { readonly uid: number } | undefined;
  /** The program only waits for the one that matters, and does not hear the hang-up (su(1) blocks it). */
  readonly waits?: boolean | undefined;
  /** Soft limit of open files; undefined: this process's own. */
  readonly openFiles?: number | undefined;
  readonly cols: number;
  readonly rows: number;
}

export interface PtyEvents {
  /** Output of the child. The bytes are the receiver's to keep. */
  data(bytes: Uint8Array): void;
  /** The child has ended and all its output was delivered. Called once. */
  exit(): void;
}

/** The child could not be started; `message` is the system's reason, such as "No such file or directory". */
export class SpawnError extends Error {
  override readonly name = "SpawnError";
}

export class Pty {
  readonly #events: PtyEvents;
  readonly #process: Bun.Subprocess;
  readonly #terminal: Bun.Terminal;
  readonly #device: PtyDevice | undefined;
  readonly #input: PtyInput | undefined;
  /** Output since the child was last let run, bytes. */
  #spent = 0;
  #paused = false;
  /** Output since the user stopped it with Ctrl-S, bytes; undefined: not stopped. */
  #sinceStop: number | undefined;
  #closed = false;
  readonly #turn = { resume: () => this.#resume(), interrupt: () => this.#stop() };
  readonly #waits: boolean;

  /** @throws SpawnError */
  constructor(command: PtyCommand, events: PtyEvents) {
    this.#events = events;
    const expected = expectDescriptors();
    this.#waits = command.waits ?? false;
    this.#process = spawnOrShell(command, (bytes) => this.#onData(bytes));
    this.#terminal = this.#process.terminal!;
    if (command.openFiles !== undefined) setOpenFiles(this.pid, command.openFiles);
    // Bun sets these on top of what the kernel gives a new terminal. Its IUTF8 is right: erasing removes a character.
    this.#terminal.inputFlags &= ~(BRKINT | IXANY | IMAXBEL);
    this.#device = PtyDevice.find(expected, this.pid);
    if (command.terminalOwner) this.#device?.giveTo(command.terminalOwner.uid);
    this.#input = this.#device && new PtyInput(this.#device, (key) => this.#onFlowKey(key));
    this.#process.exited.then(() => this.#onExit());
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Descriptor of the server's end, for utmp; valid until {@link close}. */
  get descriptor(): number | undefined {
    return this.#device?.master;
  }

  /**
   * Input for the child. Returns the number of bytes that were dropped because the child does not read.
   * @param typed by a person: those that flood wait for its echo
   */
  write(bytes: Uint8Array, typed = true): number {
    if (this.#closed || bytes.length === 0) return 0;
    if (typed) turns.hold(this.#turn);
    if (this.#input) return this.#input.write(bytes);
    this.#terminal.write(bytes);
    return 0;
  }

  /** So much input waits for the child that more had better not come. */
  get inputFull(): boolean {
    return this.#input?.full ?? false;
  }

  /** Whether this input would interrupt the child, and so get past what waits. */
  interrupts(bytes: Uint8Array): boolean {
    return this.#input?.interrupts(bytes) ?? false;
  }

  resize(cols: number, rows: number): void {
    if (!this.#closed) this.#terminal.resize(cols, rows);
  }

  /** Hangs up: when the last descriptor closes, the kernel sends the child's session SIGHUP. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    turns.leave(this.#turn);
    if (this.#waits && this.#process.exitCode === null && this.#process.signalCode === null)
      hangUpChildren(this.pid);
    // Whom login(1) has written down, it leaves there.
    if (this.#waits && this.#device) endLogin(this.#device.line);
    this.#input?.close();
    this.#device?.close();
    this.#terminal.close();
  }

  /** Once it is false, Bun has closed the child's end and its number may be something else's. */
  get #running(): boolean {
    return !this.#closed && this.#process.exitCode === null && this.#process.signalCode === null;
  }

  #onData(bytes: Uint8Array): void {
    if (this.#closed) return;
    this.#spent += bytes.length;
    if (this.#sinceStop !== undefined) {
      this.#sinceStop += bytes.length;
      if (this.#sinceStop > STOPPED_OUTPUT_LIMIT) this.#sinceStop = undefined;
    }
    this.#events.data(bytes);
    turns.wrote(this.#turn);
    if (this.#spent >= OUTPUT_BUDGET) this.#pause();
  }

  /** Until its turn comes again; before that the others are served. */
  #pause(): void {
    if (this.#stop()) turns.wait(this.#turn);
  }

  /** False if it is paused, or must not be. */
  #stop(): boolean {
    if (this.#paused || this.#sinceStop !== undefined || !this.#device || !this.#running) return false;
    this.#paused = true;
    this.#input?.beforePause();
    this.#device.setOutput(false);
    return true;
  }

  #resume(): void {
    this.#spent = 0;
    if (!this.#paused) return;
    this.#paused = false;
    if (this.#running) this.#device?.setOutput(true);
  }

  /**
   * The kernel has one switch for "stopped by the user" and "paused by us". So a paused child must run again before the
   * user's stop arrives, and is not paused while that holds; else resuming would undo it.
   */
  #onFlowKey(key: "stop" | "start"): void {
    if (key === "stop") {
      turns.leave(this.#turn);
      this.#resume();
      this.#sinceStop = 0;
    } else {
      this.#sinceStop = undefined;
    }
  }

  #onExit(): void {
    turns.leave(this.#turn);
    if (!this.#closed) this.#events.exit();
  }
}

/** A text file that is executable but names no interpreter is run by sh, as execvp(3) does. */
function spawnOrShell(command: PtyCommand, onData: (bytes: Uint8Array) => void): Bun.Subprocess {
  try {
    return spawn(command, onData);
  } catch (error) {
    if (codeOf(error) !== "ENOEXEC") throw spawnError(error);
  }
  const [program = "", ...args] = command.command;
  const path = program.includes("/") ? program : Bun.which(program, { PATH: command.environment.PATH ?? "" });
  try {
    return spawn({ ...command, command: ["/bin/sh", path ?? program, ...args] }, onData);
  } catch (error) {
    throw spawnError(error);
  }
}

function spawn(command: PtyCommand, onData: (bytes: Uint8Array) => void): Bun.Subprocess {
  return withCoreDumps(() =>
    Bun.spawn({
      cmd: [...command.command],
      ...(command.argv0 === undefined ? {} : { argv0: command.argv0 }),
      env: command.environment,
      cwd: command.directory,
      terminal: { cols: command.cols, rows: command.rows, data: (_terminal, bytes) => onData(bytes) },
    }),
  );
}

function spawnError(error: unknown): SpawnError {
  const number = (error as NodeJS.ErrnoException | undefined)?.errno;
  if (typeof number === "number" && number !== 0) return new SpawnError(errorText(Math.abs(number)));
  return new SpawnError(error instanceof Error ? error.message : String(error));
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}
