/**
 * The diff from client to server: keys and window sizes, in the order in which they happened.
 *
 *   UserMessage { 1: repeated Instruction { 2: Keystroke { 4: keys } | 3: ResizeMessage { 5: width, 6: height } } }
 */
import { FIELD_OVERHEAD, LENGTH_DELIMITED, Reader, VARINT, Writer } from "./protobuf.ts";

export interface Keys {
  readonly kind: "keys";
  /** Bytes as the user's terminal sent them. */
  readonly bytes: Uint8Array;
}

export interface Resize {
  readonly kind: "resize";
  readonly cols: number;
  readonly rows: number;
}

const NO_BYTES = new Uint8Array(0);

export type UserEvent = Keys | Resize;

/** One Instruction for each event [P 7.7]. The caller joins neighbouring keys. No events: no bytes. */
export function encodeUserMessage(events: readonly UserEvent[]): Uint8Array {
  const instructions = events.map((event) =>
    event.kind === "keys" ? nest(2, nest(4, event.bytes)) : nest(3, encodeResize(event.cols, event.rows)),
  );
  return encodeMessage(instructions);
}

/** The events of a UserMessage; undefined if it is no protobuf message. */
export function decodeUserMessage(bytes: Uint8Array): UserEvent[] | undefined {
  const events: UserEvent[] = [];
  const message = new Reader(bytes);
  while (message.next()) {
    if (!message.is(1, LENGTH_DELIMITED)) continue;
    let keys: Keys | undefined;
    let resize: Resize | undefined;
    const instruction = message.message();
    while (instruction.next()) {
      if (instruction.is(2, LENGTH_DELIMITED)) {
        keys = decodeKeys(instruction.message());
        if (keys === undefined) return undefined;
      } else if (instruction.is(3, LENGTH_DELIMITED)) {
        resize = decodeResize(instruction.message());
        if (resize === undefined) return undefined;
      }
    }
    if (instruction.failed) return undefined;
    const event = keys ?? resize; // [P 7.9] one Instruction is one event: keys before a size
    if (event !== undefined) events.push(event);
  }
  return message.failed ? undefined : events;
}

/** A message of the given Instructions in field 1. */
export function encodeMessage(instructions: readonly Uint8Array[]): Uint8Array {
  const size = instructions.reduce((sum, instruction) => sum + FIELD_OVERHEAD + instruction.length, 0);
  const message = new Writer(size);
  for (const instruction of instructions) message.bytes(1, instruction);
  return message.finish();
}

/** A message with one field. */
export function nest(field: number, value: Uint8Array): Uint8Array {
  return new Writer(FIELD_OVERHEAD + value.length).bytes(field, value).finish();
}

/** A ResizeMessage, which host messages have too. */
export function encodeResize(cols: number, rows: number): Uint8Array {
  return new Writer(2 * FIELD_OVERHEAD).varint(5, cols).varint(6, rows).finish();
}

/** A ResizeMessage; a dimension that is absent is 0. Undefined if it is no protobuf message. */
export function decodeResize(reader: Reader): Resize | undefined {
  let cols = 0;
  let rows = 0;
  while (reader.next()) {
    if (reader.is(5, VARINT)) cols = reader.int32();
    else if (reader.is(6, VARINT)) rows = reader.int32();
  }
  return reader.failed ? undefined : { kind: "resize", cols, rows };
}

function decodeKeys(reader: Reader): Keys | undefined {
  let keys: Uint8Array = NO_BYTES;
  while (reader.next()) if (reader.is(4, LENGTH_DELIMITED)) keys = reader.bytes();
  return reader.failed ? undefined : { kind: "keys", bytes: keys };
}
