/**
 * The instruction: how one state of one side's object follows from another, and what was received from the peer.
 */
import { FIELD_OVERHEAD, LENGTH_DELIMITED, Reader, VARINT, Writer } from "./protobuf.ts";

export interface Instruction {
  /** Always 2 [P 7.5]. */
  readonly protocolVersion: number;
  /** State that the diff starts from. */
  readonly oldNum: number;
  /** State that the diff leads to. */
  readonly newNum: number;
  /** Newest state received from the peer. */
  readonly ackNum: number;
  /** States below this are needed no more. */
  readonly throwawayNum: number;
  /** A UserMessage or HostMessage; empty if both states have the same contents. */
  readonly diff: Uint8Array;
  /** Random bytes that hide the length [P 7.6]. */
  readonly chaff: Uint8Array;
}

const NO_BYTES = new Uint8Array(0);

/** All seven fields, in number order, also the zero and empty ones [P 7.3]. */
export function encodeInstruction(instruction: Instruction): Uint8Array {
  return new Writer(instruction.diff.length + instruction.chaff.length + 7 * FIELD_OVERHEAD)
    .varint(1, instruction.protocolVersion)
    .varint(2, instruction.oldNum)
    .varint(3, instruction.newNum)
    .varint(4, instruction.ackNum)
    .varint(5, instruction.throwawayNum)
    .bytes(6, instruction.diff)
    .bytes(7, instruction.chaff)
    .finish();
}

/**
 * An absent field is 0 or empty, an unknown one is skipped [P 7.4]. Undefined if it is no protobuf message.
 * @param withChaff false: the chaff is checked, but left out
 */
export function decodeInstruction(bytes: Uint8Array, withChaff = true): Instruction | undefined {
  let protocolVersion = 0;
  let oldNum = 0;
  let newNum = 0;
  let ackNum = 0;
  let throwawayNum = 0;
  let diff: Uint8Array = NO_BYTES;
  let chaff: Uint8Array = NO_BYTES;
  const reader = new Reader(bytes);
  while (reader.next()) {
    if (reader.is(1, VARINT)) protocolVersion = reader.uint32();
    else if (reader.is(2, VARINT)) oldNum = reader.uint64();
    else if (reader.is(3, VARINT)) newNum = reader.uint64();
    else if (reader.is(4, VARINT)) ackNum = reader.uint64();
    else if (reader.is(5, VARINT)) throwawayNum = reader.uint64();
    else if (reader.is(6, LENGTH_DELIMITED)) diff = reader.bytes();
    else if (withChaff && reader.is(7, LENGTH_DELIMITED)) chaff = reader.bytes();
  }
  if (reader.failed) return undefined;
  return { protocolVersion, oldNum, newNum, ackNum, throwawayNum, diff, chaff };
}
