/**
 * Recordings of sessions for measuring local echo: what was typed and when, and what the screen then did and when, as
 * the client received it over loopback. JSON lines: a header, then events in order.
 *
 *   {"format":"sterna typing 1","name":"bash","about":"…","cols":80,"rows":24}
 *   {"at":812,"keys":"l"}                  typed bytes as text (UTF-8), one read; ms from the start
 *   {"at":815,"host":"l","echo":7}         host string that makes the new screen of the last one, and the echo ack; an
 *                                          empty host string where only the echo ack is new
 *
 * Read by replay.ts and live.ts, written by record.ts.
 */
import type { Core } from "../../wasm-core/core.ts";

const FORMAT = "sterna typing 1";

export interface Header {
  readonly format: string;
  readonly name: string;
  readonly about: string;
  readonly cols: number;
  readonly rows: number;
}

export type RecordedEvent =
  | { readonly at: number; readonly keys: string }
  | { readonly at: number; readonly host: string; readonly echo: number };

/** What the program printed after a key and before the next. */
interface Reaction {
  /** ms after the key, or after the start. */
  readonly after: number;
  readonly output: Uint8Array;
}

interface Step {
  /** Empty for the first: what is printed before any key. */
  readonly keys: Uint8Array;
  /** ms after the key before. */
  readonly pause: number;
  readonly reactions: readonly Reaction[];
}

/** A true screen: rows of text, and the cursor. */
export interface Picture {
  readonly rows: readonly string[];
  readonly row: number;
  readonly col: number;
}

export interface Recording {
  readonly header: Header;
  readonly steps: readonly Step[];
  /** For each step, all pictures from before its key to after its last reaction. */
  readonly pictures: readonly (readonly Picture[])[];
}

const encoder = new TextEncoder();

export function writeRecording(header: Omit<Header, "format">, events: readonly RecordedEvent[]): string {
  return [{ format: FORMAT, ...header }, ...events].map((line) => `${JSON.stringify(line)}\n`).join("");
}

/** @throws Error if it is not a recording */
export function readRecording(text: string, core: Core): Recording {
  const [first = "{}", ...lines] = text.trimEnd().split("\n");
  const header = JSON.parse(first) as Header;
  if (header.format !== FORMAT) throw new Error(`not a recording: expected ${FORMAT}, came ${header.format}`);
  const steps: { keys: Uint8Array; pause: number; reactions: Reaction[] }[] = [
    { keys: new Uint8Array(), pause: 0, reactions: [] },
  ];
  const terminal = core.createTerminal(header.cols, header.rows, "replica");
  const look = (): Picture => ({
    rows: terminal.text().map((row) => row.trimEnd()),
    row: terminal.cursorRow,
    col: terminal.cursorCol,
  });
  const pictures: Picture[][] = [[look()]];
  let keyAt = 0;
  for (const line of lines) {
    const event = JSON.parse(line) as RecordedEvent;
    if ("keys" in event) {
      steps.push({ keys: encoder.encode(event.keys), pause: event.at - keyAt, reactions: [] });
      keyAt = event.at;
      pictures.push([look()]);
    } else if (event.host !== "") {
      const output = encoder.encode(event.host);
      steps.at(-1)?.reactions.push({ after: event.at - keyAt, output });
      terminal.feed(output);
      pictures.at(-1)?.push(look());
    }
  }
  terminal.free();
  return { header, steps, pictures };
}
