/**
 * Who may log in to the gateway: the key that ssh shows against the user's authorized_keys, and whether the host admits
 * the user at all. Somebody who does not exist costs the same work and gets the same answers as somebody whose key is
 * wrong. Called by connection.ts.
 */
import { timingSafeEqual } from "node:crypto";
import { type ParsedKey, utils } from "ssh2";
import type { Account } from "../account.ts";
import type { Fields, Level } from "../operator/log.ts";
import { type AuthorizedKey, addressMatches, parseAuthorizedKeys } from "./authorized-keys.ts";
import { readKeyFiles } from "./key-file.ts";

/** Whose keys are read for a user who does not exist: nobody's. */
const NOWHERE = { uid: 0xffff_fffe, home: "/nonexistent" };

export interface LoginOptions {
  /** The user of that name. */
  readonly account: (name: string) => Account | undefined;
  /** A sentence if the host does not admit the user. */
  readonly refusal: (account: Account) => string | undefined;
  readonly log: (level: Level, event: string, fields: Fields) => void;
  /** ms since the epoch. */
  readonly now: () => number;
}

/** What a client shows: a key, and a signature if it claims to have the private half. */
export interface ShownKey {
  readonly user: string;
  readonly address: string;
  readonly algorithm: string;
  readonly blob: Buffer;
  readonly signed: Buffer | undefined;
  readonly signature: Buffer | undefined;
  /** Digest of an RSA signature: `sha256`, `sha512`; undefined is SHA-1. */
  readonly digest: string | undefined;
}

/** The key is good; the login is done if there was a signature. */
export interface Admitted {
  readonly account: Account;
  readonly key: AuthorizedKey;
}

export class Login {
  readonly #options: LoginOptions;

  constructor(options: LoginOptions) {
    this.#options = options;
  }

  /** Undefined: no. The reason is in the log, for the operator. */
  judge(shown: ShownKey): Admitted | undefined {
    const { log, now } = this.#options;
    const account = this.#options.account(shown.user);
    const refusal = account ? this.#options.refusal(account) : "there is no such user";
    const { text, faults } = readKeyFiles(account ?? NOWHERE);
    const { keys, skipped } = parseAuthorizedKeys(text);
    const same = keys.filter(
      (candidate) =>
        candidate.blob.length === shown.blob.length && timingSafeEqual(candidate.blob, shown.blob),
    );
    const about = { user: printable(shown.user), from: shown.address };
    const no = (reason: string): undefined => {
      log("info", "login refused", { ...about, reason });
      return undefined;
    };
    if (!account || refusal !== undefined) return no(refusal ?? "");
    for (const fault of faults) log("warn", "authorized_keys not read", { ...about, reason: fault });
    for (const { line, reason } of skipped)
      log("debug", "authorized_keys line skipped", { ...about, line, reason });
    if (same.length === 0) return no("the key is not among the authorized ones");
    // A key may stand there more than once, with other options: the first line that lets it in counts.
    const reasons = same.map((candidate) => lineRefusal(candidate, shown.address, now()));
    const key = same[reasons.indexOf(undefined)];
    if (!key) return no(reasons[0]!);
    if (shown.signature && !isSignedBy(shown, key)) return no("the signature is wrong");
    return { account, key };
  }
}

/** Why a line does not let its key in from there now; undefined: it does. */
function lineRefusal({ from, expires }: AuthorizedKey, address: string, now: number): string | undefined {
  if (from && !addressMatches(address, from)) return "the key may not come from there";
  return expires !== undefined && expires <= now ? "the key has expired" : undefined;
}

function isSignedBy({ blob, signed, signature, digest }: ShownKey, { type }: AuthorizedKey): boolean {
  if (!signed || !signature) return false;
  // SHA-1 signatures have not been safe for years.
  if (type === "ssh-rsa" && digest !== "sha256" && digest !== "sha512") return false;
  const parsed = utils.parseKey(`${type} ${blob.toString("base64")}`) as ParsedKey | ParsedKey[] | Error;
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (!key || key instanceof Error) return false;
  return key.verify(signed, signature, digest) === true;
}

/** A name from the network, safe in a log. */
function printable(name: string): string {
  return name.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, 64);
}
