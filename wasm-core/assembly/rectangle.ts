/**
 * Rectangular areas (host role): fill, erase, copy, change attributes, checksum. DEC STD 070, VT420; called by
 * dispatch.ts.
 *
 * Coordinates are relative to the margins under origin mode; otherwise the margins do not count. A rectangle is cut
 * at the screen's edge; one whose bottom or right is before its top or left does nothing. The cursor stays. There is
 * one page. Halves of wide characters at the edges are blanked.
 */
import {
  ATTR_BLINK,
  ATTR_BOLD,
  ATTR_INVERSE,
  ATTR_INVISIBLE,
  ATTR_UNDERLINE_MASK,
  ATTR_UNDERLINE_SHIFT,
  CELL_CLUSTER,
  CELL_PROTECTED,
  CELL_SHIFT,
  CELL_WIDE,
  CONTENT_MASK,
  ROW_CELLS,
  T_LINEAGE,
  T_PEN,
} from "./layout";
import {
  clusterPtr,
  internStyle,
  styleAttributes,
  styleBackground,
  styleForeground,
  styleLink,
  styleUnderlineColor,
} from "./lineage";
import { parameter, parameterCount } from "./params";
import { beginAnswer, endAnswer, put, putDcs, putHex4, putNumber, putSt } from "./reply";
import {
  blankCell,
  bottomLimit,
  breakWide,
  dropWide,
  getCell,
  leftLimit,
  putCell,
  rightLimit,
  rowSlot,
  topLimit,
  writableRow,
} from "./screen";
import { applySgr } from "./sgr";
import {
  CHECKSUM_ATTRIBUTES_OFF,
  CHECKSUM_POSITIVE,
  CHECKSUM_SKIP_BLANK_OFF,
  CHECKSUM_SKIP_EMPTY,
  CHECKSUM_WIDE,
  EXTENT_RECTANGLE,
  PROTECT_DEC,
  T_ATTRIBUTE_EXTENT,
  T_CHECKSUM_FLAGS,
  T_PEN_FLAGS,
  T_PROTECTION,
} from "./state";
import { decodeUtf8 } from "./utf8";

// The rectangle of the function being carried out: first and last row and column.
let top: i32 = 0;
let left: i32 = 0;
let bottom: i32 = 0;
let right: i32 = 0;

/** Reads Pt ; Pl ; Pb ; Pr from parameter `first` on; false if it is no rectangle. */
function readRectangle(t: usize, first: i32): bool {
  const firstRow = topLimit(t);
  const lastRow = bottomLimit(t);
  const firstCol = leftLimit(t);
  const lastCol = rightLimit(t);
  top = firstRow + parameter(first, 1) - 1;
  left = firstCol + parameter(first + 1, 1) - 1;
  bottom = min(firstRow + parameter(first + 2, lastRow - firstRow + 1) - 1, lastRow);
  right = min(firstCol + parameter(first + 3, lastCol - firstCol + 1) - 1, lastCol);
  return top <= bottom && left <= right;
}

/** Row `y`, with no wide character reaching over the rectangle's edges. */
function openRow(t: usize, y: i32): usize {
  const row = writableRow(t, y);
  breakWide(t, row, left);
  breakWide(t, row, right + 1);
  return row;
}

// vt: DECFRA · CSI ch ; t ; l ; b ; r $ x · fills with a character in the pen's rendition · host only
export function fillRectangle(t: usize): void {
  const ch = parameter(0, 0x20);
  if (ch < 0x20 || (ch > 0x7e && ch < 0xa0) || ch > 0xff || !readRectangle(t, 1)) return;
  const cell = ((<u64>load<u32>(t, T_PEN)) << 32) | <u64>(<u32>ch | load<u32>(t, T_PEN_FLAGS));
  for (let y = top; y <= bottom; y++) {
    const row = openRow(t, y);
    for (let x = left; x <= right; x++) putCell(row, x, cell);
  }
}

// vt: DECERA · CSI t ; l ; b ; r $ z · erases, protected cells too · host only
export function eraseRectangle(t: usize): void {
  if (!readRectangle(t, 0)) return;
  const blank = blankCell(t);
  for (let y = top; y <= bottom; y++) {
    const row = openRow(t, y);
    for (let x = left; x <= right; x++) putCell(row, x, blank);
  }
}

