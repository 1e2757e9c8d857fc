/**
 * A terminal's whole state as plain data, in the form of test/cases/README.md ("Screen state") with nothing left out.
 * For tests, logs and comparisons with other terminals; never on the hot path.
 */
import { FIELD, MODE, MODE2 } from "./abi.ts";
import { type Cell, sgr } from "./rendition.ts";
import type { Terminal } from "./terminal.ts";

/** [count, contents], [count, contents, pen] or [count, contents, pen, flags]; pen left out if "0" and no flags. */
type Run = [number, string] | [number, string, string] | [number, string, string, string];
/** Text for readers, then the runs of equal cells; null = all cells empty with pen "0". */
export type Line = [string, ...Run[]] | null;

export interface ScreenState {
  cols: number;
  rows: number;
  cursor: [number, number];
  pending_wrap: boolean;
  pen: string;
  cursor_visible: boolean;
  reverse_video: boolean;
  origin: boolean;
  autowrap: boolean;
  insert: boolean;
  app_cursor_keys: boolean;
  bracketed_paste: boolean;
  mouse_mode: number;
  mouse_focus: boolean;
  mouse_altscroll: boolean;
  mouse_enc: number;
  scroll_region: [number, number];
  tabs: number[];
  default_tabs: boolean;
  saved: { cursor: [number, number]; pen: string; autowrap: boolean; origin: boolean };
  combining: [number, number];
  title_set: boolean;
  title: string;
  icon: string;
  clipboard: string;
  bell: number;
  lines: Line[];
}

function flagsOf(cell: Cell): string {
  return (cell.wide ? "w" : "") + (cell.fallback ? "f" : "") + (cell.wrap ? "p" : "");
}

function run(count: number, text: string, pen: string, flags: string): Run {
  if (flags !== "") return [count, text, pen, flags];
  return pen === "0" ? [count, text] : [count, text, pen];
}

function line(terminal: Terminal, row: number, text: string): Line {
  const words = terminal.rowWords(row);
  const runs: Run[] = [];
  let blank = true;
  for (let col = 0; col < words.length / 2; ) {
    const content = words[col * 2]!;
    const style = words[col * 2 + 1]!;
    let end = col + 1;
    while (words[end * 2] === content && words[end * 2 + 1] === style) end++;
    const cell = terminal.cellOf(content, style);
    const [pen, flags] = [sgr(cell.rendition), flagsOf(cell)];
    if (cell.text !== "" || pen !== "0" || flags !== "") blank = false;
    runs.push(run(end - col, cell.text, pen, flags));
    col = end;
  }
  return blank ? null : [text, ...runs];
}

/** @param field reads a number of the terminal by FIELD */
export function screenState(terminal: Terminal, field: (field: number) => number): ScreenState {
  const modes = field(FIELD.modes);
  const mode = (bit: number) => (modes & bit) !== 0;
  const savedModes = field(FIELD.savedModes);
  const text = terminal.text();
  const { cols, rows } = terminal;
  return {
    cols,
    rows,
    cursor: [terminal.cursorRow, terminal.cursorCol],
    pending_wrap: mode(MODE.pendingWrap),
    pen: sgr(terminal.pen),
    cursor_visible: mode(MODE.cursorVisible),
    reverse_video: mode(MODE.reverseVideo),
    origin: mode(MODE.origin),
    autowrap: mode(MODE.autowrap),
    insert: mode(MODE.insert),
    app_cursor_keys: mode(MODE.appCursorKeys),
    bracketed_paste: mode(MODE.bracketedPaste),
    mouse_mode: field(FIELD.mouseMode),
    mouse_focus: mode(MODE.focus),
    mouse_altscroll: mode(MODE.alternateScroll),
    mouse_enc: field(FIELD.mouseEncoding),
    scroll_region: [field(FIELD.regionTop), field(FIELD.regionBottom)],
    tabs: Array.from({ length: cols }, (_, col) => col).filter((col) => terminal.hasTabStop(col)),
    default_tabs: (field(FIELD.modes2) & MODE2.defaultTabs) !== 0,
    saved: {
      cursor: [field(FIELD.savedRow), field(FIELD.savedCol)],
      pen: sgr(terminal.rendition(field(FIELD.savedPen))),
      autowrap: (savedModes & MODE.autowrap) !== 0,
      origin: (savedModes & MODE.origin) !== 0,
    },
    combining: [field(FIELD.combiningRow), field(FIELD.combiningCol)],
    title_set: mode(MODE.titleSet),
    title: terminal.title,
    icon: terminal.iconName,
    clipboard: terminal.clipboard,
    bell: terminal.bellCount,
    lines: text.map((content, row) => line(terminal, row, content)),
  };
}
