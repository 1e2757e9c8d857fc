/**
 * What the frames of program output cost at 80×24: time after each write of 20 bytes, 4 kB and 64 kB of every stream of
 * the emulator's benchmark, and their bytes against stock's for the same change.
 */
import type { Core, Terminal } from "../../wasm-core/core.ts";
import { STREAMS } from "../emulator/streams.ts";

const COLS = 80;
const ROWS = 24;
/** Bytes written before the first frame, and how often each frame is made by each core; the best time counts. */
const BEGIN = 8192;
const ROUNDS = 10;
const REPEATS = 4;

interface Write {
  readonly bytes: number;
  readonly frames: number;
}

export const WRITES: readonly Write[] = [
  { bytes: 20, frames: 300 },
  { bytes: 4096, frames: 60 },
  { bytes: 65536, frames: 15 },
];

export interface FrameCost {
  readonly stream: string;
  /** Per core: µs a frame, mean of the frames. */
  readonly micros: number[];
  /** Bytes of all frames by those of stock's. */
  readonly share: number;
}

/** Screens of a stream: before and after each write. */
function screensOf(core: Core, data: Uint8Array, bytes: number, frames: number): Terminal[] {
  const live = core.createTerminal(COLS, ROWS, "host");
  live.feed(data.subarray(0, BEGIN));
  const screens = [live.snapshot()];
  for (let k = 0, at = BEGIN; k < frames; k++, at += bytes) {
    live.feed(data.subarray(at, at + bytes));
    screens.push(live.snapshot());
  }
  live.takeReplies();
  live.free();
  return screens;
}

/** Costs of every stream whose name contains `only`, the cores by turns. */
export function frameCosts(
  cores: readonly Core[],
  write: (typeof WRITES)[number],
  only: string,
): FrameCost[] {
  const costs: FrameCost[] = [];
  for (const stream of STREAMS) {
    if (!stream.name.includes(only)) continue;
    const data = stream.make(COLS, ROWS, BEGIN + write.bytes * write.frames);
    const screens = cores.map((core) => screensOf(core, data, write.bytes, write.frames));
    const best = cores.map(() => new Array<number>(write.frames).fill(Number.POSITIVE_INFINITY));
    for (let round = 0; round < ROUNDS; round++) {
      for (const [i, own] of screens.entries()) {
        for (let k = 0; k < write.frames; k++) {
          const [before, after] = [own[k]!, own[k + 1]!];
          for (let n = 0; n < REPEATS; n++) {
            const begin = Bun.nanoseconds();
            after.diff(before);
            best[i]![k] = Math.min(best[i]![k]!, Bun.nanoseconds() - begin);
          }
        }
      }
    }
    let ours = 0;
    let stocks = 0;
    for (let k = 0; k < write.frames; k++) {
      const [before, after] = [screens[0]![k]!, screens[0]![k + 1]!];
      ours += after.diff(before).length;
      stocks += after.diff(before, { stock: true }).length;
    }
    for (const screen of screens.flat()) screen.free();
    const micros = best.map((times) => times.reduce((sum, time) => sum + time, 0) / times.length / 1000);
    costs.push({ stream: stream.name, micros, share: stocks > 0 ? ours / stocks : 1 });
  }
  return costs;
}

/** Bytes of a screen of which every cell has two colours of its own, of the palette or RGB. */
export function colourfulBytes(core: Core, rgb: boolean): number {
  const before = core.memory().bytesInUse;
  const live = core.createTerminal(COLS, ROWS, "host");
  let text = "";
  for (let row = 0, k = 0; row < ROWS; row++) {
    text += `\x1b[${row + 1};1H`;
    for (let col = 0; col < COLS; col++, k++) {
      const colours = rgb
        ? `38;2;${k & 255};${k >> 8};7;48;2;${k & 255};9;${k >> 8}`
        : `38;5;${k & 255};48;5;${(k >> 3) & 255}`;
      text += `\x1b[${colours}m${String.fromCharCode(33 + (k % 90))}`;
    }
  }
  live.feed(new TextEncoder().encode(text));
  const bytes = core.memory().bytesInUse - before;
  live.free();
  return bytes;
}

/** Two equal screens that share no row, and the two that share all. */
export function equalScreens(core: Core): { own: [Terminal, Terminal]; shared: [Terminal, Terminal] } {
  const live = core.createTerminal(COLS, ROWS, "host");
  const draw = (): Terminal => {
    for (let row = 1; row <= ROWS; row++)
      live.feed(new TextEncoder().encode(`\x1b[${row};1H${"ab".repeat(COLS / 2)}`));
    return live.snapshot();
  };
  const [first, second] = [draw(), draw()];
  const third = live.snapshot();
  live.free();
  return { own: [first, second], shared: [second, third] };
}
