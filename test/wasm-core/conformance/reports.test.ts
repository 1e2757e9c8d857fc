/**
 * Answers: DA, DSR, DECRQM, DECRQSS, XTVERSION, XTGETTCAP, DECREQTPARM, window operations (VT420/VT510 manuals; xterm).
 */
import { expect } from "bun:test";
import { type Case, picture, table } from "./table.ts";

/** A request whose answer is not one fixed string. */
function like(name: string, output: string, pattern: RegExp): Case {
  return [name, output, { screen: "", also: (t) => expect(picture(t.takeReplies())).toMatch(pattern) }];
}

table(
  "device attributes and status",
  [20, 6],
  [
    like(
      "DA1 is a VT400 or VT500 with colour and rectangles",
      "␛[c",
      /^␛\[\?6[45](;\d+)*;22(;\d+)*;28(;\d+)*c$/,
    ),
    like("DA1 with 0", "␛[0c", /^␛\[\?6[45];[0-9;]+c$/),
    ["DA1 with another parameter is not answered", "␛[1c", { reply: "" }],
    like("DECID is DA1", "␛Z", /^␛\[\?6[45];[0-9;]+c$/),
    like("DA2", "␛[>c", /^␛\[>\d+;\d+;0c$/),
    ["DA2 with another parameter is not answered", "␛[>1c", { reply: "" }],
    ["DA3", "␛[=c", { reply: "␛P!|00000000␛\\" }],
    like("XTVERSION", "␛[>q", /^␛P>\|\w+\([\d.]+\)␛\\$/),
    like("XTVERSION with 0", "␛[>0q", /^␛P>\|/),
    ["an answer to DA is not a request", "␛[?64;1c", { reply: "", screen: "" }],
    ["DSR: ready", "␛[5n", { reply: "␛[0n" }],
    ["CPR", "␛[3;7H␛[6n", { reply: "␛[3;7R" }],
    ["CPR at home", "␛[6n", { reply: "␛[1;1R" }],
    ["DECXCPR with the page", "␛[3;7H␛[?6n", { reply: "␛[?3;7;1R" }],
    ["no printer", "␛[?15n", { reply: "␛[?13n" }],
    like("user keys", "␛[?25n", /^␛\[\?2[01]n$/),
    ["keyboard", "␛[?26n", { reply: "␛[?27;1;0;0n" }],
    like("no locator", "␛[?55n", /^␛\[\?5[03]n$/),
    ["kind of locator: none", "␛[?56n", { reply: "␛[?57;0n" }],
    like("macro space", "␛[?62n", /^␛\[\d+\*\{$/),
    ["macro checksum", "␛[?63;12n", { reply: "␛P12!~0000␛\\" }],
    ["data integrity", "␛[?75n", { reply: "␛[?70n" }],
    ["sessions", "␛[?85n", { reply: "␛[?83n" }],
    ["unknown DSRs are not answered", "␛[7n␛[?999n␛[>5n", { reply: "" }],
    ["DECREQTPARM", "␛[x", { reply: "␛[2;1;1;128;128;1;0x" }],
    ["DECREQTPARM 1", "␛[1x", { reply: "␛[3;1;1;128;128;1;0x" }],
    ["no answerback", "␅", { reply: "" }],
    ["several requests, in order", "␛[5n␛[6n␛[5n", { reply: "␛[0n␛[1;1R␛[0n" }],
    ["a request inside an OSC is none", "␛]2;␇␛[5n", { reply: "␛[0n" }],
    ["requests print nothing", "a␛[c␛[>c␛[=c␛[5n␛[6n␛[?6n␛[4$p␛[?25$p␛[>q␛[x␛[18tb", { screen: "ab" }],
  ],
);

/** DECRQM of `mode` after `output`. */
function mode(output: string, name: string, state: number): Case {
  return [
    `DECRQM ${name} after ${output || "nothing"}`,
    `${output}␛[${name}$p`,
    { reply: `␛[${name};${state}$y` },
  ];
}

table(
  "DECRQM",
  [20, 6],
  [
    mode("", "4", 2),
    mode("␛[4h", "4", 1),
    mode("", "20", 2),
    mode("␛[20h", "20", 1),
    mode("", "9999", 0),
    mode("", "?9999", 0),
    mode("", "?1", 2),
    mode("␛[?1h", "?1", 1),
    mode("", "?5", 2),
    mode("␛[?5h", "?5", 1),
    mode("", "?6", 2),
    mode("␛[?6h", "?6", 1),
    mode("", "?7", 1),
    mode("␛[?7l", "?7", 2),
    mode("", "?25", 1),
    mode("␛[?25l", "?25", 2),
    mode("", "?45", 2),
    mode("␛[?45h", "?45", 1),
    mode("", "?47", 2),
    mode("␛[?47h", "?47", 1),
    mode("", "?69", 2),
    mode("␛[?69h", "?69", 1),
    mode("", "?1000", 2),
    mode("␛[?1000h", "?1000", 1),
    mode("␛[?1003h", "?1000", 2),
    mode("␛[?1003h", "?1003", 1),
    mode("␛[?1004h", "?1004", 1),
    mode("␛[?1006h", "?1006", 1),
    mode("", "?1049", 2),
    mode("␛[?1049h", "?1049", 1),
    mode("", "?2004", 2),
    mode("␛[?2004h", "?2004", 1),
    mode("", "?2026", 2),
    mode("␛[?2026h", "?2026", 1),
    mode("␛[?2026h␛[?2026l", "?2026", 2),
  ],
);

/** DECRQSS of `setting` after `output`. */
function setting(output: string, name: string, value: string): Case {
  return [
    `DECRQSS ${name} after ${output || "nothing"}`,
    `${output}␛P$q${name}␛\\`,
    { reply: `␛P1$r${value}${name}␛\\` },
  ];
}

table(
  "DECRQSS",
  [20, 6],
  [
    setting("", "m", "0"),
    setting("␛[1;4;5;7m", "m", "0;1;4;5;7"),
    setting("␛[31;42m", "m", "0;31;42"),
    setting("␛[91;102m", "m", "0;91;102"),
    setting("␛[38;5;200m", "m", "0;38:5:200"),
    setting("␛[38;2;1;2;3m", "m", "0;38:2::1:2:3"),
    setting("", "r", "1;6"),
    setting("␛[2;4r", "r", "2;4"),
    setting("␛[?69h␛[3;7s", "s", "3;7"),
    setting("", '"q', "0"),
    setting('␛[1"q', '"q', "1"),
    setting("␛[3 q", " q", "3"),
    setting("␛[2*x", "*x", "2"),
    ["an unknown setting", "␛P$qz␛\\", { reply: "␛P0$r␛\\" }],
    ["an empty one", "␛P$q␛\\", { reply: "␛P0$r␛\\" }],
    ["cancelled", "␛P$qm␘", { reply: "" }],
  ],
);

table(
  "presentation state",
  [20, 6],
  [
    ["the cursor", "␛[3;7H␛[1$w", { reply: "␛P1$u3;7;1;@;@;@;0;2;@;BBBB␛\\" }],
    ["with renditions", "␛[1;4;5;7m␛[1$w", { reply: "␛P1$u1;1;1;O;@;@;0;2;@;BBBB␛\\" }],
    ["with protection", '␛[1"q␛[1$w', { reply: "␛P1$u1;1;1;@;A;@;0;2;@;BBBB␛\\" }],
    [
      "with origin mode; the position is the screen's",
      "␛[2;4r␛[?6h␛[1$w",
      { reply: "␛P1$u2;1;1;@;@;A;0;2;@;BBBB␛\\" },
    ],
    ["with a pending wrap", "␛[1;20Hx␛[1$w", { reply: "␛P1$u1;20;1;@;@;H;0;2;@;BBBB␛\\" }],
    ["with a single shift", "␛N␛[1$w", { reply: "␛P1$u1;1;1;@;@;B;0;2;@;BBBB␛\\" }],
    ["with character sets", "␛)0␛*>␛/A␎␛[1$w", { reply: "␛P1$u1;1;1;@;@;@;1;2;H;B0>A␛\\" }],
    ["the supplemental set", "␛(<␛[1$w", { reply: "␛P1$u1;1;1;@;@;@;0;2;@;%5BBB␛\\" }],
    ["the tab stops", "␛[2$w", { reply: "␛P2$u1/9/17␛\\" }],
    ["tab stops set and cleared", "␛[1;4H␛H␛[1;9H␛[g␛[2$w", { reply: "␛P2$u1/4/17␛\\" }],
    ["no tab stops", "␛[3g␛[2$w", { reply: "␛P2$u␛\\" }],
    ["nothing else", "␛[0$w␛[3$w", { reply: "" }],
  ],
);

table(
  "XTGETTCAP",
  [20, 6],
  [
    ["TN", "␛P+q544E␛\\", { reply: "␛P1+r544E=787465726D2D323536636F6C6F72␛\\" }],
    ["Co", "␛P+q436F␛\\", { reply: "␛P1+r436F=323536␛\\" }],
    ["unknown", "␛P+q7A7A␛\\", { reply: "␛P0+r7A7A␛\\" }],
    [
      "no hexadecimal number is not told back",
      "␛P+q;rm -rf␛\\",
      {
        also: (t) => expect(picture(t.takeReplies())).not.toContain("rm"),
      },
    ],
  ],
);

table(
  "window operations",
  [20, 6],
  [
    ["18 tells rows and columns", "␛[18t", { reply: "␛[8;6;20t" }],
    ["19 tells the screen's size", "␛[19t", { reply: "␛[9;6;20t" }],
    ["11: not an icon", "␛[11t", { reply: "␛[1t" }],
    [
      "moving, resizing, raising are ignored",
      "a␛[1t␛[2t␛[3;1;1t␛[4;100;100t␛[5t␛[6t␛[8;30;90t␛[9;1tb",
      {
        reply: "",
        screen: "ab",
        also: (t) => expect([t.cols, t.rows]).toEqual([20, 6]),
      },
    ],
    [
      "what a program has put into a title is never typed back",
      "␛]2;rm -rf␇␛[21t␛[20t",
      {
        also: (t) => expect(picture(t.takeReplies())).not.toContain("rm"),
      },
    ],
    [
      "titles pushed and popped",
      "␛]0;a␇␛[22t␛]0;b␇␛[23t",
      { also: (t) => expect([t.title, t.iconName]).toEqual(["a", "a"]) },
    ],
    [
      "only the title",
      "␛]0;a␇␛[22;2t␛]0;b␇␛[23;2t",
      { also: (t) => expect([t.title, t.iconName]).toEqual(["a", "b"]) },
    ],
    [
      "only the icon name",
      "␛]0;a␇␛[22;1t␛]0;b␇␛[23;1t",
      { also: (t) => expect([t.title, t.iconName]).toEqual(["b", "a"]) },
    ],
    ["nested", "␛]2;a␇␛[22t␛]2;b␇␛[22t␛]2;c␇␛[23t␛[23t", { also: (t) => expect(t.title).toBe("a") }],
    ["popping an empty stack does nothing", "␛]2;a␇␛[23t", { also: (t) => expect(t.title).toBe("a") }],
  ],
);

table(
  "clipboard, colours, links",
  [20, 3],
  [
    ["OSC 52", "␛]52;c;YWJj␇", { also: (t) => expect(t.clipboard).toBe("YWJj") }],
    ["OSC 52 with an empty selection", "␛]52;;YWJj␛\\", { also: (t) => expect(t.clipboard).toBe("YWJj") }],
    ["OSC 52 with several selections", "␛]52;pc;YWJj␛\\", { also: (t) => expect(t.clipboard).toBe("YWJj") }],
    [
      "the clipboard is never read out",
      "␛]52;c;YWJj␇␛]52;c;?␇",
      { reply: "", also: (t) => expect(t.clipboard).toBe("YWJj") },
    ],
    [
      "colour settings print nothing",
      "a␛]4;1;rgb:ff/00/00␇b␛]10;#fff␇c␛]104␇d␛]12;red␇e",
      { screen: "abcde" },
    ],
    [
      "a link goes with the cells",
      "␛]8;id=1;http://a/␛\\x␛]8;;␛\\y",
      {
        screen: "xy",
        also: (t) => {
          const { link } = t.cell(0, 0).rendition;
          expect(t.link(link)).toEqual({ params: "id=1", url: "http://a/" });
          expect(t.cell(0, 1).rendition.link).toBe(0);
        },
      },
    ],
    [
      "SGR 0 does not end a link",
      "␛]8;;http://a/␛\\␛[0mx",
      {
        also: (t) => expect(t.link(t.cell(0, 0).rendition.link).url).toBe("http://a/"),
      },
    ],
  ],
);
