/**
 * `sterna-server top`: a live table of a host's sessions in this terminal, or the same once as plain text where standard
 * output is none. What stands there is top-page.ts's; here are the terminal, its keys and its restoration. Called by
 * commands.ts.
 */
import { libc } from "../../sys/libc.ts";
import { type Size, STDERR, STDOUT, writeText } from "../stdio.ts";
import { ORDERS, type Order, type Page, renderPage, type Sample } from "./top-page.ts";

const STDIN = 0;
const TCSADRAIN = 1;
/** struct termios of the C library, with room to spare. */
const TERMIOS_BYTES = 256;
const TIOCGWINSZ = 0x5413;
const SMALLEST: Size = { cols: 80, rows: 24 };

/** Alternate screen, no cursor, no wrapping; and back. */
const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l";
/** A paint appears at once on terminals that have synchronized output. */
const BEGIN = "\x1b[?2026h\x1b[H";
const END = "\x1b[J\x1b[?2026l";

const KEYS_LINE =
  "q leave   order: s last seen  u user  n name  r round trip  c created  p process (again: reverse)   ↑↓ scroll";

export interface TopOptions {
  /** @throws Error if the host is gone */
  readonly fetch: () => Promise<Sample>;
  /** ms between two samples. */
  readonly interval: number;
  /** Prints one sample and ends, also on a terminal. */
  readonly once: boolean;
}

/** Shows it until the person leaves. @returns exit status */
export async function runTop(options: TopOptions): Promise<number> {
  const saved = new Uint8Array(TERMIOS_BYTES);
  const live = !options.once && windowSize() !== undefined && libc().tcgetattr(STDIN, saved) === 0;
  try {
    if (live) await new LiveTop(options).run(saved);
    else {
      const page = renderPage(await options.fetch(), undefined, { ...FIRST_VIEW, size: undefined });
      writeText(STDOUT, `${page.lines.join("\n")}\n`);
    }
    return 0;
  } catch (error) {
    writeText(STDERR, `sterna-server: top: ${(error as Error).message}\n`);
    return 1;
  }
}

const FIRST_VIEW = { order: "s", reversed: false, scroll: 0 } as const;

class LiveTop {
  readonly #options: TopOptions;
  readonly #end = Promise.withResolvers<void>();
  #view: { order: Order; reversed: boolean; scroll: number } = { ...FIRST_VIEW };
  #now: Sample | undefined;
  #before: Sample | undefined;
  #page: Page | undefined;

  constructor(options: TopOptions) {
    this.#options = options;
  }

  /** @param saved settings of the terminal, which come back at the end, however it comes */
  async run(saved: Uint8Array): Promise<void> {
    const raw = saved.slice();
    libc().cfmakeraw(raw);
    const restore = (): void => {
      writeText(STDOUT, LEAVE);
      libc().tcsetattr(STDIN, TCSADRAIN, saved);
    };
    // Whatever ends this process, even a fault in it, leaves the terminal as it was.
    process.on("exit", restore);
    const finish = (): void => this.#end.resolve();
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, finish);
    process.on("SIGWINCH", () => this.#paint());
    libc().tcsetattr(STDIN, TCSADRAIN, raw);
    writeText(STDOUT, ENTER);
    process.stdin.on("data", (bytes: Buffer) => this.#keys(bytes.toString("latin1")));
    process.stdin.on("end", finish);
    let timer: Timer | undefined;
    const round = async (): Promise<void> => {
      try {
        await this.#sample();
        timer = setTimeout(round, this.#options.interval);
      } catch (error) {
        this.#end.reject(error);
      }
    };
    void round();
    try {
      await this.#end.promise;
    } finally {
      clearTimeout(timer);
      process.off("exit", restore);
      restore();
      process.stdin.pause();
    }
  }

  async #sample(): Promise<void> {
    const sample = await this.#options.fetch();
    this.#before = this.#now;
    this.#now = sample;
    this.#paint();
  }

  #paint(): void {
    if (!this.#now) return;
    const { cols, rows } = windowSize() ?? SMALLEST;
    const size = { cols, rows: Math.max(1, rows - 1) };
    this.#page = renderPage(this.#now, this.#before, { ...this.#view, size });
    this.#view.scroll = Math.min(this.#view.scroll, this.#page.mostScroll);
    const { heading } = this.#page;
    const lines = this.#page.lines.map((line, at) =>
      at === 0 ? `\x1b[1m${line}\x1b[m` : at === heading ? `\x1b[7m${line}\x1b[m` : line,
    );
    const keys = `\x1b[${rows};1H\x1b[2m${KEYS_LINE.slice(0, cols)}\x1b[m`;
    writeText(STDOUT, `${BEGIN}${lines.map((line) => `${line}\x1b[K`).join("\r\n")}${END}${keys}`);
  }

  #keys(text: string): void {
    for (const key of text.match(/\x1b\[[0-9;]*[~A-Z]|\x1bO[A-Z]|[\s\S]/g) ?? []) {
      if (key === "q" || key === "Q" || key === "\x03" || key === "\x04") this.#end.resolve();
      else if (Object.hasOwn(ORDERS, key)) {
        const order = key as Order;
        this.#view = { order, reversed: order === this.#view.order && !this.#view.reversed, scroll: 0 };
      } else this.#scroll(key);
    }
    this.#paint();
  }

  #scroll(key: string): void {
    const rows = windowSize()?.rows ?? SMALLEST.rows;
    const step = SCROLLS[key.replace("\x1bO", "\x1b[")]?.(rows);
    if (step !== undefined) this.#view.scroll = Math.max(0, this.#view.scroll + step);
  }
}

/** Lines by which a key scrolls in a window of so many rows. */
const SCROLLS: Readonly<Record<string, (rows: number) => number>> = {
  "\x1b[A": () => -1,
  "\x1b[B": () => 1,
  "\x1b[5~": (rows) => -Math.floor(rows / 2),
  "\x1b[6~": (rows) => Math.floor(rows / 2),
  "\x1b[H": () => -1e9,
  "\x1b[F": () => 1e9,
};

/** Of the terminal that standard output is. */
function windowSize(): Size | undefined {
  const window = new Uint16Array(4);
  if (libc().ioctl(STDOUT, BigInt(TIOCGWINSZ), window) !== 0) return undefined;
  const [rows, cols] = window;
  return rows && cols ? { cols, rows } : SMALLEST;
}
