/**
 * How much is lost, of the last 32 to 64 datagrams: what {@link EarlyResend} decides by. Fed with the gaps in the peer's
 * sequence numbers (link.ts) and with what the peer did not acknowledge (early-resend.ts). Pure.
 */

/** When so many were counted all counts are halved, so that the past fades. */
const WINDOW = 64;
/** A share is taken of at least so many: one loss among the first few says nothing. */
const LEAST = 32;
/** More than this in a row is a blackout or a sleep and says nothing about the next datagram. */
const LONGEST_RUN = 3;

export class LossMeter {
  #lost = 0;
  #count = 0;

  /** Of `lost` + `arrived` in a row, so many were lost. */
  record(lost: number, arrived: number): void {
    const counted = Math.min(lost, LONGEST_RUN);
    this.#lost += counted;
    this.#count += counted + arrived;
    if (this.#count < WINDOW) return;
    this.#lost /= 2;
    this.#count /= 2;
  }

  /** One that was counted as lost was only late. */
  found(): void {
    this.#lost = Math.max(0, this.#lost - 1);
  }

  /** 0 to 1. */
  get share(): number {
    return this.#lost / Math.max(this.#count, LEAST);
  }
}
