/**
 * The receiving half of an endpoint: the peer's states that may still serve as references, and the newest of them.
 *
 * It trusts nobody: what contradicts the protocol is dropped with a reason, and the states stay as they were.
 */
import type { DropReason } from "./drops.ts";
import type { Instruction } from "./instruction.ts";
import { MAX_RECEIVED_STATES, MAX_STATE, QUENCH_INTERVAL } from "./params.ts";
import { releaseFirst, type SyncObject } from "./sync-object.ts";

interface ReceivedState<R> {
  readonly number: number;
  readonly state: R;
}

export class Receiver<R extends SyncObject<R>> {
  /** By number, smallest first. Never empty [P 9.1]. */
  readonly #received: ReceivedState<R>[];
  readonly #hasRoom: ((diff: Uint8Array) => boolean) | undefined;
  #quenchUntil = Number.NEGATIVE_INFINITY;
  /** What was taken out: its contents are gone, its place in the session remains [P 9.10]. */
  #taken: R | undefined;

  /**
   * @param remote the peer's state 0, taken over
   * @param hasRoom whether whoever takes the contents of states has room for this difference. Default: always
   */
  constructor(remote: R, hasRoom?: (diff: Uint8Array) => boolean) {
    this.#hasRoom = hasRoom;
    this.#received = [{ number: 0, state: remote }];
  }

  /** The state with the largest number. Belongs to the receiver; valid until the next instruction. */
  get latest(): R {
    return this.#back.state;
  }

  get latestNumber(): number {
    return this.#back.number;
  }

  /** States kept, for metrics and tests. */
  get receivedStates(): number {
    return this.#received.length;
  }

  /**
   * Takes one instruction of the right version whose acknowledgement was used already [P 9.3]. "new": it is the newest
   * state now. "late": a newer one was here, this one can only be a reference [P 9.8]. Else why it was dropped.
   */
  process(instruction: Instruction, now: number): "new" | "late" | DropReason {
    const { oldNum, newNum, throwawayNum, diff } = instruction;
    if (this.#find(newNum) !== undefined) return "duplicate"; // [P 9.4]
    const reference = this.#find(oldNum);
    if (reference === undefined) return "unknown-reference"; // [P 9.5]
    if (newNum < oldNum || throwawayNum > oldNum) return "numbering"; // [P 9.6]

    this.#throwAway(throwawayNum);
    if (this.#received.length > MAX_RECEIVED_STATES) {
      if (now < this.#quenchUntil) return "quench"; // [P 9.7]
      this.#quenchUntil = now + QUENCH_INTERVAL;
    }

    // [P 9.11] what ends the session must get through
    if (diff.length > 0 && this.#hasRoom?.(diff) === false && newNum !== MAX_STATE) return "no-room";

    const state = reference.state.clone();
    if (diff.length > 0 && !state.apply(diff)) {
      state.release();
      return "diff";
    }
    let at = this.#received.length;
    while (at > 0 && this.#received[at - 1]!.number >= newNum) at--;
    const next = this.#received[at];
    if (!state.follows(this.#received[at - 1]!.state) || (next !== undefined && !next.state.follows(state))) {
      state.release();
      return "diff"; // [P 9.9]
    }
    if (this.#taken !== undefined) state.subtract(this.#taken);
    this.#received.splice(at, 0, { number: newNum, state });
    return next === undefined ? "new" : "late";
  }

  /** What the newest state holds that was not taken before, for a new owner [P 9.10]. */
  take(): R {
    // What was taken before was cut off when the state came.
    const news = this.latest.clone();
    // Nobody asks for these events again, so no state needs to hold them.
    for (const entry of this.#received) entry.state.subtract(news);
    this.#taken?.release();
    this.#taken = this.latest.clone();
    return news;
  }

  release(): void {
    releaseFirst(this.#received, this.#received.length);
    this.#taken?.release();
  }

  get #back(): ReceivedState<R> {
    return this.#received[this.#received.length - 1]!;
  }

  #find(number: number): ReceivedState<R> | undefined {
    // What is asked for is nearly always the newest.
    for (let at = this.#received.length - 1; at >= 0; at--) {
      const entry = this.#received[at]!;
      if (entry.number === number) return entry;
    }
    return undefined;
  }

  /** The reference is not below it, so at least that one stays. */
  #throwAway(number: number): void {
    let keep = 0;
    while (this.#received[keep]!.number < number) keep++;
    releaseFirst(this.#received, keep);
  }
}
