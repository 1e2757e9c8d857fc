/**
 * One session on the person's terminal, from the checks before the screen is touched to the last message: puts device,
 * screen, sockets, transport and loop together, and gives the terminal back on every way out.
 *
 * What happens in a session is session-loop.ts; command lines are mosh-client.ts and cli/. Text and order of what is
 * printed: bootstrap-and-cli.md 4.2, 4.3.
 */
import { KeyError, parseKey } from "../ssp/key.ts";
import { TerminalState } from "../ssp/terminal-state.ts";
import { Transport } from "../ssp/transport.ts";
import { UserStream } from "../ssp/user-stream.ts";
import { libc } from "../sys/libc.ts";
import { takeShortSlices } from "../sys/priority.ts";
import type { Terminal } from "../wasm-core/core.ts";
import { loadCore } from "../wasm-core/load.ts";
import { colorWanted } from "./cli/color.ts";
import { writeText } from "./cli/output.ts";
import { bootTime } from "./clock.ts";
import { EscapeKey } from "./escape-key.ts";
import { LocalEcho } from "./local-echo.ts";
import { NotificationBar } from "./notification.ts";
import type { Overlay } from "./overlay.ts";
import { Screen } from "./screen.ts";
import { type Ending, SessionLoop } from "./session-loop.ts";
import { Sockets } from "./sockets.ts";
import { type ConnectionFigures, StatusLine } from "./status-line.ts";
import { SYNCHRONIZED_OUTPUT_QUESTION, TerminalAnswers } from "./terminal-answers.ts";
import { lookUpTerminfo, sessionMessage, type Terminfo } from "./terminfo.ts";
import { TitlePrefix } from "./title-prefix.ts";
import { Tty, TtyError, type WindowSize } from "./tty.ts";

export interface ClientOptions {
  /** Numeric address of the server. */
  readonly ip: string;
  readonly port: number;
  /** 16 bytes, or the printed form. */
  readonly key: Uint8Array | string;
  readonly predict: "adaptive" | "always" | "never" | "experimental";
  readonly overwrite: boolean;
  /** Do not switch to the alternate screen. */
  readonly noInit: boolean;
  /** TERM, HOME, the terminfo variables, MOSH_TITLE_NOPREFIX, MOSH_ESCAPE_KEY, NO_COLOR. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What a terminal of unknown size is taken for. */
const DEFAULT_SIZE: WindowSize = { cols: 80, rows: 24 };
/** How long the way out waits for a terminal that does not read. */
const FLUSH_MS = 1000;
/** Keys in a row that need not wait for the pace: half a round trip is long on a long line. */
const KEY_BURST = 4;
const SUSPENDED = "[mosh is suspended.]";
const EXITING = "[mosh is exiting.]\n";
const RLIMIT_CORE = 4;

/** Runs a session to its end and says on the terminal how it ended. Returns the exit status: 0 only for a clean end. */
export async function runClient(options: ClientOptions): Promise<number> {
  // The key and what was typed stay out of core dumps.
  libc().setrlimit(RLIMIT_CORE, new BigUint64Array(2));
  takeShortSlices();
  const terminfo = lookUpTerminfo(options.env.TERM, options.env);
  if (typeof terminfo === "string") return refuse(`${sessionMessage(terminfo)}\r\n`);
  let tty: Tty;
  try {
    tty = new Tty();
  } catch (error) {
    if (!(error instanceof TtyError)) throw error;
    writeText(2, `${error.message}\n`);
    return 1;
  }
  const session = new Session(options, terminfo, tty);
  const ending = await session.run();
  if (typeof ending === "string") return refuse(ending);
  // A terminal that reads nothing would keep us waiting for ever with the last words.
  if (session.terminalStuck) return ending.clean ? 0 : 1;
  return sayGoodbye(ending, options, session.lastNetworkError);
}

function refuse(message: string): number {
  writeText(2, message);
  writeText(1, EXITING);
  return 1;
}

/** What the person is told after the terminal is theirs again. */
function sayGoodbye(ending: Ending, options: ClientOptions, networkError: string | undefined): number {
  const { ip, port } = options;
  if (ending.failure !== undefined) writeText(2, `Crypto exception: ${ending.failure}\n`);
  if (!ending.connected) {
    writeText(
      2,
      `\nmosh did not make a successful connection to ${ip}:${port}.\n` +
        (networkError === undefined ? "" : `The network answered: ${networkError}\n`) +
        `Check that the server still runs and that no firewall stops UDP port ${port} on the way.\n` +
        "(A server takes a port from 60001 to 60999; the option -p PORT chooses another.)\n",
    );
  } else if (!ending.clean) {
    writeText(
      2,
      "\n\nmosh did not shut down cleanly. Please note that the\n" +
        "mosh-server process may still be running on the server.\n",
    );
  }
  writeText(1, EXITING);
  return ending.clean ? 0 : 1;
}

class Session {
  readonly #options: ClientOptions;
  readonly #tty: Tty;
  readonly #terminfo: Terminfo;
  #screen: Screen | undefined;
  #loop: SessionLoop | undefined;
  #sockets: Sockets | undefined;
  #size = DEFAULT_SIZE;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The last error the network reported, for the message after a session that never was. */
  lastNetworkError: string | undefined;
  /** The terminal did not take the stop sequence. */
  terminalStuck = false;

