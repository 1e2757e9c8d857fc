/**
 * What can be set: the one table of keys that the configuration file has, with what each may be. A key is the long
 * option without its dashes (`remote-ip` for --experimental-remote-ip). Command line and environment come to the same
 * {@link Settings}; cli/invocation.ts lays them over each other. Pure.
 */
import { ESCAPE_KEY_EXPECTED, parseEscapeKey } from "../cli/escape-setting.ts";
import { portsFault } from "../cli/ports.ts";

export type PredictMode = "adaptive" | "always" | "never" | "experimental";
export const PREDICT_MODES: readonly string[] = ["adaptive", "always", "never", "experimental"];

/** How the address for UDP is learned: from our proxy below ssh, by a local look-up, or from the server's own view. */
export type RemoteIpMethod = "proxy" | "local" | "remote";
export const REMOTE_IP_METHODS: readonly string[] = ["proxy", "local", "remote"];

const FAMILIES: readonly string[] = ["inet", "inet6", "prefer-inet", "prefer-inet6", "all", "auto"];

/** Values from one source. A key that is missing was not set there. */
export interface Settings {
  readonly client?: string;
  readonly server?: string;
  readonly ssh?: string;
  readonly predict?: PredictMode;
  readonly "predict-overwrite"?: boolean;
  readonly family?: string;
  readonly port?: string;
  readonly "bind-server"?: string;
  readonly "ssh-pty"?: boolean;
  readonly init?: boolean;
  /** One character; empty: no escape key. */
  readonly "escape-key"?: string;
  readonly "title-prefix"?: boolean;
  readonly "remote-ip"?: RemoteIpMethod;
  /** Name of the session to take up again; empty: none. */
  readonly attach?: string;
  /** Name of the session to take up again, or to make; empty: none. */
  readonly "attach-or-new"?: string;
  readonly "read-only"?: boolean;
  /** The name or address that ssh gets in the place of the host typed. */
  readonly hostname?: string;
  /** The user's name, if none was typed. */
  readonly user?: string;
  /** What runs instead of the login shell, if no command was typed. */
  readonly command?: readonly string[];
}

export type SettingKey = keyof Settings;

/** A value that is right, in the form {@link Settings} has; or what was expected. */
type Checked =
  | { readonly value: string | boolean | readonly string[] }
  | { readonly expected: string; readonly words?: readonly string[] };

interface Setting {
  readonly check: (value: unknown) => Checked;
  /** Makes no sense for every host at once. */
  readonly hostOnly?: true;
}

const text =
  (what: string) =>
  (value: unknown): Checked =>
    typeof value === "string" && value.trim() !== "" ? { value } : { expected: what };

const boolean = (value: unknown): Checked =>
  typeof value === "boolean" ? { value } : { expected: "true or false (without quotes)" };

const oneOf =
  (words: readonly string[]) =>
  (value: unknown): Checked =>
    typeof value === "string" && words.includes(value)
      ? { value }
      : { expected: words.map((word) => `"${word}"`).join(", "), words };

function port(value: unknown): Checked {
  const ports = typeof value === "number" ? String(value) : value;
  return typeof ports === "string" && portsFault(ports) === undefined
    ? { value: ports }
    : { expected: 'a UDP port such as 60010 or a range such as "60010:60020"' };
}

function bindServer(value: unknown): Checked {
  // An address is the host's business, so its form is not checked, as on the command line.
  if (typeof value !== "string" || value.trim() === "") return { expected: '"ssh", "any" or an IP address' };
  return { value: /^(ssh|any)$/i.test(value) ? value.toLowerCase() : value };
}

function escapeKey(value: unknown): Checked {
  const key = typeof value === "string" ? parseEscapeKey(value) : undefined;
  return key === undefined ? { expected: ESCAPE_KEY_EXPECTED } : { value: key };
}

function command(value: unknown): Checked {
  return Array.isArray(value) && value.length > 0 && value.every((word) => typeof word === "string")
    ? { value }
    : { expected: 'an array of words such as ["tmux", "new", "-A"]' };
}

export const SETTINGS: Readonly<Record<SettingKey, Setting>> = {
  server: { check: text('a command such as "~/bin/mosh-server"') },
  port: { check: port },
  "bind-server": { check: bindServer },
  ssh: { check: text('a command such as "ssh -p 2222"') },
  "ssh-pty": { check: boolean },
  "remote-ip": { check: oneOf(REMOTE_IP_METHODS) },
  family: { check: oneOf(FAMILIES) },
  predict: { check: oneOf(PREDICT_MODES) },
  "predict-overwrite": { check: boolean },
  init: { check: boolean },
  "title-prefix": { check: boolean },
  "escape-key": { check: escapeKey },
  attach: { check: text('the name of a session such as "work"'), hostOnly: true },
  "attach-or-new": { check: text('the name of a session such as "main"') },
  "read-only": { check: boolean, hostOnly: true },
  client: { check: text('a program such as "/usr/bin/mosh-client"') },
  hostname: { check: text('a host name or address such as "192.0.2.7"'), hostOnly: true },
  user: { check: text('a user name such as "alice"'), hostOnly: true },
  command: { check: command, hostOnly: true },
};
