/** The doctor's questions through the shells that people log in with, and its reader on whatever a host may say. */
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HostAnswers, questions } from "../../../client/doctor/host-answers.ts";
import { Report } from "../../../client/doctor/report.ts";
import { peer } from "../../peers.ts";

/** Shells write their history and configuration there. */
const home = mkdtempSync(join(tmpdir(), "sterna-answers-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

function read(text: string): HostAnswers {
  const answers = new HostAnswers();
  for (const line of text.split(/(?<=\n)/)) answers.take(Buffer.from(line));
  return answers;
}

/** What a shell says to the line, standard error included, as ssh's terminal has it. */
function ask(shell: readonly string[], server: string, locale: readonly string[]): HostAnswers {
  const line = `${questions(server, locale)}echo the server`;
  const run = Bun.spawnSync(["sh", "-c", 'exec "$@" 2>&1', "sh", ...shell, line], {
    env: { PATH: process.env.PATH!, HOME: home, LC_ALL: "C" },
    stdin: "ignore",
  });
  return read(run.stdout.toString().replaceAll("\n", "\r\n"));
}

describe("asked through", () => {
  for (const shell of [
    ["sh", "-c"],
    ["bash", "-c"],
    ["zsh", "-f", "-c"],
    ["fish", "--no-config", "-c"],
  ]) {
    peer(shell[0]!)(shell[0]!, () => {
      const answers = ask(shell, "echo it is mosh 1.4.0 #", ["LC_ALL=C.UTF-8", 'LC_TIME=it\'s a "$x"']);
      // The server command ended in a comment, which took the rest of the line with it: what came before counts.
      expect(answers.loggedIn).toBe(true);
      const whole = ask(shell, "echo it is mosh 1.4.0", ["LC_ALL=C.UTF-8", 'LC_TIME=it\'s a "$x"']);
      expect(whole.charmap).toBe("ANSI_X3.4-1968");
      expect(whole.sentCharmap).toBe("UTF-8");
      expect(whole.locales.length).toBeGreaterThan(0);
      expect(whole.version).toEqual(["it is mosh 1.4.0 --version"]);
      expect(whole.said).toEqual(["the server"]);
      const missing = ask(shell, "no-such-server-here", []);
      expect([missing.loggedIn, missing.notFound, missing.versionLine]).toEqual([true, true, undefined]);
      expect(missing.said).toEqual(["the server"]);
    });
  }
});

describe("the reader", () => {
  test("greetings before the beginning are forgotten; lines that may hold a key are never kept", () => {
    const answers = read(
      "Welcome\nx MOSH CONNECT 1 AAAA\nSTERNA-DOCTOR begin\nSTERNA-DOCTOR program /a b/mosh-server\r\nthen\n y MOSH CONNECT 2 B\n",
    );
    expect(answers.said).toEqual(["then"]);
    expect(answers.programs).toEqual(["/a b/mosh-server"]);
  });

  test("versions", () => {
    const version = (line: string) =>
      read(`STERNA-DOCTOR version\nnoise\n${line}\nSTERNA-DOCTOR end\nmosh 9.9\n`).versionLine;
    expect(version("mosh-server (mosh 1.4.0) [build mosh 1.4.0]")).toBe("mosh-server (mosh 1.4.0)");
    expect(version("mosh-server (mosh 1.4.0) [sterna 0.1.0]")).toBe(
      "mosh-server (mosh 1.4.0) [sterna 0.1.0]",
    );
    expect(version("sterna-server 0.1.0 (protocol of mosh 1.4.0)")).toBe(
      "sterna-server 0.1.0 (protocol of mosh 1.4.0)",
    );
    expect(version("bash: mosh-server: command not found")).toBeUndefined();
  });
});

describe("the report", () => {
  test("no control characters of others reach the terminal; color only if wanted", () => {
    for (const color of [false, true]) {
      let text = "";
      const report = new Report((part) => {
        text += part;
      }, color);
      report.ok("a\x1b[2J", "b\x9b\r");
      report.failed("c", "d");
      report.skipped("e");
      expect(text).toBe(
        `ok       a?[2J\n         b??\n${color ? "\x1b[1;31mFAILED   \x1b[m" : "FAILED   "}c\n         d\nskipped  e\n`,
      );
      expect(report.failures).toBe(1);
    }
  });
});
