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
import { digits, keepShorter, outputMark, putByte, putCsi, putNumber } from "./output";

const KEPT_ATTRIBUTES: u32 = L.ATTR_BOLD | L.ATTR_ITALIC | L.ATTR_BLINK | L.ATTR_INVERSE | L.ATTR_INVISIBLE;
/** The one underline of the profile: shape 1. */
const UNDERLINED: u32 = 1 << L.ATTR_UNDERLINE_SHIFT;

const SEMICOLON: u8 = 0x3b;
const SGR_FINAL: u8 = 0x6d;
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

/** Attributes of a style word, mapped down. */
function profileAttributes(style: u32): u32 {
  const attributes = styleAttributes(lineage, style);
  const kept = attributes & KEPT_ATTRIBUTES;
  return attributes & L.ATTR_UNDERLINE_MASK ? kept | UNDERLINED : kept;
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

/** Whether the next parameter needs a separator. */
let separate: bool = false;

function putParameter(n: u32): void {
  if (separate) putByte(SEMICOLON);
  putNumber(n);
  separate = true;
}

function putColor(color: u32, base: u32): void {
  if (color == L.COLOR_DEFAULT) {
    putParameter(base + 9);
  } else if ((color & 0xff000000) == L.COLOR_RGB) {
    putParameter(base + 8);
    putParameter(2);
    putParameter((color >> 16) & 255);
    putParameter((color >> 8) & 255);
    putParameter(color & 255);
  } else if ((color & 255) < 8) {
    putParameter(base + (color & 255));
  } else if ((color & 255) < 16) {
    // 90..97 and 100..107 are palette 8..15 (terminal.md 10)
    putParameter(base + 52 + (color & 255));
  } else {
    putParameter(base + 8);
    putParameter(5);
    putParameter(color & 255);
  }
}

/** The parameters that lead from one rendition to another. */
function putChange(
  fromForeground: u32,
  fromBackground: u32,
  fromAttributes: u32,
  foreground: u32,
  background: u32,
  attributes: u32,
): void {
  const changed = fromAttributes ^ attributes;
  for (let bit: u32 = 0; bit < 9 && changed >> bit != 0; bit++) {
    if (changed & (1 << bit)) putParameter(attributes & (1 << bit) ? onCode(bit) : offCode(bit));
  }
  if (fromForeground != foreground) putColor(foreground, 30);
  if (fromBackground != background) putColor(background, 40);
}

function changePen(foreground: u32, background: u32, attributes: u32): void {
  if (foreground == 0 && background == 0 && attributes == 0) {
    putCsi();
  } else {
    const first = outputMark();
    putCsi();
    separate = false;
    putChange(penForeground, penBackground, penAttributes, foreground, background, attributes);
    // If nothing goes back to its default, the way over a reset is longer for certain.
    const goesBack =
      penAttributes != attributes ||
      (foreground == 0 && penForeground != 0) ||
      (background == 0 && penBackground != 0);
    if (goesBack) {
      const second = outputMark();
      putCsi();
      // An empty first parameter is 0: reset.
      separate = true;
      putChange(0, 0, 0, foreground, background, attributes);
      keepShorter(first, second);
    }
  }
  putByte(SGR_FINAL);
  penForeground = foreground;
  penBackground = background;
  penAttributes = attributes;
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
