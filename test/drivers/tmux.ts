/**
 * Drives a private tmux server: the terminal in which tests run clients and, for comparison, the same programs
 * directly. Not a wrapper of all of tmux: one program per pane, keys in, screens out. Used by test/interop and bench.
 *
 * A screen is read from a second pane that shows the first through a tmux client of its own. `capture-pane` leaves out
 * cells that were only ever erased, so a row cleared to a background colour would look empty; the inner client's
 * terminal has no background-colour erase, so there the same cells are printed and can be read.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { familyOf } from "./processes.ts";
import { type Comparison, differences, parseCapture, type Screen, show, some } from "./screen.ts";
import { DEADLINE_MS, until } from "./wait.ts";

/** How long a screen must stay the same to count as settled. */
const SETTLED_MS = 200;
/** After a program's end its last output is on the screen by then. */
const LAST_OUTPUT_MS = 2_000;

/** Targets: the session of the program and the session that shows it. */
const PROGRAM = "=program:";
const VIEW = "=view:";

export interface PaneOptions {
  readonly command: readonly string[];
  /** The program's whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly cols?: number;
  readonly rows?: number;
  readonly cwd?: string;
}

/** What every server is started with. */
const CONFIGURATION = `
set -g status off
set -g remain-on-exit on
set -g remain-on-exit-format ""
set -g default-terminal xterm-256color
set -g history-limit 0
set -s escape-time 0
set -s set-clipboard on
set -as terminal-overrides ",*:Tc"
`;

/**
 * Private terminals. Each has a tmux server of its own: the size of a new window, among other things, depends on what
 * other clients of the same server did last.
 */
export class Tmux {
  readonly #directory = mkdtempSync(join(tmpdir(), "sterna-tmux-"));
  readonly #panes: Pane[] = [];

