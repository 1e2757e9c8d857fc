/**
 * Device control strings (host role; the replica swallows them): DECRQSS and XTGETTCAP. Called by parser.ts when a DCS
 * ends with ST; one that is cancelled is forgotten. Unknown ones are ignored.
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
  T_LINEAGE,
  T_PEN,
  T_REGION_BOTTOM,
  T_REGION_TOP,
} from "./layout";
import { styleAttributes, styleBackground, styleForeground, styleUnderlineColor } from "./lineage";
import { beginAnswer, endAnswer, put, put4, putBytes, putDcs, putNumber, putSt } from "./reply";
import { rows } from "./screen";
import {
  T_ATTRIBUTE_EXTENT,
  T_CURSOR_STYLE,
  T_DCS_KEY,
  T_LEVEL,
  T_MARGIN_LEFT,
  T_MARGIN_RIGHT,
  T_PEN_FLAGS,
} from "./state";
import { endString, stringByte, stringBytes, stringPtr } from "./strings";

const KEY_DECRQSS: u32 = 0x2471; // $q
const KEY_XTGETTCAP: u32 = 0x2b71; // +q

export function dcsEnd(t: usize): void {
  const key = load<u32>(t, T_DCS_KEY);
  if (key == KEY_DECRQSS) requestSetting(t);
  else if (key == KEY_XTGETTCAP) requestCapability(t);
  endString(t);
}

// ---- DECRQSS

/** The string as a number, first character in the highest byte in use; 0 if it is longer than two characters. */
function settingKey(t: usize): u32 {
  const length = stringBytes(t);
  if (length == 1) return stringByte(t, 0);
  return length == 2 ? (stringByte(t, 0) << 8) | stringByte(t, 1) : 0;
}

// vt: DECRQSS · DCS $ q Pt ST · a setting: m, r, s, t, "p, "q, SP q, *x, *|, $}, $~; answer DCS 1 $ r … ST, unknown DCS 0 $ r ST · host only
function requestSetting(t: usize): void {
  beginAnswer();
  putDcs();
  const known = isSetting(settingKey(t));
  put(known ? 0x31 : 0x30);
  put4(0x7224); // $r
  if (known) {
    putSetting(t, settingKey(t));
    putBytes(stringPtr(t), stringBytes(t));
  }
  putSt();
  endAnswer(t);
}

function isSetting(key: u32): bool {
  switch (key) {
    case 0x6d: // m
    case 0x72: // r
    case 0x73: // s
    case 0x74: // t
    case 0x2270: // "p
    case 0x2271: // "q
    case 0x2071: // SP q
    case 0x2a78: // *x
    case 0x2a7c: // *|
    case 0x247d: // $}
    case 0x247e: // $~
      return true;
  }
  return false;
}

function putPair(first: i32, second: i32): void {
  putNumber(first);
  put(0x3b);
  putNumber(second);
}

function putSetting(t: usize, key: u32): void {
  switch (key) {
    case 0x6d:
      putRendition(t);
      break;
    case 0x72:
      putPair(load<i32>(t, T_REGION_TOP) + 1, load<i32>(t, T_REGION_BOTTOM) + 1);
      break;
    case 0x73:
      putPair(load<i32>(t, T_MARGIN_LEFT) + 1, load<i32>(t, T_MARGIN_RIGHT) + 1);
      break;
    case 0x74:
    case 0x2a7c:
      putNumber(rows(t));
      break;
    case 0x2270:
      putPair(60 + load<i32>(t, T_LEVEL), 1);
      break;
    case 0x2271:
      put(load<u32>(t, T_PEN_FLAGS) ? 0x31 : 0x30);
      break;
    case 0x2071:
      putNumber(load<u8>(t, T_CURSOR_STYLE));
      break;
    case 0x2a78:
      putNumber(load<u32>(t, T_ATTRIBUTE_EXTENT));
      break;
    default:
      put(0x30);
  }
}

/** The parameters of an SGR that gives the pen, as xterm writes them: from reset, colours in colon form. */
function putRendition(t: usize): void {
  const lineage = <usize>load<u32>(t, T_LINEAGE);
  const pen = load<u32>(t, T_PEN);
  const attributes = styleAttributes(lineage, pen);
  const underline = (attributes & ATTR_UNDERLINE_MASK) >> ATTR_UNDERLINE_SHIFT;
  put(0x30);
  if (attributes & ATTR_BOLD) put4(0x313b);
  if (attributes & ATTR_FAINT) put4(0x323b);
  if (attributes & ATTR_ITALIC) put4(0x333b);
  if (underline == 1) put4(0x343b);
  if (underline > 1) {
    put4(0x3a343b);
    putNumber(underline);
  }
  if (attributes & ATTR_BLINK) put4(0x353b);
  if (attributes & ATTR_INVERSE) put4(0x373b);
  if (attributes & ATTR_INVISIBLE) put4(0x383b);
  if (attributes & ATTR_STRIKE) put4(0x393b);
  if (attributes & ATTR_OVERLINE) put4(0x33353b);
  putColor(styleForeground(lineage, pen), 30);
  putColor(styleBackground(lineage, pen), 40);
  putColor(styleUnderlineColor(lineage, pen), 50);
}

