/** Where in a TOML file something stands, and what a mistyped word may have meant. Pure; used by config.ts. */

/**
 * Number of the line with a section's heading or a key of it, from 1; undefined where the file says it in a way that a
 * line does not show (dotted keys, inline tables).
 */
export function lineOf(toml: string, section: string, key?: string): number | undefined {
  const lines = toml.split("\n");
  let inside = false;
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!.trim();
    const heading = /^\[\s*["']?([^\]"']+?)["']?\s*\]/.exec(line)?.[1];
    if (heading !== undefined) inside = heading === section;
    if (key === undefined && (heading === section || startsWithKey(line, section))) return at + 1;
    if (key !== undefined && inside && startsWithKey(line, key)) return at + 1;
  }
  return undefined;
}

function startsWithKey(line: string, key: string): boolean {
  const found = /^["']?([\w-]+)["']?\s*=/.exec(line)?.[1];
  return found === key;
}

/** The known word that is closest to `word`, if it is close: about one slip in three letters. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.floor(word.length / 3) + 1;
  for (const candidate of known) {
    const distance = distanceOf(word, candidate);
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

/** Letters to change, add, leave out or swap with their neighbour. */
function distanceOf(a: string, b: string): number {
  let older: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(row[j - 1]! + 1, previous[j]! + 1, previous[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, older[j - 2]! + 1);
      row.push(cost);
    }
    older = previous;
    previous = row;
  }
  return previous[b.length]!;
}
