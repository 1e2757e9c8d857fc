/**
 * What a peer can be told about a terminal, as text to compare (display.md 7): every cell as printed, with width and
 * rendition; the cell behind a wide character, wrap flags and bell count left out.
 */
import type { Terminal } from "../../wasm-core/core.ts";
import { loadCore } from "../../wasm-core/load.ts";
import type { Line, ScreenState } from "../../wasm-core/screen-state.ts";

const core = await loadCore();
/** Asked for the widths a stock peer has. */
const stock = core.createTerminal(1, 1, "replica");

const told = new Map<string, string>();

/** Parameters of a full SGR as far as profile mosh-1.4 can say them: any underline is 4; no 2, 9, 53, 58. */
function toldPen(pen: string): string {
  const known = told.get(pen);
  if (known !== undefined) return known;
  const plain = pen.replace(/;58:[0-9:]*/g, "").replace(/;4:[0-9]/, ";4");
  // The attributes stock does not know follow the colours; none of their numbers is a colour's.
  const match =
    /^0((?:;[134578])*)((?:;[34][0-7]|;[34]8;5;\d+|;[34]8;2;\d+;\d+;\d+)*)((?:;2|;4|;9|;53)*)$/.exec(plain);
  if (!match) throw new Error(`pen ${pen}`);
  const [, attributes = "", colors = "", rest = ""] = match;
  const underlined = attributes.includes(";4") || rest.includes(";4");
  const order = ["1", "3", "4", "5", "7", "8"].filter((a) =>
    a === "4" ? underlined : attributes.includes(a),
  );
  const result = ["0", ...order].join(";") + colors;
  told.set(pen, result);
  return result;
}

/** The characters of a cell as a stock peer ends up with them. */
function toldText(contents: string, wide: boolean, fallback: boolean): string {
  if (contents === "") return " ";
  let text = "";
  for (const char of fallback ? `\u00a0${contents}` : contents) {
    const code = char.codePointAt(0)!;
    if (text === "" && code >= 0x20 && code < 0x7f && !wide) {
      text = char;
      continue;
    }
    const width = stock.width(code);
    if (text === "") {
      // Unknown to the peer: dropped, on blanks.
      if (width !== (wide ? 2 : 1)) return " ";
      text = char;
    } else if (width === 0) {
      if (Buffer.byteLength(text) < 32) text += char;
    } else if (width > 0) break;
  }
  return text;
}

/** A title or clipboard text without what must not be sent. */
function toldString(text: string, limit: number): string {
  return [...text.replace(/[\x00-\x1f\x80-\x9f]/g, "")].slice(0, limit).join("");
}

/** A row of the screen, cells told one by one. */
function toldRow(line: Line, cols: number): string {
  if (line === null) return compress(Array.from({ length: cols }, () => " {0}"));
  const cells: string[] = [];
  let col = -1;
  let covered = 0;
  for (const [count, contents, pen = "0", flags = ""] of line.slice(1) as [
    number,
    string,
    string?,
    string?,
  ][]) {
    const wide = flags.includes("w");
    const text = toldText(contents, wide, flags.includes("f"));
    // A wide character that the peer drops leaves two blanks in its rendition.
    const dropped = wide && text === " ";
    const cell = `${text}${wide && !dropped ? "/w" : ""}{${toldPen(pen)}}`;
    for (let i = 0; i < count; i++) {
      col++;
      if (covered > 0) {
        covered--;
        continue;
      }
      if (wide && col === cols - 1) {
        // Half a character, which only the replica role leaves there: not sent (display.md D2).
        cells.push(` {${toldPen(pen)}}`);
        continue;
      }
      cells.push(cell);
      if (!wide) continue;
      if (dropped) cells.push(cell);
      covered = 1;
    }
  }
  return compress(cells);
}

/** One line per row of the screen, then one per group of fields. */
export function picture(terminal: Terminal): string {
  return pictureOf(terminal.inspect());
}

/** {@link picture} of a state at hand. */
export function pictureOf(state: ScreenState): string {
  const encoding = state.mouse_enc === 1016 ? 1006 : state.mouse_enc;
  return [
    ...state.lines.map((line) => toldRow(line, state.cols)),
    `size ${state.cols}x${state.rows} cursor ${state.cursor} visible ${state.cursor_visible}`,
    `pen ${toldPen(state.pen)} reverse ${state.reverse_video} paste ${state.bracketed_paste}`,
    `mouse ${state.mouse_mode} ${encoding} focus ${state.mouse_focus} scroll ${state.mouse_altscroll}`,
    `title ${toldString(state.title, 254)}`,
    `icon ${toldString(state.icon, 254)}`,
    `clipboard ${toldString(state.clipboard, 16379)}`,
  ].join("\n");
}

/** Runs of equal cells as one. */
function compress(cells: string[]): string {
  const runs: string[] = [];
  for (let i = 0; i < cells.length; ) {
    let n = 1;
    while (cells[i + n] === cells[i]) n++;
    runs.push(n === 1 ? cells[i]! : `${n}*${cells[i]}`);
    i += n;
  }
  return runs.join(" ");
}

/** What must hold of a replica after every host string (display.md 4 (1 to 3)); a list of what does not. */
export function hiddenState(replica: Terminal, state: ScreenState): string[] {
  const wrong: string[] = [];
  if (!replica.atRest) wrong.push("parser not in ground");
  if (state.pending_wrap) wrong.push("pending wrap");
  if (!state.autowrap) wrong.push("auto-wrap off");
  if (state.insert) wrong.push("insert mode");
  if (state.origin) wrong.push("origin mode");
  if (state.app_cursor_keys) wrong.push("application cursor keys");
  if (state.scroll_region.join() !== `0,${state.rows - 1}`) wrong.push(`region ${state.scroll_region}`);
  if (!state.default_tabs || state.tabs.some((col, i) => col !== 8 * i)) wrong.push("tabs changed");
  if (replica.takeReplies().length > 0) wrong.push("it answered");
  return wrong;
}
