/**
 * From a key to its local echo: a client of either make on a pseudo-terminal, guesses always shown, a line of 200 ms
 * round trip (so nothing but a guess can answer sooner), stock's server running cat. The clients take turns key by key.
 * Time counts from the write to the terminal's other end until the client's drawing has been read and shows the key; both
 * ends of the terminal are this process, whose own share is measured by `cat` run directly.
 *
 *   local-echo.ts [KEYS]      default 400 keys for each
 */
import { Home } from "../test/drivers/home.ts";
import { clientProgram, type Make, startServer } from "../test/drivers/peers-run.ts";
import { Relay } from "../test/drivers/relay.ts";
import type { Core, Terminal } from "../wasm-core/core.ts";
import { loadCore } from "../wasm-core/load.ts";

const KEYS = Number(process.argv[2] ?? 400);
const ONE_WAY_MS = 100;
const BETWEEN_KEYS_MS = 35;
/** A row of keys, then Return; the first keys of a row are not measured: guesses begin hidden. */
const ROW = 40;
const HIDDEN = 8;

class Typed {
  readonly times: number[] = [];
  readonly #screen: Terminal;
  readonly #child: Bun.Subprocess;
  #waiting: { readonly letter: string; readonly at: number; readonly col: number; done(): void } | undefined;
  #col = 0;

  constructor(core: Core, command: readonly string[], env: Readonly<Record<string, string>>) {
    this.#screen = core.createTerminal(80, 24, "host");
    this.#child = Bun.spawn([...command], {
      env: { ...env },
      terminal: { cols: 80, rows: 24, data: (_terminal, bytes) => this.#drawn(bytes) },
    });
  }

  #drawn(bytes: Uint8Array): void {
    this.#screen.feed(bytes);
    this.#screen.takeReplies();
    const waiting = this.#waiting;
    if (!waiting) return;
    const { cursorRow } = this.#screen;
    if (this.#screen.cell(cursorRow, waiting.col).text !== waiting.letter) return;
    this.#waiting = undefined;
    this.times.push(performance.now() - waiting.at);
    waiting.done();
  }

  /** Types one letter and waits for it, at most 150 ms: what comes later came from the server. */
  async type(letter: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const before = this.times.length;
    this.#waiting = { letter, at: performance.now(), col: this.#col++, done: resolve };
    this.#child.terminal!.write(letter);
    await Promise.race([promise, Bun.sleep(ONE_WAY_MS * 1.5)]);
    if (this.times.length === before) this.times.push(Number.POSITIVE_INFINITY);
    this.#waiting = undefined;
  }

  /** A fresh row; what was typed is answered before the next key. */
  async newRow(): Promise<void> {
    this.#child.terminal!.write("\r");
    await Bun.sleep(ONE_WAY_MS * 4);
    this.#col = 0;
  }

  forgetLast(): void {
    this.times.pop();
  }

  async close(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
    this.#screen.free();
  }
}

const core = await loadCore();
const home = new Home();
try {
  const open = async (make: Make): Promise<Typed> => {
    const server = await startServer("stock", home, { command: ["cat"] });
    const relay = await Relay.start({ serverPort: server.port, seed: 1, weather: { delay: ONE_WAY_MS } });
    return new Typed(core, [...clientProgram(make), "127.0.0.1", String(relay.port)], {
      ...home.env,
      MOSH_KEY: server.key,
      MOSH_PREDICTION_DISPLAY: "always",
    });
  };
  const typists = {
    sterna: await open("sterna"),
    stock: await open("stock"),
    "cat, no session": new Typed(core, ["cat"], home.env),
  };
  await Bun.sleep(3000);
  const all = Object.values(typists);
  for (let i = 0; i < KEYS + HIDDEN * Math.ceil(KEYS / (ROW - HIDDEN)); i++) {
    if (i % ROW === 0) await Promise.all(all.map((typist) => typist.newRow()));
    const letter = String.fromCharCode(97 + (i % 26));
    for (const typist of all) {
      await typist.type(letter);
      if (i % ROW < HIDDEN) typist.forgetLast();
      await Bun.sleep(BETWEEN_KEYS_MS / all.length);
    }
  }
  console.log("key to local echo, ms            median       p95       p99   not shown");
  const medians = new Map<string, number>();
  for (const [name, { times }] of Object.entries(typists)) {
    const sorted = times.toSorted((a, b) => a - b);
    const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))]!;
    medians.set(name, at(0.5));
    const missed = times.filter((time) => !Number.isFinite(time)).length;
    const columns = [at(0.5), at(0.95), at(0.99)].map((time) => time.toFixed(3).padStart(10)).join("");
    console.log(`${name.padEnd(29)}${columns}${String(missed).padStart(10)}`);
  }
  const own = medians.get("sterna")! - medians.get("cat, no session")!;
  const ratio = medians.get("sterna")! / medians.get("stock")!;
  console.log(`our own time, median ${own.toFixed(3)} ms; ratio to stock ${ratio.toFixed(2)}`);
  await Promise.all(all.map((typist) => typist.close()));
} finally {
  await home.remove();
}
process.exit(0);
