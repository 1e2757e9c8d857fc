/**
 * A lineage: what a terminal and all its copies share so that their cells can be compared as plain numbers: extended
 * styles, clusters and links, each interned (styles.ts, intern.ts).
 *
 * A lineage is created for a new terminal, joined by each copy, and freed when the last of them leaves. Its tables
 * are reclaimed by marking everything that the rows and pens of all its terminals refer to, and sweeping the rest;
 * that happens inside an intern… call once a table has taken in many new entries. So a style word or cluster index
 * that is only in a local variable (in no row, not in T_PEN, T_SAVED_PEN, T_SAVED_PEN_ALTERNATE) is not safe across
 * another intern… call.
 *
 * Tables have hard limits. Beyond them an interned thing degrades instead of growing: a style to the nearest inline
 * one (palette colours, no underline colour, no link), a cluster to its base character, a link to none.
 */
import { nearestPalette } from "./colors";
import { INTERN_TABLE_BYTES, internAdd, internFind, internFree } from "./intern";
import {
  internInit,
  internLength,
  internLive,
  internMark,
  internPtr,
  internSweep,
  wantsSweep,
} from "./intern";
import * as L from "./layout";
import { allocZeroed, release } from "./pool";
import { CHANGE_ERASE, forgetStyles, keepStyle, NO_STYLE, StylesAtHand } from "./style-cache";
import {
  recordAttributes,
  recordBackground,
  recordForeground,
  recordLink,
  recordUnderlineColor,
  STYLE_TABLE_BYTES,
  stylesAdd,
  stylesBeginMarks,
  stylesFind,
  stylesFree,
  stylesInit,
  stylesLive,
  stylesMark,
  stylesSweep,
  stylesWantSweep,
} from "./styles";
import { decodeUtf8, encodeUtf8, utf8Length } from "./utf8";

const REFS: usize = 0; // u32 terminals in the list
const FIRST: usize = 4; // u32 first terminal
const STYLES: usize = 8;
const CLUSTERS: usize = STYLES + STYLE_TABLE_BYTES;
const LINKS: usize = CLUSTERS + INTERN_TABLE_BYTES;
const LINEAGE_BYTES: usize = LINKS + INTERN_TABLE_BYTES;

const MAX_CLUSTERS: u32 = 65536;
const MAX_LINKS: u32 = 16384;
const NO_BYTE_LIMIT: u32 = 0x7fffffff;
/** Bytes of all links of a lineage together. */
const MAX_LINK_BYTES: u32 = 4 << 20;
/** Longest cluster in bytes. Stock Mosh stops at 35 (terminal.md 5); grapheme clusters may be longer. */
const MAX_CLUSTER_BYTES: i32 = 64;

const scratch: usize = memory.data(128, 16);

// ---- life

/** A lineage without terminals, or 0. Joining the first one gives it an owner. */
export function newLineage(): usize {
  const lineage = allocZeroed(LINEAGE_BYTES);
  if (lineage == 0) return 0;
  stylesInit(lineage + STYLES);
  internInit(lineage + CLUSTERS);
  internInit(lineage + LINKS);
  return lineage;
}

/** Enters a terminal; sets its T_LINEAGE, T_LINEAGE_PREV and T_LINEAGE_NEXT. */
export function joinLineage(lineage: usize, t: usize): void {
  const first = load<u32>(lineage, FIRST);
  store<u32>(t, <u32>lineage, L.T_LINEAGE);
  store<u32>(t, 0, L.T_LINEAGE_PREV);
  store<u32>(t, first, L.T_LINEAGE_NEXT);
  if (first) store<u32>(first, <u32>t, L.T_LINEAGE_PREV);
  store<u32>(lineage, <u32>t, FIRST);
  store<u32>(lineage, load<u32>(lineage, REFS) + 1, REFS);
}

