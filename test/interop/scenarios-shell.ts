/** Scenarios of a shell and of programs that write as they go. See scenario.ts. */
import { all, cursorAt, row, some, textOf } from "../drivers/screen.ts";
import { cleared, exitShell, type Scenario, SHELL } from "./scenario.ts";

export const SHELL_SCENARIOS: readonly Scenario[] = [
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
