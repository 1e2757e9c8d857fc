/**
 * What a person does in a session, as scripts of steps: keys in, a condition that shows the program has answered, and a
 * screen to compare with the same program run directly in the same terminal. Data only; matrix.test.ts runs them.
 */
import { all, type Comparison, cursorAt, row, type Screen, some, textOf } from "../drivers/screen.ts";
import type { Pane } from "../drivers/tmux.ts";

/** Why a screen is not compared; `blind`: `until` does not hold there either. */
export interface Exception {
  readonly reason: string;
  readonly blind?: true;
}

export interface Step {
  readonly does: string;
  readonly act?: (pane: Pane) => Promise<void>;
  /** True of the directly run program's screen once it has answered. */
  readonly until: (screen: Screen) => boolean;
  readonly compare?: Comparison;
  /** Why this step's screen cannot be compared when a *stock* server emulates the terminal. The step is still done. */
  readonly stockServerDiffers?: Exception;
  /** The same where stock is at both ends; Sterna's client repairs what its server does wrong. */
  readonly stockPairDiffers?: Exception;
}

export interface Scenario {
  readonly name: string;
  readonly programs: readonly string[];
  readonly command: readonly string[];
  readonly cols?: number;
  readonly rows?: number;
  readonly steps: readonly Step[];
  /** Keys that end the program. */
  readonly quit: (pane: Pane) => Promise<void>;
}

const NO_ALTERNATE_SCREEN =
  "a stock server has one screen only: what a full-screen program drew stays when it ends (terminal.md 1.4)";

export const SHELL: readonly string[] = ["bash", "--norc", "--noprofile", "-i"];

/** A stock server begins every session with an empty line, so the shell's screen is cleared first. */
export const cleared: Step = {
  does: "clear the screen",
  act: async (pane) => {
    await pane.waitForRow(/^\$/);
    // Not empty, so that an empty screen means that the next command has run.
    await pane.line("echo begin");
    await pane.waitForRow("begin");
    await pane.line("clear");
  },
  until: (screen) => textOf(screen).join("") === "$" && cursorAt(0, 2)(screen),
};

const exitShell = (pane: Pane): Promise<void> => pane.line("exit");

