/**
 * A temporary home directory with fixed files, and the environment that every program of a test runs in. What the
 * programs see is the same whether they run directly in a terminal or in a session, so their screens can be compared.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kill, processesWith, TOKEN_VARIABLE } from "./processes.ts";

export type Environment = Readonly<Record<string, string>>;

export class Home {
  readonly path = mkdtempSync(join(tmpdir(), "sterna-home-"));
  readonly token = crypto.randomUUID();

  constructor(files: Readonly<Record<string, string | Uint8Array>> = {}) {
    for (const name of ["run", "tmp"]) mkdirSync(join(this.path, name), { mode: 0o700 });
    this.write(".hushlogin", "");
    for (const [name, content] of Object.entries(files)) this.write(name, content);
  }

  write(name: string, content: string | Uint8Array): void {
    writeFileSync(join(this.path, name), content);
  }

  /** What clients and servers are started with. No prediction and no title prefix unless a test asks for them. */
  get env(): Environment {
    return {
      PATH: `${process.env.PATH ?? ""}:/usr/sbin:/sbin`,
      HOME: this.path,
      LANG: "C.UTF-8",
      TERM: "xterm-256color",
      SHELL: "/bin/bash",
      USER: process.env.USER ?? "root",
      XDG_RUNTIME_DIR: join(this.path, "run"),
      TMPDIR: join(this.path, "tmp"),
      PS1: "$ ",
      // A process for each session, unless a test is about hosts.
      STERNA_HOST: "none",
      MOSH_PREDICTION_DISPLAY: "never",
      MOSH_TITLE_NOPREFIX: "1",
      [TOKEN_VARIABLE]: this.token,
    };
  }

  /** What a session's program has (bootstrap-and-cli.md 3.5), for running the same program directly. */
  get direct(): Environment {
    return { ...this.env, NCURSES_NO_UTF8_ACS: "1", PWD: this.path };
  }

  /** Processes started in this environment that are still there. */
  processes(): number[] {
    return processesWith(this.token);
  }

  /** Ends what is left of them and removes the directory. */
  async remove(): Promise<void> {
    await kill(this.processes());
    rmSync(this.path, { recursive: true, force: true });
  }
}
