/**
 * How the doctor speaks: one line for each check, with `ok`, `FAILED` or `skipped` in front, and below it what else was
 * seen and what to do. Called by doctor.ts.
 */

type Verdict = "ok" | "FAILED" | "skipped";

/** Widest verdict and two blanks. */
const INDENT = 9;
/** Of text from another machine, at most these are repeated. */
const MAX_SAID_LINES = 8;
const MAX_SAID_COLUMNS = 200;

export class Report {
  readonly #write: (text: string) => void;
  readonly #color: boolean;
  #failures = 0;

  /** @param write takes whole lines */
  constructor(write: (text: string) => void, color: boolean) {
    this.#write = write;
    this.#color = color;
  }

  get failures(): number {
    return this.#failures;
  }

  /** @param what name of the check and what was found, one line */
  ok(what: string, ...notes: string[]): void {
    this.#line("ok", what, notes);
  }

  /** @param advice what to do, one line each */
  failed(what: string, ...advice: string[]): void {
    this.#failures++;
    this.#line("FAILED", what, advice);
  }

  skipped(what: string): void {
    this.#line("skipped", what, []);
  }

  #line(verdict: Verdict, what: string, below: readonly string[]): void {
    const padded = verdict.padEnd(INDENT);
    const shown = this.#color && verdict === "FAILED" ? `\x1b[1;31m${padded}\x1b[m` : padded;
    this.#write(`${shown}${printable(what)}\n`);
    for (const line of below) this.#write(`${" ".repeat(INDENT)}${printable(line)}\n`);
  }
}

/** Without control characters: some of the text is from another machine. */
function printable(text: string): string {
  return text.replace(/[\0-\x1f\x7f-\x9f]/g, "?");
}

/** What another program said, for the lines below a check: the last lines, cut, marked as a quotation. */
export function quoted(lines: readonly string[]): string[] {
  return lines.slice(-MAX_SAID_LINES).map((line) => `| ${line.slice(0, MAX_SAID_COLUMNS)}`);
}
