/**
 * The files that programs in the interop tests show: fixed, so that a screen can be compared between runs. Written into
 * each test's home directory.
 */

const line = (n: number): string =>
  `${String(n).padStart(4)}  the quick brown fox jumps over the lazy dog, ${"abcdefgh".repeat(n % 9)}`;

/** More than any screen, with lines longer and shorter than it is wide. */
const text = `${Array.from({ length: 400 }, (_, i) => line(i + 1)).join("\n")}\n`;

const source = `/* Greatest common divisor, by Euclid. */
#include <stdio.h>
#include <stdlib.h>

#define LIMIT 100

static unsigned long gcd(unsigned long a, unsigned long b)
{
\twhile (b != 0) {
\t\tunsigned long rest = a % b;
\t\ta = b;
\t\tb = rest; // smaller every time
\t}
\treturn a;
}

int main(int argc, char **argv)
{
\tif (argc != 3) {
\t\tfprintf(stderr, "usage: %s a b\\n", argv[0]);
\t\treturn EXIT_FAILURE;
\t}
\tunsigned long a = strtoul(argv[1], NULL, 10), b = strtoul(argv[2], NULL, 10);
\tprintf("gcd(%lu, %lu) = %lu\\n", a, b, gcd(a, b));
${Array.from({ length: 60 }, (_, i) => `\tprintf("%d: %c\\n", ${i}, '${String.fromCharCode(97 + (i % 26))}');`).join("\n")}
\treturn 0; /* 完了 */
}
`;

/**
 * Wide, combining and astral characters, some across the right edge of 80 columns. No sequences that a modern terminal
 * joins into one cell (ZWJ, flags, skin tones, VS16): Mosh's table gives each part its own cells, by design.
 */
const utf8 = [
  "\x1b[H\x1b[2J",
  "Latin: àéîõü ß ø æ  Greek: αβγδ  Cyrillic: жшщъ  Hebrew: שלום  Arabic: سلام",
  "Combining: e\u0301 a\u0308 o\u0302\u0323 n\u0303 u\u030a\u0301 \u0915\u093f \u0e01\u0e33",
  "Wide: 你好世界 こんにちは 안녕하세요 ｆｕｌｌ ﾊﾝｶｸ",
  "Emoji: 😀😃🚀🎉🐧 ✅ ⌚ ☎ ♥",
  "Boxes: ┌─┬─┐ │█│▒│ └─┴─┘ ⠿⡇ ",
  `Edge by two: ${"字".repeat(40)}`,
  `${"x".repeat(79)}字 after a column left free`,
  `${"y".repeat(80)}z`,
  "END",
  "",
].join("\n");

/** Characters printed over, erased from and inserted into the middle of wide ones. */
const halves = [
  "\x1b[H\x1b[2J",
  "left: 漢字漢字\x1b[4D#",
  "right: 漢字漢字\x1b[3D#",
  "both: 漢字漢字\x1b[3D##",
  "erased: 漢字漢字\x1b[3D\x1b[X",
  "HALVES",
  "",
].join("\n");

/** Attributes, colours, erasing with a background, margins, insertion and deletion. Ends with the word END. */
function colours(): string {
  const rows: string[] = ["\x1b[H\x1b[2J"];
  rows.push([..."01234567"].map((c) => `\x1b[3${c}m fg${c} \x1b[0m\x1b[4${c}m bg${c} \x1b[0m`).join(""));
  rows.push([..."01234567"].map((c) => `\x1b[9${c}m fg${c} \x1b[0m\x1b[10${c}m bg${c} \x1b[0m`).join(""));
  for (const start of [16, 88, 160]) {
    rows.push(
      Array.from({ length: 72 }, (_, i) => `\x1b[48;5;${start + i}m `)
        .join("")
        .concat("\x1b[0m|"),
    );
  }
  rows.push(
    Array.from({ length: 64 }, (_, i) => `\x1b[38;2;${i * 4};128;${255 - i * 4}m#`)
      .join("")
      .concat("\x1b[0m"),
  );
  rows.push(
    ["1", "3", "4", "5", "7", "8", "1;3;4", "7;31;42", "1;38;5;200;48;2;9;99;199"]
      .map((sgr) => `\x1b[${sgr}m<${sgr}>\x1b[0m`)
      .join(" "),
  );
  rows.push("\x1b[44mto the end of the line\x1b[K\x1b[0m");
  rows.push("\x1b[42m0123456789ABCDEFGHIJ\x1b[10D\x1b[45m\x1b[4X\x1b[0m");
  rows.push("0123456789ABCDEFGHIJ\x1b[10D\x1b[41m\x1b[3@\x1b[0m");
  rows.push("0123456789ABCDEFGHIJ\x1b[10D\x1b[3P\x1b[0m");
  rows.push("tabs:\ta\tbb\tccc\tdddd");
  rows.push("erased to the left\x1b[43m\x1b[8D\x1b[1K\x1b[0m");
  // A scrolling region of four rows: written through, a line inserted and one deleted with a coloured pen.
  rows.push(
    "\x1b[15;18r\x1b[15;1Hone\ntwo\nthree\nfour\nfive\nsix\x1b[46m\x1b[16;1H\x1b[L\x1b[18;1H\x1b[M\x1b[0m",
  );
  rows.push("\x1b[r\x1b[19;1H\x1b[100mbelow\x1b[J\x1b[0m\x1b[2;78H\x1b[1;33mend\x1b[0m");
  rows.push("\x1b[21;1HEND");
  return rows.join("\n");
}

export const FIXTURES: Readonly<Record<string, string>> = {
  "text.txt": text,
  "sample.c": source,
  "utf8.txt": utf8,
  "halves.txt": halves,
  "colours.txt": colours(),
  vimrc: "set nocompatible number ruler hlsearch mouse=a\nsyntax on\n",
  "tmux.conf": [
    "set -g status-right ''",
    "set -g status-left '[inner] '",
    "set -g window-status-current-format '#I:name'",
    "set -g window-status-format '#I:name'",
    "set -g escape-time 0",
    "set -g default-command 'exec env \"PS1=$ \" bash --norc --noprofile -i'",
    "set -g default-terminal screen-256color",
    "",
  ].join("\n"),
};
