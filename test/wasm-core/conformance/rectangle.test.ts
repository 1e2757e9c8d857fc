/** Rectangular operations and checksums: DECFRA DECERA DECSERA DECCRA DECCARA DECRARA DECRQCRA (VT420; xterm). */
import { expect } from "bun:test";
import { type Case, table } from "./table.ts";

const FILL = "abcdef␍␊ghijkl␍␊mnopqr␍␊stuvwx";
const SCREEN = "abcdef|ghijkl|mnopqr|stuvwx";

table(
  "filling and erasing rectangles",
  [6, 4],
  [
    ["DECFRA", `${FILL}␛[88;2;2;3;4$x`, { screen: "abcdef|gXXXkl|mXXXqr|stuvwx", cursor: [4, 6] }],
    ["DECFRA uses the pen", "␛[1;31m␛[88;1;1;1;2$x", { pens: { "1;1": "0;1;31", "1;3": "0" } }],
    ["DECFRA of the whole screen", "␛[88$x", { screen: "XXXXXX|XXXXXX|XXXXXX|XXXXXX" }],
    [
      "DECFRA with a control character does nothing",
      `${FILL}␛[7;1;1;4;6$x␛[128;1;1;4;6$x`,
      { screen: SCREEN },
    ],
    ["DECFRA with a Latin-1 character", "␛[233;1;1;1;2$x", { screen: "éé" }],
    ["DECFRA beyond the edge is cut", `${FILL}␛[88;4;5;99;99$x`, { screen: "abcdef|ghijkl|mnopqr|stuvXX" }],
    ["DECFRA with top > bottom does nothing", `${FILL}␛[88;3;1;2;6$x`, { screen: SCREEN }],
    ["DECFRA with left > right does nothing", `${FILL}␛[88;1;4;4;3$x`, { screen: SCREEN }],
    [
      "DECFRA ignores the margins",
      `${FILL}␛[2;3r␛[?69h␛[2;3s␛[88;1;1;1;6$x`,
      { screen: "XXXXXX|ghijkl|mnopqr|stuvwx" },
    ],
    [
      "DECFRA counts from the margins in origin mode",
      `${FILL}␛[2;3r␛[?6h␛[88;1;1;1;2$x`,
      { screen: "abcdef|XXijkl|mnopqr|stuvwx" },
    ],
    ["and is cut there", `${FILL}␛[2;3r␛[?69h␛[2;3s␛[?6h␛[88$x`, { screen: "abcdef|gXXjkl|mXXpqr|stuvwx" }],
    ["DECERA", `${FILL}␛[2;2;3;4$z`, { screen: "abcdef|g   kl|m   qr|stuvwx" }],
    ["DECERA erases protected characters", `␛[1"q${FILL}␛[1;1;4;6$z`, { screen: "" }],
    ["DECERA without parameters erases everything", `${FILL}␛[$z`, { screen: "" }],
    ["DECSERA", `${FILL}␛[2;2;3;4\${`, { screen: "abcdef|g   kl|m   qr|stuvwx" }],
    ["DECSERA leaves protected characters", `a␛[1"qb␛[0"qc␛[1;1;1;3\${`, { screen: " b" }],
    ["half of a wide character goes too", "世世世␛[88;1;2;1;3$x", { screen: " XX 世" }],
  ],
);

table(
  "copying rectangles",
  [6, 4],
  [
    ["DECCRA", `${FILL}␛[1;1;2;2;1;3;4;1$v`, { screen: "abcdef|ghijkl|mnoabr|stughx", cursor: [4, 6] }],
    ["overlapping, down and right", `${FILL}␛[1;1;3;3;1;2;2;1$v`, { screen: "abcdef|gabckl|mghiqr|smnowx" }],
    ["overlapping, up and left", `${FILL}␛[2;2;4;4;1;1;1;1$v`, { screen: "hijdef|nopjkl|tuvpqr|stuvwx" }],
    ["overlapping in a row, to the right", "abcdef␛[1;1;1;4;1;1;2;1$v", { screen: "aabcdf" }],
    ["cut at the edge", `${FILL}␛[1;1;4;6;1;4;5;1$v`, { screen: "abcdef|ghijkl|mnopqr|stuvab" }],
    ["defaults: everything to the top left", `${FILL}␛[2;1$v`, { screen: "ghijkl|mnopqr|stuvwx|stuvwx" }],
    [
      "renditions go with the text",
      "␛[1ma␛[0mb␛[1;1;1;1;1;1;3;1$v",
      { screen: "aba", pens: { "1;3": "0;1" } },
    ],
    ["ignores the margins", `${FILL}␛[2;3r␛[1;1;1;2;1;4;1;1$v`, { screen: "abcdef|ghijkl|mnopqr|abuvwx" }],
    [
      "counts from the margins in origin mode",
      `${FILL}␛[2;4r␛[?6h␛[1;1;1;2;1;2;1;1$v`,
      { screen: "abcdef|ghijkl|ghopqr|stuvwx" },
    ],
  ],
);

