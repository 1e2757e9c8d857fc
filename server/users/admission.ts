/**
 * Who may have sessions at an operator's host: the operator's rules, and what the system says of the account. The
 * judgement is pure; {@link candidateOf} asks the system. Called by supervisor.ts and gateway-process.ts.
 */
import { readFileSync } from "node:fs";
import { matchPatternList } from "../../sys/patterns.ts";
import { type Account, groupsOf, hasExpired, isLoginShell } from "../account.ts";

/** Lists are patterns as in sshd's AllowUsers, without hosts: `*`, `?`, and `!` for "not". */
export interface UserRules {
  /** Empty: everybody who is not denied. */
  readonly allow: readonly string[];
  /** Stronger than `allow`. */
  readonly deny: readonly string[];
  readonly allowGroups: readonly string[];
  readonly denyGroups: readonly string[];
  /** Whether root may have sessions. */
  readonly root: boolean;
}

/** A person as far as the rules care. */
export interface Candidate {
  readonly name: string;
  readonly uid: number;
  readonly groups: readonly string[];
  /** The shell is one that somebody can log in with. */
  readonly shell: boolean;
  /** The account's time is over. */
  readonly expired: boolean;
  /** What nologin(5) says to everybody but root; undefined: the system is open. */
  readonly closed: string | undefined;
}

/** Files of nologin(5): while one is there, nobody but root logs in. */
const NOLOGIN = ["/etc/nologin", "/run/nologin"];
const MAX_NOTICE = 500;

/** A sentence why not; undefined: may. It does not tell which rule it was. */
export function refusalFor(candidate: Candidate, rules: UserRules): string | undefined {
  const { name, uid, groups, shell, expired, closed } = candidate;
  const no = `User ${name} may not have sessions on this host.`;
  if (uid === 0 && !rules.root) return no;
  if (!shell || matches(rules.deny, [name]) || matches(rules.denyGroups, groups)) return no;
  const listed = rules.allow.length > 0 || rules.allowGroups.length > 0;
  if (listed && !matches(rules.allow, [name]) && !matches(rules.allowGroups, groups)) return no;
  if (expired) return `The account of user ${name} has expired.`;
  return uid === 0 ? undefined : closed;
}

function matches(patterns: readonly string[], names: readonly string[]): boolean {
  return names.some((name) => matchPatternList(name, patterns));
}

/** What the system says of a user now. */
export function candidateOf(account: Account): Candidate {
  return {
    name: account.name,
    uid: account.uid,
    groups: groupsOf(account),
    shell: isLoginShell(account.shell),
    expired: hasExpired(account.name, Date.now()),
    closed: closedNotice(),
  };
}

/**
 * What the operator says while the system is closed, on one line. login(1) and su(1) do not look when root starts them
 * for a user, as no authentication takes place.
 */
export function closedNotice(files: readonly string[] = NOLOGIN): string | undefined {
  for (const file of files) {
    let text: string;
    try {
      text = readFileSync(file, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") continue;
      text = "";
    }
    const line = text
      .replaceAll(/[\p{C}\p{Z}]+/gu, " ")
      .trim()
      .slice(0, MAX_NOTICE);
    return line || "This system takes no logins now.";
  }
  return undefined;
}
