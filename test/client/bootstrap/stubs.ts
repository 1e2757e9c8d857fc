/**
 * A temporary directory with shell scripts that stand for ssh and for the client, and a way to run a wrapper (ours from
 * this checkout, or stock) with them and see what each got and said.
 */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dir, "..", "..", "..");

export const SOURCE_WRAPPER = [process.execPath, join(root, "client.ts")];

export interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

export class Stubs {
  readonly directory = mkdtempSync(join(tmpdir(), "sterna-stubs-"));
  #count = 0;

  /** Writes an executable shell script. @returns its path */
  script(name: string, body: string): string {
    const path = join(this.directory, name);
    writeFileSync(path, `#!/bin/sh\n${body}\n`);
    chmodSync(path, 0o755);
    return path;
  }

  /** A client program: 256 colors; says what it was given; status 7. */
  client(): string {
    return this.script(
      "client",
      [
        'if [ "$1" = -c ]; then echo 256; exit 0; fi',
        "printf 'client'; for word; do printf ' [%s]' \"$word\"; done; echo",
        'env | grep -E "^(MOSH_(KEY|PRED|NO_)|SSH)" | sort',
        "exit 7",
      ].join("\n"),
    );
  }

  /** An ssh program: says what it was given, then what `says` says, and ends with `status`. */
  ssh(says: string, status = 0): string {
    return this.script(
      `fake-ssh-${++this.#count}`,
      [
        "printf 'ssh'; for word; do printf ' [%s]' \"$word\"; done; echo",
        'env | grep -E "^(SHELL|MOSH_PRED)" | sort',
        says,
        `exit ${status}`,
      ].join("\n"),
    );
  }

  /** Runs a wrapper with standard input at its end. */
  async run(
    wrapper: readonly string[],
    args: readonly string[],
    env: Record<string, string> = {},
  ): Promise<Ran> {
    const child = Bun.spawn([...wrapper, ...args], {
      cwd: this.directory,
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      env: {
        PATH: process.env.PATH!,
        HOME: this.directory,
        SHELL: "/bin/bash",
        TERM: "xterm-256color",
        ...env,
      },
    });
    const [out, err] = await Promise.all([child.stdout.text(), child.stderr.text()]);
    return { status: await child.exited, out, err };
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
