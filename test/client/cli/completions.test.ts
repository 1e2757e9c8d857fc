/**
 * The completions: every option is in each, and real shells complete with them. fish is asked by `complete -C`; bash and
 * zsh get a Tab on a real terminal.
 */
import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { HELP as BENCH_HELP } from "../../../bench/load/options.ts";
import { OPTIONS } from "../../../client/cli/options.ts";
import { Home } from "../../drivers/home.ts";
import { textOf } from "../../drivers/screen.ts";
import { type Pane, Tmux } from "../../drivers/tmux.ts";
import { peer } from "../../peers.ts";
import { longNames, shortNames } from "./spellings.ts";

const root = join(import.meta.dir, "..", "..", "..", "completions");
const SHELLS = ["bash", "zsh", "fish"] as const;
const file = (shell: (typeof SHELLS)[number], program: string): string =>
  join(root, { bash: `bash/${program}`, zsh: `zsh/_${program}`, fish: `fish/${program}.fish` }[shell]);
const home = new Home();
mkdirSync(join(home.path, ".ssh"));
home.write(".ssh/config", "Host workhost alpha.example.org\n  HostName 127.0.0.1\nHost *\n  User x\n");
home.write(".ssh/known_hosts", "|1|x= ssh-ed25519 AAAA\nbeta.example.org,192.0.2.1 ssh-ed25519 AAAA\n");
const tmux = new Tmux();
afterAll(async () => {
  await tmux.stop();
  await home.remove();
});

/** A program's words before Tab, and what stands there after it. */
const COMPLETED: Readonly<Record<string, readonly (readonly [typed: string, completed: string])[]>> = {
  sterna: [
    ["workh", "workhost"],
    ["alice@workh", "alice@workhost"],
    ["-p 60010 alph", "-p 60010 alpha.example.org"],
    ["--predict-o", "--predict-overwrite"],
    ["--no-conf", "--no-config"],
    ["--predict=alw", "--predict=always"],
    ["--bind-server=a", "--bind-server=any"],
    ["--bind-server a", "--bind-server any"],
    ["--family=prefer-inet6 workh", "--family=prefer-inet6 workhost"],
    ["doct", "doctor"],
    ["doctor workh", "doctor workhost"],
    ["--ssh='ssh -v' workh", "--ssh='ssh -v' workhost"],
    ["-- workh", "-- workhost"],
    ["workhost basena", "workhost basename"],
  ],
  "sterna-bench": [
    ["--own", "--own-clients"],
    ["--server sta", "--server standalone"],
    ["--server=sta", "--server=standalone"],
    ["--compare sta", "--compare standalone"],
    ["--compare stock ho", "--compare stock host"],
    ["--compare stock host --own", "--compare stock host --own-clients"],
    ["--mix fl", "--mix flood"],
    ["--mix idle,fl", "--mix idle,flood"],
    ["--mix=idle=90,fl", "--mix=idle=90,flood"],
    ["--json .ssh/conf", "--json .ssh/config"],
  ],
};

test("every option is in every file", () => {
  for (const shell of SHELLS) {
    const text = readFileSync(file(shell, "sterna"), "utf8");
    for (const option of OPTIONS) {
      if (option.names[0] === "fake-proxy") continue;
      const long = (name: string) =>
        new RegExp(shell === "fish" ? `-l ${name}\\b(?!-)` : `--${name}(?![a-z-])`);
      const short = (name: string) =>
        new RegExp(shell === "fish" ? `-s ${name}\\b` : `[ '{)]-${name}[ '=[,+]`);
      for (const name of longNames(option))
        expect([shell, text]).toEqual([shell, expect.stringMatching(long(name))]);
      for (const name of shortNames(option))
        expect([shell, text]).toEqual([shell, expect.stringMatching(short(name))]);
    }
  }
});

test("every option of sterna-bench is in every file of its own", () => {
  const names = [...BENCH_HELP.matchAll(/^ {2}--([a-z-]+)(?:, --([a-z-]+))?/gm)].flatMap((match) =>
    match.slice(1).filter((name) => name !== undefined),
  );
  expect(names.length).toBeGreaterThan(20);
  for (const shell of SHELLS) {
    const text = readFileSync(file(shell, "sterna-bench"), "utf8");
    const found = text.matchAll(shell === "fish" ? /^complete .*? -l ([a-z-]+)/gm : /[ )'"\n]--([a-z-]+)/g);
    const unknown = new Set([...found].map((match) => match[1]!)).difference(new Set(names));
    for (const name of names)
      expect([shell, text]).toEqual([shell, expect.stringMatching(new RegExp(`(--|-l )${name}\\b`))]);
    expect([shell, ...unknown]).toEqual([shell]);
  }
});

const cases = (): (readonly [program: string, typed: string, completed: string])[] =>
  Object.entries(COMPLETED).flatMap(([program, pairs]) => pairs.map((pair) => [program, ...pair] as const));

peer("fish")("fish", () => {
  for (const [program, typed, completed] of cases()) {
    const run = Bun.spawnSync(
      [
        "fish",
        "--no-config",
        "-c",
        'source $argv[1]; complete -C "$argv[2]"',
        file("fish", program),
        `${program} ${typed}`,
      ],
      { env: home.env, cwd: home.path },
    );
    const candidates = run.stdout
      .toString()
      .split("\n")
      .map((line) => line.split("\t")[0]);
    expect(run.stderr.toString()).toBe("");
    expect(candidates).toContain(completed.split(" ").at(-1)!);
  }
});

describe("on a terminal", () => {
  async function tab(pane: Pane): Promise<void> {
    await pane.waitForRow("%");
    for (const [program, typed, completed] of cases()) {
      await pane.text(`${program} ${typed}`);
      await pane.keys("Tab");
      await pane.waitFor(`"${completed}"`, (screen) =>
        // zsh puts a separator behind, which the next space takes away.
        textOf(screen).some((row) => row.trimEnd().replace(/[,=]$/, "") === `% ${program} ${completed}`),
      );
      await pane.keys("C-u");
      await pane.waitFor("an empty line", (screen) => !textOf(screen).some((row) => row.includes("sterna")));
    }
    await pane.close();
  }

  peer("tmux", "bash")(
    "bash",
    async () => {
      const files = Object.keys(COMPLETED).map((program) => file("bash", program));
      const rc = `PS1='% '; PATH=/usr/bin:/bin; ${files.map((one) => `source ${one}; `).join("")}clear\n`;
      home.write("bashrc", rc);
      for (const one of files) expect(Bun.spawnSync(["bash", "-n", one]).exitCode).toBe(0);
      await tab(
        await tmux.open({
          command: ["bash", "--noprofile", "--rcfile", join(home.path, "bashrc"), "-i"],
          env: home.env,
          cwd: home.path,
        }),
      );
    },
    60_000,
  );

  peer("tmux", "zsh")(
    "zsh",
    async () => {
      home.write(
        ".zshrc",
        `PS1='%% '; PATH=/usr/bin:/bin; unsetopt prompt_sp; fpath=(${join(root, "zsh")} $fpath); autoload -Uz compinit; compinit -u -D; clear\n`,
      );
      await tab(
        await tmux.open({
          command: ["zsh", "-d", "-i"],
          env: { ...home.env, ZDOTDIR: home.path },
          cwd: home.path,
        }),
      );
    },
    60_000,
  );
});
