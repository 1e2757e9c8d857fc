/**
 * Local echo as an overlay of the client: ties the prediction engine (prediction/, which knows no terminal of ours) to
 * the core's terminals. session.ts makes it, session-loop.ts calls it.
 */
import { ATTR, type Cell, COLOR, type Rendition, type Terminal } from "../wasm-core/core.ts";
import type { Overlay, ServerNews, Typing } from "./overlay.ts";
import { PredictionEngine, type PredictionMode } from "./prediction/engine.ts";
import type { DrawableScreen, Glyph } from "./prediction/screen.ts";

/** Renditions remembered by number; programs use dozens. Beyond, all are forgotten together with the guesses. */
const MAX_RENDITIONS = 4096;

/** Numbers for renditions: equal renditions have equal numbers, as the engine wants. */
class Renditions {
  readonly #numbers = new Map<string, number>();
  /** The same by object, which the core gives out again and again for one style. */
  #known = new WeakMap<Rendition, number>();
  readonly #renditions: Rendition[] = [];

  number(rendition: Rendition): number {
    const known = this.#known.get(rendition);
    if (known !== undefined && this.#renditions[known] !== undefined) return known;
    const number = this.#find(rendition);
    this.#known.set(rendition, number);
    return number;
  }

  #find(rendition: Rendition): number {
    const { foreground, background, underlineColor, attributes, link } = rendition;
    const key = `${foreground} ${background} ${underlineColor} ${attributes} ${link}`;
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#renditions.push(rendition) - 1;
      this.#numbers.set(key, number);
    }
    return number;
  }

  rendition(number: number): Rendition {
    const rendition = this.#renditions[number];
    if (rendition === undefined) throw new RangeError(`no rendition has the number ${number}`);
    return rendition;
  }

  get full(): boolean {
    return this.#renditions.length > MAX_RENDITIONS;
  }

  clear(): void {
    this.#numbers.clear();
    this.#known = new WeakMap();
    this.#renditions.length = 0;
  }
}

/** How far the parts of a grey may be from each other, and how dark and light it may be. */
const GREY_SPREAD = 32;
const GREY_LEAST = 0x40;
const GREY_MOST = 0xa8;

/**
 * Faint or grey, as line editors draw suggestions: fish in palette 8 or #555, zsh in palette 8. Stock servers drop the
 * faint attribute, so behind one of them only colours tell.
 */
function isFaded({ attributes, foreground, background }: Rendition): boolean {
  if (attributes & ATTR.inverse || background !== COLOR.default) return false;
  if (attributes & ATTR.faint) return true;
  const tag = foreground & 0xff000000;
  const value = foreground & 0xffffff;
  if (tag === COLOR.palette) {
    // Bright black; dark greys of the colour cube; the middle of the grey ramp, 58 to a8.
    return value === 8 || value === 59 || value === 102 || (value >= 238 && value <= 248);
  }
  if (tag !== COLOR.rgb) return false;
  const parts = [value >> 16, (value >> 8) & 255, value & 255];
  const [least, most] = [Math.min(...parts), Math.max(...parts)];
  return most - least <= GREY_SPREAD && least >= GREY_LEAST && most <= GREY_MOST;
}

/** A terminal of the core as the engine sees one. */
class TerminalScreen implements DrawableScreen {
  readonly cols: number;
  readonly rows: number;
  /** The row that was looked at last, two words a cell: the engine goes from cell to cell. */
  #words: Uint32Array | undefined;
  #wordsRow: number;

  constructor(
    private readonly terminal: Terminal,
    private readonly renditions: Renditions,
  ) {
    this.#words = undefined;
    this.#wordsRow = -1;
    this.cols = terminal.cols;
    this.rows = terminal.rows;
  }

  get cursorRow(): number {
    return this.terminal.cursorRow;
  }

  get cursorCol(): number {
    return this.terminal.cursorCol;
  }

  get pen(): number {
    return this.renditions.number(this.terminal.pen);
  }

  glyph(row: number, col: number): Glyph {
    if (this.#words === undefined || row !== this.#wordsRow) {
      this.#words = this.terminal.rowWords(row);
      this.#wordsRow = row;
    }
    const words = this.#words;
    const { text, wide, fallback, wrap, rendition } = this.terminal.cellOf(
      words[col * 2]!,
      words[col * 2 + 1]!,
    );
    return { contents: text, wide, fallback, wrap, rendition: this.renditions.number(rendition) };
  }

  isFaded(number: number): boolean {
    return isFaded(this.renditions.rendition(number));
  }

  moveCursor(row: number, col: number): void {
    this.terminal.setCursor(row, col);
  }

  setGlyph(row: number, col: number, glyph: Glyph): void {
    const { contents, wide, fallback, wrap } = glyph;
    const cell: Cell = {
      text: contents,
      wide,
      fallback,
      wrap,
      rendition: this.renditions.rendition(glyph.rendition),
    };
    this.#words = undefined;
    this.terminal.setCell(row, col, cell);
  }

  underline(row: number, col: number): void {
    this.#words = undefined;
    this.terminal.setCellUnderline(row, col, true);
  }
}

export interface LocalEchoOptions {
  readonly mode: PredictionMode;
  readonly overwrite: boolean;
  /** Columns of a code point; the remote terminal's own table. */
  readonly width: (codePoint: number) => number;
  /** Guess exactly as stock does. */
  readonly stock?: boolean;
}

export class LocalEcho implements Overlay {
  readonly #engine: PredictionEngine;
  readonly #renditions = new Renditions();
  readonly #stock: boolean;

  constructor(options: LocalEchoOptions) {
    this.#engine = new PredictionEngine(options);
    this.#stock = options.stock ?? false;
  }

  /** The engine, for tests and for a status line. */
  get engine(): PredictionEngine {
    return this.#engine;
  }

  typed(block: Uint8Array, typing: Typing): void {
    // Stock guesses by what is drawn. But a guess that was just confirmed must be judged by the newest frame first.
    if (this.#stock) this.#engine.cull(this.#screen(typing.remote), typing.now);
    const seen = this.#stock ? typing.drawn : typing.remote;
    this.#engine.keys(block, this.#screen(seen), typing.lastSent, typing.now);
  }

  received(news: ServerNews): void {
    this.#engine.network(news.echoAck, news.sendInterval);
  }

  resized(): void {
    this.#engine.reset();
  }

  apply(target: Terminal, now: number): void {
    if (this.#renditions.full) {
      this.#engine.reset();
      this.#renditions.clear();
    }
    const screen = this.#screen(target);
    this.#engine.cull(screen, now);
    this.#engine.apply(screen);
  }

  waitTime(): number {
    return this.#engine.waitTime;
  }

  #screen(terminal: Terminal): TerminalScreen {
    return new TerminalScreen(terminal, this.#renditions);
  }
}
