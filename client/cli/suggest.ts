/** "Did you mean": the known word nearest to a misspelt one. For messages of the configuration file. */

/** Edits (insert, delete, replace, swap neighbours) that turn one word into the other. */
function distance(a: string, b: string): number {
  // Three rows of the table suffice: swapping looks two rows back.
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      let best = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, before[j - 2]! + 1);
      }
      row.push(best);
    }
    before = last;
    last = row;
  }
  return last[b.length]!;
}

/** A word's letters alone, so that `predictOverwrite` and `predict_overwrite` are the same as `predict-overwrite`. */
function letters(word: string): string {
  return word.toLowerCase().replace(/[^a-z0-9]/g, "");
}

/** Longer words are no misspellings of any of ours, and the table would be large. */
const MAX_WORD = 64;

/** The known word that was probably meant; undefined if none is near. */
export function suggest(word: string, known: readonly string[]): string | undefined {
  if (word === "" || word.length > MAX_WORD) return undefined;
  const plain = letters(word);
  const part = known.find((one) => plain.length >= 4 && plain.endsWith(letters(one)));
  let best: string | undefined;
  // A third of the letters may be wrong, one at least.
  let limit = Math.max(1, Math.floor(plain.length / 3));
  for (const one of known) {
    const edits = distance(plain, letters(one));
    if (edits > limit) continue;
    best = one;
    limit = edits - 1;
  }
  return best ?? part;
}
