/**
 * The host's control protocol: one JSON object a line over a Unix stream socket, each request answered by one reply in
 * order. The host knows who asks from the kernel (SO_PEERCRED), so a request names no identity, with one exception: root
 * may act for a user (`user`), which is how the ssh gateway creates sessions for the people who log in through it.
 *
 * Both sides import these. Spoken by control-server.ts (host) and control-client.ts (command line, gateway).
 */

import type { Environment } from "../../sys/environment.ts";
import type { PortRange } from "../address.ts";

/** Version of this protocol; each request carries it as `v`. */
export const PROTOCOL = 1;

/** A request longer than this is refused, bytes: an environment has to fit. */
export const MAX_MESSAGE_BYTES = 1024 * 1024;

export interface Size {
  readonly cols: number;
  readonly rows: number;
}

/** What every request may carry. */
interface Common {
  /** Login name of the user to act for; only root may name another than itself. */
  readonly user?: string;
}

/** What a new session is made of; the words of `mosh-server new`. */
export interface SessionRequest {
  /** Name for the session; undefined: the lowest free number. */
  readonly name?: string;
  /** `-i`, `-s`: numeric local address to serve at; undefined: the host's own choice. */
  readonly address?: string;
  /** `-p`; undefined: the host's own choice. */
  readonly ports?: PortRange;
  /** `-c`: colors of the user's terminal. */
  readonly colors: number;
  /** Program and arguments; undefined: the login shell. */
  readonly command?: readonly string[];
  /** What the child inherits, locale already chosen. Through the gateway: TERM, LANG and the like only. */
  readonly environment: Environment;
  /** Soft limit of open files of whoever asks, which its program is to have again. */
  readonly openFiles?: number;
  /** Size of the terminal that asks, until a client says its own. */
  readonly size?: Size;
  /** Numeric address the person came from, for the login records. */
  readonly from?: string;
}

export interface NewRequest extends Common, SessionRequest {
  readonly op: "new";
}

export interface AttachRequest extends Common {
  readonly op: "attach";
  /** undefined: the only session, or the one last seen. */
  readonly name?: string;
  /** Input and sizes of this attachment have no effect. */
  readonly readOnly?: boolean;
  /** Make a session of that name if there is none. */
  readonly orNew?: SessionRequest;
  /**
   * Instead of a UDP endpoint: frames over a stream of this machine, for a terminal that is here already (`attach
   * --here`, the gateway where UDP is blocked). The reply then has `stream`.
   */
  readonly stream?: { readonly size: Size };
  /** `-i`, `-s` and `-p` as in a new session. */
  readonly address?: string;
  readonly ports?: PortRange;
  readonly from?: string;
}

interface ListRequest extends Common {
  readonly op: "list";
  /** Everybody's; root only. */
  readonly all?: boolean;
}

interface KillRequest extends Common {
  readonly op: "kill";
  readonly name: string;
}

interface RenameRequest extends Common {
  readonly op: "rename";
  readonly name: string;
  readonly to: string;
}

/** Ends attachments; the session goes on. */
interface DetachRequest extends Common {
  readonly op: "detach";
  readonly name: string;
}

/** Figures of the host, for `top` and the metrics port. A user who is not root gets those of their own sessions. */
interface StatsRequest extends Common {
  readonly op: "stats";
}

export type ControlRequest =
  | NewRequest
  | AttachRequest
  | ListRequest
  | KillRequest
  | RenameRequest
  | DetachRequest
  | StatsRequest;

/** Why a request was refused; `message` in the reply is a sentence for a person that says what to do. */
export type RefusalCode =
  | "bad-request"
  | "denied"
  | "no-session"
  | "name-taken"
  | "limit"
  | "draining"
  | "failed";

export interface Refusal {
  readonly ok: false;
  readonly code: RefusalCode;
  readonly message: string;
}

/** To `new` and `attach`. The key is printed once by whoever asked, and kept nowhere else. */
export interface EndpointReply {
  readonly ok: true;
  readonly session: string;
  /** The session was there before. */
  readonly attached: boolean;
  /** Process that serves it. */
  readonly pid: number;
  /** Lines for the person's standard error: addresses and ports that could not be bound. */
  readonly messages?: readonly string[];
  readonly endpoint?: { readonly port: number; readonly key: string };
  /** A Unix socket and the word that opens it once (stream.ts). */
  readonly stream?: { readonly path: string; readonly token: string };
}

/** One attachment as `list` shows it. */
export interface AttachmentInfo {
  /** Address and port of the client, or "local stream"; undefined: nobody has come yet. */
  readonly peer?: string;
  readonly readOnly: boolean;
  /** ms since a client state arrived. */
  readonly silentMs: number;
  /** Smoothed round trip, ms; undefined before the first sample. */
  readonly srttMs?: number;
}

export interface SessionInfo {
  readonly name: string;
  /** Login name. */
  readonly user: string;
  /** ms since the epoch. */
  readonly created: number;
  readonly lastSeen: number;
  /** Process group leader's program as the person would name it: `vim`, `-bash`; undefined if not started. */
  readonly command?: string;
  readonly pid?: number;
  readonly size: Size;
  readonly title: string;
  readonly attachments: readonly AttachmentInfo[];
  /** Number of the shard. */
  readonly shard: number;
}

export interface ListReply {
  readonly ok: true;
  readonly sessions: readonly SessionInfo[];
}

/** To `kill`, `rename`, `detach`. */
export interface DoneReply {
  readonly ok: true;
}

/** Figures of one shard: see server/operator/metrics.ts for what they count. */
export interface StatsReply {
  readonly ok: true;
  readonly shards: readonly unknown[];
  readonly sessions: readonly SessionInfo[];
}

export type ReplyTo<R extends ControlRequest> = R extends NewRequest | AttachRequest
  ? EndpointReply | Refusal
  : R extends ListRequest
    ? ListReply | Refusal
    : R extends StatsRequest
      ? StatsReply | Refusal
      : DoneReply | Refusal;

/** What the gateway and the command line need of a host; control-client.ts has the real one. */
export interface HostConnection {
  /** @throws Error if the host is gone */
  request<R extends ControlRequest>(request: R): Promise<ReplyTo<R>>;
  close(): void;
}

/** A session shown over a stream of this machine (attach with `stream`); stream.ts has the real one. */
export interface SessionStream {
  /** Bytes for the user's terminal (an xterm of any kind), in order; `ended` comes after all of them. */
  onOutput: (bytes: Uint8Array) => void;
  /** The session or the attachment ended; `reason` is a short sentence for the person. */
  onEnded: (reason: string) => void;
  /** Never dropped: what the program does not read waits here. */
  keys(bytes: Uint8Array): void;
  /** Bytes that wait; a source that can wait, too, had better. */
  readonly backlog: number;
  /** Nothing waits any more. */
  onDrained: () => void;
  resize(size: Size): void;
  /** The user's side took everything so far; until then no further frame is made (`pause` the other way round). */
  pause(): void;
  resume(): void;
  close(): void;
}
