/**
 * The load generator as a program: command line, progress, output, interrupts. Called by bench/load.ts and, as
 * `sterna-bench`, by the executable. What the figures mean is in docs/load.md.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { takePrecedence } from "../../sys/priority.ts";
import { versionLine } from "../../sys/version.ts";
import type { Core } from "../../wasm-core/core.ts";
import { loadCore } from "../../wasm-core/load.ts";
import { pagerText } from "./behaviour.ts";
import { type Comparison, compareRounds, comparisonText, type Round, secondFirst } from "./compare.ts";
import { HELP, type LoadOptions, OptionError, parseOptions } from "./options.ts";
import { reportPage } from "./page.ts";
import { type LoadReport, momentLine, reportText } from "./report.ts";
import { type LoadPlan, LoadRun } from "./run.ts";
import { killStarted, startServer } from "./servers.ts";

/** @returns the status to exit with */
export async function main(args: readonly string[]): Promise<number> {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, interrupt);
  let options: LoadOptions;
  try {
    options = parseOptions(args);
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    console.error(`sterna-bench: ${error.message}\nsterna-bench: --help tells more`);
    return 1;
  }
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  if (options.version) {
    console.log(versionLine("sterna-bench"));
    return 0;
  }
  return await measure(options, ["sterna-bench", ...args]);
}

/** @param words how it was called */
async function measure(options: LoadOptions, words: readonly string[]): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), "sterna-load-"));
  process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
  try {
    const pagerFile = join(directory, "text");
    writeFileSync(pagerFile, pagerText());
    const plan = { ...options.plan, behaviour: { ...options.plan.behaviour, pagerFile } };
    const core = await loadCore();
    const [a, b] = options.servers;
    if (b === undefined) {
      const report = await runOnce(core, a, plan, options);
      await write(options, words, report, reportText(report), [report]);
      return report.sessions.live === 0 ? 1 : 0;
    }
    const rounds: Round[] = [];
    for (let i = 0; i < options.rounds && !interrupted; i++) {
      const order = secondFirst(i) ? [b, a] : [a, b];
      const reports: LoadReport[] = [];
      for (const server of order) {
        process.stderr.write(`round ${i + 1}: ${server}\n`);
        reports.push(await runOnce(core, server, plan, options));
      }
      // Of an interrupted round one half would be shorter.
      if (interrupted) break;
      if (secondFirst(i)) reports.reverse();
      rounds.push({ a: reports[0]!, b: reports[1]! });
    }
    if (rounds.length === 0) {
      console.error("sterna-bench: interrupted before both had their turn");
      return 130;
    }
    const comparison = compareRounds(rounds);
    const last = rounds.at(-1)!;
    const text = [
      ...rounds.flatMap((round) => [round.a, round.b]).map(reportText),
      comparisonText(comparison),
    ];
    await write(options, words, comparison, text.join("\n\n"), [last.a, last.b], comparison);
    return rounds.some((round) => round.a.sessions.live === 0 || round.b.sessions.live === 0) ? 1 : 0;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

let running: LoadRun | undefined;
let interrupted = false;

/** The first ends the run early, which still reports; the second ends at once. No server is left behind. */
function interrupt(): void {
  if (interrupted) {
    killStarted();
    process.exit(130);
  }
  interrupted = true;
  running?.stop();
}

async function runOnce(core: Core, name: string, plan: LoadPlan, options: LoadOptions): Promise<LoadReport> {
  const server = await startServer(name, options);
  try {
    // What is measured must be the servers, not how long the measuring waits for a core.
    takePrecedence(-15);
    const isTerminal = process.stderr.isTTY === true;
    running = new LoadRun(core, server, plan, (moment) => {
      const line = momentLine(moment);
      // One line of the terminal, which must not wrap to be written over.
      const shown = line.slice(0, (process.stderr.columns ?? 80) - 1);
      process.stderr.write(isTerminal ? `\r\x1b[K${shown}` : `${line}\n`);
    });
    if (interrupted) running.stop();
    const report = await running.run();
    if (isTerminal) process.stderr.write("\r\x1b[K");
    return report;
  } finally {
    await server.stop();
  }
}

/** @param text for standard output, unless the report itself goes there */
async function write(
  { json, html }: LoadOptions,
  words: readonly string[],
  report: LoadReport | Comparison,
  text: string,
  shown: readonly LoadReport[],
  comparison?: Comparison,
): Promise<void> {
  const data = `${JSON.stringify(report, null, 2)}\n`;
  if (json !== undefined && json !== "-") writeFileSync(json, data);
  if (html !== undefined) {
    const [{ sessions }] = shown as [LoadReport];
    const title = `${sessions.asked} sessions on ${shown.map(({ server }) => server).join(" and ")}`;
    const command = words.map((word) =>
      /^[\w=.,:/%@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`,
    );
    writeFileSync(html, reportPage(shown, title, command.join(" "), comparison));
  }
  await Bun.write(Bun.stdout, json === "-" ? data : `${text}\n`);
}
