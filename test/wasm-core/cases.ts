/** Reads test/cases/*.json and fills in what they leave out (test/cases/README.md). Used by the tests of the core. */
import type { Line, ScreenState } from "../../wasm-core/screen-state.ts";

export interface Step {
  in?: string;
  resize?: [number, number];
  user?: string;
}

export interface EmulatorCase {
  name: string;
  group: string;
  desc: string;
  cols: number;
  rows: number;
  steps: Step[];
  expect: Partial<ScreenState>;
  frame: string;
  frame_resize?: [number, number];
  reply?: string;
  client?: Partial<ScreenState>;
}

interface Target {
  feed(bytes: Uint8Array): void;
  resize(cols: number, rows: number): void;
  translateInput(bytes: Uint8Array): void;
}

export function bytes(base64: string): Uint8Array {
  return Uint8Array.from(Buffer.from(base64, "base64"));
}

/** Carries out steps; `feed` may split the output as it likes. */
export function play(target: Target, steps: Step[], feed = (b: Uint8Array) => target.feed(b)): void {
  for (const step of steps) {
    if (step.in !== undefined) feed(bytes(step.in));
    if (step.resize) target.resize(...step.resize);
    if (step.user !== undefined) target.translateInput(bytes(step.user));
  }
}

/** The expectation with every field; the readers' text of a line is not part of it. */
export function complete(expect: Partial<ScreenState>, size: { cols: number; rows: number }): ScreenState {
  const cols = expect.cols ?? size.cols;
  const rows = expect.rows ?? size.rows;
  const cursor = expect.cursor ?? [0, 0];
  const state: ScreenState = {
    cols,
    rows,
    cursor,
    pending_wrap: false,
    pen: "0",
    cursor_visible: true,
    reverse_video: false,
    origin: false,
    autowrap: true,
    insert: false,
    app_cursor_keys: false,
    bracketed_paste: false,
    mouse_mode: 0,
    mouse_focus: false,
    mouse_altscroll: false,
    mouse_enc: 0,
    scroll_region: [0, rows - 1],
    tabs: Array.from({ length: cols }, (_, col) => col).filter((col) => col % 8 === 0),
    default_tabs: true,
    saved: { cursor: [0, 0], pen: "0", autowrap: true, origin: false },
    combining: cursor,
    title_set: false,
    title: "",
    icon: "",
    clipboard: "",
    bell: 0,
    lines: [],
    ...expect,
  };
  const lines = state.lines.concat(Array.from({ length: rows - state.lines.length }, () => null));
  return { ...state, lines: lines.map(withoutText) };
}

function withoutText(line: Line): Line {
  return line && ["", ...(line.slice(1) as [number, string][])];
}

/** What the terminal shows, comparable with {@link complete}. */
export function comparable(state: ScreenState): ScreenState {
  return { ...state, lines: state.lines.map(withoutText) };
}
