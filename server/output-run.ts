/**
 * Whether a program prints on and on, by when the screen changed. Frames go all the time then, so what it prints goes ahead of
 * nothing: it keeps to the pace, and acknowledgements ride on it. Only a key's echo goes ahead, told from the rest by its
 * length [P 8.21]. One for each attachment, which says what happens and asks before it hands a screen over. Times are ms on its
 * clock.
 */

/** Without a change for so long, the output has come to a rest. */
const REST_MS = 50;
/** Output that has not rested for so long goes on. A screen drawn for a key is done sooner. */
const RUN_MS = 250;
/** What a terminal or a line editor echoes for a key is no longer; what a program prints in one piece mostly is. Bytes. */
const ECHO_BYTES = 32;

export class OutputRun {
  #since = 0;
  #changedAt = Number.NEGATIVE_INFINITY;
  /** A key has come whose echo was not seen. */
  #awaited = false;
  /** An echo was seen that was not handed over. */
  #echo = false;

  /** A key was given to the program. */
  asked(): void {
    this.#awaited = true;
  }

  /**
   * The program wrote `bytes` bytes.
   * @param isAnswer they are little, and all there is since a key: no run begins with it, so that fast typing is none
   */
  changed(now: number, bytes: number, isAnswer: boolean): void {
    if (this.#awaited && bytes <= ECHO_BYTES) {
      this.#awaited = false;
      this.#echo = true;
    }
    const rested = now - this.#changedAt > REST_MS;
    if (rested && isAnswer) return;
    if (rested) this.#since = now;
    this.#changedAt = now;
  }

  /** The screen is handed over. Returns whether it must keep to the pace: output goes on, and no echo is in it. */
  paces(now: number): boolean {
    const goesOn = now - this.#changedAt <= REST_MS && now - this.#since >= RUN_MS;
    const isEcho = this.#echo;
    this.#echo = false;
    return goesOn && !isEcho;
  }
}
