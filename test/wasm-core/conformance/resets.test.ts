/** RIS, DECSTR, and the modes that travel (VT510 "soft terminal reset", xterm's mode list). */
import { expect } from "bun:test";
import type { Terminal } from "../../../wasm-core/terminal.ts";
import { type Case, table } from "./table.ts";

type State = ReturnType<Terminal["inspect"]>;
function state(name: string, output: string, part: Partial<State>): Case {
  const also = (t: Terminal) => {
    const all = t.inspect();
    expect(Object.fromEntries(Object.keys(part).map((k) => [k, all[k as keyof State]]))).toEqual(part);
  };
  return [name, output, { also }];
}

const ALL = "␛[?1;5;6;45;66;1000;1004;1006;1007;2004h␛[?7;25l␛[4;20h␛[1;31m␛[2;3r";
table(
  "RIS",
  [10, 4],
  [
    ["clears the screen and homes", "abc␛[3;3H␛c", { screen: "", cursor: [1, 1] }],
    ["resets the pen", "␛[1;31;42m␛c", { pen: "0" }],
    ["blanks with the default background", "␛[42m␛c", { pens: { "1;1": "0" } }],
    state("resets modes", `${ALL}␛c`, {
      app_cursor_keys: false,
      reverse_video: false,
      origin: false,
      autowrap: true,
      cursor_visible: true,
      mouse_mode: 0,
      mouse_enc: 0,
      mouse_focus: false,
      mouse_altscroll: false,
      bracketed_paste: false,
      insert: false,
      scroll_region: [0, 3],
    }),
    ["ends a pending wrap", "␛[1;10Hx␛c", { pending: false }],
    ["ends LNM", "␛[20h␛ca␊b", { screen: "a| b" }],
  ],
);

table(
  "DECSTR",
  [10, 4],
  [
    ["leaves the screen and the cursor", "abc␛[3;3H␛[!p", { screen: "abc", cursor: [3, 3] }],
    ["resets the pen", "␛[1;31;42m␛[!p", { pen: "0" }],
    state("resets the modes of VT510 table 5-9", `${ALL}␛[!p`, {
      app_cursor_keys: false,
      origin: false,
      cursor_visible: true,
      insert: false,
      scroll_region: [0, 3],
    }),
    state("leaves reverse video, mouse and paste", `${ALL}␛[!p`, {
      reverse_video: true,
      mouse_mode: 1000,
      mouse_enc: 1006,
      bracketed_paste: true,
    }),
    ["resets the region", "␛[2;3r␛[!p␛[3;1Ha␊b", { screen: "||a| b" }],
    ["resets the side margins", "␛[?69h␛[2;4s␛[!p␛[1;3Habcdef", { screen: "  abcdef" }],
    ["saved cursor goes home", "␛[3;3H␛7␛[!p␛8", { cursor: [1, 1] }],
  ],
);

table(
  "modes",
  [10, 4],
  [
    state("several at once", "␛[?1;5;2004h", {
      app_cursor_keys: true,
      reverse_video: true,
      bracketed_paste: true,
    }),
    state("several at once, off", "␛[?1;5;2004h␛[?1;2004l", {
      app_cursor_keys: false,
      reverse_video: true,
      bracketed_paste: false,
    }),
    state("an unknown one in between", "␛[?1;9999;5h", { app_cursor_keys: true, reverse_video: true }),
    state("ANSI and private numbers are different things", "␛[?4h␛[25l", {
      insert: false,
      cursor_visible: true,
    }),
    state("the last mouse mode wins", "␛[?1000h␛[?1002h", { mouse_mode: 1002 }),
    state("mouse mode off", "␛[?1003h␛[?1003l", { mouse_mode: 0 }),
    state("the last mouse encoding wins", "␛[?1005h␛[?1006h", { mouse_enc: 1006 }),
    state("saved and restored (XTSAVE)", "␛[?1h␛[?1s␛[?1l␛[?1r", { app_cursor_keys: true }),
    state("saved off and restored", "␛[?25l␛[?25s␛[?25h␛[?25r", { cursor_visible: false }),
    ["DECCOLM is ignored unless it is allowed", "abc␛[?3h", { screen: "abc" }],
    [
      "DECCOLM, allowed, clears, homes and resets the region",
      "␛[?40habc␛[2;3r␛[3;3H␛[?3h␛[3;1Ha␊b",
      { screen: "||a| b" },
    ],
    ["DECCOLM back likewise", "␛[?40h␛[?3habc␛[?3l", { screen: "", cursor: [1, 1] }],
    ["DECNCSM keeps the contents", "␛[?40;95habc␛[?3h", { screen: "abc", cursor: [1, 1] }],
  ],
);
