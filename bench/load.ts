#!/usr/bin/env bun
/**
 * The load generator: `bun bench/load.ts --help`. Command line and output; what happens is in bench/load/, what the
 * figures mean in docs/load.md.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { takePrecedence } from "../sys/priority.ts";
import { loadCore } from "../wasm-core/load.ts";
import { pagerText } from "./load/behaviour.ts";
import { HELP, type LoadOptions, OptionError, parseOptions } from "./load/options.ts";
import { momentLine, reportText } from "./load/report.ts";
import { LoadRun } from "./load/run.ts";
import { startServer } from "./load/servers.ts";

async function main(args: readonly string[]): Promise<number> {
  let options: LoadOptions;
  try {
    options = parseOptions(args);
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    console.error(`load: ${error.message}\nload: --help tells more`);
    return 1;
  }
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  return await measure(options);
}

async function measure(options: LoadOptions): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), "sterna-load-"));
  const pagerFile = join(directory, "text");
  writeFileSync(pagerFile, pagerText());
  const core = await loadCore();
  const server = await startServer(options.server, options);
  // What is measured must be the servers, not how long the measuring waits for a core.
  takePrecedence(-15);
  const isTerminal = process.stderr.isTTY === true;
  const run = new LoadRun(
    core,
    server,
    { ...options.plan, behaviour: { ...options.plan.behaviour, pagerFile } },
    (moment) => {
      process.stderr.write(isTerminal ? `\r\x1b[K${momentLine(moment)}` : `${momentLine(moment)}\n`);
    },
  );
  let interrupted = false;
  const interrupt = (): void => {
    if (interrupted) process.exit(130);
    interrupted = true;
    run.stop();
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  try {
    const report = await run.run();
    if (isTerminal) process.stderr.write("\r\x1b[K");
    if (options.json === "-") console.log(JSON.stringify(report, null, 2));
    else console.log(reportText(report));
    if (options.json !== undefined && options.json !== "-")
      writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
    return report.sessions.live === 0 ? 1 : 0;
  } finally {
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

process.exit(await main(process.argv.slice(2)));
