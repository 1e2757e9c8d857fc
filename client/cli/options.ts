/**
 * The wrapper's command line: `mosh [options] [--] [user@]host [command...]`. Words in, a checked {@link Invocation}
 * out; no files, no network, no output. Called by main.ts.
 *
 * The checks and their order are stock Mosh's, because scripts and people read the messages.
 */
import { CommandError } from "./errors.ts";
import { type FoundOption, type OptionSpec, parseWords } from "./getopt.ts";
import { noHostText, usageText } from "./help.ts";
import { checkPorts } from "./ports.ts";

type PredictMode = "adaptive" | "always" | "never" | "experimental";
const PREDICT_MODES: readonly string[] = ["adaptive", "always", "never", "experimental"];

/** How the address for UDP is learned: from our proxy below ssh, by a local look-up, or from the server's own view. */
export type RemoteIpMethod = "proxy" | "local" | "remote";
const REMOTE_IP_METHODS: readonly string[] = ["proxy", "local", "remote"];

/** What the user asked for. `undefined`: the option was not given. */
export interface Invocation {
  readonly client: string | undefined;
  readonly server: string | undefined;
  readonly ssh: string | undefined;
  readonly predict: PredictMode;
  readonly predictOverwrite: boolean;
  /** Lower case; a word that is none of the known ones acts as `auto`. */
  readonly family: string;
  readonly port: string | undefined;
  /** `ssh`, `any` (lower case) or an address as typed. */
  readonly bindServer: string;
  readonly sshPty: boolean;
  readonly init: boolean;
  readonly local: boolean;
  /** undefined: not given, the default applies (`proxy`). */
  readonly remoteIp: RemoteIpMethod | undefined;
  /** `[user@]host`; in local mode an address, by default 127.0.0.1. */
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
  | { readonly kind: "session"; readonly invocation: Invocation };

const OPTIONS: readonly OptionSpec[] = [
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
];

/** The address of `--local` without a host. */
const LOCAL_ADDRESS = "127.0.0.1";

/**
 * @param argv the words after the program's name
 * @param env read: MOSH_PREDICTION_DISPLAY, POSIXLY_CORRECT
 * @param program the name in messages
 * @throws CommandError, status 255
 */
export function parseCommandLine(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  program: string,
): CommandLine {
  const parsed = parseWords(OPTIONS, argv, { posix: env.POSIXLY_CORRECT !== undefined });
  if (parsed.errors.length > 0) {
    throw new CommandError(`${parsed.errors.join("\n")}\n${usageText(program)}`);
  }

  const last = (name: string): FoundOption | undefined => parsed.options.findLast((o) => o.name === name);
  const text = (name: string): string | undefined => last(name)?.value as string | undefined;
  const flag = (name: string, otherwise: boolean): boolean =>
    (last(name)?.value as boolean | undefined) ?? otherwise;

  if (flag("help", false)) return { kind: "help" };
  if (flag("version", false)) return { kind: "version" };

  const predict = predictMode(parsed.options, env.MOSH_PREDICTION_DISPLAY, program);
  const remoteIp = text("experimental-remote-ip");
  if (remoteIp !== undefined && !REMOTE_IP_METHODS.includes(remoteIp)) {
    throw new CommandError(
      `Unknown parameter ${remoteIp} at --experimental-remote-ip: expected ${REMOTE_IP_METHODS.join(", ")}.`,
    );
  }
  const family = addressFamily(parsed.options);
  const port = text("port");
  if (port !== undefined) checkPorts(port, program);

  const [first, ...rest] = parsed.words;
  if (flag("fake-proxy", false)) {
    if (first === undefined || rest[0] === undefined) {
      throw new CommandError(`${program}: --fake-proxy needs a host and a port (ssh gives them).`);
    }
    return { kind: "fake-proxy", family, host: first, port: rest[0] };
  }

  const local = flag("local", false);
  const host = first ?? (local ? LOCAL_ADDRESS : undefined);
  if (host === undefined) throw new CommandError(noHostText(program));
  checkHost(host, program);

  const bindServer = text("bind-server") ?? "ssh";
  return {
    kind: "session",
    invocation: {
      client: text("client"),
      server: text("server"),
      ssh: text("ssh"),
      predict,
      predictOverwrite: flag("predict-overwrite", false),
      family,
      port,
      bindServer: /^(ssh|any)$/i.test(bindServer) ? bindServer.toLowerCase() : bindServer,
      sshPty: flag("ssh-pty", true),
      init: flag("init", true),
      local,
      remoteIp: remoteIp as RemoteIpMethod | undefined,
      host,
      command: rest,
      commandLine: argv.join(" "),
      afterHost: [...new Set(parsed.options.filter((o) => o.afterWords).map((o) => o.name))],
    },
  };
}

/** `--predict`, `-a` and `-n`, the last one given; else the environment; else adaptive. */
function predictMode(
  options: readonly FoundOption[],
  fromEnvironment: string | undefined,
  program: string,
): PredictMode {
  const option = options.findLast((o) => o.name === "predict" || o.name === "a" || o.name === "n");
  if (option?.name === "a") return "always";
  if (option?.name === "n") return "never";
  const mode = (option?.value as string | undefined) ?? fromEnvironment ?? "adaptive";
  if (!PREDICT_MODES.includes(mode)) {
    const origin = option === undefined ? " (MOSH_PREDICTION_DISPLAY in environment)" : "";
    throw new CommandError(`${program}: Unknown mode "${mode}"${origin}.\n\n${usageText(program)}`);
  }
  return mode as PredictMode;
}

/** `-4`, `-6` and `--family`, the last one given, in lower case. */
function addressFamily(options: readonly FoundOption[]): string {
  const option = options.findLast((o) => o.name === "4" || o.name === "6" || o.name === "family");
  if (option?.name === "4") return "inet";
  if (option?.name === "6") return "inet6";
  return (option?.value as string | undefined)?.toLowerCase() ?? "prefer-inet";
}

/**
 * Refuses a host that would be more than a name: one with a dash first is an option of ssh's (and one of those runs
 * commands), and the name stands unquoted in the ProxyCommand, which a shell reads. The characters are those that
 * OpenSSH refuses since 9.6; stock Mosh passes them on.
 */
function checkHost(host: string, program: string): void {
  if (host.startsWith("-")) {
    throw new CommandError(`${program}: Host "${host}" begins with a dash, which ssh takes for an option.`);
  }
  const name = host.slice(host.lastIndexOf("@") + 1);
  if (name === "") throw new CommandError(`${program}: The host name is empty. Expected [user@]host.`);
  if (/[\0-\x20\x7f'"`$\\;&<>|(){},]/.test(name) || /[\0-\x1f\x7f]/.test(host)) {
    throw new CommandError(`${program}: Host ${JSON.stringify(host)} has characters that no host name has.`);
  }
}
