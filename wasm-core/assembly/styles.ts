/**
 * The extended styles of a lineage, 8 bytes each: equal styles always have the same index. What a record has no room for
 * (underline colour, link) is kept in a table of rich styles beside it. Used by lineage.ts alone.
 *
 * As in intern.ts nothing counts references: the owner marks what it finds in use and sweeps the rest. Indices of styles
 * that stay never change.
 *
 *   record (u64, never 0)
 *   ┌────────────────┬────────────────┬───────────────────┬─────────────────────┬─────────────────────┬─────────┐
 *   │ 0..23          │ 24..47         │ 48..58            │ 59..60              │ 61..62              │ 63      │
 *   │ foreground     │ background     │ attributes        │ foreground's COLOR_ │ background's COLOR_ │ RICH    │
 *   └────────────────┴────────────────┴───────────────────┴─────────────────────┴─────────────────────┴─────────┘
 *   RICH: 0..31 index in the rich table. Foreground's COLOR_ 3: the record is free, 0..31 next free index + 1
 *   index of records: u16 or u32 each: number of a record + 1, 0 = empty; open addressing, at most three quarters full
 */
import {
  INTERN_TABLE_BYTES,
  internAdd,
  internFind,
  internFree,
  internInit,
  internMark,
  internPtr,
  internSweep,
} from "./intern";
import { alloc, allocZeroed, release } from "./pool";

const T_RECORDS: usize = 0; // u32 pointer
const T_CAPACITY: usize = 4;
const T_USED: usize = 8; // records ever used: 0..used-1
const T_FREE: usize = 12; // first free record + 1 below used
const T_LIVE: usize = 16;
const T_INDEX: usize = 20; // u32 pointer
const T_SLOTS: usize = 24; // of the index: 2^n or 3 * 2^n
const T_SHIFT: usize = 28; // log2 of the size of a slot
const T_SINCE: usize = 32; // styles added or refused since the last sweep
const T_SWEEP_AT: usize = 36; // value of T_SINCE that asks for a sweep
const T_MARKS: usize = 40; // u32 pointer to a bit for each record, while there are marks
const T_RICH: usize = 44;
export const STYLE_TABLE_BYTES: usize = T_RICH + INTERN_TABLE_BYTES;

const RICH: u64 = 1 << 63;
const FREE: u64 = 3 << 59;
const COMPACT_ATTRIBUTES: u32 = 0x7ff;

// ---- rich style
//   0 u32 foreground │ 4 u32 background │ 8 u32 underline colour │ 12 u16 attributes │ 14 u16 link
const X_FOREGROUND: usize = 0;
const X_BACKGROUND: usize = 4;
const X_UNDERLINE: usize = 8;
const X_ATTRIBUTES: usize = 12;
const X_LINK: usize = 14;
const X_BYTES: i32 = 16;
const scratch: usize = memory.data(16, 16);

/** Most extended styles of a lineage: two whole 250×250 screens without two equal cells. */
const MAX_STYLES: u32 = 131072;
/** Styles that may be added before a table asks for its first sweep. */
const FIRST_SWEEP: u32 = 1024;
const FIRST_SLOTS: u32 = 32;
const FIRST_CAPACITY: u32 = 16;
/** The most records whose numbers a slot of 16 bits holds. */
const NARROW_CAPACITY: u32 = 65535;

/** Prepares a zeroed table. */
export function stylesInit(table: usize): void {
  store<u32>(table, FIRST_SWEEP, T_SWEEP_AT);
  internInit(table + T_RICH);
}

/** Frees everything the table holds. */
export function stylesFree(table: usize): void {
  const records: usize = load<u32>(table, T_RECORDS);
  if (records) release(records, (<usize>load<u32>(table, T_CAPACITY)) << 3);
  releaseIndex(table);
  internFree(table + T_RICH);
}

function releaseIndex(table: usize): void {
  const index: usize = load<u32>(table, T_INDEX);
  if (index) release(index, (<usize>load<u32>(table, T_SLOTS)) << load<u32>(table, T_SHIFT));
}

// ---- records

function recordAt(table: usize, style: u32): u64 {
  return load<u64>(<usize>load<u32>(table, T_RECORDS) + ((<usize>style) << 3));
}

