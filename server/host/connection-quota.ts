/**
 * How many connections of the control socket one user may hold, so that nobody can keep others from it. Pure; called by
 * control-server.ts.
 */

/** Each connection costs a descriptor. */
const MOST = 512;
/** Of one user; root is the gateway, too, which asks for everybody. */
const MOST_OF_A_USER = 32;
const ROOT = 0;

export class ConnectionQuota {
  readonly #held = new Map<number, number>();
  #all = 0;

  /** False: no room for this one. What was taken is given back with {@link leave}. */
  enter(uid: number): boolean {
    const held = this.#held.get(uid) ?? 0;
    if (this.#all >= MOST || (uid !== ROOT && held >= MOST_OF_A_USER)) return false;
    this.#held.set(uid, held + 1);
    this.#all++;
    return true;
  }

  leave(uid: number): void {
    const held = this.#held.get(uid) ?? 0;
    this.#all--;
    if (held <= 1) this.#held.delete(uid);
    else this.#held.set(uid, held - 1);
  }
}
