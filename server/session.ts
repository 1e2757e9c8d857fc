/**
 * A session: a child on a pseudo-terminal and the screen it draws. Attachments view it and feed it; it does not know
 * of networks or clients. One for each `mosh-server new`. Called by standalone.ts and attachment.ts.
 *
 * The child starts when the first client has said how large its window is, so it never sees another size, and a client
 * that never comes starts nothing.
 */
import type { UserEvent } from "../ssp/user-message.ts";
import type { Terminal } from "../wasm-core/core.ts";
import type { Environment } from "./environment.ts";
import { forTerminal, loginNotices } from "./notices.ts";
import { Pty, SpawnError } from "./pty.ts";
import { planChild } from "./shell.ts";

/** How long the reason stays on the screen when the command cannot be run. */
const COMPLAINT_MS = 3000;

export interface SessionOptions {
  /** undefined: the user's login shell. */
  readonly command: readonly string[] | undefined;
  readonly colors: number;
  /** What the child inherits. */
  readonly environment: Environment;
  /** A terminal of role "host"; the session owns it. */
  readonly terminal: Terminal;
}

export interface SessionEvents {
  /** The screen may have changed. */
  changed(): void;
  /** The child has ended and all its output is on the screen. Called once. */
  ended(): void;
  log(message: string): void;
}

export class Session {
  readonly #options: SessionOptions;
  readonly #events: SessionEvents;
  readonly terminal: Terminal;
  #pty: Pty | undefined;
  #started = false;
  #complaint: Timer | undefined;
  #droppedInput = 0;

  constructor(options: SessionOptions, events: SessionEvents) {
    this.#options = options;
    this.#events = events;
    this.terminal = options.terminal;
  }

  get started(): boolean {
    return this.#started;
  }

  /** Descriptor of the server's end of the pseudo-terminal, once there is one. */
  get descriptor(): number | undefined {
    return this.#pty?.descriptor;
  }

  /** Input of a user, in order. The child is started by the first. */
  input(events: readonly UserEvent[]): void {
    for (let i = 0; i < events.length; i++) {
      const event = events[i]!;
      if (event.kind === "keys") {
        this.terminal.translateInput(event.bytes);
      } else if (events[i + 1]?.kind !== "resize") {
        // Of several sizes in a row only the last counts.
        this.terminal.resize(event.cols, event.rows);
        this.#pty?.resize(this.terminal.cols, this.terminal.rows);
      }
    }
    if (!this.#started) this.#start();
    this.#forwardReplies();
  }

  /** Ends the session: hangs up, and frees the screen. */
  close(): void {
    clearTimeout(this.#complaint);
    this.#pty?.close();
    this.terminal.free();
  }

  #start(): void {
    this.#started = true;
    const { command, colors, environment } = this.#options;
    const plan = planChild(command, colors, environment);
    if (plan.login) this.terminal.feed(loginNotices(plan.environment.HOME ?? "/", process.pid));
    if (plan.complaint) this.#print(`${plan.complaint}\n`);
    try {
      this.#pty = new Pty(
        { ...plan, cols: this.terminal.cols, rows: this.terminal.rows },
        { data: (bytes) => this.#onOutput(bytes), exit: () => this.#events.ended() },
      );
    } catch (error) {
      if (!(error instanceof SpawnError)) throw error;
      this.#print(`mosh-server: execvp: ${plan.command[0]}: ${error.message}\n`);
      this.#complaint = setTimeout(() => this.#events.ended(), COMPLAINT_MS);
    }
  }

  #onOutput(bytes: Uint8Array): void {
    this.terminal.feed(bytes);
    this.#forwardReplies();
    this.#events.changed();
  }

  /** What the terminal answers its child, and the user's input in the form the child asked for. */
  #forwardReplies(): void {
    const bytes = this.terminal.takeReplies();
    if (bytes.length === 0 || !this.#pty) return;
    const dropped = this.#pty.write(bytes);
    if (dropped > 0 && this.#droppedInput === 0)
      this.#events.log("The program does not read: input is dropped.");
    this.#droppedInput += dropped;
  }

  #print(text: string): void {
    this.terminal.feed(forTerminal(new TextEncoder().encode(text)));
  }
}
