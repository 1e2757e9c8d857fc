/**
 * A session: a child on a pseudo-terminal and the screen it draws. It does not know of networks or clients. One for each
 * `mosh-server new`. Called by session-loop.ts.
 *
 * The child starts when the first client has said how large its window is, so it never sees another size, and a client
 * that never comes starts nothing.
 */
import { decodeUserMessage, type UserEvent } from "../ssp/user-message.ts";
import type { Terminal } from "../wasm-core/core.ts";
import { forTerminal } from "./notices.ts";
import { Pty, SpawnError } from "./pty.ts";
import type { ChildPlan } from "./shell.ts";

/** How long the reason stays on the screen when the command cannot be run. */
const COMPLAINT_MS = 3000;

export interface SessionOptions {
  /** What the child is; asked when the first client has come. */
  readonly plan: () => ChildPlan;
  /** What stands on the screen before a login shell speaks. */
  readonly notices: (plan: ChildPlan) => Uint8Array;
  /** A blank terminal of role "host"; the session owns it. */
  readonly terminal: Terminal;
  /** Counts bytes, if somebody keeps figures. */
  readonly traffic?: { ptyIn: number; ptyOut: number } | undefined;
}

/**
 * Of the sizes that come at once, with keys in between, so many of the last count: nobody's window changes more often
 * between two datagrams, and a datagram of 1 kB can bring ten thousand, which would keep all others waiting.
 */
const MAX_SIZES = 16;

/**
 * A difference of a user stream that may be made to wait, bytes. Ours stop reading the keyboard long before; a stock client
 * does not, and would send all it has again and again while it hears us.
 */
const PATIENT_DIFF = 256 * 1024;

export interface SessionEvents {
  /** The screen may have changed. @param bytes output of the program */
  changed(bytes: number): void;
  /** The child has ended and all its output is on the screen. Called once. */
  ended(): void;
  log(message: string): void;
}

export class Session {
  readonly #options: SessionOptions;
  readonly #events: SessionEvents;
  readonly terminal: Terminal;
  /** What the screen was before anything happened, as small as can be: later clients begin with it. */
  readonly #blank: Terminal;
  #pty: Pty | undefined;
  #started = false;
  #complaint: Timer | undefined;
  #droppedInput = 0;

  constructor(options: SessionOptions, events: SessionEvents) {
    this.#options = options;
    this.#events = events;
    this.terminal = options.terminal;
    this.#blank = options.terminal.snapshot();
    this.#blank.resize(1, 1);
  }

  get started(): boolean {
    return this.#started;
  }

  /** Process id of the child, once there is one. */
  get pid(): number | undefined {
    return this.#pty?.pid;
  }

  /** A blank terminal of this screen's lineage and size, for the caller to own. */
  blank(): Terminal {
    const blank = this.#blank.snapshot();
    blank.resize(this.terminal.cols, this.terminal.rows);
    return blank;
  }

  /** Descriptor of the server's end of the pseudo-terminal, once there is one. */
  get descriptor(): number | undefined {
    return this.#pty?.descriptor;
  }

  /** Input of a user, in order. The child is started by the first. */
  input(events: readonly UserEvent[]): void {
    let skip = events.reduce((count, { kind }) => count + (kind === "resize" ? 1 : 0), 0) - MAX_SIZES;
    for (let i = 0; i < events.length; i++) {
      const event = events[i]!;
      if (event.kind === "keys") {
        this.terminal.translateInput(event.bytes);
      } else if (skip-- <= 0 && events[i + 1]?.kind !== "resize") {
        // Of several sizes in a row only the last counts.
        this.terminal.resize(event.cols, event.rows);
        this.#pty?.resize(this.terminal.cols, this.terminal.rows);
      }
    }
    if (!this.#started) this.#start();
    this.#forwardReplies(true);
  }

  /** So much input waits for the program that more had better not come. */
  get inputFull(): boolean {
    return this.#pty?.inputFull ?? false;
  }

  /** Whether these keys would get past what waits for the program, and interrupt it. */
  interrupts(keys: Uint8Array): boolean {
    return this.#pty?.interrupts(keys) ?? false;
  }

  /** Whether the program has read enough of what is waiting, or this difference of a user stream interrupts it. */
  hasRoom(diff: Uint8Array): boolean {
    const pty = this.#pty;
    if (!pty?.inputFull || diff.length > PATIENT_DIFF) return true;
    const events = decodeUserMessage(diff) ?? [];
    return events.some((event) => event.kind === "keys" && pty.interrupts(event.bytes));
  }

  /** Ends the session: hangs up, and frees the screen. */
  close(): void {
    clearTimeout(this.#complaint);
    this.#pty?.close();
    this.terminal.free();
    this.#blank.free();
  }

  #start(): void {
    this.#started = true;
    let plan: ChildPlan | undefined;
    try {
      plan = this.#options.plan();
      if (plan.login) this.terminal.feed(this.#options.notices(plan));
      if (plan.complaint) this.#print(`${plan.complaint}\n`);
      this.#pty = new Pty(
        { ...plan, cols: this.terminal.cols, rows: this.terminal.rows },
        { data: (bytes) => this.#onOutput(bytes), exit: () => this.#events.ended() },
      );
    } catch (error) {
      // Whatever it is, the process has other sessions: a user who was removed a moment ago, descriptors used up.
      const reason = error instanceof Error ? error.message : String(error);
      if (plan && error instanceof SpawnError) {
        this.#print(`mosh-server: execvp: ${plan.command[0]}: ${reason}\n`);
      } else {
        this.#print(`sterna-server: ${reason}\n`);
        this.#events.log(`cannot be started: ${reason}`);
      }
      this.#complaint = setTimeout(() => this.#events.ended(), COMPLAINT_MS);
    }
  }

  #onOutput(bytes: Uint8Array): void {
    if (this.#options.traffic) this.#options.traffic.ptyOut += bytes.length;
    this.terminal.feed(bytes);
    this.#forwardReplies(false);
    this.#events.changed(bytes.length);
  }

  /**
   * What the terminal answers its child, and the user's input in the form the child asked for.
   * @param typed somebody waits for what the child makes of it
   */
  #forwardReplies(typed: boolean): void {
    const bytes = this.terminal.takeReplies();
    if (bytes.length === 0 || !this.#pty) return;
    if (this.#options.traffic) this.#options.traffic.ptyIn += bytes.length;
    const dropped = this.#pty.write(bytes, typed);
    if (dropped > 0 && this.#droppedInput === 0)
      this.#events.log("The program does not read: input is dropped.");
    this.#droppedInput += dropped;
  }

  #print(text: string): void {
    this.terminal.feed(forTerminal(new TextEncoder().encode(text)));
  }
}
