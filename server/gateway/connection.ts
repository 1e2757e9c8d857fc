/**
 * One ssh connection: the login, its limits of time and tries, and its channels. Called by gateway.ts.
 */
import { createHmac, randomBytes } from "node:crypto";
import type { AuthContext, Connection, PseudoTtyInfo, ServerChannel, Session, WindowChangeInfo } from "ssh2";
import type { Account } from "../account.ts";
import type { Size } from "../host/messages.ts";
import type { Fields, Level } from "../operator/log.ts";
import { inside, socketOf } from "./flow.ts";
import type { Admitted, Login } from "./login.ts";
import type { Offence } from "./penalties.ts";
import { GatewaySession, type SessionContext } from "./session.ts";

/** Keys that a client may try, as sshd's MaxAuthTries. */
const MAX_TRIES = 10;
/** Keys that a client may ask about and be told yes, before it signs. */
const MAX_QUESTIONS = 32;
/** Channels at once, as sshd's MaxSessions. */
const MAX_CHANNELS = 10;
/** Variables that a client may set, and how long and how many they may be. */
const SETTABLE = /^(?:LANG|LANGUAGE|LC_[A-Z]+|COLORTERM|TERM_PROGRAM)$/;
const MAX_VALUE = 256;
const MAX_NAME = 32;
const MAX_VARIABLES = 32;
const MAX_DIMENSION = 4096;
/** Data in one packet that a client must be ready to take, bytes. */
const LEAST_PACKET = 1024;
/** What a client may send beyond the window it was given, bytes. */
const MAX_UNREAD = 8 * 1024 * 1024;
const FAILURE_MS = { least: 5, spread: 4 };
const DELAY_SECRET = randomBytes(32);

export interface ConnectionOptions {
  readonly address: string;
  readonly port: number;
  readonly login: Login;
  readonly log: (level: Level, event: string, fields: Fields) => void;
  /** The first one counts, and only before the login. */
  readonly offence: (offence: Offence) => void;
  /** Says goodbye, and does not wait long for the other side to do so. */
  readonly hangUp: () => void;
  /** ms, monotonic. */
  readonly clock: () => number;
  /** What the sessions of that person need. */
  readonly context: (account: Account, forced: string | undefined, sshConnection: string) => SessionContext;
  readonly authenticated: () => void;
}

/** Takes over a connection that was just accepted. */
export function handleConnection(connection: Connection, options: ConnectionOptions): void {
  const { address, log, hangUp } = options;
  let admitted: Admitted | undefined;
  let tries = 0;
  let asked = false;
  let questions = 0;
  let channels = 0;

  // Each channel listens to both.
  for (const emitter of [connection, socketOf(connection)]) emitter.setMaxListeners(3 * MAX_CHANNELS);

  connection.on("authentication", (context) => {
    const { promise: minimum, resolve } = Promise.withResolvers<void>();
    const delay = failureDelay(context.username);
    const began = options.clock();
    // Before the work, so that its end does not tell how long that took.
    setTimeout(resolve, delay);
    const result = judge(context, options);
    if (result) {
      if (result.final) admitted = result.admitted;
      else if (++questions > MAX_QUESTIONS) {
        hangUp();
        return;
      }
      context.accept();
      return;
    }
    // Clients ask once which methods there are.
    if (context.method !== "none" || asked) tries++;
    asked = true;
    const took = options.clock() - began;
    void minimum
      .then(() =>
        took < delay ? undefined : Bun.sleep(delay * 2 ** Math.ceil(Math.log2(took / delay)) - took),
      )
      .then(() => {
        if (tries >= MAX_TRIES) hangUp();
        else context.reject(["publickey"]);
      });
  });
  connection.on("rekey", () => {
    if (admitted) return;
    // Nobody needs that so early, and it is the one thing that is dear.
    options.offence("broken");
    hangUp();
  });
  connection.on("ready", () => {
    if (!admitted) {
      hangUp();
      return;
    }
    options.authenticated();
    const { account, key } = admitted;
    log("info", "login", { user: account.name, from: address, algorithm: key.type });
    const context = options.context(account, key.command, sshConnectionOf(connection, options));
    connection.on("session", (accept, reject) => {
      if (channels >= MAX_CHANNELS) {
        reject();
        return;
      }
      const session = accept();
      const { outgoing } = channelOf(session);
      if (outgoing.packetSize < LEAST_PACKET) {
        // The library would never come to an end with 0, and take very long with little more.
        log("info", "connection failed", { from: address, reason: "the packets it takes are too small" });
        hangUp();
        return;
      }
      channels++;
      handleSession(connection, session, context, key.pty, () => {
        channels--;
      });
    });
  });
  connection.on("request", (_accept, reject, name) => {
    // Forwardings are not for this gateway.
    reject?.();
    log("debug", "request refused", { from: address, request: String(name) });
  });
  connection.on("error", (error: Error) => {
    log("debug", "connection failed", { from: address, reason: error.message });
    // Who tries keys and then breaks off in some odd way has tried keys.
    options.offence(tries > 0 ? "failed" : "broken");
    hangUp();
  });
  connection.on("close", () => {
    if (tries > 0) options.offence("failed");
  });
}

