/**
 * The allocator under everything the core keeps: slab pools over linear memory, without garbage collection.
 *
 * Small blocks (≤ 16 KiB) come from slabs of one size class each; classes grow by at most one eighth, so a block
 * wastes at most that. Large blocks and the slabs themselves are runs of 8 KiB grains. A run that is given back
 * joins its free neighbours, and a slab that is empty is given back, so a host that lives for months and sees every
 * terminal size does not fragment for ever. WebAssembly cannot return memory to the system: what was reserved once
 * is reused, not shrunk.
 *
 * Blocks carry no header: whoever releases a block says its size. A release that names another size class than the
 * block's own is memory corruption in the making and traps at once.
 *
 * Exhaustion (4 GiB, or the system refuses): {@link alloc} returns 0. No caller in the middle of a data structure
 * should ever see that: every export that builds something calls {@link ensureHeadroom} with its worst case first
 * and refuses the whole operation if it fails.
 *
 * Nothing else in the core may use AssemblyScript's own heap (`new`, arrays, strings at run time): it would be given
 * the same addresses.
 */

/** log2 of the unit of large blocks and slabs. */
const GRAIN_SHIFT: u32 = 13;
const GRAIN: usize = 1 << GRAIN_SHIFT;
/** Grains per WebAssembly page. */
const PAGE_GRAINS: u32 = 8;
/** Linear memory grows by at least 1 MiB or an eighth of itself: growing detaches every view of it in JavaScript. */
const MIN_GROWTH_PAGES: u32 = 16;

/** Largest block served from a slab. */
const SMALL_LIMIT: usize = 16384;
const CLASSES: u32 = 64;
/** Slabs of blocks up to this size have 64 KiB, the others 128 KiB. */
const SHORT_SLAB_LIMIT: usize = 4096;

// ---- grain map: one u32 per grain of the address space, directly behind the static data
/** (length in grains << 2) in the first and last grain of a free run. */
const TAG_FREE: u32 = 1;
/** (first grain of the slab << 2) in every grain of a slab. */
const TAG_SLAB: u32 = 2;
/** (length in grains << 2) in the first grain of a large block; its last grain (if another) is 0. */
const TAG_LARGE: u32 = 3;
const MAP: usize = (__heap_base + GRAIN - 1) & ~(GRAIN - 1);
const MAP_BYTES: usize = 1 << (32 - GRAIN_SHIFT + 2);
const HEAP: usize = MAP + MAP_BYTES;

// ---- slab header, at the slab's start
const S_FREE: usize = 0; // u32 first block given back, 0 = none; each holds the next
const S_USED: usize = 4; // u32 blocks in use
const S_PREV: usize = 8; // u32 neighbours in the class's list of slabs with room
const S_NEXT: usize = 12;
const S_CLASS: usize = 16; // u32
const S_FRESH: usize = 20; // u32 next block never handed out; the slab is touched only as far as it is used
const S_END: usize = 24; // u32 end of the last block
const S_HEADER: usize = 64;

// ---- free run, in its first bytes
const R_PREV: usize = 0;
const R_NEXT: usize = 4;

/** u32 per class: first slab with room. */
const slabs: usize = memory.data(64 * 4, 16);
/** u32 per power of two: first free run of that many grains up to twice as many. */
const runs: usize = memory.data(32 * 4, 16);
/** Bit n: `runs[n]` is not empty. */
let runMask: u32 = 0;
/** First address behind linear memory, as grains. */
let endGrain: u32 = 0;
let inUse: u64 = 0;
let scratchInUse: u64 = 0;

function mapAt(grain: u32): usize {
  return MAP + ((<usize>grain) << 2);
}

function log2(n: u32): u32 {
  return 31 - clz(n);
}

// ---- size classes: multiples of 16 up to 128, then eight steps to each doubling

function classOf(bytes: usize): u32 {
  const n: u32 = bytes == 0 ? 0 : <u32>bytes - 1;
  if (n < 128) return n >> 4;
  const top = log2(n);
  return ((top - 6) << 3) + ((n >> (top - 3)) & 7);
}

function classBytes(index: u32): usize {
  if (index < 8) return (<usize>(index + 1)) << 4;
  const top = (index >> 3) + 6;
  return <usize>(((index & 7) + 9) << (top - 3));
}

// ---- runs of grains

function linkRun(grain: u32, length: u32): void {
  const bin = log2(length);
  const run = (<usize>grain) << GRAIN_SHIFT;
  const head = load<u32>(runs + (bin << 2));
  store<u32>(run, 0, R_PREV);
  store<u32>(run, head, R_NEXT);
  if (head) store<u32>(head, <u32>run, R_PREV);
  store<u32>(runs + (bin << 2), <u32>run);
  runMask |= 1 << bin;
  const entry = (length << 2) | TAG_FREE;
  store<u32>(mapAt(grain), entry);
  store<u32>(mapAt(grain + length - 1), entry);
}

