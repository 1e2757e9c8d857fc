/**
 * Layouts of everything the core keeps in linear memory. Constants and one-line accessors only; the rules that use
 * them live in memory, screen, parser and display.
 *
 *   cell (8 bytes, one u64; all zero = never written or erased, default rendition)
 *   ┌─ low u32: content ────────────────────────────────────────┐┌─ high u32: style ─┐
 *   │ 0..20 code point, or cluster index if CLUSTER; 0 = empty  ││ see "style word"  │
 *   │ 21 CLUSTER  22 WIDE  23 FALLBACK  24 WRAP  25 PROTECTED   ││                   │
 *   └───────────────────────────────────────────────────────────┘└───────────────────┘
 *   The right half of a wide character is an ordinary empty cell behind a WIDE one (stock Mosh keeps no mark there
 *   either, terminal.md 5). WRAP means something in a row's last cell only.
 *
 *   style word (u32; 0 = default rendition)
 *     EXT clear: 0..8 foreground, 9..17 background (0 = default, 1..256 = palette 0..255), 18..30 attributes
 *     EXT set:   0..30 index of an interned extended style of the terminal's lineage (RGB colours,
 *                underline colour, hyperlink); used only if the rendition cannot be said inline, so equal
 *                renditions always have equal style words and cells compare as u64.
 */

// ---- cell, low word
export const CONTENT_MASK: u32 = 0x1fffff;
export const CELL_CLUSTER: u32 = 1 << 21;
export const CELL_WIDE: u32 = 1 << 22;
export const CELL_FALLBACK: u32 = 1 << 23;
export const CELL_WRAP: u32 = 1 << 24;
export const CELL_PROTECTED: u32 = 1 << 25;
/** log2 of the size of a cell. */
export const CELL_SHIFT: usize = 3;

// ---- style word
export const STYLE_EXT: u32 = 1 << 31;
export const STYLE_FG_MASK: u32 = 0x1ff;
export const STYLE_BG_SHIFT: u32 = 9;
export const STYLE_BG_MASK: u32 = 0x1ff << 9;
export const STYLE_ATTR_SHIFT: u32 = 18;

// ---- attributes: 13 bits, the same inline (shifted by STYLE_ATTR_SHIFT) and in an extended style
export const ATTR_BOLD: u32 = 1;
export const ATTR_FAINT: u32 = 1 << 1;
export const ATTR_ITALIC: u32 = 1 << 2;
/** Underline shape: 0 none, 1 single, 2 double, 3 curly, 4 dotted, 5 dashed (SGR 4:n). */
export const ATTR_UNDERLINE_SHIFT: u32 = 3;
export const ATTR_UNDERLINE_MASK: u32 = 7 << 3;
export const ATTR_BLINK: u32 = 1 << 6;
export const ATTR_INVERSE: u32 = 1 << 7;
export const ATTR_INVISIBLE: u32 = 1 << 8;
export const ATTR_STRIKE: u32 = 1 << 9;
export const ATTR_OVERLINE: u32 = 1 << 10;

// ---- colours as whole values (extended styles, conversions): tag in the top byte
export const COLOR_DEFAULT: u32 = 0;
export const COLOR_PALETTE: u32 = 0x01000000;
export const COLOR_RGB: u32 = 0x02000000;

// ---- row: header then cells. Reference counted; written only while the count is 1 (copy on write).
//   0 u32 references │ 4 u16 width in columns │ 6 u16 extent │ 8 u64 generation │ 16 cells …
/** A fresh number for every row created blank or wholly erased; copies keep it (display.md 3.3). */
export const ROW_REFS: usize = 0;
export const ROW_WIDTH: usize = 4;
/**
 * Cells from this column on are certainly zero: what erasing need not touch, nor the diff compare. Printed runs and
 * erasures keep it small; everyone else who may write (screen.ts: writableRow) sets EXTENT_UNKNOWN.
 */
export const ROW_EXTENT: usize = 6;
export const EXTENT_UNKNOWN: u32 = 0xffff;
export const ROW_GENERATION: usize = 8;
export const ROW_CELLS: usize = 16;

