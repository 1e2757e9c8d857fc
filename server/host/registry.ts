/**
 * Which sessions there are, whose, under which name and where. No processes, no sockets: a pure book that the host
 * keeps. Names belong to their owner: two users may have a session of the same name. Called by host.ts.
 */
import type { Owner } from "./shard-messages.ts";

export interface Entry {
  /** Never used twice in the life of a host. */
  readonly id: number;
  readonly owner: Owner;
  name: string;
  /** The person chose the name, so the session is meant to stay when its client quits. */
  readonly named: boolean;
  /** Number of the shard. */
  readonly shard: number;
  /** ms since the epoch. */
  readonly created: number;
}

/** What a name may be: a word that no shell, path or table stumbles over, and no number, which the host gives out. */
const NAME = /^[\p{L}\p{N}_][\p{L}\p{N}_.@+-]{0,63}$/u;

/** A sentence if `name` cannot be the name of a session. */
export function nameFault(name: string): string | undefined {
  if (!NAME.test(name)) {
    return `"${printable(name)}" cannot be a session's name: use up to 64 letters, digits and _ . @ + -, beginning with a letter, digit or _.`;
  }
  return undefined;
}

export class Registry {
  readonly #entries = new Map<number, Entry>();
  #nextId = 1;

  get size(): number {
    return this.#entries.size;
  }

  /** @param name undefined: the lowest number that the owner does not use */
  add(owner: Owner, name: string | undefined, shard: number, now: number): Entry {
    const entry: Entry = {
      id: this.#nextId++,
      owner,
      name: name ?? this.#freeNumber(owner.uid),
      named: name !== undefined,
      shard,
      created: now,
    };
    this.#entries.set(entry.id, entry);
    return entry;
  }

  remove(id: number): Entry | undefined {
    const entry = this.#entries.get(id);
    this.#entries.delete(id);
    return entry;
  }

  /** The owner's session of that name. */
  find(uid: number, name: string): Entry | undefined {
    for (const entry of this.#entries.values())
      if (entry.owner.uid === uid && entry.name === name) return entry;
    return undefined;
  }

  /** The sessions of one user, or of all, oldest first. */
  of(uid: number | undefined): Entry[] {
    return [...this.#entries.values()].filter((entry) => uid === undefined || entry.owner.uid === uid);
  }

  /** The sessions of one shard. */
  in(shard: number): Entry[] {
    return [...this.#entries.values()].filter((entry) => entry.shard === shard);
  }

  #freeNumber(uid: number): string {
    const taken = new Set(this.of(uid).map((entry) => entry.name));
    let number = 1;
    while (taken.has(String(number))) number++;
    return String(number);
  }
}

/** Text from a person or a file, safe to print. */
function printable(text: string): string {
  return text.slice(0, 80).replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]/gu, "?");
}
