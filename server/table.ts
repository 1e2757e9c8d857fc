/** Text tables for terminals: columns as wide as what stands in them, spans of time as people say them. Pure. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** One column. */
export interface Column {
  readonly heading: string;
  /** Figures stand at the right. */
  readonly right?: boolean;
}

/** Lines, the heading first; cells must be printable ({@link printable}). Wide characters count as two columns. */
export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const all = [columns.map(({ heading }) => heading), ...rows];
  const widths = columns.map((_, at) => Math.max(...all.map((row) => Bun.stringWidth(row[at]!))));
  return all.map((row) =>
    row
      .map((cell, at) => {
        const blank = " ".repeat(widths[at]! - Bun.stringWidth(cell));
        return columns[at]!.right ? blank + cell : cell + blank;
      })
      .join("  ")
      .trimEnd(),
  );
}

/** A span of time as people say it: the largest unit. */
export function age(ms: number): string {
  if (ms < MINUTE) return `${Math.max(0, Math.floor(ms / SECOND))} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h`;
  return `${Math.floor(ms / DAY)} d`;
}

/** Text that a program chose, safe on a terminal. @param length most characters */
export function printable(text: string, length: number): string {
  return [...text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu, "")].slice(0, length).join("");
}

/** The part of a line that fits; a wide character that does not fit as a whole is left out. */
export function cut(line: string, cols: number): string {
  if (Bun.stringWidth(line) <= cols) return line;
  let width = 0;
  let fitting = "";
  for (const character of new Intl.Segmenter().segment(line)) {
    width += Bun.stringWidth(character.segment);
    if (width > cols) break;
    fitting += character.segment;
  }
  return fitting;
}
