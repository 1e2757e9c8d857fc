/**
 * The recorder: runs a real program in a real session (Sterna's server as a process, our transport as the client, over
 * loopback), types a script as a person would, and writes down what was typed and what arrived. Called by
 * ../prediction.ts --record.
 */
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseKey } from "../../ssp/key.ts";
import { TerminalState } from "../../ssp/terminal-state.ts";
import { Transport } from "../../ssp/transport.ts";
import { UserStream } from "../../ssp/user-stream.ts";
import { Home } from "../../test/drivers/home.ts";
import { startServer } from "../../test/drivers/peers-run.ts";
import { Random } from "../../test/simulation/random.ts";
import type { Core, Terminal } from "../../wasm-core/core.ts";
import { type RecordedEvent, writeRecording } from "./recording.ts";
import type { Script } from "./scripts.ts";

const COLS = 80;
const ROWS = 24;
/** A program that has printed nothing for so long waits for a key. ms */
const QUIET_MS = 300;
/** Between keys, ms: most within a word, a few longer. */
const FAST = { least: 60, most: 190 };
const SLOW = { least: 220, most: 600, share: 0.12 };
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** A client without a terminal: types, and keeps what arrives. */
class Recorder {
  readonly events: RecordedEvent[] = [];
  readonly #transport: Transport<UserStream, TerminalState<Terminal>>;
  readonly #started = performance.now();
  #screen: Terminal;
  #echo = 0;
  #send: (datagram: Uint8Array) => void = () => {};
  #timer: Timer | undefined;
  #lastNews = performance.now();
  #closed = false;

  constructor(core: Core, key: Uint8Array) {
    const blank = core.createTerminal(COLS, ROWS, "replica");
    this.#screen = blank.snapshot();
    this.#transport = new Transport<UserStream, TerminalState<Terminal>>({
      core,
      key,
      side: "client",
      local: new UserStream(),
      remote: TerminalState.initial(blank),
      now: performance.now(),
      random: (length) => crypto.getRandomValues(new Uint8Array(length)),
      minDelay: 0,
    });
    this.#transport.current.pushResize(COLS, ROWS);
  }

  /** Connects to the server of 127.0.0.1. */
  async connect(port: number): Promise<void> {
    const socket = await Bun.udpSocket({
      hostname: "127.0.0.1",
      port: 0,
      connect: { hostname: "127.0.0.1", port },
      binaryType: "buffer",
      socket: { data: (_socket, bytes) => this.#receive(bytes), error: () => {} },
    });
    this.#send = (datagram) => void socket.send(datagram);
    this.#pass();
  }

  type(keys: string): void {
    this.#transport.current.pushBytes(encoder.encode(keys));
    this.events.push({ at: this.#at(), keys });
    this.#pass();
  }

  /** Until the program waits for a key. */
  async quiet(): Promise<void> {
    this.#lastNews = performance.now();
    while (performance.now() - this.#lastNews < QUIET_MS) await Bun.sleep(20);
  }

  async end(): Promise<void> {
    this.#transport.startShutdown(performance.now());
    this.#pass();
    await Bun.sleep(500);
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#screen.free();
    this.#transport.release();
  }

  #at(): number {
    return Math.round(performance.now() - this.#started);
  }

  #receive(bytes: Uint8Array): void {
    if (this.#closed) return;
    const reception = this.#transport.receive(Uint8Array.from(bytes), performance.now());
    if (reception.ok && reception.newState && !this.#transport.shutdownInProgress) this.#news();
    this.#pass();
  }

  #news(): void {
    const { terminal, echoAck } = this.#transport.latest;
    const host = decoder.decode(terminal.diff(this.#screen));
    if (host !== "") this.#lastNews = performance.now();
    if (host === "" && echoAck === this.#echo) return;
    this.events.push({ at: this.#at(), host, echo: echoAck });
    this.#echo = echoAck;
    this.#screen.free();
    this.#screen = terminal.snapshot();
  }

  #pass(): void {
    const now = performance.now();
    if (this.#closed || this.#transport.ended(now)) return;
    this.#transport.tick(now, this.#send);
    clearTimeout(this.#timer);
    const wait = this.#transport.waitTime(performance.now());
    if (wait !== Number.POSITIVE_INFINITY) this.#timer = setTimeout(() => this.#pass(), Math.ceil(wait));
  }
}

/** Runs a script; returns the recording's text. */
export async function record(script: Script, core: Core): Promise<string> {
  const home = new Home();
  try {
    for (const [name, content] of Object.entries(script.files)) {
      mkdirSync(dirname(join(home.path, name)), { recursive: true });
      home.write(name, content);
    }
    const server = await startServer("sterna", home, {
      command: script.command(home.path),
      ...(script.env && { env: script.env }),
    });
    const recorder = new Recorder(core, parseKey(server.key));
    await recorder.connect(server.port);
    await recorder.quiet();
    await recorder.quiet();
    const random = new Random(script.name.length * 7919);
    for (const line of script.lines) {
      for (const keys of keystrokes(line)) {
        recorder.type(keys);
        const { least, most } = random.chance(SLOW.share) ? SLOW : FAST;
        await Bun.sleep(random.between(least, most));
      }
      await recorder.quiet();
      await Bun.sleep(random.between(100, 700));
    }
    await recorder.end();
    await server.kill();
    const { name, about } = script;
    const text = writeRecording({ name, about, cols: COLS, rows: ROWS }, recorder.events);
    if (text.includes(home.path)) throw new Error(`${name}: the recording names a directory of this machine`);
    return text;
  } finally {
    await home.remove();
  }
}

/** One read for each key: a character, or a whole escape sequence. */
function keystrokes(text: string): string[] {
  return text.match(/\x1b\[[\d;]*[A-Za-z~]|\x1bO[A-Z]|./gsu) ?? [];
}
