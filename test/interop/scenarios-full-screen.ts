/** Scenarios of programs that own the whole screen. See scenario.ts. */
import { all, cursorAt, row, some } from "../drivers/screen.ts";
import { cleared, exitShell, NO_ALTERNATE_SCREEN, type Scenario, SHELL } from "./scenario.ts";

export const FULL_SCREEN_SCENARIOS: readonly Scenario[] = [
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
        // Not before vim has seen the Escape, which it waits a little to tell from other keys.
        until: all(some(/漢字/), row(-1, /^ +3,\d+-\d+ +Top$/)),
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
];
