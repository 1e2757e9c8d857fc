/**
 * In which order a datagram from an unknown address is tried on the attachments of a hub: whose next sequence number it
 * fits best. A client that has moved goes on counting, so what it sends is a little above what is expected of it, or a
 * little below if it was overtaken. Pure; called by hub.ts.
 */

/** Classes of distance: 0, 1, 2…3, 4…7, … */
const CLASSES = 64;
/** A sequence number below the expected one is late, which is rarer than loss: so many classes further away. */
const LATE_PENALTY = 3;

const starts = new Uint32Array(CLASSES + LATE_PENALTY + 1);
let classes = new Uint8Array(64);
let order = new Uint32Array(64);

/**
 * Positions of the members, nearest first; by classes of distance that double, which costs one pass and not a sort.
 * The array is reused: valid until the next call.
 * @param sequence of the datagram
 */
export function orderByNearness(
  sequence: number,
  members: readonly { readonly expectedSequence: number }[],
): Uint32Array {
  const count = members.length;
  if (classes.length < count) {
    classes = new Uint8Array(count * 2);
    order = new Uint32Array(count * 2);
  }
  starts.fill(0);
  for (let i = 0; i < count; i++) {
    const ahead = sequence - members[i]!.expectedSequence;
    const distance = distanceClass(Math.abs(ahead)) + (ahead < 0 ? LATE_PENALTY : 0);
    classes[i] = distance;
    starts[distance]!++;
  }
  let start = 0;
  for (let c = 0; c < starts.length; c++) {
    const size = starts[c]!;
    starts[c] = start;
    start += size;
  }
  for (let i = 0; i < count; i++) order[starts[classes[i]!]!++] = i;
  return order.subarray(0, count);
}

/** 0 for 0, then 1 + the position of the highest bit. */
function distanceClass(distance: number): number {
  return distance === 0 ? 0 : Math.min(CLASSES - 1, 1 + Math.floor(Math.log2(distance)));
}
