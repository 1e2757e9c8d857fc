/**
 * What programs write, made from a fixed seed: the named streams every terminal is measured with. None of them is
 * tuned to a fast path; each is long enough that no two screens of it are alike.
 */

export interface Stream {
  readonly name: string;
  /**
   * What stock counts differently or what is no text at all is not compared: emoji (widths of clusters), random bytes
   * (every terminal has its own idea of ill-formed input).
   */
  readonly sameScreen: boolean;
  /** Counts in the geometric mean. */
  readonly named: boolean;
  /** About `bytes` bytes for a screen of this size. */
  make(cols: number, rows: number, bytes: number): Uint8Array;
}

/** A linear congruential generator: the same streams on every machine. */
class Dice {
  #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
  }

  below(n: number): number {
    this.#seed = (Math.imul(this.#seed, 1103515245) + 12345) >>> 0;
    return (this.#seed >>> 8) % n;
  }

  of<T>(things: readonly T[]): T {
    return things[this.below(things.length)] as T;
  }

  word(): string {
    let word = "";
    for (let n = 2 + this.below(9); n > 0; n--) word += String.fromCharCode(97 + this.below(26));
    return word;
  }
}

type Part = (dice: Dice, cols: number, rows: number, n: number) => string;

function stream(name: string, part: Part, options: Partial<Stream> & { begin?: string } = {}): Stream {
  return {
    name,
    sameScreen: options.sameScreen ?? true,
    named: options.named ?? true,
    make: (cols, rows, bytes) => {
      const dice = new Dice(12345);
      const parts = [options.begin ?? ""];
      const encoder = new TextEncoder();
      for (let n = 0, length = 0; length < bytes; n++) {
        const text = part(dice, cols, rows, n);
        parts.push(text);
        length += Buffer.byteLength(text);
      }
      return encoder.encode(parts.join(""));
    },
  };
}

/** Words up to about `width` columns. */
function words(dice: Dice, width: number): string {
  let line = dice.word();
  while (line.length < width) line += ` ${dice.word()}`;
  return line;
}

const clock = (dice: Dice): string => `${10 + dice.below(14)}:${10 + dice.below(50)}:${10 + dice.below(50)}`;

const asciiLog: Part = (dice, cols) =>
  `2026-11-22T${clock(dice)} host unit[${dice.below(9999)}]: ${words(dice, cols / 4 + dice.below(cols / 2))}\r\n`;

/** ls, a compiler and a shell prompt by turns: 16 and 256 colours, bold, underline, reset. */
const sgrDense: Part = (dice, _cols, _rows, n) => {
  let line = "";
  if (n % 3 === 0)
    for (let i = 0; i < 5; i++)
      line += `\x1b[0m\x1b[01;3${dice.below(8)}m${dice.word()}.${dice.word()}\x1b[0m  `;
  else if (n % 3 === 1)
    for (let i = 0; i < 9; i++)
      line += `\x1b[38;5;${dice.below(256)}m\x1b[48;5;${dice.below(256)}m${dice.word().slice(0, 6)}`;
  else
    line = `\x1b[1m${dice.word()}.c:${dice.below(999)}:\x1b[m \x1b[1;35mwarning:\x1b[m ${dice.word()} [\x1b[4;95m-W${dice.word()}\x1b[0m]`;
  return `${line}\x1b[m\r\n`;
};

/** A gradient letter by letter, then source code in a theme of twelve colours on a background. */
const trueColour: Part = (dice, cols, _rows, n) => {
  let line = "";
  if (n % 2 === 0) {
    for (let x = 0; x < cols - 1; x++) {
      const phase = (x + n) / 12;
      const [r, g, b] = [0, 2, 4].map((shift) => Math.round(Math.sin(phase + shift) * 127 + 128));
      line += `\x1b[38;2;${r};${g};${b}m${String.fromCharCode(97 + dice.below(26))}`;
    }
  } else {
    line = "\x1b[48;2;40;44;52m";
    for (let x = 0; x < cols - 14; x += 8) {
      const shade = dice.below(12);
      line += `\x1b[38;2;${90 + shade * 13};${220 - shade * 9};${60 + shade * 15}m${dice.word().slice(0, 7)} `;
    }
  }
  return `${line}\x1b[0m\r\n`;
};

const LATIN = "áàâäãåæçéèêëíìîïñóòôöøœßúùûüýčšžřěąęłńśźżőűğış";
const GREEK = "αβγδεζηθικλμνξοπρστυφχψωάέήίόύώς";
const CYRILLIC = "абвгдежзийклмнопрстуфхцчшщъыьэюяіїєґ";

