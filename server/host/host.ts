/**
 * The host: answers the requests of the control protocol with what its shards can do. It knows who may do what, names,
 * limits and which shard has a session; it holds no screen and no key. The same for a user's own host and for the
 * operator's; what differs is in {@link HostPolicy}. Called by user-host.ts and supervisor.ts.
 */
import type { Limits } from "../limits.ts";
import { parseLimits } from "../limits.ts";
import type { Fields } from "../operator/log.ts";
import type {
  AttachRequest,
  ControlRequest,
  DoneReply,
  EndpointReply,
  ListReply,
  NewRequest,
  Refusal,
  RefusalCode,
  SessionInfo,
  SessionRequest,
  Size,
  StatsReply,
} from "./messages.ts";
import { type Entry, nameFault, Registry } from "./registry.ts";
import type { KeptSession, Owner, ShardLink, ShardReply } from "./shard-messages.ts";
import type { Credentials } from "./unix-socket.ts";

/** A person who asks, as the kernel says. */
export interface Identity extends Owner {
  /** Sees and may do everything, and may act for others. */
  readonly root: boolean;
}

/** Where hosts differ. */
export interface HostPolicy {
  /** Who asks; a string: why nobody of that kind is served. */
  identify(credentials: Credentials): Identity | string;
  /** A user for whom root acts; a string: why not. */
  account(name: string): Owner | string;
  /** A sentence if the user may have no further session. */
  admit(owner: Owner, sessionsOfOwner: number, sessionsInAll: number): string | undefined;
  /** Limits that go with every session, beside those that its environment asks for. */
  readonly limits: Partial<Limits>;
  /** Serves one user alone, who may see what the shards do as root may elsewhere. */
  readonly single: boolean;
  readonly maxSize: Size | undefined;
  /** What the client's quit does to a session that was given a name, and to one that was not. */
  readonly quit: { readonly named: "end" | "detach"; readonly unnamed: "end" | "detach" };
}

export type HostReply = EndpointReply | ListReply | DoneReply | StatsReply | Refusal;

export interface HostOptions {
  readonly policy: () => HostPolicy;
  readonly shards: readonly ShardLink[];
  readonly log: (event: string, fields: Fields) => void;
  /** The last session is over. */
  readonly idle?: () => void;
}

export class Host {
  readonly #options: HostOptions;
  readonly #registry = new Registry(Date.now());
  #draining = false;

  constructor(options: HostOptions) {
    this.#options = options;
  }

  get sessions(): number {
    return this.#registry.size;
  }

  /** No new sessions from here on. */
  drain(): void {
    this.#draining = true;
  }

