/**
 * Local echo in a terminal that is not Sterna's: run it with `bun client/prediction/example.ts`. A person types into a
 * shell that is 200 ms away, and each line printed is what they see at that moment. Everything that an embedding needs
 * is here: a screen, numbers for what was sent, and the echo ack. Nothing but this folder is imported.
 */
import { PredictionEngine } from "./engine.ts";
import type { DrawableScreen, Glyph } from "./screen.ts";

const BLANK: Glyph = { contents: "", rendition: 0, wide: false, fallback: false, wrap: false };
const UNDERLINED = 1;

/** One row of a terminal. A real one would wrap its own cells in these few methods. */
class OneRow implements DrawableScreen {
  readonly rows = 1;
  readonly cols = 40;
  readonly cursorRow = 0;
  readonly pen = 0;
  cursorCol = 0;
  readonly #cells: Glyph[] = Array.from({ length: this.cols }, () => BLANK);

  print(text: string): void {
    for (const contents of text) this.#cells[this.cursorCol++] = { ...BLANK, contents };
  }

  copy(): OneRow {
    const copy = new OneRow();
    copy.cursorCol = this.cursorCol;
    this.#cells.forEach((cell, col) => {
      copy.#cells[col] = cell;
    });
    return copy;
  }

  glyph(_row: number, col: number): Glyph {
    return this.#cells[col]!;
  }

  setGlyph(_row: number, col: number, glyph: Glyph): void {
    this.#cells[col] = glyph;
  }

  moveCursor(_row: number, col: number): void {
    this.cursorCol = col;
  }

  underline(_row: number, col: number): void {
    this.#cells[col] = { ...this.#cells[col]!, rendition: UNDERLINED };
  }

  /** The row, guesses between underscores. */
  toString(): string {
    const cells = this.#cells.map(({ contents, rendition }) =>
      rendition === UNDERLINED ? `_${contents}_` : contents || " ",
    );
    return cells.join("").replaceAll("__", "").trimEnd();
  }
}

const ROUND_TRIP_MS = 200;
/** The server says that input has had its effect so long after it came. */
const ECHO_ACK_MS = 50;

const engine = new PredictionEngine({ mode: "adaptive", overwrite: false, width: () => 1 });
/** What the server's screen is known to be. */
const frame = new OneRow();
frame.print("$ ");

/** Every drawing: a copy of the newest frame, the guesses judged by it, the open ones laid over it. */
function draw(now: number): OneRow {
  const target = frame.copy();
  engine.cull(target, now);
  engine.apply(target);
  return target;
}

/** What happens, in order of time. */
const events: { at: number; what: string; run: (now: number) => void }[] = [];
let sent = 0;
for (const [i, key] of [..."echo hi"].entries()) {
  const at = 1000 + i * 60;
  events.push({
    at,
    what: `typed "${key}"`,
    run: (now) => {
      engine.keys(new TextEncoder().encode(key), draw(now), sent, now);
      sent++; // …and here the key would travel, in a message of this number.
    },
  });
  events.push({
    at: at + ROUND_TRIP_MS,
    what: `the server shows "${key}"`,
    run: () => frame.print(key),
  });
  events.push({
    at: at + ROUND_TRIP_MS + ECHO_ACK_MS,
    what: `the server has taken message ${i + 1}`,
    run: () => engine.network(i + 1, ROUND_TRIP_MS / 2),
  });
}
engine.network(0, ROUND_TRIP_MS / 2);
for (const { at, what, run } of events.toSorted((a, b) => a.at - b.at)) {
  run(at);
  console.log(`${String(at).padStart(5)} ms  ${what.padEnd(32)} ${draw(at)}`);
}