/** A line of one language after the other; accents as often as in running text. */
const european: Part = (dice, cols, _rows, n) => {
  let line = "";
  while (line.length < cols - 16) {
    let word = "";
    const length = 2 + dice.below(9);
    if (n % 4 < 2) {
      for (let i = 0; i < length; i++)
        word += dice.below(6) === 0 ? dice.of([...LATIN]) : String.fromCharCode(97 + dice.below(26));
    } else {
      const letters = n % 4 === 2 ? GREEK : CYRILLIC;
      for (let i = 0; i < length; i++) word += letters[dice.below(letters.length)];
    }
    line += `${word}${dice.below(9) === 0 ? " – „" : dice.below(12) === 0 ? "”, " : " "}`;
  }
  return `${line}\r\n`;
};

/** Chinese, Japanese and Korean with full-width punctuation, now and then a word in Latin letters. */
const cjk: Part = (dice, cols, _rows, n) => {
  let line = "";
  let width = 0;
  while (width < cols - 14) {
    if (dice.below(14) === 0) {
      const word = ` ${dice.word()} `;
      line += word;
      width += word.length;
      continue;
    }
    if (n % 3 === 0) line += String.fromCodePoint(0x4e00 + dice.below(0x5000));
    else if (n % 3 === 1)
      line += String.fromCodePoint(dice.below(3) ? 0x3041 + dice.below(80) : 0x4e00 + dice.below(0x5000));
    else line += String.fromCodePoint(0xac00 + dice.below(11000));
    width += 2;
    if (dice.below(11) === 0) {
      line += dice.of(["，", "。", "、", "！", "「"]);
      width += 2;
    }
  }
  return `${line}\r\n`;
};

const FACES = [..."😀😂🥹🙃😎🤖👻🎉🚀🔥✨🌍🍕🐙📦🧪✅❌⚡🛠"];
const SEQUENCES = ["👩‍💻", "👨‍👩‍👧‍👦", "🏳️‍🌈", "👍🏽", "🤷🏻‍♀️", "❤️", "⚠️", "🇫🇷", "🇯🇵", "🧑🏿‍🚀", "1️⃣", "é", "ñ"];

const emoji: Part = (dice, cols) => {
  let line = "";
  for (let width = 0; width < cols - 20; ) {
    const kind = dice.below(4);
    const text = kind === 0 ? dice.word() : kind === 1 ? dice.of(SEQUENCES) : dice.of(FACES);
    line += `${text} `;
    width += kind === 0 ? text.length + 1 : 4;
  }
  return `${line}\r\n`;
};

/** A monitor such as htop: fields all over the screen, bars, erased ends of lines. */
const cursorMotion: Part = (dice, cols, rows, n) => {
  let out = n % 12 === 0 ? "\x1b[?25l\x1b[H" : "";
  const y = 1 + dice.below(rows);
  switch (dice.below(6)) {
    case 0:
      out += `\x1b[${y};1H\x1b[0;${30 + dice.below(8)};${40 + dice.below(8)}m${dice.word()} ${dice.word()}\x1b[K`;
      break;
    case 1:
      out += `\x1b[${y};${1 + dice.below(cols - 30)}H\x1b[32m${"|".repeat(1 + dice.below(18))}\x1b[90m${" ".repeat(dice.below(8))}\x1b[39m${dice.below(100)}.${dice.below(10)}%`;
      break;
    case 2:
      out += `\x1b[${y}d\x1b[${1 + dice.below(cols - 12)}G\x1b[1m${dice.below(99999)}\x1b[m`;
      break;
    case 3:
      out += `\x1b[${y};${1 + dice.below(cols - 24)}H\x1b[7m${dice.word()}\x1b[27m\x1b[${1 + dice.below(9)}C${dice.word()}\x1b[${1 + dice.below(5)}X`;
      break;
    case 4:
      out += `\x1b[${y};${cols - 20}H${clock(dice)}\x1b[A\x1b[3D\b\b\x1b[4m${dice.word()}\x1b[24m`;
      break;
    default:
      out += `\x1b[${y};1H${dice
        .below(99999)
        .toString()
        .padStart(
          7,
        )} root      20   0 ${dice.below(999999).toString().padStart(7)}\x1b[36m${dice.below(9999).toString().padStart(6)}\x1b[m S \x1b[1;36m ${dice.below(10)}.${dice.below(10)}\x1b[m`;
  }
  return out;
};