  /** Answers one request. Never rejects. */
  async handle(request: ControlRequest, credentials: Credentials): Promise<HostReply> {
    const asking = this.#options.policy().identify(credentials);
    if (typeof asking === "string") return refusal("denied", asking);
    const acting = this.#actingFor(request, asking);
    if ("ok" in acting) return acting;
    switch (request.op) {
      case "new":
        return this.#create(acting, request);
      case "attach":
        return this.#attach(acting, request);
      case "list":
        return this.#list(request.all ? undefined : acting.uid, asking);
      case "stats":
        return this.#stats(asking);
      case "kill":
      case "detach":
        return this.#withSession(acting, request.name, async (entry) => {
          this.#options.log(request.op, { session: entry.name, user: entry.owner.name, by: asking.name });
          return done(await this.#shard(entry).call({ op: request.op, id: entry.id }));
        });
      case "rename":
        return this.#rename(acting, request.name, request.to);
      default:
        return refusal("bad-request", "This host does not know that request.");
    }
  }

  /** A shard reports the end of a session. */
  ended(id: number): void {
    const entry = this.#registry.remove(id);
    if (!entry) return;
    this.#options.log("session ended", { session: entry.name, user: entry.owner.name });
    if (this.#registry.size === 0) this.#options.idle?.();
  }

  /** Sessions of a shard that an earlier host has left. Returns how many are this host's now. */
  take(shard: ShardLink, sessions: readonly KeptSession[]): number {
    const taken = new Map(this.#registry.take(sessions, shard.number).map((entry) => [entry.id, entry]));
    for (const { id, name, owner } of sessions) {
      const entry = taken.get(id);
      if (!entry) {
        this.#options.log("session not taken over", {
          session: name,
          user: owner.name,
          reason: "its number",
        });
      } else if (entry.name !== name) {
        this.#options.log("session renamed", { session: entry.name, user: owner.name });
        void shard.call({ op: "rename", id, name: entry.name });
      }
    }
    return taken.size;
  }

  /** A shard died and took these with it. Returns how many there were. */
  lost(shard: number): number {
    const entries = this.#registry.in(shard);
    for (const entry of entries) {
      this.#registry.remove(entry.id);
      this.#options.log("session lost", { session: entry.name, user: entry.owner.name, shard });
    }
    if (entries.length > 0 && this.#registry.size === 0) this.#options.idle?.();
    return entries.length;
  }

  #actingFor(request: ControlRequest, asking: Identity): Owner | Refusal {
    const { user } = request;
    if (user === undefined || user === asking.name) return asking;
    if (!asking.root) return refusal("denied", "Only root may act for another user.");
    const account = this.#options.policy().account(user);
    return typeof account === "string" ? refusal("denied", account) : account;
  }

  async #create(
    owner: Owner,
    spec: NewRequest | SessionRequest,
    stream?: { readonly size: Size },
  ): Promise<EndpointReply | Refusal> {
    const fault = this.#mayCreate(owner, spec);
    if (fault) return fault;
    const policy = this.#options.policy();
    const shard = this.#leastLoaded();
    if (!shard) return refusal("failed", "No part of this host is running; try again in a moment.");
    const entry = this.#registry.add(owner, spec.name, shard.number, Date.now());
    const reply = await shard.call({
      op: "create",
      id: entry.id,
      name: entry.name,
      named: entry.named,
      created: entry.created,
      owner: { name: owner.name, uid: owner.uid },
      request: spec,
      limits: limitsOf(spec, policy.limits),
      quit: entry.named ? policy.quit.named : policy.quit.unnamed,
      ...(policy.maxSize ? { maxSize: policy.maxSize } : {}),
      ...(stream ? { stream } : {}),
    });
    if (!reply.ok) {
      this.#registry.remove(entry.id);
      this.#options.log("session refused", { user: owner.name, reason: reply.message });
      if (this.#registry.size === 0) this.#options.idle?.();
      return reply;
    }
    this.#options.log("session created", { session: entry.name, user: owner.name, shard: shard.number });
    return endpointReply(entry, reply, shard, false);
  }

  #mayCreate(owner: Owner, spec: SessionRequest): Refusal | undefined {
    if (this.#draining) {
      return refusal("draining", "This host is about to stop and takes no new sessions.");
    }
    if (spec.name !== undefined) {
      const fault = nameFault(spec.name);
      if (fault) return refusal("bad-request", fault);
      if (this.#registry.find(owner.uid, spec.name)) {
        return refusal("name-taken", `There is a session "${spec.name}" already; attach takes it up.`);
      }
    }
    const why = this.#options.policy().admit(owner, this.#registry.of(owner.uid).length, this.#registry.size);
    return why === undefined ? undefined : refusal("limit", why);
  }

  async #attach(owner: Owner, request: AttachRequest): Promise<EndpointReply | Refusal> {
    const entry = await this.#choose(owner, request.name);
    if (!entry) {
      const { orNew } = request;
      if (orNew) {
        const name = request.name ?? orNew.name;
        return this.#create(owner, { ...orNew, ...(name === undefined ? {} : { name }) }, request.stream);
      }
      return noSession(request.name);
    }
    const shard = this.#shard(entry);
    const reply = await shard.call({
      op: "attach",
      id: entry.id,
      endpoint: { address: request.address, ports: request.ports },
      readOnly: request.readOnly ?? false,
      ...(request.stream ? { stream: request.stream } : {}),
    });
    if (!reply.ok) return reply;
    this.#options.log("session attached", { session: entry.name, user: owner.name });
    return endpointReply(entry, reply, shard, true);
  }

  /** The session of that name; without a name the one that was seen last. */
  async #choose(owner: Owner, name: string | undefined): Promise<Entry | undefined> {
    if (name !== undefined) return this.#registry.find(owner.uid, name);
    const entries = this.#registry.of(owner.uid);
    if (entries.length <= 1) return entries[0];
    const infos = await this.#infos(entries);
    const latest = infos.toSorted((a, b) => b.lastSeen - a.lastSeen)[0];
    return latest && this.#registry.find(owner.uid, latest.name);
  }

  async #withSession(
    owner: Owner,
    name: string,
    use: (entry: Entry) => Promise<HostReply>,
  ): Promise<HostReply> {
    const entry = this.#registry.find(owner.uid, name);
    return entry ? use(entry) : noSession(name);
  }

  async #rename(owner: Owner, name: string, to: string): Promise<HostReply> {
    const entry = this.#registry.find(owner.uid, name);
    if (!entry) return noSession(name);
    const fault = nameFault(to);
    if (fault) return refusal("bad-request", fault);
    const other = this.#registry.find(owner.uid, to);
    if (other && other !== entry) return refusal("name-taken", `There is a session "${to}" already.`);
    entry.name = to;
    void this.#shard(entry).call({ op: "rename", id: entry.id, name: to });
    return { ok: true };
  }

  async #list(uid: number | undefined, asking: Identity): Promise<ListReply | Refusal> {
    if (uid === undefined && !asking.root)
      return refusal("denied", "Only root sees the sessions of all users.");
    return { ok: true, sessions: await this.#infos(this.#registry.of(uid)) };
  }

  async #stats(asking: Identity): Promise<StatsReply> {
    const sessions = await this.#infos(this.#registry.of(asking.root ? undefined : asking.uid));
    if (!asking.root && !this.#options.policy().single) return { ok: true, shards: [], sessions };
    const shards = await Promise.all(
      this.#options.shards.map(async (shard) => {
        const reply = await shard.call({ op: "stats" });
        return reply.ok && reply.stats ? [{ ...reply.stats, shard: shard.number }] : [];
      }),
    );
    return { ok: true, shards: shards.flat(), sessions };
  }

  async #infos(entries: readonly Entry[]): Promise<SessionInfo[]> {
    const shards = [...new Set(entries.map((entry) => entry.shard))];
    const found = new Map<number, SessionInfo>();
    await Promise.all(
      shards.map(async (number) => {
        const mine = new Map(
          entries.filter((entry) => entry.shard === number).map((entry) => [entry.id, entry]),
        );
        const link = this.#options.shards.find((shard) => shard.number === number);
        const reply = await link?.call({ op: "info", ids: [...mine.keys()] });
        if (!reply?.ok) return;
        for (const { id, ...info } of reply.sessions ?? []) {
          const entry = mine.get(id);
          if (!entry) continue;
          const { name, owner, created } = entry;
          found.set(id, { ...info, name, user: owner.name, created, shard: number });
        }
      }),
    );
    return entries.flatMap((entry) => found.get(entry.id) ?? []);
  }

  #shard(entry: Entry): ShardLink {
    return this.#options.shards.find((shard) => shard.number === entry.shard)!;
  }

  /** Placement: by the number of sessions; idle ones cost nearly nothing, so what they may come to cost counts alike. */
  #leastLoaded(): ShardLink | undefined {
    let best: ShardLink | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const shard of this.#options.shards) {
      const load = shard.load ?? 0;
      const weight = this.#registry.in(shard.number).length * (1 + load);
      if (
        shard.alive &&
        !shard.retiring &&
        (weight < least || (weight === least && best && load < (best.load ?? 0)))
      ) {
        best = shard;
        least = weight;
      }
    }
    return best;
  }
}

