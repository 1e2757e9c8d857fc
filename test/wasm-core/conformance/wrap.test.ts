/**
 * Auto-wrap and the pending wrap (the "last column flag" of DEC STD 070, appendix D), insert mode, reverse wrap, LNM.
 *
 * Where hardware differs from DEC STD 070 (HT; DECRC and auto-wrap) the table says what xterm and VT420/VT510 do.
 */
import { type Case, table } from "./table.ts";

const FULL = "␛[2;1H12345";

/** After a full row: `control`, then an X. `stays`: the X replaces the 5 (flag ended), else it wraps. */
function flag(name: string, control: string, ends: boolean): Case {
  return [`${name} ${ends ? "ends" : "keeps"} the pending wrap`, FULL + control, { pending: !ends }];
}

table(
  "what ends a pending wrap",
  [5, 5],
  [
    ["the wrap is pending after the last column", FULL, { pending: true, cursor: [2, 5], screen: "|12345" }],
    ["the next character carries it out", `${FULL}6`, { pending: false, cursor: [3, 2], screen: "|12345|6" }],
    flag("NUL", "␀", false),
    flag("ENQ", "␅", false),
    flag("BEL", "␇", false),
    flag("BS", "␈", true),
    flag("HT", "␉", false),
    flag("LF", "␊", true),
    flag("VT", "␋", true),
    flag("FF", "␌", true),
    flag("CR", "␍", true),
    flag("SO", "␎", false),
    flag("SI", "␏", false),
    flag("DEL", "␡", false),
    flag("IND", "␛D", true),
    flag("NEL", "␛E", true),
    flag("HTS", "␛H", false),
    flag("RI", "␛M", true),
    flag("DECSC", "␛7", false),
    flag("DECRC (nothing saved)", "␛8", true),
    flag("DECALN", "␛#8", true),
    flag("DECKPAM", "␛=", false),
    flag("SCS", "␛(B", false),
    flag("an unknown ESC", "␛l", false),
    flag("ST", "␛\\", false),
    flag("ICH", "␛[@", true),
    flag("CUU", "␛[A", true),
    flag("CUD", "␛[B", true),
    flag("CUF", "␛[C", true),
    flag("CUB", "␛[D", true),
    flag("CNL", "␛[E", true),
    flag("CPL", "␛[F", true),
    flag("CHA", "␛[5G", true),
    flag("CUP", "␛[2;5H", true),
    flag("CHT", "␛[I", false),
    flag("ED 0", "␛[J", true),
    flag("EL 0", "␛[K", true),
    flag("IL", "␛[L", true),
    flag("DL", "␛[M", true),
    flag("DCH", "␛[P", true),
    flag("SU", "␛[S", false),
    flag("SD", "␛[T", false),
    flag("ECH", "␛[X", true),
    flag("CBT", "␛[Z", true),
    flag("HPA", "␛[5`", true),
    flag("HPR", "␛[a", true),
    flag("DA", "␛[c", false),
    flag("VPA", "␛[2d", true),
    flag("VPR", "␛[e", true),
    flag("HVP", "␛[2;5f", true),
    flag("TBC", "␛[g", false),
    flag("SM", "␛[4h", false),
    flag("RM", "␛[4l", false),
    flag("DECSET", "␛[?25l", false),
    flag("DECSET 7", "␛[?7h", false),
    flag("SGR", "␛[1m", false),
    flag("DSR", "␛[5n", false),
    flag("CPR", "␛[6n", false),
    flag("DECSTBM", "␛[r", true),
    flag("DECSCUSR", "␛[2 q", false),
    flag("an unknown CSI", "␛[5z", false),
    flag("an OSC", "␛]2;t␇", false),
    flag("an OSC with ESC \\", "␛]2;t␛\\", false),
    flag("a DCS", "␛Pq␛\\", false),
    ["CPR tells the last column", `${FULL}␛[6n`, { reply: "␛[2;5R" }],
    ["EL erases the last column", `${FULL}␛[K`, { screen: "|1234" }],
    ["BS goes to the last column but one", `${FULL}␈x`, { screen: "|123x5" }],
    ["CR starts the same row", `${FULL}␍x`, { screen: "|x2345" }],
    ["LF, then the column is the last one", `${FULL}␊x`, { screen: "|12345|    x" }],
    ["DECSC keeps it and DECRC restores it", `${FULL}␛7␛[H␛8x`, { screen: "|12345|x" }],
    ["turning auto-wrap off and on keeps it", `${FULL}␛[?7l␛[?7hx`, { screen: "|12345|x" }],
    ["with auto-wrap off nothing wraps", `␛[?7l${FULL}67`, { screen: "|12347", cursor: [2, 5] }],
    ["turning auto-wrap off after the last column stays in the row", `${FULL}␛[?7lx`, { screen: "|1234x" }],
    ["wrapping at the bottom scrolls", "␛[5;1H123456", { screen: "|||12345|6" }],
    ["wrapping at the bottom margin scrolls the region", "a␛[2;3r␛[3;1H123456", { screen: "a|12345|6" }],
    ["wrapping below the region on the last row stays there", "␛[2;3r␛[5;1H123456", { screen: "||||62345" }],
  ],
);

