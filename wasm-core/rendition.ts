/**
 * Renditions and cells as TypeScript sees them, and their text form as SGR parameters. Used by terminal.ts and by
 * whoever reads or writes single cells (overlays, tests).
 */
import { ATTR, COLOR } from "./abi.ts";

/** Attributes and colours of a cell or of the pen. Colours are {@link COLOR} values: tag | index or 0xRRGGBB. */
export interface Rendition {
  readonly foreground: number;
  readonly background: number;
  /** As the foreground if 0. */
  readonly underlineColor: number;
  /** Bits of {@link ATTR}. */
  readonly attributes: number;
  /** Hyperlink number, valid within the lineage while a cell shows it; 0 = none. */
  readonly link: number;
}

export const DEFAULT_RENDITION: Rendition = {
  foreground: 0,
  background: 0,
  underlineColor: 0,
  attributes: 0,
  link: 0,
};

/** One cell. */
export interface Cell {
  /** Base character and zero-width characters; "" = never written or erased. */
  readonly text: string;
  readonly wide: boolean;
  /** The text starts with a zero-width character that has no base; it prints behind a U+00A0. */
  readonly fallback: boolean;
  /** In a row's last cell: the row continues on the next one. */
  readonly wrap: boolean;
  readonly rendition: Rendition;
}

/** Palette colour 0..255. */
export function palette(index: number): number {
  return COLOR.palette | index;
}

/** 24-bit colour. */
export function rgb(r: number, g: number, b: number): number {
  return COLOR.rgb | (r << 16) | (g << 8) | b;
}

function color(value: number, base: 30 | 40): string {
  const tag = value & 0xff000000;
  if (tag === COLOR.palette) {
    const index = value & 255;
    return index < 8 ? `;${base + index}` : `;${base + 8};5;${index}`;
  }
  if (tag === COLOR.rgb) return `;${base + 8};2;${(value >> 16) & 255};${(value >> 8) & 255};${value & 255}`;
  return "";
}

function underlineColor(value: number): string {
  const tag = value & 0xff000000;
  if (tag === COLOR.palette) return `;58:5:${value & 255}`;
  if (tag === COLOR.rgb) return `;58:2::${(value >> 16) & 255}:${(value >> 8) & 255}:${value & 255}`;
  return "";
}

/**
 * The parameters of a full SGR, starting from reset, one-to-one with the rendition but for its link: `0;1;31;48;5;20`.
 * What a stock terminal knows comes in the stock order (display.md 2), the rest after it: `2`, `4:n`, `9`, `53`, `58:…`.
 */
export function sgr(rendition: Rendition): string {
  const a = rendition.attributes;
  const underline = (a & ATTR.underlineMask) >> ATTR.underlineShift;
  let text = "0";
  if (a & ATTR.bold) text += ";1";
  if (a & ATTR.italic) text += ";3";
  if (underline === 1) text += ";4";
  if (a & ATTR.blink) text += ";5";
  if (a & ATTR.inverse) text += ";7";
  if (a & ATTR.invisible) text += ";8";
  text += color(rendition.foreground, 30) + color(rendition.background, 40);
  if (a & ATTR.faint) text += ";2";
  if (underline > 1) text += `;4:${underline}`;
  if (a & ATTR.strike) text += ";9";
  if (a & ATTR.overline) text += ";53";
  return text + underlineColor(rendition.underlineColor);
}

/** What a cell prints: one space if it is empty, U+00A0 first if it is a fallback cell (terminal.md 1.1). */
export function printed(cell: Cell): string {
  if (cell.text === "") return " ";
  return cell.fallback ? `\u00a0${cell.text}` : cell.text;
}
