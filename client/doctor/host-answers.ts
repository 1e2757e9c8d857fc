/**
 * The doctor's questions to the host: a line for the login shell there, run before the server's, and the reader of what
 * it answers. One login serves for everything, since it may ask for a password.
 *
 * The shell may be any (sh, fish, csh), so each question is a `sh -c '...'` without single quotes or newlines in it.
 */
import { shellQuoteAll } from "../../sys/shell-words.ts";

const MARK = "STERNA-DOCTOR";

/** Directories where a server is found that is not in the PATH of a shell without login. */
const LIKELY_DIRECTORIES =
  '"$HOME/bin" "$HOME/.local/bin" /usr/local/bin /opt/homebrew/bin /opt/local/bin /usr/pkg/bin /usr/bin';

/** `$@`: the locale variables that the client sends. Each printf gives one answer. */
const QUESTIONS = [
  `printf "\\n${MARK} begin\\n"`,
  `printf "${MARK} charmap %s\\n" "$(locale charmap 2>/dev/null)"`,
  `printf "${MARK} sent-charmap %s\\n" "$(env "$@" locale charmap 2>/dev/null)"`,
  `printf "${MARK} locales %s\\n" "$(locale -a 2>/dev/null | grep -i "utf-*8" | head -n 4 | tr "\\n" " ")"`,
  `for d in ${LIKELY_DIRECTORIES}; do for p in mosh-server sterna-server; do ` +
    `if [ -x "$d/$p" ]; then printf "${MARK} program %s\\n" "$d/$p"; fi; done; done`,
  `printf "${MARK} version\\n"`,
].join("; ");

/**
 * The line, with a separator at its end.
 *
 * @param server the server command, as the remote shell gets it
 * @param locale the client's locale variables, `NAME=VALUE`
 */
export function questions(server: string, locale: readonly string[]): string {
  const ask = shellQuoteAll(["sh", "-c", QUESTIONS, "sh", ...locale]);
  const end = shellQuoteAll(["sh", "-c", `printf "\\n${MARK} end\\n"`]);
  return `${ask} ; ${server} --version ; ${end} ; `;
}

/** Takes the lines of the start that are not the protocol's. */
export class HostAnswers {
  /** The shell there has run our line. */
  loggedIn = false;
  /** Character set of the shell's own locale, and of the one with the client's variables; empty: not known. */
  charmap = "";
  sentCharmap = "";
  /** Some installed UTF-8 locales. */
  locales: readonly string[] = [];
  /** Server programs in likely places. */
  readonly programs: string[] = [];
  /** What `SERVER --version` said. */
  readonly version: string[] = [];
  /** Everything else, in order: ssh's words, greetings, the server's words. */
  readonly said: string[] = [];
  #inVersion = false;

  take(bytes: Uint8Array): void {
    const line = Buffer.from(bytes)
      .toString("utf8")
      .replace(/[\r\n]+$/, "");
    // Whatever stands around it, a line like this may hold a key.
    if (line.trim() === "" || line.includes("MOSH CONNECT")) return;
    const answer = new RegExp(`^${MARK} ([a-z-]+) ?(.*)$`).exec(line);
    if (answer === null) (this.#inVersion ? this.version : this.said).push(line);
    else this.#answer(answer[1]!, answer[2]!.trim());
  }

  #answer(name: string, value: string): void {
    if (name === "begin") {
      this.loggedIn = true;
      this.said.length = 0; // Greetings of ssh and of the shell.
    } else if (name === "charmap") this.charmap = value;
    else if (name === "sent-charmap") this.sentCharmap = value;
    else if (name === "locales") this.locales = value.split(" ").filter(Boolean);
    else if (name === "program") this.programs.push(value);
    else this.#inVersion = name === "version";
  }

  /** The line of the version, without the build's; undefined if there is none. */
  get versionLine(): string | undefined {
    return this.version.find((line) => /\b(mosh|sterna)\b.*\d\.\d/.test(line))?.replace(/ \[build.*\]$/, "");
  }

  /** The shell said that there is no such program. */
  get notFound(): boolean {
    return this.version.some((line) => /not found|no such file|unknown command/i.test(line));
  }
}
