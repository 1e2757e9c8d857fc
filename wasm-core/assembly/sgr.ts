/**
 * SGR: select graphic rendition (terminal.md 10; ECMA-48 8.3.117; xterm's colon forms).
 *
 * The replica knows what stock Mosh knows and misreads the rest the way stock does. The host role adds faint, strike,
 * overline, underline shapes and colour, and the colon forms; it skips the arguments of 58 instead of obeying them.
 * Used by dispatch.ts for the pen and by rectangle.ts for DECCARA.
 *
 * Most values do the same thing to every rendition: clear some bits of the style word and set others. That table is
 * applied straight to the pen while the pen is inline; only colours a style word cannot say take the long way.
 */
import {
  ATTR_BLINK,
  ATTR_BOLD,
  ATTR_FAINT,
  ATTR_INVERSE,
  ATTR_INVISIBLE,
  ATTR_ITALIC,
  ATTR_OVERLINE,
  ATTR_STRIKE,
  ATTR_UNDERLINE_MASK,
  ATTR_UNDERLINE_SHIFT,
  COLOR_DEFAULT,
  COLOR_PALETTE,
  COLOR_RGB,
  STYLE_ATTR_SHIFT,
  STYLE_BG_MASK,
  STYLE_BG_SHIFT,
  STYLE_EXT,
  STYLE_FG_MASK,
  T_LINEAGE,
  T_PEN,
} from "./layout";
import {
  internStyle,
  styleAttributes,
  styleBackground,
  styleForeground,
  styleLink,
  styleUnderlineColor,
} from "./lineage";
import { hasSubParameters, isSubParameter, parameter, parameterCount, rawParameter } from "./params";
import { isHost } from "./screen";
import { CHANGE_RESET, keepStyle, NO_STYLE, StylesAtHand } from "./style-cache";

// ---- what each value clears and sets, in terms of an inline style word: u32 clear, u32 set

const LAST_VALUE: i32 = 107;
const REPLICA_TABLE: usize = memory.data(864, 16);
const HOST_TABLE: usize = memory.data(864, 16);
const ALL: u32 = 0x7fffffff;

function define(value: i32, clear: u32, set: u32, hostOnly: bool): void {
  const at = (<usize>value) << 3;
  store<u32>(HOST_TABLE + at, clear);
  store<u32>(HOST_TABLE + at, set, 4);
  if (hostOnly) return;
  store<u32>(REPLICA_TABLE + at, clear);
  store<u32>(REPLICA_TABLE + at, set, 4);
}

function defineAttribute(value: i32, clear: u32, set: u32, hostOnly: bool = false): void {
  define(value, clear << STYLE_ATTR_SHIFT, set << STYLE_ATTR_SHIFT, hostOnly);
}

function start(): void {
  define(0, ALL, 0, false);
  defineAttribute(1, 0, ATTR_BOLD);
  defineAttribute(2, 0, ATTR_FAINT, true);
  defineAttribute(3, 0, ATTR_ITALIC);
  defineAttribute(4, ATTR_UNDERLINE_MASK, 1 << ATTR_UNDERLINE_SHIFT);
  defineAttribute(5, 0, ATTR_BLINK);
  defineAttribute(6, 0, ATTR_BLINK, true);
  defineAttribute(7, 0, ATTR_INVERSE);
  defineAttribute(8, 0, ATTR_INVISIBLE);
  defineAttribute(9, 0, ATTR_STRIKE, true);
  defineAttribute(21, ATTR_UNDERLINE_MASK, 2 << ATTR_UNDERLINE_SHIFT, true);
  defineAttribute(22, ATTR_BOLD | ATTR_FAINT, 0);
  defineAttribute(23, ATTR_ITALIC, 0);
  defineAttribute(24, ATTR_UNDERLINE_MASK, 0);
  defineAttribute(25, ATTR_BLINK, 0);
  defineAttribute(27, ATTR_INVERSE, 0);
  defineAttribute(28, ATTR_INVISIBLE, 0);
  defineAttribute(29, ATTR_STRIKE, 0, true);
  defineAttribute(53, 0, ATTR_OVERLINE, true);
  defineAttribute(55, ATTR_OVERLINE, 0, true);
  for (let i = 0; i < 8; i++) {
    define(30 + i, STYLE_FG_MASK, 1 + i, false);
    define(40 + i, STYLE_BG_MASK, (1 + i) << STYLE_BG_SHIFT, false);
    define(90 + i, STYLE_FG_MASK, 9 + i, false);
    define(100 + i, STYLE_BG_MASK, (9 + i) << STYLE_BG_SHIFT, false);
  }
  define(39, STYLE_FG_MASK, 0, false);
  define(49, STYLE_BG_MASK, 0, false);
}
start();

