/**
 * Words and quotes of a shell, without a shell: splits `--ssh=COMMAND`, quotes words for the remote shell.
 */

/**
 * Splits a command into words: blanks separate; '...' is literal; in "..." and outside quotes a backslash takes the
 * next character as it is. Nothing is expanded.
 *
 * @returns undefined if a quote is not closed
 */
export function splitShellWords(command: string): string[] | undefined {
  const words: string[] = [];
  const piece = /'([^']*)'|"((?:[^"\\]|\\.)*)"|((?:[^\s'"\\]|\\.)+)|(\s+)/gsy;
  let word: string | undefined;
  let at = 0;
  while (at < command.length) {
    piece.lastIndex = at;
    const match = piece.exec(command);
    if (match === null) return undefined;
    at = piece.lastIndex;
    const [, single, double, bare] = match;
    if (single !== undefined) word = (word ?? "") + single;
    else if (double !== undefined) word = (word ?? "") + double.replace(/\\(.)/gs, "$1");
    else if (bare !== undefined) word = (word ?? "") + bare.replace(/\\(.)/gs, "$1");
    else if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}

/** One word in single quotes, as POSIX shells, csh and fish read it alike. */
export function shellQuote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** Words in single quotes, joined by one space each. */
export function shellQuoteAll(words: readonly string[]): string {
  return words.map(shellQuote).join(" ");
}
