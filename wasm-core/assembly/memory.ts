/**
 * What the core stores: rows and texts, reference counted, on top of the pools of pool.ts.
 *
 * A row is shared by every terminal and snapshot that shows it and is written only while its count is 1; a text is
 * never written after it was made. Called by screen, parser, display; the allocator is re-exported so that they need
 * one import.
 */
import { EXTENT_UNKNOWN, ROW_CELLS, ROW_EXTENT, ROW_GENERATION, ROW_REFS, ROW_WIDTH } from "./layout";
import { alloc, release } from "./pool";

export {
  alloc,
  allocScratch,
  allocZeroed,
  bytesInUse,
  bytesReserved,
  ensureHeadroom,
  release,
  releaseScratch,
} from "./pool";

// ---- rows

let generation: u64 = 0;

/** A row generation that no row ever had (layout: ROW_GENERATION). */
export function nextGeneration(): u64 {
  return ++generation;
}

/**
 * Bytes of a row of `width` columns. Rows have an even number of cells; the odd one out stays zero, so that two rows
 * of one width can be compared 16 bytes at a time.
 */
export function rowBytes(width: i32): usize {
  return ROW_CELLS + ((<usize>(width + (width & 1))) << 3);
}

/** Memory for a row. The caller has ensured headroom; to go on without it would write over static data. */
function allocRow(bytes: usize): usize {
  const row = alloc(bytes);
  if (row == 0) unreachable();
  return row;
}

/** A blank row: count 1, all cells zero, fresh generation. Traps if memory is exhausted (pool.ts: ensureHeadroom). */
export function newRow(width: i32): usize {
  const bytes = rowBytes(width);
  const row = allocRow(bytes);
  store<u32>(row, 1, ROW_REFS);
  store<u32>(row, <u32>width, ROW_WIDTH); // and extent 0
  store<u64>(row, nextGeneration(), ROW_GENERATION);
  memory.fill(row + ROW_CELLS, 0, bytes - ROW_CELLS);
  return row;
}

export function retainRow(row: usize): void {
  store<u32>(row, load<u32>(row, ROW_REFS) + 1, ROW_REFS);
}

export function releaseRow(row: usize): void {
  const references = load<u32>(row, ROW_REFS) - 1;
  if (references == 0) release(row, rowBytes(load<u16>(row, ROW_WIDTH)));
  else store<u32>(row, references, ROW_REFS);
}

/**
 * A copy of `row` with `newWidth` columns, cut or padded with zero cells: count 1, the same generation.
 * The original's count is not touched. Traps if memory is exhausted.
 */
export function copyRow(row: usize, newWidth: i32): usize {
  const bytes = rowBytes(newWidth);
  const copy = allocRow(bytes);
  const width = <i32>load<u16>(row, ROW_WIDTH);
  if (width == newWidth) {
    memory.copy(copy, row, bytes);
  } else {
    const kept = ROW_CELLS + ((<usize>min(width, newWidth)) << 3);
    memory.copy(copy, row, kept);
    memory.fill(copy + kept, 0, bytes - kept);
    store<u16>(copy, <u16>newWidth, ROW_WIDTH);
    store<u16>(copy, <u16>EXTENT_UNKNOWN, ROW_EXTENT);
  }
  store<u32>(copy, 1, ROW_REFS);
  return copy;
}

// ---- texts: title, icon name, clipboard. 0 is the empty text everywhere.
//   0 u32 references │ 4 u32 length in bytes │ 8 UTF-8 …
const TEXT_REFS: usize = 0;
const TEXT_LENGTH: usize = 4;
const TEXT_BYTES: usize = 8;

/** A text with a copy of the `length` bytes at `bytes`, count 1; 0 for length 0 or if memory is exhausted. */
export function newText(bytes: usize, length: i32): usize {
  if (length <= 0) return 0;
  const text = alloc(TEXT_BYTES + <usize>length);
  if (text == 0) return 0;
  store<u32>(text, 1, TEXT_REFS);
  store<u32>(text, <u32>length, TEXT_LENGTH);
  memory.copy(text + TEXT_BYTES, bytes, length);
  return text;
}

export function retainText(text: usize): void {
  if (text) store<u32>(text, load<u32>(text, TEXT_REFS) + 1, TEXT_REFS);
}

export function releaseText(text: usize): void {
  if (text == 0) return;
  const references = load<u32>(text, TEXT_REFS) - 1;
  if (references == 0) release(text, TEXT_BYTES + <usize>load<u32>(text, TEXT_LENGTH));
  else store<u32>(text, references, TEXT_REFS);
}

/** Length in bytes. */
export function textLength(text: usize): i32 {
  return text ? load<i32>(text, TEXT_LENGTH) : 0;
}

/** Address of the UTF-8 bytes; meaningless for the empty text. */
export function textPtr(text: usize): usize {
  return text + TEXT_BYTES;
}

export function textEquals(a: usize, b: usize): bool {
  if (a == b) return true;
  const length = textLength(a);
  return length == textLength(b) && memory.compare(textPtr(a), textPtr(b), length) == 0;
}
