/**
 * The diff from client to server: keys and window sizes, in the order in which they happened.
 *
 *   UserMessage { 1: repeated Instruction { 2: Keystroke { 4: keys } | 3: ResizeMessage { 5: width, 6: height } } }
 */
import {
  FIELD_OVERHEAD,
  fieldLength,
  LENGTH_DELIMITED,
  Reader,
  VARINT,
  varintLength,
  Writer,
} from "./protobuf.ts";

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
  if (events.length === 0) return NO_BYTES;
  let size = 0;
  for (const event of events) size += FIELD_OVERHEAD * 4 + (event.kind === "keys" ? event.bytes.length : 0);
  const writer = new Writer(size);
  for (const event of events) {
    if (event.kind === "keys") writeNested(writer, event.bytes);
    else writeResize(writer, event);
  }
  return writer.finish();
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

/** An Instruction with the bytes of keys or of a screen: field 2 of it, field 4 of that. */
export function writeNested(writer: Writer, bytes: Uint8Array): void {
  const inner = fieldLength(bytes.length);
  writer.message(1, fieldLength(inner)).message(2, inner).bytes(4, bytes);
}

/** An Instruction with a ResizeMessage, which host messages have too. */
export function writeResize(writer: Writer, { cols, rows }: Resize): void {
  const inner = 2 + varintLength(cols) + varintLength(rows);
  writer.message(1, fieldLength(inner)).message(3, inner).varint(5, cols).varint(6, rows);
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