// vt: DECSERA · CSI t ; l ; b ; r $ { · blanks what DECSCA has not protected, renditions stay · host only
export function selectiveEraseRectangle(t: usize): void {
  if (!readRectangle(t, 0)) return;
  const guarded = load<u32>(t, T_PROTECTION) == PROTECT_DEC;
  for (let y = top; y <= bottom; y++) {
    const row = openRow(t, y);
    for (let x = left; x <= right; x++) {
      const cell = getCell(row, x);
      if (guarded && <u32>cell & CELL_PROTECTED) continue;
      breakWide(t, row, x);
      putCell(row, x, (getCell(row, x) & 0xffffffff00000000) | 0x20);
    }
  }
}

// vt: DECCRA · CSI t ; l ; b ; r ; page ; t ; l ; page $ v · copies to another place · host only
export function copyRectangle(t: usize): void {
  if (!readRectangle(t, 0)) return;
  const toTop = topLimit(t) + parameter(5, 1) - 1;
  const toLeft = leftLimit(t) + parameter(6, 1) - 1;
  const height = min(bottom - top, bottomLimit(t) - toTop) + 1;
  const width = min(right - left, rightLimit(t) - toLeft) + 1;
  if (height <= 0 || width <= 0) return;
  const down = toTop > top;
  for (let i = 0; i < height; i++) {
    const y = down ? height - 1 - i : i;
    const target = writableRow(t, toTop + y);
    const source = <usize>load<u32>(rowSlot(t, top + y));
    breakWide(t, target, toLeft);
    breakWide(t, target, toLeft + width);
    memory.copy(
      target + ROW_CELLS + ((<usize>toLeft) << CELL_SHIFT),
      source + ROW_CELLS + ((<usize>left) << CELL_SHIFT),
      (<usize>width) << CELL_SHIFT,
    );
    // The copy may end in the left half of a wide character; a right half at its start is an empty cell.
    dropWide(t, target, toLeft + width - 1);
  }
}

/** First and last column of row `y` that an attribute change reaches: a rectangle, or a stream of text (DECSACE). */
function extentLeft(t: usize, y: i32): i32 {
  return load<u32>(t, T_ATTRIBUTE_EXTENT) == EXTENT_RECTANGLE || y == top ? left : leftLimit(t);
}

function extentRight(t: usize, y: i32): i32 {
  return load<u32>(t, T_ATTRIBUTE_EXTENT) == EXTENT_RECTANGLE || y == bottom ? right : rightLimit(t);
}

/** A stream may end in a column before the one it starts in, if it has more than one row. */
function readExtent(t: usize): bool {
  const rectangle = readRectangle(t, 0);
  if (load<u32>(t, T_ATTRIBUTE_EXTENT) == EXTENT_RECTANGLE) return rectangle;
  return top < bottom || (top == bottom && left <= right);
}

/** A cell with another style; an erased cell cannot have attributes, it becomes a space. */
function restyled(cell: u64, style: u32): u64 {
  const content = <u32>cell;
  const empty = (content & (CONTENT_MASK | CELL_CLUSTER)) == 0;
  return ((<u64>style) << 32) | <u64>(empty ? content | 0x20 : content);
}

/** Whether `x` is the right half of a wide character. It is an empty cell and stays one. */
function isRightHalf(row: usize, x: i32): bool {
  return x > 0 && (<u32>getCell(row, x - 1) & CELL_WIDE) != 0;
}

// vt: DECCARA · CSI t ; l ; b ; r ; sgr… $ r · changes renditions · host only
export function changeAttributes(t: usize): void {
  if (!readExtent(t)) return;
  for (let y = top; y <= bottom; y++) {
    const row = writableRow(t, y);
    for (let x = extentLeft(t, y); x <= extentRight(t, y); x++) {
      if (isRightHalf(row, x)) continue;
      const cell = getCell(row, x);
      putCell(row, x, restyled(cell, applySgr(t, <u32>(cell >> 32), 4)));
    }
  }
}

/** The attributes that the values from parameter 4 on name, to be turned round. */
function reversedAttributes(): u32 {
  const single: u32 = 1 << ATTR_UNDERLINE_SHIFT;
  let bits: u32 = 0;
  for (let i = 4; i < parameterCount(); i++) {
    switch (parameter(i, 0)) {
      case 0:
        bits |= ATTR_BOLD | single | ATTR_BLINK | ATTR_INVERSE;
        break;
      case 1:
        bits |= ATTR_BOLD;
        break;
      case 4:
        bits |= single;
        break;
      case 5:
        bits |= ATTR_BLINK;
        break;
      case 7:
        bits |= ATTR_INVERSE;
        break;
      case 8:
        bits |= ATTR_INVISIBLE;
        break;
    }
  }
  return bits;
}