/**
 * How long a refusal takes at least, ms: longer than finding out whether there is such a user, and the same each time for
 * a name, so that repeating it averages nothing away. As sshd does.
 */
function failureDelay(user: string): number {
  const random = createHmac("sha256", DELAY_SECRET).update(user).digest().readUInt32BE(0) / 2 ** 32;
  return FAILURE_MS.least + random * FAILURE_MS.spread;
}

function judge(
  context: AuthContext,
  { login, address }: ConnectionOptions,
): { readonly admitted: Admitted; readonly final: boolean } | undefined {
  if (context.method !== "publickey") return undefined;
  const shown = context as typeof context & { hashAlgo?: string };
  const admitted = login.judge({
    user: context.username,
    address: address.replace(/^::ffff:/i, ""),
    algorithm: context.key.algo,
    blob: context.key.data,
    signed: context.blob,
    signature: context.signature,
    digest: shown.hashAlgo,
  });
  return admitted && { admitted, final: context.signature !== undefined };
}

/** `client-address client-port server-address server-port`. */
function sshConnectionOf(connection: Connection, { address, port }: ConnectionOptions): string {
  const socket = socketOf(connection);
  const plain = (text: string): string => text.replace(/^::ffff:/i, "");
  return `${plain(address)} ${port} ${plain(socket.localAddress ?? "0.0.0.0")} ${socket.localPort ?? 0}`;
}

/** Of a session that was accepted; the library keeps it for itself. */
function channelOf(session: Session): {
  readonly incoming: { readonly id: number };
  readonly outgoing: { readonly id: number; readonly packetSize: number };
} {
  return (session as unknown as { _chanInfo: ReturnType<typeof channelOf> })._chanInfo;
}

function handleSession(
  connection: Connection,
  session: Session,
  context: SessionContext,
  mayHavePty: boolean,
  closed: () => void,
): void {
  let size: Size | undefined;
  const environment: Record<string, string> = {};
  let running: GatewaySession | undefined;
  session.on("pty", (accept, reject, info: PseudoTtyInfo & { term?: string }) => {
    if (!mayHavePty) {
      reject?.();
      return;
    }
    size = sizeOf(info);
    if (info.term && /^[\w.+-]{1,64}$/.test(info.term)) environment.TERM = info.term;
    accept?.();
  });
  session.on("window-change", (accept, _reject, info: WindowChangeInfo) => {
    size = sizeOf(info);
    running?.resized(size);
    accept?.();
  });
  session.on("env", (accept, reject, info: { key: string; val?: string; value?: string }) => {
    const value = info.val ?? info.value ?? "";
    const known = Object.hasOwn(environment, info.key);
    if (
      info.key.length > MAX_NAME ||
      !SETTABLE.test(info.key) ||
      value.length > MAX_VALUE ||
      value.includes("\0") ||
      (!known && Object.keys(environment).length >= MAX_VARIABLES)
    ) {
      reject?.();
      return;
    }
    environment[info.key] = value;
    accept?.();
  });
  const run = (channel: ServerChannel, line: string | undefined): void => {
    const socket = socketOf(connection);
    // Nothing else holds a client to the window of a channel that is not read.
    const watch = (): void => {
      if (channel.readableLength > MAX_UNREAD) socket.destroy();
    };
    socket.on("data", watch);
    // The end of a channel that somebody has paused comes only when it is read to its end.
    const drop = (): void => {
      channel.unpipe();
      channel.resume();
    };
    session.on("close", drop);
    connection.on("close", drop);
    channel.on("close", () => {
      socket.off("data", watch);
      connection.off("close", drop);
    });
    running = new GatewaySession(context, channel, { size, environment });
    void running.run(line);
  };
  session.on("exec", (accept, reject, info) => {
    if (running) reject?.();
    else run(accept(), info.command);
  });
  session.on("shell", (accept, reject) => {
    if (running) reject?.();
    else run(accept(), undefined);
  });
  for (const refused of ["x11", "auth-agent", "subsystem", "sftp"] as const) {
    (session as unknown as NodeJS.EventEmitter).on(refused, (_accept: unknown, reject?: () => void) =>
      reject?.(),
    );
  }
  session.on("close", () => {
    closed();
    if (running) return;
    // It never came to a command: the library would keep it.
    const { incoming, outgoing } = channelOf(session);
    inside(connection)._chanMgr.remove(incoming.id);
    inside(connection)._protocol.channelClose(outgoing.id);
  });
  session.on("signal", (_accept, reject) => reject?.());
}

function sizeOf({ cols, rows }: { readonly cols: number; readonly rows: number }): Size {
  const dimension = (value: number, least: number): number =>
    Math.min(Math.max(Number.isFinite(value) ? Math.floor(value) : least, 1), MAX_DIMENSION) || least;
  return { cols: cols > 0 ? dimension(cols, 80) : 80, rows: rows > 0 ? dimension(rows, 24) : 24 };
}
