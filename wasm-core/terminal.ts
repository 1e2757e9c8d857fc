/**
 * A terminal of the core, live or a snapshot: feed it bytes, take its answers, copy it, read it, lay things over it.
 *
 * Made by Core.createTerminal and by clone() and snapshot(). Copies share rows and cost pointers. Whoever holds a
 * Terminal frees it; a freed one throws when it is used. All terminals related by copying form a lineage: equals, diff
 * and copyCell work within one lineage.
 */
import { type Abi, CELL, DIFF, FIELD, MODE, TEXT } from "./abi.ts";
import { type HeldOutput, outOfMemory } from "./held.ts";
import type { Cell, Rendition } from "./rendition.ts";
import { type ScreenState, screenState } from "./screen-state.ts";
import type { Views } from "./views.ts";

/** replica = exactly Mosh 1.4.0; replica-repair = the same with the repairs of display.md D1 and 8; host = a modern xterm. */
export type Role = "host" | "replica" | "replica-repair";

/** What is known about the receiver of a diff. All but the last two default to true: the wire (display.md 1). */
export interface DiffOptions {
  /** It shows `from`. False: nothing is known about it, paint everything. */
  readonly initialized?: boolean;
  /** It can erase characters (ECH). */
  readonly ech?: boolean;
  /** It erases with the current background. */
  readonly bce?: boolean;
  /** It takes window titles. */
  readonly titles?: boolean;
  /** Byte for byte what stock Mosh 1.4.0 writes, defects included; for comparison. */
  readonly stock?: boolean;
  /** It is a user's terminal: nothing but the picture is told, the cursor is hidden while it travels. */
  readonly screen?: boolean;
}

const NOTHING = new Uint8Array(0);
/** Bytes handed to the core at once. */
const CHUNK = 65536;
/** The same of output: more than a read of a pty brings, for what scrolls out within them is not drawn. */
const OUTPUT_CHUNK = 262144;

/** Bytes a cell holds at most (assembly/lineage.ts). */
const MAX_CELL_BYTES = 64;

/** Style words up to here say all themselves; beyond (the top bit) they are numbers of interned styles. */
const MAX_INLINE_STYLE = 0x7fff_ffff;
/** Parts of inline styles, remembered: a screen has few, and whoever looks at cells asks for them all the time. */
const MAX_INLINE_RENDITIONS = 4096;
const inlineRenditions = new Map<number, Rendition>();

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();

export class Terminal {
  readonly #abi: Abi;
  readonly #views: Views;
  readonly #held: HeldOutput;
  #ptr: number;

  /** Use Core.createTerminal. */
  constructor(abi: Abi, views: Views, held: HeldOutput, ptr: number) {
    if (ptr === 0) throw outOfMemory();
    this.#abi = abi;
    this.#views = views;
    this.#held = held;
    this.#ptr = ptr;
  }

  /**
   * Pointer of the struct: the way to everything that is read or changed, so what was fed and is not drawn yet (held.ts)
   * is drawn here. For the other files of wasm-core, too. @throws if freed, or out of memory
   */
  get pointer(): number {
    const t = this.#undrawn;
    if (this.#held.owner === t) this.#held.draw();
    return t;
  }

  /** The pointer for what output that is held back cannot change. */
  get #undrawn(): number {
    if (this.#ptr === 0) throw new Error("this terminal was freed");
    return this.#ptr;
  }

  #field(field: number): number {
    return this.#abi.terminal_field(this.pointer, field);
  }

  #mode(mode: number): boolean {
    return (this.#field(FIELD.modes) & mode) !== 0;
  }

  // ---- life

