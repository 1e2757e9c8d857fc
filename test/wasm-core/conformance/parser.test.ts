/** The parser's corners (ECMA-35, ECMA-48 5; DEC STD 070; the VT500 state machine) and malformed UTF-8 (Unicode 3.9). */
import { expect, test } from "bun:test";
import { bytes, fed, table } from "./table.ts";

table(
  "control sequences",
  [20, 4],
  [
    ["a C0 control inside CSI is carried out at once", "ab␛[␍1Cx", { screen: "ax" }],
    ["LF inside CSI", "a␛[1␊Cx", { screen: "a|  x" }],
    ["BS inside the parameters", "ab␛[3␈1mx", { screen: "ax", pen: "0;31" }],
    ["CAN ends a sequence", "a␛[31␘mb", { screen: "amb", pen: "0" }],
    ["SUB ends a sequence", "a␛[31␚mb", { screen: "amb", pen: "0" }],
    ["ESC starts a new one", "a␛[31␛[1mb", { screen: "ab", pen: "0;1" }],
    ["ESC ESC", "a␛␛[1mb", { screen: "ab", pen: "0;1" }],
    ["DEL is ignored inside CSI", "␛[3␡1mb", { screen: "b", pen: "0;31" }],
    ["DEL is ignored in text", "a␡b", { screen: "ab" }],
    ["NUL is ignored in text and inside CSI", "a␀␛[␀1␀mb", { screen: "ab", pen: "0;1" }],
    ["CSI as C1 (U+009B)", "\u009b31mb", { screen: "b", pen: "0;31" }],
    ["a private marker behind parameters: the sequence is ignored", "␛[1?25mb", { screen: "b", pen: "0" }],
    ["parameters behind an intermediate: ignored", "␛[1 1qb", { screen: "b" }],
    ["an unknown final is swallowed", "a␛[5;6yb␛[>5xb", { screen: "abb" }],
    ["an unknown private final is swallowed", "a␛[?5;6zb␛[<1ub␛[=1;1ub", { screen: "abbb" }],
    ["several intermediates are swallowed", "a␛[1!\"#$%&'()*+pb", { screen: "ab" }],
    ["a colon outside SGR: ignored", "␛[2:3Hb", { screen: "b" }],
    ["leading zeros", "␛[0000000000000003;04Hb", { screen: "||   b" }],
    ["empty parameters", "␛[;;;;Hb", { screen: "b" }],
    ["17 parameters", "␛[0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;1mb", { pen: "0;1" }],
    ["32 parameters", `␛[${"0;".repeat(31)}1mb`, { pen: "0;1", screen: "b" }],
    ["far too many parameters do no harm", `␛[${"1;".repeat(5000)}1mb`, { screen: "b", pen: "0;1" }],
    ["far too many digits do no harm", `␛[${"9".repeat(5000)}Cb`, { screen: "                   b" }],
    ["an ESC sequence with intermediates is swallowed whole", "a␛ !\"#$%&'()*+,-./0b", { screen: "ab" }],
    ["a C0 control inside an ESC sequence", "ab␛␈(0q", { screen: "a─" }],
    ["a character beyond ASCII ends a sequence", "␛[31éb", { screen: "b", pen: "0" }],
  ],
);

