/**
 * Which sessions there are, whose, under which name and where. No processes, no sockets: a pure book that the host
 * keeps. Names belong to their owner: two users may have a session of the same name. Called by host.ts.
 */
import type { KeptSession, Owner } from "./shard-messages.ts";

export interface Entry extends KeptSession {
  name: string;
  /** Number of the shard. */
  readonly shard: number;
}

/** Sessions that a host could create in each millisecond before its numbers meet those of a later one. */
const IDS_PER_MS = 1000;
/** Longest name, characters. */
const NAME_LENGTH = 64;

/** What a name may be: a word that no shell, path or table stumbles over, and no number, which the host gives out. */
const NAME = new RegExp(`^[\\p{L}\\p{N}_][\\p{L}\\p{N}_.@+-]{0,${NAME_LENGTH - 1}}$`, "u");

/** A sentence if `name` cannot be the name of a session. */
export function nameFault(name: string): string | undefined {
  if (!NAME.test(name)) {
    return `"${printable(name)}" cannot be a session's name: use up to ${NAME_LENGTH} letters, digits and _ . @ + -, beginning with a letter, digit or _.`;
  }
  return undefined;
}

export class Registry {
  #entries = new Map<number, Entry>();
  #nextId: number;

  /** @param now ms since the epoch: numbers go on from it, so that those of earlier hosts' sessions are others */
  constructor(now: number) {
    this.#nextId = now * IDS_PER_MS;
  }

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

  /**
   * Sessions of an earlier host. Whose name their owner has given to another session by now gets a new one; whose number is
   * taken, as it may be after a clock was set back, is left out.
   */
  take(sessions: readonly KeptSession[], shard: number): Entry[] {
    const taken: Entry[] = [];
    for (const session of sessions) {
      if (this.#entries.has(session.id)) continue;
      const { uid } = session.owner;
      const free = this.find(uid, session.name) === undefined;
      const entry = { ...session, shard, name: free ? session.name : this.#otherName(uid, session) };
      this.#entries.set(entry.id, entry);
      taken.push(entry);
    }
    // Oldest first, as if they had been created here.
    this.#entries = new Map([...this.#entries].toSorted(([a], [b]) => a - b));
    return taken;
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
    return this.#firstFree(uid, 1, String);
  }

  #otherName(uid: number, { name, named }: KeptSession): string {
    if (!named) return this.#freeNumber(uid);
    // Characters, which may be two units each; room for the number.
    const start = [...name].slice(0, NAME_LENGTH - 7).join("");
    return this.#firstFree(uid, 2, (number) => `${start}-${number}`);
  }

  #firstFree(uid: number, first: number, nameOf: (number: number) => string): string {
    const taken = new Set(this.of(uid).map((entry) => entry.name));
    let number = first;
    while (taken.has(nameOf(number))) number++;
    return nameOf(number);
  }
}

/** Text from a person or a file, safe to print. */
function printable(text: string): string {
  return text.slice(0, 80).replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]/gu, "?");
}
