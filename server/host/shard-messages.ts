/**
 * What the host says to a shard and hears from it. In the operator's host a shard is a process of its own and these
 * travel over Bun's IPC; in a user's own host it is a part of the same process.
 */
import type { Limits } from "../limits.ts";
import type { Level } from "../operator/log.ts";
import type { Quit } from "../session-loop.ts";
import type { HostConfig } from "./config.ts";
import type { FixedHubs } from "./hub-pool.ts";
import type { AttachmentInfo, SessionRequest, Size } from "./messages.ts";

/** Whose session it is. */
export interface Owner {
  /** Login name. */
  readonly name: string;
  readonly uid: number;
}

/** Where clients reach a new attachment. */
export interface EndpointSpec {
  readonly address?: string | undefined;
  readonly ports?: { readonly low: number; readonly high: number } | undefined;
}

export type ShardRequest =
  | {
      readonly op: "create";
      /** The host's number for the session. */
      readonly id: number;
      readonly name: string;
      readonly named: boolean;
      /** ms since the epoch. */
      readonly created: number;
      readonly owner: Owner;
      readonly request: SessionRequest;
      readonly limits: Limits;
      readonly quit: Quit;
      readonly maxSize?: Size;
      /** The first view is a stream of this machine. */
      readonly stream?: { readonly size: Size };
    }
  | {
      readonly op: "attach";
      readonly id: number;
      readonly endpoint: EndpointSpec;
      readonly readOnly: boolean;
      readonly stream?: { readonly size: Size };
    }
  | { readonly op: "info"; readonly ids: readonly number[] }
  | { readonly op: "kill"; readonly id: number }
  | { readonly op: "rename"; readonly id: number; readonly name: string }
  | { readonly op: "detach"; readonly id: number }
  /** Lays a line over every screen; undefined takes it away. */
  | { readonly op: "notice"; readonly text?: string }
  /** Says goodbye to all sessions. */
  | { readonly op: "end-all" }
  /** SIGUSR1: ends those whose client has been silent for as long as their limit says. */
  | { readonly op: "user-signal" }
  | { readonly op: "stats" };

/** What the host knows of a session, which its shard keeps for the host that comes after. */
export interface KeptSession {
  readonly id: number;
  readonly owner: Owner;
  readonly name: string;
  /** The person chose the name. */
  readonly named: boolean;
  /** ms since the epoch. */
  readonly created: number;
}

/** What only the shard knows of a session. */
export interface ShardSessionInfo {
  readonly id: number;
  /** ms since the epoch. */
  readonly lastSeen: number;
  readonly command?: string;
  readonly pid?: number;
  readonly size: Size;
  readonly title: string;
  readonly attachments: readonly AttachmentInfo[];
}

export type ShardReply =
  | {
      readonly ok: true;
      readonly endpoint?: { readonly port: number; readonly key: string };
      readonly stream?: { readonly path: string; readonly token: string };
      /** Lines for whoever asked: addresses and ports that could not be bound. */
      readonly messages?: readonly string[];
      readonly sessions?: readonly ShardSessionInfo[];
      readonly stats?: object | undefined;
    }
  | { readonly ok: false; readonly code: "failed" | "no-session" | "limit"; readonly message: string };

/** The host's handle on a shard. */
export interface ShardLink {
  readonly number: number;
  readonly pid: number;
  readonly alive: boolean;
  /** Of an earlier host: it gets no new sessions, and goes with its last one. */
  readonly retiring?: boolean;
  /** How busy it is: share of a core lately, 0 … 1; undefined: not known. */
  readonly load?: number | undefined;
  /** Never rejects: a shard that is gone answers with a refusal. */
  call(request: ShardRequest): Promise<ShardReply>;
}

/** What a shard needs to begin. */
export interface ShardSettings {
  readonly number: number;
  readonly count: number;
  readonly hubs: FixedHubs;
  /** Where the shards' sockets are. */
  readonly directory: string;
  /** Children are started for their users, by root. */
  readonly asRoot: boolean;
  readonly config: Pick<HostConfig, "limits" | "host">;
}

/** Version of what follows, for a supervisor may be newer than the shards it takes over. */
export const TAKING_OVER = 1;
/** Longest message then: about tens of thousands of sessions. */
export const MAX_LINE_BYTES = 16 * 1024 * 1024;

/** What a supervisor says to a shard, over Bun's IPC or (taking-over.ts) a socket. */
export type ToShard =
  | { readonly kind: "start"; readonly settings: ShardSettings }
  | { readonly kind: "take"; readonly version: number }
  | { readonly kind: "reload"; readonly config: ShardSettings["config"] }
  | { readonly kind: "call"; readonly id: number; readonly request: ShardRequest };

export type FromShard =
  | { readonly kind: "ready" }
  | { readonly kind: "failed"; readonly message: string }
  /** The answer to "take". */
  | { readonly kind: "kept"; readonly sessions: readonly KeptSession[] }
  | { readonly kind: "reply"; readonly id: number; readonly reply: ShardReply }
  | { readonly kind: "ended"; readonly id: number }
  /** Share of a core that it used lately, 0 … 1. */
  | { readonly kind: "load"; readonly load: number }
  | { readonly kind: "log"; readonly level: Level; readonly text: string };
