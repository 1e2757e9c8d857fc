/**
 * The lines of ssh_config(5) files: words, quotes, Include. What the lines mean is ssh-config.ts's business; which
 * files exist is the caller's.
 */
import { readFileSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";

export interface ConfigLine {
  /** Lower case. */
  readonly keyword: string;
  readonly words: readonly string[];
  /** `file:line`, for messages. */
  readonly place: string;
}

/** Depth at which OpenSSH stops following Include. */
const MAX_INCLUDE_DEPTH = 16;

/** One line into keyword and words; undefined for an empty line or a comment. Quotes: '...' and "...". */
export function parseConfigLine(text: string, place: string): ConfigLine | undefined {
  const match = /^\s*([A-Za-z][A-Za-z0-9]*)(?:\s*=\s*|\s+|$)(.*)$/s.exec(text);
  if (match === null) return undefined;
  const words: string[] = [];
  const word = /\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(#.*)|([^\s"'#][^\s]*))/sy;
  let at = 0;
  for (;;) {
    word.lastIndex = at;
    const found = word.exec(match[2]!);
    if (found === null || found[3] !== undefined) break;
    at = word.lastIndex;
    const quoted = found[1] ?? found[2];
    words.push(quoted === undefined ? found[4]! : quoted.replace(/\\(["'\\])/g, "$1"));
  }
  return { keyword: match[1]!.toLowerCase(), words, place };
}

/** How a walker treats a line: true to follow an Include found here. */
export type ConfigVisitor = (line: ConfigLine) => boolean;

/**
 * Visits the lines of a file and, where the visitor says so, of the files it includes, in reading order. A file that
 * cannot be read is skipped, as ssh does.
 *
 * @param home for `~`; also where relative Includes of a user's file begin (`~/.ssh`); system files begin at /etc/ssh
 */
export function walkConfigFile(file: string, home: string, visit: ConfigVisitor, depth = 0): void {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return;
  }
  for (const [index, source] of text.split("\n").entries()) {
    const line = parseConfigLine(source, `${file}:${index + 1}`);
    if (line === undefined) continue;
    const follow = visit(line);
    if (line.keyword !== "include" || !follow || depth >= MAX_INCLUDE_DEPTH) continue;
    for (const pattern of line.words) {
      for (const included of includedFiles(pattern, file, home))
        walkConfigFile(included, home, visit, depth + 1);
    }
  }
}

function includedFiles(pattern: string, from: string, home: string): string[] {
  const expanded = pattern.replace(/^~(?=\/|$)/, home);
  const base = from.startsWith("/etc/") ? dirname("/etc/ssh/ssh_config") : join(home, ".ssh");
  const path = isAbsolute(expanded) ? expanded : join(base, expanded);
  const wildcard = path.search(/[*?[]/);
  if (wildcard < 0) return [path];
  const fixed = path.lastIndexOf("/", wildcard) + 1;
  try {
    const glob = new Bun.Glob(path.slice(fixed));
    return [...glob.scanSync({ cwd: path.slice(0, fixed), absolute: true })].sort();
  } catch {
    return []; // No such directory.
  }
}