  constructor(options: ClientOptions, terminfo: Terminfo, tty: Tty) {
    this.#options = options;
    this.#terminfo = terminfo;
    this.#tty = tty;
  }

  /** Returns how it ended, or, if it could not begin, the message that says why. */
  async run(): Promise<Ending | string> {
    const { ip, port, env } = this.#options;
    const now = bootTime();
    let key: Uint8Array;
    try {
      key = typeof this.#options.key === "string" ? parseKey(this.#options.key) : this.#options.key;
      this.#sockets = await Sockets.open(
        ip,
        port,
        {
          datagram: (bytes) => this.#loop?.datagram(bytes),
          error: (text) => {
            this.lastNetworkError = text.replace(/^\w+: /, "");
            this.#loop?.networkError(text);
          },
        },
        now,
      );
    } catch (error) {
      const kind = error instanceof KeyError ? "Crypto" : "Network";
      return `${kind} exception: ${(error as Error).message}\r\n`;
    }
    const core = await loadCore();
    this.#size = this.#readSize() ?? DEFAULT_SIZE;
    const blank = core.createTerminal(this.#size.cols, this.#size.rows, "replica-repair");
    const screen = new Screen({
      output: this.#tty.output,
      terminfo: this.#terminfo,
      term: env.TERM ?? "",
      noInit: this.#options.noInit,
      blank: blank.snapshot(),
    });
    this.#screen = screen;
    const transport = new Transport<UserStream, TerminalState<Terminal>>({
      core,
      key,
      side: "client",
      local: new UserStream(),
      remote: TerminalState.initial(blank),
      now,
      random: (length) => crypto.getRandomValues(new Uint8Array(length)),
      family: this.#sockets.family,
      // Keys typed together are read together, so there is nothing to wait for on an idle line.
      minDelay: 0,
      burst: KEY_BURST,
      earlyResend: true,
    });
    const removeHandlers = this.#handleProcessEvents();
    try {
      return await this.#live(transport, screen, now);
    } finally {
      removeHandlers();
      this.#giveBack();
      clearTimeout(this.#timer);
      this.#sockets.close();
      this.#tty.close();
      transport.release();
      screen.free();
    }
  }

  async #live(
    transport: Transport<UserStream, TerminalState<Terminal>>,
    screen: Screen,
    now: number,
  ): Promise<Ending> {
    const { port, env } = this.#options;
    const tty = this.#tty;
    tty.makeRaw();
    screen.start(SYNCHRONIZED_OUTPUT_QUESTION);
    screen.draw(transport.latest.terminal.snapshot());
    const escapeKey = new EscapeKey(env.MOSH_ESCAPE_KEY);
    const color = colorWanted(env);
    const bar = new NotificationBar(escapeKey.name, now, color);
    const echo = new LocalEcho({
      mode: this.#options.predict,
      overwrite: this.#options.overwrite,
      width: (codePoint) => transport.latest.terminal.width(codePoint),
    });
    const status = new StatusLine(() => figuresOf(transport, echo), `${this.#options.ip}:${port}`, color);
    const overlays: Overlay[] = [echo, status, bar];
    const answers = new TerminalAnswers(() => screen.useSynchronizedOutput());
    if (env.MOSH_TITLE_NOPREFIX === undefined) overlays.push(new TitlePrefix());
    return await new Promise<Ending>((resolve) => {
      const loop = new SessionLoop({
        transport,
        network: this.#sockets!,
        screen,
        escapeKey,
        bar,
        status,
        overlays,
        port,
        started: now,
        clock: bootTime,
        setTimer: (ms, wake) => this.#setTimer(ms, wake),
        soon: (wake) => void setImmediate(wake),
        holdInput: (held) => tty.hold(held),
        suspend: () => this.#suspend(),
        ended: resolve,
      });
      this.#loop = loop;
      tty.output.onDrained = () => loop.terminalReady();
      tty.listen(
        (block) => {
          this.#noticeSize();
          const typed = answers.filter(block);
          if (typed.length > 0) loop.typed(typed);
        },
        () => loop.inputEnded(),
      );
      loop.start(this.#size);
    });
  }

  #setTimer(ms: number, wake: () => void): void {
    clearTimeout(this.#timer);
    // Timers count whole milliseconds; a wake-up too early would only be repeated.
    this.#timer = ms === Number.POSITIVE_INFINITY ? undefined : setTimeout(wake, Math.ceil(ms));
  }

  /** The size to tell the server; undefined if it cannot be read. */
  #readSize(): WindowSize | undefined {
    const size = this.#tty.size();
    if (!size) return undefined;
    return { cols: size.cols || DEFAULT_SIZE.cols, rows: size.rows || DEFAULT_SIZE.rows };
  }

