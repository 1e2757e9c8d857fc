/**
 * The lines of an authorized_keys file (sshd(8), AUTHORIZED_KEYS FILE FORMAT), as far as they mean something here. A line
 * with an option that would restrict and is not understood is not used at all. Pure; called by login.ts.
 */
import { matchPattern } from "../../sys/patterns.ts";

/** One key that may log in, and how. */
export interface AuthorizedKey {
  /** `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa`. */
  readonly type: string;
  /** The key as the protocol has it. */
  readonly blob: Uint8Array;
  /** `command="…"`: runs whatever was asked for. */
  readonly command: string | undefined;
  /** `from="…"`: patterns and networks that the address must match. */
  readonly from: readonly string[] | undefined;
  /** `no-pty` or `restrict` without `pty`. */
  readonly pty: boolean;
  /** `expiry-time`, ms since the epoch. */
  readonly expires: number | undefined;
}

/** A line that cannot be used, and why. */
export interface SkippedLine {
  readonly line: number;
  readonly reason: string;
}

const TYPES: ReadonlySet<string> = new Set([
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "ssh-rsa",
]);
/** Forbid what this gateway does not have, or allow it: no effect. */
const IDLE = new Set([
  ...["agent-forwarding", "port-forwarding", "x11-forwarding", "user-rc"].flatMap((name) => [
    name,
    `no-${name}`,
  ]),
  ...["permitopen", "permitlisten", "tunnel", "environment", "no-touch-required", "verify-required"],
]);
/** Options that a line may have once. */
const ONCE: ReadonlySet<string> = new Set(["command", "from"]);
const MAX_LINES = 10_000;
const MAX_LINE = 16_384;

export function parseAuthorizedKeys(text: string): {
  readonly keys: readonly AuthorizedKey[];
  readonly skipped: readonly SkippedLine[];
} {
  const keys: AuthorizedKey[] = [];
  const skipped: SkippedLine[] = [];
  for (const [index, raw] of text.split("\n").slice(0, MAX_LINES).entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const parsed = line.length > MAX_LINE ? "too long" : parseLine(line);
    if (typeof parsed === "string") skipped.push({ line: index + 1, reason: parsed });
    else keys.push(parsed);
  }
  return { keys, skipped };
}

function parseLine(line: string): AuthorizedKey | string {
  let rest = line;
  let options: readonly (readonly [string, string | undefined])[] = [];
  if (!/^(?:sk-|ssh-|ecdsa-)/.test(rest)) {
    const split = takeOptions(rest);
    if (!split) return "a quote in its options is not closed";
    ({ options, rest } = split);
  }
  const [type = "", base64 = ""] = rest.split(/[ \t]+/);
  if (type.startsWith("sk-")) return `keys of type ${printable(type)} (security keys) are not supported`;
  if (!TYPES.has(type)) return "no key of a known type";
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return "the key is damaged";
  const blob = Buffer.from(base64, "base64");
  if (blob.length < 4 || blob.subarray(4, 4 + blob.readUInt32BE(0)).toString("latin1") !== type)
    return "the key is damaged";
  return withOptions(type, blob, options);
}

function withOptions(
  type: string,
  blob: Uint8Array,
  options: readonly (readonly [string, string | undefined])[],
): AuthorizedKey | string {
  let command: string | undefined;
  let from: readonly string[] | undefined;
  let pty = true;
  let expires: number | undefined;
  const seen = new Set<string>();
  for (const [name, value] of options) {
    const option = name.toLowerCase();
    // Of two commands or lists one would be lost, and perhaps the stricter one; sshd refuses that too.
    if (value !== undefined && ONCE.has(option) && seen.has(option)) return `it has ${option} twice`;
    seen.add(option);
    if (option === "restrict" || option === "no-pty") pty = false;
    else if (option === "pty") pty = true;
    else if (option === "cert-authority") return "certificates are not supported";
    else if (option === "command" && value !== undefined) command = value;
    else if (option === "from" && value !== undefined) {
      from = value.split(",").map((word) => word.trim());
      const wrong = from.find((word) => word.includes("/") && !network(word.replace(/^!/, "")));
      // Left out, a network after "!" would let in whom it was to keep out.
      if (wrong !== undefined) return `in its from=, ${printable(wrong)} is no network`;
    } else if (option === "expiry-time" && value !== undefined) {
      const time = expiry(value);
      if (time === undefined) return "its expiry-time is no time";
      expires = Math.min(expires ?? time, time);
    } else if (!IDLE.has(option)) return `its option ${printable(name)} is not known`;
  }
  return { type, blob, command, from, pty, expires };
}