function setRecord(table: usize, style: u32, record: u64): void {
  store<u64>(<usize>load<u32>(table, T_RECORDS) + ((<usize>style) << 3), record);
}

function isFree(record: u64): bool {
  return (record & (RICH | FREE)) == FREE;
}

function richOf(table: usize, record: u64): usize {
  return internPtr(table + T_RICH, <u32>record);
}

/** COLOR_* value. */
export function recordForeground(table: usize, style: u32): u32 {
  const record = recordAt(table, style);
  if (record & RICH) return load<u32>(richOf(table, record), X_FOREGROUND);
  return (<u32>record & 0xffffff) | (<u32>(record >> 35) & 0x3000000);
}

/** COLOR_* value. */
export function recordBackground(table: usize, style: u32): u32 {
  const record = recordAt(table, style);
  if (record & RICH) return load<u32>(richOf(table, record), X_BACKGROUND);
  return (<u32>(record >> 24) & 0xffffff) | (<u32>(record >> 37) & 0x3000000);
}

/** COLOR_* value. */
export function recordUnderlineColor(table: usize, style: u32): u32 {
  const record = recordAt(table, style);
  return record & RICH ? load<u32>(richOf(table, record), X_UNDERLINE) : 0;
}

/** ATTR_* bits. */
export function recordAttributes(table: usize, style: u32): u32 {
  const record = recordAt(table, style);
  if (record & RICH) return load<u16>(richOf(table, record), X_ATTRIBUTES);
  return <u32>(record >> 48) & COMPACT_ATTRIBUTES;
}

/** Number of the link, 0 = none. */
export function recordLink(table: usize, style: u32): u32 {
  const record = recordAt(table, style);
  return record & RICH ? load<u16>(richOf(table, record), X_LINK) : 0;
}

// ---- index

/** Where the search for a record begins. */
function slotOf(record: u64, slots: u32): u32 {
  const hash = (record ^ (record >> 29)) * 0x9e3779b97f4a7c15;
  return <u32>(((hash >> 32) * slots) >> 32);
}

function numberIn(index: usize, slot: u32, shift: u32): u32 {
  const at = index + ((<usize>slot) << shift);
  return shift == 1 ? load<u16>(at) : load<u32>(at);
}

function findRecord(table: usize, record: u64): i32 {
  const slots = load<u32>(table, T_SLOTS);
  if (slots == 0) return -1;
  const index: usize = load<u32>(table, T_INDEX);
  const shift = load<u32>(table, T_SHIFT);
  let slot = slotOf(record, slots);
  for (let number = numberIn(index, slot, shift); number; number = numberIn(index, slot, shift)) {
    if (recordAt(table, number - 1) == record) return <i32>(number - 1);
    if (++slot == slots) slot = 0;
  }
  return -1;
}

function putRecord(table: usize, record: u64, style: u32): void {
  const slots = load<u32>(table, T_SLOTS);
  const index: usize = load<u32>(table, T_INDEX);
  const shift = load<u32>(table, T_SHIFT);
  let slot = slotOf(record, slots);
  while (numberIn(index, slot, shift)) if (++slot == slots) slot = 0;
  const at = index + ((<usize>slot) << shift);
  if (shift == 1) store<u16>(at, <u16>(style + 1));
  else store<u32>(at, style + 1);
}

/** Makes the index anew with `slots` slots. False if memory is exhausted (the old one stays). */
function makeIndex(table: usize, slots: u32): bool {
  const shift: u32 = load<u32>(table, T_CAPACITY) > NARROW_CAPACITY ? 2 : 1;
  const index = allocZeroed((<usize>slots) << shift);
  if (index == 0) return false;
  releaseIndex(table);
  store<u32>(table, <u32>index, T_INDEX);
  store<u32>(table, slots, T_SLOTS);
  store<u32>(table, shift, T_SHIFT);
  const used = load<u32>(table, T_USED);
  for (let i: u32 = 0; i < used; i++) {
    const record = recordAt(table, i);
    if (!isFree(record)) putRecord(table, record, i);
  }
  return true;
}

