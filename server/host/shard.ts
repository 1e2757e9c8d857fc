/**
 * A shard: the sessions of one process, their hubs and one core. It does what the host says and knows no users, names or
 * rights; the host (host.ts) does. In a user's own host it is part of that process, in the operator's host each shard
 * is a process of its own (shard-process.ts), so that a crash takes only its sessions.
 */
import { randomBytes } from "node:crypto";
import { printKey } from "../../ssp/key.ts";
import { KEY_BYTES } from "../../ssp/params.ts";
import { Wheel } from "../../sys/wheel.ts";
import type { Core } from "../../wasm-core/core.ts";
import { Attachment, type Peer } from "../attachment.ts";
import type { Hub } from "../hub.ts";
import { loginNotices } from "../notices.ts";
import type { ShardFigures, ShardMetrics } from "../operator/metrics.ts";
import { type Quit, SessionLoop, type Viewer } from "../session-loop.ts";
import type { ChildPlan } from "../shell.ts";
import { StreamView } from "../stream-view.ts";
import type { UtmpWriter } from "../utmp.ts";
import { shortage } from "./capacity.ts";
import { foregroundCommand } from "./foreground.ts";
import { type FixedHubs, HubPool, NoHub } from "./hub-pool.ts";
import type { AttachmentInfo, SessionRequest, Size } from "./messages.ts";
import type {
  EndpointSpec,
  KeptSession,
  Owner,
  ShardReply,
  ShardRequest,
  ShardSessionInfo,
} from "./shard-messages.ts";
import { StreamServer } from "./stream-server.ts";

/** Until the client says how large its window is. */
const DEFAULT_SIZE: Size = { cols: 80, rows: 24 };
/** Viewers of one session; each costs memory until it comes or its time is over. */
const MAX_VIEWERS = 32;
/** Random bytes of the word that opens a stream once. */
const TOKEN_BYTES = 16;

export interface ShardOptions {
  readonly core: Core;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
  /** Where it listens; undefined: wherever a session asks. */
  readonly hubs: FixedHubs | undefined;
  /** Takes what no session here can open. */
  readonly stray?: (bytes: Uint8Array, from: Peer, congested: boolean) => void;
  /** Path for its socket for streams. */
  readonly streamPath: string;
  /** Users other than this process's own may open streams (with their token). */
  readonly streamMode: number;
  /** What is started for a session. */
  readonly plan: (owner: Owner, request: SessionRequest) => ChildPlan;
  readonly utmp: UtmpWriter | undefined;
  readonly log: (text: string) => void;
  /** Taking a datagram has thrown: a mistake of ours, and the shard goes on. */
  readonly fault?: (error: Error) => void;
  /** A session is over. */
  readonly ended: (id: number) => void;
  /** Counts what happens; undefined: nobody wants to know. */
  readonly metrics?: ShardMetrics | undefined;
  /** Number among the shards of the host. */
  readonly number: number;
}

interface Hosted extends KeptSession {
  name: string;
  readonly loop: SessionLoop;
  readonly maxSize: Size | undefined;
  readonly hubOf: Map<Viewer, Hub>;
}

export class Shard {
  readonly #options: ShardOptions;
  readonly #pool: HubPool;
  readonly #sessions = new Map<number, Hosted>();
  readonly #wheel = new Wheel();
  readonly #streams: StreamServer;

