/**
 * One ssh connection: the login, its limits of time and tries, and its channels. Called by gateway.ts.
 */
import type { AuthContext, Connection, PseudoTtyInfo, ServerChannel, Session, WindowChangeInfo } from "ssh2";
import type { Account } from "../account.ts";
import type { Size } from "../host/messages.ts";
import type { Fields, Level } from "../operator/log.ts";
import type { Admitted, Login } from "./login.ts";
import type { Offence } from "./penalties.ts";
import { GatewaySession, type SessionContext } from "./session.ts";

/** Keys that a client may try, as sshd's MaxAuthTries. */
const MAX_TRIES = 10;
/** Channels at once, as sshd's MaxSessions. */
const MAX_CHANNELS = 10;
/** Variables that a client may set, and how long and how many they may be. */
const SETTABLE = /^(?:LANG|LANGUAGE|LC_[A-Z]+|COLORTERM|TERM_PROGRAM)$/;
const MAX_VALUE = 256;
const MAX_DIMENSION = 4096;

export interface ConnectionOptions {
  readonly address: string;
  readonly port: number;
  readonly login: Login;
  /** ms until somebody must have logged in; 0: no limit. */
  readonly graceTime: number;
  readonly log: (level: Level, event: string, fields: Fields) => void;
  readonly offence: (offence: Offence) => void;
  /** What the sessions of that person need. */
  readonly context: (account: Account, forced: string | undefined, sshConnection: string) => SessionContext;
  readonly authenticated: () => void;
}

/** Takes over a connection that was just accepted. */
export function handleConnection(connection: Connection, options: ConnectionOptions): void {
  const { address, log } = options;
  let admitted: Admitted | undefined;
  let tries = 0;
  let channels = 0;
  let failed = false;
  const grace =
    options.graceTime > 0
      ? setTimeout(() => {
          if (!failed) options.offence("silent");
          failed = true;
          connection.end();
        }, options.graceTime)
      : undefined;

  connection.on("authentication", (context) => {
    const result = judge(context, options);
    if (result) {
      if (result.final) admitted = result.admitted;
      context.accept();
      return;
    }
    if (context.method !== "none" && ++tries >= MAX_TRIES) {
      connection.end();
      return;
    }
    context.reject(["publickey"]);
  });
  connection.on("ready", () => {
    clearTimeout(grace);
    if (!admitted) {
      connection.end();
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
      channels++;
      handleSession(accept(), context, key.pty, () => {
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
    if (admitted || failed) return;
    failed = true;
    options.offence("broken");
  });
  connection.on("close", () => {
    clearTimeout(grace);
    if (admitted || failed) return;
    failed = true;
    if (tries > 0) options.offence("failed");
  });
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
  const { _sock: socket } = connection as unknown as {
    _sock?: { localAddress?: string; localPort?: number };
  };
  const plain = (text: string): string => text.replace(/^::ffff:/i, "");
  return `${plain(address)} ${port} ${plain(socket?.localAddress ?? "0.0.0.0")} ${socket?.localPort ?? 0}`;
}

function handleSession(
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
    if (!SETTABLE.test(info.key) || value.length > MAX_VALUE || value.includes("\0")) {
      reject?.();
      return;
    }
    environment[info.key] = value;
    accept?.();
  });
  const run = (channel: ServerChannel, line: string | undefined): void => {
    channel.on("close", closed);
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
  session.on("signal", (_accept, reject) => reject?.());
}

function sizeOf({ cols, rows }: { readonly cols: number; readonly rows: number }): Size {
  const dimension = (value: number, least: number): number =>
    Math.min(Math.max(Number.isFinite(value) ? Math.floor(value) : least, 1), MAX_DIMENSION) || least;
  return { cols: cols > 0 ? dimension(cols, 80) : 80, rows: rows > 0 ? dimension(rows, 24) : 24 };
}
