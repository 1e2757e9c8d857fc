/** Random program output: real control sequences in realistic proportions, garbage now and then. For property tests. */
import type { Random } from "./random.ts";

const WORDS = [
  "the",
  "quick",
  "brown",
  "fox",
  "ls -la",
  "make[1]:",
  "src/main.c",
  "0x1f",
  "~",
  "|",
  "=>",
  "a",
];
const NARROW = ["é", "ß", "Ж", "─", "│", "█", "→", "…", "Ａ".normalize("NFKC"), "\u00a0", "ก", "א"];
const WIDE = ["中", "文", "漢", "あ", "ン", "한", "ｗ", "　"];
const EMOJI = ["😀", "🚀", "👍", "⌚", "🦊", "🧑"];
const MARKS = ["\u0301", "\u0308", "\u20dd", "\u200d", "\ufe0f", "\u0e31"];
/** Unassigned in Unicode 14, or of disputed width. */
const DISPUTED = ["🫨", "🫩", "\u{1e030}", "\u{10efd}", "🇩", "🇪", "ᅡ", "䷀", "㉈", "𖫐", "\u{31350}"];

const CSI = "\x1b[";

/**
 * A string of program output for a screen of this size.
 * @param settled only characters whose width every terminal agrees on, and no bytes that are not UTF-8
 */
export function randomOutput(random: Random, cols: number, rows: number, settled = false): string {
  const n = () => (random.oneIn(3) ? "" : String(random.below(random.oneIn(4) ? 300 : 6)));
  const row = () => random.between(1, rows);
  const col = () => random.between(1, cols);
  const color = () =>
    random.pick([
      () => String(random.pick([30, 31, 34, 37, 90, 91, 97, 39])),
      () => String(random.pick([40, 41, 44, 47, 100, 104, 107, 49])),
      () => `${random.pick([38, 48])};5;${random.below(256)}`,
      () => `${random.pick([38, 48])};2;${random.below(3) * 100};${random.below(256)};7`,
      () => `38:2::${random.below(256)}:1:2`,
    ])();
  const sgr = () => {
    const parts: string[] = [];
    for (let i = random.between(0, 3); i >= 0; i--) {
      parts.push(
        random.pick([
          () => "0",
          () => "",
          () => String(random.pick([1, 2, 3, 4, 5, 7, 8, 9, 53])),
          () => String(random.pick([22, 23, 24, 25, 27, 28, 29, 55])),
          () => random.pick(["4:3", "4:2", "4:0", "58:5:3", "58:2::1:2:3", "59", "21"]),
          color,
          color,
        ])(),
      );
    }
    return `${CSI}${parts.join(";")}m`;
  };
  const text = () => Array.from({ length: random.between(1, 4) }, () => random.pick(WORDS)).join(" ");
  const mode = () =>
    random.pick([
      1, 5, 6, 7, 25, 25, 9, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 1007, 2004, 45, 69,
    ]);

  const kinds: [weight: number, make: () => string][] = [
    [30, text],
    [6, () => `${text()}\r\n`],
    [4, () => "\r\n"],
    [4, () => Array.from({ length: random.between(2, rows) }, () => `${text()}\r\n`).join("")],
    [3, () => random.pick(["\n", "\r", "\b", "\b\b", "\t", "\x0b", "\x1bM", "\x1bD", "\x1bE"])],
    [4, () => random.pick(["x", "=", " "]).repeat(random.pick([cols, cols - 1, cols + 1, 2 * cols, 5]))],
    [4, () => random.pick(NARROW)],
    [5, () => random.pick(WIDE)],
    [2, () => random.pick(WIDE).repeat(random.between(1, cols))],
    [3, () => (settled ? "" : random.pick(EMOJI))],
    [3, () => random.pick(MARKS).repeat(random.oneIn(10) ? 14 : random.between(1, 2))],
    [2, () => (settled ? "" : random.pick(DISPUTED))],
    [14, sgr],
    [10, () => `${CSI}${row()};${col()}H`],
    [4, () => `${CSI}${rows};${cols}H${random.pick(["", "Z", "中", "\b"])}`],
    [6, () => `${CSI}${n()}${random.pick("ABCDEFGd`ae".split(""))}`],
    [5, () => `${CSI}${n()}${random.pick("JK".split(""))}`],
    [6, () => `${CSI}${n()}${random.pick("X@PLMSTb".split(""))}`],
    [4, () => `${CSI}${row()};${row()}r`],
    [2, () => `${CSI}r`],
    [1, () => `${CSI}${col()};${col()}s`],
    [7, () => `${CSI}?${mode()}${random.pick(["h", "l"])}`],
    [2, () => `${CSI}4${random.pick(["h", "l"])}`],
    [2, () => random.pick(["\x1b7", "\x1b8"])],
    [2, () => `${CSI}?${random.pick([1049, 47, 1047])}${random.pick(["h", "l", "l"])}`],
    [1, () => random.pick(["\x1bc", `${CSI}!p`, "\x1b#8", `${CSI}?3h`, `${CSI}2J`, `${CSI}3J`])],
    [2, () => random.pick(["\x1b(0", "\x1b(B", "\x0e", "\x0f", "\x1b)0"])],
    [1, () => random.pick(["\x1bH", `${CSI}g`, `${CSI}3g`, `${CSI}${n()}I`, `${CSI}${n()}Z`])],
    [
      2,
      () =>
        `\x1b]${random.pick(["0;", "1;", "2;", ";"])}${random.pick(["", "vim", "títle 中", "t".repeat(300)])}\x07`,
    ],
    [1, () => `\x1b]52;c;${random.pick(["", "aGVsbG8=", "?", "eHg="])}\x1b\\`],
    [1, () => `\x1b]8;;${random.pick(["", "https://example.org/a", "https://example.org/b"])}\x1b\\`],
    [1, () => "\x07"],
    [
      1,
      () =>
        random.pick([
          "\x1bP$qm\x1b\\",
          "\x1b_x\x1b\\",
          `${CSI}?2026h`,
          `${CSI}?2026l`,
          `${CSI}6n`,
          `${CSI}>c`,
        ]),
    ],
    [1, () => random.pick(["\x1b", CSI, `${CSI}3`, "\x1b]0;abc", "\x1bP"])],
    [settled ? 0 : 1, () => String.fromCharCode(random.below(256), random.below(256), random.below(256))],
  ];
  const total = kinds.reduce((sum, [weight]) => sum + weight, 0);
  let output = "";
  for (let i = random.pick([1, 1, 2, 3, 6, 12]); i > 0; i--) {
    let at = random.below(total);
    for (const [weight, make] of kinds) {
      at -= weight;
      if (at < 0) {
        output += make();
        break;
      }
    }
  }
  return output;
}