  // ---- the process around the session

  /** Signals and ways out. Returns what removes the handlers again. */
  #handleProcessEvents(): () => void {
    const terminate = () => this.#loop?.terminated();
    const crash = (error: unknown) => {
      this.#giveBack();
      if (this.terminalStuck) process.exit(1);
      writeText(2, `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      writeText(1, EXITING);
      process.exit(1);
    };
    const handlers: [event: string, handler: (argument?: unknown) => void][] = [
      ["SIGTERM", terminate],
      ["SIGINT", terminate],
      ["SIGHUP", terminate],
      ["SIGPIPE", terminate],
      ["SIGWINCH", () => this.#resized()],
      ["SIGCONT", () => this.#resume()],
      ["SIGTSTP", () => this.#suspend()],
      // Whoever asks for a core dump gets the terminal back instead.
      ["SIGQUIT", () => process.exit(128 + 3)],
      ["uncaughtException", crash],
      ["unhandledRejection", crash],
      ["exit", () => this.#giveBack()],
    ];
    for (const [event, handler] of handlers) process.on(event, handler);
    return () => {
      for (const [event, handler] of handlers) process.off(event, handler);
    };
  }

  /** The terminal as it was before us. Harmless to call twice. */
  #giveBack(): void {
    this.#screen?.stop();
    if (!this.#tty.output.flush(FLUSH_MS)) this.terminalStuck = true;
    this.#tty.restore();
  }

  #suspend(): void {
    this.#loop?.suspended();
    this.#giveBack();
    const color = colorWanted(this.#options.env);
    if (!this.terminalStuck) writeText(1, `\n${color ? `\x1b[37;44m${SUSPENDED}\x1b[m` : SUSPENDED}\n`);
    // The whole group, as the terminal's own Ctrl-Z would: we may run below npm, a script, or a wrapper.
    process.kill(0, "SIGSTOP");
  }

  /** Continued, by whomever. The terminal's mode and contents may have changed meanwhile, and its size without notice. */
  #resume(): void {
    this.terminalStuck = false;
    try {
      this.#tty.makeRaw();
    } catch {
      // The terminal is gone, and with it the person.
      this.#loop?.inputEnded();
      return;
    }
    this.#screen?.start();
    this.#loop?.resumed();
    this.#noticeSize();
  }

  /**
   * A signal may come behind the keys that were typed after it, or was sent when nobody listened yet; not at all where the
   * terminal does not control us.
   */
  #noticeSize(): void {
    const size = this.#readSize();
    if (size?.cols !== this.#size.cols || size.rows !== this.#size.rows) this.#resized();
  }

  #resized(): void {
    const size = this.#readSize();
    if (size) this.#size = size;
    this.#loop?.resized(size);
  }
}

/** The status line's figures. */
function figuresOf(
  transport: Transport<UserStream, TerminalState<Terminal>>,
  echo: LocalEcho,
): ConnectionFigures {
  const { stats } = transport;
  const { right, wrong } = echo.engine.judged;
  return {
    srtt: transport.latestNum === 0 ? undefined : transport.srtt,
    datagramsIn: stats.datagramsIn,
    datagramsSentByServer: transport.expectedSequence,
    bytesIn: stats.bytesIn,
    bytesOut: stats.bytesOut,
    guessesRight: right,
    guessesWrong: wrong,
  };
}
