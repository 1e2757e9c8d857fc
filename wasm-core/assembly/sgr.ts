/**
 * SGR: select graphic rendition (terminal.md 10; ECMA-48 8.3.117; xterm's colon forms).
 *
 * The replica knows what stock Mosh knows and misreads the rest the way stock does. The host role adds faint, strike,
 * overline, underline shapes and colour, and the colon forms; it skips the arguments of 58 instead of obeying them.
 * Used by dispatch.ts for the pen and by rectangle.ts for DECCARA and DECRARA.
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
import { isSubParameter, parameter, parameterCount, rawParameter } from "./params";
import { isHost } from "./screen";

// The rendition being changed. One sequence is carried out at a time.
let foreground: u32 = 0;
let background: u32 = 0;
let underlineColor: u32 = 0;
let attributes: u32 = 0;

const UNDERLINE_SINGLE: u32 = 1 << ATTR_UNDERLINE_SHIFT;
const UNDERLINE_DOUBLE: u32 = 2 << ATTR_UNDERLINE_SHIFT;

// vt: SGR | CSI … m | renditions; keeps pending wrap | host: also 2, 6, 9, 21, 26, 29, 53, 55, 58, 59 and the colon forms 4:n, 38:2, 38:5, 48, 58
export function selectGraphicRendition(t: usize): void {
  const lineage = <usize>load<u32>(t, T_LINEAGE);
  const pen = load<u32>(t, T_PEN);
  foreground = styleForeground(lineage, pen);
  background = styleBackground(lineage, pen);
  underlineColor = styleUnderlineColor(lineage, pen);
  attributes = styleAttributes(lineage, pen);
  applyParameters(0, isHost(t));
  store<u32>(
    t,
    internStyle(lineage, foreground, background, underlineColor, attributes, styleLink(lineage, pen)),
    T_PEN,
  );
}

/** Carries out parameters from number `first` on. */
function applyParameters(first: i32, host: bool): void {
  const count = parameterCount();
  let i = first;
  while (i < count) {
    const v = parameter(i, 0);
    if (i + 1 < count && isSubParameter(i + 1)) {
      applyColonForm(i, v);
      i++;
      while (i < count && isSubParameter(i)) i++;
    } else if (v == 38 || v == 48 || (v == 58 && host)) {
      i += applyColor(i, v, count);
    } else {
      applySimple(v, host);
      i++;
    }
  }
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
    const shape = rawParameter(i + 1);
    if (shape >= 0 && shape <= 5) {
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

function applySimple(v: i32, host: bool): void {
  if (v >= 30 && v <= 37) foreground = COLOR_PALETTE | <u32>(v - 30);
  else if (v >= 40 && v <= 47) background = COLOR_PALETTE | <u32>(v - 40);
  else if (v >= 90 && v <= 97) foreground = COLOR_PALETTE | <u32>(v - 82);
  else if (v >= 100 && v <= 107) background = COLOR_PALETTE | <u32>(v - 92);
  else {
    switch (v) {
      case 0:
        attributes = 0;
        foreground = COLOR_DEFAULT;
        background = COLOR_DEFAULT;
        underlineColor = COLOR_DEFAULT;
        break;
      case 1:
        attributes |= ATTR_BOLD;
        break;
      case 3:
        attributes |= ATTR_ITALIC;
        break;
      case 4:
        attributes = (attributes & ~ATTR_UNDERLINE_MASK) | UNDERLINE_SINGLE;
        break;
      case 5:
        attributes |= ATTR_BLINK;
        break;
      case 7:
        attributes |= ATTR_INVERSE;
        break;
      case 8:
        attributes |= ATTR_INVISIBLE;
        break;
      case 22:
        attributes &= ~(ATTR_BOLD | ATTR_FAINT);
        break;
      case 23:
        attributes &= ~ATTR_ITALIC;
        break;
      case 24:
        attributes &= ~ATTR_UNDERLINE_MASK;
        break;
      case 25:
        attributes &= ~ATTR_BLINK;
        break;
      case 27:
        attributes &= ~ATTR_INVERSE;
        break;
      case 28:
        attributes &= ~ATTR_INVISIBLE;
        break;
      case 39:
        foreground = COLOR_DEFAULT;
        break;
      case 49:
        background = COLOR_DEFAULT;
        break;
      default:
        if (host) applyModern(v);
    }
  }
}

/** What the replica ignores. */
function applyModern(v: i32): void {
  switch (v) {
    case 2:
      attributes |= ATTR_FAINT;
      break;
    case 6:
      attributes |= ATTR_BLINK;
      break;
    case 9:
      attributes |= ATTR_STRIKE;
      break;
    case 21:
      attributes = (attributes & ~ATTR_UNDERLINE_MASK) | UNDERLINE_DOUBLE;
      break;
    case 29:
      attributes &= ~ATTR_STRIKE;
      break;
    case 53:
      attributes |= ATTR_OVERLINE;
      break;
    case 55:
      attributes &= ~ATTR_OVERLINE;
      break;
    case 59:
      underlineColor = COLOR_DEFAULT;
      break;
  }
}