function unlinkRun(grain: u32, length: u32): void {
  const bin = log2(length);
  const run = (<usize>grain) << GRAIN_SHIFT;
  const prev = load<u32>(run, R_PREV);
  const next = load<u32>(run, R_NEXT);
  if (next) store<u32>(next, prev, R_PREV);
  if (prev) store<u32>(prev, next, R_NEXT);
  else {
    store<u32>(runs + (bin << 2), next);
    if (next == 0) runMask &= ~(1 << bin);
  }
  store<u32>(mapAt(grain), 0);
  store<u32>(mapAt(grain + length - 1), 0);
}

/** Gives a run back and joins it with free neighbours. */
function releaseRun(first: u32, count: u32): void {
  let grain = first;
  let length = count;
  const before = load<u32>(mapAt(grain - 1));
  if ((before & 3) == TAG_FREE) {
    const more = before >> 2;
    unlinkRun(grain - more, more);
    grain -= more;
    length += more;
  }
  if (grain + length < endGrain) {
    const behind = load<u32>(mapAt(grain + length));
    if ((behind & 3) == TAG_FREE) {
      const more = behind >> 2;
      unlinkRun(grain + length, more);
      length += more;
    }
  }
  linkRun(grain, length);
}

/** Finds a free run of at least `length` grains (still in its list), or 0. */
function findRun(length: u32): u32 {
  const bin = log2(length);
  // A run of this bin may be too short; look at a few, then take any of a larger bin.
  let run = load<u32>(runs + (bin << 2));
  for (let tries = 0; run != 0 && tries < 16; tries++) {
    if (load<u32>(mapAt(run >> GRAIN_SHIFT)) >> 2 >= length) return run >> GRAIN_SHIFT;
    run = load<u32>(run, R_NEXT);
  }
  const larger = bin == 31 ? 0 : runMask & (0xffffffff << (bin + 1));
  return larger ? load<u32>(runs + (ctz(larger) << 2)) >> GRAIN_SHIFT : 0;
}

/** Takes more memory from the system so that a free run of `length` grains exists. */
function grow(length: u32): bool {
  const need = (length + PAGE_GRAINS - 1) / PAGE_GRAINS;
  const generous = max(need, max(MIN_GROWTH_PAGES, <u32>memory.size() >> 3));
  let pages = generous;
  let old = memory.grow(pages);
  if (old < 0) {
    pages = need;
    old = memory.grow(pages);
    if (old < 0) return false;
  }
  // The very last grain of the 4 GiB is left out: its end would not fit an address.
  let grains = pages * PAGE_GRAINS;
  const first = <u32>old * PAGE_GRAINS;
  if (first + grains == 1 << (32 - GRAIN_SHIFT)) grains--;
  endGrain = first + grains;
  releaseRun(first, grains);
  return true;
}

function takeRun(length: u32): u32 {
  let grain = findRun(length);
  if (grain == 0) {
    if (!grow(length)) return 0;
    grain = findRun(length);
    if (grain == 0) return 0;
  }
  const have = load<u32>(mapAt(grain)) >> 2;
  unlinkRun(grain, have);
  if (have > length) linkRun(grain + length, have - length);
  return grain;
}

// ---- slabs

function linkSlab(slab: usize, index: u32): void {
  const head = load<u32>(slabs + (index << 2));
  store<u32>(slab, 0, S_PREV);
  store<u32>(slab, head, S_NEXT);
  if (head) store<u32>(head, <u32>slab, S_PREV);
  store<u32>(slabs + (index << 2), <u32>slab);
}

function unlinkSlab(slab: usize, index: u32): void {
  const prev = load<u32>(slab, S_PREV);
  const next = load<u32>(slab, S_NEXT);
  if (next) store<u32>(next, prev, S_PREV);
  if (prev) store<u32>(prev, next, S_NEXT);
  else store<u32>(slabs + (index << 2), next);
}

function slabGrains(size: usize): u32 {
  return size <= SHORT_SLAB_LIMIT ? 8 : 16;
}

function newSlab(index: u32, size: usize): usize {
  const grains = slabGrains(size);
  const grain = takeRun(grains);
  if (grain == 0) return 0;
  for (let i: u32 = 0; i < grains; i++) store<u32>(mapAt(grain + i), (grain << 2) | TAG_SLAB);
  const slab = (<usize>grain) << GRAIN_SHIFT;
  const room = ((<usize>grains) << GRAIN_SHIFT) - S_HEADER;
  store<u32>(slab, 0, S_FREE);
  store<u32>(slab, 0, S_USED);
  store<u32>(slab, index, S_CLASS);
  store<u32>(slab, <u32>(slab + S_HEADER), S_FRESH);
  store<u32>(slab, <u32>(slab + S_HEADER + (room / size) * size), S_END);
  linkSlab(slab, index);
  return slab;
}

function isFull(slab: usize): bool {
  return load<u32>(slab, S_FREE) == 0 && load<u32>(slab, S_FRESH) == load<u32>(slab, S_END);
}