export const SCENARIOS: readonly Scenario[] = [
  {
    name: "a shell: typing, editing, wrapping",
    programs: ["bash"],
    command: SHELL,
    steps: [
      cleared,
      {
        does: "type a command",
        act: async (pane) => {
          await pane.type("echo hallo");
          await pane.keys("Enter");
        },
        until: all(row(1, "hallo"), cursorAt(2, 2)),
      },
      {
        does: "edit a line in its middle",
        act: async (pane) => {
          await pane.text("echo one three");
          await pane.keys("M-b");
          await pane.text("two ");
          await pane.keys("C-a", "C-d", "C-d", "C-d", "C-d");
          await pane.text("printf '%s\\n'");
        },
        until: all(row(2, "$ printf '%s\\n' one two three"), cursorAt(2, 15)),
      },
      {
        does: "run it and fetch it back",
        act: (pane) => pane.keys("Enter", "Up", "BSpace", "BSpace"),
        until: all(row(6, "$ printf '%s\\n' one two thr"), cursorAt(6, 27)),
      },
      {
        does: "type past the right edge and delete back over it",
        act: async (pane) => {
          await pane.keys("C-u");
          await pane.text(`: ${"abcdefghij".repeat(9)}`);
          await pane.keys(...Array.from({ length: 30 }, () => "BSpace"), "Left", "Left");
        },
        until: all(row(6, /^\$ : (abcdefghij){6}$/), row(7, ""), cursorAt(6, 62)),
      },
    ],
    quit: async (pane) => {
      await pane.keys("C-e", "Enter");
      await pane.line("exit");
    },
  },
  {
    name: "UTF-8: typed and printed",
    programs: ["bash"],
    command: SHELL,
    steps: [
      cleared,
      {
        does: "type wide, combining and astral characters and delete some",
        act: async (pane) => {
          await pane.type("echo 日本語 e\u0301a\u0308 🚀Ω");
          await pane.keys("BSpace", "BSpace");
          await pane.text("!");
        },
        until: row(0, "$ echo 日本語 e\u0301a\u0308 !"),
      },
      {
        does: "print them back",
        act: (pane) => pane.keys("Enter"),
        until: all(row(1, "日本語 e\u0301a\u0308 !"), cursorAt(2, 2)),
      },
      {
        does: "show a file of them",
        act: (pane) => pane.line("cat utf8.txt"),
        until: all(some("END"), some("$")),
      },
      {
        does: "overwrite halves of wide characters",
        act: (pane) => pane.line("cat halves.txt"),
        until: all(some("HALVES"), some("$")),
        stockServerDiffers: { reason: "D3: a stock server does not keep halves of wide characters together" },
      },
    ],
    quit: exitShell,
  },
  {
    name: "colours, attributes, erasing, margins",
    programs: ["sh"],
    command: ["sh", "-c", "stty -echo; cat colours.txt; read line"],
    steps: [{ does: "draw", until: all(some("END"), cursorAt(20, 3)) }],
    quit: (pane) => pane.keys("Enter"),
  },
  {
    name: "the corner at the bottom right",
    programs: ["sh"],
    command: [
      "sh",
      "-c",
      "stty -echo; printf '\\033[2J\\033[24;80HX\\033[24;79H'; read x; printf YZ; read x; printf '\\033[24;80H\\033[7mZ\\033[24;76H'; read x",
    ],
    steps: [
      {
        does: "print the last character, then one to the left",
        until: all(row(-1, /^ {79}X$/), cursorAt(23, 78)),
        stockPairDiffers: {
          reason: "D1: stock's cursor is one column too far left after it has printed the corner",
          blind: true,
        },
      },
      {
        does: "overwrite it",
        act: (pane) => pane.keys("Enter"),
        until: row(-1, /^ {78}YZ$/),
        stockPairDiffers: { reason: "D1: what follows goes to the wrong column, too", blind: true },
      },
      {
        does: "again, in other colours",
        act: (pane) => pane.keys("Enter"),
        until: all(row(-1, /YZ$/), cursorAt(23, 75)),
        stockPairDiffers: { reason: "D1", blind: true },
      },
    ],
    quit: (pane) => pane.keys("Enter"),
  },
  {
    name: "long output",
    programs: ["bash", "seq"],
    command: SHELL,
    steps: [
      cleared,
      {
        does: "count to 20000",
        act: (pane) => pane.line("seq 1 20000"),
        until: all(row(-2, "20000"), row(-1, "$"), cursorAt(23, 2)),
      },
      {
        does: "print long lines",
        act: (pane) => pane.line("seq -s ' ' 1 30000; echo"),
        until: all(row(-3, / 30000$/), row(-1, "$")),
      },
      {
        does: "interrupt endless output",
        act: async (pane) => {
          await pane.line("yes 'flood of lines'");
          await pane.waitFor(
            "the flood",
            (screen) => textOf(screen).filter((l) => l === "flood of lines").length > 20,
          );
          await pane.keys("C-c");
          await pane.waitForRow(/\$$/);
          await pane.line("clear");
        },
        until: (screen) => textOf(screen).join("") === "$",
      },
    ],
    quit: exitShell,
  },
  {
    name: "resize",
    programs: ["bash", "less"],
    command: SHELL,
    steps: [
      cleared,
      {
        does: "a full-screen program",
        act: (pane) => pane.line("less -M text.txt"),
        until: row(-1, /^text.txt lines 1-\d+/),
      },
      {
        does: "larger",
        act: (pane) => pane.resize(120, 40),
        until: all((screen) => screen.cols === 120 && screen.rows === 40, row(-1, /^text.txt lines 1-\d+/)),
      },
      {
        does: "smaller, both ways at once",
        act: (pane) => pane.resize(33, 11),
        until: all((screen) => screen.cols === 33 && screen.rows === 11, row(-1, /^text.txt lines 1-/)),
      },
      {
        does: "the size the shell sees",
        act: async (pane) => {
          await pane.resize(71, 19);
          // less loses a key that comes while it answers to the change.
          await pane.waitFor(
            "less's answer",
            all((screen) => screen.cols === 71, row(-1, /^text.txt lines 1-12\//)),
          );
          await pane.keys("q");
          await pane.waitForRow(/^\$/);
          await pane.line("clear; stty size");
        },
        until: all(row(0, "19 71"), row(1, "$"), cursorAt(1, 2)),
      },
    ],
    quit: exitShell,
  },
  {
    name: "vim",
    programs: ["bash", "vim"],
    command: SHELL,
    steps: [
      cleared,
      {
        does: "open a file with syntax colours",
        act: (pane) => pane.line("vim -u vimrc -n -i NONE sample.c"),
        until: all(row(0, /^ {2}1 \/\* Greatest/), row(-1, /1,1 +Top$/), cursorAt(0, 4)),
      },
      {
        does: "search",
        act: async (pane) => {
          await pane.text("/unsigned");
          await pane.keys("Enter");
          await pane.text("n");
        },
        until: row(-1, /7,26 +Top$/),
      },
      {
        does: "delete, put, insert wide characters",
        act: async (pane) => {
          await pane.text("gg3ddjpO/* 漢字 e\u0301 */");
          await pane.keys("Escape");
        },
        until: all(some(/漢字/), row(-1, /3,1\d-\d+ +Top$|3,\d+-\d+ +Top$/)),
      },
      {
        does: "split, select, scroll",
        act: async (pane) => {
          await pane.text(":vsplit");
          await pane.keys("Enter");
          await pane.text("Gzz10kVjj");
        },
        until: all(row(-1, /^-- VISUAL LINE --/), row(-2, /sample.c \[\+\].*sample.c \[\+\]/)),
      },
      {
        does: "a coloured background and a smaller window",
        act: async (pane) => {
          await pane.keys("Escape");
          await pane.text(":hi Normal ctermbg=17 ctermfg=230");
          await pane.keys("Enter");
          await pane.resize(64, 18);
        },
        until: all(
          (screen) => screen.cols === 64 && screen.rows === 18,
          row(-2, /sample.c \[\+\].*mple.c \[\+\]/),
        ),
      },
      {
        does: "back in the shell",
        act: async (pane) => {
          await pane.text(":qall!");
          await pane.keys("Enter");
        },
        until: all(row(-1, /^\$$|^$/), some("$")),
        stockServerDiffers: { reason: NO_ALTERNATE_SCREEN },
      },
    ],
    quit: exitShell,
  },
  {
    name: "less",
    programs: ["bash", "less"],
    command: SHELL,
    steps: [
      cleared,
      {
        does: "open",
        act: (pane) => pane.line("less -M text.txt"),
        until: row(-1, /^text.txt lines 1-\d+/),
      },
      { does: "page forward", act: (pane) => pane.keys("Space", "Space"), until: row(-1, /lines 31-\d+/) },
      { does: "line back", act: (pane) => pane.keys("k", "k", "k"), until: row(-1, /lines (2\d|30)-\d+/) },
      { does: "end", act: (pane) => pane.keys("G"), until: row(-1, /\(END\)/) },
      {
        does: "search backward",
        act: async (pane) => {
          await pane.text("?fox.*lazy");
          await pane.keys("Enter");
        },
        until: row(-1, /^text.txt lines 400-400/),
      },
      {
        does: "back in the shell",
        act: (pane) => pane.keys("q"),
        until: all(row(0, "$ less -M text.txt"), row(1, "$"), cursorAt(1, 2)),
        stockServerDiffers: { reason: NO_ALTERNATE_SCREEN, blind: true },
      },
    ],
    quit: exitShell,
  },
  {
    name: "tmux inside",
    programs: ["bash", "tmux"],
    command: ["sh", "-c", 'exec tmux -S "$HOME/tmp/inner.$$" -f tmux.conf new-session'],
    steps: [
      { does: "start", until: all(row(0, "$"), row(-1, "[inner] 0:name"), cursorAt(0, 2)) },
      {
        does: "split side by side and type in both",
        act: async (pane) => {
          await pane.text("echo left");
          await pane.keys("Enter");
          await pane.waitForRow("left");
          await pane.keys("C-b", "%");
          await pane.waitForRow(/│\$/);
          await pane.text("seq 1 100");
          await pane.keys("Enter");
        },
        until: all(row(-3, /│100$/), row(-2, /│\$$/)),
      },
      {
        does: "split below and change panes",
        act: async (pane) => {
          await pane.keys("C-b", '"');
          await pane.waitForRow(/├─+$/);
          await pane.text("cat utf8.txt");
          await pane.keys("Enter");
          await pane.waitForRow(/│END$/);
          await pane.keys("C-b", "Left");
        },
        until: all(some(/│END$/), row(1, /^left +│/), (screen) => screen.cursor.col === 2),
      },
      {
        does: "a taller, wider terminal",
        act: (pane) => pane.resize(100, 30),
        until: all(
          (screen) => screen.cols === 100 && screen.rows === 30,
          row(-1, "[inner] 0:name"),
          some(/│END$/),
        ),
      },
      { does: "zoom", act: (pane) => pane.keys("C-b", "z"), until: (screen) => !some(/│/)(screen) },
    ],
    quit: async (pane) => {
      await pane.keys("C-b", "&");
      await pane.waitForRow(/\(y\/n\)/);
      await pane.keys("y");
    },
  },
  {
    name: "emacs -nw",
    programs: ["bash", "emacs"],
    command: [
      "emacs",
      "-nw",
      "-Q",
      "--eval",
      "(setq auto-save-default nil create-lockfiles nil)",
      "sample.c",
    ],
    steps: [
      { does: "open a file", until: all(row(-2, /sample.c .*\(C\/\*l/), row(1, /Greatest/), cursorAt(1, 0)) },
      {
        does: "search",
        act: async (pane) => {
          await pane.keys("C-s");
          await pane.text("unsigned");
          await pane.keys("C-s", "C-s");
        },
        until: all(row(-1, /^I-search: unsigned/), row(-2, /L7/)),
      },
      {
        does: "two windows, one of them scrolled",
        act: async (pane) => {
          await pane.keys("Enter", "C-x", "2", "C-v", "C-x", "o");
          await pane.text("// 漢字 ");
        },
        until: all(some(/漢字/), row(-2, /\*\*-.*sample.c/)),
      },
      {
        does: "a smaller terminal",
        act: (pane) => pane.resize(72, 20),
        until: all(
          (screen) => screen.cols === 72 && screen.rows === 20,
          row(-2, /\*\*-.*sample.c/),
          some(/漢字/),
        ),
      },
    ],
    quit: async (pane) => {
      await pane.keys("C-x", "C-c");
      await pane.waitForRow(/Save file/);
      await pane.text("n");
      await pane.waitForRow(/yes or no|\(yes/);
      await pane.line("yes");
    },
  },
  {
    name: "keys as the program receives them",
    programs: ["dd", "cat", "stty"],
    command: [
      "sh",
      "-c",
      "stty raw -echo opost; printf '\\033[H\\033[2Jready\\n'; dd bs=1 count=199 2>/dev/null | cat -v; stty sane; echo; echo done; read x",
    ],
    steps: [
      { does: "wait", until: all(row(0, "ready"), cursorAt(1, 0)) },
      {
        does: "cursor and function keys",
        act: (pane) =>
          pane.keys(
            ..."Up Down Left Right Home End PPage NPage IC DC F1 F4 F5 F12 BTab M-x C-Left".split(" "),
          ),
        until: (screen) => textOf(screen)[1]!.length > 40,
      },
      {
        does: "control characters",
        act: async (pane) => {
          const controls = Array.from({ length: 32 }, (_, i) => i).filter((c) => c !== 0x1e);
          await pane.bytes(Uint8Array.from([...controls, 0x7f]));
          await pane.text("|");
        },
        until: (screen) => textOf(screen).join("").endsWith("|"),
      },
      {
        does: "a mouse report, a paste, UTF-8, bytes that are not",
        act: async (pane) => {
          await pane.text("\x1b[<0;10;5M\x1b[200~pasted\x1b[201~é漢😀");
          await pane.bytes(Uint8Array.from([0xff, 0xc3, 0x41]));
          await pane.text(".");
        },
        until: (screen) => textOf(screen).join("").endsWith("."),
      },
    ],
    quit: async (pane) => {
      await pane.text("z".repeat(199));
      await pane.waitForRow("done");
      await pane.keys("Enter");
    },
  },
  {
    name: "title, hidden cursor, mouse modes",
    programs: ["bash"],
    command: SHELL,
    steps: [
      cleared,
      {
        does: "set them",
        act: (pane) => pane.line("printf '\\033]0;a title: ÄΩ漢\\007\\033[?1002h\\033[?1006h\\033[?25l'"),
        until: (screen) => screen.title.startsWith("a title") && screen.mouse !== "" && !screen.cursorVisible,
      },
      {
        does: "unset them",
        act: (pane) => pane.line("printf '\\033]2;another\\007\\033[?1002l\\033[?1006l\\033[?25h'"),
        until: (screen) => screen.title === "another" && screen.mouse === "" && screen.cursorVisible,
      },
    ],
    quit: exitShell,
  },
];
