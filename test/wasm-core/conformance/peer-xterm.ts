/**
 * The screen of @xterm/headless in a form that can be compared with ours, cell by cell. Used by the differential tests.
 *
 * Only what both keep is compared: text, colours, attributes, cursor. xterm.js has no shape for "never written": an
 * empty cell and a space are the same here.
 */
import { type IBufferCell, Terminal as Xterm } from "@xterm/headless";
import { ATTR, COLOR } from "../../../wasm-core/abi.ts";
import type { Terminal } from "../../../wasm-core/terminal.ts";

/** One line per row: cells as `text{rendition}`, the rendition left out if it is the default; then the cursor. */
export type Picture = string[];

/** What is compared: everything, or the text and the cursor only. */
export type Depth = "all" | "text";

export function newXterm(cols: number, rows: number): Xterm {
  return new Xterm({ cols, rows, allowProposedApi: true, scrollback: 0, logLevel: "off" });
}

export function write(peer: Xterm, output: Uint8Array): Promise<void> {
  return new Promise((done) => peer.write(output, done));
}

function color(isDefault: boolean, isRgb: boolean, value: number): string {
  if (isDefault) return "-";
  return isRgb ? `#${value.toString(16).padStart(6, "0")}` : `${value}`;
}

function cellText(text: string, rendition: string): string {
  return `${text === "" ? " " : text}${rendition}`;
}

function theirCell(cell: IBufferCell): string {
  const attributes =
    (cell.isBold() ? "b" : "") +
    (cell.isDim() ? "d" : "") +
    (cell.isItalic() ? "i" : "") +
    (cell.isUnderline() ? "u" : "") +
    (cell.isBlink() ? "k" : "") +
    (cell.isInverse() ? "r" : "") +
    (cell.isInvisible() ? "h" : "") +
    (cell.isStrikethrough() ? "s" : "") +
    (cell.isOverline() ? "o" : "");
  const fg = color(cell.isFgDefault(), cell.isFgRGB(), cell.getFgColor());
  const bg = color(cell.isBgDefault(), cell.isBgRGB(), cell.getBgColor());
  return attributes === "" && fg === "-" && bg === "-" ? "" : `{${attributes} ${fg} ${bg}}`;
}

function ourColor(value: number): string {
  const tag = value & 0xff000000;
  return color(tag === 0, tag === COLOR.rgb, value & 0xffffff);
}

function ourCell(rendition: { foreground: number; background: number; attributes: number }): string {
  const a = rendition.attributes;
  const attributes =
    (a & ATTR.bold ? "b" : "") +
    (a & ATTR.faint ? "d" : "") +
    (a & ATTR.italic ? "i" : "") +
    (a & ATTR.underlineMask ? "u" : "") +
    (a & ATTR.blink ? "k" : "") +
    (a & ATTR.inverse ? "r" : "") +
    (a & ATTR.invisible ? "h" : "") +
    (a & ATTR.strike ? "s" : "") +
    (a & ATTR.overline ? "o" : "");
  const fg = ourColor(rendition.foreground);
  const bg = ourColor(rendition.background);
  return attributes === "" && fg === "-" && bg === "-" ? "" : `{${attributes} ${fg} ${bg}}`;
}

/** Right halves of wide characters are left out on both sides; one without its left half is a blank. */
export function theirs(peer: Xterm, depth: Depth): Picture {
  const buffer = peer.buffer.active;
  const lines: Picture = [];
  for (let row = 0; row < peer.rows; row++) {
    const line = buffer.getLine(buffer.baseY + row);
    let text = "";
    for (let col = 0; col < peer.cols; col++) {
      const cell = line?.getCell(col);
      if (!cell) continue;
      text += cellText(cell.getChars(), depth === "all" ? theirCell(cell) : "");
      if (cell.getWidth() === 2) col++;
    }
    lines.push(text);
  }
  // xterm.js shows a pending wrap as a cursor behind the last column.
  lines.push(
    `${buffer.cursorY + 1};${Math.min(buffer.cursorX, peer.cols - 1) + 1}${buffer.cursorX >= peer.cols ? " pending" : ""}`,
  );
  return lines;
}

export function ours(terminal: Terminal, depth: Depth): Picture {
  const lines: Picture = [];
  for (let row = 0; row < terminal.rows; row++) {
    let text = "";
    for (let col = 0; col < terminal.cols; col++) {
      const cell = terminal.cell(row, col);
      text += cellText(cell.text, depth === "all" ? ourCell(cell.rendition) : "");
      if (cell.wide) col++;
    }
    lines.push(text);
  }
  lines.push(`${terminal.cursorRow + 1};${terminal.cursorCol + 1}${terminal.pendingWrap ? " pending" : ""}`);
  return lines;
}