// vt: SGR · CSI … m · renditions; keeps pending wrap · host: also 2, 6, 9, 21, 29, 53, 55, 58, 59 and the colon forms 4:n, 38:2, 38:5, 48, 58
export function selectGraphicRendition(t: usize): void {
  const pen = load<u32>(t, T_PEN);
  const lineage = <usize>load<u32>(t, T_LINEAGE);
  let style = Sgr.atHand(lineage, pen, isHost(t));
  if (style == NO_STYLE) {
    style = applySgr(t, pen, 0);
    const change = Sgr.change();
    if (change) keepStyle(lineage, pen, change, style);
  }
  store<u32>(t, style, T_PEN);
}

/** The short way. It calls nothing: text.ts has it in the middle of its runs of text. */
export class Sgr {
  /** What `pen` becomes if that takes no search, else NO_STYLE. */
  // @ts-ignore: decorator
  @inline static atHand(lineage: usize, pen: u32, host: bool): u32 {
    const change = Sgr.change();
    if (change && (pen & STYLE_EXT || change != CHANGE_RESET)) return StylesAtHand.find(lineage, pen, change);
    if (pen & STYLE_EXT || hasSubParameters()) return NO_STYLE;
    return Sgr.inlineStyle(pen, host ? HOST_TABLE : REPLICA_TABLE);
  }

  /** What programs in true colour mostly say, as a key of style-cache.ts: reset, or one RGB colour. Else 0. */
  // @ts-ignore: decorator
  @inline static change(): u32 {
    if (hasSubParameters()) return 0;
    const count = parameterCount();
    if (count == 1) return parameter(0, 0) == 0 ? CHANGE_RESET : 0;
    if (count != 5 || rawParameter(1) != 2) return 0;
    const v = rawParameter(0);
    if (v != 38 && v != 48) return 0;
    return ((<u32>v) << 24) | (rgb(parameter(2, 0), parameter(3, 0), parameter(4, 0)) & 0xffffff);
  }

  /** Applies the parameters to an inline style; NO_STYLE if the result is none. */
  // @ts-ignore: decorator
  @inline static inlineStyle(style: u32, table: usize): u32 {
    const count = parameterCount();
    for (let i = 0; i < count; i++) {
      const v = parameter(i, 0);
      if (v > LAST_VALUE) continue;
      if (v == 38 || v == 48) {
        if (count - i < 3 || rawParameter(i + 1) != 5) return NO_STYLE;
        const index = parameter(i + 2, 0);
        if (index <= 255) {
          style =
            v == 38
              ? (style & ~STYLE_FG_MASK) | <u32>(index + 1)
              : (style & ~STYLE_BG_MASK) | ((<u32>(index + 1)) << STYLE_BG_SHIFT);
        }
        i += 2;
      } else if (v == 58) {
        return NO_STYLE;
      } else {
        const entry = table + ((<usize>v) << 3);
        style = (style & ~load<u32>(entry)) | load<u32>(entry, 4);
      }
    }
    return style;
  }
}

// ---- the long way. One rendition is changed at a time.

let foreground: u32 = 0;
let background: u32 = 0;
let underlineColor: u32 = 0;
let attributes: u32 = 0;
let link: u32 = 0;