/** 2^n, 3 * 2^(n-1), 2^(n+1) … */
function nextSlots(slots: u32): u32 {
  if (slots == 0) return FIRST_SLOTS;
  return popcnt(slots) == 1 ? slots + (slots >> 1) : slots + slots / 3;
}

/** Room for `capacity` records. False if memory is exhausted. */
function resizeRecords(table: usize, capacity: u32): bool {
  const records = alloc((<usize>capacity) << 3);
  if (records == 0) return false;
  const old: usize = load<u32>(table, T_RECORDS);
  if (old) {
    memory.copy(records, old, (<usize>load<u32>(table, T_USED)) << 3);
    release(old, (<usize>load<u32>(table, T_CAPACITY)) << 3);
  }
  store<u32>(table, <u32>records, T_RECORDS);
  store<u32>(table, capacity, T_CAPACITY);
  return true;
}

/** An eighth more, in steps that the pools have sizes for. */
function nextCapacity(capacity: u32): u32 {
  return capacity == 0 ? FIRST_CAPACITY : capacity + max(FIRST_CAPACITY, (1 << (31 - clz(capacity))) >> 3);
}

function addRecord(table: usize, record: u64): i32 {
  const live = load<u32>(table, T_LIVE);
  if (live >= MAX_STYLES) return -1;
  const free = load<u32>(table, T_FREE);
  const used = load<u32>(table, T_USED);
  const capacity = load<u32>(table, T_CAPACITY);
  if (free == 0 && used == capacity && !resizeRecords(table, nextCapacity(capacity))) return -1;
  const style = free ? free - 1 : used;
  const slots = load<u32>(table, T_SLOTS);
  if ((live + 1) << 2 > slots * 3) {
    if (!makeIndex(table, nextSlots(slots))) return -1;
  } else if (style >= NARROW_CAPACITY && load<u32>(table, T_SHIFT) == 1 && !makeIndex(table, slots))
    return -1;
  if (free) store<u32>(table, <u32>recordAt(table, style), T_FREE);
  else store<u32>(table, used + 1, T_USED);
  setRecord(table, style, record);
  putRecord(table, record, style);
  store<u32>(table, live + 1, T_LIVE);
  return <i32>style;
}

// ---- what lineage.ts uses

/** The record of a style that has room in one, else 0. Colours are COLOR_* values; the two are not both inline. */
function compact(fg: u32, bg: u32, underlineColor: u32, attributes: u32, link: u32): u64 {
  if ((underlineColor | link) != 0 || attributes > COMPACT_ATTRIBUTES) return 0;
  return (
    <u64>(fg & 0xffffff) |
    ((<u64>(bg & 0xffffff)) << 24) |
    ((<u64>attributes) << 48) |
    ((<u64>(fg >> 24)) << 59) |
    ((<u64>(bg >> 24)) << 61)
  );
}

function putRich(fg: u32, bg: u32, underlineColor: u32, attributes: u32, link: u32): void {
  store<u32>(scratch, fg, X_FOREGROUND);
  store<u32>(scratch, bg, X_BACKGROUND);
  store<u32>(scratch, underlineColor, X_UNDERLINE);
  store<u16>(scratch, <u16>attributes, X_ATTRIBUTES);
  store<u16>(scratch, <u16>link, X_LINK);
}

/** The record of a style; 0: it is rich, and not in that table, or with `add` has no room there. */
function recordOf(
  table: usize,
  fg: u32,
  bg: u32,
  underlineColor: u32,
  attributes: u32,
  link: u32,
  add: bool,
): u64 {
  const record = compact(fg, bg, underlineColor, attributes, link);
  if (record) return record;
  putRich(fg, bg, underlineColor, attributes, link);
  let rich = internFind(table + T_RICH, scratch, X_BYTES);
  if (rich < 0 && add) rich = internAdd(table + T_RICH, scratch, X_BYTES, MAX_STYLES, i32.MAX_VALUE);
  return rich < 0 ? 0 : RICH | <u64>rich;
}

/** Index of a style, or -1. */
export function stylesFind(
  table: usize,
  fg: u32,
  bg: u32,
  underlineColor: u32,
  attributes: u32,
  link: u32,
): i32 {
  const record = recordOf(table, fg, bg, underlineColor, attributes, link, false);
  return record ? findRecord(table, record) : -1;
}

