/**
 * The reasons for which input from the network is not used, and their counters. Nothing a peer sends throws: it is
 * dropped and counted here [P 3.10].
 */

/** All reasons, from the outside in. */
export const DROP_REASONS = [
  /** longer than any datagram of this protocol */
  "oversize",
  /** shorter than nonce and tag */
  "short",
  /** the tag does not match: corrupted, another session's, or forged */
  "integrity",
  /** authentic, but too short for timestamps */
  "plaintext",
  /** one of our own datagrams came back */
  "direction",
  /** authentic, but with a sequence number to which no peer can have counted, and we could not count on from */
  "sequence",
  /** authentic, but the fragment header is cut short, or its id is a number that a double does not hold */
  "fragment-header",
  /** a fragment contradicts one that is already there */
  "fragment-conflict",
  /** the fragments together are larger than any instruction */
  "fragment-size",
  /** not a zlib stream, or it grows beyond the limit */
  "compression",
  /** not a protobuf instruction, or one of its numbers is none that a double holds */
  "instruction",
  /** another protocol version */
  "version",
  /** a state that is already here; its acknowledgement was used */
  "duplicate",
  /** a difference to a state that is no longer, or not yet, here; its acknowledgement was used */
  "unknown-reference",
  /** numbers that contradict each other */
  "numbering",
  /** the queue of received states is full */
  "quench",
  /** there is no room for what the diff brings; it will come again */
  "no-room",
  /** the diff does not parse, or breaks a rule of its state object */
  "diff",
] as const;

export type DropReason = (typeof DROP_REASONS)[number];

export type DropCounts = Record<DropReason, number>;

export function newDropCounts(): DropCounts {
  return Object.fromEntries(DROP_REASONS.map((reason) => [reason, 0])) as DropCounts;
}
