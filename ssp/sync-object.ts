/**
 * What a state object offers so that sender and receiver can synchronize it: the client's user stream, the server's
 * terminal state.
 *
 * Each object has one owner. `clone` makes a new one for a new owner and must be cheap; `release` ends one, and is
 * called exactly once for each.
 */
export interface SyncObject<T> {
  /** Same contents. */
  equals(other: T): boolean;
  /** What `apply` needs to turn `from` into this; empty if there is nothing to say. Not if `from` came later. */
  diff(from: T): Uint8Array;
  /** Applies a diff from the network. False: it is malformed or breaks a rule, and this object is to be released. */
  apply(diff: Uint8Array): boolean;
  /** Whether this can be a later state of the same object than `earlier`, as far as that can be seen. */
  follows(earlier: T): boolean;
  clone(): T;
  /** Forgets the part that `prefix` holds already; what is left stands for "since then". */
  subtract(prefix: T): void;
  release(): void;
}

/** Releases the first `count` states of a list and takes them out. Not with splice, which makes an array of what it takes out. */
export function releaseFirst(entries: { readonly state: { release(): void } }[], count: number): void {
  if (count === 0) return;
  for (let at = 0; at < count; at++) entries[at]!.state.release();
  for (let at = count; at < entries.length; at++) entries[at - count] = entries[at]!;
  entries.length -= count;
}