/** The style word of `style` after the parameters from number `first` on. */
export function applySgr(t: usize, style: u32, first: i32): u32 {
  const lineage = <usize>load<u32>(t, T_LINEAGE);
  const host = isHost(t);
  const table = host ? HOST_TABLE : REPLICA_TABLE;
  foreground = styleForeground(lineage, style);
  background = styleBackground(lineage, style);
  underlineColor = styleUnderlineColor(lineage, style);
  attributes = styleAttributes(lineage, style);
  link = styleLink(lineage, style);
  const count = parameterCount();
  let i = first;
  while (i < count) {
    const v = parameter(i, 0);
    if (isSubParameter(i + 1)) {
      applyColonForm(i, v);
      i++;
      while (isSubParameter(i)) i++;
    } else if (v == 38 || v == 48 || (v == 58 && host)) {
      i += applyColor(i, v, count);
    } else {
      if (v <= LAST_VALUE) applyEntry(table + ((<usize>v) << 3));
      if (v == 0 || (v == 59 && host)) underlineColor = COLOR_DEFAULT;
      i++;
    }
  }
  return internStyle(lineage, foreground, background, underlineColor, attributes, link);
}

function applyEntry(entry: usize): void {
  const clear = load<u32>(entry);
  const set = load<u32>(entry, 4);
  attributes = (attributes & ~(clear >> STYLE_ATTR_SHIFT)) | (set >> STYLE_ATTR_SHIFT);
  if (clear & STYLE_FG_MASK) foreground = wholeColor(set & STYLE_FG_MASK);
  if (clear & STYLE_BG_MASK) background = wholeColor((set & STYLE_BG_MASK) >> STYLE_BG_SHIFT);
}

function wholeColor(inline: u32): u32 {
  return inline ? COLOR_PALETTE | (inline - 1) : COLOR_DEFAULT;
}

function setColor(v: i32, color: u32): void {
  if (v == 38) foreground = color;
  else if (v == 48) background = color;
  else underlineColor = color;
}

/** 38, 48 or 58 with its arguments as parameters of their own; returns how many parameters were used. */
function applyColor(i: i32, v: i32, count: i32): i32 {
  const kind = parameter(i + 1, 0);
  if (kind == 5 && count - i >= 3) {
    const index = parameter(i + 2, 0);
    if (index <= 255) setColor(v, COLOR_PALETTE | <u32>index);
    return 3;
  }
  if (kind == 2 && count - i >= 5) {
    setColor(v, rgb(parameter(i + 2, 0), parameter(i + 3, 0), parameter(i + 4, 0)));
    return 5;
  }
  // Incomplete: ignored alone; the numbers that follow take effect by themselves (terminal.md 10, note).
  return 1;
}

function rgb(r: i32, g: i32, b: i32): u32 {
  return COLOR_RGB | (<u32>((r << 16) | (g << 8) | b) & 0xffffff);
}

/** `v` and its sub-parameters from number i + 1 on. Host role only: the replica never sees a colon. */
function applyColonForm(i: i32, v: i32): void {
  let n = 0;
  while (isSubParameter(i + 1 + n)) n++;
  if (v == 4) {
    // An empty shape is the plain underline.
    const given = rawParameter(i + 1);
    const shape = given < 0 ? 1 : given;
    if (shape <= 5) {
      attributes = (attributes & ~ATTR_UNDERLINE_MASK) | ((<u32>shape) << ATTR_UNDERLINE_SHIFT);
    }
  } else if (v == 38 || v == 48 || v == 58) {
    const kind = parameter(i + 1, 0);
    if (kind == 5 && n >= 2) {
      const index = parameter(i + 2, 0);
      if (index <= 255) setColor(v, COLOR_PALETTE | <u32>index);
    } else if (kind == 2 && n >= 4) {
      // 38:2:r:g:b, or 38:2:[colour space]:r:g:b as ISO 8613-6 has it.
      const at = i + (n >= 5 ? 3 : 2);
      const r = parameter(at, 0);
      const g = parameter(at + 1, 0);
      const b = parameter(at + 2, 0);
      if (r <= 255 && g <= 255 && b <= 255) setColor(v, rgb(r, g, b));
    }
  }
}
