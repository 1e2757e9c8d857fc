/** Who may have sessions at an operator's host. Pure; called by supervisor.ts. */

/** Lists are patterns as in sshd's AllowUsers, without hosts: `*` and `?`. */
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
}

/** A sentence why not; undefined: may. It does not tell which rule it was. */
export function refusalFor({ name, uid, groups, shell }: Candidate, rules: UserRules): string | undefined {
  const no = `User ${name} may not have sessions on this host.`;
  if (uid === 0 && !rules.root) return no;
  if (!shell || matches(rules.deny, [name]) || matches(rules.denyGroups, groups)) return no;
  if (rules.allow.length === 0 && rules.allowGroups.length === 0) return undefined;
  return matches(rules.allow, [name]) || matches(rules.allowGroups, groups) ? undefined : no;
}

function matches(patterns: readonly string[], names: readonly string[]): boolean {
  return patterns.some((pattern) => {
    const escaped = pattern.replaceAll(/[.+^${}()|[\]\\]/g, "\\$&");
    const expression = new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`);
    return names.some((name) => expression.test(name));
  });
}
