/** The host patterns of ssh_config(5) and sshd(8): `*`, `?`, lists, and `!` for "not". */

/** Does one pattern (no `!`) match? `*`: any run of characters, `?`: one character; letter case as given. */
export function matchPattern(text: string, pattern: string): boolean {
  // The classic two-pointer match: on a mismatch, the last star takes one character more. Never exponential.
  let t = 0;
  let p = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    const c = pattern[p];
    if (c === "*") {
      star = p++;
      resume = t;
    } else if (c !== undefined && (c === "?" || c === text[t])) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}

/** A list of patterns: true if one matches and none with `!` does. */
export function matchPatternList(text: string, patterns: readonly string[]): boolean {
  let matched = false;
  for (const pattern of patterns) {
    if (pattern.startsWith("!")) {
      if (matchPattern(text, pattern.slice(1))) return false;
    } else if (matchPattern(text, pattern)) {
      matched = true;
    }
  }
  return matched;
}
