/**
 * The diff from server to client: what to feed to the client's terminal, its size, and how far input was echoed.
 *
 *   HostMessage { 1: repeated Instruction { 2: HostBytes { 4: hoststring } | 3: ResizeMessage { 5: width, 6: height }
 *                                         | 7: EchoAck { 8: echo_ack_num } } }
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
import { decodeResize, type Resize, writeNested, writeResize } from "./user-message.ts";

interface HostBytes {
  readonly kind: "bytes";
  readonly bytes: Uint8Array;
}

interface EchoAck {
  readonly kind: "echo-ack";
  /** Number of the newest client state whose effect is on the screen. */
  readonly num: number;
}

const NO_BYTES = new Uint8Array(0);

export type HostEvent = HostBytes | Resize | EchoAck;

/** One Instruction for each event [P 7.8]. No events: no bytes. */
export function encodeHostMessage(events: readonly HostEvent[]): Uint8Array {
  if (events.length === 0) return NO_BYTES;
  let size = 0;
  for (const event of events) size += FIELD_OVERHEAD * 4 + (event.kind === "bytes" ? event.bytes.length : 0);
  const writer = new Writer(size);
  for (const event of events) {
    if (event.kind === "bytes") {
      writeNested(writer, event.bytes);
    } else if (event.kind === "resize") {
      writeResize(writer, event);
    } else {
      const inner = 1 + varintLength(event.num);
      writer.message(1, fieldLength(inner)).message(7, inner).varint(8, event.num);
    }
  }
  return writer.finish();
}

/** The events of a HostMessage; undefined if it is no protobuf message. */
export function decodeHostMessage(bytes: Uint8Array): HostEvent[] | undefined {
  const events: HostEvent[] = [];
  const message = new Reader(bytes);
  while (message.next()) {
    if (!message.is(1, LENGTH_DELIMITED)) continue;
    let host: HostEvent | undefined;
    let resize: HostEvent | undefined;
    let echoAck: HostEvent | undefined;
    const instruction = message.message();
    while (instruction.next()) {
      if (instruction.is(2, LENGTH_DELIMITED)) {
        host = decodeHostBytes(instruction.message());
        if (host === undefined) return undefined;
      } else if (instruction.is(3, LENGTH_DELIMITED)) {
        resize = decodeResize(instruction.message());
        if (resize === undefined) return undefined;
      } else if (instruction.is(7, LENGTH_DELIMITED)) {
        echoAck = decodeEchoAck(instruction.message());
        if (echoAck === undefined) return undefined;
      }
    }
    if (instruction.failed) return undefined;
    const event = host ?? resize ?? echoAck; // [P 7.9] only the first of these counts
    if (event !== undefined) events.push(event);
  }
  return message.failed ? undefined : events;
}

function decodeHostBytes(reader: Reader): HostBytes | undefined {
  let host: Uint8Array = NO_BYTES;
  while (reader.next()) if (reader.is(4, LENGTH_DELIMITED)) host = reader.bytes();
  return reader.failed ? undefined : { kind: "bytes", bytes: host };
}

function decodeEchoAck(reader: Reader): EchoAck | undefined {
  let num = 0;
  while (reader.next()) if (reader.is(8, VARINT)) num = reader.uint64();
  return reader.failed ? undefined : { kind: "echo-ack", num };
}