/** Takes a terminal out that is about to be freed; the last one takes the lineage with it. */
export function leaveLineage(t: usize): void {
  const lineage: usize = load<u32>(t, L.T_LINEAGE);
  const prev = load<u32>(t, L.T_LINEAGE_PREV);
  const next = load<u32>(t, L.T_LINEAGE_NEXT);
  if (next) store<u32>(next, prev, L.T_LINEAGE_PREV);
  if (prev) store<u32>(prev, next, L.T_LINEAGE_NEXT);
  else store<u32>(lineage, next, FIRST);
  const references = load<u32>(lineage, REFS) - 1;
  store<u32>(lineage, references, REFS);
  if (references) return;
  forgetStyles();
  stylesFree(lineage + STYLES);
  internFree(lineage + CLUSTERS);
  internFree(lineage + LINKS);
  release(lineage, LINEAGE_BYTES);
}

// ---- mark and sweep

function markStyle(lineage: usize, style: u32): void {
  if ((style & L.STYLE_EXT) == 0) return;
  const index = style & ~L.STYLE_EXT;
  if (!stylesMark(lineage + STYLES, index)) return;
  const link = recordLink(lineage + STYLES, index);
  if (link) internMark(lineage + LINKS, link - 1);
}

const INTERESTING: u64 = ((<u64>L.STYLE_EXT) << 32) | L.CELL_CLUSTER;

function markRow(lineage: usize, row: usize): void {
  const mask = i64x2.splat(INTERESTING);
  const end = row + L.ROW_CELLS + ((<usize>load<u16>(row, L.ROW_WIDTH)) << L.CELL_SHIFT);
  // The cell behind the end of an odd row is zero (memory.ts), so pairs never see foreign bytes.
  for (let p = row + L.ROW_CELLS; p < end; p += 16) {
    if (!v128.any_true(v128.and(v128.load(p), mask))) continue;
    for (let q = p; q < p + 16; q += 8) {
      const cell = load<u64>(q);
      markStyle(lineage, <u32>(cell >> 32));
      if (<u32>cell & L.CELL_CLUSTER) internMark(lineage + CLUSTERS, <u32>cell & L.CONTENT_MASK);
    }
  }
}

/** Marks the rows of a table, except those that stand at the same place in `known` (or 0). Returns cells seen. */
function markTable(lineage: usize, table: usize, known: usize, rows: i32): u32 {
  let cells: u32 = 0;
  for (let y: usize = 0; y < <usize>rows; y++) {
    const row = load<u32>(table + (y << 2));
    if (row == 0 || (known && load<u32>(known + (y << 2)) == row)) continue;
    markRow(lineage, row);
    cells += <u32>load<u16>(row, L.ROW_WIDTH);
  }
  return cells;
}

/** Removes what no terminal of the lineage refers to, except link `keep` (0 = none). */
function sweep(lineage: usize, keep: u32): void {
  if (!stylesBeginMarks(lineage + STYLES)) return;
  forgetStyles();
  if (keep) internMark(lineage + LINKS, keep - 1);
  let cells: u32 = 0;
  let known: usize = 0;
  let knownRows = 0;
  for (let t: usize = load<u32>(lineage, FIRST); t; t = load<u32>(t, L.T_LINEAGE_NEXT)) {
    const rows = load<i32>(t, L.T_ROWS);
    const table: usize = load<u32>(t, L.T_ROW_TABLE);
    const alternate: usize = load<u32>(t, L.T_ALTERNATE_TABLE);
    // Copies made one after the other share most rows.
    if (table) cells += markTable(lineage, table, rows <= knownRows ? known : 0, rows);
    if (alternate) cells += markTable(lineage, alternate, 0, rows);
    known = table;
    knownRows = table ? rows : 0;
    markStyle(lineage, load<u32>(t, L.T_PEN));
    markStyle(lineage, load<u32>(t, L.T_SAVED_PEN));
    markStyle(lineage, load<u32>(t, L.T_SAVED_PEN_ALTERNATE));
  }
  stylesSweep(lineage + STYLES, cells);
  internSweep(lineage + CLUSTERS, cells);
  internSweep(lineage + LINKS, cells);
}

/** Finds or adds an entry, sweeping first if the table asks for it; -1 if it cannot be kept. */
function intern(
  lineage: usize,
  table: usize,
  bytes: usize,
  length: i32,
  maxEntries: u32,
  maxBytes: u32,
  keep: u32 = 0,
): i32 {
  const known = internFind(table, bytes, length);
  if (known >= 0) return known;
  if (wantsSweep(table)) sweep(lineage, keep);
  return internAdd(table, bytes, length, maxEntries, maxBytes);
}

