/**
 * Renditions in the terms of profile mosh-1.4: two colours and six attributes; and the pen, the rendition that the
 * receiver is known to have. Used by the other files of display/.
 *
 * What a stock peer cannot be told is mapped down here and nowhere else: faint, strike and overline are dropped, every
 * shape of underline is an underline, underline colours and links are dropped. Two style words that differ only in
 * such things are the same rendition.
 */
import * as L from "../layout";
import { styleAttributes, styleBackground, styleForeground } from "../lineage";
import { commit, digits, putByte, putCsi, putNumber, reserve } from "./output";
import { SGR_ROOM, Sgr } from "./sgr-text";

const KEPT_ATTRIBUTES: u32 = L.ATTR_BOLD | L.ATTR_ITALIC | L.ATTR_BLINK | L.ATTR_INVERSE | L.ATTR_INVISIBLE;
/** The one underline of the profile: shape 1. */
const UNDERLINED: u32 = 1 << L.ATTR_UNDERLINE_SHIFT;

const SEMICOLON: u8 = 0x3b;
const SGR_FINAL: u8 = 0x6d;
/** ESC [ */
const CSI: u16 = 0x5b1b;
/** Style words without any of these bits are the same rendition only if they are equal. */
export const UNSURE_STYLE: u32 =
  L.STYLE_EXT | ((~(KEPT_ATTRIBUTES | UNDERLINED) & 0x1fff) << L.STYLE_ATTR_SHIFT);
/** No style word: the index of no extended style. */
const NO_STYLE: u32 = 0xffffffff;

/** The lineage all style words are of. */
let lineage: usize = 0;
let penForeground: u32 = 0;
let penBackground: u32 = 0;
let penAttributes: u32 = 0;
/** A style word that is known to be the pen's rendition, or NO_STYLE. */
let penStyle: u32 = 0;

/** Every function below takes style words of this lineage. */
export function useLineage(shared: usize): void {
  lineage = shared;
}

function keptAttributes(attributes: u32): u32 {
  const kept = attributes & KEPT_ATTRIBUTES;
  return attributes & L.ATTR_UNDERLINE_MASK ? kept | UNDERLINED : kept;
}

/** Attributes of a style word, mapped down. */
function profileAttributes(style: u32): u32 {
  return keptAttributes(styleAttributes(lineage, style));
}

/** True if this very style word is known to be the pen's. */
export function penHas(style: u32): bool {
  return style == penStyle;
}

/** True if the two style words are the same rendition for the peer. */
export function sameRendition(a: u32, b: u32): bool {
  if (a == b) return true;
  return (
    styleForeground(lineage, a) == styleForeground(lineage, b) &&
    styleBackground(lineage, a) == styleBackground(lineage, b) &&
    profileAttributes(a) == profileAttributes(b)
  );
}

/** True if a blank with this style is an erased cell: no attributes, default foreground, any background. */
export function isErasable(style: u32): bool {
  if ((style & ~L.STYLE_BG_MASK) == 0) return true;
  return styleForeground(lineage, style) == L.COLOR_DEFAULT && profileAttributes(style) == 0;
}

/** The receiver's pen is known to have this rendition. */
export function assumePen(style: u32): void {
  penForeground = styleForeground(lineage, style);
  penBackground = styleBackground(lineage, style);
  penAttributes = profileAttributes(style);
  penStyle = style;
}

/** True if the pen has this rendition. */
export function penIs(style: u32): bool {
  if (style == penStyle) return true;
  if (
    styleForeground(lineage, style) != penForeground ||
    styleBackground(lineage, style) != penBackground ||
    profileAttributes(style) != penAttributes
  ) {
    return false;
  }
  penStyle = style;
  return true;
}

/** True if erasing with the pen gives the default background. */
export function penErasesDefault(): bool {
  return penBackground == L.COLOR_DEFAULT;
}

/** True if the style's background is the default one. */
export function hasDefaultBackground(style: u32): bool {
  return styleBackground(lineage, style) == L.COLOR_DEFAULT;
}

