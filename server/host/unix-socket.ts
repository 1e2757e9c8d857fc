/**
 * Stream sockets of this machine: who is at the other end (the kernel says), writes that never block and never lose
 * their order. It knows no messages. Used by the control socket, the streams and the shards among themselves.
 */
import { chmodSync, unlinkSync } from "node:fs";
import type { Socket } from "bun";
import { libc } from "../../sys/libc.ts";

const SOL_SOCKET = 1;
const SO_PEERCRED = 17;

/** The process at the other end, as it was when it connected. */
export interface Credentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

interface Attached {
  connection?: UnixConnection;
}

export class UnixConnection {
  readonly #socket: Socket<Attached>;
  #waiting: Uint8Array[] = [];
  #backlog = 0;
  #ending = false;
  #closed = false;
  /** Bytes arrived; they are the receiver's to keep. */
  onData: (bytes: Uint8Array) => void = () => {};
  /** Everything written was taken by the system. */
  onDrained: () => void = () => {};
  /** Called once, also after {@link end}. */
  onClosed: () => void = () => {};

  /** Use {@link listenUnix} or {@link connectUnix}. */
  constructor(socket: Socket<Attached>) {
    this.#socket = socket;
  }

  /** Undefined if the system does not tell; then nobody may be trusted. */
  get peer(): Credentials | undefined {
    const { fd } = this.#socket as unknown as { fd?: number };
    if (fd === undefined || fd < 0) return undefined;
    const credentials = new Int32Array(3);
    const length = new Uint32Array([credentials.byteLength]);
    if (libc().getsockopt(fd, SOL_SOCKET, SO_PEERCRED, credentials, length) !== 0) return undefined;
    const [pid, uid, gid] = credentials;
    // An unsigned number that was read as signed.
    return { pid: pid!, uid: uid! >>> 0, gid: gid! >>> 0 };
  }

  /** Bytes written that the system has not taken. */
  get backlog(): number {
    return this.#backlog;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Takes the bytes over. */
  write(bytes: Uint8Array): void {
    if (this.#closed || this.#ending || bytes.length === 0) return;
    this.#waiting.push(bytes);
    this.#backlog += bytes.length;
    if (this.#waiting.length === 1) this.#push();
  }

  /** Closes when all was written. */
  end(): void {
    this.#ending = true;
    if (this.#backlog === 0 && !this.#closed) this.#socket.end();
  }

  /** Closes now. */
  close(): void {
    if (!this.#closed) this.#socket.terminate();
  }

  /** Called by the socket's handlers. */
  drained(): void {
    this.#push();
  }

  /** Called by the socket's handlers. */
  gone(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#waiting = [];
    this.#backlog = 0;
    this.onClosed();
  }

  #push(): void {
    while (this.#waiting.length > 0) {
      const bytes = this.#waiting[0]!;
      const written = this.#socket.write(bytes);
      if (written <= 0) return;
      this.#backlog -= written;
      if (written < bytes.length) {
        this.#waiting[0] = bytes.subarray(written);
        return;
      }
      this.#waiting.shift();
    }
    if (this.#ending) this.#socket.end();
    else this.onDrained();
  }
}

/** What Bun's sockets call; the connection hangs on the socket's data. */
const HANDLERS = {
  data: (socket: Socket<Attached>, bytes: Uint8Array) => socket.data.connection?.onData(bytes),
  drain: (socket: Socket<Attached>) => socket.data.connection?.drained(),
  close: (socket: Socket<Attached>) => socket.data?.connection?.gone(),
  error: (socket: Socket<Attached>) => socket.data?.connection?.gone(),
  end: (socket: Socket<Attached>) => void socket.end(),
  binaryType: "uint8array" as const,
};

export interface UnixListener {
  close(): void;
}

/**
 * Listens at `path`, which must not exist; its directory is what keeps strangers out until the mode is set.
 * @param mode of the socket's file
 * @throws Error if it cannot be bound
 */
export function listenUnix(
  path: string,
  mode: number,
  onConnection: (connection: UnixConnection) => void,
): UnixListener {
  const listener = Bun.listen<Attached>({
    unix: path,
    socket: {
      ...HANDLERS,
      open: (socket) => {
        const connection = new UnixConnection(socket);
        socket.data = { connection };
        onConnection(connection);
      },
    },
  });
  chmodSync(path, mode);
  return {
    close: () => {
      listener.stop(false);
      try {
        unlinkSync(path);
      } catch {
        // Somebody tidied up.
      }
    },
  };
}

/** @throws Error with the system's code (ENOENT, ECONNREFUSED, EACCES) */
export async function connectUnix(path: string): Promise<UnixConnection> {
  const data: Attached = {};
  const socket = await Bun.connect<Attached>({
    unix: path,
    data,
    socket: { ...HANDLERS, open() {} },
  });
  data.connection = new UnixConnection(socket);
  return data.connection;
}

/** Somebody else listens where a process of one user should. */
export class WrongUser extends Error {
  override readonly name = "WrongUser";
}

/**
 * Connects to a process of this user, and to no other.
 * @returns undefined if there is none, or none that we may talk to
 * @throws WrongUser
 */
export async function connectTo(path: string, uid: number): Promise<UnixConnection | undefined> {
  let connection: UnixConnection;
  try {
    connection = await connectUnix(path);
  } catch {
    return undefined;
  }
  const { peer } = connection;
  if (peer?.uid === uid) return connection;
  connection.close();
  throw new WrongUser(
    `${path}: a process of user ${peer?.uid ?? "unknown"} listens there, expected user ${uid}`,
  );
}
