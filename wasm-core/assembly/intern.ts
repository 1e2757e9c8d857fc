/**
 * A table of distinct byte strings: equal bytes always have the same index. lineage.ts keeps clusters and
 * links in two of them, styles.ts rich styles in one; nobody else uses it.
 *
 * Nothing counts references to an entry. Instead the owner marks the entries it still finds in use and sweeps the
 * rest: {@link wantsSweep} says when that is worth its price. Indices of surviving entries never change.
 *
 *   table (T_* below, 40 bytes)
 *   entry table: u32 each: pointer to the entry's block, or (next free index + 1) << 1 | 1, last: 1
 *   block: 0 u32 hash │ 4 u32 length, top bit = mark │ 8 bytes, zero-padded to a multiple of 8
 *   hash table: u32 each: index + 1, 0 = empty; open addressing, at most half full
 */
import { alloc, allocZeroed, release } from "./pool";

const T_ENTRIES: usize = 0; // u32 pointer
const T_CAPACITY: usize = 4;
const T_USED: usize = 8; // entries ever used: indices 0..used-1
const T_FREE: usize = 12; // first free index + 1 below used
const T_LIVE: usize = 16;
const T_HASH: usize = 20; // u32 pointer
const T_SLOTS: usize = 24; // size of the hash table, a power of two
const T_SINCE: usize = 28; // entries added or refused since the last sweep
const T_SWEEP_AT: usize = 32; // value of T_SINCE that asks for a sweep
const T_BYTES: usize = 36; // bytes of all blocks
export const INTERN_TABLE_BYTES: usize = 40;

const B_HASH: usize = 0;
const B_LENGTH: usize = 4;
const B_BYTES: usize = 8;
const MARK: u32 = 1 << 31;

/** Entries that may be added before a table asks for its first sweep. */
const FIRST_SWEEP: u32 = 1024;
const FIRST_CAPACITY: u32 = 16;

/** Prepares a zeroed table. */
export function internInit(table: usize): void {
  store<u32>(table, FIRST_SWEEP, T_SWEEP_AT);
}

/** Frees everything the table holds. */
export function internFree(table: usize): void {
  const used = load<u32>(table, T_USED);
  const entries: usize = load<u32>(table, T_ENTRIES);
  for (let i: u32 = 0; i < used; i++) {
    const block = load<u32>(entries + (i << 2));
    if ((block & 1) == 0) freeBlock(block);
  }
  if (entries) release(entries, (<usize>load<u32>(table, T_CAPACITY)) << 2);
  const hash: usize = load<u32>(table, T_HASH);
  if (hash) release(hash, (<usize>load<u32>(table, T_SLOTS)) << 2);
}

function paddedLength(length: u32): usize {
  return <usize>((length + 7) & ~7);
}

function blockLength(block: usize): u32 {
  return load<u32>(block, B_LENGTH) & ~MARK;
}

function freeBlock(block: usize): void {
  release(block, B_BYTES + paddedLength(blockLength(block)));
}

function blockAt(table: usize, index: u32): usize {
  return load<u32>(<usize>load<u32>(table, T_ENTRIES) + (index << 2));
}

/** Address of the bytes of entry `index`; they move never while the entry lives. */
export function internPtr(table: usize, index: u32): usize {
  return blockAt(table, index) + B_BYTES;
}

export function internLength(table: usize, index: u32): i32 {
  return <i32>blockLength(blockAt(table, index));
}

/** Entries in use. */
export function internLive(table: usize): i32 {
  return load<i32>(table, T_LIVE);
}

/** A multiply-and-rotate hash over 4 bytes at a time; only distribution matters, any collision is compared. */
function hashOf(bytes: usize, length: u32): u32 {
  let h = length * 0x9e3779b1;
  let p = bytes;
  const end = bytes + length;
  for (; p + 4 <= end; p += 4) h = rotl<u32>(h ^ load<u32>(p), 13) * 0x85ebca6b + 0xe6546b64;
  for (; p < end; p++) h = rotl<u32>(h ^ load<u8>(p), 11) * 0xc2b2ae35;
  h ^= h >> 15;
  h *= 0x2c1b3c6d;
  return h ^ (h >> 13);
}

/** Index of the entry with these bytes, or -1. */
export function internFind(table: usize, bytes: usize, length: i32): i32 {
  const slots = load<u32>(table, T_SLOTS);
  if (slots == 0) return -1;
  const mask = slots - 1;
  const hash: usize = load<u32>(table, T_HASH);
  const key = hashOf(bytes, length);
  let slot = key & mask;
  let found = load<u32>(hash + (slot << 2));
  while (found) {
    const block = blockAt(table, found - 1);
    if (
      load<u32>(block, B_HASH) == key &&
      blockLength(block) == <u32>length &&
      memory.compare(block + B_BYTES, bytes, length) == 0
    ) {
      return <i32>(found - 1);
    }
    slot = (slot + 1) & mask;
    found = load<u32>(hash + (slot << 2));
  }
  return -1;
}

function putHash(table: usize, key: u32, index: u32): void {
  const mask = load<u32>(table, T_SLOTS) - 1;
  const hash: usize = load<u32>(table, T_HASH);
  let slot = key & mask;
  while (load<u32>(hash + (slot << 2))) slot = (slot + 1) & mask;
  store<u32>(hash + (slot << 2), index + 1);
}

function rehash(table: usize): void {
  const used = load<u32>(table, T_USED);
  for (let i: u32 = 0; i < used; i++) {
    const block = blockAt(table, i);
    if ((block & 1) == 0) putHash(table, load<u32>(block, B_HASH), i);
  }
}

