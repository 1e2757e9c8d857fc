/**
 * Which host sections are for a host, and what they come to together: every section that matches counts, and for each
 * key the most specific one that sets it. Not the first, as in ssh_config, because the tables of a TOML file have no
 * order. Pure.
 */
import { matchPattern } from "../../sys/patterns.ts";
import type { Config, HostSection } from "./parse-config.ts";
import type { SettingKey, Settings } from "./settings.ts";

/** Two sections that are equally specific and disagree. */
export interface Ambiguity {
  readonly key: SettingKey;
  readonly titles: readonly [string, string];
}

export interface HostSettings {
  /** Of all host sections that match, without the global values. */
  readonly settings: Settings;
  /** Titles of those sections, the most specific first. */
  readonly titles: readonly string[];
}

interface Match {
  readonly section: HostSection;
  /** Wildcards at all, then literal characters, then wildcards `*`: compared in this order. */
  readonly rank: readonly [exact: number, literals: number, stars: number];
}

/** @param host name as typed, without the user */
export function settingsForHost(config: Config, host: string): HostSettings | Ambiguity {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, "$1");
  const matches: Match[] = [];
  for (const section of config.hosts) {
    const ranks = section.patterns.filter((pattern) => matchPattern(name, pattern)).map(rankOf);
    const best = ranks.sort(compareRanks)[0];
    if (best !== undefined) matches.push({ section, rank: best });
  }
  matches.sort((a, b) => compareRanks(a.rank, b.rank));

  const settings: Record<string, unknown> = {};
  const origins = new Map<string, Match>();
  for (const match of matches) {
    for (const [key, value] of Object.entries(match.section.settings)) {
      const origin = origins.get(key);
      if (origin === undefined) {
        origins.set(key, match);
        settings[key] = value;
      } else if (compareRanks(origin.rank, match.rank) === 0 && !Bun.deepEquals(settings[key], value)) {
        return { key: key as SettingKey, titles: [origin.section.title, match.section.title] };
      }
    }
  }
  return { settings: settings as Settings, titles: matches.map((match) => match.section.title) };
}

function rankOf(pattern: string): Match["rank"] {
  const stars = pattern.split("*").length - 1;
  const literals = pattern.replace(/[*?]/g, "").length;
  return [literals === pattern.length ? 1 : 0, literals, -stars];
}

/** Negative if `a` is the more specific. */
function compareRanks(a: Match["rank"], b: Match["rank"]): number {
  return b[0] - a[0] || b[1] - a[1] || b[2] - a[2];
}
