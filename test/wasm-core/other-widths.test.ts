/** Frames for the wire at a peer whose C library has other widths than ours: all but such characters is in its place. */
import { expect, test } from "bun:test";
import { Terminal as Xterm } from "@xterm/headless";
import { loadCore } from "../../wasm-core/load.ts";
import { Random } from "./random.ts";

const core = await loadCore();
const encode = (text: string) => new TextEncoder().encode(text);
const show = (frame: Uint8Array) => JSON.stringify(new TextDecoder().decode(frame));

/** Writes and parses at once; the public write() takes a timer's turn each time. */
function xtermWrite(xterm: Xterm, bytes: Uint8Array): void {
  (xterm as unknown as { _core: { writeSync(bytes: Uint8Array): void } })._core.writeSync(bytes);
}

test("a peer with other widths has all else in its place", () => {
  // xterm.js has the widths of Unicode 6: emoji are narrow.
  const [cols, rows] = [40, 10];
  const live = core.createTerminal(cols, rows, "host");
  const xterm = new Xterm({ cols, rows, allowProposedApi: true, logLevel: "off" });
  const random = new Random(7);
  let last = live.snapshot();
  let narrow = 0;
  for (let step = 0; step < 400; step++) {
    let text = random.oneIn(3) ? "" : `\x1b[${random.between(1, rows)};${random.between(1, cols)}H`;
    for (let n = random.between(1, 30); n > 0; n--) {
      const kind = random.below(8);
      if (kind < 3) text += random.pick(["😀", "🚀", "✅", "⚡", "👍🏽", "❤️", "🇫🇷", "👩‍💻"]);
      else if (kind < 5) text += "abcdefgh".slice(random.below(7));
      else if (kind === 5) text += " ".repeat(random.below(9));
      else text += random.pick(["é", "漢", "\r\n", "\x1b[K", "\x1b[44m", "\x1b[m", "\x1b[31m"]);
    }
    live.feed(encode(text));
    live.takeReplies();
    const now = live.snapshot();
    const frame = now.diff(last);
    xtermWrite(xterm, frame);
    const buffer = xterm.buffer.active;
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < cols; x++) {
        const ours = now.cell(y, x);
        const got = buffer.getLine(buffer.baseY + y)!.getCell(x)!;
        if (/^[a-z漢é]$/.test(ours.text) && got.getChars() !== ours.text)
          throw new Error(`step ${step}, ${y},${x}: ${ours.text}, got ${got.getChars()}: ${show(frame)}`);
        if (!ours.wide || !/\p{Emoji_Presentation}/u.test(ours.text)) continue;
        if (got.getWidth() === 1) narrow++;
        const behind = buffer
          .getLine(buffer.baseY + y)!
          .getCell(x + 1)!
          .getChars();
        if (behind.trim() !== "")
          throw new Error(`step ${step}, ${y},${x}: ${behind} behind: ${show(frame)}`);
      }
    }
    last.free();
    last = now;
  }
  expect(narrow).toBeGreaterThan(5000);
  last.free();
  live.free();
  xterm.dispose();
});
