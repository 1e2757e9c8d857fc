/** A terminal in the host role, fed with strings: what the tests of single control functions are written with. */
import { loadCore } from "../../wasm-core/load.ts";
import { sgr } from "../../wasm-core/rendition.ts";
import type { Terminal } from "../../wasm-core/terminal.ts";

const core = await loadCore();
const encoder = new TextEncoder();
const made: Terminal[] = [];

/** Frees what the tests of a file have made. */
export function freeAll(): void {
  for (const terminal of made.splice(0)) if (!terminal.freed) terminal.free();
}

export class Host {
  readonly terminal: Terminal;

  /** @param size [columns, rows] */
  constructor(input = "", size: [number, number] = [20, 6]) {
    this.terminal = core.createTerminal(size[0], size[1], "host");
    made.push(this.terminal);
    this.feed(input);
  }

  feed(input: string): this {
    this.terminal.feed(encoder.encode(input));
    return this;
  }

  /** Rows as text, empty ones at the bottom left out. */
  get lines(): string[] {
    const lines = this.terminal.text();
    while (lines.at(-1) === "") lines.pop();
    return lines;
  }

  /** [row, column], from 0. */
  get cursor(): [number, number] {
    return [this.terminal.cursorRow, this.terminal.cursorCol];
  }

  /** Answers since the last look, with ESC shown as ␛. */
  get reply(): string {
    return Buffer.from(this.terminal.takeReplies()).toString("latin1").replaceAll("\x1b", "␛");
  }

  get pen(): string {
    return sgr(this.terminal.pen);
  }

  style(row: number, col: number): string {
    return sgr(this.terminal.cell(row, col).rendition);
  }
}

/** Shorthand: rows of a screen after `input`. */
export function screen(input: string, size?: [number, number]): string[] {
  return new Host(input, size).lines;
}
