/**
 * The wrapper's command line: `mosh [options] [--] [user@]host [command...]`. Words in, a checked {@link Request} out;
 * no files, no network, no output. Called by main.ts; invocation.ts adds what was not given.
 *
 * The checks and their order are stock Mosh's, because scripts and people read the messages.
 */
import {
  PREDICT_MODES,
  type PredictMode,
  REMOTE_IP_METHODS,
  type RemoteIpMethod,
  type Settings,
} from "../config/settings.ts";
import { CommandError } from "./errors.ts";
import { ESCAPE_KEY_EXPECTED, parseEscapeKey } from "./escape-setting.ts";
import { type FoundOption, type OptionSpec, parseWords } from "./getopt.ts";
import { noHostText, usageText } from "./help.ts";
import { portsFault } from "./ports.ts";

/** What the words of a command line say. */
export interface Request {
  /** Options as given; a missing one was not. `family`: lower case, an unknown word acts as `auto`. */
  readonly given: Settings;
  /** --config=FILE; --no-config: false; neither: undefined. */
  readonly config: string | false | undefined;
  readonly local: boolean;
  /** `[user@]host` as typed; in local mode an address, by default 127.0.0.1; empty: none (only if that is allowed). */
  readonly host: string;
  readonly command: readonly string[];
  /** The words of the command line joined by spaces, for the list of processes. */
  readonly commandLine: string;
  /** Options found after the host: the usual reason why a command lost one of its own. */
  readonly afterHost: readonly string[];
}

export type CommandLine =
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | { readonly kind: "fake-proxy"; readonly family: string; readonly host: string; readonly port: string }
  | { readonly kind: "session"; readonly request: Request };

/** Every option there is. Help, manual page and completions are tested against this table. */
export const OPTIONS: readonly OptionSpec[] = [
  { names: ["client"], kind: "value" },
  { names: ["server"], kind: "value" },
  { names: ["ssh"], kind: "value" },
  { names: ["predict"], kind: "value" },
  { names: ["a"], kind: "flag" },
  { names: ["n"], kind: "flag" },
  { names: ["predict-overwrite", "o"], kind: "negatable" },
  { names: ["4"], kind: "flag" },
  { names: ["6"], kind: "flag" },
  { names: ["family"], kind: "value" },
  { names: ["port", "p"], kind: "value" },
  { names: ["bind-server"], kind: "value" },
  { names: ["ssh-pty"], kind: "negatable" },
  { names: ["init"], kind: "negatable" },
  { names: ["local"], kind: "flag" },
  { names: ["experimental-remote-ip"], kind: "value" },
  { names: ["help"], kind: "flag" },
  { names: ["version"], kind: "flag" },
  { names: ["fake-proxy"], kind: "negatable" },
  // Not in stock.
  { names: ["config"], kind: "value", exact: true },
  { names: ["no-config"], kind: "flag", exact: true },
  { names: ["escape-key"], kind: "value", exact: true, mayBeEmpty: true },
  { names: ["title-prefix"], kind: "negatable", exact: true },
  { names: ["attach"], kind: "value", exact: true, mayBeEmpty: true },
  { names: ["attach-or-new"], kind: "value", exact: true, mayBeEmpty: true },
  { names: ["read-only"], kind: "flag", exact: true },
];

/** Stock's default for --family. */
export const DEFAULT_FAMILY = "prefer-inet";
/** The address of `--local` without a host. */
const LOCAL_ADDRESS = "127.0.0.1";

/**
 * @param argv the words after the program's name
 * @param env read: MOSH_PREDICTION_DISPLAY, POSIXLY_CORRECT
 * @param program the name in messages
 * @param options.hostOptional no host is no error
 * @throws CommandError, status 255
 */