table(
  "insert mode",
  [6, 4],
  [
    ["characters push the row to the right", "abc␍␛[4hxy", { screen: "xyabc", cursor: [1, 3] }],
    ["what leaves the row is lost", "abcdef␍␛[4hxy", { screen: "xyabcd" }],
    ["off again: characters replace", "abc␍␛[4hx␛[4ly", { screen: "xybc" }],
    ["the last column is replaced", "abcdef␛[1;6H␛[4hx", { screen: "abcdex", pending: true }],
    ["a pending wrap wraps first", "abcdef␛[2;1Hgh␛[4h␛[1;6Hxy", { screen: "abcdex|ygh" }],
    ["wide characters push by two", "abcd␍␛[4h世", { screen: "世abcd", cursor: [1, 3] }],
    ["a wide character that is cut by the edge goes", "abcd世␍␛[4hx", { screen: "xabcd" }],
    ["only up to the right margin", "abcdef␛[?69h␛[2;4s␛[1;2H␛[4hx", { screen: "axbcef" }],
  ],
);

table(
  "line feed / new line mode",
  [6, 4],
  [
    ["off: LF keeps the column", "ab␊c", { screen: "ab|  c" }],
    ["on: LF, VT and FF go to column 1", "␛[20hab␊cd␋ef␌g", { screen: "ab|cd|ef|g" }],
    ["on: IND keeps the column", "␛[20hab␛Dc", { screen: "ab|  c" }],
    ["off again", "␛[20h␛[20lab␊c", { screen: "ab|  c" }],
    ["RIS ends it", "␛[20h␛cab␊c", { screen: "ab|  c" }],
  ],
);

table(
  "reverse wrap",
  [5, 4],
  [
    ["BS at the left edge stays without it", "␛[2;1H␈", { cursor: [2, 1] }],
    ["BS at the left edge goes to the end of the row above", "12345␛[?45h6␈␈", { cursor: [1, 5] }],
    ["CUB goes on in the row above", "12345␛[?45h67␛[4D", { cursor: [1, 4] }],
    ["needs auto-wrap", "12345␛[?45h␛[?7l␛[2;1H␈", { cursor: [2, 1] }],
    ["off again", "12345␛[?45h6␛[?45l␈␈", { cursor: [2, 1] }],
    ["1045 wraps at the side margins", "␛[?1045h␛[?69h␛[2;4s␛[1;2Habcd␈␈", { cursor: [1, 4] }],
    ["1045 goes from the top left to the bottom right", "␛[?1045h␈", { cursor: [4, 5] }],
    ["1045 likewise within the region", "␛[?1045h␛[2;3r␛[2;1H␈", { cursor: [3, 5] }],
    ["45 stays below a row that has not wrapped", "x␛[?45h␛[2;1H␈", { cursor: [2, 1] }],
    ["45 stays at the top left", "␛[?45h␈", { cursor: [1, 1] }],
  ],
);

