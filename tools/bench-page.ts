/** Puts the output of benchmarks into a page, between marks. Pure; called by bench.ts. */

/**
 * Replaces what is between `<!-- bench:NAME -->` and `<!-- /bench:NAME -->` with the text as a code block, for each of the
 * results. All else stays as it is, so what people write around the figures is theirs.
 * @returns the page, and the names that have no place in it
 */
export function fill(
  page: string,
  results: readonly (readonly [name: string, text: string])[],
): { text: string; missing: string[] } {
  let text = page;
  const missing: string[] = [];
  for (const [name, output] of results) {
    const open = `<!-- bench:${name} -->`;
    const from = text.indexOf(open);
    const to = from < 0 ? -1 : text.indexOf(`<!-- /bench:${name} -->`, from);
    if (to < 0) {
      missing.push(name);
      continue;
    }
    // A fence longer than any in the output, so that none of it ends the block.
    const longest = Math.max(2, ...[...output.matchAll(/`+/g)].map(([ticks]) => ticks.length));
    const fence = "`".repeat(longest + 1);
    text = `${text.slice(0, from + open.length)}\n${fence}text\n${output}\n${fence}\n${text.slice(to)}`;
  }
  return { text, missing };
}