/** Panes and pagers: regions set, scrolled both ways, lines inserted and deleted. */
const scrolling: Part = (dice, cols, rows) => {
  const top = 1 + dice.below(rows >> 1);
  const bottom = top + 4 + dice.below(rows - top - 4);
  const text = words(dice, dice.below(cols - 14));
  switch (dice.below(6)) {
    case 0:
      return `\x1b[${top};${bottom}r\x1b[${bottom};1H\n${text}\r\n${dice.word()}\x1b[r`;
    case 1:
      return `\x1b[${top};${bottom}r\x1b[${top};1H\x1bM${text}\x1b[r`;
    case 2:
      return `\x1b[${top};1H\x1b[${1 + dice.below(3)}L${text}`;
    case 3:
      return `\x1b[${top};1H\x1b[${1 + dice.below(3)}M\x1b[${rows};1H${text}`;
    case 4:
      return `\x1b[${top};${bottom}r\x1b[${1 + dice.below(4)}S\x1b[${bottom};1H${text}\x1b[r`;
    default:
      return `\x1b[${top};${bottom}r\x1b[${1 + dice.below(2)}T\x1b[${top};1H${text}\x1b[r`;
  }
};

const KEYWORDS = ["const", "return", "export", "function", "if", "for", "import", "type"];

/** An editor on the alternate screen: pages of highlighted source, typing in a line, a status line, leaving at times. */
const editor: Part = (dice, cols, rows, n) => {
  const status = `\x1b[${rows};1H\x1b[7m ${dice.word()}.ts [+] ${1 + dice.below(999)},${1 + dice.below(80)}\x1b[K\x1b[m`;
  const line = (): string =>
    `\x1b[38;5;130m${dice.below(999).toString().padStart(4)} \x1b[m${" ".repeat(2 * dice.below(4))}\x1b[38;5;${20 + dice.below(200)}m${dice.of(KEYWORDS)}\x1b[m ${dice.word()} = ${dice.word()}(\x1b[31m"${words(dice, dice.below(cols >> 2))}"\x1b[m);\x1b[K`;
  if (n % 40 === 0) {
    let page = `${n % 80 === 0 ? `\x1b[?1049l$ ${dice.word()}\r\n\x1b[?1049h` : ""}\x1b[?25l\x1b[H\x1b[2J`;
    for (let y = 1; y < rows; y++) page += `${line()}\r\n`;
    return `${page}${status}\x1b[?25h`;
  }
  const y = 1 + dice.below(rows - 2);
  const x = 6 + dice.below(cols >> 1);
  switch (dice.below(5)) {
    case 0:
      return `\x1b[${y};${x}H\x1b[@${String.fromCharCode(97 + dice.below(26))}${status}\x1b[${y};${x}H`;
    case 1:
      return `\x1b[${y};1H\x1b[L${line()}`;
    case 2:
      return `\x1b[1;${rows - 1}r\x1b[${rows - 1};1H\n${line()}\x1b[r${status}`;
    case 3:
      return `\x1b[${y};${x}H\x1b[${1 + dice.below(4)}P${dice.word()}`;
    default:
      return `\x1b[?25l\x1b[${y};1H${line()}\x1b[?25h\x1b[${y};${x}H`;
  }
};

const shortLines: Part = (_dice, _cols, _rows, n) => `${n + 1}\r\n`;

/** The log again as a pane above a status line shows it: every line scrolled in by cursor moves, now and then the clock. */
const pane: Part = (dice, cols, rows, n) =>
  `\x1b[1;${rows - 1}r\x1b[${rows - 1};1H\n${asciiLog(dice, cols, rows, n).slice(0, -2)}${n % 50 === 0 ? `\x1b[r\x1b[${rows};${cols - 9}H\x1b[7m${clock(dice)}\x1b[m` : ""}`;

const random: Stream = {
  name: "random bytes",
  sameScreen: false,
  named: true,
  make: (_cols, _rows, bytes) => {
    const dice = new Dice(98765);
    return Uint8Array.from({ length: bytes }, () => dice.below(256));
  },
};

export const STREAMS: readonly Stream[] = [
  stream("ASCII log", asciiLog),
  stream("SGR-dense colour", sgrDense),
  stream("true colour", trueColour),
  stream("European UTF-8", european),
  stream("CJK", cjk),
  stream("emoji and ZWJ", emoji, { sameScreen: false }),
  stream("cursor-motion TUI", cursorMotion),
  stream("scrolling regions", scrolling),
  stream("alternate-screen editor", editor, { begin: "\x1b[?1049h" }),
  random,
  stream("short lines (seq)", shortLines, { named: false }),
  stream("log in a pane", pane, { named: false }),
];