table(
  "wide characters",
  [6, 4],
  [
    ["take two columns", "世x", { screen: "世x", cursor: [1, 4] }],
    ["fill the row", "世世世", { screen: "世世世", cursor: [1, 6], pending: true }],
    ["wrap when only one column is left", "abcde世", { screen: "abcde|世", cursor: [2, 3] }],
    ["at the right margin likewise", "␛[?69h␛[1;4sabc世", { screen: "abc|世" }],
    [
      "without auto-wrap a wide character does not fit in the last column",
      "␛[?7labcde世",
      { screen: "abcde" },
    ],
    ["and leaves the one that is there alone", "␛[?7labcd世界", { screen: "abcd世", cursor: [1, 6] }],
    ["writing over the left half takes the right half away", "世␍x", { screen: "x" }],
    ["writing over the right half takes the left half away", "世␈x", { screen: " x" }],
    ["a wide one over two halves takes both neighbours", "世世␛[1;2H国", { screen: " 国" }],
    ["EL from the right half", "世世␛[1;2H␛[K", { screen: "" }],
    ["EL 1 up to the left half", "世世␛[1;3H␛[1K", { screen: "" }],
    ["ECH of the left half", "世世␛[1;1H␛[X", { screen: "  世" }],
    ["ECH of the right half", "世世␛[1;2H␛[X", { screen: "  世" }],
    ["DCH of the left half", "世世␛[1;1H␛[P", { screen: " 世" }],
    ["DCH of the right half", "世世␛[1;2H␛[P", { screen: " 世" }],
    ["ICH between the halves", "世世␛[1;2H␛[@", { screen: "   世" }],
    ["ICH that cuts one at the edge", "世世世␍␛[@", { screen: " 世世" }],
    ["erasing the first half of two", "a世b␛[1;2H␛[X", { screen: "a  b" }],
  ],
);

table(
  "combining characters",
  [6, 3],
  [
    ["join the character before", "e\u0301x", { screen: "e\u0301x", cursor: [1, 3] }],
    ["join a wide character", "世\u0301x", { screen: "世\u0301x", cursor: [1, 4] }],
    ["join the last column without ending the pending wrap", "abcdef\u0301g", { screen: "abcdef\u0301|g" }],
    ["do not move the cursor", "e\u0301\u0302\u0303", { cursor: [1, 2] }],
    ["ZWJ and variation selectors take no column", "a\u200db\ufe0fc", { cursor: [1, 4] }],
  ],
);

table(
  "repeat (REP)",
  [6, 4],
  [
    ["repeats the last character", "a␛[3b", { screen: "aaaa", cursor: [1, 5] }],
    ["without a parameter once", "a␛[b", { screen: "aa" }],
    ["0 is once", "a␛[0b", { screen: "aa" }],
    ["wraps", "a␛[8b", { screen: "aaaaaa|aaa" }],
    [
      "only right behind the character, as xterm, VTE and vttest have it",
      "␛[31ma␛[2b␛[32mb␛[m␛[2b",
      { screen: "aaab", pens: { "1;1": "0;31", "1;3": "0;31" } },
    ],
    ["a wide character", "世␛[2b", { screen: "世世世" }],
    ["a line drawing character", "␛(0q␛[2b", { screen: "───" }],
    ["nothing printed yet: nothing", "␛[3bx", { screen: "x" }],
    ["after RIS nothing", "a␛c␛[3bx", { screen: "x" }],
    ["in insert mode", "xy␍␛[4ha␛[2b", { screen: "aaaxy" }],
    ["a second REP is not behind a character", "a␛[b␛[b", { screen: "aa" }],
    ["at the bottom it scrolls", "a␛[4;1Hb␛[9b", { screen: "||bbbbbb|bbbb" }],
    ["more than a screenful ends in the right column", "a␛[103b", { screen: "aaaaaa|aaaaaa|aaaaaa|aa" }],
    ["far more than a screenful", "a␛[60000b", { screen: "aaaaaa|aaaaaa|aaaaaa|a" }],
    ["far more wide ones", "␛[?69h␛[1;5s世␛[60000b", { screen: "世世|世世|世世|世" }],
    ["inside the margins", "␛[?69h␛[2;4s␛[1;2Ha␛[5b", { screen: " aaa| aaa" }],
  ],
);
