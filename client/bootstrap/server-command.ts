/**
 * The command line that starts the server: `COMMAND 'new' '-c' '256' '-s' ...`. Every byte of it is parsed by another
 * program (the remote shell, then any mosh-server since 1.2), so the order and the quoting are fixed.
 */
import { LOCALE_VARIABLES } from "../../sys/locale-variables.ts";
import { shellQuoteAll } from "../../sys/shell-words.ts";

export interface ServerRequest {
  /** Colors of the user's terminal, 0 if unknown. */
  readonly colors: number;
  /** `-s` (the address ssh reached), nothing (any address), or `-i ADDRESS`. */
  readonly bind: "ssh" | "any" | { readonly address: string };
  /** Port or range as typed. */
  readonly port: string | undefined;
  /** The command to run instead of a login shell; empty: none. */
  readonly command: readonly string[];
  /** Take this session up again; only Sterna's servers can. */
  readonly attach?:
    | { readonly name: string; readonly orNew: boolean; readonly readOnly: boolean }
    | undefined;
}

/** The locale variables that are set, `NAME=VALUE`. Those that are set but empty count. */
export function localeWords(env: Readonly<Record<string, string | undefined>>): string[] {
  return LOCALE_VARIABLES.filter((name) => env[name] !== undefined).map((name) => `${name}=${env[name]}`);
}

/** The server's arguments as words, unquoted. */
export function serverArguments(
  request: ServerRequest,
  env: Readonly<Record<string, string | undefined>>,
): string[] {
  const { attach } = request;
  const words = attach
    ? [
        "attach",
        ...(attach.orNew ? ["--or-new"] : []),
        ...(attach.readOnly ? ["--read-only"] : []),
        attach.name,
      ]
    : ["new"];
  words.push("-c", String(request.colors));
  if (request.bind === "ssh") words.push("-s");
  else if (request.bind !== "any") words.push("-i", request.bind.address);
  if (request.port !== undefined) words.push("-p", request.port);
  for (const word of localeWords(env)) words.push("-l", word);
  if (request.command.length > 0 && (!attach || attach.orNew)) words.push("--", ...request.command);
  return words;
}

/**
 * The line for a shell.
 *
 * @param server the server command as the user gave it: unquoted, so that it may be several words
 */
export function serverCommandLine(server: string, words: readonly string[]): string {
  return `${server} ${shellQuoteAll(words)}`;
}