// ---- styles

function inlineColor(color: u32): u32 {
  return color == L.COLOR_DEFAULT ? 0 : (color & 0xff) + 1;
}

function degradedColor(color: u32): u32 {
  if ((color & 0xff000000) != L.COLOR_RGB) return inlineColor(color);
  return nearestPalette(color & 0xffffff) + 1;
}

/** True if the colour is the default or of the palette. */
function isInline(color: u32): bool {
  return color >> 25 == 0;
}

/**
 * The style word of a rendition. Canonical: equal renditions give equal words, whatever the way there.
 * @param fg,bg,underlineColor whole COLOR_* values
 * @param attributes ATTR_* bits
 * @param link from {@link internLink}, 0 = none
 */
export function internStyle(
  lineage: usize,
  fg: u32,
  bg: u32,
  underlineColor: u32,
  attributes: u32,
  link: u32,
): u32 {
  const attrs = attributes & 0x1fff;
  if (isInline(fg) && isInline(bg) && underlineColor == L.COLOR_DEFAULT && link == 0) {
    return inlineColor(fg) | (inlineColor(bg) << L.STYLE_BG_SHIFT) | (attrs << L.STYLE_ATTR_SHIFT);
  }
  const table = lineage + STYLES;
  let index = stylesFind(table, fg, bg, underlineColor, attrs, link);
  if (index < 0) {
    if (stylesWantSweep(table)) sweep(lineage, link);
    index = stylesAdd(table, fg, bg, underlineColor, attrs, link);
  }
  if (index >= 0) return L.STYLE_EXT | <u32>index;
  return degradedColor(fg) | (degradedColor(bg) << L.STYLE_BG_SHIFT) | (attrs << L.STYLE_ATTR_SHIFT);
}

/** The style an erased cell gets from a pen: its background, nothing else. */
export function eraseStyle(lineage: usize, pen: u32): u32 {
  const known = StylesAtHand.erased(lineage, pen);
  if (known != NO_STYLE) return known;
  const style = internStyle(lineage, 0, styleBackground(lineage, pen), 0, 0, 0);
  keepStyle(lineage, pen, CHANGE_ERASE, style);
  return style;
}

function wholeColor(inline: u32): u32 {
  return inline ? L.COLOR_PALETTE | (inline - 1) : L.COLOR_DEFAULT;
}

/** COLOR_* value. */
export function styleForeground(lineage: usize, style: u32): u32 {
  if (style & L.STYLE_EXT) return recordForeground(lineage + STYLES, style & ~L.STYLE_EXT);
  return wholeColor(style & L.STYLE_FG_MASK);
}

/** COLOR_* value. */
export function styleBackground(lineage: usize, style: u32): u32 {
  if (style & L.STYLE_EXT) return recordBackground(lineage + STYLES, style & ~L.STYLE_EXT);
  return wholeColor((style & L.STYLE_BG_MASK) >> L.STYLE_BG_SHIFT);
}

/** COLOR_* value; COLOR_DEFAULT = as the foreground. */
export function styleUnderlineColor(lineage: usize, style: u32): u32 {
  return style & L.STYLE_EXT ? recordUnderlineColor(lineage + STYLES, style & ~L.STYLE_EXT) : L.COLOR_DEFAULT;
}

/** ATTR_* bits. */
export function styleAttributes(lineage: usize, style: u32): u32 {
  if (style & L.STYLE_EXT) return recordAttributes(lineage + STYLES, style & ~L.STYLE_EXT);
  return style >> L.STYLE_ATTR_SHIFT;
}

/** Link number for linkParams… and linkUrl…, 0 = none. */
export function styleLink(lineage: usize, style: u32): u32 {
  return style & L.STYLE_EXT ? recordLink(lineage + STYLES, style & ~L.STYLE_EXT) : 0;
}

// ---- clusters

/**
 * Content word (CELL_CLUSTER | index) of a cluster of `length` UTF-8 bytes, 2 to MAX_CLUSTER_BYTES.
 * If it cannot be kept: the code point of its base character. Wide and other flags are the caller's.
 */
