/**
 * `mosh-server`: decides what this process is. Answers `--help` and `--version` by itself and loads the rest only when
 * it is needed, so that those are instant. Called by server.ts and by the single executable.
 */

import { initialEnvironment } from "../sys/environment.ts";
import { versionLine } from "../sys/version.ts";
import { HELP, LICENCE, parseCommandLine } from "./cli.ts";
import { takeHandover } from "./handover.ts";

/** Words that speak to a host or become one. */
const HOST_COMMANDS: ReadonlySet<string> = new Set([
  ...["attach", "list", "kill", "rename", "detach", "top"],
]);

/**
 * Runs to the end of this process.
 * @param args the arguments after the program's name
 * @param name the base name by which the program was called
 */
export async function main(args: readonly string[], name: string): Promise<void> {
  if (args[0] === "host") {
    const { runHost } = await import("./host/host-command.ts");
    process.exit(await runHost(args.slice(1)));
  }
  if (HOST_COMMANDS.has(args[0] ?? "")) {
    const { runCommand } = await import("./host/commands.ts");
    process.exit(await runCommand(args, name));
  }
  const invocation = parseCommandLine(args, process.env.SSH_CONNECTION);
  if (invocation.kind === "help") {
    console.log(HELP);
  } else if (invocation.kind === "version") {
    console.log(`${versionLine(name)}\n${LICENCE}`);
  } else if (invocation.kind === "error") {
    console.error(invocation.messages.join("\n"));
    process.exitCode = 1;
  } else {
    const environment = await initialEnvironment();
    const handover = takeHandover(environment);
    if (handover?.task.kind === "host") {
      const { serveUserHost } = await import("./host/user-host.ts");
      process.exit(await serveUserHost(handover.task.directory));
    }
    if (handover) {
      const { serveStandalone } = await import("./standalone.ts");
      process.exit(await serveStandalone(invocation.options, handover));
    }
    if (invocation.messages.length > 0) console.error(invocation.messages.join("\n"));
    const { launch } = await import("./launch.ts");
    process.exit(await launch(invocation.options, args, name, environment));
  }
}
