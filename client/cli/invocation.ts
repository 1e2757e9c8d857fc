/**
 * What a session is to be, from everything that has a say: command line, environment, the host's sections of the
 * configuration file, its global part, defaults; the first that sets a value wins. Pure. Called by main.ts and the
 * doctor.
 */
import type { PredictMode, RemoteIpMethod, Settings } from "../config/settings.ts";
import { CommandError } from "./errors.ts";
import { checkHost, DEFAULT_FAMILY, type Request } from "./options.ts";

/** A session to start, complete. `undefined`: nobody set it, and whoever uses it knows what to do then. */
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
  /** As MOSH_ESCAPE_KEY has it. */
  readonly escapeKey: string | undefined;
  readonly titlePrefix: boolean;
  readonly local: boolean;
  /** undefined: not given, the default applies (`proxy`). */
  readonly remoteIp: RemoteIpMethod | undefined;
  /** A session of the host to take up again; undefined: a new one. */
  readonly attach: Attach | undefined;
  /** `[user@]host` as ssh gets it; in local mode an address. */
  readonly host: string;
  readonly command: readonly string[];
  readonly commandLine: string;
  readonly afterHost: readonly string[];
}

/** Which session is taken up again, and how. */
interface Attach {
  readonly name: string;
  /** Make it if it is not there. */
  readonly orNew: boolean;
  /** Look on only. */
  readonly readOnly: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Where settings come from, besides the command line. */
export interface Sources {
  readonly env: Environment;
  /** Of the configuration file: of the host's sections, and for all hosts. */
  readonly host: Settings;
  readonly global: Settings;
}

/** The variables of stock's. MOSH_PREDICTION_DISPLAY is in the request: options.ts has checked it. */
function environmentSettings(env: Environment): Settings {
  return {
    ...(env.MOSH_PREDICTION_OVERWRITE === undefined
      ? {}
      : { "predict-overwrite": env.MOSH_PREDICTION_OVERWRITE === "yes" }),
    ...(env.MOSH_NO_TERM_INIT === undefined ? {} : { init: false }),
    ...(env.MOSH_ESCAPE_KEY === undefined ? {} : { "escape-key": env.MOSH_ESCAPE_KEY }),
    ...(env.MOSH_TITLE_NOPREFIX === undefined ? {} : { "title-prefix": false }),
  };
}

/** @throws CommandError if the file gives the host a name that is none */
export function resolveInvocation(request: Request, sources: Sources, program: string): Invocation {
  const set: Settings = {
    ...sources.global,
    ...sources.host,
    ...environmentSettings(sources.env),
    ...request.given,
  };
  return {
    client: set.client,
    server: set.server,
    ssh: set.ssh,
    predict: set.predict ?? "adaptive",
    predictOverwrite: set["predict-overwrite"] ?? false,
    family: set.family ?? DEFAULT_FAMILY,
    port: set.port,
    bindServer: set["bind-server"] ?? "ssh",
    sshPty: set["ssh-pty"] ?? true,
    init: set.init ?? true,
    escapeKey: set["escape-key"],
    titlePrefix: set["title-prefix"] ?? true,
    local: request.local,
    remoteIp: set["remote-ip"],
    attach: attachOf(request, set, program),
    host: destination(request, set, program),
    command: request.command.length > 0 ? request.command : (set.command ?? []),
    commandLine: request.commandLine,
    afterHost: request.afterHost,
  };
}

/** @throws CommandError for words that contradict each other */
function attachOf(request: Request, set: Settings, program: string): Attach | undefined {
  const orNew = set.attach ? "" : (set["attach-or-new"] ?? "");
  const name = set.attach || orNew;
  const readOnly = set["read-only"] ?? false;
  if (name === "") {
    if (readOnly)
      throw new CommandError(`${program}: --read-only wants --attach=NAME: a session to look at.`);
    return undefined;
  }
  if (orNew === "" && request.command.length > 0) {
    throw new CommandError(
      `${program}: --attach takes a session as it is, so it takes no command. --attach-or-new does.`,
    );
  }
  // The server would take it for an option of its own.
  if (name.startsWith("-")) {
    throw new CommandError(
      `${program}: Session "${name}" begins with a dash, which no name of a session does.`,
    );
  }
  return { name, orNew: orNew !== "", readOnly };
}

/** The host that is meant by the one typed. */
function destination(request: Request, set: Settings, program: string): string {
  const at = request.host.lastIndexOf("@") + 1;
  const typedUser = request.host.slice(0, at);
  const name = set.hostname ?? request.host.slice(at);
  // Nobody logs in to a session on this machine.
  const user = typedUser !== "" || set.user === undefined || request.local ? typedUser : `${set.user}@`;
  const host = user + name;
  if (host === request.host) return host;
  try {
    checkHost(host, program);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new CommandError(
      `${error.message}\nThe configuration file says so, by hostname or user for ${request.host}.`,
    );
  }
  return host;
}

/** The environment of the session's client: how an outside program learns of the settings, and the built-in one. */
export function clientEnvironment(
  env: Environment,
  invocation: Invocation,
): Record<string, string | undefined> {
  const result: Record<string, string | undefined> = { ...env, MOSH_PREDICTION_DISPLAY: invocation.predict };
  if (invocation.predictOverwrite) result.MOSH_PREDICTION_OVERWRITE = "yes";
  else if (result.MOSH_PREDICTION_OVERWRITE === "yes") delete result.MOSH_PREDICTION_OVERWRITE;
  if (invocation.init) delete result.MOSH_NO_TERM_INIT;
  else result.MOSH_NO_TERM_INIT ??= "1";
  if (invocation.titlePrefix) delete result.MOSH_TITLE_NOPREFIX;
  else result.MOSH_TITLE_NOPREFIX ??= "1";
  if (invocation.escapeKey !== undefined) result.MOSH_ESCAPE_KEY = invocation.escapeKey;
  return result;
}
