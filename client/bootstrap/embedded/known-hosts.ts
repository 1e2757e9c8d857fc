/**
 * The known_hosts format of sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT": reading lines, judging a host's key by them, and
 * writing a new line. Strings in, verdicts out; the files are read and written by host-key.ts.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { matchPatternList } from "../../../sys/patterns.ts";

export interface KnownHostLine {
  readonly marker: "@cert-authority" | "@revoked" | undefined;
  /** The first field: a list of patterns, or one hashed name. */
  readonly hosts: string;
  /** `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa`, ... */
  readonly type: string;
  /** The key in base64, as in the file. */
  readonly key: string;
  /** `file:line`, for messages. */
  readonly place: string;
}

/** What the files say of a key a host has shown. */
export type Verdict =
  /** The host is known by this key. */
  | { readonly kind: "known" }
  /** A line of this host has another key of the same type: the host changed, or is not the one. */
  | { readonly kind: "changed"; readonly line: KnownHostLine }
  /** The key is marked as stolen or retired. */
  | { readonly kind: "revoked"; readonly line: KnownHostLine }
  /** Only an authority vouches for this host, and the host did not show a certificate. */
  | { readonly kind: "authority"; readonly line: KnownHostLine }
  /** Nothing is known of such a key. */
  | {
      readonly kind: "unknown";
      /** Lines of this host with keys of other types. */
      readonly otherTypes: readonly KnownHostLine[];
      /** Lines of other names with this very key. */
      readonly otherNames: readonly KnownHostLine[];
    };

const HASH_PREFIX = "|1|";
const DEFAULT_PORT = 22;

/** Reads a file's text. Lines that are not of the format are left out, as ssh does. */
export function parseKnownHosts(text: string, file: string): KnownHostLine[] {
  const lines: KnownHostLine[] = [];
  for (const [index, source] of text.split("\n").entries()) {
    const fields = source.trim().split(/[ \t]+/);
    if (fields[0] === undefined || fields[0] === "" || fields[0].startsWith("#")) continue;
    const marker = fields[0].startsWith("@") ? fields.shift() : undefined;
    if (marker !== undefined && marker !== "@cert-authority" && marker !== "@revoked") continue;
    const [hosts, type, key] = fields;
    if (hosts === undefined || type === undefined || key === undefined) continue;
    // A version 1 line has bits, exponent and modulus where the type and key should be.
    if (/^[0-9]+$/.test(type) || !/^[A-Za-z0-9+/]+=*$/.test(key)) continue;
    lines.push({ marker, hosts, type, key, place: `${file}:${index + 1}` });
  }
  return lines;
}

/** The name under which a host is listed: plain for port 22, else `[host]:port`. Lower case. */
export function knownHostName(host: string, port: number): string {
  const name = host.toLowerCase();
  return port === DEFAULT_PORT ? name : `[${name}]:${port}`;
}

/** Is `name` ({@link knownHostName}) meant by the first field of a line? */
export function hostFieldMatches(hosts: string, name: string): boolean {
  if (!hosts.startsWith(HASH_PREFIX)) return matchPatternList(name, hosts.toLowerCase().split(","));
  const [salt, hash] = hosts.slice(HASH_PREFIX.length).split("|");
  if (salt === undefined || hash === undefined) return false;
  const expected = Buffer.from(hash, "base64");
  const actual = hashName(name, Buffer.from(salt, "base64"));
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

/** HashKnownHosts' hash: HMAC-SHA1 of the name under the salt. */
function hashName(name: string, salt: Uint8Array): Buffer {
  return createHmac("sha1", salt).update(name).digest();
}

/**
 * Judges a key.
 *
 * @param key the host's public key as it stands in the protocol (RFC 4253 6.6)
 * @param type its type, as {@link keyType} tells
 */
export function judgeHostKey(
  lines: readonly KnownHostLine[],
  host: string,
  port: number,
  type: string,
  key: Uint8Array,
): Verdict {
  const encoded = Buffer.from(key).toString("base64");
  const name = knownHostName(host, port);
  const own = lines.filter((line) => hostFieldMatches(line.hosts, name));

  const revoked = own.find((line) => line.marker === "@revoked" && line.key === encoded);
  if (revoked) return { kind: "revoked", line: revoked };
  const plain = own.filter((line) => line.marker === undefined);
  if (plain.some((line) => line.key === encoded)) return { kind: "known" };
  const changed = plain.find((line) => line.type === type);
  if (changed) return { kind: "changed", line: changed };

  if (port !== DEFAULT_PORT) {
    // As ssh does: a key known for the name itself is good on another port, too; another key there means nothing.
    const withoutPort = judgeHostKey(lines, host, DEFAULT_PORT, type, key);
    if (withoutPort.kind === "known" || withoutPort.kind === "revoked") return withoutPort;
  }
  const authority = own.find((line) => line.marker === "@cert-authority");
  if (authority && plain.length === 0) return { kind: "authority", line: authority };
  return {
    kind: "unknown",
    otherTypes: plain,
    otherNames: lines.filter((line) => line.marker === undefined && line.key === encoded),
  };
}

/** The types of the keys by which a host is known, best first in the file's order: those are asked for first. */
export function knownKeyTypes(lines: readonly KnownHostLine[], host: string, port: number): string[] {
  const names = [knownHostName(host, port), knownHostName(host, DEFAULT_PORT)];
  const types = names.flatMap((name) =>
    lines
      .filter((line) => line.marker === undefined && hostFieldMatches(line.hosts, name))
      .map((line) => line.type),
  );
  return [...new Set(types)];
}

/** The line to add for a host, without newline. */
export function knownHostsEntry(
  host: string,
  port: number,
  type: string,
  key: Uint8Array,
  options: { hash: boolean },
): string {
  let name = knownHostName(host, port);
  if (options.hash) {
    const salt = randomBytes(20);
    name = `${HASH_PREFIX}${salt.toString("base64")}|${hashName(name, salt).toString("base64")}`;
  }
  return `${name} ${type} ${Buffer.from(key).toString("base64")}`;
}

/** `SHA256:...` as ssh-keygen -l prints it. */
export function fingerprint(key: Uint8Array): string {
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}

/** The type that a public key names in itself; undefined if it is malformed. */
export function keyType(key: Uint8Array): string | undefined {
  if (key.length < 4) return undefined;
  const length = new DataView(key.buffer, key.byteOffset, key.byteLength).getUint32(0);
  if (length === 0 || length > 64 || 4 + length > key.length) return undefined;
  return Buffer.from(key.subarray(4, 4 + length)).toString("latin1");
}

/** The short name people know a type by: ED25519, ECDSA, RSA. */
export function keyTypeName(type: string): string {
  if (type === "ssh-ed25519") return "ED25519";
  if (type.startsWith("ecdsa-")) return "ECDSA";
  if (type === "ssh-rsa") return "RSA";
  return type;
}