table(
  "strings",
  [20, 4],
  [
    ["OSC ended by BEL", "␛]2;t␇x", { screen: "x", also: (t) => expect(t.title).toBe("t") }],
    ["OSC ended by ESC \\", "␛]2;t␛\\x", { screen: "x", also: (t) => expect(t.title).toBe("t") }],
    ["OSC ended by ST as C1", "␛]2;t\u009cx", { screen: "x", also: (t) => expect(t.title).toBe("t") }],
    ["OSC as C1", "\u009d2;t␇x", { screen: "x", also: (t) => expect(t.title).toBe("t") }],
    ["CAN cancels an OSC", "␛]2;t␘x", { screen: "x", also: (t) => expect(t.title).toBe("") }],
    ["SUB cancels an OSC", "␛]2;t␚x", { screen: "x", also: (t) => expect(t.title).toBe("") }],
    [
      "controls inside an OSC are dropped",
      "␛]2;a␊b␍c␇x",
      { screen: "x", also: (t) => expect(t.title).toBe("abc") },
    ],
    ["text beyond ASCII in an OSC", "␛]2;é世␇", { also: (t) => expect(t.title).toBe("é世") }],
    ["semicolons in a title", "␛]2;a;b;c␇", { also: (t) => expect(t.title).toBe("a;b;c") }],
    ["an empty title", "␛]2;a␇␛]2;␇", { also: (t) => expect(t.title).toBe("") }],
    ["OSC 0 sets both", "␛]0;t␇", { also: (t) => expect([t.title, t.iconName]).toEqual(["t", "t"]) }],
    ["OSC 1 sets the icon name", "␛]1;t␇", { also: (t) => expect([t.title, t.iconName]).toEqual(["", "t"]) }],
    [
      "unknown OSC numbers are swallowed",
      "a␛]777;notify;a;b␇b␛]1337;File=:AAAA␇c␛]9999␇d",
      { screen: "abcd" },
    ],
    ["OSC without a number is swallowed", "a␛];x␇b␛]␇c␛]abc␇d", { screen: "abcd" }],
    ["DCS is swallowed", "a␛P1;2|abc␛\\b", { screen: "ab" }],
    ["a DCS is not ended by BEL", "a␛Pqx␇y␛\\b", { screen: "ab" }],
    ["sixels are swallowed", "a␛Pq#0;2;0;0;0#0~~@@vv␛\\b", { screen: "ab" }],
    ["DCS as C1", "a\u0090qabc\u009cb", { screen: "ab" }],
    ["APC is swallowed", "a␛_Gi=1;AAAA␛\\b", { screen: "ab" }],
    ["PM is swallowed", "a␛^abc␛\\b", { screen: "ab" }],
    ["SOS is swallowed", "a␛Xabc␛\\b", { screen: "ab" }],
    ["APC, PM and SOS as C1", "a\u009fx\u009c\u009ex\u009c\u0098x\u009cb", { screen: "ab" }],
    ["CAN ends a DCS, the rest is text", "a␛Pqabc␘b", { screen: "ab" }],
    ["CAN ends an APC", "a␛_abc␘b", { screen: "ab" }],
    ["LF inside a DCS does nothing", "a␛Pq␊␊␛\\b", { screen: "ab" }],
    ["an ESC that is no ST ends a string and starts a sequence", "a␛_abc␛[1mb", { screen: "ab", pen: "0;1" }],
    ["a very long OSC does no harm", `a␛]2;${"x".repeat(100000)}␇b`, { screen: "ab" }],
    ["a very long DCS does no harm", `a␛Pq${"x".repeat(100000)}␛\\b`, { screen: "ab" }],
  ],
);

const R = "\ufffd";
const malformed: [name: string, bytes: number[], text: string][] = [
  ["a continuation byte alone", [0x80, 0x41], `${R}A`],
  ["five continuation bytes", [0x80, 0x81, 0x82, 0xbf, 0xbe], R.repeat(5)],
  ["two bytes, cut off", [0xc3, 0x41], `${R}A`],
  ["three bytes, cut off after one", [0xe2, 0x41], `${R}A`],
  ["three bytes, cut off after two", [0xe2, 0x82, 0x41], `${R}A`],
  ["four bytes, cut off after three", [0xf0, 0x9f, 0x98, 0x41], `${R}A`],
  ["a lead byte after a lead byte", [0xe2, 0xc3, 0xa9], `${R}é`],
  ["over-long, two bytes", [0xc0, 0x80], R.repeat(2)],
  ["over-long, two bytes, the largest", [0xc1, 0xbf], R.repeat(2)],
  ["over-long, three bytes", [0xe0, 0x80, 0x80], R.repeat(3)],
  ["over-long, three bytes, the largest", [0xe0, 0x9f, 0xbf], R.repeat(3)],
  ["over-long, four bytes", [0xf0, 0x80, 0x80, 0x80], R.repeat(4)],
  ["a surrogate", [0xed, 0xa0, 0x80], R.repeat(3)],
  ["beyond U+10FFFF", [0xf4, 0x90, 0x80, 0x80], R.repeat(4)],
  ["F5", [0xf5, 0x80, 0x80, 0x80], R.repeat(4)],
  ["five bytes", [0xf8, 0x88, 0x80, 0x80, 0x80], R.repeat(5)],
  ["FE and FF", [0xfe, 0xff], R.repeat(2)],
  [
    "the examples of Unicode table 3-8",
    [0xe1, 0x80, 0xe2, 0xf0, 0x91, 0x92, 0xf1, 0xbf, 0x41],
    `${R.repeat(4)}A`,
  ],
  ["the largest of all", [0xef, 0xbf, 0xbd, 0x41], `${R}A`],
];
for (const [name, input, text] of malformed) {
  test(`malformed UTF-8: ${name}`, () => {
    expect(new TextDecoder().decode(Uint8Array.from(input))).toBe(text);
    for (const split of [false, true]) {
      const terminal = fed("", 20, 2);
      if (split) for (const b of input) terminal.feed(Uint8Array.of(b));
      else terminal.feed(Uint8Array.from(input));
      expect(terminal.text()[0]).toBe(text);
      terminal.free();
    }
  });
}

test("malformed UTF-8: an escape sequence ends a cut-off character and works", () => {
  const terminal = fed(Uint8Array.from([0xf0, 0x9f, ...bytes("␛[2;2Hx")]), 20, 3);
  expect(terminal.text()).toEqual([R, " x", ""]);
  terminal.free();
});

test("raw bytes 80..9F are no controls", () => {
  const terminal = fed(Uint8Array.from([0x9b, 0x33, 0x31, 0x6d]), 20, 3);
  expect(terminal.text()[0]).toBe(`${R}31m`);
  terminal.free();
});