  /** A second terminal in the same state, parser included; shares rows until one of them writes. */
  clone(): Terminal {
    return new Terminal(this.#abi, this.#views, this.#held, this.#abi.terminal_clone(this.pointer));
  }

  /**
   * The picture as it is now: a clone whose parser is in ground (a split sequence or character is dropped in it) and
   * that has neither the screen that is not shown nor the title stack.
   */
  snapshot(): Terminal {
    return new Terminal(this.#abi, this.#views, this.#held, this.#abi.terminal_snapshot(this.pointer));
  }

  /** Gives back what is not shared with others. Every later use throws. */
  free(): void {
    const t = this.#undrawn;
    this.#held.drop(t);
    this.#abi.terminal_free(t);
    this.#ptr = 0;
  }

  /** Whether free() was called. */
  get freed(): boolean {
    return this.#ptr === 0;
  }

  // ---- events

  /** Program output (host role) or a host string (replica). Any bytes, split anywhere. */
  feed(bytes: Uint8Array): void {
    const t = this.#undrawn;
    if (this.#held.take(t, bytes)) return;
    const scratch = this.#views.scratch(bytes.length <= CHUNK ? CHUNK : OUTPUT_CHUNK);
    for (let at = 0; at < bytes.length; at += OUTPUT_CHUNK) {
      const part = bytes.length <= OUTPUT_CHUNK ? bytes : bytes.subarray(at, at + OUTPUT_CHUNK);
      this.#views.bytes().set(part, scratch);
      if (!this.#abi.terminal_feed(t, scratch, part.length)) throw outOfMemory();
    }
  }

  /** New size, clamped to 1..4096 each and a million cells; the same size is no change. */
  resize(cols: number, rows: number): void {
    if (!this.#abi.terminal_resize(this.pointer, clampSize(cols), clampSize(rows))) throw outOfMemory();
  }

  /** Bytes the user typed; translated (terminal.md 14), they join the replies in order. */
  translateInput(bytes: Uint8Array): void {
    const t = this.pointer;
    const scratch = this.#views.scratch(CHUNK);
    for (let at = 0; at < bytes.length; at += CHUNK) {
      const part = bytes.length <= CHUNK ? bytes : bytes.subarray(at, at + CHUNK);
      this.#views.bytes().set(part, scratch);
      this.#abi.terminal_input(t, scratch, part.length);
    }
  }

  /** Everything waiting for the child: answers and translated input. Empties the queue. A fresh array, or none. */
  takeReplies(): Uint8Array {
    const t = this.#undrawn;
    const length = this.#abi.terminal_reply_length(t);
    if (length === 0) return NOTHING;
    const at = this.#abi.terminal_reply_ptr(t) >>> 0;
    const replies = this.#views.bytes().slice(at, at + length);
    this.#abi.terminal_clear_replies(t);
    return replies;
  }

  // ---- reading

  get cols(): number {
    return this.#field(FIELD.cols);
  }

  get rows(): number {
    return this.#field(FIELD.rows);
  }

  get cursorRow(): number {
    return this.#field(FIELD.cursorRow);
  }

  get cursorCol(): number {
    return this.#field(FIELD.cursorCol);
  }

  get cursorVisible(): boolean {
    return this.#mode(MODE.cursorVisible);
  }

  get pendingWrap(): boolean {
    return this.#mode(MODE.pendingWrap);
  }

  get applicationCursorKeys(): boolean {
    return this.#mode(MODE.appCursorKeys);
  }

  get bracketedPaste(): boolean {
    return this.#mode(MODE.bracketedPaste);
  }

  get alternateScreen(): boolean {
    return this.#mode(MODE.alternateScreen);
  }

  /** Mode 2026: the program is in the middle of a frame. */
  get synchronizedOutput(): boolean {
    return this.#mode(MODE.synchronized);
  }

  /** DECSCUSR as the program set it, 0 = default. */
  get cursorStyle(): number {
    return this.#field(FIELD.cursorStyle);
  }

  get bellCount(): number {
    return this.#field(FIELD.bellCount);
  }

  /** Whether the program has ever set title or icon name. */
  get titleSet(): boolean {
    return this.#mode(MODE.titleSet);
  }

  get title(): string {
    return this.#text(TEXT.title);
  }

  get iconName(): string {
    return this.#text(TEXT.icon);
  }

  /** OSC 52 payload as it came: base64 text, not decoded. */
  get clipboard(): string {
    return this.#text(TEXT.clipboard);
  }

  /** Whether the parser is in ground with nothing half read. */
  get atRest(): boolean {
    return this.#field(FIELD.parser) === 0;
  }

  /** Current renditions. */
  get pen(): Rendition {
    return this.rendition(this.#field(FIELD.pen));
  }

  #text(which: number): string {
    const at = this.#abi.terminal_text_ptr(this.pointer, which);
    return this.#decode(at, this.#abi.terminal_text_length(this.pointer, which));
  }

  /** UTF-8 at an address as the core returns it: negative beyond 2 GiB. */
  #decode(address: number, length: number): string {
    const at = address >>> 0;
    return length === 0 ? "" : decoder.decode(this.#views.bytes().subarray(at, at + length));
  }

  /** Parts of a style word. Equal words that say all themselves give the same object. */
  rendition(style: number): Rendition {
    const known = inlineRenditions.get(style);
    if (known) return known;
    const rendition = this.#rendition(style);
    // An interned style's number may mean another one later.
    if (style >= 0 && style <= MAX_INLINE_STYLE) {
      if (inlineRenditions.size >= MAX_INLINE_RENDITIONS) inlineRenditions.clear();
      inlineRenditions.set(style, rendition);
    }
    return rendition;
  }

  #rendition(style: number): Rendition {
    const part = (n: number) => this.#abi.terminal_style(this.pointer, style, n);
    return {
      foreground: part(0),
      background: part(1),
      underlineColor: part(2),
      attributes: part(3),
      link: part(4),
    };
  }

  /** Text of a content word. */
  #contentText(content: number): string {
    if (content & CELL.cluster) {
      const at = this.#abi.terminal_cluster_ptr(this.pointer, content);
      return this.#decode(at, this.#abi.terminal_cluster_length(this.pointer, content));
    }
    const codePoint = content & CELL.contentMask;
    return codePoint === 0 ? "" : String.fromCodePoint(codePoint);
  }

  #check(row: number, col: number): void {
    if (row < 0 || row >= this.rows || col < 0 || col >= this.cols) {
      throw new RangeError(`cell ${row},${col} is outside the ${this.rows}×${this.cols} screen`);
    }
  }

  /** @throws RangeError outside the screen */
  cell(row: number, col: number): Cell {
    this.#check(row, col);
    const content = this.#abi.cell_content(this.pointer, row, col);
    return this.cellOf(content, this.#abi.cell_style(this.pointer, row, col));
  }

  /** A cell from its two words (see rowWords). */
  cellOf(content: number, style: number): Cell {
    return {
      text: this.#contentText(content),
      wide: (content & CELL.wide) !== 0,
      fallback: (content & CELL.fallback) !== 0,
      wrap: (content & CELL.wrap) !== 0,
      rendition: this.rendition(style),
    };
  }

  /** A row as words, two a cell: content and style. Equal cells of a lineage have equal words. A fresh array. */
  rowWords(row: number): Uint32Array {
    this.#check(row, 0);
    const at = this.#abi.terminal_row_cells(this.pointer, row) >>> 0;
    return new Uint32Array(this.#views.bytes().slice(at, at + this.cols * 8).buffer);
  }

  /** Parameters and URL of a hyperlink that a cell of this terminal shows. */
  link(number: number): { params: string; url: string } {
    const part = (url: number) =>
      this.#decode(
        this.#abi.terminal_link_ptr(this.pointer, number, url),
        this.#abi.terminal_link_length(this.pointer, number, url),
      );
    return { params: part(0), url: part(1) };
  }

  /** The rows as text: each cell's printed form, the column behind a wide character left out, trailing spaces cut. */
  text(): string[] {
    const lines: string[] = [];
    const { cols, rows } = this;
    for (let row = 0; row < rows; row++) {
      const words = this.rowWords(row);
      let line = "";
      for (let col = 0; col < cols; col++) {
        const content = words[col * 2]!;
        if (content & CELL.fallback) line += "\u00a0";
        line += this.#contentText(content) || " ";
        if (content & CELL.wide) col++;
      }
      lines.push(line.trimEnd());
    }
    return lines;
  }

  /** Columns a code point takes here: -1 not printable (dropped), 0, 1 or 2. */
  width(codePoint: number): number {
    return this.#abi.terminal_width(this.pointer, codePoint);
  }

  hasTabStop(col: number): boolean {
    return col >= 0 && col < this.cols && this.#abi.terminal_tab(this.pointer, col) !== 0;
  }

  /** The whole state in the form of test/cases/README.md, nothing left out. */
  inspect(): ScreenState {
    return screenState(this, (field) => this.#field(field));
  }

  // ---- differences

  /**
   * Whether a peer that shows `other` shows this one too: framebuffer equality (terminal.md 1.4) by contents, in what
   * a stock peer can be told, icon name included.
   * @throws Error if the two are not of one lineage
   */
  equals(other: Terminal): boolean {
    const result = this.#abi.display_equals(this.pointer, other.pointer);
    if (result < 0) throw new Error("terminals of two lineages cannot be compared");
    return result === 1;
  }

  /**
   * The host string that turns a receiver showing `from` into one showing this terminal (display.md). On the wire a
   * change of size is told before it, in a Resize instruction. A fresh array, empty if there is nothing to say.
   * @throws Error if the two are not of one lineage, or out of memory
   */
  diff(from: Terminal, options: DiffOptions = {}): Uint8Array {
    const flags =
      (options.initialized === false ? 0 : DIFF.initialized) |
      (options.ech === false ? 0 : DIFF.ech) |
      (options.bce === false ? 0 : DIFF.bce) |
      (options.titles === false ? 0 : DIFF.titles) |
      (options.stock ? DIFF.stock : 0) |
      (options.screen ? DIFF.screen : 0);
    const length = this.#abi.display_diff(from.pointer, this.pointer, flags);
    if (length === -2) throw new Error("terminals of two lineages have no difference");
    if (length < 0) throw outOfMemory();
    const at = this.#abi.display_output() >>> 0;
    return this.#views.bytes().slice(at, at + length);
  }

  // ---- overlays: for a clone or snapshot that is about to be drawn

  /** Copies a cell of another position or of another terminal of the lineage. */
  copyCell(row: number, col: number, from: Terminal, fromRow: number, fromCol: number): void {
    this.#check(row, col);
    from.#check(fromRow, fromCol);
    this.#abi.cell_copy(this.pointer, row, col, from.pointer, fromRow, fromCol);
  }

  /** Contents and flags of a cell; its rendition stays. `text`: "" or one character with what joins it. */
  setCellText(
    row: number,
    col: number,
    text: string,
    flags: { wide?: boolean; fallback?: boolean; wrap?: boolean } = {},
  ): void {
    this.#check(row, col);
    const bits =
      (flags.wide ? CELL.wide : 0) | (flags.fallback ? CELL.fallback : 0) | (flags.wrap ? CELL.wrap : 0);
    const bytes = cut(encoder.encode(text), MAX_CELL_BYTES);
    const scratch = this.#views.scratch(CHUNK);
    this.#views.bytes().set(bytes, scratch);
    this.#abi.cell_set_text(this.pointer, row, col, scratch, bytes.length, bits);
  }

  /** Rendition of a cell; its contents stay. */
  setCellRendition(row: number, col: number, rendition: Rendition): void {
    this.#check(row, col);
    const { foreground, background, underlineColor, attributes, link } = rendition;
    this.#abi.cell_set_style(
      this.pointer,
      row,
      col,
      foreground,
      background,
      underlineColor,
      attributes,
      link,
    );
  }

  /** A whole cell. */
  setCell(row: number, col: number, cell: Cell): void {
    this.setCellText(row, col, cell.text, cell);
    this.setCellRendition(row, col, cell.rendition);
  }

  /** Underlines a cell (or not), everything else stays. */
  setCellUnderline(row: number, col: number, on: boolean): void {
    const { rendition } = this.cell(row, col);
    const attributes = (rendition.attributes & ~(7 << 3)) | (on ? 1 << 3 : 0);
    this.setCellRendition(row, col, { ...rendition, attributes });
  }

  /** @throws RangeError outside the screen */
  setCursor(row: number, col: number): void {
    this.#check(row, col);
    this.#abi.terminal_set_cursor(this.pointer, row, col);
  }

  setCursorVisible(visible: boolean): void {
    this.#abi.terminal_set_cursor_visible(this.pointer, visible ? 1 : 0);
  }

  /** Title, icon name; does not count as the program having set one. */
  setTitle(title: string): void {
    this.#setText(TEXT.title, title);
  }

  setIconName(name: string): void {
    this.#setText(TEXT.icon, name);
  }

  /** The title prefix of prediction.md 11: icon name too if it equals the title. */
  prefixTitle(prefix: string): void {
    const { title, iconName } = this;
    if (iconName === title) this.setIconName(prefix + title);
    this.setTitle(prefix + title);
  }

  #setText(which: number, text: string): void {
    const bytes = cut(encoder.encode(text), CHUNK);
    const scratch = this.#views.scratch(CHUNK);
    this.#views.bytes().set(bytes, scratch);
    this.#abi.terminal_set_text(this.pointer, which, scratch, bytes.length);
  }
}

/** The core's memory (4 GiB at most) is used up: what was asked for was not begun. */
/** At most `limit` bytes of UTF-8, whole characters only. */
function cut(bytes: Uint8Array, limit: number): Uint8Array {
  let end = Math.min(bytes.length, limit);
  while (end > 0 && end < bytes.length && (bytes[end]! & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
}

/** Sizes come from the network: anything that is not a positive number is 1, the core cuts what is too large. */
function clampSize(n: number): number {
  return Number.isFinite(n) ? Math.min(Math.max(Math.trunc(n), 1), 4096) : 1;
}