function allocSmall(bytes: usize): usize {
  const index = classOf(bytes);
  const size = classBytes(index);
  let slab: usize = load<u32>(slabs + (index << 2));
  if (slab == 0) {
    slab = newSlab(index, size);
    if (slab == 0) return 0;
  }
  let block: usize = load<u32>(slab, S_FREE);
  if (block) store<u32>(slab, load<u32>(block), S_FREE);
  else {
    block = load<u32>(slab, S_FRESH);
    store<u32>(slab, <u32>(block + size), S_FRESH);
  }
  store<u32>(slab, load<u32>(slab, S_USED) + 1, S_USED);
  if (isFull(slab)) unlinkSlab(slab, index);
  inUse += size;
  return block;
}

function releaseSmall(block: usize, bytes: usize): void {
  const index = classOf(bytes);
  const entry = load<u32>(mapAt(<u32>(block >> GRAIN_SHIFT)));
  if ((entry & 3) != TAG_SLAB) unreachable();
  const grain = entry >> 2;
  const slab = (<usize>grain) << GRAIN_SHIFT;
  if (load<u32>(slab, S_CLASS) != index) unreachable();
  const full = isFull(slab);
  store<u32>(block, load<u32>(slab, S_FREE));
  store<u32>(slab, <u32>block, S_FREE);
  const used = load<u32>(slab, S_USED) - 1;
  store<u32>(slab, used, S_USED);
  const size = classBytes(index);
  inUse -= size;
  if (full) linkSlab(slab, index);
  // The last slab with room stays, so that one block going back and forth does not make and unmake a slab.
  else if (used == 0 && (load<u32>(slab, S_PREV) | load<u32>(slab, S_NEXT)) != 0) {
    unlinkSlab(slab, index);
    releaseRun(grain, slabGrains(size));
  }
}

// ---- what the core uses

/**
 * A block of at least `bytes` bytes, 16-byte aligned, contents undefined; 0 if memory is exhausted (see head).
 * Release it with {@link release} and the same number of bytes.
 */
export function alloc(bytes: usize): usize {
  if (bytes <= SMALL_LIMIT) return allocSmall(bytes);
  if (bytes > <usize>(<u32>-1) - 2 * GRAIN) return 0;
  const grains = <u32>((bytes + GRAIN - 1) >> GRAIN_SHIFT);
  const grain = takeRun(grains);
  if (grain == 0) return 0;
  if (grains > 1) store<u32>(mapAt(grain + grains - 1), 0);
  store<u32>(mapAt(grain), (grains << 2) | TAG_LARGE);
  inUse += (<u64>grains) << GRAIN_SHIFT;
  return (<usize>grain) << GRAIN_SHIFT;
}

/** Like {@link alloc}, zeroed. */
export function allocZeroed(bytes: usize): usize {
  const block = alloc(bytes);
  if (block) memory.fill(block, 0, bytes);
  return block;
}

/** Gives back a block of `bytes` bytes, the number it was asked for with. */
export function release(block: usize, bytes: usize): void {
  if (bytes <= SMALL_LIMIT) {
    releaseSmall(block, bytes);
    return;
  }
  const grains = <u32>((bytes + GRAIN - 1) >> GRAIN_SHIFT);
  const grain = <u32>(block >> GRAIN_SHIFT);
  if (load<u32>(mapAt(grain)) != ((grains << 2) | TAG_LARGE)) unreachable();
  inUse -= (<u64>grains) << GRAIN_SHIFT;
  releaseRun(grain, grains);
}

/** A block the core keeps for itself between calls (output, working copies); not counted as in use. */
export function allocScratch(bytes: usize): usize {
  const before = inUse;
  const block = alloc(bytes);
  scratchInUse += inUse - before;
  return block;
}

export function releaseScratch(block: usize, bytes: usize): void {
  const before = inUse;
  release(block, bytes);
  scratchInUse -= before - inUse;
}

/**
 * True if blocks of together `bytes` bytes can be had for certain: one free run of that size exists or could be made.
 * Count 128 KiB for each size class that might need a fresh slab. Costs a few ns if there is room.
 */
export function ensureHeadroom(bytes: usize): bool {
  const grains = <u32>((bytes + GRAIN - 1) >> GRAIN_SHIFT) + 1;
  const bin = log2(grains) + 1;
  if (runMask >> bin) return true;
  return findRun(grains) != 0 || grow(grains);
}

/** Bytes of all blocks handed out, rounded up to their classes; scratch not included. */
export function bytesInUse(): f64 {
  return <f64>(inUse - scratchInUse);
}

/** Bytes of linear memory that the pools own, in use or free. */
export function bytesReserved(): f64 {
  return <f64>((<u64>memory.size()) << 16) - <f64>HEAP;
}

/** Takes over what linear memory the instance started with behind the static data and the map. */
function start(): void {
  const first = <u32>(HEAP >> GRAIN_SHIFT);
  let end = <u32>memory.size() * PAGE_GRAINS;
  if (end <= first) {
    const pages = (first - end) / PAGE_GRAINS + MIN_GROWTH_PAGES;
    if (memory.grow(pages) < 0) unreachable();
    end = <u32>memory.size() * PAGE_GRAINS;
  }
  endGrain = end;
  linkRun(first, end - first);
}
start();
