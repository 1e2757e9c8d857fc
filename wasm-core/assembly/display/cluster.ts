/**
 * How clusters are printed, as was found out before: by their bytes, so that what is kept stays true whatever becomes of
 * the cluster. Programs that print clusters at all print the same few. Used by row.ts and doubtful.ts.
 *
 *   entry (32 bytes; all zero = free): 0 text, zeros behind it │ 16 u8 KNOWN, and WIDE │ 17 u8 PRINT_* │ 18 u8 bytes that are
 *                                      printed, the first ones of the text │ 19 u8 the position behind it is known
 */
import * as L from "../layout";
import { clusterLength, clusterPtr } from "../lineage";
import * as C from "./cell";
import * as O from "./output";

const ENTRY_SHIFT: usize = 5;
const ENTRY_BITS: u64 = 7;
/** Longer clusters are not kept. */
const MOST_BYTES: i32 = 16;
const KNOWN: u32 = 1;
const WIDE: u32 = 2;

const ENTRIES: usize = memory.data(1 << 12, 16);
/** 32 bytes, of which those from 16 - n on are a mask of the first n of 16. */
const MASKS: usize = memory.data(32, 16);
memory.fill(MASKS, 0xff, 16);

/**
 * What is known about a cell that holds a cluster; 0 if it is too long, or has a fallback base, or is the last thing in
 * memory.
 */
export function knownCluster(lineage: usize, cell: u64): usize {
  const content = C.contentOf(cell);
  const p = clusterPtr(lineage, content);
  const length = clusterLength(lineage, content);
  if (length > MOST_BYTES || (content & L.CELL_FALLBACK) != 0) return 0;
  if (p + <usize>MOST_BYTES > (<usize>memory.size()) << 16) return 0;
  const text = v128.and(v128.load(p), v128.load(MASKS + <usize>(MOST_BYTES - length)));
  const flags = KNOWN | (C.isWide(cell) ? WIDE : 0);
  const mixed = i64x2.extract_lane(text, 0) ^ (i64x2.extract_lane(text, 1) << 1) ^ <i64>flags;
  const hash: u64 = (<u64>mixed * 0x9e3779b97f4a7c15) >> (64 - ENTRY_BITS);
  const entry = ENTRIES + ((<usize>hash) << ENTRY_SHIFT);
  if (load<u8>(entry, 16) != <u8>flags || v128.any_true(v128.xor(v128.load(entry), text))) {
    const kind = C.printability(lineage, cell);
    v128.store(entry, text);
    store<u8>(entry, <u8>flags, 16);
    store<u8>(entry, <u8>kind, 17);
    store<u8>(entry, <u8>C.printedBytes(lineage, cell, kind), 18);
    store<u8>(entry, <u8>C.wasSettled(), 19);
  }
  return entry;
}

/** PRINT_* of a known cluster. */
export function knownKind(entry: usize): i32 {
  return load<u8>(entry, 17);
}

/** Static and inlined: for loops that should call nothing. */
export class Cluster {
  /** Prints a known cluster at `out`, where 16 bytes are free. Returns where the next byte goes. */
  // @ts-ignore: decorator
  @inline static put(out: usize, entry: usize): usize {
    v128.store(out, v128.load(entry));
    return out + <usize>load<u8>(entry, 18);
  }
}

/** Prints a known cluster. False if the position behind it is unknown. */
export function putKnown(entry: usize): bool {
  const out = O.Out.reserve(MOST_BYTES);
  if (out) O.commit(Cluster.put(out, entry));
  return load<u8>(entry, 19) != 0;
}
