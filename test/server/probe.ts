/**
 * A client for tests that speaks the protocol over a real socket and shows its screen as text. It predicts nothing and
 * draws nothing. Uses ssp's own client side, so what it proves is the server; the stock client is another test's.
 */
import type { udp } from "bun";
import { parseKey } from "../../ssp/key.ts";
import { TerminalState } from "../../ssp/terminal-state.ts";
import { Transport } from "../../ssp/transport.ts";
import { UserStream } from "../../ssp/user-stream.ts";
import { loadCore } from "../../wasm-core/load.ts";
import { until } from "../drivers/wait.ts";

interface Size {
  readonly cols: number;
  readonly rows: number;
}

export interface ProbeOptions {
  /** Sent first; undefined: the server is told no size. */
  readonly size?: Size | undefined;
}

async function open(key: Uint8Array, size: Size) {
  const core = await loadCore();
  return new Transport({
    core,
    key,
    side: "client",
    local: new UserStream(),
    remote: TerminalState.initial(core.createTerminal(size.cols, size.rows, "replica")),
    now: performance.now(),
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    minDelay: 0,
  });
}

export class Probe {
  static readonly #open: Probe[] = [];
  readonly transport: Awaited<ReturnType<typeof open>>;
  /** Where the server listens. */
  readonly port: number;
  #socket: udp.Socket<"buffer">;
  #timer: Timer | undefined;
  #closed = false;
  /** How the session ended, once it has. */
  ended: string | undefined;

  private constructor(
    transport: Awaited<ReturnType<typeof open>>,
    socket: udp.Socket<"buffer">,
    port: number,
  ) {
    this.transport = transport;
    this.#socket = socket;
    this.port = port;
  }

  static async connect(
    server: { readonly port: number; readonly key: string },
    options: ProbeOptions = { size: { cols: 80, rows: 24 } },
  ): Promise<Probe> {
    const transport = await open(parseKey(server.key), options.size ?? { cols: 80, rows: 24 });
    const receive: { datagram?: (bytes: Uint8Array) => void } = {};
    const socket = await Bun.udpSocket({
      hostname: "127.0.0.1",
      socket: { data: (_socket, bytes) => receive.datagram?.(bytes), error() {} },
    });
    const probe = new Probe(transport, socket, server.port);
    receive.datagram = (bytes) => probe.#receive(bytes);
    Probe.#open.push(probe);
    if (options.size) transport.current.pushResize(options.size.cols, options.size.rows);
    probe.#pass();
    return probe;
  }

  /** Ends all probes of a test without a word to their servers. */
  static closeAll(): void {
    for (const probe of Probe.#open.splice(0)) probe.close();
  }

  type(text: string): void {
    this.transport.current.pushBytes(new TextEncoder().encode(text));
    this.#pass();
  }

  resize(cols: number, rows: number): void {
    this.transport.current.pushResize(cols, rows);
    this.#pass();
  }

  /** From now on every datagram leaves from another port, and answers to the old one are lost. */
  async roam(): Promise<void> {
    const old = this.#socket;
    this.#socket = await Bun.udpSocket({
      hostname: "127.0.0.1",
      socket: { data: (_socket, bytes) => this.#receive(bytes), error() {} },
    });
    old.close();
    this.#pass();
  }

  /** Ends the session from the client's side. */
  shutDown(): void {
    this.transport.startShutdown(performance.now());
    this.#pass();
  }

  /** The newest screen, blanks at the ends of rows cut. */
  get rows(): string[] {
    return this.transport.latest.terminal.text().map((row) => row.trimEnd());
  }

  /** Waits until the screen, rows joined by newlines, contains or matches `text`. */
  async shows(text: string | RegExp): Promise<void> {
    await until(
      `screen with ${text}`,
      () => {
        const screen = this.rows.join("\n");
        return typeof text === "string" ? screen.includes(text) : text.test(screen);
      },
      undefined,
      () => this.rows.join("\n"),
    );
  }

  /** Waits for the session's end and returns how it ended: `clean`, `gave-up`. */
  end(deadlineMs?: number): Promise<string> {
    return until(
      "the session's end",
      () => this.ended,
      deadlineMs,
      () => this.rows.join("\n"),
    );
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#socket.close();
    this.transport.release();
  }

  #receive(bytes: Uint8Array): void {
    if (this.#closed) return;
    this.transport.receive(bytes, performance.now());
    this.#pass();
  }

  #pass(): void {
    if (this.#closed || this.ended !== undefined) return;
    const now = performance.now();
    this.ended = this.transport.ended(now);
    if (this.ended === undefined) {
      this.transport.tick(now, (datagram) => this.#socket.send(datagram, this.port, "127.0.0.1"));
    }
    clearTimeout(this.#timer);
    const wait = this.ended === undefined ? this.transport.waitTime(now) : Number.POSITIVE_INFINITY;
    if (Number.isFinite(wait)) this.#timer = setTimeout(() => this.#pass(), Math.ceil(wait));
  }
}
