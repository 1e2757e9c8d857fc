/**
 * What is on the person's terminal, and how it gets there: the start and stop sequences and one write for each frame
 * (display.md 6). It remembers what it drew last, overlays included, and draws the difference.
 *
 * Knows nothing of the network. The session owns one; session-loop.ts hands it the pictures.
 */
import { TERMINAL_RESET } from "../sys/terminal-reset.ts";
import type { DiffOptions, Terminal } from "../wasm-core/core.ts";
import type { Terminfo } from "./terminfo.ts";

/** Takes ownership of what it is given; never blocks (tty-output.ts). */
interface Output {
  readonly backlog: number;
  write(bytes: Uint8Array): void;
}

export interface ScreenOptions {
  readonly output: Output;
  readonly terminfo: Terminfo;
  /** TERM: decides whether titles are drawn. */
  readonly term: string;
  /** Do not switch to the alternate screen. */
  readonly noInit: boolean;
  /** A blank terminal of the local size; taken over. */
  readonly blank: Terminal;
}

/** Terminals that show a title; terminfo does not say. */
const TITLE_TERMINALS = /^(?:xterm|rxvt|kterm|Eterm|alacritty|screen|tmux)/;

/** Arrow keys arrive as SS3, which the server translates for programs that want CSI [P 11.8]. */
const APPLICATION_CURSOR_KEYS = "\x1b[?1h";

/** Only if a frame switched it on: many terminals have it on by default, and what they had is not known. */
const ALTERNATE_SCROLL_OFF = "\x1b[?1007l";

export class Screen {
  readonly #output: Output;
  readonly #terminfo: Terminfo;
  readonly #noInit: boolean;
  readonly #capabilities: DiffOptions;
  #drawn: Terminal;
  #started = false;
  #repaint = false;
  #synchronized = false;

  constructor(options: ScreenOptions) {
    this.#output = options.output;
    this.#terminfo = options.terminfo;
    this.#noInit = options.noInit;
    this.#drawn = options.blank;
    this.#capabilities = {
      screen: true,
      ech: options.terminfo.eraseChars,
      bce: options.terminfo.backColorErase,
      titles: TITLE_TERMINALS.test(options.term),
    };
  }

  /** What the person sees, overlays included. A view. */
  get drawn(): Terminal {
    return this.#drawn;
  }

  /** The terminal has not taken the last frame yet: drawing now would only make the queue longer. */
  get busy(): boolean {
    return this.#output.backlog > 0;
  }

  /** Alternate screen, key mode, what we ask the terminal once; the next frame paints everything. */
  start(question = ""): void {
    const switching = this.#noInit ? "" : latin1(this.#terminfo.enterScreen);
    this.#output.write(Buffer.from(switching + APPLICATION_CURSOR_KEYS + question, "latin1"));
    this.#started = true;
    this.#repaint = true;
  }

  /** Leaves the terminal as a shell wants it. Harmless if not started. */
  stop(): void {
    if (!this.#started) return;
    this.#started = false;
    const scroll = this.#drawn.inspect().mouse_altscroll ? ALTERNATE_SCROLL_OFF : "";
    const switching = this.#noInit ? "" : latin1(this.#terminfo.exitScreen);
    this.#output.write(Buffer.from(TERMINAL_RESET + scroll + switching, "latin1"));
  }

  /** The terminal has mode 2026: it shows a frame when it has all of it. */
  useSynchronizedOutput(): void {
    this.#synchronized = true;
  }

  /** Paint everything with the next frame, whatever is thought to be on the screen. */
  repaint(): void {
    this.#repaint = true;
  }

  /** Draws one frame in one write. `target` is of the blank's lineage and is taken over. */
  draw(target: Terminal): void {
    const bytes = target.diff(this.#drawn, { ...this.#capabilities, initialized: !this.#repaint });
    this.#repaint = false;
    this.#drawn.free();
    this.#drawn = target;
    this.#output.write(this.#synchronized && bytes.length > 0 ? synchronized(bytes) : bytes);
  }

  /** Gives the remembered picture back. */
  free(): void {
    this.#drawn.free();
  }
}

const BEGIN_FRAME = Buffer.from("\x1b[?2026h");
const END_FRAME = Buffer.from("\x1b[?2026l");

function synchronized(frame: Uint8Array): Uint8Array {
  return Buffer.concat([BEGIN_FRAME, frame, END_FRAME]);
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}
