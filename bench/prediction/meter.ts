/**
 * Measures local echo by what is seen: for each key of a recording, when its effect was first on the screen, and
 * whether anything was on it that no true screen ever showed. Knows pictures and times only, so the same rules hold for
 * our engine in virtual time and for any client that draws on a terminal.
 *
 * A key is *shown*
 *  - if it is echoed (its character stands where the cursor was, and the cursor went on): when that character is there
 *    and the cursor no longer is;
 *  - always: when the whole screen is as it truly was after this key or a later one.
 * Keys without any effect (of a password) are not counted. A key was shown *wrong* if, before the next one was typed,
 * a drawing had a character where none of the true screens of the last keys had it.
 */
import type { Picture, Recording } from "./recording.ts";

/** True screens of so many keys back may still be seen, on a slow line. */
const HISTORY = 40;
/** What counts as at once. ms */
const AT_ONCE_MS = 5;

interface Typed {
  readonly at: number;
  shown: number | undefined;
  wrong: boolean;
}

interface Target {
  readonly row: number;
  readonly col: number;
  readonly character: string;
}

export interface Score {
  /** Keys with an effect. */
  readonly keys: number;
  readonly atOnce: number;
  readonly wrong: number;
  readonly times: readonly number[];
}

export class Meter {
  readonly #recording: Recording;
  readonly #typed: (Typed | undefined)[];
  readonly #targets: (Target | undefined)[];
  readonly #silent: boolean[];
  #newest = 0;
  #oldest = 1;

  constructor(recording: Recording) {
    this.#recording = recording;
    const { steps, pictures } = recording;
    this.#typed = steps.map(() => undefined);
    this.#silent = pictures.map((ofStep) => ofStep.every((picture) => same(picture, ofStep[0]!)));
    this.#targets = steps.map((step, at) => {
      const before = pictures[at]![0]!;
      const after = pictures[at]!.at(-1)!;
      const text = new TextDecoder().decode(step.keys);
      if (at === 0 || !/^[!-~]$/.test(text)) return undefined;
      const { row, col } = before;
      const echoed = after.rows[row]?.[col] === text && after.row === row && after.col === col + 1;
      return echoed ? { row, col, character: text } : undefined;
    });
  }

  /** The n-th step's key is being typed (the first has number 1). */
  typed(step: number, at: number): void {
    this.#typed[step] = { at, shown: undefined, wrong: false };
    this.#newest = step;
  }

  /** The person sees this. */
  drawn(picture: Picture, at: number): void {
    if (this.#newest === 0) return;
    while (this.#typed[this.#oldest]?.shown !== undefined) this.#oldest++;
    for (let step = this.#oldest; step <= this.#newest; step++) {
      const typed = this.#typed[step];
      const target = this.#targets[step];
      if (!typed || typed.shown !== undefined || !target) continue;
      const there = picture.rows[target.row]?.[target.col] === target.character;
      if (there && !(picture.row === target.row && picture.col === target.col)) typed.shown = at;
    }
    for (let step = this.#newest; step >= this.#oldest; step--) {
      // Within a step only what is true at its end; what came on the way is no effect of the whole key.
      if (!same(this.#recording.pictures[step]!.at(-1)!, picture)) continue;
      for (let earlier = this.#oldest; earlier <= step; earlier++) {
        const typed = this.#typed[earlier];
        if (typed && typed.shown === undefined) typed.shown = at;
      }
      break;
    }
    const newest = this.#typed[this.#newest];
    if (newest && !newest.wrong) newest.wrong = this.#isWrong(picture);
  }

  score(): Score {
    const times: number[] = [];
    let wrong = 0;
    this.#typed.forEach((typed, step) => {
      if (!typed || this.#silent[step]) return;
      if (typed.wrong) wrong++;
      times.push(typed.shown === undefined ? Number.POSITIVE_INFINITY : typed.shown - typed.at);
    });
    const atOnce = times.filter((time) => time <= AT_ONCE_MS).length;
    return { keys: times.length, atOnce, wrong, times };
  }

  /** All keys have been shown. */
  get complete(): boolean {
    return this.#typed.every((typed, step) => step === 0 || this.#silent[step] || typed?.shown !== undefined);
  }

  #isWrong(picture: Picture): boolean {
    const { pictures } = this.#recording;
    const from = Math.max(0, this.#newest - HISTORY);
    const truth = pictures.slice(from, this.#newest + 1).flat();
    return picture.rows.some((row, at) => {
      const rows = new Set(truth.map((one) => one.rows[at] ?? ""));
      if (rows.has(row)) return false;
      const seen = [...rows];
      for (let col = 0; col < Math.max(row.length, ...seen.map((one) => one.length)); col++) {
        if (!seen.some((one) => (one[col] ?? " ") === (row[col] ?? " "))) return true;
      }
      return false;
    });
  }
}

function same(a: Picture, b: Picture): boolean {
  return a.row === b.row && a.col === b.col && a.rows.every((row, at) => row === b.rows[at]);
}