function limitsOf(spec: SessionRequest, operator: Partial<Limits>): Limits {
  const { limits } = parseLimits(spec.environment);
  const network = stricter(limits.network, operator.network ?? 0);
  const idle = stricter(limits.idle ?? 0, operator.idle ?? 0);
  return { network, signal: limits.signal, idle };
}

/** The smaller of two limits, of which 0 means none. */
function stricter(a: number, b: number): number {
  return a === 0 ? b : b === 0 ? a : Math.min(a, b);
}

function endpointReply(
  entry: Entry,
  reply: ShardReply & { readonly ok: true },
  shard: ShardLink,
  attached: boolean,
): EndpointReply {
  const { endpoint, stream, messages } = reply;
  return {
    ok: true,
    session: entry.name,
    attached,
    pid: shard.pid,
    ...(endpoint ? { endpoint } : {}),
    ...(stream ? { stream } : {}),
    ...(messages && messages.length > 0 ? { messages } : {}),
  };
}

function done(reply: ShardReply): DoneReply | Refusal {
  return reply.ok ? { ok: true } : reply;
}

function noSession(name: string | undefined): Refusal {
  return refusal(
    "no-session",
    name === undefined
      ? "You have no session here."
      : `You have no session "${name.slice(0, 80)}" here; list shows those you have.`,
  );
}

function refusal(code: RefusalCode, message: string): Refusal {
  return { ok: false, code, message };
}