table(
  "attributes of rectangles",
  [6, 3],
  [
    [
      "DECCARA on a rectangle",
      `${FILL}␛[H␛[2*x␛[1;2;2;3;1$r`,
      {
        pens: { "1;1": "0", "1;2": "0;1", "1;3": "0;1", "1;4": "0", "2;1": "0", "2;2": "0;1", "2;4": "0" },
      },
      [6, 4],
    ],
    [
      "DECCARA on a stream",
      `${FILL}␛[H␛[1*x␛[1;5;2;2;1$r`,
      {
        pens: { "1;4": "0", "1;5": "0;1", "1;6": "0;1", "2;1": "0;1", "2;2": "0;1", "2;3": "0" },
      },
      [6, 4],
    ],
    ["DECCARA with several", "abc␛[2*x␛[1;1;1;2;1;4;7$r", { pens: { "1;1": "0;1;4;7", "1;3": "0" } }],
    ["DECCARA 0 clears", "␛[1;4mabc␛[2*x␛[1;1;1;2;0$r", { pens: { "1;1": "0", "1;3": "0;1;4" } }],
    ["DECCARA 22 clears bold", "␛[1;4mabc␛[2*x␛[1;1;1;2;22$r", { pens: { "1;1": "0;4" } }],
    ["DECCARA does not change the pen", "␛[2*x␛[1;1;1;2;1$r", { pen: "0" }],
    ["DECRARA turns round", "␛[1ma␛[0mb␛[2*x␛[1;1;1;2;1$t", { pens: { "1;1": "0", "1;2": "0;1" } }],
    ["DECRARA twice is nothing", "a␛[2*x␛[1;1;1;1;1;4;5;7$t␛[1;1;1;1;1;4;5;7$t", { pens: { "1;1": "0" } }],
    ["DECRARA leaves the text", "abc␛[2*x␛[1;1;1;3;7$t", { screen: "abc" }],
  ],
);

/** Checksum of an area after `output`; the sum is of the code points, negative, 16 bits. */
function checksum(name: string, output: string, area: string, sum: number): Case {
  const hex = (-sum & 0xffff).toString(16).toUpperCase().padStart(4, "0");
  return [name, `${output}␛[7;1;${area}*y`, { reply: `␛P7!~${hex}␛\\` }];
}
const of = (text: string) => [...text].reduce((sum, c) => sum + c.charCodeAt(0), 0);

table(
  "checksums",
  [6, 4],
  [
    checksum("one character", FILL, "1;1;1;1", of("a")),
    checksum("a row", FILL, "1;1;1;6", of("abcdef")),
    checksum("a rectangle", FILL, "2;2;3;4", of("hijnop")),
    checksum("everything", FILL, "1;1;4;6", of(SCREEN.replaceAll("|", ""))),
    checksum("in origin mode", `${FILL}␛[2;3r␛[?6h`, "1;1;1;1", of("g")),
    checksum("bold counts 80", "␛[0#y␛[1ma", "1;1;1;1", of("a") + 0x80),
    checksum("underline counts 10", "␛[0#y␛[4ma", "1;1;1;1", of("a") + 0x10),
    checksum("inverse counts 20", "␛[0#y␛[7ma", "1;1;1;1", of("a") + 0x20),
    checksum("blink counts 40", "␛[0#y␛[5ma", "1;1;1;1", of("a") + 0x40),
    checksum("colour counts nothing", "␛[31;42ma", "1;1;1;1", of("a")),
    checksum("attributes do not count to begin with", "␛[1;4;7ma", "1;1;1;1", of("a")),
    checksum("blanks count", "a", "1;1;1;3", of("a  ")),
    ["XTCHECKSUM 1: positive", "␛[3#ya␛[7;1;1;1;1;1*y", { reply: "␛P7!~0061␛\\" }],
    ["the cursor stays", `${FILL}␛[2;3H␛[1;1;1;1;1;1*y`, { cursor: [2, 3] }],
    [
      "no screen, no harm: an area outside",
      "␛[1;1;9;9;9;9*y",
      { also: (t) => expect(t.takeReplies().length).toBe(11) },
    ],
  ],
);