/** Makes the hash table `slots` large and fills it. False if memory is exhausted (the old one stays). */
function resizeHash(table: usize, slots: u32): bool {
  const hash = allocZeroed((<usize>slots) << 2);
  if (hash == 0) return false;
  const old: usize = load<u32>(table, T_HASH);
  if (old) release(old, (<usize>load<u32>(table, T_SLOTS)) << 2);
  store<u32>(table, <u32>hash, T_HASH);
  store<u32>(table, slots, T_SLOTS);
  rehash(table);
  return true;
}

function resizeEntries(table: usize, capacity: u32): bool {
  const entries = alloc((<usize>capacity) << 2);
  if (entries == 0) return false;
  const old: usize = load<u32>(table, T_ENTRIES);
  if (old) {
    memory.copy(entries, old, (<usize>load<u32>(table, T_USED)) << 2);
    release(old, (<usize>load<u32>(table, T_CAPACITY)) << 2);
  }
  store<u32>(table, <u32>entries, T_ENTRIES);
  store<u32>(table, capacity, T_CAPACITY);
  return true;
}

/** True if the owner should mark and sweep before it adds another entry. */
export function wantsSweep(table: usize): bool {
  return load<u32>(table, T_SINCE) >= load<u32>(table, T_SWEEP_AT);
}

/**
 * Adds an entry that {@link internFind} did not find.
 * @returns its index, or -1 if the table is full (`maxEntries`, `maxBytes`) or memory is exhausted
 */
export function internAdd(table: usize, bytes: usize, length: i32, maxEntries: u32, maxBytes: u32): i32 {
  store<u32>(table, load<u32>(table, T_SINCE) + 1, T_SINCE);
  const live = load<u32>(table, T_LIVE);
  const padded = paddedLength(length);
  const total = load<u32>(table, T_BYTES) + <u32>(B_BYTES + padded);
  if (live >= maxEntries || total > maxBytes) return -1;
  const slots = load<u32>(table, T_SLOTS);
  if ((live + 1) << 1 > slots && !resizeHash(table, max(slots << 1, FIRST_CAPACITY << 1))) return -1;
  const free = load<u32>(table, T_FREE);
  const used = load<u32>(table, T_USED);
  if (free == 0 && used == load<u32>(table, T_CAPACITY)) {
    if (!resizeEntries(table, max(used << 1, FIRST_CAPACITY))) return -1;
  }
  const block = alloc(B_BYTES + padded);
  if (block == 0) return -1;
  const key = hashOf(bytes, length);
  store<u32>(block, key, B_HASH);
  store<u32>(block, <u32>length, B_LENGTH);
  if (padded) store<u64>(block + padded, 0);
  memory.copy(block + B_BYTES, bytes, length);
  const entries: usize = load<u32>(table, T_ENTRIES);
  let index = used;
  if (free) {
    index = free - 1;
    store<u32>(table, load<u32>(entries + (index << 2)) >> 1, T_FREE);
  } else store<u32>(table, used + 1, T_USED);
  store<u32>(entries + (index << 2), <u32>block);
  putHash(table, key, index);
  store<u32>(table, live + 1, T_LIVE);
  store<u32>(table, total, T_BYTES);
  return <i32>index;
}

/** Marks entry `index` as in use for the coming {@link internSweep}. True if it was not marked yet. */
export function internMark(table: usize, index: u32): bool {
  const block = blockAt(table, index);
  const length = load<u32>(block, B_LENGTH);
  store<u32>(block, length | MARK, B_LENGTH);
  return (length & MARK) == 0;
}

/**
 * Removes every entry without a mark, clears the marks, shrinks what became far too large.
 * @param cost what marking took, in cells looked at: the next sweep waits until as many new entries make up for it
 */
export function internSweep(table: usize, cost: u32): void {
  const entries: usize = load<u32>(table, T_ENTRIES);
  let used = load<u32>(table, T_USED);
  let live: u32 = 0;
  let bytes: u32 = 0;
  let top: u32 = 0;
  for (let i: u32 = 0; i < used; i++) {
    const block = load<u32>(entries + (i << 2));
    if (block & 1) continue;
    const length = load<u32>(block, B_LENGTH);
    if (length & MARK) {
      store<u32>(block, length & ~MARK, B_LENGTH);
      live++;
      bytes += <u32>(B_BYTES + paddedLength(length & ~MARK));
      top = i + 1;
    } else {
      freeBlock(block);
      store<u32>(entries + (i << 2), 1);
    }
  }
  used = top;
  // The free list is made anew, lowest index first, so that the table fills from below and can be cut again.
  let free: u32 = 0;
  for (let i = used; i-- > 0; ) {
    const entry = entries + (i << 2);
    if (load<u32>(entry) & 1) {
      store<u32>(entry, (free << 1) | 1);
      free = i + 1;
    }
  }
  store<u32>(table, used, T_USED);
  store<u32>(table, free, T_FREE);
  store<u32>(table, live, T_LIVE);
  store<u32>(table, bytes, T_BYTES);
  store<u32>(table, 0, T_SINCE);
  store<u32>(table, max(max(live, cost >> 6), FIRST_SWEEP), T_SWEEP_AT);
  const capacity = load<u32>(table, T_CAPACITY);
  if (capacity > FIRST_CAPACITY && used << 2 <= capacity)
    resizeEntries(table, max(used << 1, FIRST_CAPACITY));
  const slots = load<u32>(table, T_SLOTS);
  if (slots == 0) return;
  let wanted = slots;
  while (wanted > FIRST_CAPACITY << 1 && live << 3 <= wanted) wanted >>= 1;
  if (wanted != slots && resizeHash(table, wanted)) return;
  memory.fill(load<u32>(table, T_HASH), 0, (<usize>slots) << 2);
  rehash(table);
}