/** `;` and a colour; `base` 30, 40 or 50 (underline: 58). */
function putColor(color: u32, base: u32): void {
  if (color == COLOR_DEFAULT) return;
  put(0x3b);
  const value = color & 0xffffff;
  const isPalette = (color & 0xff000000) == COLOR_PALETTE;
  if (isPalette && value < 16 && base < 50) {
    putNumber(value < 8 ? base + value : base + 52 + value);
    return;
  }
  putNumber(base + 8);
  if (isPalette) {
    put4(0x3a353a); // :5:
    putNumber(value);
    return;
  }
  put4(0x3a3a323a); // :2::
  putNumber(value >> 16);
  put(0x3a);
  putNumber((value >> 8) & 255);
  put(0x3a);
  putNumber(value & 255);
}

// ---- XTGETTCAP: names and values in hexadecimal

/** Co, colors = 256; TN = xterm-256color; RGB = 8/8/8. */
const NAME_CO: usize = memory.data<u8>([0x34, 0x33, 0x36, 0x46]);
const NAME_COLORS: usize = memory.data<u8>([
  0x36, 0x33, 0x36, 0x46, 0x36, 0x43, 0x36, 0x46, 0x37, 0x32, 0x37, 0x33,
]);
const NAME_TN: usize = memory.data<u8>([0x35, 0x34, 0x34, 0x45]);
const NAME_RGB: usize = memory.data<u8>([0x35, 0x32, 0x34, 0x37, 0x34, 0x32]);
const VALUE_256: usize = memory.data<u8>([0x33, 0x32, 0x33, 0x35, 0x33, 0x36]);
const VALUE_TERM: usize = memory.data<u8>([
  0x37, 0x38, 0x37, 0x34, 0x36, 0x35, 0x37, 0x32, 0x36, 0x44, 0x32, 0x44, 0x33, 0x32, 0x33, 0x35, 0x33, 0x36,
  0x36, 0x33, 0x36, 0x46, 0x36, 0x43, 0x36, 0x46, 0x37, 0x32,
]);
const VALUE_888: usize = memory.data<u8>([0x33, 0x38, 0x32, 0x46, 0x33, 0x38, 0x32, 0x46, 0x33, 0x38]);

/** Whether the bytes from .. to-1 of the string are `name`, in either case of letters. */
function isName(t: usize, from: u32, to: u32, name: usize, length: u32): bool {
  if (to - from != length) return false;
  for (let i: u32 = 0; i < length; i++) {
    const c = stringByte(t, from + i);
    if ((c >= 0x61 ? c - 0x20 : c) != <u32>load<u8>(name + <usize>i)) return false;
  }
  return true;
}

function isHexadecimal(t: usize, from: u32, to: u32): bool {
  for (let i = from; i < to; i++) {
    const c = stringByte(t, i);
    if (c - 0x30 >= 10 && (c | 0x20) - 0x61 >= 6) return false;
  }
  return true;
}

// vt: XTGETTCAP · DCS + q names ST · Co, colors, TN, RGB; answer DCS 1 + r name = value ST, unknown DCS 0 + r name ST · host only
function requestCapability(t: usize): void {
  const end = stringBytes(t);
  let from: u32 = 0;
  while (from < end) {
    let to = from;
    while (to < end && stringByte(t, to) != 0x3b) to++;
    sendCapability(t, from, to);
    from = to + 1;
  }
}

function sendCapability(t: usize, from: u32, to: u32): void {
  let value: usize = 0;
  let length: u32 = 0;
  if (isName(t, from, to, NAME_CO, 4) || isName(t, from, to, NAME_COLORS, 12)) {
    value = VALUE_256;
    length = 6;
  } else if (isName(t, from, to, NAME_TN, 4)) {
    value = VALUE_TERM;
    length = 28;
  } else if (isName(t, from, to, NAME_RGB, 6)) {
    value = VALUE_888;
    length = 10;
  }
  beginAnswer();
  putDcs();
  put(length ? 0x31 : 0x30);
  put4(0x722b); // +r
  // A name is told back only if it is one: anything else would arrive as typed text.
  if (isHexadecimal(t, from, to)) putBytes(stringPtr(t) + <usize>from, to - from);
  if (length) {
    put(0x3d);
    putBytes(value, length);
  }
  putSt();
  endAnswer(t);
}
