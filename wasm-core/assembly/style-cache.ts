/**
 * Styles that were asked for a moment ago: what a pen became by one change of it. Interning is a search; programs in
 * true colour go to and fro between the same few hundred styles.
 *
 * What is kept is only good as long as nothing is removed from a lineage's table of styles: lineage.ts forgets
 * everything then. Used by lineage.ts and sgr.ts.
 */
import { STYLE_BG_MASK, STYLE_EXT } from "./layout";

/** No style word: STYLE_EXT with the largest index there could be. */
export const NO_STYLE: u32 = 0xffffffff;

// ---- changes: u32; for a colour the SGR value (38, 48, 58) in the top byte and RGB below
export const CHANGE_ERASE: u32 = 1 << 24;
export const CHANGE_RESET: u32 = 2 << 24;

// ---- a slot: u32 lineage (0 = empty), pen, change, style; each place is the only one for its key
const SLOT_BITS: u32 = 10;
const SLOTS: usize = memory.data(16384, 16);

function slotOf(pen: u32, change: u32): usize {
  const hash = (pen * 0x9e3779b1) ^ (change * 0x85ebca6b);
  return SLOTS + ((hash >> (32 - SLOT_BITS)) << 4);
}

/** Static and inlined: for loops that must not call anything. */
export class StylesAtHand {
  /** What `pen` becomes by `change`, or NO_STYLE if it would have to be looked for. */
  // @ts-ignore: decorator
  @inline static find(lineage: usize, pen: u32, change: u32): u32 {
    const slot = slotOf(pen, change);
    const known =
      load<u32>(slot) == <u32>lineage && load<u32>(slot, 4) == pen && load<u32>(slot, 8) == change;
    return known ? load<u32>(slot, 12) : NO_STYLE;
  }

  /** The style an erased cell gets from `pen`, or NO_STYLE. */
  // @ts-ignore: decorator
  @inline static erased(lineage: usize, pen: u32): u32 {
    if ((pen & STYLE_EXT) == 0) return pen & STYLE_BG_MASK;
    return StylesAtHand.find(lineage, pen, CHANGE_ERASE);
  }
}

export function keepStyle(lineage: usize, pen: u32, change: u32, style: u32): void {
  const slot = slotOf(pen, change);
  store<u32>(slot, <u32>lineage);
  store<u32>(slot, pen, 4);
  store<u32>(slot, change, 8);
  store<u32>(slot, style, 12);
}

export function forgetStyles(): void {
  memory.fill(SLOTS, 0, (<usize>16) << SLOT_BITS);
}
