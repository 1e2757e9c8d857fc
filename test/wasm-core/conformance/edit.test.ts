/** Erasing, inserting, deleting, scrolling: ED EL ECH ICH DCH IL DL SU SD, columns, selective erase (VT510; xterm). */
import { type Case, table } from "./table.ts";

const FILL = "11111␍␊22222␍␊33333␍␊44444␍␊55555";
const AT = `${FILL}␛[3;3H`;

table(
  "erasing",
  [5, 5],
  [
    ["ED 0 from the cursor on", `${AT}␛[J`, { screen: "11111|22222|33", cursor: [3, 3] }],
    ["ED 1 up to the cursor, included", `${AT}␛[1J`, { screen: "||   33|44444|55555", cursor: [3, 3] }],
    ["ED 2 everything, the cursor stays", `${AT}␛[2J`, { screen: "", cursor: [3, 3] }],
    ["ED 3 (scrollback) leaves the screen", `${AT}␛[3J`, { screen: "11111|22222|33333|44444|55555" }],
    ["ED with an unknown number does nothing", `${AT}␛[7J`, { screen: "11111|22222|33333|44444|55555" }],
    ["EL 0", `${AT}␛[K`, { screen: "11111|22222|33|44444|55555", cursor: [3, 3] }],
    ["EL 1", `${AT}␛[1K`, { screen: "11111|22222|   33|44444|55555", cursor: [3, 3] }],
    ["EL 2", `${AT}␛[2K`, { screen: "11111|22222||44444|55555", cursor: [3, 3] }],
    ["EL with an unknown number does nothing", `${AT}␛[5K`, { screen: "11111|22222|33333|44444|55555" }],
    ["ECH", `${AT}␛[2X`, { screen: "11111|22222|33  3|44444|55555", cursor: [3, 3] }],
    ["ECH without a parameter", `${AT}␛[X`, { screen: "11111|22222|33 33|44444|55555" }],
    ["ECH 0 is 1", `${AT}␛[0X`, { screen: "11111|22222|33 33|44444|55555" }],
    ["ECH stops at the edge", `${AT}␛[99X`, { screen: "11111|22222|33|44444|55555" }],
    [
      "ED, EL and ECH ignore margins",
      `${FILL}␛[2;4r␛[?69h␛[2;4s␛[3;3H␛[2K␛[5;3H␛[1J`,
      { screen: "||||   55" },
    ],
    [
      "erased cells take the background, nothing else",
      "␛[1;4;31;42m␛[2K␛[2;1H␛[X␛[3;1H␛[J",
      {
        pens: { "1;1": "0;42", "1;5": "0;42", "2;1": "0;42", "2;2": "0", "3;1": "0;42", "5;5": "0;42" },
      },
    ],
    ["erased cells do not take reverse video", "␛[7;41m␛[K", { pens: { "1;1": "0;41" } }],
  ],
);

table(
  "inserting and deleting characters",
  [5, 2],
  [
    ["ICH", "abcde␛[1;2H␛[2@", { screen: "a  bc", cursor: [1, 2] }],
    ["ICH without a parameter", "abcde␛[1;2H␛[@", { screen: "a bcd" }],
    ["ICH of more than fits", "abcde␛[1;2H␛[99@", { screen: "a" }],
    ["ICH in the last column", "abcde␛[1;5H␛[@", { screen: "abcd" }],
    ["ICH up to the right margin", "abcde␛[?69h␛[2;4s␛[1;3H␛[@", { screen: "ab ce" }],
    ["ICH outside the margins does nothing", "abcde␛[?69h␛[2;4s␛[1;5H␛[@␛[1;1H␛[@", { screen: "abcde" }],
    [
      "ICH fills with the background",
      "abcde␛[1;2H␛[1;41m␛[@",
      { pens: { "1;1": "0", "1;2": "0;41", "1;3": "0" } },
    ],
    ["DCH", "abcde␛[1;2H␛[2P", { screen: "ade", cursor: [1, 2] }],
    ["DCH without a parameter", "abcde␛[1;2H␛[P", { screen: "acde" }],
    ["DCH of more than there is", "abcde␛[1;2H␛[99P", { screen: "a" }],
    ["DCH up to the right margin", "abcde␛[?69h␛[2;4s␛[1;3H␛[P", { screen: "abd e" }],
    ["DCH outside the margins does nothing", "abcde␛[?69h␛[2;4s␛[1;1H␛[P␛[1;5H␛[P", { screen: "abcde" }],
    ["DCH fills with the background", "abcde␛[1;2H␛[1;41m␛[P", { pens: { "1;4": "0", "1;5": "0;41" } }],
  ],
);