// ---- stock's form: always from reset, palette 8..255 as 38;5;N

function putStockColor(color: u32, base: u32): void {
  if (color == L.COLOR_DEFAULT) return;
  putByte(SEMICOLON);
  if ((color & 0xff000000) == L.COLOR_RGB) {
    putNumber(base + 8);
    putByte(SEMICOLON);
    putByte(0x32);
    putByte(SEMICOLON);
    putNumber((color >> 16) & 255);
    putByte(SEMICOLON);
    putNumber((color >> 8) & 255);
    putByte(SEMICOLON);
    putNumber(color & 255);
  } else if ((color & 255) < 8) {
    putNumber(base + (color & 255));
  } else {
    putNumber(base + 8);
    putByte(SEMICOLON);
    putByte(0x35);
    putByte(SEMICOLON);
    putNumber(color & 255);
  }
}

/** SGR(style) of display.md 2, unless the pen has that rendition already and it is not forced. */
export function setPenStock(style: u32, force: bool): void {
  if (!force && penIs(style)) return;
  assumePen(style);
  putCsi();
  putByte(0x30);
  for (let bit: u32 = 0; bit < 9; bit++) {
    if (penAttributes & (1 << bit)) {
      putByte(SEMICOLON);
      putNumber(onCode(bit));
    }
  }
  putStockColor(penForeground, 30);
  putStockColor(penBackground, 40);
  putByte(SGR_FINAL);
}

// ---- our form: what is shorter, the change from the pen or everything from reset

/** SGR number that turns on attribute bit `bit` (of those the profile keeps). */
function onCode(bit: u32): u32 {
  // bold 1, italic 3, underlined 4, blink 5, inverse 7, invisible 8
  if (bit == 0) return 1;
  return bit < 6 ? bit + 1 : bit == 6 ? 5 : bit;
}

/** SGR number that turns it off. */
function offCode(bit: u32): u32 {
  return bit == 0 ? 22 : 20 + onCode(bit);
}

/** Attributes on and off as parameters. */
function putAttributes(out: usize, changed: u32, attributes: u32): usize {
  for (let rest = changed; rest != 0; rest &= rest - 1) {
    const bit = ctz(rest);
    out = Sgr.putNumber(out, (attributes >> bit) & 1 ? onCode(bit) : offCode(bit));
  }
  return out;
}

/**
 * Writes the change of the pen to this rendition at `out`, where SGR_ROOM bytes are free.
 * @returns where the next byte goes
 */
function putPen(out: usize, foreground: u32, background: u32, attributes: u32): usize {
  store<u16>(out, CSI);
  out += 2;
  const changed = penAttributes ^ attributes;
  const newForeground = penForeground != foreground;
  const newBackground = penBackground != background;
  if ((foreground | background | attributes) == 0) {
    out++;
  } else if (
    // If nothing goes back to its default, the way over a reset is longer for certain.
    (changed != 0 || (foreground == 0 && newForeground) || (background == 0 && newBackground)) &&
    resetLength(foreground, background, attributes) <
      changeLength(newForeground, foreground, newBackground, background, changed, attributes)
  ) {
    // An empty first parameter is 0: reset.
    store<u8>(out++, SEMICOLON);
    if (attributes) out = putAttributes(out, attributes, attributes);
    if (foreground) out = Sgr.putColor(out, foreground, 0);
    if (background) out = Sgr.putColor(out, background, 1);
  } else {
    if (changed) out = putAttributes(out, changed, attributes);
    if (newForeground) out = Sgr.putColor(out, foreground, 0);
    if (newBackground) out = Sgr.putColor(out, background, 1);
  }
  // In place of the last semicolon.
  store<u8>(out - 1, SGR_FINAL);
  penForeground = foreground;
  penBackground = background;
  penAttributes = attributes;
  return out;
}

function resetLength(foreground: u32, background: u32, attributes: u32): usize {
  let length: usize = 1 + ((<usize>popcnt(attributes)) << 1);
  if (foreground) length += Sgr.colorLength(foreground, 0);
  if (background) length += Sgr.colorLength(background, 1);
  return length;
}