/** Adds a style that {@link stylesFind} did not find. Its index, or -1 if there is no room. */
export function stylesAdd(
  table: usize,
  fg: u32,
  bg: u32,
  underlineColor: u32,
  attributes: u32,
  link: u32,
): i32 {
  // What is refused counts, too: without a sweep there would never be room again.
  store<u32>(table, load<u32>(table, T_SINCE) + 1, T_SINCE);
  const record = recordOf(table, fg, bg, underlineColor, attributes, link, true);
  return record ? addRecord(table, record) : -1;
}

/** Styles in use. */
export function stylesLive(table: usize): i32 {
  return load<i32>(table, T_LIVE);
}

/** True if the owner should mark and sweep before it adds another style. */
export function stylesWantSweep(table: usize): bool {
  return load<u32>(table, T_SINCE) >= load<u32>(table, T_SWEEP_AT);
}

function markBytes(table: usize): usize {
  return <usize>((load<u32>(table, T_USED) + 7) >> 3);
}

/** Begins to mark for {@link stylesSweep}. False if there is no memory for marks. */
export function stylesBeginMarks(table: usize): bool {
  const marks = allocZeroed(markBytes(table));
  store<u32>(table, <u32>marks, T_MARKS);
  if (marks == 0) store<u32>(table, 0, T_SINCE);
  return marks != 0;
}

/** Marks a style as in use. True if it was not marked yet. */
export function stylesMark(table: usize, style: u32): bool {
  const at = <usize>load<u32>(table, T_MARKS) + (style >> 3);
  const marks: u32 = load<u8>(at);
  const bit: u32 = 1 << (style & 7);
  if (marks & bit) return false;
  store<u8>(at, <u8>(marks | bit));
  const record = recordAt(table, style);
  if (record & RICH) internMark(table + T_RICH, <u32>record);
  return true;
}

/**
 * Removes every style without a mark, forgets the marks, shrinks what became far too large.
 * @param cost what marking took, in cells looked at: the next sweep waits until as many new styles make up for it
 */
export function stylesSweep(table: usize, cost: u32): void {
  const marks: usize = load<u32>(table, T_MARKS);
  const markedBytes = markBytes(table);
  const had = load<u32>(table, T_USED);
  let live: u32 = 0;
  let used: u32 = 0;
  for (let i: u32 = 0; i < had; i++) {
    if ((load<u8>(marks + (i >> 3)) >> <u8>(i & 7)) & 1) {
      live++;
      used = i + 1;
    } else setRecord(table, i, FREE);
  }
  release(marks, markedBytes);
  store<u32>(table, 0, T_MARKS);
  // The free list is made anew, lowest index first, so that the table fills from below and can be cut again.
  let free: u32 = 0;
  for (let i = used; i-- > 0; ) {
    if (!isFree(recordAt(table, i))) continue;
    setRecord(table, i, FREE | <u64>free);
    free = i + 1;
  }
  store<u32>(table, used, T_USED);
  store<u32>(table, free, T_FREE);
  store<u32>(table, live, T_LIVE);
  store<u32>(table, 0, T_SINCE);
  store<u32>(table, max(max(live, cost >> 6), FIRST_SWEEP), T_SWEEP_AT);
  internSweep(table + T_RICH, cost);
  const slots = load<u32>(table, T_SLOTS);
  if (slots == 0) return;
  let wanted = FIRST_SLOTS;
  while (live << 1 > wanted) wanted = nextSlots(wanted);
  if (wanted << 1 > slots || !makeIndex(table, wanted)) refillIndex(table);
  const capacity = load<u32>(table, T_CAPACITY);
  if (capacity > FIRST_CAPACITY && used << 2 <= capacity)
    resizeRecords(table, max(used << 1, FIRST_CAPACITY));
}

/** Fills the index anew as it is. */
function refillIndex(table: usize): void {
  const slots = load<u32>(table, T_SLOTS);
  memory.fill(load<u32>(table, T_INDEX), 0, (<usize>slots) << load<u32>(table, T_SHIFT));
  const used = load<u32>(table, T_USED);
  for (let i: u32 = 0; i < used; i++) {
    const record = recordAt(table, i);
    if (!isFree(record)) putRecord(table, record, i);
  }
}
