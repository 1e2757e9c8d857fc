/**
 * What is typed into which program for the recordings. Nothing in them depends on the machine: prompts, files and
 * settings are given here. A program waits for the end of each line before the next one is typed.
 */

export interface Script {
  readonly name: string;
  readonly about: string;
  /** Command words; gets the home directory of the session, which is also its working directory. */
  readonly command: (home: string) => string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, string>>;
  readonly lines: readonly string[];
}

const UP = "\x1b[A";
const LEFT = "\x1b[D";
const RIGHT = "\x1b[C";
const POEM = Array.from(
  { length: 120 },
  (_, n) =>
    `${String(n + 1).padStart(3)}  The ${["quick", "slow", "brown", "grey"][n % 4]} tern flies over wave ${n}.\n`,
).join("");
const ASK = `#!/bin/sh
printf '[sudo] password for me: '
stty -echo; read -r answer; stty echo; echo
echo "Thank you."
`;

const BASH = ["bash", "--norc", "--noprofile", "-i"];

export const SCRIPTS: readonly Script[] = [
  {
    name: "bash",
    about: "bash with a short prompt: commands, corrections, history, completion, an interrupt",
    command: () => BASH,
    files: {
      "notes.txt": "one\ntwo\nthree\n",
      "poem.txt": POEM,
      "src/main.c": "int main(void) { return 0; }\n",
    },
    lines: [
      "ls\r",
      "cd src\r",
      "ls -l mian\x7f\x7f\x7fain.c | wc -l\r",
      "cat main.c\r",
      "cd ..\r",
      "true\r",
      "wc -l no\t\r",
      "\r",
      "\r",
      `${UP}${UP}\r`,
      "for i in 1 2 3; do echo number $i; done\r",
      "cd src\r",
      "cd ..\r",
      "cd src\r",
      "cd ..\rls\r",
      "grep wave 1 poem.txt",
      `${LEFT.repeat(9)}\x7f\x7f ${RIGHT.repeat(9)}\r`,
      "grep 'wave 11' poem.txt\r",
      "export A=b\r",
      "export A=c\r",
      "cat",
      "\r",
      "echoed by the terminal\r",
      "\x04",
      "sleep 100\r",
      "\x03",
      "head -3 poem.txt\r",
      "echo done > out.txt\r",
      "cat out.txt\r",
      "rm out.txt\r",
      "printf '%s\\n' a b c\r",
    ],
  },
  {
    name: "vim",
    about: "vim: typing text, moving, changing words, a split",
    command: () => ["vim", "-u", "NONE", "-i", "NONE", "-N", "-n", "notes.txt"],
    files: { "notes.txt": "# Notes\n\nfirst line\nsecond line\nthird line with more words in it\n" },
    lines: [
      "jj",
      "A and its end\x1b",
      "oA whole new line, typed at once.\x1b",
      "jwwcwchanged\x1b",
      "0xxp",
      "GoSome more text\rover two lines\rand a third\x1b",
      "ggdd",
      "u",
      ":vsplit\r",
      "Gonew words in the left window\x1b",
      "kAmore at the end\x1b",
      ":only\r",
      "/line\r",
      "n",
      "Iinserted before \x1b",
      ":q!\r",
    ],
  },
  {
    name: "python",
    about: "a REPL: expressions, a loop, corrections",
    command: () => ["python3", "-q", "-S"],
    env: { PYTHONHISTORY: "/dev/null" },
    files: {},
    lines: [
      "1 + 1\r",
      "x = 40\r",
      "y = 2\r",
      "x + yy\x7f\r",
      "for i in range(3):\r",
      "    print(i * x)\r",
      "\r",
      "def f(n):\r",
      "    return n * 2\r",
      "\r",
      "f(x)\r",
      "z = f(y)\r",
      "z\r",
      `prit(z)${LEFT.repeat(4)}n\x1b[F\r`,
      "'a' + 'b'\r",
      "len('some words')\r",
    ],
  },
  {
    name: "less",
    about: "a pager: pages, lines, a search",
    command: () => ["less", "poem.txt"],
    env: { LESSHISTFILE: "/dev/null" },
    files: { "poem.txt": POEM },
    lines: [" ", " ", "b", "jjj", "kk", "/wave 77\r", "n", "G", "g", " ", "/grey\r", "nn", "q"],
  },
  {
    name: "password",
    about: "bash, with passwords asked for by read -s and by a program like sudo",
    command: () => BASH,
    files: { ask: ASK },
    lines: [
      "true\r",
      "sh ask\r",
      "correct horse\r",
      "true\r",
      "ls\r",
      "read -r -s -p 'Password: ' x\r",
      "battery staple\r",
      "echo in\r",
      "sh ask\r",
      "second one\r",
      "ls\r",
      "true\r",
      "read -r -s x\r",
      "nothing to be seen\r",
      "echo out\r",
    ],
  },
  {
    name: "fish",
    about: "fish with suggestions from its history",
    command: () => [
      "fish",
      "--private",
      "-C",
      "function fish_prompt; printf '> '; end; set -g fish_greeting",
    ],
    env: { SHELL: "/usr/bin/fish" },
    files: { "notes.txt": "one\n", "poem.txt": POEM },
    lines: [
      "echo a first command\r",
      "wc -l poem.txt\r",
      "echo a first command\r",
      "wc -c notes.txt\r",
      "echo a second command\r",
      "echo a first command\r",
      `wc${RIGHT}\r`,
      "true\r",
      "true\r",
      "echo a fourth command\r",
      "wc -l notes.txt\r",
      "cat notes.txt\r",
    ],
  },
  {
    name: "tmux",
    about: "tmux with two panes side by side, bash in each",
    command: (home) => [
      ...["tmux", "-S", `${home}/socket`, "-f", `${home}/tmux.conf`, "new-session", ...BASH, ";"],
      ...["split-window", "-h", ...BASH, ";", "select-pane", "-L"],
    ],
    files: {
      "tmux.conf": "set -g status off\nset -g escape-time 0\nset -g default-terminal screen-256color\n",
      "notes.txt": "one\ntwo\n",
    },
    lines: [
      "ls\r",
      "cat notes.txt\r",
      "echo some words in the left pane\r",
      "true\r",
      "echo abc\x7f\x7f\x7fxyz\r",
      "\x02o",
      "echo and some in the right pane\r",
      "true\r",
      "ls\r",
      "echo again\r",
      "\x02o",
      "echo back on the left\r",
      "exit\r",
      "exit\r",
    ],
  },
];