/**
 * Options up to the first blank outside quotes: `name`, `name="value"`, commas between. Inside quotes only `\"` is an
 * escape; any other backslash is itself, also before another one.
 */
function takeOptions(
  line: string,
): { options: (readonly [string, string | undefined])[]; rest: string } | undefined {
  const options: (readonly [string, string | undefined])[] = [];
  let at = 0;
  for (;;) {
    const match = /^([A-Za-z0-9-]+)(?:="((?:[^"\\]|\\"|\\(?!"))*)")?/.exec(line.slice(at));
    if (!match) return undefined;
    options.push([match[1]!, match[2]?.replaceAll('\\"', '"')]);
    at += match[0].length;
    if (line[at] === ",") at++;
    else if (line[at] === " " || line[at] === "\t") return { options, rest: line.slice(at).trimStart() };
    else return undefined;
  }
}

/** `YYYYMMDD`, `YYYYMMDDHHMM` or with seconds, local time, or UTC with a `Z` behind. */
function expiry(text: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?(Z?)$/.exec(text);
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0));
  const time = match[7]
    ? Date.UTC(year!, month! - 1, day, hour, minute, second)
    : new Date(year!, month! - 1, day, hour, minute, second).getTime();
  const real = month! >= 1 && month! <= 12 && day! >= 1 && day! <= 31;
  return real && hour! < 24 && minute! < 60 && second! <= 60 ? time : undefined;
}

/**
 * Whether `from="…"` lets that address in. Names are not looked up: only addresses, in whatever way they are written,
 * networks and patterns of addresses can match.
 */
export function addressMatches(address: string, patterns: readonly string[]): boolean {
  const plain = address.replace(/^::ffff:/i, "").toLowerCase();
  const matches = (pattern: string): boolean =>
    inNetwork(plain, pattern) || (!pattern.includes("/") && matchPattern(plain, pattern.toLowerCase()));
  if (patterns.some((pattern) => pattern.startsWith("!") && matches(pattern.slice(1)))) return false;
  return patterns.some((pattern) => !pattern.startsWith("!") && matches(pattern));
}

/** CIDR or a single address, both families. */
export function inNetwork(address: string, text: string): boolean {
  const bits = addressBits(address);
  const wanted = network(text);
  return (
    bits !== undefined &&
    bits.length === wanted?.length &&
    bits.startsWith(wanted.bits.slice(0, wanted.prefix))
  );
}

/** Undefined if it is none, also if bits beyond the prefix are set, as in sshd: one of the two must be a mistake. */
function network(text: string): { bits: string; length: number; prefix: number } | undefined {
  const [base = "", given, more] = text.split("/");
  const bits = addressBits(base);
  if (!bits || more !== undefined || (given !== undefined && !/^\d{1,3}$/.test(given))) return undefined;
  const prefix = given === undefined ? bits.length : Number(given);
  if (prefix > bits.length || bits.includes("1", prefix)) return undefined;
  return { bits, length: bits.length, prefix };
}

/** 32 or 128 characters of 0 and 1; undefined: no address. */
function addressBits(address: string): string | undefined {
  const binary = (value: number, width: number): string => value.toString(2).padStart(width, "0");
  if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(address)) {
    const parts = address.split(".").map(Number);
    return parts.every((part) => part < 256) ? parts.map((part) => binary(part, 8)).join("") : undefined;
  }
  const [left = "", right, more] = address.replace(/%.*$/, "").split("::");
  const groups = (text: string): string[] => (text === "" ? [] : text.split(":"));
  const head = groups(left);
  const tail = groups(right ?? "");
  const missing = 8 - head.length - tail.length;
  if (more !== undefined || missing < 0 || (right === undefined && missing !== 0)) return undefined;
  const all = [...head, ...Array.from({ length: missing }, () => "0"), ...tail];
  if (!all.every((group) => /^[\da-f]{1,4}$/i.test(group))) return undefined;
  return all.map((group) => binary(Number.parseInt(group, 16), 16)).join("");
}

function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, 60);
}
