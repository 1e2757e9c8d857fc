/**
 * The part of `mosh-server new` that ssh waits for: settles locale and limits, starts the serving process in a session
 * of its own, prints `MOSH CONNECT` once that waits for its client, and returns. Called by main.ts.
 *
 * The serving process is a second run of this program rather than a fork: a JavaScript engine has threads, and a fork
 * of one does not have them.
 */
import { isCompiled, selfCommand } from "../sys/self.ts";
import { versionLine } from "../sys/version.ts";
import { LICENCE, type ServerOptions } from "./cli.ts";
import type { Environment } from "./environment.ts";
import { handoverEnvironment, parseReport } from "./handover.ts";
import { parseLimits } from "./limits.ts";
import { chooseLocale } from "./locale.ts";
import { closeDescriptor, inputTerminal, openPipe, readLine, STDERR, STDOUT, writeText } from "./stdio.ts";

/** How the serving process shows up in process lists, as people look for it there. */
const PROCESS_NAME = "mosh-server";

/**
 * @param args the arguments of this process; the serving process gets the same
 * @param name the name this program was called by
 * @returns exit status
 */
export async function launch(
  options: ServerOptions,
  args: readonly string[],
  name: string,
  environment: Environment,
): Promise<number> {
  const { messages } = parseLimits(environment);
  const locale = chooseLocale(environment, options.locale);
  for (const message of [...messages, ...locale.messages]) writeText(STDERR, `${message}\n`);

  const input = inputTerminal();
  const pipe = openPipe();
  const command = isCompiled() ? [process.execPath, ...args] : [...selfCommand("server"), ...args];
  const child = Bun.spawn({
    cmd: command,
    ...(isCompiled() ? { argv0: PROCESS_NAME } : {}),
    env: handoverEnvironment(locale.environment, input.size),
    detached: true,
    stdio: ["ignore", STDOUT, STDERR, pipe.writer],
  });
  closeDescriptor(pipe.writer);
  const report = parseReport(readLine(pipe.reader) ?? "");
  if (!report) {
    // It has said why on standard error.
    await child.exited;
    return 1;
  }

  // Whatever is typed ahead on the line must not stand before the words that the client's side looks for.
  if (input.terminal) writeText(STDOUT, "\r\n\n");
  writeText(STDOUT, `MOSH CONNECT ${report.port} ${report.key}\n`);
  writeText(STDERR, `\n${versionLine(name)}\n${LICENCE}\n\n[mosh-server detached, pid = ${child.pid}]\n`);
  return 0;
}
