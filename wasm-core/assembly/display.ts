/**
 * What differs between two terminals: as bytes for a peer or a screen (frame), or as yes or no (equality). The entry
 * to display/, called by index.ts.
 *
 * Both terminals must be of one lineage and stay unchanged meanwhile; nothing of them is changed, no style is interned.
 * The result of a frame stays in the output until the next one.
 */
import { equalFrames } from "./display/equals";
import { frame } from "./display/frame";
import { beginOutput, outputLength, outputPtr } from "./display/output";
import { useLineage } from "./display/rendition";
import { frameStock } from "./display/stock";
import { T_LINEAGE } from "./layout";

/** The receiver shows the old state; clear: nothing is known about it, repaint. */
const INITIALIZED: u32 = 1;
/** The receiver has ECH; it erases with the pen's background; it takes titles. */
const ECH: u32 = 2;
const BCE: u32 = 4;
const TITLES: u32 = 8;
/** Byte for byte what stock Mosh 1.4.0 writes. */
const STOCK: u32 = 16;
/** The receiver is a user's terminal, not an emulator behind the wire. */
const SCREEN: u32 = 32;

/**
 * Writes the frame from terminal `from` to terminal `to`.
 * @returns its length, at {@link displayOutput}; -1 if memory is exhausted, -2 if the terminals are not related
 */
export function displayDiff(from: usize, to: usize, flags: u32): i32 {
  if (load<u32>(from, T_LINEAGE) != load<u32>(to, T_LINEAGE)) return -2;
  useLineage(load<u32>(to, T_LINEAGE));
  beginOutput();
  const known = (flags & INITIALIZED) != 0;
  const ech = (flags & ECH) != 0;
  const bce = (flags & BCE) != 0;
  const titles = (flags & TITLES) != 0;
  if (flags & STOCK) frameStock(from, to, known, ech, bce, titles);
  else if (!frame(from, to, known, ech, bce, titles, (flags & SCREEN) != 0)) return -1;
  return outputLength();
}

/** Address of the frame written last. */
export function displayOutput(): usize {
  return outputPtr();
}

/** 1 if both terminals show the same to the peer, 0 if not, -2 if they are not related. */
export function displayEquals(a: usize, b: usize): i32 {
  if (load<u32>(a, T_LINEAGE) != load<u32>(b, T_LINEAGE)) return -2;
  useLineage(load<u32>(a, T_LINEAGE));
  return equalFrames(a, b) ? 1 : 0;
}
