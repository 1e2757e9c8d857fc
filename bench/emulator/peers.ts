/**
 * Other terminals in this process, behind one interface, fed synchronously and without a timer: @xterm/headless and
 * ghostty-web's module (the parser and screen of Ghostty, driven without its page).
 */
import { readFileSync } from "node:fs";
import { Terminal as Xterm } from "@xterm/headless";
import type { Core } from "../../wasm-core/core.ts";

/** A terminal that is being measured. */
interface Subject {
  feed(bytes: Uint8Array): void;
  /** A look at the screen, where one may have to be drawn for it. */
  look?(): void;
  /** Rows as text without trailing blanks, where the peer tells. */
  lines?(): string[];
  free(): void;
}

export interface Contender {
  readonly name: string;
  create(cols: number, rows: number): Subject;
  /** After a trap: a new instance. */
  reset?(): void;
}

export function ours(name: string, core: Core): Contender {
  return {
    name,
    create: (cols, rows) => {
      const terminal = core.createTerminal(cols, rows, "host");
      return {
        feed: (bytes) => terminal.feed(bytes),
        look: () => terminal.snapshot().free(),
        lines: () => terminal.text(),
        free: () => terminal.free(),
      };
    },
  };
}

/** What write() comes to, without its queue and the timers that share the thread with a page. */
interface SynchronousXterm {
  readonly _core: { writeSync(bytes: Uint8Array): void };
}

export const xterm: Contender = {
  name: "xterm.js",
  create: (cols, rows) => {
    const terminal = new Xterm({ cols, rows, scrollback: 0, allowProposedApi: true, logLevel: "off" });
    const core = (terminal as unknown as SynchronousXterm)._core;
    return {
      feed: (bytes) => core.writeSync(bytes),
      lines: () => {
        const buffer = terminal.buffer.active;
        return Array.from(
          { length: rows },
          (_, y) =>
            buffer
              .getLine(buffer.baseY + y)
              ?.translateToString(true)
              .trimEnd() ?? "",
        );
      },
      free: () => terminal.dispose(),
    };
  },
};

interface GhosttyExports {
  readonly memory: WebAssembly.Memory;
  ghostty_wasm_alloc_u8_array(length: number): number;
  ghostty_wasm_free_u8_array(at: number, length: number): void;
  ghostty_terminal_new(cols: number, rows: number): number;
  ghostty_terminal_free(terminal: number): void;
  ghostty_terminal_write(terminal: number, at: number, length: number): void;
}

/** Largest write of the benchmark. */
const BUFFER = 65536;

/** undefined if the package is not installed. */
export function ghostty(): Contender | undefined {
  let path: string;
  try {
    path = Bun.resolveSync("ghostty-web/ghostty-vt.wasm", import.meta.dir);
  } catch {
    return undefined;
  }
  const module = new WebAssembly.Module(readFileSync(path));
  let abi: GhosttyExports;
  let buffer: number;
  const reset = (): void => {
    const instance = new WebAssembly.Instance(module, { env: { log: () => {} } });
    abi = instance.exports as unknown as GhosttyExports;
    buffer = abi.ghostty_wasm_alloc_u8_array(BUFFER);
  };
  reset();
  return {
    name: "ghostty-web",
    reset,
    create: (cols, rows) => {
      const terminal = abi.ghostty_terminal_new(cols, rows);
      return {
        feed: (bytes) => {
          new Uint8Array(abi.memory.buffer, buffer, BUFFER).set(bytes);
          abi.ghostty_terminal_write(terminal, buffer, bytes.length);
        },
        free: () => abi.ghostty_terminal_free(terminal),
      };
    },
  };
}