// vt: DECRARA · CSI t ; l ; b ; r ; sgr… $ t · turns 1, 4, 5, 7, 8 round · host only
export function reverseAttributes(t: usize): void {
  if (!readExtent(t)) return;
  const single: u32 = 1 << ATTR_UNDERLINE_SHIFT;
  const reversed = reversedAttributes();
  const lineage = <usize>load<u32>(t, T_LINEAGE);
  for (let y = top; y <= bottom; y++) {
    const row = writableRow(t, y);
    for (let x = extentLeft(t, y); x <= extentRight(t, y); x++) {
      if (isRightHalf(row, x)) continue;
      const cell = getCell(row, x);
      const style = <u32>(cell >> 32);
      let attributes = styleAttributes(lineage, style) ^ (reversed & ~single);
      // Any shape of underline turns off; none turns into a single one.
      if (reversed & single) {
        const underlined = (attributes & ATTR_UNDERLINE_MASK) != 0;
        attributes = (attributes & ~ATTR_UNDERLINE_MASK) | (underlined ? 0 : single);
      }
      const changed = internStyle(
        lineage,
        styleForeground(lineage, style),
        styleBackground(lineage, style),
        styleUnderlineColor(lineage, style),
        attributes,
        styleLink(lineage, style),
      );
      putCell(row, x, restyled(cell, changed));
    }
  }
}

// vt: DECSACE · CSI n * x · extent of DECCARA and DECRARA: 2 rectangle, else stream · host only
export function attributeExtent(t: usize): void {
  const extent = parameter(0, 0);
  if (extent <= 2) store<u32>(t, extent, T_ATTRIBUTE_EXTENT);
}

// vt: XTCHECKSUM · CSI n # y · flags of DECRQCRA as in xterm · host only
export function checksumFlags(t: usize): void {
  store<u32>(t, parameter(0, 0), T_CHECKSUM_FLAGS);
}

/** What one cell adds to a checksum. */
function cellSum(t: usize, cell: u64, flags: u32): u32 {
  const lineage = <usize>load<u32>(t, T_LINEAGE);
  const content = <u32>cell & CONTENT_MASK;
  let value = <u32>cell & CELL_CLUSTER ? decodeUtf8(clusterPtr(lineage, content)) : content;
  if (value == 0) {
    if (flags & CHECKSUM_SKIP_EMPTY) return 0;
    value = 0x20;
  }
  if (value == 0x20 && !(flags & CHECKSUM_SKIP_BLANK_OFF)) return 0;
  if (!(flags & CHECKSUM_WIDE)) value &= 0xff;
  if (!(flags & CHECKSUM_ATTRIBUTES_OFF)) {
    const attributes = styleAttributes(lineage, <u32>(cell >> 32));
    if (<u32>cell & CELL_PROTECTED) value += 0x04;
    if (attributes & ATTR_INVISIBLE) value += 0x08;
    if (attributes & ATTR_UNDERLINE_MASK) value += 0x10;
    if (attributes & ATTR_INVERSE) value += 0x20;
    if (attributes & ATTR_BLINK) value += 0x40;
    if (attributes & ATTR_BOLD) value += 0x80;
  }
  return value;
}

// vt: DECRQCRA · CSI id ; page ; t ; l ; b ; r * y · checksum of an area: DCS id ! ~ hhhh ST, negative as on a VT420 · host only
export function requestChecksum(t: usize): void {
  let sum: u32 = 0;
  const flags = load<u32>(t, T_CHECKSUM_FLAGS);
  if (readRectangle(t, 2)) {
    for (let y = top; y <= bottom; y++) {
      const row = <usize>load<u32>(rowSlot(t, y));
      for (let x = left; x <= right; x++) sum += cellSum(t, getCell(row, x), flags);
    }
  }
  if (!(flags & CHECKSUM_POSITIVE)) sum = 0 - sum;
  beginAnswer();
  putDcs();
  putNumber(parameter(0, 0));
  put(0x21);
  put(0x7e);
  putHex4(sum & 0xffff);
  putSt();
  endAnswer(t);
}
