/**
 * What systemd is told of a service of `Type=notify`: datagrams to the Unix socket that NOTIFY_SOCKET names. Without
 * systemd nothing happens. Called by supervisor.ts.
 */
import { libc } from "../../sys/libc.ts";

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
/** sun_path */
const MAX_PATH = 108;

export class SystemdNotifier {
  readonly #path: string | undefined;
  /** How often systemd wants to hear of us, ms; undefined: it does not watch. */
  readonly watchdogMs: number | undefined;

  /** @param environment NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID */
  constructor(environment: Readonly<Record<string, string | undefined>>, pid = process.pid) {
    const path = environment.NOTIFY_SOCKET;
    this.#path = path && /^[@/]/.test(path) ? path : undefined;
    const microseconds = Number(environment.WATCHDOG_USEC ?? 0);
    const ours = environment.WATCHDOG_PID === undefined || Number(environment.WATCHDOG_PID) === pid;
    this.watchdogMs = this.#path && ours && microseconds > 0 ? microseconds / 1000 : undefined;
  }

  ready(status: string): void {
    this.#send(`READY=1\nSTATUS=${status}`);
  }

  reloading(monotonicMicroseconds: bigint): void {
    this.#send(`RELOADING=1\nMONOTONIC_USEC=${monotonicMicroseconds}`);
  }

  stopping(status: string): void {
    this.#send(`STOPPING=1\nSTATUS=${status}`);
  }

  status(status: string): void {
    this.#send(`STATUS=${status}`);
  }

  alive(): void {
    this.#send("WATCHDOG=1");
  }

  #send(message: string): void {
    if (this.#path === undefined) return;
    // An abstract name begins with a NUL where the variable has "@".
    const path = Buffer.from(this.#path.replace(/^@/, "\0"));
    if (path.length >= MAX_PATH) return;
    const address = Buffer.alloc(2 + path.length);
    address.writeUInt16LE(AF_UNIX, 0);
    path.copy(address, 2);
    const fd = libc().socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return;
    const bytes = Buffer.from(message);
    libc().sendto(fd, bytes, BigInt(bytes.length), 0, address, address.length);
    libc().close(fd);
  }
}
