/**
 * The user stream: every key and window size since the start of the session. The client's object, received by the
 * server.
 *
 * A stream knows its place in the session: it holds the events from `start` to `end`, counted from the first event
 * (one byte of keys is one event). Forgetting a prefix moves `start`, so a stream whose events were all delivered is
 * two numbers, and a server that keeps 1,024 received states keeps 1,024 pairs of numbers.
 */
import { MAX_DIMENSION } from "./params.ts";
import type { SyncObject } from "./sync-object.ts";
import {
  decodeUserMessage,
  encodeUserMessage,
  type Keys,
  type Resize,
  type UserEvent,
} from "./user-message.ts";

export class UserStream implements SyncObject<UserStream> {
  /** The events start..end; key bytes are never written to once they are here, so clones share them. */
  #segments: UserEvent[] = [];
  #start = 0;
  #end = 0;

  /** Appends typed bytes; takes a copy [P 11.1]. */
  pushBytes(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#push({ kind: "keys", bytes: bytes.slice() });
  }

  /** Appends a window size [P 11.1]. Throws RangeError if no window can have it. */
  pushResize(cols: number, rows: number): void {
    const event: Resize = { kind: "resize", cols, rows };
    if (!possible(event)) throw new RangeError(`no window has ${cols} columns and ${rows} rows`);
    this.#push(event);
  }

  /** The events that are held, in order, neighbouring keys joined. Their bytes must not be written to. */
  events(): UserEvent[] {
    return this.#eventsFrom(this.#start);
  }

  /** Events held: each byte and each size is one. A client stops reading keys while this is large [P 11.7]. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** Length and events in order [P 11.2]. */
  equals(other: UserStream): boolean {
    if (this.#end !== other.#end) return false;
    const start = Math.max(this.#start, other.#start);
    if (this.#sharesEventsFrom(start, other)) return true;
    const mine = this.#eventsFrom(start);
    const others = other.#eventsFrom(start);
    return mine.length === others.length && mine.every((event, at) => equalEvents(event, others[at]!));
  }

  /** The events after `from`, which must be a prefix of this stream [P 11.3]. */
  diff(from: UserStream): Uint8Array {
    return encodeUserMessage(this.#eventsFrom(from.#end));
  }

  apply(diff: Uint8Array): boolean {
    const events = decodeUserMessage(diff);
    if (events === undefined) return false;
    for (const event of events) {
      // [P 11.5] a size no window can have counts as an event, so that both ends count alike, but `events` leaves it out.
      if (event.kind === "resize" || event.bytes.length > 0) this.#push(event);
    }
    return true;
  }

  /** A stream only grows [P 9.9]. */
  follows(earlier: UserStream): boolean {
    return this.#end >= earlier.#end;
  }

  clone(): UserStream {
    const copy = new UserStream();
    copy.#segments = this.#segments.slice();
    copy.#start = this.#start;
    copy.#end = this.#end;
    return copy;
  }

  /** Forgets what both ends are done with; each end may forget another amount [P 11.6]. */
  subtract(prefix: UserStream): void {
    const start = Math.min(prefix.#end, this.#end);
    if (start <= this.#start) return;
    this.#segments = this.#segmentsFrom(start);
    this.#start = start;
  }

  release(): void {
    this.#segments = [];
    this.#start = this.#end;
  }

  /** Whether both hold the very same segments from `start` on, as clones do: no byte of a paste need be compared. */
  #sharesEventsFrom(start: number, other: UserStream): boolean {
    let position = this.#end;
    for (let back = 1; position > start; back++) {
      const segment = this.#segments.at(-back);
      if (segment === undefined || segment !== other.#segments.at(-back)) return false;
      position -= eventLength(segment);
    }
    return true;
  }

  #push(event: UserEvent): void {
    this.#segments.push(event);
    this.#end += eventLength(event);
  }

  #eventsFrom(start: number): UserEvent[] {
    const events: UserEvent[] = [];
    let run: Uint8Array[] = [];
    const flush = (): void => {
      if (run.length > 0) events.push({ kind: "keys", bytes: concat(run) });
      run = [];
    };
    for (const segment of this.#segmentsFrom(start)) {
      if (segment.kind === "keys") {
        run.push(segment.bytes); // [P 11.4]
      } else if (possible(segment)) {
        flush();
        events.push(segment);
      }
    }
    flush();
    return events;
  }

  /** The segments from position `start` on; the first may be the rest of a longer one. */
  #segmentsFrom(start: number): UserEvent[] {
    if (start >= this.#end) return [];
    let position = this.#start;
    for (let at = 0; at < this.#segments.length; at++) {
      const segment = this.#segments[at]!;
      const next = position + eventLength(segment);
      if (start < next) {
        if (start <= position) return this.#segments.slice(at);
        const rest: Keys = { kind: "keys", bytes: (segment as Keys).bytes.subarray(start - position) };
        return [rest, ...this.#segments.slice(at + 1)];
      }
      position = next;
    }
    return [];
  }
}

/** A resize is one event; a run of keys as many as it has bytes. */
function eventLength(event: UserEvent): number {
  return event.kind === "keys" ? event.bytes.length : 1;
}

function possible(size: Resize): boolean {
  return isDimension(size.cols) && isDimension(size.rows);
}

function isDimension(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= MAX_DIMENSION;
}

function equalEvents(a: UserEvent, b: UserEvent): boolean {
  if (a.kind === "resize") return b.kind === "resize" && a.cols === b.cols && a.rows === b.rows;
  return (
    b.kind === "keys" &&
    a.bytes.length === b.bytes.length &&
    a.bytes.every((byte, at) => byte === b.bytes[at])
  );
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
