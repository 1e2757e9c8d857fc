/** May the programs' own messages have color? https://no-color.org: not if NO_COLOR is set and not empty. */
export function colorWanted(env: Readonly<Record<string, string | undefined>>): boolean {
  return !env.NO_COLOR;
}
