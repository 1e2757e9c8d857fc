/**
 * Command-line words to options, by the rules of Perl's Getopt::Long in its default configuration, because the scripts
 * that call `mosh` were written against those: letter case is ignored, a unique beginning of a name is enough, one
 * dash does for long names, options are found after other words too, `--` ends them, POSIXLY_CORRECT ends them at
 * the first other word.
 *
 * One difference: Getopt::Long also takes `+name` for an option; here a word with `+` is a word (`less +F`).
 *
 * Knows nothing of what the options mean; options.ts does.
 */

/** `flag`: takes no value. `negatable`: a flag with `--no-name` and `--noname`. `value`: needs a value. */
type OptionKind = "flag" | "negatable" | "value";

export interface OptionSpec {
  /** The first is the canonical one, the others are aliases. Lower case. */
  readonly names: readonly string[];
  readonly kind: OptionKind;
  /** Only the full names count. For options stock lacks: they must not make a beginning ambiguous that stock takes. */
  readonly exact?: true;
  /** `--name=` gives the empty value, where Getopt::Long misses one. */
  readonly mayBeEmpty?: true;
}

/** One option as found: its canonical name; the value, or true, or false for a negated one. */
export interface FoundOption {
  readonly name: string;
  readonly value: string | boolean;
  /** Did it come after the first word that is not an option? */
  readonly afterWords: boolean;
}

export interface ParsedWords {
  /** In the order given, so that the last of several wins. */
  readonly options: readonly FoundOption[];
  /** The words that are not options, in order. */
  readonly words: readonly string[];
  /** Complaints in Getopt::Long's words; parsing goes on behind a bad option. */
  readonly errors: readonly string[];
}

interface Candidate {
  readonly spec: OptionSpec;
  readonly negated: boolean;
}

/** All spellings an option answers to. */
function spellings(specs: readonly OptionSpec[]): Map<string, Candidate> {
  const table = new Map<string, Candidate>();
  for (const spec of specs) {
    for (const name of spec.names) {
      table.set(name, { spec, negated: false });
      if (spec.kind !== "negatable") continue;
      table.set(`no${name}`, { spec, negated: true });
      table.set(`no-${name}`, { spec, negated: true });
    }
  }
  return table;
}

/** The full spelling that `typed` stands for, or what is wrong with it. */
function complete(typed: string, table: Map<string, Candidate>): { name: string } | { error: string } {
  if (table.has(typed)) return { name: typed };
  const hits = [...table.keys()]
    .filter((name) => name.startsWith(typed) && !table.get(name)!.spec.exact)
    .sort();
  if (hits.length === 0) return { error: `Unknown option: ${typed}` };
  const meanings = new Set(hits.map((hit) => `${table.get(hit)!.negated} ${table.get(hit)!.spec.names[0]}`));
  if (meanings.size > 1) return { error: `Option ${typed} is ambiguous (${hits.join(", ")})` };
  return { name: hits[0]! };
}

/**
 * Parses `argv` (without the program's name).
 *
 * @param options.posix stop at the first word that is not an option (POSIXLY_CORRECT)
 */
export function parseWords(
  specs: readonly OptionSpec[],
  argv: readonly string[],
  options: { posix?: boolean } = {},
): ParsedWords {
  const table = spellings(specs);
  const found: FoundOption[] = [];
  const words: string[] = [];
  const errors: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!;
    if (word === "--") {
      words.push(...argv.slice(i + 1));
      break;
    }
    const match = /^(?:--|-(?!-))(?:([^=]+)(?:=(.*))?|(=.*))$/s.exec(word);
    if (match === null || word === "-") {
      if (options.posix) {
        words.push(...argv.slice(i));
        break;
      }
      words.push(word);
      continue;
    }
    const completed = complete((match[1] ?? match[3]!).toLowerCase(), table);
    if ("error" in completed) {
      errors.push(completed.error);
      continue;
    }
    const { spec, negated } = table.get(completed.name)!;
    const attached = match[2];
    if (spec.kind !== "value") {
      if (attached === undefined) {
        found.push({ name: spec.names[0]!, value: !negated, afterWords: words.length > 0 });
      } else {
        errors.push(`Option ${completed.name} does not take an argument`);
      }
      continue;
    }
    // A value that is a word of its own may be anything, even `--`; an attached one must not be empty.
    const value = attached ?? argv[++i];
    if (value === undefined || (attached === "" && !spec.mayBeEmpty)) {
      errors.push(`Option ${completed.name} requires an argument`);
    } else {
      found.push({ name: spec.names[0]!, value, afterWords: words.length > 0 });
    }
  }
  return { options: found, words, errors };
}