export function internCluster(lineage: usize, bytes: usize, length: i32): u32 {
  const table = lineage + CLUSTERS;
  const index = intern(lineage, table, bytes, length, MAX_CLUSTERS, NO_BYTE_LIMIT);
  return index >= 0 ? L.CELL_CLUSTER | <u32>index : decodeUtf8(bytes);
}

/** @param content a content word with CELL_CLUSTER, or its index */
export function clusterPtr(lineage: usize, content: u32): usize {
  return internPtr(lineage + CLUSTERS, content & L.CONTENT_MASK);
}

export function clusterLength(lineage: usize, content: u32): i32 {
  return internLength(lineage + CLUSTERS, content & L.CONTENT_MASK);
}

/** UTF-8 bytes of a cell's contents: 0 if empty. */
export function contentLength(lineage: usize, content: u32): i32 {
  if (content & L.CELL_CLUSTER) return clusterLength(lineage, content);
  const codePoint = content & L.CONTENT_MASK;
  return codePoint ? utf8Length(codePoint) : 0;
}

/**
 * `content` with one more code point: its new code point or cluster bits, all other bits as they were. An empty cell
 * gets the code point alone. If there is no room (MAX_CLUSTER_BYTES, table full), `content` comes back unchanged.
 */
export function appendToContent(lineage: usize, content: u32, codePoint: u32): u32 {
  const flags = content & ~(L.CONTENT_MASK | L.CELL_CLUSTER);
  const length = contentLength(lineage, content);
  if (length == 0) return flags | codePoint;
  if (length + utf8Length(codePoint) > MAX_CLUSTER_BYTES) return content;
  const bytes = scratch + 16;
  if (content & L.CELL_CLUSTER) memory.copy(bytes, clusterPtr(lineage, content), length);
  else encodeUtf8(bytes, content & L.CONTENT_MASK);
  const total = length + encodeUtf8(bytes + <usize>length, codePoint);
  const index = intern(lineage, lineage + CLUSTERS, bytes, total, MAX_CLUSTERS, NO_BYTE_LIMIT);
  return index >= 0 ? flags | L.CELL_CLUSTER | <u32>index : content;
}

// ---- links: entry = u32 length of the parameters, then parameters and URL

/** Most bytes of parameters and of URL that a link keeps; longer ones are no link. */
const MAX_LINK_PARAMS: i32 = 250;
const MAX_LINK_URL: i32 = 2083;
const linkScratch: usize = memory.data(4 + 250 + 2083 + 15, 16);

/** Number (from 1) of a hyperlink, 0 for an empty, overlong or unkeepable one. */
export function internLink(
  lineage: usize,
  params: usize,
  paramsLength: i32,
  url: usize,
  urlLength: i32,
): u32 {
  if (urlLength <= 0 || urlLength > MAX_LINK_URL || paramsLength > MAX_LINK_PARAMS) return 0;
  store<u32>(linkScratch, <u32>paramsLength);
  memory.copy(linkScratch + 4, params, paramsLength);
  memory.copy(linkScratch + 4 + <usize>paramsLength, url, urlLength);
  const length = 4 + paramsLength + urlLength;
  return <u32>(intern(lineage, lineage + LINKS, linkScratch, length, MAX_LINKS, MAX_LINK_BYTES) + 1);
}

export function linkParamsPtr(lineage: usize, link: u32): usize {
  return internPtr(lineage + LINKS, link - 1) + 4;
}

export function linkParamsLength(lineage: usize, link: u32): i32 {
  return load<i32>(internPtr(lineage + LINKS, link - 1));
}

export function linkUrlPtr(lineage: usize, link: u32): usize {
  return linkParamsPtr(lineage, link) + <usize>linkParamsLength(lineage, link);
}

export function linkUrlLength(lineage: usize, link: u32): i32 {
  return internLength(lineage + LINKS, link - 1) - 4 - linkParamsLength(lineage, link);
}

// ---- figures for tests and metrics

/** Interned entries of a lineage: 0 styles, 1 clusters, 2 links. */
export function lineageEntries(lineage: usize, kind: i32): i32 {
  return kind == 0
    ? stylesLive(lineage + STYLES)
    : internLive(lineage + CLUSTERS + <usize>(kind - 1) * INTERN_TABLE_BYTES);
}
