/**
 * A person at a client with local echo, a line, and a shell, in virtual time: what the person sees after every key and
 * every frame. The shell echoes, asks for passwords without echo, is late at times. Used by passwords.test.ts and
 * improved.test.ts. The transport is reduced to numbered states; the real one is in the replays of bench/prediction.
 */
import { LocalEcho } from "../../../client/local-echo.ts";
import type { PredictionMode } from "../../../client/prediction/engine.ts";
import type { Core, Terminal } from "../../../wasm-core/core.ts";
import { Clock } from "../../simulation/clock.ts";

const ECHO_ACK_MS = 50;
/** Arrow up, in the keys of a typist. */
const UP = "↑";
const encoder = new TextEncoder();

/** What a program answers to a key: bytes for its terminal. */
export type Program = (key: string) => string;

export interface TypistOptions {
  readonly core: Core;
  readonly program: Program;
  /** What the program prints first. */
  readonly greeting: string;
  /** One way, ms. */
  readonly delay: number;
  /** ms from a key's arrival to its effect. */
  readonly lag?: () => number;
  readonly mode?: PredictionMode;
  readonly stock?: boolean;
  readonly cols?: number;
  readonly rows?: number;
}

export class Typist {
  readonly clock = new Clock();
  readonly echo: LocalEcho;
  /** The program's own screen. */
  readonly live: Terminal;
  /** The newest screen that arrived. */
  remote: Terminal;
  /** What the person sees. */
  drawn: Terminal;
  /** Called after every drawing. */
  onDrawn: (() => void) | undefined;
  readonly #options: TypistOptions;
  #lastSent = 0;
  #ack = 0;
  #shownAck = 0;
  /** The program handles keys in order: when it is done with the last one. */
  #busyUntil = 0;

  constructor(options: TypistOptions) {
    this.#options = options;
    this.live = options.core.createTerminal(options.cols ?? 60, options.rows ?? 12, "replica");
    this.live.feed(encoder.encode(options.greeting));
    this.remote = this.live.snapshot();
    this.drawn = this.live.snapshot();
    this.echo = new LocalEcho({
      mode: options.mode ?? "always",
      overwrite: false,
      width: (codePoint) => this.live.width(codePoint),
      stock: options.stock ?? false,
    });
    this.#draw();
  }

  /** One read of keys. */
  type(keys: string): void {
    const { clock } = this;
    this.echo.typed(encoder.encode(keys.replaceAll(UP, "\x1b[A")), {
      now: clock.now,
      drawn: this.drawn,
      remote: this.remote,
      lastSent: this.#lastSent,
    });
    const number = ++this.#lastSent;
    this.#draw();
    clock.after(this.#options.delay, () => this.#deliver(keys, number));
  }

  wait(ms: number): void {
    this.clock.run(this.clock.now + ms, () => false);
  }

  /** Long enough for everything to have had its effect. */
  rest(): void {
    this.wait(2 * this.#options.delay + 1000);
  }

  /** Types a text key by key. */
  keys(text: string, pause: number): void {
    for (const key of text) {
      this.type(key);
      this.wait(pause);
    }
  }

  /** A row as it is seen, without trailing blanks. */
  row(row: number): string {
    return this.drawn.text()[row]!.trimEnd();
  }

  free(): void {
    for (const terminal of [this.live, this.remote, this.drawn]) terminal.free();
  }

  #deliver(keys: string, number: number): void {
    const { clock } = this;
    for (const key of keys) {
      const at = Math.max(this.#busyUntil, clock.now) + (this.#options.lag?.() ?? 1);
      this.#busyUntil = at;
      clock.after(at - clock.now, () => {
        const answer = this.#options.program(key);
        if (answer === "") return;
        this.live.feed(encoder.encode(answer));
        this.#frame();
      });
    }
    clock.after(ECHO_ACK_MS, () => {
      this.#ack = number;
      this.#frame();
    });
  }

  #frame(): void {
    const frame = this.live.snapshot();
    const echoAck = this.#ack;
    this.clock.after(this.#options.delay, () => {
      this.remote.free();
      this.remote = frame;
      this.#shownAck = echoAck;
      this.echo.received({
        now: this.clock.now,
        newState: true,
        lastAckedTime: this.clock.now,
        echoAck: this.#shownAck,
        sendInterval: Math.min(250, Math.max(20, this.#options.delay)),
      });
      this.#draw();
    });
  }

  #draw(): void {
    const target = this.remote.snapshot();
    this.echo.apply(target, this.clock.now);
    this.drawn.free();
    this.drawn = target;
    this.onDrawn?.();
  }
}

/** A shell as far as its screen goes: a prompt, an echo, commands that print, print nothing, or ask without echo. */
export class FakeShell {
  /** True while what is typed is a secret. */
  asking = false;
  prompt: string;
  #line = "";
  #previous = "";
  readonly #afterSecret: string;

  constructor(prompt = "$ ", afterSecret = "thanks\r\n") {
    this.prompt = prompt;
    this.#afterSecret = afterSecret;
  }

  readonly key = (key: string): string => {
    if (this.asking) {
      if (key === "\r") return this.#answered(this.#afterSecret);
      return key === "\x03" ? this.#answered("") : "";
    }
    if (key === "\r") return this.#enter();
    if (key === "\x03") {
      this.#line = "";
      return `^C\r\n${this.prompt}`;
    }
    if (key === UP) {
      const erased = "\b \b".repeat(this.#line.length);
      this.#line = this.#previous;
      return erased + this.#line;
    }
    if (key === "\x7f") {
      if (this.#line === "") return "";
      this.#line = this.#line.slice(0, -1);
      return "\b \b";
    }
    this.#line += key;
    return key;
  };

  #answered(text: string): string {
    this.asking = false;
    return `\r\n${text}${this.prompt}`;
  }

  #enter(): string {
    const line = this.#line;
    this.#line = "";
    if (line !== "") this.#previous = line;
    const ask = (question: string): string => {
      this.asking = true;
      return `\r\n${question}`;
    };
    const word = line.split(" ")[0];
    if (word === "sudo") return ask("[sudo] password for me: ");
    if (word === "ssh") return ask("me@there's password: ");
    if (word === "su") return ask("Password: ");
    if (line === "read -s x") return ask("");
    if (word === "read") return ask(this.prompt);
    if (word === "./ask") return ask(this.prompt);
    if (word === "ls") return `\r\nsome\r\nfiles\r\n${this.prompt}`;
    if (word === "say") return `\r\n${line.slice(4)}\r\n${this.prompt}`;
    return `\r\n${this.prompt}`;
  }
}