const SCREEN = "11111|22222|33333|44444|55555";
table(
  "inserting and deleting lines",
  [5, 5],
  [
    ["IL", `${AT}␛[L`, { screen: "11111|22222||33333|44444", cursor: [3, 1] }],
    ["IL 2", `${AT}␛[2L`, { screen: "11111|22222|||33333" }],
    ["IL of more than fits", `${AT}␛[99L`, { screen: "11111|22222" }],
    [
      "IL within the region",
      `${FILL}␛[2;4r␛[3;3H␛[L`,
      { screen: "11111|22222||33333|55555", cursor: [3, 1] },
    ],
    ["IL above the region does nothing", `${FILL}␛[2;4r␛[1;3H␛[L`, { screen: SCREEN, cursor: [1, 3] }],
    ["IL below the region does nothing", `${FILL}␛[2;4r␛[5;3H␛[L`, { screen: SCREEN, cursor: [5, 3] }],
    [
      "IL between the side margins",
      `${FILL}␛[?69h␛[2;4s␛[3;3H␛[L`,
      { screen: "11111|22222|3   3|43334|54445", cursor: [3, 2] },
    ],
    [
      "IL outside the side margins does nothing",
      `${FILL}␛[?69h␛[2;4s␛[3;5H␛[L`,
      { screen: SCREEN, cursor: [3, 5] },
    ],
    [
      "IL fills with the background",
      `${AT}␛[1;41m␛[L`,
      { pens: { "3;1": "0;41", "3;5": "0;41", "4;1": "0" } },
    ],
    ["DL", `${AT}␛[M`, { screen: "11111|22222|44444|55555", cursor: [3, 1] }],
    ["DL 2", `${AT}␛[2M`, { screen: "11111|22222|55555" }],
    ["DL of more than there is", `${AT}␛[99M`, { screen: "11111|22222" }],
    [
      "DL within the region",
      `${FILL}␛[2;4r␛[3;3H␛[M`,
      { screen: "11111|22222|44444||55555", cursor: [3, 1] },
    ],
    ["DL outside the region does nothing", `${FILL}␛[2;4r␛[5;3H␛[M`, { screen: SCREEN, cursor: [5, 3] }],
    [
      "DL between the side margins",
      `${FILL}␛[?69h␛[2;4s␛[3;3H␛[M`,
      { screen: "11111|22222|34443|45554|5   5", cursor: [3, 2] },
    ],
    ["DL fills with the background", `${AT}␛[1;41m␛[M`, { pens: { "5;1": "0;41", "4;1": "0" } }],
    ["SU", `${AT}␛[2S`, { screen: "33333|44444|55555", cursor: [3, 3] }],
    ["SU without a parameter", `${AT}␛[S`, { screen: "22222|33333|44444|55555" }],
    ["SU of more than there is", `${AT}␛[99S`, { screen: "" }],
    [
      "SU of the region, wherever the cursor is",
      `${FILL}␛[2;4r␛[S`,
      { screen: "11111|33333|44444||55555", cursor: [1, 1] },
    ],
    [
      "SU between the side margins",
      `${FILL}␛[2;4r␛[?69h␛[2;4s␛[S`,
      { screen: "11111|23332|34443|4   4|55555" },
    ],
    ["SD", `${AT}␛[2T`, { screen: "||11111|22222|33333", cursor: [3, 3] }],
    ["SD of the region", `${FILL}␛[2;4r␛[T`, { screen: "11111||22222|33333|55555" }],
    [
      "SD between the side margins",
      `${FILL}␛[2;4r␛[?69h␛[2;4s␛[T`,
      { screen: "11111|2   2|32223|43334|55555" },
    ],
    ["SD by ECMA-48's own final", `${AT}␛[^`, { screen: "|11111|22222|33333|44444" }],
    ["five parameters are highlight tracking, no SD", `${AT}␛[1;1;1;1;1T`, { screen: SCREEN }],
    [
      "scrolled-in lines have the background",
      `${AT}␛[1;42m␛[S`,
      { pens: { "5;1": "0;42", "5;5": "0;42", "4;1": "0" } },
    ],
    ["LF at the bottom fills with the background", `${FILL}␛[42m␊`, { pens: { "5;1": "0;42" } }],
  ],
);