// ---- terminal: one struct for a live terminal and for a snapshot (a snapshot is a copy that shares rows)
export const T_COLS: usize = 0;
export const T_ROWS: usize = 4;
/** u32 pointer to `rows` u32 row pointers, top to bottom. */
export const T_ROW_TABLE: usize = 8;
export const T_CURSOR_ROW: usize = 12;
export const T_CURSOR_COL: usize = 16;
/** u32 style word of the pen (current renditions). */
export const T_PEN: usize = 20;
/** u32 bit set of MODE_*. */
export const T_MODES: usize = 24;
/** u16: 0, 9, 1000, 1001, 1002 or 1003. */
export const T_MOUSE_MODE: usize = 28;
/** u16: 0, 1005, 1006, 1015 (or 1016 in the host role). */
export const T_MOUSE_ENCODING: usize = 30;
export const T_BELL_COUNT: usize = 32;
/** u32 pointers to interned, reference-counted UTF-8 strings (see memory: text), 0 = empty. */
export const T_TITLE: usize = 36;
export const T_ICON: usize = 40;
export const T_CLIPBOARD: usize = 44;
/** u32 pointer to the lineage: the extended styles, clusters and links this terminal and its copies share. */
export const T_LINEAGE: usize = 48;
/** u32 ROLE_* bits. */
export const T_ROLE: usize = 52;
export const T_REGION_TOP: usize = 56;
export const T_REGION_BOTTOM: usize = 60;
/** i32 combining target, -1 = none. */
export const T_COMBINING_ROW: usize = 64;
export const T_COMBINING_COL: usize = 68;
/** u32 pointers: the terminals of one lineage are a doubly linked list (lineage.ts joins and leaves). */
export const T_LINEAGE_PREV: usize = 72;
export const T_LINEAGE_NEXT: usize = 76;
/** u32 pointer to the row table (again `rows` u32 row pointers) of the screen that is not shown, 0 = none. */
export const T_ALTERNATE_TABLE: usize = 80;
/**
 * u32 style words saved by DECSC: of the screen shown last with the alternate screen off, and of the alternate one.
 * Every style word a terminal keeps outside its cells is T_PEN or one of these two: the sweep of lineage.ts looks
 * nowhere else. All these fields must be valid (0 is) from joinLineage on.
 */
export const T_SAVED_PEN: usize = 84;
export const T_SAVED_PEN_ALTERNATE: usize = 88;
/** First byte free for screen.ts and parser.ts, which define the rest of the struct themselves. */
export const T_PRIVATE: usize = 96;

// ---- modes in T_MODES
export const MODE_CURSOR_VISIBLE: u32 = 1;
export const MODE_REVERSE_VIDEO: u32 = 1 << 1;
export const MODE_BRACKETED_PASTE: u32 = 1 << 2;
export const MODE_FOCUS: u32 = 1 << 3;
export const MODE_ALTERNATE_SCROLL: u32 = 1 << 4;
/** The modes above are part of framebuffer equality; those below are not visible to the peer. */
export const MODES_VISIBLE: u32 = 31;
export const MODE_TITLE_SET: u32 = 1 << 5;
export const MODE_PENDING_WRAP: u32 = 1 << 6;
export const MODE_ORIGIN: u32 = 1 << 7;
export const MODE_AUTOWRAP: u32 = 1 << 8;
export const MODE_INSERT: u32 = 1 << 9;
export const MODE_APP_CURSOR_KEYS: u32 = 1 << 10;
export const MODE_ALTERNATE_SCREEN: u32 = 1 << 11;
/** 2026: the program is in the middle of a frame. */
export const MODE_SYNCHRONIZED: u32 = 1 << 12;

// ---- roles in T_ROLE
/** Runs programs: a modern xterm. Clear = replica: exactly Mosh 1.4.0 (docs/mosh/terminal.md). */
export const ROLE_HOST: u32 = 1;
/** Replica that repairs stock defect D1: BS in pending wrap only clears pending wrap (display.md 5). */
export const ROLE_REPAIR_D1: u32 = 2;

/** Pointer of row `y`. */
export function rowAt(t: usize, y: i32): usize {
  return load<u32>(<usize>load<u32>(t, T_ROW_TABLE) + ((<usize>y) << 2));
}

/** Cell `x` of a row. */
export function cellAt(row: usize, x: i32): u64 {
  return load<u64>(row + ((<usize>x) << CELL_SHIFT), ROW_CELLS);
}