  constructor(options: ShardOptions) {
    this.#options = options;
    const { metrics } = options;
    this.#pool = new HubPool({
      clock: options.clock,
      events: {
        ...(metrics ? { outcome: (outcome, bytes) => metrics.datagram(outcome, bytes) } : {}),
        ...(options.stray ? { stray: options.stray } : {}),
        ...(options.fault ? { fault: options.fault } : {}),
      },
      fixed: options.hubs,
    });
    this.#streams = new StreamServer(options.streamPath, options.streamMode);
  }

  /** Opens its sockets. @throws NoHub */
  async start(): Promise<void> {
    await this.#pool.start();
    this.#streams.listen();
  }

  get sessions(): number {
    return this.#sessions.size;
  }

  /** For the host that takes this shard over. */
  kept(): KeptSession[] {
    return [...this.#sessions.values()].map(({ id, owner, name, named, created }) => ({
      id,
      owner,
      name,
      named,
      created,
    }));
  }

  /** What was counted, and how things stand. */
  figures(): ShardFigures | undefined {
    const { metrics, core, number } = this.#options;
    let attachments = 0;
    for (const { loop } of this.#sessions.values()) attachments += loop.viewers.length;
    const { bytesInUse, bytesReserved } = core.memory();
    const cpu = process.cpuUsage();
    return metrics?.figures({
      shard: number,
      pid: process.pid,
      sessions: this.#sessions.size,
      attachments,
      wasmInUse: bytesInUse,
      wasmReserved: bytesReserved,
      rss: process.memoryUsage.rss(),
      cpu: (cpu.user + cpu.system) / 1e6,
    });
  }

  /** The hubs that are open now. */
  get hubs(): readonly Hub[] {
    return this.#pool.open;
  }

  /** Sessions whose program has not begun; what it needs is promised already. */
  get #unstarted(): number {
    let count = 0;
    for (const { loop } of this.#sessions.values()) if (!loop.session.started) count++;
    return count;
  }

  /** Does what the host says. Never rejects. */
  async handle(request: ShardRequest): Promise<ShardReply> {
    try {
      return await this.#handle(request);
    } catch (error) {
      if (error instanceof NoHub) return { ok: false, code: "failed", message: error.message };
      const message = error instanceof Error ? error.message : String(error);
      this.#options.log(`${request.op}: ${message}`);
      return { ok: false, code: "failed", message };
    }
  }

  /** Ends everything at once. */
  close(): void {
    for (const { loop } of [...this.#sessions.values()]) loop.obey("exit");
    this.#streams.close();
    this.#pool.close();
  }

  async #handle(request: ShardRequest): Promise<ShardReply> {
    if (request.op === "create") return this.#create(request);
    if (request.op === "info") return { ok: true, sessions: this.#info(request.ids) };
    if (request.op === "stats") return { ok: true, stats: this.figures() };
    if (request.op === "notice") {
      for (const { loop } of this.#sessions.values()) loop.setNotice(request.text);
      return { ok: true };
    }
    if (request.op === "end-all") {
      for (const { loop } of [...this.#sessions.values()]) loop.terminate();
      return { ok: true };
    }
    if (request.op === "user-signal") {
      for (const { loop } of [...this.#sessions.values()]) loop.userSignal();
      return { ok: true };
    }
    const hosted = this.#sessions.get(request.id);
    if (!hosted) return { ok: false, code: "no-session", message: "That session is over." };
    if (request.op === "attach") return this.#attach(hosted, request);
    if (request.op === "kill") hosted.loop.terminate();
    else if (request.op === "rename") hosted.name = request.name;
    else hosted.loop.detachAll();
    return { ok: true };
  }

  async #create(request: ShardRequest & { op: "create" }): Promise<ShardReply> {
    const { id, owner, name, named, created } = request;
    const spec = request.request;
    const lack = shortage({ sessions: this.#unstarted });
    if (lack !== undefined) return { ok: false, code: "limit", message: lack };
    const size = request.stream?.size ?? spec.size ?? DEFAULT_SIZE;
    const hosted: Hosted = {
      id,
      owner,
      name,
      named,
      created,
      maxSize: request.maxSize,
      hubOf: new Map(),
      loop: new SessionLoop({
        plan: () => this.#options.plan(owner, spec),
        notices: (plan) => loginNotices(plan.environment.HOME ?? "/", process.pid),
        terminal: this.#options.core.createTerminal(size.cols, size.rows, "host"),
        clock: this.#options.clock,
        wheel: this.#wheel,
        limits: request.limits,
        utmp: this.#options.utmp,
        log: (text) => this.#options.log(`session ${hosted.name} of ${owner.name}: ${text}`),
        traffic: this.#options.metrics,
        finished: () => {
          this.#sessions.delete(id);
          this.#options.ended(id);
        },
        left: (viewer) => this.#left(hosted, viewer),
      }),
    };
    this.#sessions.set(id, hosted);
    try {
      return request.stream
        ? this.#openStream(hosted, false, request.quit)
        : await this.#openEndpoint(hosted, spec, false, request.quit);
    } catch (error) {
      hosted.loop.obey("exit");
      throw error;
    }
  }

  async #attach(hosted: Hosted, request: ShardRequest & { op: "attach" }): Promise<ShardReply> {
    if (hosted.loop.viewers.length + this.#streams.waiting(hosted.id) >= MAX_VIEWERS) {
      return {
        ok: false,
        code: "limit",
        message: `${MAX_VIEWERS} clients look at that session already; detach sends them away.`,
      };
    }
    // Whoever takes a session up again leaves it as it was.
    return request.stream
      ? this.#openStream(hosted, request.readOnly, "detach")
      : this.#openEndpoint(hosted, request.endpoint, request.readOnly, "detach");
  }

  async #openEndpoint(
    hosted: Hosted,
    endpoint: EndpointSpec,
    readOnly: boolean,
    quit: Quit,
  ): Promise<ShardReply> {
    const messages: string[] = [];
    const key = randomBytes(KEY_BYTES);
    const { core, clock } = this.#options;
    const port = await this.#pool.with(
      endpoint,
      (line) => messages.push(line),
      (hub) => {
        if (!this.#sessions.has(hosted.id)) return undefined;
        const attachment = hosted.loop.add(
          quit,
          (seat) =>
            new Attachment({
              core,
              key,
              session: seat,
              family: hub.family,
              now: clock(),
              send: (datagram, peer) => hub.send(datagram, peer),
              received: () => seat.received(),
              log: (text) => this.#options.log(`session ${hosted.name} of ${hosted.owner.name}: ${text}`),
              readOnly,
              maxSize: hosted.maxSize,
              figures: this.#options.metrics,
            }),
        );
        hosted.hubOf.set(attachment, hub);
        hub.add(attachment);
        return hub.port;
      },
    );
    if (port === undefined) return { ok: false, code: "no-session", message: "That session is over." };
    const printed = printKey(key);
    key.fill(0);
    return { ok: true, endpoint: { port, key: printed }, messages };
  }

  #openStream(hosted: Hosted, readOnly: boolean, quit: Quit): ShardReply {
    const token = randomBytes(TOKEN_BYTES);
    this.#streams.expect(hosted.id, token, (output, size, take) => {
      if (!this.#sessions.has(hosted.id)) {
        output.finish("the session is over");
        return;
      }
      const view = hosted.loop.add(
        quit,
        (seat) =>
          new StreamView(seat, {
            output,
            clock: this.#options.clock,
            size,
            readOnly,
            maxSize: hosted.maxSize,
          }),
      );
      take(view);
      view.open();
    });
    return { ok: true, stream: { path: this.#options.streamPath, token: token.toString("hex") } };
  }

  #left(hosted: Hosted, viewer: Viewer): void {
    const hub = hosted.hubOf.get(viewer);
    if (!hub) return;
    hosted.hubOf.delete(viewer);
    this.#pool.leave(hub, viewer as Attachment);
  }

  #info(ids: readonly number[]): ShardSessionInfo[] {
    const now = this.#options.clock();
    const epoch = Date.now() - now;
    const found: ShardSessionInfo[] = [];
    for (const id of ids) {
      const hosted = this.#sessions.get(id);
      if (!hosted) continue;
      const { loop } = hosted;
      const { terminal, pid } = loop.session;
      const command = pid === undefined ? undefined : foregroundCommand(pid);
      found.push({
        id,
        lastSeen: Math.round(epoch + loop.lastClientState),
        ...(pid === undefined ? {} : { pid }),
        ...(command === undefined ? {} : { command }),
        size: { cols: terminal.cols, rows: terminal.rows },
        title: terminal.title,
        attachments: loop.viewers.map((viewer) => attachmentInfo(viewer, now)),
      });
    }
    return found;
  }
}

function attachmentInfo(viewer: Viewer, now: number): AttachmentInfo {
  const silentMs = Math.max(0, Math.round(now - viewer.lastClientState));
  if (!(viewer instanceof Attachment))
    return { peer: "local stream", readOnly: viewer.readOnly, silentMs: 0 };
  const { peer, srtt, readOnly } = viewer;
  return {
    ...(peer ? { peer: `${peer.address.replace(/^::ffff:/, "")}:${peer.port}` } : {}),
    readOnly,
    silentMs,
    ...(srtt === undefined ? {} : { srttMs: Math.round(srtt * 10) / 10 }),
  };
}
