/**
 * The line on which a key of a TOML text is set, for messages. The parser does not tell, so it is asked with ever
 * longer beginnings of the text: the key is set on the first line with which it is there. Slow, but exact, and only
 * run when something is wrong.
 */
import { parse } from "smol-toml";

/**
 * @param source a text that the parser takes
 * @param path keys from the outermost table on
 * @returns the line, from 1; undefined if it cannot be told (a key written with escapes)
 */
export function lineOf(source: string, path: readonly string[]): number | undefined {
  const lines = source.split("\n");
  const key = path.at(-1)!;
  for (let at = 0; at < lines.length; at++) {
    if (!lines[at]!.includes(key)) continue;
    // Inside a text of several lines the part before does not parse: it is no place for a key.
    const before = tryParse(lines.slice(0, at));
    if (before === undefined || has(before, path)) continue;
    // The value may go on over the next lines.
    for (let end = at + 1; end <= lines.length; end++) {
      const parsed = tryParse(lines.slice(0, end));
      if (parsed === undefined) continue;
      if (has(parsed, path)) return at + 1;
      break;
    }
  }
  return undefined;
}

function tryParse(lines: readonly string[]): unknown {
  try {
    return parse(lines.join("\n"));
  } catch {
    return undefined;
  }
}

function has(value: unknown, path: readonly string[]): boolean {
  let inner = value;
  for (const key of path) {
    if (typeof inner !== "object" || inner === null || !Object.hasOwn(inner, key)) return false;
    inner = (inner as Record<string, unknown>)[key];
  }
  return true;
}