  async open(options: PaneOptions): Promise<Pane> {
    const configuration = join(this.#directory, "configuration");
    if (!existsSync(configuration)) writeFileSync(configuration, CONFIGURATION);
    const server = ["tmux", "-S", join(this.#directory, `${this.#panes.length}`), "-f", configuration, "-u"];
    const status = join(this.#directory, `${this.#panes.length}.status`);
    const pane = new Pane(server, status);
    this.#panes.push(pane);
    const shape = ["-d", "-x", String(options.cols ?? 80), "-y", String(options.rows ?? 24)];
    const env = Object.entries(options.env).map(([name, value]) => `${name}=${value}`);
    await pane.tmux(
      ...["new-session", ...shape, "-s", "program", "-c", options.cwd ?? "/", "--"],
      ...["env", "-i", ...env, "sh", "-c", KEEP_STATUS, status, ...options.command.map(escapeSemicolon)],
      ";",
      ...["new-session", ...shape, "-s", "view", "--"],
      ...["env", "-u", "TMUX", "TERM=tmux-256color", ...server, "attach", "-t", PROGRAM],
    );
    return pane;
  }

  /** Ends all terminals that are still open. */
  async stop(): Promise<void> {
    await Promise.all(this.#panes.map((pane) => pane.close()));
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** tmux takes an argument that ends in `;` as a separator of commands. */
function escapeSemicolon(word: string): string {
  return word.endsWith(";") ? `${word.slice(0, -1)}\\;` : word;
}

/**
 * Runs a program and keeps its status in a file: the multiplexer forgets it when the terminal's end comes before the
 * signal of the program's.
 */
const KEEP_STATUS = '"$@"; echo $? >"$0"';

/** A terminal with one program in it. */
export class Pane {
  readonly #server: readonly string[];
  readonly #statusFile: string;
  #open = true;
  #endedAt: number | undefined;

  /** `server`: the words that address this pane's tmux server. Panes come from `Tmux.open`. */
  constructor(server: readonly string[], statusFile: string) {
    this.#server = server;
    this.#statusFile = statusFile;
  }

  /** Status of the program, 128 + the signal if one ended it; undefined while it runs. */
  #status(): number | undefined {
    if (!existsSync(this.#statusFile)) return undefined;
    const text = readFileSync(this.#statusFile, "utf8").trim();
    return text === "" ? undefined : Number(text);
  }

  /** Runs tmux commands in one invocation (`;` separates them) and returns what they print. */
  async tmux(...args: string[]): Promise<string> {
    const child = Bun.spawn([...this.#server, ...args], {
      env: { PATH: process.env.PATH ?? "", HOME: "/", LANG: "C.UTF-8", TERM: "xterm-256color" },
      cwd: "/",
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    const [out, err] = await Promise.all([child.stdout.text(), child.stderr.text()]);
    if ((await child.exited) !== 0) throw new Error(`tmux ${args.join(" ")}: ${err.trim()}`);
    return out;
  }

  /** tmux key names, e.g. `Enter`, `C-a`, `Up`, `F3`: encoded as the program's key modes ask. */
  async keys(...names: string[]): Promise<void> {
    await this.tmux("send-keys", "-t", PROGRAM, "--", ...names);
  }

  /** Text as one write, like a paste. */
  async text(text: string): Promise<void> {
    await this.tmux("send-keys", "-t", PROGRAM, "-l", "--", escapeSemicolon(text));
  }

  /** Text one character at a time, as a person types, with a pause in ms after each. */
  async type(text: string, pause = 0): Promise<void> {
    for (const character of text) {
      await this.text(character);
      if (pause > 0) await Bun.sleep(pause);
    }
  }

  /** A command line and the Enter key. */
  async line(text: string): Promise<void> {
    await this.text(text);
    await this.keys("Enter");
  }

  /** Raw bytes, whatever they are. */
  async bytes(bytes: Uint8Array): Promise<void> {
    await this.tmux("send-keys", "-t", PROGRAM, "-H", ...Array.from(bytes, (b) => b.toString(16)));
  }

  /** Resolves when the program's terminal has the size: it gets there by way of the pane that shows it. */
  async resize(cols: number, rows: number): Promise<void> {
    await this.tmux("resize-window", "-t", VIEW, "-x", String(cols), "-y", String(rows));
    const size = `${cols} ${rows}`;
    await until(`the terminal to be ${size}`, async () => {
      const now = await this.tmux("display-message", "-p", "-t", PROGRAM, "#{pane_width} #{pane_height}");
      return now.trim() === size;
    });
  }

  async screen(): Promise<Screen> {
    const format = [
      ..."pane_width pane_height cursor_x cursor_y cursor_flag alternate_on".split(" "),
      "pane_dead",
      ..."mouse_any_flag mouse_button_flag mouse_standard_flag mouse_sgr_flag mouse_utf8_flag".split(" "),
      "pane_title",
    ];
    const output = await this.tmux(
      ...["display-message", "-p", "-t", PROGRAM, format.map((name) => `#{${name}}`).join("\t")],
      ";",
      ...["capture-pane", "-p", "-e", "-N", "-t", VIEW],
    );
    const end = output.indexOf("\n");
    const fields = output.slice(0, end).split("\t");
    const [cols, rows, x, y] = fields.slice(0, 4).map(Number) as [number, number, number, number];
    const mouse = ["any", "button", "standard", "sgr", "utf8"].filter((_, i) => fields[7 + i] === "1");
    return {
      cols,
      rows,
      lines: parseCapture(output.slice(end + 1), cols, rows),
      cursor: { row: y, col: Math.min(x, cols - 1) },
      cursorVisible: fields[4] === "1",
      alternate: fields[5] === "1",
      exited: fields[6] === "1" ? this.#status() : undefined,
      mouse: mouse.join(" "),
      title: fields.slice(12).join("\t"),
    };
  }

  /** Process id of the pane's program. */
  async pid(): Promise<number> {
    const shell = Number(await this.tmux("display-message", "-p", "-t", PROGRAM, "#{pane_pid}"));
    return until("the program to start", () => familyOf(shell)[1]);
  }

  /** Waits for a screen that fulfils `condition`; on timeout fails with the screen's contents. */
  async waitFor(
    what: string,
    condition: (screen: Screen) => boolean,
    deadlineMs = DEADLINE_MS,
  ): Promise<Screen> {
    let last: Screen | undefined;
    return until(
      what,
      async () => {
        last = await this.screen();
        return condition(last) ? last : this.#unlessEnded(last);
      },
      deadlineMs,
      () => (last ? show(last) : ""),
    );
  }

  /** Nothing will change any more once the program has ended and its last output is drawn: give up early. */
  #unlessEnded(screen: Screen): undefined {
    if (screen.exited === undefined) return;
    this.#endedAt ??= performance.now();
    if (performance.now() - this.#endedAt > LAST_OUTPUT_MS) {
      throw new Error(`the program has ended with status ${screen.exited}\n${show(screen)}`);
    }
  }

  /** Waits until some row, blanks at its end cut, equals `row` or matches it. */
  waitForRow(row: string | RegExp, deadlineMs = DEADLINE_MS): Promise<Screen> {
    return this.waitFor(`a row ${row}`, some(row), deadlineMs);
  }

  /** Waits for a screen that fulfils `condition` and then stays as it is for a while: for recording a reference. */
  async settle(what: string, condition: (screen: Screen) => boolean): Promise<Screen> {
    let steady: Screen | undefined;
    let since = 0;
    return this.waitFor(what, (screen) => {
      if (!condition(screen)) steady = undefined;
      else if (steady === undefined || differences(steady, screen).length > 0) {
        steady = screen;
        since = performance.now();
      }
      return steady !== undefined && performance.now() - since >= SETTLED_MS;
    });
  }

  /** Waits until the screen looks like `expected`; on timeout fails with both and the first differences. */
  async waitForScreen(expected: Screen, options: Comparison = {}, deadlineMs = DEADLINE_MS): Promise<Screen> {
    let last: Screen | undefined;
    let found: string[] = [];
    return until(
      "the expected screen",
      async () => {
        last = await this.screen();
        found = differences(expected, last, options);
        return found.length === 0 ? last : this.#unlessEnded(last);
      },
      deadlineMs,
      () => [...found.slice(0, 12), "expected:", show(expected), "is:", last ? show(last) : ""].join("\n"),
    );
  }

  /** Waits for the program to end; its status and what it left on the screen. */
  async exit(deadlineMs = DEADLINE_MS): Promise<{ status: number; text: string }> {
    const { exited } = await this.waitFor("the program's end", (s) => s.exited !== undefined, deadlineMs);
    // The view may lag behind; the program's own pane has it all once it is dead.
    const text = await this.tmux("capture-pane", "-p", "-t", PROGRAM);
    return { status: exited!, text: text.trim() };
  }

  /** Ends the program (hang-up) and the terminal. */
  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.tmux("kill-server").catch(() => {});
  }
}