table(
  "columns",
  [5, 5],
  [
    ["DECIC", `${AT}␛['}`, { screen: "11 11|22 22|33 33|44 44|55 55", cursor: [3, 3] }],
    [
      "DECIC within the margins",
      `${FILL}␛[2;4r␛[?69h␛[2;4s␛[3;3H␛['}`,
      { screen: "11111|22 22|33 33|44 44|55555" },
    ],
    ["DECIC outside does nothing", `${FILL}␛[2;4r␛[1;3H␛['}`, { screen: SCREEN }],
    ["DECDC", "abcde␍␊fghij␛[1;2H␛[2'~", { screen: "ade|fij" }],
    ["DECDC within the margins", "abcde␍␊fghij␛[?69h␛[2;4s␛[1;2H␛['~", { screen: "acd e|fhi j" }],
    ["DECBI in the middle moves", "abcde␛[1;3H␛6", { cursor: [1, 2], screen: "abcde" }],
    ["DECBI at the left margin scrolls right", "abcde␛[1;1H␛6", { cursor: [1, 1], screen: " abcd" }],
    ["DECFI in the middle moves", "abcde␛[1;3H␛9", { cursor: [1, 4], screen: "abcde" }],
    ["DECFI at the right margin scrolls left", "abcde␛9", { cursor: [1, 5], screen: "bcde" }],
    ["SL", "abcde␛[2;2H␛[2 @", { screen: "cde", cursor: [2, 2] }],
    ["SR", "abcde␛[2;2H␛[2 A", { screen: "  abc", cursor: [2, 2] }],
  ],
);

table(
  "screen alignment (DECALN)",
  [3, 2],
  [
    ["fills with E, homes, resets the margins", "␛[2;2H␛#8", { screen: "EEE|EEE", cursor: [1, 1] }],
    ["with default renditions", "␛[1;41m␛#8", { pens: { "1;1": "0", "2;3": "0" } }],
    ["and keeps the pen", "␛[1;41m␛#8", { pen: "0;1;41" }],
    ["resets the region", "␛[1;2r␛#8␛[2;1H␊", { screen: "EEE" }],
    ["resets origin mode", "␛[2;3r␛[?6h␛#8␛[1;1Hx", { screen: "xEE|EEE|EEE|EEE" }, [3, 4]],
  ],
);

// DECSCA protects from DECSED and DECSEL; SPA (ISO) protects from ED, EL and ECH.
const PROTECTED = '␛[1"qab␛[0"qcd';
table(
  "selective erase",
  [5, 2],
  [
    ["DECSEL 2 leaves protected characters", `${PROTECTED}␛[?2K`, { screen: "ab" }],
    ["DECSEL 0", `c${PROTECTED}␛[1;1H␛[?K`, { screen: " ab" }],
    ["DECSEL 1", `${PROTECTED}␛[1;3H␛[?1K`, { screen: "ab d" }],
    ["DECSED 2 leaves protected characters", `${PROTECTED}␛[2;1Hx␛[?2J`, { screen: "ab" }],
    ["DECSED 0", `${PROTECTED}␛[2;1Hx␛[1;1H␛[?J`, { screen: "ab" }],
    ["DECSED 1", `${PROTECTED}␛[2;1Hxy␛[2;1H␛[?1J`, { screen: "ab| y" }],
    ["DECSCA 2 is unprotected", '␛[1"qa␛[2"qb␛[?2K', { screen: "a" }],
    ["EL erases DECSCA's characters", `${PROTECTED}␛[2K`, { screen: "" }],
    ["ED erases DECSCA's characters", `${PROTECTED}␛[2J`, { screen: "" }],
    ["ECH erases DECSCA's characters", `${PROTECTED}␍␛[2X`, { screen: "  cd" }],
    ["DECSED keeps nothing when nothing is protected", "ab␛[?2J", { screen: "" }],
    ["SPA protects from EL", "␛Vab␛Wcd␛[2K", { screen: "ab" }],
    ["SPA protects from ED", "␛Vab␛Wcd␛[2J", { screen: "ab" }],
    ["SPA protects from ECH", "␛Vab␛Wcd␍␛[9X", { screen: "ab" }],
    ["DECSTR ends protection", '␛[1"q␛[!pab␛[?2K', { screen: "" }],
    ["DECRC restores protection", '␛[1"q␛7␛[0"q␛8ab␛[?2K', { screen: "ab" }],
  ],
);

// ---- lines scrolled by single steps and by counts must be the same
const steps: Case[] = [1, 2, 3, 5, 9].map((n) => [
  `SU ${n} is ${n} line feeds at the bottom`,
  `${FILL}${"␛[5;1H␊".repeat(n)}`,
  { screen: ["11111", "22222", "33333", "44444", "55555"].slice(n).join("|") },
]);
table("scrolling line by line", [5, 5], steps);
