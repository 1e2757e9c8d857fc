/** DECSC and DECRC, SCOSC and SCORC, the alternate screen (VT510 "save cursor state"; xterm's titeInhibit-free modes). */
import { expect } from "bun:test";
import { table } from "./table.ts";

table(
  "saved cursor",
  [10, 5],
  [
    ["position", "␛[3;4H␛7␛[H␛8x", { screen: "||   x" }],
    ["the ANSI forms", "␛[3;4H␛[s␛[H␛[ux", { screen: "||   x" }],
    ["nothing saved: home, default pen", "␛[1;31m␛[3;4H␛8", { cursor: [1, 1], pen: "0" }],
    ["renditions", "␛[1;4;31;42m␛7␛[0m␛8", { pen: "0;1;4;31;42" }],
    ["direct colours", "␛[38;2;1;2;3m␛7␛[0m␛8", { pen: "0;38;2;1;2;3" }],
    ["character sets", "␛(0␛7␛(B␛8q", { screen: "─" }],
    ["the shift", "␛)0␎␛7␏␛8q", { screen: "─" }],
    ["origin mode", "␛[2;4r␛[?6h␛7␛[?6l␛8␛[1;1Hx", { screen: "|x" }],
    ["origin mode, off", "␛[2;4r␛7␛[?6h␛8␛[1;1Hx", { screen: "x" }],
    ["the position is absolute", "␛[3;4H␛7␛[2;4r␛8x", { screen: "||   x" }],
    [
      "a saved position outside the region under origin mode is clamped",
      "␛[2;4r␛[?6h␛[3;1H␛7␛[2;3r␛8",
      { cursor: [3, 1] },
    ],
    ["restoring does not use it up", "␛[3;4H␛7␛[H␛8␛[H␛8x", { screen: "||   x" }],
    ["saving again overwrites", "␛[3;4H␛7␛[2;2H␛7␛[H␛8x", { screen: "| x" }],
    ["not insert mode", "ab␍␛7␛[4h␛8x␛8y", { screen: "yxab" }],
    ["not LNM", "␛7␛[20h␛8a␊b", { screen: "a|b" }],
    ["not reverse wrap", "␛7␛[?1045h␛8␛[2;1H␈", { cursor: [1, 10] }],
    ["not the margins", "␛7␛[2;3r␛8␛[3;1Hx␊y", { screen: "|x| y" }],
    [
      "not the visibility of the cursor",
      "␛7␛[?25l␛8",
      { also: (t) => void expect(t.cursorVisible).toBe(false) },
    ],
    ["DECSTR forgets it", "␛[3;4H␛7␛[!p␛8", { cursor: [1, 1] }],
    ["RIS forgets it", "␛[3;4H␛7␛c␛8", { cursor: [1, 1] }],
    ["CSI s under DECLRMM sets margins", "␛[?69h␛[3;4H␛[s␛[2;2H␛[u", { cursor: [1, 1] }],
    ["CSI u works under DECLRMM", "␛[3;4H␛[s␛[?69h␛[u", { cursor: [3, 4] }],
    ["1048 saves and restores", "␛[3;4H␛[?1048h␛[H␛[?1048lx", { screen: "||   x" }],
    [
      "the alternate screen has a saved cursor of its own",
      "␛[3;4H␛7␛[?47h␛[2;2H␛7␛[?47l␛8",
      { cursor: [3, 4] },
    ],
    ["and its own is kept", "␛[3;4H␛7␛[?47h␛[2;2H␛7␛[?47l␛[?47h␛[H␛8", { cursor: [2, 2] }],
  ],
);

table(
  "alternate screen",
  [10, 4],
  [
    ["47 shows it as it was", "main␛[?47h␛[H␛[2Jalt␛[?47l␛[?47h", { screen: "alt" }],
    ["47 back shows the main screen", "main␛[?47h␛[Halt␛[?47l", { screen: "main" }],
    ["47 keeps the cursor", "␛[2;3H␛[?47h", { cursor: [2, 3] }],
    ["47 back keeps the cursor", "␛[?47h␛[2;3H␛[?47l", { cursor: [2, 3] }],
    ["1047 back clears the alternate screen", "␛[?1047halt␛[?1047l␛[?47h", { screen: "" }],
    ["1047 keeps the cursor", "␛[2;3H␛[?1047h", { cursor: [2, 3] }],
    ["1049 clears it on entering", "␛[?47halt␛[?47l␛[?1049h", { screen: "" }],
    ["1049 keeps the position on entering", "ab␛[?1049hx", { screen: "  x" }],
    ["1049 back restores screen and cursor", "ab␛[?1049h␛[3;3Halt␛[?1049lc", { screen: "abc" }],
    ["1049 back restores the pen", "␛[1;31m␛[?1049h␛[0m␛[?1049l", { pen: "0;1;31" }],
    ["1049 twice saves once more but clears nothing", "ab␛[?1049hx␛[?1049hy", { screen: "  xy" }],
    ["1049 off without on restores the cursor", "␛[3;3H␛7␛[H␛[?1049l", { cursor: [3, 3] }],
    [
      "entering keeps the main screen through scrolling",
      "main␛[?1049h␛[H1␊2␊3␊4␊5␊6␛[?1049l",
      { screen: "main" },
    ],
    ["margins are shared", "␛[2;3r␛[?1049h␛[3;1Ha␊b", { screen: "|a| b" }],
    ["modes are shared", "␛[4h␛[?1049h␛[?1049l", { also: (t) => void expect(t.inspect().insert).toBe(true) }],
    ["cleared with the background", "␛[44m␛[?1049h", { pens: { "1;1": "0;44", "4;10": "0;44" } }],
    [
      "RIS leaves it",
      "main␛[?1049halt␛c",
      { screen: "", also: (t) => void expect(t.alternateScreen).toBe(false) },
    ],
    ["DECSTR does not leave it", "␛[?1049h␛[!p", { also: (t) => void expect(t.alternateScreen).toBe(true) }],
  ],
);
