/**
 * How fast program output becomes a screen: the core's terminal in both roles against @xterm/headless, same bytes,
 * same chunks, same run. The data is made here from a fixed seed; nothing is measured that a program would not write.
 *
 * xterm.js parses in a write queue; its figure is one callback for everything queued, so it is not made to wait for
 * timers. The final screens are compared, so that a figure cannot come from work left out.
 */
import { Terminal as Xterm } from "@xterm/headless";
import { loadCore } from "../wasm-core/load.ts";

const COLS = 80;
const ROWS = 24;
const CHUNK = 16384;
const SIZE = 8 << 20;
const XTERM_SIZE = 1 << 20;

let seed = 12345;
function below(n: number): number {
  seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
  return (seed >>> 8) % n;
}
function word(): string {
  let w = "";
  for (let n = 2 + below(9); n > 0; n--) w += String.fromCharCode(97 + below(26));
  return w;
}

const workloads: Record<string, () => string> = {
  "ASCII log": () => {
    let line = `2026-11-22T20:${10 + below(50)}:${10 + below(50)} host unit[${below(9999)}]:`;
    while (line.length < 40 + below(40)) line += ` ${word()}`;
    return `${line}\r\n`;
  },
  "long lines": () => {
    let line = "";
    while (line.length < 3000) line += `${word()} `;
    return `${line}\r\n`;
  },
  "ls colours": () => {
    let line = "";
    for (let i = 0; i < 5; i++) line += `\x1b[0m\x1b[01;3${below(8)}m${word()}.${word()}\x1b[0m  `;
    return `${line}\r\n`;
  },
  "256 colours": () => {
    let line = "";
    for (let i = 0; i < 10; i++)
      line += `\x1b[38;5;${below(256)}m\x1b[48;5;${below(256)}m${word().slice(0, 6)}`;
    return `${line}\x1b[m\r\n`;
  },
  "RGB colours": () => {
    let line = "";
    for (let i = 0; i < 10; i++)
      line += `\x1b[38;2;${below(8) * 32};${below(8) * 32};${below(4) * 64}m${word().slice(0, 6)}`;
    return `${line}\x1b[m\r\n`;
  },
  CJK: () => {
    let line = "";
    for (let i = 0; i < 36; i++) line += String.fromCodePoint(0x4e00 + below(0x5000));
    return `${line}\r\n`;
  },
  "Latin, accents": () => {
    let line = "";
    for (let i = 0; i < 12; i++) line += `${word()}é${String.fromCodePoint(0xe0 + below(30))} `;
    return `${line.slice(0, 78)}\r\n`;
  },
  "TUI mix": () => {
    let frame = "";
    for (let i = 0; i < 6; i++) {
      frame += `\x1b[${1 + below(ROWS)};${1 + below(60)}H\x1b[0;${30 + below(8)};${40 + below(8)}m${word()} ${word()}`;
      if (below(3) === 0) frame += "\x1b[K";
      if (below(6) === 0) frame += `\x1b[${below(4)}P\x1b[1@`;
      if (below(9) === 0) frame += "\x1b[2;20r\x1b[20;1H\n\x1b[r";
    }
    return frame;
  },
};

const core = await loadCore();
const encoder = new TextEncoder();

function chunks(line: () => string): Uint8Array[] {
  let text = "";
  while (text.length < SIZE / 8) text += line();
  const block = encoder.encode(text);
  const parts: Uint8Array[] = [];
  for (let at = 0; at < block.length; at += CHUNK) parts.push(block.subarray(at, at + CHUNK));
  return parts;
}

/** Best MB/s of several runs. */
function measureCore(role: "host" | "replica", parts: Uint8Array[], bytes: number): number {
  let best = 0;
  for (let run = 0; run < 30; run++) {
    const terminal = core.createTerminal(COLS, ROWS, role);
    const begin = Bun.nanoseconds();
    for (const part of parts) terminal.feed(part);
    best = Math.max(best, (bytes * 1e3) / (Bun.nanoseconds() - begin));
    terminal.free();
  }
  return best;
}

function screenOf(parts: Uint8Array[], limit: number): string[] {
  const terminal = core.createTerminal(COLS, ROWS, "host");
  let fed = 0;
  for (const part of parts) {
    if (fed >= limit) break;
    terminal.feed(part);
    fed += part.length;
  }
  const lines = terminal.text();
  terminal.free();
  return lines;
}

async function measureXterm(parts: Uint8Array[]): Promise<{ rate: number; lines: string[] }> {
  let rate = 0;
  let lines: string[] = [];
  for (let run = 0; run < 2; run++) {
    const xterm = new Xterm({ cols: COLS, rows: ROWS, scrollback: 0, allowProposedApi: true });
    let bytes = 0;
    const begin = Bun.nanoseconds();
    for (const part of parts) {
      if (bytes >= XTERM_SIZE) break;
      xterm.write(part);
      bytes += part.length;
    }
    await new Promise<void>((done) => xterm.write("", done));
    rate = Math.max(rate, (bytes * 1e3) / (Bun.nanoseconds() - begin));
    const buffer = xterm.buffer.active;
    lines = Array.from(
      { length: ROWS },
      (_, y) => buffer.getLine(y)?.translateToString(true).trimEnd() ?? "",
    );
    xterm.dispose();
  }
  return { rate, lines };
}

console.log("MB/s, 80x24, chunks of 16 KiB      host   replica   xterm.js   host / xterm.js");
let failed = false;
for (const [name, line] of Object.entries(workloads)) {
  const parts = chunks(line);
  const bytes = parts.reduce((sum, part) => sum + part.length, 0);
  const host = measureCore("host", parts, bytes);
  const replica = measureCore("replica", parts, bytes);
  const xterm = await measureXterm(parts);
  const ours = screenOf(parts, XTERM_SIZE);
  const differs = ours.filter((text, y) => text !== xterm.lines[y]).length;
  if (differs > 0) failed = true;
  console.log(
    `${name.padEnd(30)} ${host.toFixed(0).padStart(8)} ${replica.toFixed(0).padStart(9)} ${xterm.rate.toFixed(0).padStart(10)} ${(host / xterm.rate).toFixed(1).padStart(17)}${differs ? `   ${differs} rows differ` : ""}`,
  );
}
const terminal = core.createTerminal(120, 80, "host");
terminal.feed(encoder.encode("\x1b[31mhello\r\n".repeat(200)));
for (let i = 0; i < 1000; i++) terminal.snapshot().free();
const begin = Bun.nanoseconds();
for (let i = 0; i < 200000; i++) terminal.snapshot().free();
console.log(`snapshot and free, 120x80: ${((Bun.nanoseconds() - begin) / 200000 / 1000).toFixed(3)} µs`);
process.exit(failed ? 1 : 0);