export function parseCommandLine(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  program: string,
  options: { hostOptional?: boolean } = {},
): CommandLine {
  const parsed = parseWords(OPTIONS, argv, { posix: env.POSIXLY_CORRECT !== undefined });
  if (parsed.errors.length > 0) {
    throw new CommandError(`${parsed.errors.join("\n")}\n${usageText(program)}`);
  }

  const last = (name: string): FoundOption | undefined => parsed.options.findLast((o) => o.name === name);
  const text = (name: string): string | undefined => last(name)?.value as string | undefined;
  const flag = (name: string): boolean | undefined => last(name)?.value as boolean | undefined;

  if (flag("help")) return { kind: "help" };
  if (flag("version")) return { kind: "version" };

  const predict = predictMode(parsed.options, env.MOSH_PREDICTION_DISPLAY, program);
  const remoteIp = text("experimental-remote-ip");
  if (remoteIp !== undefined && !REMOTE_IP_METHODS.includes(remoteIp)) {
    throw new CommandError(
      `Unknown parameter ${remoteIp} at --experimental-remote-ip: expected ${REMOTE_IP_METHODS.join(", ")}.`,
    );
  }
  const family = addressFamily(parsed.options);
  const port = text("port");
  const fault = port === undefined ? undefined : portsFault(port);
  if (fault !== undefined) throw new CommandError(`${program}: ${fault}`);
  const escapeKey = escapeKeyOption(text("escape-key"), program);

  const [first, ...rest] = parsed.words;
  if (flag("fake-proxy")) {
    if (first === undefined || rest[0] === undefined) {
      throw new CommandError(`${program}: --fake-proxy needs a host and a port (ssh gives them).`);
    }
    return { kind: "fake-proxy", family: family ?? DEFAULT_FAMILY, host: first, port: rest[0] };
  }

  const local = flag("local") ?? false;
  const host = first ?? (local ? LOCAL_ADDRESS : undefined);
  if (host === undefined && !options.hostOptional) throw new CommandError(noHostText(program));
  if (host !== undefined) checkHost(host, program);

  const bindServer = text("bind-server");
  const given: { [key in keyof Settings]: Settings[key] | undefined } = {
    client: text("client"),
    server: text("server"),
    ssh: text("ssh"),
    predict,
    "predict-overwrite": flag("predict-overwrite"),
    family,
    port,
    "bind-server": /^(ssh|any)$/i.test(bindServer ?? "") ? bindServer!.toLowerCase() : bindServer,
    "ssh-pty": flag("ssh-pty"),
    init: flag("init"),
    "escape-key": escapeKey,
    "title-prefix": flag("title-prefix"),
    "remote-ip": remoteIp as RemoteIpMethod | undefined,
    ...attachment(parsed.options),
    "read-only": flag("read-only"),
  };
  const config = parsed.options.findLast((o) => o.name === "config" || o.name === "no-config");
  return {
    kind: "session",
    request: {
      given: Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
      config: config?.name === "no-config" ? false : (config?.value as string | undefined),
      local,
      host: host ?? "",
      command: rest,
      commandLine: argv.join(" "),
      afterHost: [...new Set(parsed.options.filter((o) => o.afterWords).map((o) => o.name))],
    },
  };
}

/** `--predict`, `-a` and `-n`, the last one given. The environment's is checked here, too, since stock does it first. */
function predictMode(
  options: readonly FoundOption[],
  fromEnvironment: string | undefined,
  program: string,
): PredictMode | undefined {
  const option = options.findLast((o) => o.name === "predict" || o.name === "a" || o.name === "n");
  if (option?.name === "a") return "always";
  if (option?.name === "n") return "never";
  const mode = (option?.value as string | undefined) ?? fromEnvironment;
  if (mode !== undefined && !PREDICT_MODES.includes(mode)) {
    const origin = option === undefined ? " (MOSH_PREDICTION_DISPLAY in environment)" : "";
    throw new CommandError(`${program}: Unknown mode "${mode}"${origin}.\n\n${usageText(program)}`);
  }
  return mode as PredictMode | undefined;
}

/** `--attach` and `--attach-or-new`, the last one given; the other one is then taken back, also what the file says. */
function attachment(options: readonly FoundOption[]): Settings {
  const option = options.findLast((o) => o.name === "attach" || o.name === "attach-or-new");
  if (option === undefined) return {};
  const name = option.value as string;
  return option.name === "attach"
    ? { attach: name, "attach-or-new": "" }
    : { attach: "", "attach-or-new": name };
}

/** `-4`, `-6` and `--family`, the last one given, in lower case. */
function addressFamily(options: readonly FoundOption[]): string | undefined {
  const option = options.findLast((o) => o.name === "4" || o.name === "6" || o.name === "family");
  if (option?.name === "4") return "inet";
  if (option?.name === "6") return "inet6";
  return (option?.value as string | undefined)?.toLowerCase();
}

function escapeKeyOption(text: string | undefined, program: string): string | undefined {
  if (text === undefined) return undefined;
  const key = parseEscapeKey(text);
  if (key === undefined) {
    throw new CommandError(
      `${program}: --escape-key=${text} can be no escape key: expected ${ESCAPE_KEY_EXPECTED}.`,
    );
  }
  return key;
}

/**
 * Refuses a host that would be more than a name: one with a dash first is an option of ssh's (and one of those runs
 * commands), and the name stands unquoted in the ProxyCommand, which a shell reads. The characters are those that
 * OpenSSH refuses since 9.6; stock Mosh passes them on. Also for hosts that the configuration file names.
 *
 * @throws CommandError
 */
export function checkHost(host: string, program: string): void {
  if (host.startsWith("-")) {
    throw new CommandError(`${program}: Host "${host}" begins with a dash, which ssh takes for an option.`);
  }
  const name = host.slice(host.lastIndexOf("@") + 1);
  if (name === "") throw new CommandError(`${program}: The host name is empty. Expected [user@]host.`);
  if (/[\0-\x20\x7f'"`$\\;&<>|(){},]/.test(name) || /[\0-\x1f\x7f]/.test(host)) {
    throw new CommandError(`${program}: Host ${JSON.stringify(host)} has characters that no host name has.`);
  }
}
