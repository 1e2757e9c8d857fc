/**
 * The command line of `mosh-client`: `MOSH_KEY=KEY mosh-client [-# ARGS] [-v] IP PORT`, `mosh-client -c`.
 *
 * Checks words and environment, hides the key, and hands over to session.ts.
 * Texts and statuses: bootstrap-and-cli.md 4.1.
 */
import { toArrayBuffer } from "bun:ffi";
import { libc } from "../sys/libc.ts";
import { versionLine } from "../sys/version.ts";
import { writeText } from "./cli/output.ts";
import type { ClientOptions } from "./session.ts";
import { colorsMessage, lookUpTerminfo } from "./terminfo.ts";

const PROGRAM = "mosh-client";
const VERSION = `${versionLine(PROGRAM)}
Sterna, a mobile shell.
License: Apache-2.0. There is no warranty, to the extent permitted by law.
`;
const USAGE = `Usage: ${PROGRAM} [-# 'ARGS'] [-v] IP PORT
       ${PROGRAM} -c
`;
const PREDICTION_MODES = ["adaptive", "always", "never", "experimental"] as const;

/** What the words ask for. */
type Command =
  | { readonly kind: "help" | "version" | "colors" }
  | { readonly kind: "wrong"; readonly message: string }
  | { readonly kind: "session"; readonly ip: string; readonly port: string };

/** Runs the program. Returns its exit status. */
export async function main(args: readonly string[]): Promise<number> {
  const env = { ...process.env };
  const key = takeKey();
  delete env.MOSH_KEY;
  const command = parse(args);
  switch (command.kind) {
    case "help":
      writeText(1, `${VERSION}\n${USAGE}`);
      return 0;
    case "version":
      writeText(1, VERSION);
      return 0;
    case "colors":
      return printColors(env);
    case "wrong":
      writeText(2, `${command.message}${VERSION}\n${USAGE}`);
      return 1;
    case "session":
      return await startSession(command.ip, command.port, key, env);
  }
}

/** Options may stand anywhere, as getopt has it; `--` ends them. */
function parse(args: readonly string[]): Command {
  const words: string[] = [];
  let colors = false;
  // Before anything else, wherever they stand (4.1).
  for (const option of ["help", "version"] as const) {
    if (args.includes(`--${option}`)) return { kind: option };
  }
  for (let at = 0; at < args.length; at++) {
    const word = args[at]!;
    if (word === "--") {
      words.push(...args.slice(at + 1));
      break;
    }
    if (!word.startsWith("-") || word === "-") {
      words.push(word);
      continue;
    }
    for (let letter = 1; letter < word.length; letter++) {
      const option = word[letter]!;
      if (option === "c") colors = true;
      else if (option === "#") {
        // Its argument, the rest of the word or the next one, is only for process lists.
        if (letter + 1 === word.length && ++at >= args.length) {
          return { kind: "wrong", message: `${PROGRAM}: option requires an argument -- '#'\n` };
        }
        break;
      } else if (option !== "v") {
        return { kind: "wrong", message: `${PROGRAM}: invalid option -- '${option}'\n` };
      }
    }
  }
  if (colors) return { kind: "colors" };
  if (words.length !== 2) return { kind: "wrong", message: "" };
  return { kind: "session", ip: words[0]!, port: words[1]! };
}

function printColors(env: ClientOptions["env"]): number {
  const terminfo = lookUpTerminfo(env.TERM, env);
  if (typeof terminfo === "string") {
    writeText(2, `${colorsMessage(terminfo, env.TERM ?? "")}\n`);
    return 1;
  }
  writeText(1, `${terminfo.colors}\n`);
  return 0;
}

async function startSession(
  ip: string,
  portText: string,
  key: string | undefined,
  env: ClientOptions["env"],
): Promise<number> {
  // No datagram can be sent to port 0 or one above 65535, so these are told at once too.
  const port = /^\d+$/.test(portText) ? Number(portText) : 0;
  if (port < 1 || port > 65_535) {
    writeText(2, `${PROGRAM}: Bad UDP port (${portText})\n\n${VERSION}\n${USAGE}`);
    return 1;
  }
  if (key === undefined) {
    writeText(2, "MOSH_KEY environment variable not found.\n");
    return 1;
  }
  const mode = env.MOSH_PREDICTION_DISPLAY ?? "adaptive";
  const predict = PREDICTION_MODES.find((one) => one === mode);
  if (!predict) {
    writeText(2, `Unknown prediction mode ${mode}.\n`);
    return 1;
  }
  // Loaded only here: `-c` runs before every session, and should not pay for one.
  const { runClient } = await import("./session.ts");
  return await runClient({
    ip,
    port,
    key,
    predict,
    overwrite: env.MOSH_PREDICTION_OVERWRITE === "yes",
    noInit: env.MOSH_NO_TERM_INIT !== undefined,
    env,
  });
}

/**
 * Takes MOSH_KEY out of the environment: of this runtime, and of the memory the process was started with, which
 * /proc/PID/environ and `ps e` show for as long as the process runs.
 */
function takeKey(): string | undefined {
  const key = process.env.MOSH_KEY;
  if (key === undefined) return undefined;
  delete process.env.MOSH_KEY;
  const value = libc().getenv(Buffer.from("MOSH_KEY\0"));
  if (value !== null) {
    const bytes = new Uint8Array(toArrayBuffer(value, 0, Buffer.byteLength(key)));
    if (Buffer.from(bytes).equals(Buffer.from(key))) bytes.fill(0x78);
  }
  return key;
}