function changeLength(
  newForeground: bool,
  foreground: u32,
  newBackground: bool,
  background: u32,
  changed: u32,
  attributes: u32,
): usize {
  let length: usize = ((<usize>popcnt(changed & attributes)) << 1) + <usize>popcnt(changed & ~attributes) * 3;
  if (newForeground) length += Sgr.colorLength(foreground, 0);
  if (newBackground) length += Sgr.colorLength(background, 1);
  return length;
}

function changePen(foreground: u32, background: u32, attributes: u32): void {
  const out = reserve(<i32>SGR_ROOM);
  if (out) commit(putPen(out, foreground, background, attributes));
}

/** Gives the pen this rendition, in the shortest form. */
export function setPen(style: u32): void {
  if (penIs(style)) return;
  changePen(styleForeground(lineage, style), styleBackground(lineage, style), profileAttributes(style));
  penStyle = style;
}

/**
 * Gives the pen this style's background so that erasing leaves it; foreground and attributes become whatever is
 * shortest. With `plain` also no attributes (real terminals disagree about what an erase takes from the pen).
 */
export function setPenForErase(style: u32, plain: bool): void {
  const background = styleBackground(lineage, style);
  if (penBackground == background && !(plain && penAttributes)) return;
  // Only the background: CSI 4x m. From reset: CSI m, or CSI ;4x m. The reset is shorter for the default only.
  if (background == L.COLOR_DEFAULT || (plain && penAttributes)) changePen(L.COLOR_DEFAULT, background, 0);
  else changePen(penForeground, background, penAttributes);
  penStyle = NO_STYLE;
}

/** As {@link setPen} of a style that is not the pen's word, at `out`; returns where the next byte goes. */
export function setPenAt(out: usize, style: u32): usize {
  let foreground: u32;
  let background: u32;
  let attributes: u32;
  if (style & L.STYLE_EXT) {
    foreground = styleForeground(lineage, style);
    background = styleBackground(lineage, style);
    attributes = profileAttributes(style);
    if (background == penBackground && attributes == penAttributes && foreground >> 24 == L.COLOR_RGB >> 24) {
      // A gradient: nothing but another colour of text.
      penStyle = style;
      if (foreground == penForeground) return out;
      penForeground = foreground;
      store<u16>(out, CSI);
      out = Sgr.putColor(out + 2, foreground, 0);
      store<u8>(out - 1, SGR_FINAL);
      return out;
    }
  } else {
    foreground = style & L.STYLE_FG_MASK;
    background = (style >> L.STYLE_BG_SHIFT) & L.STYLE_FG_MASK;
    foreground = foreground ? L.COLOR_PALETTE | (foreground - 1) : L.COLOR_DEFAULT;
    background = background ? L.COLOR_PALETTE | (background - 1) : L.COLOR_DEFAULT;
    attributes = keptAttributes(style >> L.STYLE_ATTR_SHIFT);
  }
  penStyle = style;
  if (foreground == penForeground && background == penBackground && attributes == penAttributes) return out;
  return putPen(out, foreground, background, attributes);
}

/** Bytes that {@link setPen} would write, roughly: enough to choose between two ways of drawing. */
export function penCost(style: u32): i32 {
  if (penIs(style)) return 0;
  const foreground = styleForeground(lineage, style);
  const background = styleBackground(lineage, style);
  let cost = 3;
  if (foreground) cost += (foreground & 0xff000000) == L.COLOR_RGB ? 16 : 3 + digits(foreground & 255);
  if (background) cost += (background & 0xff000000) == L.COLOR_RGB ? 16 : 3 + digits(background & 255);
  return cost;
}

/** Bytes that {@link setPenForErase} would write, roughly. */
export function eraseCost(style: u32): i32 {
  const background = styleBackground(lineage, style);
  if (penBackground == background) return 0;
  return background == L.COLOR_DEFAULT ? 3 : (background & 0xff000000) == L.COLOR_RGB ? 18 : 6;
}
