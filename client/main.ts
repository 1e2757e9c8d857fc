/**
 * The client's programs, chosen by name and arguments: the wrapper (`mosh host`), `mosh-client IP PORT`, the doctor, and
 * the helper that ssh runs as its proxy. Each is loaded only when it is asked for, so that `--version` and the proxy start
 * fast. Called by client.ts and tools/executable.ts.
 */
import { forgetDotenv } from "../sys/environment.ts";
import { CommandError } from "./cli/errors.ts";
import { resolveInvocation } from "./cli/invocation.ts";
import { parseCommandLine } from "./cli/options.ts";
import { writeText } from "./cli/output.ts";
import { loadSettings } from "./config/load.ts";

/**
 * Runs the program and ends the process with its status.
 *
 * @param args the words after the program's name
 * @param name base name the program was called by
 */
export async function main(args: string[], name: string): Promise<never> {
  await forgetDotenv();
  const clientArgs = clientArguments(args, name);
  if (clientArgs !== undefined) {
    const { main: clientMain } = await import("./mosh-client.ts");
    process.exit(await clientMain(clientArgs));
  }
  process.exit(await runWrapper(args, name));
}

/**
 * The arguments of `mosh-client`, if that is what shall run: by its name, or by `client` as the first word. A host may
 * be called `client` too: then there is no MOSH_KEY, and what follows is no address with a port.
 */
export function clientArguments(
  args: readonly string[],
  name: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): string[] | undefined {
  if (name === "mosh-client") return [...args];
  if (args[0] !== "client") return undefined;
  const rest = args.slice(1);
  const shaped =
    (rest.length === 1 && rest[0] === "-c") || /(^| )[0-9a-f.:]+(%\S+)? \d+$/i.test(rest.join(" "));
  return env.MOSH_KEY !== undefined || shaped ? rest : undefined;
}

/**
 * The arguments of `sterna doctor`, if that is what shall run: `doctor` as the very first word. A host of that name is
 * `sterna -- doctor`. Under stock's name the word is a host, as it is there.
 */
export function doctorArguments(args: readonly string[], name: string): string[] | undefined {
  return name !== "mosh" && args[0] === "doctor" ? args.slice(1) : undefined;
}

async function runWrapper(args: string[], program: string): Promise<number> {
  try {
    const doctor = doctorArguments(args, program);
    if (doctor !== undefined) {
      return await (await import("./doctor/doctor.ts")).runDoctor(doctor, program, process.env);
    }
    const line = parseCommandLine(args, process.env, program);
    switch (line.kind) {
      case "help":
        writeText(1, (await import("./cli/help.ts")).helpText(program));
        return 0;
      case "version":
        writeText(1, (await import("./cli/help.ts")).versionText(program));
        return 0;
      case "fake-proxy":
        return await (await import("./bootstrap/fake-proxy.ts")).runFakeProxy(line, program);
      case "session": {
        const { request } = line;
        const settings = await loadSettings(request.config, request.host, process.env, program);
        const invocation = resolveInvocation(request, { ...settings, env: process.env }, program);
        return await (await import("./bootstrap/session-start.ts")).startSession(invocation, program);
      }
    }
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    writeText(2, `${error.message}\n`);
    return error.status;
  }
}
